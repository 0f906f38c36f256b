"""Where the memory of tensors comes from: in training from the kernel and back at once, in scoring from the heap.

glibc keeps what was freed below a threshold that grows to 32 MiB, and the heap of a training fragments: a worker held
2.9 GiB after 14 steps and 3.4 after 60. With a fixed threshold it holds 2.9. Rows that are scored are alike, their heap
does not grow, and without page faults they take a tenth less CPU (docs/lab-log.md).
"""

import contextlib
import ctypes
import gc
import sys

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of malloc.h, mallopt(3)
TENSOR_BYTES, HEAP_BYTES = 2**20, 2**25  # the most that every glibc takes
AT_ONCE, NEVER = 2**17, 2**31 - 1  # bytes free at the end of the heap that go back; the first is glibc's own
HUGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
"""Environment in which a process must begin so that such memory has huge pages, where the system leaves the choice: a
quarter of the page faults."""


def free_at_once() -> bool:
    """Give the memory of a tensor back when it is dropped; False where the C library is not glibc."""
    return _set(M_MMAP_THRESHOLD, TENSOR_BYTES) and _set(M_TRIM_THRESHOLD, AT_ONCE)


def keep_freed() -> bool:
    """Keep the memory of dropped tensors for the next ones; False where the C library is not glibc."""
    return _set(M_MMAP_THRESHOLD, HEAP_BYTES) and _set(M_TRIM_THRESHOLD, NEVER)


def _set(parameter: int, value: int) -> bool:
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    return mallopt is not None and mallopt(parameter, value) == 1


def release_memory() -> None:
    """Give the memory of dropped models back to the system; they hold reference cycles, so they are collected first."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
