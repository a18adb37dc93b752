"""Where something holds: the unbroken runs of True in a mask."""

from __future__ import annotations

import numpy as np


def spans_of(mask: np.ndarray) -> np.ndarray:
    """Return first and end (one beyond the last) of each unbroken run of True.

    Parameters
    ----------
    mask : ndarray of bool, shape (n,)
        May be empty.

    Returns
    -------
    ndarray of int, shape (k, 2)
        In order.

    Examples
    --------
    >>> spans_of(np.array([True, False, True, True])).tolist()
    [[0, 1], [2, 4]]
    """
    padded = np.zeros(len(mask) + 2, bool)
    padded[1:-1] = mask
    return np.flatnonzero(padded[1:] != padded[:-1]).reshape(-1, 2)
