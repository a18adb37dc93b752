"""A signal with its own clock, and its value at any moment."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from papertrace.spans import spans_of


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
    def _pieces(self) -> np.ndarray:
        """Cubics between each sample and the next, shape (4, n), highest power first, in samples; NaN in gaps."""
        from scipy.interpolate import CubicSpline

        pieces = np.full((4, len(self.samples)), np.nan)
        for first, stop in spans_of(np.isfinite(self.samples)):
            if stop - first > 1:
                pieces[:, first : stop - 1] = CubicSpline(np.arange(stop - first), self.samples[first:stop]).c
        return pieces

    @cached_property
    def _known(self) -> np.ndarray:
        return np.flatnonzero(np.isfinite(self.samples))

    def at(self, times_s: np.ndarray, tolerance_s: float | None = None) -> np.ndarray:
        """Return the signal at other moments by cubic-spline interpolation, NaN where it is not known.

        Splines do not reach across missing samples. Up to `tolerance_s` beyond the end of an unbroken stretch
        its last value is held, so that two clocks that differ by a fraction of a sample do not cost a sample.

        Parameters
        ----------
        times_s : ndarray, shape (m,)
            Moments in s, in any order.
        tolerance_s : float, optional
            Half a sample by default.

        Returns
        -------
        ndarray, shape (m,)
            In mV.
        """
        return self.at_with_slope(times_s, tolerance_s)[0]

    def at_with_slope(self, times_s: np.ndarray, tolerance_s: float | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return what `at` does, and its derivative in mV/s (0 where a value is held)."""
        tolerance = 0.5 if tolerance_s is None else tolerance_s * self.rate_hz
        position = (np.asarray(times_s, float) - self.start_s) * self.rate_hz
        if not len(self._known):
            return np.full(len(position), np.nan), np.full(len(position), np.nan)
        index = np.minimum(np.maximum(position, 0), len(self.samples) - 1).astype(int)
        fraction = position - index
        cubic, square, linear, constant = self._pieces.take(index, axis=1)
        values = ((cubic * fraction + square) * fraction + linear) * fraction + constant
        slopes = self.rate_hz * ((3 * cubic * fraction + 2 * square) * fraction + linear)
        # Gaps have no cubics: NaN, as is what lies beyond the ends, until a value is held.
        beyond = (fraction < 0) | (fraction > 1)
        values[beyond] = slopes[beyond] = np.nan
        outside = np.flatnonzero(np.isnan(values))
        if not len(outside):
            return values, slopes
        after = np.searchsorted(self._known, position[outside])
        before, after = (self._known[np.clip(after + k, 0, len(self._known) - 1)] for k in (-1, 0))
        nearer = np.abs(position[outside] - before) <= np.abs(after - position[outside])
        nearest = np.where(nearer, before, after)
        # A sample exactly at the tolerance counts, whatever the rounding of the clocks.
        held = np.abs(position[outside] - nearest) <= tolerance + 1e-6
        values[outside[held]] = np.asarray(self.samples, float)[nearest[held]]
        slopes[outside[held]] = 0.0
        return values, slopes
