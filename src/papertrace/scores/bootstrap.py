"""The percentile bootstrap over clusters: windows, leads and beats of a record are not independent, records are.

Whole clusters are drawn anew. A figure that is a function of sums over all observations (a mean, an SD, a correlation)
needs no more than each cluster's own sums, so that all resamples are one product of matrices.

Source: Davison A C, Hinkley D V (1997), Bootstrap Methods and their Application, 3.8 and 5.3, Cambridge University
Press.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

RESAMPLES = 2000
MOST_CLUSTERS = 500
"""More clusters than this are drawn in so many batches of neighbours, at a cost that no longer grows."""

_DEFINED = 0.95


@lru_cache(maxsize=32)
def weights(clusters: int, seed: int = 0) -> np.ndarray:
    """Return how often each cluster is drawn in each resample, shape (`RESAMPLES`, clusters).

    Every row sums to `clusters`. The array cannot be written to: all who ask for so many clusters get the same.
    """
    drawn = np.random.default_rng(seed).integers(clusters, size=(RESAMPLES, clusters))
    drawn += clusters * np.arange(RESAMPLES)[:, None]
    counts = np.bincount(drawn.ravel(), minlength=RESAMPLES * clusters).reshape(RESAMPLES, clusters).astype(float)
    counts.flags.writeable = False
    return counts


def batches(clusters: int) -> np.ndarray:
    """Return the batch that each cluster is drawn with, shape (clusters,): its own where there are few enough."""
    return np.arange(clusters) * min(clusters, MOST_CLUSTERS) // max(clusters, 1)


def resampled(sums: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return the sums of every resample; of more than `MOST_CLUSTERS` clusters, batches are drawn.

    Parameters
    ----------
    sums : ndarray, shape (clusters, figures)
        Each cluster's own.
    seed : int
        Of the draws.

    Returns
    -------
    ndarray, shape (`RESAMPLES`, figures)
    """
    if len(sums) > MOST_CLUSTERS:
        batch = batches(len(sums))
        sums = np.add.reduceat(sums, np.searchsorted(batch, np.arange(MOST_CLUSTERS)))
    return weights(len(sums), seed) @ sums


def interval(values: np.ndarray, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of the percentile interval of each figure.

    Parameters
    ----------
    values : ndarray, shape (resamples, ...)
        A figure in each resample, NaN where a resample has none.
    level : float
        Share that the interval holds.

    Returns
    -------
    low, high : ndarray, shape (...)
        NaN where the figure is undefined in more than 5 % of the resamples: those left would be a choice.
    """
    tails = [(1 - level) / 2, (1 + level) / 2]
    shape = values.shape[1:]
    values = values.reshape(len(values), -1)
    ends = np.full((2, values.shape[1]), np.nan)
    defined = np.isfinite(values)
    whole = defined.all(axis=0)
    ends[:, whole] = np.quantile(values[:, whole], tails, axis=0)
    for k in np.flatnonzero(~whole & (defined.mean(axis=0) >= _DEFINED)):
        ends[:, k] = np.quantile(values[defined[:, k], k], tails)
    return ends[0].reshape(shape), ends[1].reshape(shape)


def clustered_mean(sums: np.ndarray, sizes: np.ndarray, seed: int = 0) -> tuple[float, float, float]:
    """Return a mean over clusters' members, and its 95 % interval where clusters are drawn anew.

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

    Examples
    --------
    >>> mean, low, high = clustered_mean(np.array([10.0, 30.0, 5.0]), np.array([5, 10, 5]))
    >>> mean, low < mean < high
    (2.25, True)
    """
    if not len(sums):
        return (float("nan"),) * 3
    mean = float(np.sum(sums) / np.sum(sizes))
    if len(sums) == 1:
        return mean, float("nan"), float("nan")
    totals = resampled(np.stack([sums, sizes], axis=1).astype(float), seed)
    low, high = interval(totals[:, 0] / totals[:, 1])
    return mean, float(low), float(high)
