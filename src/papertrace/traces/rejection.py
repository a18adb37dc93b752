"""Whether what was read can be an ECG at all, or is a plausible curve of something else.

A page may have a regular pattern that passes for a grid, and something inked that runs across it: handwriting on
squared paper, the joints of bricks, circles on millimetre paper. What sets an ECG apart from these, whatever the heart
does, is that each row is one stroke of a pen, of a few millivolts, that rows lie one above the other without crossing,
that they hold something quick, and that most of the paper is blank. Every bound below leaves room for asystole,
fibrillation, pacing, wandering baselines and torn paper; what only looks odd is left to the confidence.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from papertrace.traces.layout import Row

SHORTEST_MM = 50.0
"""Two seconds at 25 mm/s: nobody prints less of an ECG."""
TALLEST_MV = 8.0
"""From trough to peak; of 300 records of QTDB, PTB-XL and LUDB the tallest has 4.2 mV in the median of its leads."""
WIDEST_PEN_MM = 1.6
FINEST_PEN_MM = 0.12
MOST_INK = 0.2
"""Share of the sheet that ink covers; of a page full of print it is 0.1."""
MOST_CROSSED = 0.25
"""Share of their length over which a row runs above the one before it."""

_BROKEN, _PIECES = 0.88, 5
_RESTLESS = 0.45
_STEP_MM = 0.5
_QUICK_MM = 1.0  # 40 ms at 25 mm/s
_DRIFT_MM, _LEAST_QUICK = 5.0, 0.02
_LEVEL_MM, _STEP_WITHIN_MM, _STEP_HEIGHT_MM, _BOXED = 3.0, 1.5, 2.0, 0.75
_RULED_MM, _RULED_WITHIN_MM, _RULED_SLOPE, _MOST_RULED = 8.0, 0.15, 0.15, 0.25


@dataclass(frozen=True)
class Shape:
    """What a row's curve is like, whatever it shows.

    Attributes
    ----------
    length_mm : float
        From where its ink begins to where it ends.
    inked : float
        Share of this that is inked.
    pieces : int
        Unbroken stretches.
    height_mm : float
        From trough to peak, but for the outermost two thousandths.
    quick_mm : float
        99th percentile of how far it is, every half millimetre, from the line between its neighbours a millimetre to
        either side: QRS complexes, spikes, fibrillation, noise; nothing of a drift.
    level : float
        Share of half millimetres over which it rises or falls by less than a tenth of that.
    steps : int
        How often it passes from one level line to another, 3 mm long each and 2 mm apart, within 1.5 mm.
    ruled : float
        Share of it that slopes and is straight over 8 mm. (0.04 at most in 300 records at two speeds and two gains.)
    pen_mm : float
        Width of its stroke.
    """

    length_mm: float
    inked: float
    pieces: int
    height_mm: float
    quick_mm: float
    level: float
    steps: int
    ruled: float
    pen_mm: float


def shape_of(row: Row) -> Shape:
    """Measure a row's curve; what is missing of it is bridged."""
    length = row.end_mm - row.start_mm
    _, y = _sampled(row)
    low, high = np.percentile(y, (0.1, 99.9))
    reach = round(_QUICK_MM / _STEP_MM)
    bend = y[reach:-reach] - (y[2 * reach :] + y[: -2 * reach]) / 2
    return Shape(
        length_mm=length,
        inked=float(np.diff(row.inked_mm, axis=1).sum() / max(length, _STEP_MM)),
        pieces=len(row.inked_mm),
        height_mm=float(high - low),
        quick_mm=float(np.percentile(np.abs(bend), 99)) if len(bend) else 0.0,
        level=float(np.mean(np.abs(np.diff(y)) < 0.1 * _STEP_MM)) if len(y) > 1 else 1.0,
        steps=_steps(y),
        ruled=_ruled_share(y),
        pen_mm=row.pen_mm,
    )


def _steps(y: np.ndarray) -> int:
    level = np.concatenate([[False], np.abs(np.diff(y)) < 0.1 * _STEP_MM, [False]])
    change = np.flatnonzero(level[1:] != level[:-1])
    first, last = change[0::2], change[1::2]  # of each level stretch, places in y
    long = last - first >= _LEVEL_MM / _STEP_MM
    follow = long[:-1] & long[1:] & (first[1:] - last[:-1] <= _STEP_WITHIN_MM / _STEP_MM)
    return int(np.sum(follow & (np.abs(y[first[1:]] - y[last[:-1]]) > _STEP_HEIGHT_MM)))


def _ruled_share(y: np.ndarray) -> float:
    count = round(_RULED_MM / _STEP_MM)
    if len(y) <= count:
        return 0.0
    windows = np.lib.stride_tricks.sliding_window_view(y, count + 1)
    chords = np.linspace(windows[:, 0], windows[:, -1], count + 1, axis=1)
    straight = np.abs(windows - chords).max(axis=1) < _RULED_WITHIN_MM
    slope = np.abs(windows[:, -1] - windows[:, 0]) / _RULED_MM
    return float(np.mean(straight & (slope > _RULED_SLOPE)))


def fault_of(shape: Shape, gain_mm_mv: float) -> str | None:
    """Tell why a row cannot be a trace, whatever else is on the page; None where it may be one.

    Parameters
    ----------
    shape : Shape
        Its own.
    gain_mm_mv : float
        The page's.
    """
    if shape.length_mm < SHORTEST_MM:
        return "is too short for a trace"
    # a trace with holes (stains, folds, a faint ribbon) has level stretches between its beats; words have not
    if shape.inked < _BROKEN and shape.pieces >= _PIECES and shape.level < _RESTLESS:
        return "is broken like handwriting or print"
    if shape.height_mm > TALLEST_MV * gain_mm_mv:
        return f"is taller than any ECG, more than {TALLEST_MV:.0f} mV"
    if not FINEST_PEN_MM <= shape.pen_mm <= WIDEST_PEN_MM:
        return "is no stroke of a pen: too fine or too wide"
    # paced and flat rows are as level, and come back to their line
    if shape.level > _BOXED and shape.steps:
        return "is made of level lines and steps, like the boxes of a form"
    if shape.ruled > _MOST_RULED:
        return "is drawn with a ruler"
    # a circle, a slow plot; asystole is not tall
    if shape.height_mm > _DRIFT_MM and shape.quick_mm < _LEAST_QUICK * shape.height_mm:
        return "only drifts, with no beat in it"
    return None


def crossed_share(rows: Sequence[Row]) -> float:
    """Return the share of their common length over which a row runs above the one before it.

    Parameters
    ----------
    rows : sequence of Row
        From the top; rows of an ECG touch and overlap at peaks, which takes little of their length.

    Returns
    -------
    float
        The largest of all neighbours; 0 where there is one row.
    """
    shares = [0.0]
    for upper, lower in itertools.pairwise(rows):
        x, y = _sampled(upper)
        x_lower, y_lower = _sampled(lower)
        common = (x >= x_lower[0]) & (x <= x_lower[-1])
        if common.any():
            shares.append(float(np.mean(y[common] > np.interp(x[common], x_lower, y_lower))))
    return max(shares)


def reason_to_reject(rows: Sequence[Row], gain_mm_mv: float, ink_share: float) -> str | None:
    """Tell why rows cannot be those of an ECG.

    Parameters
    ----------
    rows : sequence of Row
        A page's rows, at least one, from the top.
    gain_mm_mv : float
        Theirs.
    ink_share : float
        Share of the sheet that ink covers.

    Returns
    -------
    str or None
        What is wrong, as one sentence without a full stop; None where it may be an ECG. One odd row among others (a
        line of print taken for a trace) is no reason; that most are odd is.
    """
    if ink_share > MOST_INK:
        return f"this is no sheet of paper with traces on it: {ink_share:.0%} of it is dark"
    faults = [fault for row in rows if (fault := fault_of(shape_of(row), gain_mm_mv))]
    if 2 * len(faults) > len(rows):
        return f"what runs across the page {max(faults, key=faults.count)}"
    if crossed_share(rows) > MOST_CROSSED:
        return "the curves on the page cross each other, as rows of an ECG do not"
    return None


def _sampled(row: Row) -> tuple[np.ndarray, np.ndarray]:
    """Return a row every half millimetre, x and y in mm."""
    known = np.isfinite(row.y_mm)
    x = np.arange(row.x_mm[known][0], row.x_mm[known][-1] + 1e-9, _STEP_MM)
    return x, np.interp(x, row.x_mm[known], row.y_mm[known])
