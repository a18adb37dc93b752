"""Intervals of figures whose values are not independent: the stretches of a record are of one heart."""

from __future__ import annotations

import numpy as np

RESAMPLES = 2000


def clustered_mean(sums: np.ndarray, sizes: np.ndarray, seed: int = 0) -> tuple[float, float, float]:
    """Return a mean over clusters' members, and its 95 % interval: the percentile bootstrap's over clusters [1]_.

    Parameters
    ----------
    sums, sizes : ndarray, shape (clusters,)
        The sum over each cluster's members, and how many they are.
    seed : int
        Of the bootstrap's draws.

    Returns
    -------
    mean, low, high : float
        NaN where there is no cluster; the interval also where there is only one.

    References
    ----------
    .. [1] Davison A C, Hinkley D V (1997). Bootstrap Methods and their Application, 3.8. Cambridge University Press.

    Examples
    --------
    >>> mean, low, high = clustered_mean(np.array([10.0, 30.0, 5.0]), np.array([5, 10, 5]))
    >>> mean, low < mean < high
    (2.25, True)
    """
    if not len(sums):
        return (float("nan"),) * 3
    mean = float(sums.sum() / sizes.sum())
    if len(sums) == 1:
        return mean, float("nan"), float("nan")
    drawn = np.random.default_rng(seed).integers(len(sums), size=(RESAMPLES, len(sums)))
    low, high = np.quantile(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1), [0.025, 0.975])
    return mean, float(low), float(high)
