"""Delineation on a wavelet transform, after Martínez et al. [1]_.

The quadratic-spline wavelet is the derivative of a smoothing kernel: at scale 2^k the transform is the slope of the
smoothed signal, its modulus maxima are the waves' steepest places and its zero crossings their peaks. QRS complexes are
bounded at scale 2^3, P and T waves at 2^4, each edge where the slope beside the wave's outermost steep place has fallen
to a share of it, or has a minimum before that.

Where the paper's rules decide beat by beat between two near-equal maxima, the small errors that digitizing adds tip the
scale, and an edge jumps by a whole wave. So here

* a QRS complex is what hangs together by steep places (`_GAP_BEFORE_S`, `_GAP_AFTER_S`), at scale 2^3 in place of 2^2,
  and an edge's level is not below a share of the whole complex's steepest place (`_FLOOR`);
* P and T are each the one peak of the smoothed signal that stands out most on both of its sides, in a second look
  weighed by how far it lies from where the lead's other beats have it. Biphasic waves end with their larger phase.

References
----------
.. [1] Martínez, J. P., Almeida, R., Olmos, S., Rocha, A. P., & Laguna, P. (2004). A wavelet-based ECG delineator:
   evaluation on standard databases. IEEE Transactions on Biomedical Engineering, 51(4), 570-581.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from papertrace.scores.beats import find_qrs, running_mean
from papertrace.scores.fiducials import Beats

_PAPER_RATE_HZ = 250.0
"""The paper's scales count in samples of this rate; here they are the same lengths of time at any rate."""
_BASELINE_S = 0.6
"""The baseline that the R peaks are looked for above: a running mean over this, twice."""
_MAINS_S = 0.02
"""R peaks are those of a running mean over this: one period of the mains; noise does not move them."""

_QRS_BEFORE_S, _QRS_AFTER_S = 0.11, 0.16
"""How far from the R peak a QRS complex may reach."""
_STEEP_BEFORE, _STEEP_AFTER = 0.1, 0.15
"""Modulus maxima of at least this share of the steepest are part of the complex, before and after it, ..."""
_GAP_BEFORE_S, _GAP_AFTER_S = 0.06, 0.09
"""... where they are no further apart than this."""
_QRS_ONSET, _QRS_END, _FLOOR = 0.07, 0.2, 0.07
"""Shares of the first and last maximum, and at least of the steepest, to which the slope falls at the edges."""
_QRS_MINIMUM = 0.5
"""A minimum of the slope ends the complex where it is below this share of the maximum."""

_T_AFTER_J_S = 0.06
_T_WITHIN_RR, _T_WITHIN_S = 0.8, 0.65
_T_PEAK_WITHIN_RR, _T_PEAK_WITHIN_S = 0.6, 0.45
"""Bounds of T waves and of their peaks after the R peak, in RR intervals and in s: the earlier holds."""
_BEFORE_NEXT_R_S = 0.08
_LONG_RR = 1.3
"""No RR interval counts for longer than this many times the lead's median."""
_T_ONSET, _T_END, _T_MINIMUM = 0.25, 0.35, 1.0
_T_SPREAD = 0.1
"""By how much, in roots of s, R to T peak over the root of RR differs from beat to beat."""

_P_BEFORE_S, _P_BEFORE_RR = 0.3, 0.4
_P_APART_S = 0.025
"""P waves peak, and turn flatter, this long before the QRS onset."""
_P_ONSET, _P_END, _P_MINIMUM = 0.5, 0.9, 1.0
_P_LEAST = 0.02
"""What is flatter than this share of the QRS complex is no P wave."""
_P_SPREAD_S = 0.04
_ONE_SIDED = 0.5, 0.2
"""How much the larger side of a T wave, and of a P wave, adds to the smaller one."""
_EDGE_WITHIN_S = 0.2


@dataclass(frozen=True)
class Wavelet:
    """Delineator on the wavelet transform; see this module.

    Its constants were chosen on the training and validation records of QTDB, by the errors against `q1c` and by how
    little they move when a page is digitized; `docs/results/clinical.md` says what it reaches on others.
    """

    def __call__(self, samples_mv: np.ndarray, rate_hz: float) -> Beats:
        """Delineate; see `papertrace.scores.fiducials.Delineator`."""
        samples_mv = np.asarray(samples_mv, float)
        if not len(samples_mv):
            return Beats(np.zeros(0))
        baseline = running_mean(running_mean(samples_mv, round(_BASELINE_S * rate_hz)), round(_BASELINE_S * rate_hz))
        peaks, _ = find_qrs(running_mean(samples_mv - baseline, round(_MAINS_S * rate_hz)), rate_hz)
        if not len(peaks):
            return Beats(np.zeros(0))
        fine, coarse = (transform(samples_mv, rate_hz, scale) for scale in (3, 4))
        qrs = _qrs(fine, peaks, rate_hz)
        t = _t_waves(coarse, peaks, qrs[1], rate_hz)
        p = _p_waves(coarse, peaks, qrs[0], t[2], rate_hz)
        return Beats(
            peaks / rate_hz,
            **dict(zip(("qrs_onset_s", "qrs_end_s"), qrs / rate_hz, strict=True)),
            **dict(zip(("t_onset_s", "t_peak_s", "t_end_s"), t / rate_hz, strict=True)),
            **dict(zip(("p_onset_s", "p_peak_s", "p_end_s"), p / rate_hz, strict=True)),
        )


def transform(samples: np.ndarray, rate_hz: float, scale: int) -> np.ndarray:
    """Return the paper's wavelet transform at scale 2^scale, at the times of the samples.

    The cascade of its filters is, but for the sampling, three running means of 2^(scale - 1) samples at 250 Hz and the
    difference over as many.

    Parameters
    ----------
    samples : ndarray, shape (n,)
        In mV; the ends are held.
    rate_hz : float
        Sampling rate.
    scale : int
        1, 2, …

    Returns
    -------
    ndarray, shape (n,)
        In mV: positive where the smoothed signal rises.
    """
    width = max(1, round(2 ** (scale - 1) / _PAPER_RATE_HZ * rate_hz))
    margin = 2 * width + 1
    smooth = np.pad(np.asarray(samples, float), margin, mode="edge")
    for _ in range(3):
        total = np.cumsum(np.r_[0.0, smooth])
        smooth = (total[width:] - total[:-width]) / width
    difference = smooth[width:] - smooth[:-width]
    # The four windows' first samples are 2 * width - 1.5 before their common middle.
    whole, half = divmod(margin - (2 * width - 1.5), 1)
    first, count = int(whole), len(samples)
    return (1 - half) * difference[first : first + count] + half * difference[first + 1 : first + 1 + count]


def _qrs(slope: np.ndarray, peaks: np.ndarray, rate_hz: float) -> np.ndarray:
    """Onset and end of each QRS complex in samples, shape (2, beats)."""
    modulus = np.abs(slope)
    steep = np.flatnonzero((modulus[1:-1] >= modulus[:-2]) & (modulus[1:-1] > modulus[2:])) + 1
    middles = (peaks[1:] + peaks[:-1]) / 2
    low = np.maximum(peaks - _QRS_BEFORE_S * rate_hz, np.r_[0, middles])
    high = np.minimum(peaks + _QRS_AFTER_S * rate_hz, np.r_[middles, len(slope) - 1])
    edges = np.full((2, len(peaks)), np.nan)
    for beat, (first, stop) in enumerate(zip(*np.searchsorted(steep, (low, high)), strict=True)):
        places = steep[first:stop]
        near = places[np.abs(places - peaks[beat]) <= 0.08 * rate_hz]
        if not len(near):
            continue
        main = near[np.argmax(modulus[near])]
        before = places[(places <= main) & (modulus[places] >= _STEEP_BEFORE * modulus[main])][::-1]
        after = places[(places >= main) & (modulus[places] >= _STEEP_AFTER * modulus[main])]
        onset, end = _chained(before, _GAP_BEFORE_S * rate_hz), _chained(after, _GAP_AFTER_S * rate_hz)
        floor = _FLOOR * modulus[main]
        for row, place, share, way in ((0, onset, _QRS_ONSET, -1), (1, end, _QRS_END, 1)):
            level = max(share * modulus[place], floor)
            edges[row, beat] = _edge(modulus, place, way, level, _QRS_MINIMUM * modulus[place], rate_hz)
    # A complex that does not hold its R peak is a slip.
    return np.where([edges[0] <= peaks, edges[1] >= peaks], edges, np.nan)


def _t_waves(slope: np.ndarray, peaks: np.ndarray, j_points: np.ndarray, rate_hz: float) -> np.ndarray:
    """Onset, peak and end of each T wave in samples, shape (3, beats)."""
    usual = np.median(np.diff(peaks)) if len(peaks) > 1 else 0.8 * rate_hz
    rr = np.minimum(np.r_[np.diff(peaks), usual], _LONG_RR * usual)
    next_r = np.r_[peaks[1:] - _BEFORE_NEXT_R_S * rate_hz, len(slope)]
    low = j_points + _T_AFTER_J_S * rate_hz
    high = np.minimum(peaks + np.minimum(_T_WITHIN_RR * rr, _T_WITHIN_S * rate_hz), next_r)
    last = peaks + np.minimum(_T_PEAK_WITHIN_RR * rr, _T_PEAK_WITHIN_S * rate_hz)
    candidates = [_lobes(slope, *window) for window in zip(low, high, strict=True)]
    # QT goes about with the root of RR, and so does R to T peak.
    unit = np.sqrt(rr * rate_hz)
    after = [(lobes.crossings - peak) / each for lobes, peak, each in zip(candidates, peaks, unit, strict=True)]
    scores = [
        np.where(lobes.crossings <= limit, lobes.prominence(_ONE_SIDED[0]), 0.0)
        for lobes, limit in zip(candidates, last, strict=True)
    ]
    chosen = _most_alike(scores, after, _T_SPREAD)
    waves = np.full((3, len(peaks)), np.nan)
    modulus = np.abs(slope)
    for beat, (lobes, k) in enumerate(zip(candidates, chosen, strict=True)):
        if k is None:
            continue
        rise, fall = lobes.steepest(modulus, k), lobes.steepest(modulus, k + 1)
        onset = _edge(modulus, rise, -1, _T_ONSET * modulus[rise], _T_MINIMUM * modulus[rise], rate_hz)
        end = np.nan
        if fall < lobes.bounds[-1] - 2:  # else it is steepest where the window ends, and ends who knows where
            end = _edge(modulus, fall, 1, _T_END * modulus[fall], _T_MINIMUM * modulus[fall], rate_hz)
        waves[:, beat] = onset if onset > j_points[beat] else np.nan, lobes.crossings[k], end
    return waves


def _p_waves(
    slope: np.ndarray, peaks: np.ndarray, onsets: np.ndarray, t_ends: np.ndarray, rate_hz: float
) -> np.ndarray:
    """Onset, peak and end of each P wave in samples, shape (3, beats)."""
    usual = np.median(np.diff(peaks)) if len(peaks) > 1 else 0.8 * rate_hz
    rr = np.r_[usual, np.diff(peaks)]
    low = np.maximum(peaks - np.minimum(_P_BEFORE_S * rate_hz, _P_BEFORE_RR * rr), 0)
    low = np.fmax(low, np.r_[np.nan, t_ends[:-1]])
    high = onsets - _P_APART_S * rate_hz
    candidates = [_lobes(slope, *window) for window in zip(low, high, strict=True)]
    before = [(peak - lobes.crossings) / rate_hz for lobes, peak in zip(candidates, peaks, strict=True)]
    chosen = _most_alike([lobes.prominence(_ONE_SIDED[1]) for lobes in candidates], before, _P_SPREAD_S)
    waves = np.full((3, len(peaks)), np.nan)
    modulus = np.abs(slope)
    reach = round(0.05 * rate_hz)
    for beat, (lobes, k) in enumerate(zip(candidates, chosen, strict=True)):
        if k is None:
            continue
        rise, fall = lobes.steepest(modulus, k), lobes.steepest(modulus, k + 1)
        of_qrs = modulus[max(0, peaks[beat] - reach) : peaks[beat] + reach].max()
        if min(modulus[rise], modulus[fall]) < _P_LEAST * of_qrs:
            continue
        onset = _edge(modulus, rise, -1, _P_ONSET * modulus[rise], _P_MINIMUM * modulus[rise], rate_hz)
        end = _edge(modulus, fall, 1, _P_END * modulus[fall], _P_MINIMUM * modulus[fall], rate_hz)
        waves[:, beat] = onset, lobes.crossings[k], end if end <= onsets[beat] else np.nan
    return waves


@dataclass(frozen=True)
class _Lobes:
    """What lies between the zero crossings of a stretch of the transform.

    Attributes
    ----------
    crossings : ndarray, shape (n,)
        In samples: peaks and valleys of the smoothed signal.
    bounds : ndarray of int, shape (n + 2,)
        Where the n + 1 lobes begin and end.
    areas : ndarray, shape (n + 1,)
        Of their moduli: by how much the smoothed signal rises or falls.
    """

    crossings: np.ndarray
    bounds: np.ndarray
    areas: np.ndarray

    def prominence(self, one_sided: float) -> np.ndarray:
        """How much each peak or valley stands out: on its smaller side, and a share of how much on its larger."""
        sides = self.areas[:-1], self.areas[1:]
        return np.minimum(*sides) + one_sided * np.maximum(*sides)

    def steepest(self, modulus: np.ndarray, lobe: int) -> int:
        first, stop = self.bounds[lobe], self.bounds[lobe + 1]
        return int(first + np.argmax(modulus[first:stop]))


def _lobes(slope: np.ndarray, low: float, high: float) -> _Lobes:
    """The lobes from `low` to `high`, in samples; none where either is NaN or they leave no room."""
    if not high - low > 4:
        return _Lobes(np.zeros(0), np.zeros(2, int), np.zeros(1))
    first, stop = max(0, int(low)), min(len(slope), int(high))
    values = slope[first:stop]
    negative = np.signbit(values)
    k = (negative[1:] != negative[:-1]).nonzero()[0]
    bounds = np.empty(len(k) + 2, int)
    bounds[0], bounds[1:-1], bounds[-1] = 0, k + 1, len(values)
    before = values[k]
    return _Lobes(
        crossings=first + k + before / (before - values[k + 1]),
        bounds=first + bounds,
        areas=np.add.reduceat(np.abs(values), bounds[:-1]) if len(values) else np.zeros(1),
    )


def _most_alike(scores: list[np.ndarray], places: list[np.ndarray], spread: float) -> list[int | None]:
    """Choose a candidate of each beat by its score; then again, preferring those near the median of all choices."""
    chosen = [int(np.argmax(score)) if len(score) and score.max() > 0 else None for score in scores]
    found = [place[k] for place, k in zip(places, chosen, strict=True) if k is not None]
    if len(found) < 3:
        return chosen
    usual = np.median(found)
    weighed = [
        score * np.exp(-0.5 * ((place - usual) / spread) ** 2) for score, place in zip(scores, places, strict=True)
    ]
    return [None if k is None else int(np.argmax(score)) for k, score in zip(chosen, weighed, strict=True)]


def _chained(places: np.ndarray, gap: float) -> int:
    """Of places in order, the last that is reached from the first in steps of at most `gap`."""
    far = np.flatnonzero(np.abs(np.diff(places)) > gap)
    return int(places[far[0]] if len(far) else places[-1])


def _edge(modulus: np.ndarray, start: int, way: int, level: float, ceiling: float, rate_hz: float) -> float:
    """Where the modulus, going from a maximum one way (1 or -1), falls to a level or has a minimum below a ceiling.

    In samples, between them by linear interpolation; NaN where neither comes before the signal ends.
    """
    reach = round(_EDGE_WITHIN_S * rate_hz)
    beside = modulus[start : start + reach] if way > 0 else modulus[max(0, start - reach + 1) : start + 1][::-1]
    # most edges are a few samples away: plain numbers are there before arrays have been made
    values = beside.tolist()
    steeper = values[0]
    for k in range(1, len(values)):
        here = values[k]
        if here < level:
            return start + way * (k - (level - here) / (steeper - here))
        if here < ceiling and here <= steeper and k + 1 < len(values) and here < values[k + 1]:
            return start + way * k
        steeper = here
    return math.nan
