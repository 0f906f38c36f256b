"""Memory of tensors comes from the kernel in one piece, and goes back at once.

glibc keeps what was freed below a threshold that grows to 32 MiB, and the heap of a training fragments: a worker held
2.9 GiB after 14 steps and 3.4 after 60. With a fixed threshold it holds 2.9 (docs/lab-log.md).
"""

import contextlib
import ctypes
import gc
import sys

M_MMAP_THRESHOLD = -3  # of malloc.h, mallopt(3)
TENSOR_BYTES = 2**20
HUGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
"""Environment in which a process must begin so that such memory has huge pages, where the system leaves the choice: a
quarter of the page faults."""


def free_at_once() -> bool:
    """Give the memory of a tensor back when it is dropped; False where the C library is not glibc."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    return mallopt is not None and mallopt(M_MMAP_THRESHOLD, TENSOR_BYTES) == 1


def release_memory() -> None:
    """Give the memory of dropped models back to the system; they hold reference cycles, so they are collected first."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
