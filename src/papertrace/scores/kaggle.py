"""The score of the Kaggle competition "PhysioNet - Digitization of ECG Images" (2025/26), after its metric [1]_.

Every lead is aligned by the whole-sample lag of the highest cross-correlation within ±0.2 s, then by the best offset;
the powers of truth and error are summed over the leads of an image, their ratio is capped, the mean of these ratios
over the images is told in dB. With a cap of 384 no one gets above 25.84 dB.

Where this differs from the metric [1]_:

* There a submission must give a finite value for every sample. Here what was not read joins neither the correlation
  nor the offset, and counts as 0 mV, as do there the samples that the lag moves off the image.
* There every image has twelve leads, of which lead II alone is told over the whole row. Here the leads are those of the
  page; of a lead that is drawn twice the longest stretch counts.
* An image without power, which is worth 0 or the cap there, is left out.
* An image of which nothing was read is worth 0 here (a flat line is worth 1 there).

References
----------
.. [1] https://www.kaggle.com/code/metric/physionet-ecg-signal-extraction-metric
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from papertrace.scores.alignment import earlier
from papertrace.scores.series import Series

MAX_LAG_S = 0.2


@dataclass(frozen=True)
class Powers:
    """Sums of squares over the samples of a lead in mV²; names as in `papertrace.tables.SCORES`."""

    kaggle_signal_mv2: float = math.nan
    kaggle_noise_mv2: float = math.nan


def powers(truth: np.ndarray, trace: np.ndarray, rate_hz: float) -> Powers:
    """Return the power of a lead and of the error of its aligned trace.

    Parameters
    ----------
    truth, trace : ndarray, shape (n,)
        In mV at the same moments; NaN samples of the truth were not drawn and are left out, those of the trace were
        not read.
    rate_hz : float
        Their sampling rate.

    Examples
    --------
    >>> s = np.sin(np.arange(2500) / 40)
    >>> found = powers(s, 1.1 * s + 0.3, 250.0)
    >>> round(found.kaggle_signal_mv2 / found.kaggle_noise_mv2)
    100
    """
    drawn = np.isfinite(truth)
    moved = earlier(trace, _lag(truth, trace, int(MAX_LAG_S * rate_hz)))
    error = (moved - truth)[drawn]
    known = np.isfinite(error)
    noise = np.sum((error[known] - error[known].mean()) ** 2) if known.any() else 0.0
    signal = truth[drawn]
    return Powers(float(np.sum(signal**2)), float(noise + np.sum(signal[~known] ** 2)))


def counted(leads: Sequence[str | None], stretches: Sequence[Series]) -> list[bool]:
    """Tell which stretches of a page count: of each lead the longest, of equally long ones the first.

    Parameters
    ----------
    leads : sequence of str
        A name a stretch.
    stretches : sequence of Series
        The truth's.
    """
    longest: dict[str | None, int] = {}
    durations = [len(stretch.samples) / stretch.rate_hz for stretch in stretches]
    for k, lead in enumerate(leads):
        if lead not in longest or durations[k] > durations[longest[lead]]:
            longest[lead] = k
    return [longest[lead] == k for k, lead in enumerate(leads)]


def image_ratio(signal_mv2: float, noise_mv2: float, read: bool, cap: float) -> float:
    """Return the ratio of the powers of an image.

    Parameters
    ----------
    signal_mv2, noise_mv2 : float
        Sums over the image's leads; of one that was not read, its whole power is noise.
    read : bool
        Whether any lead was read.
    cap : float
        The ratio is not higher than this.

    Returns
    -------
    float
        0 where no lead was read; NaN where the image has no power.
    """
    if not signal_mv2 > 0:
        return math.nan
    if not read:
        return 0.0
    return min(signal_mv2 / noise_mv2, cap) if noise_mv2 > 0 else cap


def score_db(ratios: np.ndarray) -> float:
    """Return the mean of the images' ratios in dB; NaN without images, and where all ratios are 0.

    Examples
    --------
    >>> round(score_db(np.array([384.0, 384.0])), 2)
    25.84
    """
    ratios = ratios[np.isfinite(ratios)]
    if not len(ratios):
        return math.nan
    mean = float(np.mean(ratios))
    return 10 * math.log10(mean) if mean > 0 else math.nan


def _lag(truth: np.ndarray, trace: np.ndarray, max_lag: int) -> int:
    """The lag of the trace in samples at which it correlates most with the truth; of several the smallest."""
    x, y = _centred(truth), _centred(trace)
    size = 1 << (len(x) + max_lag).bit_length()
    correlation = np.fft.irfft(np.fft.rfft(y, size) * np.conj(np.fft.rfft(x, size)), size)
    lags = np.arange(-max_lag, max_lag + 1)
    found = correlation[lags]
    best = lags[found >= found.max() - 1e-12 * np.sqrt(np.sum(x**2) * np.sum(y**2))]
    return int(best[np.argmin(np.abs(best))])


def _centred(samples: np.ndarray) -> np.ndarray:
    """Without the mean; 0 where there is no sample."""
    known = np.isfinite(samples)
    return np.where(known, samples - np.mean(samples[known]), 0.0) if known.any() else np.zeros(len(samples))
