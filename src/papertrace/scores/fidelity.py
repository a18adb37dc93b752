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

from papertrace.scores.series import Series

SNR_LIMIT_DB = 100.0
"""No SNR is reported above this, so that means stay finite: float32 samples alone are good for about 150 dB."""

LAG_PRECISION_S = 1e-7
"""The lag is refined to this; an error of it alone would leave more than 100 dB."""


@dataclass(frozen=True)
class Alignment:
    """The shift that brings a trace onto the truth.

    Attributes
    ----------
    lag_s : float
        Positive: the trace is later than the truth. NaN where nothing can be aligned.
    offset_mv : float
        Positive: the trace lies above the truth.
    """

    lag_s: float
    offset_mv: float


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
    return _ratio_db(np.sum(truth**2), np.sum(error**2))


def snr_median_db(truth: np.ndarray, trace: np.ndarray) -> float:
    """Return the SNR in dB with the median squared error as the noise's power (the study's journal version).

    Parameters and result as in `snr_db`. A few wild samples do not move it: with Gaussian error it lies 3.4 dB above
    `snr_db`, and a wider gap tells of spikes.
    """
    truth, error = _truth_and_error(truth, trace)
    if not len(truth):
        return math.nan
    return _ratio_db(np.mean(truth**2), np.median(error**2))


def rmse_mv(truth: np.ndarray, trace: np.ndarray) -> float:
    """Return the root of the mean squared error in mV; missing samples count as 0 mV, as in `snr_db`."""
    truth, error = _truth_and_error(truth, trace)
    return float(np.sqrt(np.mean(error**2))) if len(truth) else math.nan


def pearson_r(truth: np.ndarray, trace: np.ndarray) -> float:
    """Return Pearson's r over the samples that both give; NaN for fewer than two, or where one of them is flat."""
    both = np.isfinite(truth) & np.isfinite(trace)
    if both.sum() < 2:
        return math.nan
    if _is_flat(truth[both]) or _is_flat(trace[both]):
        return math.nan
    x, y = truth[both] - truth[both].mean(), trace[both] - trace[both].mean()
    return float(np.clip(np.sum(x * y) / math.sqrt(np.sum(x**2) * np.sum(y**2)), -1, 1))


def coverage(truth: np.ndarray, trace: np.ndarray) -> float:
    """Return the share of the truth's samples at which the trace gives a value; NaN without truth."""
    known = np.isfinite(truth)
    return float(np.isfinite(trace[known]).mean()) if known.any() else math.nan


def align(truth: Series, trace: Series, max_lag_s: float) -> Alignment:
    """Find the one shift in time and voltage that leaves the least mean squared error.

    The coarse lag is the best whole sample of the truth, its error taken from masked FFT correlations [1]_ of the
    centred signals; Gauss-Newton on the trace's spline then finds the fraction.

    Parameters
    ----------
    truth : Series
        What was drawn.
    trace : Series
        What was read.
    max_lag_s : float
        The lag is searched within ±max_lag_s.

    Returns
    -------
    Alignment
        Lag and offset are NaN where truth and trace share no sample; the lag is 0 where either is flat.

    References
    ----------
    .. [1] Padfield, D. (2012). Masked object registration in the Fourier domain. IEEE Transactions on Image
       Processing, 21(5), 2706-2718.
    """
    tolerance_s = _tolerance_s(truth, trace)
    reference = np.asarray(truth.samples, float)
    steps = math.floor(max_lag_s * truth.rate_hz + 1e-9)
    grid = truth.start_s + np.arange(-steps, len(reference) + steps) / truth.rate_hz
    lags, cost = _coarse_costs(reference, trace.at(grid, tolerance_s), steps)
    if not len(lags):
        return Alignment(math.nan, math.nan)

    lag_s = float(lags[np.argmin(cost)] / truth.rate_hz)
    if _is_flat(reference) or _is_flat(trace.samples):
        lag_s = 0.0  # any lag is as good as none
    else:
        lag_s = _refine(truth, trace, lag_s, max_lag_s, tolerance_s)
    difference = trace.at(truth.times_s + lag_s, tolerance_s) - reference
    known = np.isfinite(difference)
    if not known.any():
        return Alignment(math.nan, math.nan)
    return Alignment(lag_s, float(difference[known].mean()))


def fidelity(truth: Series, trace: Series, max_lag_s: float) -> Fidelity:
    """Compare one trace with its truth.

    Parameters
    ----------
    truth : Series
        What was drawn; NaN samples were not drawn and are left out.
    trace : Series
        What was read, at any rate and start.
    max_lag_s : float
        Largest shift in s that the aligned figures may undo.

    Returns
    -------
    Fidelity
    """
    reference = np.asarray(truth.samples, float)
    tolerance_s = _tolerance_s(truth, trace)
    read = trace.at(truth.times_s, tolerance_s)
    strict = {
        "coverage": coverage(reference, read),
        "snr_db": snr_db(reference, read),
        "snr_median_db": snr_median_db(reference, read),
        "rmse_mv": rmse_mv(reference, read),
        "r": pearson_r(reference, read),
    }
    if not len(reference):
        return Fidelity(**strict)
    alignment = align(truth, trace, max_lag_s)
    if math.isnan(alignment.lag_s):  # nothing was read: alignment cannot help
        return Fidelity(**strict, snr_aligned_db=strict["snr_db"], snr_aligned_median_db=strict["snr_median_db"])
    moments = truth.times_s + alignment.lag_s
    moved = trace.at(moments, tolerance_s) - alignment.offset_mv
    half = 0.5 / truth.rate_hz
    on_page = (moments >= truth.times_s[0] - half) & (moments <= truth.times_s[-1] + half)
    kept = on_page | np.isfinite(moved)
    return Fidelity(
        **strict,
        snr_aligned_db=snr_db(reference[kept], moved[kept]),
        snr_aligned_median_db=snr_median_db(reference[kept], moved[kept]),
        lag_ms=1000 * alignment.lag_s,
        offset_mv=alignment.offset_mv,
    )


def _truth_and_error(truth: np.ndarray, trace: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    known = np.isfinite(truth)
    truth, trace = np.asarray(truth, float)[known], np.asarray(trace, float)[known]
    return truth, np.where(np.isfinite(trace), trace, 0.0) - truth


def _ratio_db(signal_power: float, noise_power: float) -> float:
    if not signal_power > 0:
        return math.nan
    if not noise_power > 0:
        return SNR_LIMIT_DB
    return min(10 * (math.log10(signal_power) - math.log10(noise_power)), SNR_LIMIT_DB)


def _is_flat(samples: np.ndarray) -> bool:
    """Whether the samples span less than a nanovolt."""
    finite = samples[np.isfinite(samples)]
    return not len(finite) or float(np.ptp(finite)) < 1e-6


def _tolerance_s(truth: Series, trace: Series) -> float:
    """Half the longer of the two sampling periods: what is nearer than that to a sample is that sample."""
    return 0.5 / min(truth.rate_hz, trace.rate_hz)


def _coarse_costs(truth: np.ndarray, trace: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean squared error after the best offset, at every whole-sample lag that leaves half of the best overlap.

    `trace` has `steps` more samples than `truth` at either end. Lags come in the order of their size, so that
    the first of several equal minima is the smallest shift.
    """
    x_known, y_known = np.isfinite(truth), np.isfinite(trace)
    if not (x_known.any() and y_known.any()):
        return np.zeros(0, int), np.zeros(0)
    x = np.where(x_known, truth - truth[x_known].mean(), 0.0)
    y = np.where(y_known, trace - trace[y_known].mean(), 0.0)
    size = 1 << (len(y) - 1).bit_length()
    x_spectra = np.conj(np.fft.rfft([x_known.astype(float), x, x**2], size))
    y_spectra = np.fft.rfft([y_known.astype(float), y, y**2], size)

    def correlation(i: int, j: int) -> np.ndarray:
        return np.fft.irfft(x_spectra[i] * y_spectra[j], size)[: 2 * steps + 1]

    count = np.rint(correlation(0, 0))
    usable = count >= max(1.0, count.max() / 2)
    overlap = np.where(usable, count, 1.0)
    squares = correlation(2, 0) + correlation(0, 2) - 2 * correlation(1, 1)
    cost = squares / overlap - ((correlation(0, 1) - correlation(1, 0)) / overlap) ** 2
    lags = np.arange(-steps, steps + 1)
    order = np.argsort(np.abs(lags), kind="stable")
    order = order[usable[order]]
    return lags[order], cost[order]


def _refine(truth: Series, trace: Series, lag_s: float, max_lag_s: float, tolerance_s: float) -> float:
    """Gauss-Newton for the lag, the offset eliminated; steps that do not help are halved."""
    reference = np.asarray(truth.samples, float)

    def centred(lag_s: float) -> tuple[np.ndarray, np.ndarray]:
        """Error and slope of the trace at this lag, without their means."""
        read, slope = trace.at_with_slope(truth.times_s + lag_s, tolerance_s)
        error = read - reference
        known = np.isfinite(error)
        error, slope = error[known], slope[known]
        return (error - error.mean(), slope - slope.mean()) if len(error) else (error, slope)

    error, slope = centred(lag_s)
    for _ in range(20):
        curvature = np.sum(slope**2)
        if not curvature > 0:
            break
        step = float(np.clip(-np.sum(slope * error) / curvature, -1 / truth.rate_hz, 1 / truth.rate_hz))
        while abs(step) > LAG_PRECISION_S:
            candidate = float(np.clip(lag_s + step, -max_lag_s, max_lag_s))
            new_error, new_slope = centred(candidate)
            if len(new_error) and np.mean(new_error**2) < np.mean(error**2):
                break
            step /= 2
        else:
            break
        lag_s, error, slope = candidate, new_error, new_slope
    return lag_s
