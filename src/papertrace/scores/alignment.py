"""One lead of the truth and what was read of it, on one clock and aligned once for all metrics."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from papertrace.scores.series import Series

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
class Pair:
    """A stretch of a lead and its trace; what several metrics ask for is worked out once.

    Attributes
    ----------
    truth : Series
        What was drawn; NaN samples were not drawn and are left out.
    trace : Series
        What was read, at any rate and start.
    max_lag_s : float
        Largest shift in s that alignment may undo.
    """

    truth: Series
    trace: Series
    max_lag_s: float

    @cached_property
    def reference(self) -> np.ndarray:
        """The truth's samples in mV, shape (n,)."""
        return np.asarray(self.truth.samples, float)

    @cached_property
    def read(self) -> np.ndarray:
        """The trace as it stands at the truth's sample times in mV, shape (n,); NaN where it gives nothing."""
        return self.at(self.truth.times_s)

    @cached_property
    def alignment(self) -> Alignment:
        """The shift that brings the trace onto the truth; see `align`."""
        return align(self.truth, self.trace, self.max_lag_s)

    @cached_property
    def aligned(self) -> tuple[np.ndarray, np.ndarray]:
        """Truth and aligned trace, each shape (m,), without the samples that the shift moves off the truth's window.

        Those are no one's fault; gaps within the window stay NaN. Where nothing can be aligned, all as it stands.
        """
        if math.isnan(self.alignment.lag_s):
            return self.reference, self.read
        moments = self.truth.times_s + self.alignment.lag_s
        moved = self.at(moments) - self.alignment.offset_mv
        half = 0.5 / self.truth.rate_hz
        on_page = (moments >= self.truth.times_s[0] - half) & (moments <= self.truth.times_s[-1] + half)
        kept = on_page | np.isfinite(moved)
        return self.reference[kept], moved[kept]

    def at(self, times_s: np.ndarray) -> np.ndarray:
        """The trace at other moments; see `Series.at`."""
        return self.at_with_slope(times_s)[0]

    def at_with_slope(self, times_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The trace and its slope at other moments; see `Series.at_with_slope`."""
        return self.trace.at_with_slope(times_s, _tolerance_s(self.truth, self.trace))


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
    lags, cost = coarse_costs(reference, trace.at(grid, tolerance_s), steps)
    if not len(lags):
        return Alignment(math.nan, math.nan)

    lag_s = float(lags[np.argmin(cost)] / truth.rate_hz)
    if is_flat(reference) or is_flat(trace.samples):
        lag_s = 0.0  # any lag is as good as none
    else:
        lag_s = _refine(truth, trace, lag_s, max_lag_s, tolerance_s)
    difference = trace.at(truth.times_s + lag_s, tolerance_s) - reference
    known = np.isfinite(difference)
    if not known.any():
        return Alignment(math.nan, math.nan)
    return Alignment(lag_s, float(difference[known].mean()))


def earlier(samples: np.ndarray, lag: int) -> np.ndarray:
    """Return samples moved `lag` places towards the first, NaN where there is none then; shape (n,).

    Examples
    --------
    >>> earlier(np.array([1.0, 2.0, 3.0]), 1)
    array([ 2.,  3., nan])
    """
    moved = np.full(len(samples), np.nan)
    here = np.arange(max(-lag, 0), min(len(samples) - lag, len(samples)))
    moved[here] = samples[here + lag]
    return moved


def is_flat(samples: np.ndarray) -> bool:
    """Whether the samples span less than a nanovolt."""
    finite = samples[np.isfinite(samples)]
    return not len(finite) or float(np.ptp(finite)) < 1e-6


def _tolerance_s(truth: Series, trace: Series) -> float:
    """Half the longer of the two sampling periods: what is nearer than that to a sample is that sample."""
    return 0.5 / min(truth.rate_hz, trace.rate_hz)


def coarse_costs(truth: np.ndarray, trace: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean squared error after the best offset at every whole-sample lag that leaves half the best overlap.

    Parameters
    ----------
    truth : ndarray, shape (n,)
        In mV; NaN where there is none.
    trace : ndarray, shape (n + 2 steps,)
        At the same rate, with `steps` more samples than the truth at either end.
    steps : int
        The largest lag.

    Returns
    -------
    lags : ndarray of int, shape (m,)
        In the order of their size, so that the first of several equal minima is the smallest shift.
    costs : ndarray, shape (m,)
        In mV².
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
