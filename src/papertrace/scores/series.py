"""A signal with its own clock, and its value at any moment."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Series:
    """Samples of one lead.

    Attributes
    ----------
    samples : ndarray, shape (n,)
        In mV; NaN where there is none.
    rate_hz : float
        Sampling rate.
    start_s : float
        Time of the first sample, from the page's first moment.
    """

    samples: np.ndarray
    rate_hz: float
    start_s: float = 0.0

    @cached_property
    def times_s(self) -> np.ndarray:
        """Time of every sample, shape (n,)."""
        return self.start_s + np.arange(len(self.samples)) / self.rate_hz

    @cached_property
    def _runs(self) -> list[tuple[np.ndarray, object]]:
        """The unbroken stretches of finite samples: their times, and the spline through them."""
        from scipy.interpolate import CubicSpline

        finite = np.isfinite(self.samples)
        edges = np.flatnonzero(np.diff(np.r_[False, finite, False]))
        runs = []
        for first, stop in zip(edges[::2], edges[1::2], strict=True):
            times, values = self.times_s[first:stop], np.asarray(self.samples[first:stop], float)
            if len(times) == 1:  # a spline needs two points
                times, values = np.r_[times, times + 0.5 / self.rate_hz], np.repeat(values, 2)
            runs.append((times, CubicSpline(times, values)))
        return runs

    def at(self, times_s: np.ndarray, tolerance_s: float | None = None, derivative: int = 0) -> np.ndarray:
        """Return the signal at other moments by cubic-spline interpolation, NaN where it is not known.

        Splines do not reach across missing samples. Up to `tolerance_s` beyond the end of an unbroken stretch
        its last value is held, so that two clocks that differ by a fraction of a sample do not cost a sample.

        Parameters
        ----------
        times_s : ndarray, shape (m,)
            Ascending.
        tolerance_s : float, optional
            Half a sample by default.
        derivative : int
            0 for mV, 1 for mV/s.

        Returns
        -------
        ndarray, shape (m,)
        """
        times_s = np.asarray(times_s, float)
        tolerance_s = 0.5 / self.rate_hz if tolerance_s is None else tolerance_s
        reach = tolerance_s * (1 + 1e-6) + 1e-9  # a sample exactly at the tolerance belongs to the run
        values = np.full(len(times_s), np.nan)
        for times, spline in self._runs:
            first = np.searchsorted(times_s, times[0] - reach)
            stop = np.searchsorted(times_s, times[-1] + reach, side="right")
            if first == stop:
                continue
            values[first:stop] = spline(np.clip(times_s[first:stop], times[0], times[-1]), derivative)
        return values
