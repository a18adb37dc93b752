"""Randomness that depends on nothing but (dataset seed, page id, stage)."""

from __future__ import annotations

import hashlib

import numpy as np


def derive_seed(dataset_seed: int, item: str, stage: str) -> int:
    """Return the 64-bit seed of one item in one stage.

    The seed is the head of a SHA-256 over the three parts, so it is the same on every platform,
    and independent of order, worker count and shard size.

    Examples
    --------
    >>> derive_seed(1, "sel100_0003", "pages") == derive_seed(1, "sel100_0003", "pages")
    True
    >>> derive_seed(1, "sel100_0003", "pages") == derive_seed(1, "sel100_0003", "scans")
    False
    """
    text = f"{dataset_seed}\0{item}\0{stage}".encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "little")


def generator(seed: int) -> np.random.Generator:
    """Return the generator of a derived seed (PCG64, whose stream numpy promises to keep)."""
    return np.random.Generator(np.random.PCG64(int(seed)))
