"""The scores of the George B. Moody PhysioNet Challenge 2024 (digitization of ECG images) [1]_, after its scorer [2]_.

What is compared are the samples of truth and trace at the truth's rate. Both are drawn as pictures of 256 levels, a
pixel a sample; where the pictures' cross-correlation is highest tells the shift in time (whole samples) and voltage
(whole levels) that is undone, if it is at most 0.5 s and 1 mV. There most samples coincide; the error need not be
least (`papertrace.scores.alignment.align` is better at that, to a fraction of a sample). All figures are of the
samples that both have then. Of SNRs, the decibels are multiplied by the share of the truth's samples that both have;
note that this makes a bad trace with gaps better than one without.

Where this differs from the scorer [2]_:

* The peak is looked for within ±0.5 s only. Where the scorer finds a higher one further off, it undoes nothing.
* Of equal peaks the smallest shift is taken; the pictures' edges are not mirrored as they are blurred.
* An SNR without noise is 100 dB, not infinite, so that means stay finite.
* The weights of the absolute difference come from two running means instead of Gustafsson's filter without transients;
  they differ within 0.2 s of the ends alone.

Leads for which nothing was returned were worth 0 dB in one version of the scorer and left out of its means in another;
here they are told apart, see `papertrace.scores.summary`.

References
----------
.. [1] Digitization and Classification of ECG Images: The George B. Moody PhysioNet Challenge 2024.
   https://moody-challenge.physionet.org/2024/
.. [2] ``evaluate_model.py`` and ``helper_code.py`` of https://github.com/physionetchallenges/evaluation-2024, in the
   versions since July 2024, which align.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from papertrace.scores.alignment import earlier
from papertrace.scores.fidelity import ratio_db

MAX_LAG_S, MAX_OFFSET_MV = 0.5, 1.0
"""A larger shift is not undone."""

_LEVELS = 256
_BLUR = 0.5  # SD of the Gaussian that blurs either picture, in pixels
_KERNEL = np.exp(-0.5 * (np.arange(-2, 3) / _BLUR) ** 2)
_KERNEL = np.convolve(_KERNEL / _KERNEL.sum(), _KERNEL / _KERNEL.sum())  # of both pictures' blurs
_WIDTH = 4 * _LEVELS  # bins a lag: every difference of levels, and those of what is missing
_LAGS_AT_ONCE = 16  # so that they stay in the cache
_WEIGHT_S = 0.1  # of the running mean from which the absolute difference has its weights


@dataclass(frozen=True)
class Challenge:
    """The figures of one lead; names and units as in `papertrace.tables.SCORES`, NaN where undefined."""

    challenge_snr_db: float = math.nan
    challenge_snr_median_db: float = math.nan
    challenge_ks: float = math.nan
    challenge_asci: float = math.nan
    challenge_wad_mv: float = math.nan


def challenge(truth: np.ndarray, trace: np.ndarray, rate_hz: float) -> Challenge:
    """Score one lead.

    Parameters
    ----------
    truth, trace : ndarray, shape (n,)
        In mV at the same moments; NaN samples of the truth were not drawn, those of the trace not read.
    rate_hz : float
        Their sampling rate.

    Returns
    -------
    Challenge
        With SNRs of 0 dB and else NaN where nothing was read; all NaN without truth.

    Examples
    --------
    >>> s = np.exp(-((np.arange(2500) % 200 - 100) / 8) ** 2)
    >>> half = np.where(np.arange(2500) < 1250, 0.9 * s, np.nan)
    >>> round(challenge(s, half, 250.0).challenge_snr_db, 1)  # 20 dB over half of the samples
    10.0
    """
    drawn = np.isfinite(truth)
    if not drawn.any():
        return Challenge()
    lag, offset_mv = shift(truth, trace, round(MAX_LAG_S * rate_hz))
    moved = earlier(trace, lag) - offset_mv
    both = drawn & np.isfinite(moved)
    if not both.any():
        return Challenge(0.0, 0.0)
    s, read = truth[both], moved[both]
    share = float(both.sum() / drawn.sum())
    noise = (read - s) ** 2
    return Challenge(
        challenge_snr_db=share * ratio_db(np.mean(s**2), np.mean(noise)),
        challenge_snr_median_db=share * ratio_db(np.mean(s**2), np.median(noise)),
        challenge_ks=kolmogorov_smirnov(s, read),
        challenge_asci=asci(s, read),
        challenge_wad_mv=weighted_absolute_difference_mv(s, read, rate_hz),
    )


def shift(truth: np.ndarray, trace: np.ndarray, max_lag: int) -> tuple[int, float]:
    """Find the shift at which the pictures of truth and trace correlate most.

    The cross-correlation of two pictures with a pixel a sample counts, for every lag, how often trace and truth differ
    by so many levels: a histogram a lag, which blurring either picture blurs twice.

    Parameters
    ----------
    truth, trace : ndarray, shape (n,)
        In mV; NaN samples are not drawn.
    max_lag : int
        Lags are tried up to this many samples.

    Returns
    -------
    lag : int
        Samples by which the trace is late.
    offset_mv : float
        By how much it lies above the truth. Both are 0 where the best offset is above `MAX_OFFSET_MV`, and where either
        has no sample.

    Examples
    --------
    >>> s = np.sin(np.arange(2500) / 40)
    >>> shift(s, np.roll(s, 3) + 0.5, 100)[0]
    3
    """
    from scipy.ndimage import convolve1d

    values = np.concatenate([truth, trace])
    values = values[np.isfinite(values)]
    if not (np.isfinite(truth).any() and np.isfinite(trace).any()):
        return 0, 0.0
    low, span = values.min(), np.ptp(values)
    if span == 0:
        return 0, 0.0
    margin = len(_KERNEL) // 2
    reach = max_lag + margin
    # What is missing differs by more levels than there are, and is not counted.
    of_truth = _levels(truth, low, span, -_LEVELS) - (_LEVELS - 1)
    of_trace = np.pad(_levels(trace, low, span, 2 * _LEVELS), reach, constant_values=2 * _LEVELS)
    windows = np.lib.stride_tricks.sliding_window_view(of_trace, len(truth))
    counts = np.empty((len(windows), 2 * _LEVELS - 1))
    for first in range(0, len(windows), _LAGS_AT_ONCE):
        bins = windows[first : first + _LAGS_AT_ONCE] - of_truth
        bins += _WIDTH * np.arange(len(bins))[:, None]
        part = np.bincount(bins.ravel(), minlength=_WIDTH * len(bins))
        counts[first : first + len(bins)] = part.reshape(-1, _WIDTH)[:, : counts.shape[1]]
    blurred = convolve1d(convolve1d(counts, _KERNEL, axis=1, mode="constant"), _KERNEL, axis=0, mode="constant")
    blurred = blurred[margin : len(blurred) - margin]
    peaks = np.argwhere(blurred >= blurred.max() - 1e-9) - (max_lag, _LEVELS - 1)
    lag, level = peaks[np.lexsort((np.abs(peaks[:, 1]), np.abs(peaks[:, 0])))[0]].tolist()
    offset_mv = level / (_LEVELS - 1) * float(span)
    return (lag, offset_mv) if abs(offset_mv) <= MAX_OFFSET_MV else (0, 0.0)


def kolmogorov_smirnov(truth: np.ndarray, trace: np.ndarray) -> float:
    """Return 1 - max |F - G| of the running sums F and G of |truth| and |trace|, each divided by its last.

    Named after the test that it resembles. 1 is best; a gain error costs nothing.

    Parameters
    ----------
    truth, trace : ndarray, shape (n,)
        In mV, finite, n > 0.
    """
    sums = np.cumsum(np.abs([truth, trace]), axis=1)
    last = sums[:, -1:]
    shares = sums / np.where(last > 0, last, 1.0)
    return float(1 - np.max(np.abs(shares[0] - shares[1])))


def asci(truth: np.ndarray, trace: np.ndarray, beta: float = 0.05) -> float:
    """Return the adaptive signed correlation index: share of samples that are near the truth less share of those not.

    Parameters
    ----------
    truth, trace : ndarray, shape (n,)
        In mV, finite, n > 0.
    beta : float
        Near is what is within `beta` standard deviations of the truth.

    Returns
    -------
    float
        -1 … 1, which is best.
    """
    near = np.abs(truth - trace) <= beta * np.std(truth)
    return float(2 * np.mean(near) - 1)


def weighted_absolute_difference_mv(truth: np.ndarray, trace: np.ndarray, rate_hz: float) -> float:
    """Return the mean absolute difference in mV, weighing least where the truth is highest.

    The weights are 1 - w / (2 max w), where w is the truth after two running means over 0.1 s, one backward; they
    are the same everywhere where w is nowhere positive.

    Parameters
    ----------
    truth, trace : ndarray, shape (n,)
        In mV, finite, n > 0.
    rate_hz : float
        Their sampling rate.
    """
    width = max(round(_WEIGHT_S * rate_hz), 1)
    smooth = _running_mean(_running_mean(truth, width)[::-1], width)[::-1]
    highest = smooth.max()
    weights = 1 - 0.5 * smooth / highest if highest > 0 else np.ones(len(truth))
    return float(np.sum(np.abs(truth - trace) * weights) / np.sum(weights))


def _levels(samples: np.ndarray, low: float, span: float, missing: int) -> np.ndarray:
    known = np.isfinite(samples)
    return np.where(known, np.round((_LEVELS - 1) * (np.where(known, samples, low) - low) / span), missing).astype(int)


def _running_mean(samples: np.ndarray, width: int) -> np.ndarray:
    """Mean of each sample and the `width` - 1 before it; before the first stands the first."""
    total = np.cumsum(np.r_[0.0, np.full(width - 1, samples[0]), samples])
    return (total[width:] - total[:-width]) / width
