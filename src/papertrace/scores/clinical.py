"""RR, QRS width and QT of one lead, by the same rule on truth and trace.

A `Delineator` finds the fiducial points of each beat; the intervals and their medians are taken here. What cannot be
measured is NaN, never zero.
"""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from papertrace.scores.beats import find_qrs
from papertrace.scores.series import Series
from papertrace.spans import spans_of

ANALYSIS_RATE_HZ = 1000.0
"""Truth and trace are delineated at one rate, so that neither's sampling shows in the difference."""

BRIDGED_GAP_S = 0.02
"""Missing samples up to this long are bridged by a straight line; intervals that hold a longer gap are not measured."""

PLAUSIBLE_S = {"rr": (0.2, 3.0), "qrs": (0.02, 0.3), "qt": (0.15, 0.8)}
"""Intervals of single beats outside these bounds are slips of the delineation and are left out."""


@dataclass(frozen=True)
class Beats:
    """Fiducial points of n beats in s from the first sample, each shape (n,); NaN where not found; R peaks ascend."""

    r_peak_s: np.ndarray
    qrs_onset_s: np.ndarray
    qrs_end_s: np.ndarray
    t_end_s: np.ndarray


class Delineator(Protocol):
    """Whatever finds the beats of one lead."""

    def __call__(self, samples_mv: np.ndarray, rate_hz: float) -> Beats:
        """Delineate samples, shape (n,) in mV without NaN; no beats is an answer, not an error."""


@dataclass(frozen=True)
class Intervals:
    """Medians over the beats of one lead in ms, NaN where absent, and how many beats there were."""

    rr_ms: float = math.nan
    qrs_ms: float = math.nan
    qt_ms: float = math.nan
    beats: int = 0


@dataclass(frozen=True)
class NeuroKit:
    """NeuroKit2's `ecg_clean` and `ecg_delineate`, on the QRS complexes of `papertrace.scores.beats.find_qrs`.

    Negative leads are delineated upside down, for NeuroKit2 looks for upright R waves.

    Attributes
    ----------
    method : str
        ``prominence`` [1]_ or ``dwt`` [2]_. Measured on 10 s of both leads of QTDB's 105 records: against the first
        cardiologist (`q1c`) prominence errs by 24 ms (QRS) and 32 ms (QT) on average, dwt by 69 and 80 ms; white noise
        of 10 µV, about what digitizing adds, moves prominence by 0.4 and 5.2 ms, dwt by 8.9 and 15.7 ms (its scale
        jumps at 60 beats per minute); prominence finds no QT in 2 % of the leads, dwt in 16 %, in five times the time.

    References
    ----------
    .. [1] Emrich, J., Gargano, A., Koka, T., & Muma, M. (2024). Physiology-informed ECG delineation based on peak
       prominence. 32nd European Signal Processing Conference (EUSIPCO), 1402-1406.
    .. [2] Martínez, J. P., Almeida, R., Olmos, S., Rocha, A. P., & Laguna, P. (2004). A wavelet-based ECG delineator:
       evaluation on standard databases. IEEE Transactions on Biomedical Engineering, 51(4), 570-581.
    """

    method: str = "prominence"

    def __call__(self, samples_mv: np.ndarray, rate_hz: float) -> Beats:
        """Delineate; see `Delineator`."""
        import warnings

        import neurokit2

        rate = int(rate_hz)
        peaks, marks = np.zeros(0, int), {}
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            with contextlib.suppress(Exception):  # whatever its arithmetic meets on odd signals; none of it documented
                cleaned = neurokit2.ecg_clean(samples_mv, sampling_rate=rate)
                peaks, direction = find_qrs(cleaned, rate)
                _, marks = neurokit2.ecg_delineate(direction * cleaned, peaks, sampling_rate=rate, method=self.method)
        onsets, ends, t_ends = (
            _finite(marks.get(key, [])) for key in ("ECG_R_Onsets", "ECG_R_Offsets", "ECG_T_Offsets")
        )
        # NeuroKit2's lists need not have one entry per beat; each mark goes to the R peak it belongs to.
        after = np.r_[peaks[1:], np.inf][: len(peaks)]
        onset = _last_in(onsets, np.r_[-np.inf, peaks[:-1]][: len(peaks)], peaks)
        end = _first_in(ends, peaks, after)
        t_end = _first_in(t_ends, np.where(np.isnan(end), peaks, end), after)
        return Beats(peaks / rate, onset / rate, end / rate, t_end / rate)


def measure(series: Series, start_s: float, duration_s: float, delineator: Delineator) -> Intervals:
    """Measure one lead over a window of time.

    Parameters
    ----------
    series : Series
        Truth or trace; NaN samples are missing.
    start_s, duration_s : float
        The window, the same for truth and trace.
    delineator : Delineator
        Finds the beats.

    Returns
    -------
    Intervals
        All NaN where less than a second of signal, or no beat, is there.
    """
    count = math.floor(duration_s * ANALYSIS_RATE_HZ + 1e-6)
    times = start_s + np.arange(count) / ANALYSIS_RATE_HZ
    samples = series.at(times)
    samples, missing = _without_gaps(samples, int(BRIDGED_GAP_S * ANALYSIS_RATE_HZ))
    if (~missing).sum() < ANALYSIS_RATE_HZ or np.ptp(samples) == 0:
        return Intervals()
    beats = delineator(samples, ANALYSIS_RATE_HZ)
    missing_before = np.r_[0, np.cumsum(missing)]

    def whole(start: np.ndarray, stop: np.ndarray, bounds: tuple[float, float]) -> np.ndarray:
        """The intervals in ms that are plausible and lie wholly on what was read."""
        found = np.isfinite(start) & np.isfinite(stop)
        start, stop = start[found], stop[found]
        first, last = (np.clip(np.rint(t * ANALYSIS_RATE_HZ).astype(int), 0, count) for t in (start, stop))
        length = stop - start
        read = missing_before[last] == missing_before[first]
        return 1000 * length[read & (length >= bounds[0]) & (length <= bounds[1])]

    at_peak = np.clip(np.rint(beats.r_peak_s * ANALYSIS_RATE_HZ).astype(int), 0, count - 1)
    return Intervals(
        rr_ms=_median(whole(beats.r_peak_s[:-1], beats.r_peak_s[1:], PLAUSIBLE_S["rr"])),
        qrs_ms=_median(whole(beats.qrs_onset_s, beats.qrs_end_s, PLAUSIBLE_S["qrs"])),
        qt_ms=_median(whole(beats.qrs_onset_s, beats.t_end_s, PLAUSIBLE_S["qt"])),
        beats=int((~missing[at_peak]).sum()),
    )


def _without_gaps(samples: np.ndarray, bridged: int) -> tuple[np.ndarray, np.ndarray]:
    """Fill gaps by straight lines; return the samples and where more than `bridged` in a row were missing."""
    missing = ~np.isfinite(samples)
    if missing.all():
        return np.zeros(len(samples)), missing
    index = np.arange(len(samples))
    filled = np.interp(index, index[~missing], samples[~missing])
    for first, stop in spans_of(missing):
        if stop - first <= bridged:
            missing[first:stop] = False
    return filled, missing


def _median(values: np.ndarray) -> float:
    return float(np.median(values)) if len(values) else math.nan


def _finite(marks: list[float]) -> np.ndarray:
    marks = np.asarray(marks, float)
    return marks[np.isfinite(marks)]


def _last_in(marks: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Of ascending `marks`, the last in each (low, high); NaN where there is none."""
    marks = np.r_[-np.inf, np.sort(marks)]
    found = marks[np.searchsorted(marks, high) - 1]
    return np.where(found > low, found, np.nan)


def _first_in(marks: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Of ascending `marks`, the first in each (low, high); NaN where there is none."""
    marks = np.r_[np.sort(marks), np.inf]
    found = marks[np.searchsorted(marks, low, side="right")]
    return np.where(found < high, found, np.nan)
