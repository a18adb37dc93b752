"""A sheet's geometry without its grid: from the rows themselves, which on almost every page show ten seconds.

A facsimile or a photocopy may have lost its grid. Then rows tell the direction, and their length the scale: 10 s are
250 mm at the usual speed. To a thousandth this is as good as the ends of rows can be found; a lattice is ten times
better, and is preferred where there is one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from papertrace.geometry import PixelMap
from papertrace.traces.layout import Row
from papertrace.traces.sheet import Sheet

ROW_MM = 250.0
"""Ten seconds at 25 mm/s."""
DRAWN_MM = ROW_MM - 0.075
"""As drawn: to the last sample, which is one interval, of 250 or 500 Hz, before its end."""
SHEETS_MM = (280.0, 215.0)
"""Widths of sheets, landscape and portrait, to begin with."""
_STRETCH = (0.55, 1.8)  # a first guess may be wrong by no more
_PASSES = (False, False, True)  # finely or not; what the last leaves is within what ends can tell
_LEAST_ROW_MM = 60.0
_RESIDUAL_PX = 0.05  # no grid tells; of the order that a thousandth of scale leaves on steep limbs


def sheet_of_rows(shape: tuple[int, ...], read_rows: Callable[[Sheet, bool], list[Row]]) -> Sheet | None:
    """Find a scale at which the longest rows are ten seconds long and level.

    Parameters
    ----------
    shape : tuple of int
        Of the image: height and width first.
    read_rows : callable
        Reads rows, in the sheet's mm, under a geometry that is somewhat wrong: roughly (False) or finely (True).

    Returns
    -------
    Sheet or None
        None where there are no rows, or their length is no ten seconds on any sheet of paper.
    """
    for width_mm in SHEETS_MM:
        guess = sheet = _flat(shape, shape[1] / width_mm, 0.0)
        for finely in _PASSES:
            rows = [row for row in read_rows(sheet, finely) if row.end_mm - row.start_mm > _LEAST_ROW_MM]
            if not rows:
                break
            stretch = DRAWN_MM / float(np.median([row.end_mm - row.start_mm for row in rows]))
            slope = float(np.median([_slope(row) for row in rows]))
            pitch = sheet.px_per_mm_x / stretch
            if not _STRETCH[0] < guess.px_per_mm_x / pitch < _STRETCH[1]:
                break
            sheet = _flat(shape, pitch, sheet.rotation_deg + float(np.degrees(np.arctan(slope))))
        else:
            return sheet
    return None


def _flat(shape: tuple[int, ...], pitch: float, degrees: float) -> Sheet:
    """Return a flat sheet seen from above: `pitch` px a mm, turned clockwise about the image's middle."""
    turn = np.radians(degrees)
    middle = np.array([(shape[1] - 1) / 2, (shape[0] - 1) / 2])
    matrix = np.eye(3)
    matrix[:2, :2] = pitch * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix[:2, 2] = middle
    return Sheet(PixelMap(matrix), pitch, pitch, float(degrees), _RESIDUAL_PX, float("nan"))


def _slope(row: Row) -> float:
    """Return how much a row falls a mm: the line through its lower envelope's middle, waves left out by the median."""
    known = np.isfinite(row.y_mm)
    x, y = row.x_mm[known], row.y_mm[known]
    parts = np.array_split(np.arange(len(x)), 12)
    return float(np.polyfit([x[part].mean() for part in parts], [np.median(y[part]) for part in parts], 1)[0])
