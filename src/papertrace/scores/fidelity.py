"""How close a trace is to the truth.

All figures are taken at the truth's own sample times, over the samples that are on the page. What the trace does
not give counts as a flat line at 0 mV, so that silence earns 0 dB and never more: the convention of the George B.
Moody PhysioNet Challenge 2025 (uncovered samples count as error).

*Strict* figures compare the trace as it stands. *Aligned* figures first undo one constant shift in time and one in
voltage, the pair with the least squared error; the signal's power stays that of the truth as drawn. Samples that the
shift moves off the truth's window are no one's fault and leave the sum; gaps within the window stay errors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from papertrace.scores.alignment import Pair, is_flat

SNR_LIMIT_DB = 100.0
"""No SNR is reported above this, so that means stay finite: float32 samples alone are good for about 150 dB."""


@dataclass(frozen=True)
class Fidelity:
    """The figures of one lead; names and units as in `papertrace.tables.SCORES`, NaN where undefined."""

    coverage: float = math.nan
    snr_db: float = math.nan
    snr_median_db: float = math.nan
    snr_aligned_db: float = math.nan
    snr_aligned_median_db: float = math.nan
    lag_ms: float = math.nan
    offset_mv: float = math.nan
    rmse_mv: float = math.nan
    r: float = math.nan


def snr_db(truth: np.ndarray, trace: np.ndarray) -> float:
    """Return 10 log10(Σ s² / Σ (s - ŝ)²), the strict signal-to-noise ratio in dB.

    Parameters
    ----------
    truth : ndarray, shape (n,)
        s in mV; NaN samples are left out.
    trace : ndarray, shape (n,)
        ŝ in mV at the same moments; NaN counts as 0 mV.

    Returns
    -------
    float
        At most `SNR_LIMIT_DB`; NaN where the truth has no power.

    Examples
    --------
    >>> s = np.sin(np.linspace(0, 20, 1000))
    >>> round(snr_db(s, 1.01 * s), 6)  # a gain error of 1 %
    40.0
    """
    truth, error = _truth_and_error(truth, trace)
    return ratio_db(np.sum(truth**2), np.sum(error**2))


def snr_median_db(truth: np.ndarray, trace: np.ndarray) -> float:
    """Return the SNR in dB with the median squared error as the noise's power (the study's journal version).

    Parameters and result as in `snr_db`. A few wild samples do not move it: with Gaussian error it lies 3.4 dB above
    `snr_db`, and a wider gap tells of spikes.
    """
    truth, error = _truth_and_error(truth, trace)
    if not len(truth):
        return math.nan
    return ratio_db(np.mean(truth**2), np.median(error**2))


def rmse_mv(truth: np.ndarray, trace: np.ndarray) -> float:
    """Return the root of the mean squared error in mV; missing samples count as 0 mV, as in `snr_db`."""
    truth, error = _truth_and_error(truth, trace)
    return float(np.sqrt(np.mean(error**2))) if len(truth) else math.nan


def pearson_r(truth: np.ndarray, trace: np.ndarray) -> float:
    """Return Pearson's r over the samples that both give; NaN for fewer than two, or where one of them is flat."""
    both = np.isfinite(truth) & np.isfinite(trace)
    if both.sum() < 2:
        return math.nan
    if is_flat(truth[both]) or is_flat(trace[both]):
        return math.nan
    x, y = truth[both] - truth[both].mean(), trace[both] - trace[both].mean()
    return float(np.clip(np.sum(x * y) / math.sqrt(np.sum(x**2) * np.sum(y**2)), -1, 1))


def coverage(truth: np.ndarray, trace: np.ndarray) -> float:
    """Return the share of the truth's samples at which the trace gives a value; NaN without truth."""
    known = np.isfinite(truth)
    return float(np.isfinite(trace[known]).mean()) if known.any() else math.nan


def fidelity(pair: Pair) -> Fidelity:
    """Compare one trace with its truth, strictly and aligned."""
    truth, read = pair.reference, pair.read
    aligned, alignment = pair.aligned, pair.alignment
    return Fidelity(
        coverage=coverage(truth, read),
        snr_db=snr_db(truth, read),
        snr_median_db=snr_median_db(truth, read),
        snr_aligned_db=snr_db(*aligned),
        snr_aligned_median_db=snr_median_db(*aligned),
        lag_ms=1000 * alignment.lag_s,
        offset_mv=alignment.offset_mv,
        rmse_mv=rmse_mv(truth, read),
        r=pearson_r(truth, read),
    )


def _truth_and_error(truth: np.ndarray, trace: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    known = np.isfinite(truth)
    truth, trace = np.asarray(truth, float)[known], np.asarray(trace, float)[known]
    return truth, np.where(np.isfinite(trace), trace, 0.0) - truth


def ratio_db(signal_power: float, noise_power: float) -> float:
    """Return a ratio of powers in dB, at most `SNR_LIMIT_DB`; NaN without signal."""
    if not signal_power > 0:
        return math.nan
    if not noise_power > 0:
        return SNR_LIMIT_DB
    return min(10 * (math.log10(signal_power) - math.log10(noise_power)), SNR_LIMIT_DB)
