"""Which pages a digitizer reads that is to read some of them only: told by a page's id alone.

A share is the same whatever the order, the shards and the limit of a dataset; it is spread over records and, within a
record, over its windows; and the pages of a share are among those of every larger one, so that digitizers with
different shares have read the same pages as far as the smaller one goes.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from papertrace.traces.config import TracesConfig

# 2^64 over the golden ratio: multiples of it, modulo 2^64, divide the range more evenly than those of any other step
# (Knuth, The Art of Computer Programming, 6.4).
_STEP = 0x9E3779B97F4A7C15
_RANGE = 2**64


def within(page_id: str, share: float) -> bool:
    """Whether a page is among a share of all pages.

    Parameters
    ----------
    page_id : str
        ``<record>_<window>``.
    share : float
        0 … 1.

    Examples
    --------
    >>> [window for window in range(100) if within(f"sel100_{window:05d}", 0.05)]
    [33, 54, 67, 88]
    >>> within("sel100_00000", 1)
    True
    """
    record, _, window = page_id.rpartition("_")
    start = int.from_bytes(hashlib.sha256(record.encode()).digest()[:8], "little")
    return (start + int(window) * _STEP) % _RANGE < math.ceil(share * _RANGE)


def is_read(config: TracesConfig, page_id: str, input_: str, digitizer: str) -> bool:
    """Whether a digitizer is to read a page's image of an input (pages or scans)."""
    share = share_of(config, input_, digitizer)
    return share >= 1 or within(page_id, share)


def share_of(config: TracesConfig, input_: str, digitizer: str) -> float:
    """Return the share of an input's images that a digitizer is to read, 0 … 1."""
    shares: Mapping[str, Mapping[str, float]] = config.shares
    return shares.get(digitizer, {}).get(input_, 1.0)
