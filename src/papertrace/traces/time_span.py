"""When a page's time begins, and how long it lasts: told by where its rows begin and end."""

from __future__ import annotations

import numpy as np

from papertrace.traces.ink import InkMap
from papertrace.traces.layout import Row

# from one sample to the next: of Holter recorders, one or two leads, and of electrocardiographs
_INTERVALS_S = (1 / 250, 1 / 500)
_SAME_LENGTH_MM = 0.5
_WHOLE = 0.01  # how far, as a share, a row may be from whole seconds and be taken for them
_USUAL_S = 10.0
_LEAST_OF_USUAL = 0.5
_MOST_OF_USUAL = 0.975
_AT_EDGE_MM, _CLEAR_OF_EDGE_MM, _NEAR_EDGE_MM = 0.3, 1.0, 6.0  # nearer than a pulse and its foot are wide


def time_span(rows: list[Row], speed_mm_s: float, edge_mm: float | None = None) -> tuple[float, float]:
    """Return where the page's time begins (mm) and how long it is (s), from all rows together.

    Rows of one page start at the same abscissa, so every row's start is an estimate of the same number; a crease that
    meets a row's end makes it longer than it is, so rows of the usual length are asked alone where there are any. A
    length within 1 % of whole seconds, as ECG machines print, is taken to be that.

    An ink's end tells the curve's end but for the pen's radius, which blur makes look larger than it is: the start
    comes out late and the end as much too early. Their middle does not suffer. So where the row is whole seconds, its
    middle and that length tell the start. The curve ends at its last sample, one sampling interval before its full
    length; the page does not tell which, and the one that is usual for so many rows is taken.

    Parameters
    ----------
    rows : list of Row
        At least one.
    speed_mm_s : float
        Of the paper.
    edge_mm : float, optional
        Where the image begins, if that is near the rows; see `left_edge`.
    """
    interval_s = _INTERVALS_S[len(rows) > 2]
    usual_mm = (_USUAL_S - interval_s) * speed_mm_s
    usual = [row for row in rows if _lasts(row, usual_mm)]
    rows = usual or rows
    start = float(np.median([row.start_mm for row in rows]))
    end = float(np.median([row.end_mm for row in rows]))
    clear_mm = _CLEAR_OF_EDGE_MM if usual else _NEAR_EDGE_MM
    if edge_mm is not None and start - edge_mm < clear_mm:
        begun = _begun_at_edge(start, end, edge_mm, speed_mm_s, usual_mm)
        if begun is not None:
            return begun, _USUAL_S
    seconds = (end - start) / speed_mm_s
    whole = max(round(seconds), 1)
    if abs(seconds / whole - 1) > _WHOLE:
        return start, seconds
    drawn_mm = (whole - interval_s) * speed_mm_s
    like = [row for row in rows if _lasts(row, drawn_mm)]
    if like:
        start = float(np.median([row.start_mm + row.end_mm for row in like])) / 2 - drawn_mm / 2
    return start, float(whole)


def left_edge(rows: list[Row], page: InkMap) -> float | None:
    """Return where the image begins to the left of the rows, in mm; None where that is far away."""
    start = float(np.median([row.start_mm for row in rows]))
    x_mm = start + np.arange(-_NEAR_EDGE_MM, _AT_EDGE_MM, 0.02)
    middle = float(np.median([row.centre_mm for row in rows]))
    shown = page.to_px(np.stack([x_mm, np.full(len(x_mm), middle)], axis=1))[:, 0] >= -0.5
    return None if shown[0] or not shown.any() else float(x_mm[np.argmax(shown)])


def _lasts(row: Row, length_mm: float) -> bool:
    return abs(row.end_mm - row.start_mm - length_mm) < _SAME_LENGTH_MM


def _begun_at_edge(start: float, end: float, edge: float, speed_mm_s: float, usual_mm: float) -> float | None:
    """Return where rows near the image's left edge really begin, in mm; None where that is as it is seen.

    Some programs begin rows at the image's edge, in a frame that hides their first millimetres: so they do if they are
    of the usual length from there on, or lack less than a fortieth, for few cuts miss so little. Else an image that
    begins where the rows do has cut off their beginning: the end tells the time.
    """
    share = (end - edge) / speed_mm_s / _USUAL_S
    if start - edge >= _AT_EDGE_MM:
        return edge if abs(share - 1) < _WHOLE else None
    if _MOST_OF_USUAL <= share < 1 - _WHOLE:
        return edge
    return end - usual_mm if _LEAST_OF_USUAL < share < _MOST_OF_USUAL else None
