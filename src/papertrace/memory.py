"""Memory of a worker that makes one image after another."""

from __future__ import annotations

import contextlib
import ctypes
import os
from pathlib import Path

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of mallopt(3)
_BLOCK_BYTES = 32 << 20  # the most that mallopt takes
_KEPT_BYTES = 256 << 20
_STATM = Path("/proc/self/statm")


def keep_freed_memory() -> None:
    """Have the C library keep what is freed, up to 256 MiB, in place of handing every image's memory back.

    A fresh page of memory is zeroed by the kernel: an image of 11 MB that takes 1 ms to compute takes 5 ms to allocate
    anew. Of C libraries other than glibc this asks nothing.
    """
    with contextlib.suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, _BLOCK_BYTES)
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)


def return_freed_memory(above_mib: int) -> None:
    """Hand what is freed back after all once the process holds more: between images of many sizes lie holes.

    Costs microseconds below, some 50 ms above. On systems without /proc nothing is done.
    """
    with contextlib.suppress(OSError, AttributeError):
        if int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") > above_mib << 20:
            ctypes.CDLL(None).malloc_trim(0)
