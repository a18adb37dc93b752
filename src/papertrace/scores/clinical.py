"""Clinical parameters of one lead, beat by beat, by the same rule on truth and trace.

A `papertrace.scores.fiducials.Delineator` finds the fiducial points of each beat; intervals and amplitudes are taken
here, and a lead's figure is the median over its beats. What cannot be measured is NaN, never zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from papertrace.scores.fiducials import Beats, Delineator
from papertrace.scores.series import Series
from papertrace.spans import spans_of
from papertrace.tables import CLINICAL, FIDUCIALS

ANALYSIS_RATE_HZ = 1000.0
"""Truth and trace are delineated at one rate, so that neither's sampling shows in the difference."""

BRIDGED_GAP_S = 0.02
"""Missing samples up to this long are bridged by a straight line; intervals that hold a longer gap are not measured."""

PLAUSIBLE_S = {
    "rr_ms": (0.2, 3.0),
    "p_ms": (0.02, 0.3),
    "pr_ms": (0.04, 0.5),
    "qrs_ms": (0.02, 0.3),
    "qt_ms": (0.15, 0.8),
}
"""Intervals of single beats outside these bounds are slips of the delineation and are left out."""

ST_AFTER_J_S = 0.06
"""The ST level is taken this long after the J point ..."""
ST_SPAN_S = 0.01
"""... as the mean over this long,"""
ISOELECTRIC_SPAN_S = 0.02
"""against the mean over this long before the QRS: the PR segment's end."""


R_REACH_S = 0.02
"""R peaks are looked for on smoothed signals: the R wave is as high as it gets this near to them."""


@dataclass(frozen=True)
class Clinical:
    """The beats of one lead and what is measured of them.

    Attributes
    ----------
    beats : Beats
        In s from the page's first moment; those whose R peak was not read are left out.
    of_beats : dict of ndarray, each shape (beats,)
        By the names of `papertrace.tables.CLINICAL`, NaN where absent.
    """

    beats: Beats = field(default_factory=lambda: Beats(np.zeros(0)))
    of_beats: dict[str, np.ndarray] = field(default_factory=lambda: {name: np.zeros(0) for name in CLINICAL})

    def median(self, name: str) -> float:
        """Return the median of a parameter over the beats that have it, NaN where none has."""
        values = self.of_beats[name]
        values = values[np.isfinite(values)]
        return float(np.median(values)) if len(values) else math.nan


def measure(series: Series, start_s: float, duration_s: float, delineator: Delineator) -> Clinical:
    """Measure one lead over a window of time.

    ====================  ==============================================================================================
    `rr_ms`, `hr_bpm`     from the R peak before to this one, and 60,000 over it; absent for the first beat
    `p_ms`, `pr_ms`       P onset to P end, P onset to QRS onset
    `qrs_ms`, `qt_ms`     QRS onset to J point, QRS onset to T end
    `qtc_bazett_ms`       QT / sqrt(RR in s) [1]_, with the RR before the beat
    `qtc_fridericia_ms`   QT / cbrt(RR in s) [2]_, likewise
    `st_mv`               at J + 60 ms, mean of 10 ms
    `r_mv`, `t_mv`        farthest within 20 ms of the R peak, and at the T peak; negative where they point down
    ====================  ==============================================================================================

    Voltages are against the isoelectric level of their own beat, the mean of the 20 ms before its QRS onset.

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
    Clinical
        Without beats where less than a second of signal, or none that varies, is there.

    References
    ----------
    .. [1] Bazett, H. C. (1920). An analysis of the time-relations of electrocardiograms. Heart, 7, 353-370.
    .. [2] Fridericia, L. S. (1920). Die Systolendauer im Elektrokardiogramm bei normalen Menschen und bei Herzkranken.
       Acta Medica Scandinavica, 53, 469-486.
    """
    count = math.floor(duration_s * ANALYSIS_RATE_HZ + 1e-6)
    samples = series.at(start_s + np.arange(count) / ANALYSIS_RATE_HZ)
    samples, missing = _without_gaps(samples, int(BRIDGED_GAP_S * ANALYSIS_RATE_HZ))
    if (~missing).sum() < ANALYSIS_RATE_HZ or np.ptp(samples) == 0:
        return Clinical()
    beats = _on_signal(delineator(samples, ANALYSIS_RATE_HZ), missing)
    return Clinical(beats.later(start_s), _of_beats(beats, samples, missing))


def _of_beats(beats: Beats, samples: np.ndarray, missing: np.ndarray) -> dict[str, np.ndarray]:
    missing_before = np.r_[0, np.cumsum(missing)]
    total = np.r_[0.0, np.cumsum(samples)]

    def position(times_s: np.ndarray) -> np.ndarray:
        return np.clip(np.nan_to_num(np.rint(times_s * ANALYSIS_RATE_HZ)), 0, len(samples)).astype(int)

    def interval(name: str, start_s: np.ndarray, stop_s: np.ndarray) -> np.ndarray:
        """Length in ms where it is plausible and lies wholly on what was read."""
        low, high = PLAUSIBLE_S[name]
        length_s = stop_s - start_s
        read = missing_before[position(stop_s)] == missing_before[position(start_s)]
        return np.where(read & (length_s >= low) & (length_s <= high), 1000 * length_s, np.nan)

    def level(start_s: np.ndarray, stop_s: np.ndarray) -> np.ndarray:
        """Mean in mV where all of it was read."""
        first, stop = position(start_s), position(stop_s)
        whole = (stop > first) & (missing_before[stop] == missing_before[first])
        whole &= (start_s >= 0) & (stop_s * ANALYSIS_RATE_HZ <= len(samples))
        return np.where(whole, (total[stop] - total[first]) / np.maximum(stop - first, 1), np.nan)

    def at(times_s: np.ndarray) -> np.ndarray:
        return np.where(np.isfinite(times_s), samples[np.minimum(position(times_s), len(samples) - 1)], np.nan)

    def deflection(times_s: np.ndarray, from_mv: np.ndarray) -> np.ndarray:
        """The largest, in the direction of that at the times themselves; NaN where part of it was not read."""
        reach = round(R_REACH_S * ANALYSIS_RATE_HZ)
        around = position(times_s)[:, None] + np.arange(-reach, reach + 1)
        around = np.clip(around, 0, len(samples) - 1)
        away = np.where(missing[around], np.nan, samples[around] - from_mv[:, None])
        return np.where(away[:, reach] < 0, away.min(axis=1), away.max(axis=1))

    onset, r_peak = beats.qrs_onset_s, beats.r_peak_s
    isoelectric = level(onset - ISOELECTRIC_SPAN_S, onset)
    st = beats.qrs_end_s + ST_AFTER_J_S
    rr = interval("rr_ms", np.r_[np.nan, r_peak[:-1]][: len(beats)], r_peak)
    qt = interval("qt_ms", onset, beats.t_end_s)
    return {
        "rr_ms": rr,
        "hr_bpm": 60_000 / rr,
        "p_ms": interval("p_ms", beats.p_onset_s, beats.p_end_s),
        "pr_ms": interval("pr_ms", beats.p_onset_s, onset),
        "qrs_ms": interval("qrs_ms", onset, beats.qrs_end_s),
        "qt_ms": qt,
        "qtc_bazett_ms": qt / np.sqrt(rr / 1000),
        "qtc_fridericia_ms": qt / np.cbrt(rr / 1000),
        "st_mv": level(st - ST_SPAN_S / 2, st + ST_SPAN_S / 2) - isoelectric,
        "r_mv": deflection(r_peak, isoelectric),
        "t_mv": at(beats.t_peak_s) - isoelectric,
    }


def _on_signal(beats: Beats, missing: np.ndarray) -> Beats:
    """Leave out the beats whose R peak was not read, and of the others the fiducial points that were not."""

    def unread(times_s: np.ndarray) -> np.ndarray:
        return missing[np.clip(np.nan_to_num(np.rint(times_s * ANALYSIS_RATE_HZ)), 0, len(missing) - 1).astype(int)]

    beats = beats[~unread(beats.r_peak_s)]
    times = {f"{name}_s": getattr(beats, f"{name}_s") for name in FIDUCIALS}
    return Beats(**{name: np.where(unread(values), np.nan, values) for name, values in times.items()})


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
