"""Where a row begins and ends, to a hundredth of a millimetre: on the ink, where its presence says roughly.

A row's ink ends in a round cap, half a pen beyond the curve. A thousandth of a second is 0.025 mm: finer than what the
network's presence, a probability, can tell.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from papertrace.traces.ink import InkMap
from papertrace.traces.layout import Row

_SEARCH_MM = 1.0  # how far from where the presence ends
_FULL_MM = (0.4, 1.6)  # how far inside the row its ink is full
_BESIDE_MM = 0.12  # above and below the curve
_CAP_MM = 0.25  # to either side of where the presence ends
_CLEAR = 0.35  # ink that must be missing beyond an end, as a share of what is full
_FLAT_MM = 0.05  # a column whose curve moves less than this is as thick as the pen
_PEN_MM = (0.1, 1.2)
_BORDER_MM = 0.5


def refine_ends(row: Row, page: InkMap, width_px: int) -> Row:
    """Return a row with its ends, and its pen, measured on the ink.

    An end stays where the presence has it if no ink ends there: a pulse's foot goes on into the signal, or a stain
    covers both.

    Parameters
    ----------
    row : Row
        As the network has it.
    page : InkMap
        The page's ink.
    width_px : int
        Of the image: a row that its edge cuts off ends at the edge.
    """
    pen = pen_width(row, page)
    inked = row.inked_mm.copy()
    inked[0, 0] = _end(row, page, float(inked[0, 0]), pen, -1, width_px)
    inked[-1, 1] = _end(row, page, float(inked[-1, 1]), pen, +1, width_px)
    if inked[0, 0] >= inked[0, 1] or inked[-1, 1] <= inked[-1, 0]:
        return replace(row, pen_mm=pen)
    return replace(row, inked_mm=inked, pen_mm=pen)


def pen_width(row: Row, page: InkMap) -> float:
    """Return how thick a row's stroke is in mm: the ink across its flat parts."""
    step = row.x_mm[1] - row.x_mm[0]
    stride = max(1, round(0.25 / step))
    x, y = row.x_mm[::stride], row.y_mm[::stride]
    flat = np.abs(np.gradient(y)) < _FLAT_MM
    if flat.sum() < 20:
        return row.pen_mm
    rows = np.rint(y[flat] * page.scale).astype(int)[:, None] + np.arange(-page.scale, page.scale + 1)
    columns = np.rint(x[flat] * page.scale).astype(int)[:, None]
    inside = (rows >= 0) & (rows < page.ink.shape[0]) & (columns >= 0) & (columns < page.ink.shape[1])
    ink = np.where(
        inside, page.ink[np.clip(rows, 0, page.ink.shape[0] - 1), np.clip(columns, 0, page.ink.shape[1] - 1)], 0
    )
    ink = np.where(ink > 0.15, np.minimum(ink, 1), 0)
    return float(np.clip(np.percentile(ink.sum(axis=1), 20) / page.scale, *_PEN_MM))


def _end(row: Row, page: InkMap, end: float, pen: float, direction: int, width_px: int) -> float:
    """Return where a row ends, in mm, in the direction of time (+1) or against it."""
    step = 0.25 / page.scale
    # from well inside the row to beyond its end
    away = np.arange(-_FULL_MM[1], _SEARCH_MM + pen / 2, step)
    x = end + direction * away
    known = np.isfinite(row.y_mm)
    y = np.interp(x, row.x_mm[known], row.y_mm[known])
    at_edge = _image_edge(page, end, float(y[-1]), direction, width_px)
    if at_edge is not None:
        return at_edge
    # a cap reaches as far sideways however steeply the curve begins, at some height of its first part
    first = y[(away > -_CAP_MM) & (away < _CAP_MM)]
    lines = np.arange(first.min() - _BESIDE_MM, first.max() + _BESIDE_MM + 0.03, 0.06)
    near = away > -_CAP_MM
    ink = np.where(
        near,
        np.max([_ink_at(page, x, np.full(len(x), line)) for line in lines], axis=0),
        np.max([_ink_at(page, x, y + up) for up in (-_BESIDE_MM, 0.0, _BESIDE_MM)], axis=0),
    )
    full = float(np.median(ink[(away > -_FULL_MM[1]) & (away < -_FULL_MM[0])]))
    if full < 0.3:
        return end
    below = np.flatnonzero((ink[1:] < full / 2) & (ink[:-1] >= full / 2) & (away[1:] > -_SEARCH_MM))
    for place in below.tolist():
        beyond = ink[place + 1 : place + 1 + round(0.35 / step)]
        if beyond.min() < _CLEAR * full and np.median(beyond) < full / 2:
            share = (ink[place] - full / 2) / max(ink[place] - ink[place + 1], 1e-6)
            return float(x[place] + direction * (share * step - pen / 2))
    return end


def _image_edge(page: InkMap, x: float, y: float, direction: int, width_px: int) -> float | None:
    """Return where the image ends, in mm, if that is within half a millimetre of a row's end."""
    at, beside = page.to_px(np.array([[x, y], [x + 1.0, y]]))[:, 0]
    edge = width_px - 0.5 if direction > 0 else -0.5
    away = (edge - at) / (beside - at)
    return float(x + away) if abs(away) < _BORDER_MM else None


def _ink_at(page: InkMap, x_mm: np.ndarray, y_mm: np.ndarray) -> np.ndarray:
    """Return the ink at points, by linear interpolation; 0 beyond the page."""
    x, y = x_mm * page.scale, y_mm * page.scale
    column, line = np.floor(x).astype(int), np.floor(y).astype(int)
    h, w = page.ink.shape
    inside = (column >= 0) & (column < w - 1) & (line >= 0) & (line < h - 1)
    column, line = np.clip(column, 0, w - 2), np.clip(line, 0, h - 2)
    u, v = x - column, y - line
    upper = page.ink[line, column] * (1 - u) + page.ink[line, column + 1] * u
    lower = page.ink[line + 1, column] * (1 - u) + page.ink[line + 1, column + 1] * u
    return np.where(inside, upper * (1 - v) + lower * v, 0.0)
