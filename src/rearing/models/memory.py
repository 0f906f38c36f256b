"""When freed memory stays in the process, and when it goes back to the system."""

import contextlib
import ctypes
import gc
import sys

# Of malloc.h (glibc, mallopt(3)).
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4


def keep_freed_memory() -> bool:
    """Let glibc reuse freed memory; False where the C library is another one.

    By default every tensor above 32 MiB, and many smaller ones, comes from the kernel page by page and goes back at
    once: a sixth of a training step on a CPU was spent on page faults (262 against 307 tokens per CPU second).
    """
    if sys.platform != "linux":
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    settings = {M_MMAP_MAX: 0, M_TRIM_THRESHOLD: 2**31 - 1, M_TOP_PAD: 2**26}
    return all(mallopt(name, value) == 1 for name, value in settings.items())


def release_memory() -> None:
    """Give memory of dropped models back to the system: they hold reference cycles, and freed pages are kept."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
