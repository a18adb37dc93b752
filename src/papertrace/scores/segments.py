"""Error by part of the beat: QRS, ST, T wave, and the baseline between beats.

The parts are those of the truth's fiducial points, so that every digitizer is asked about the same samples. ST is the
80 ms after the J point, where its level is read, whatever a delineator takes for the onset of T; the T wave is what
follows up to its end; the baseline goes from there to the next QRS onset, P wave included. Where a mark is absent, so
are the parts that need it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from papertrace.scores.fiducials import Beats

ST_S = 0.08

_PARTS = ("qrs", "st", "t", "baseline")


@dataclass(frozen=True)
class SegmentErrors:
    """Root mean square of the strict error in mV; names as in `papertrace.tables.SCORES`, NaN where there is none."""

    rmse_qrs_mv: float = math.nan
    rmse_st_mv: float = math.nan
    rmse_t_mv: float = math.nan
    rmse_baseline_mv: float = math.nan


def segments(times_s: np.ndarray, beats: Beats) -> np.ndarray:
    """Tell which part of a beat each sample belongs to.

    Parameters
    ----------
    times_s : ndarray, shape (n,)
        Ascending, by the clock of the beats.
    beats : Beats
        Of the truth; its QRS onsets, J points and T ends are used.

    Returns
    -------
    ndarray of int, shape (n,)
        0 QRS, 1 ST, 2 T wave, 3 baseline; -1 where none of them is known.

    Examples
    --------
    >>> beats = Beats(np.array([1.0, 2.0]), *(np.array([1.0, 2.0]) + mark for mark in (-0.05, 0.05, 0.35)))
    >>> segments(np.array([0.9, 1.0, 1.1, 1.2, 1.5, 1.95, 2.0]), beats).tolist()
    [-1, 0, 1, 2, 3, 0, 0]
    """
    onset, end, t_end = beats.qrs_onset_s, beats.qrs_end_s, beats.t_end_s
    st_end = np.fmin(end + ST_S, t_end)
    spans = ((onset, end), (end, st_end), (st_end, t_end), (t_end[:-1], onset[1:]))
    part_of = np.full(len(times_s), -1)
    for part, (first, last) in enumerate(spans):
        found = np.isfinite(first) & np.isfinite(last)
        bounds = np.searchsorted(times_s, np.stack([first[found], last[found]], axis=1))
        for start, stop in bounds.tolist():
            part_of[start:stop] = part
    return part_of


def segment_errors(truth: np.ndarray, trace: np.ndarray, part_of: np.ndarray) -> SegmentErrors:
    """Return the error in each part of the beats.

    Parameters
    ----------
    truth, trace : ndarray, shape (n,)
        In mV at the same moments; NaN samples of the truth are left out, those of the trace count as 0 mV.
    part_of : ndarray of int, shape (n,)
        As of `segments`.
    """
    drawn = np.isfinite(truth)
    squares = np.where(drawn, (np.nan_to_num(trace) - truth) ** 2, 0.0)
    here = drawn & (part_of >= 0)
    count = np.bincount(part_of[here], minlength=len(_PARTS))
    total = np.bincount(part_of[here], squares[here], minlength=len(_PARTS))
    rmse = np.sqrt(np.divide(total, count, out=np.full(len(_PARTS), np.nan), where=count > 0))
    return SegmentErrors(*rmse.tolist())
