"""Calibration pulses beside rows, found in the ink by their shape, where the rows themselves leave them out."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from papertrace.traces.ink import InkMap
from papertrace.traces.layout import Pulse, Row
from papertrace.traces.pulses import PULSE_GAINS

_PX = 4
"""Pixels a millimetre that shapes are compared at."""
_WIDTHS_MM = (2.5, 5.0, 10.0)  # 0.2 s at 12.5, 25 and 50 mm/s
_STEPS = ((10.0, 5.0), (5.0, 10.0), (20.0, 10.0), (10.0, 20.0), (5.0, 2.5), (2.5, 5.0))
_GAP_MM = (0.3, 8.0)  # from a pulse to its row
_FOOT_MM = 6.0  # from a row's middle, at most, to its pulse's foot
_BELOW_MM = (1.0, 2.5)  # below its foot there is nothing
_LEAST = 0.5
_SAME_MM = 0.5

_N_GAP, _N_FOOT = round((_GAP_MM[1] - _GAP_MM[0]) * _PX), round(2 * _FOOT_MM * _PX)
_WIDEST, _HIGHEST, _SPARE = (round(most * _PX) for most in (max(_WIDTHS_MM), max(PULSE_GAINS), _BELOW_MM[1]))


@dataclass(frozen=True)
class _Shape:
    width_mm: float
    first_mm: float
    last_mm: float | None

    @property
    def tops(self) -> tuple[float, ...]:
        return (self.first_mm,) if self.last_mm is None else (self.first_mm, self.last_mm)


def _shapes(width_mm: float) -> list[_Shape]:
    return [_Shape(width_mm, gain, None) for gain in PULSE_GAINS] + [_Shape(width_mm, *steps) for steps in _STEPS]


@dataclass(frozen=True)
class _Beside:
    """The ink at one end of a row, `_PX` px a mm, and its sums down, along and over all that is above at left."""

    ink: np.ndarray
    down: np.ndarray
    along: np.ndarray
    inside: np.ndarray

    @classmethod
    def of(cls, page: InkMap, row: Row, at_left: bool) -> _Beside:
        """Cut out what is wanted of a page."""
        ink = _crop(page, row, at_left, _N_GAP + _WIDEST, _N_FOOT + _HIGHEST + _SPARE)
        # a side may lie between two pixels, or lean a little
        wide = cv2.dilate(ink, np.ones((2, 2), np.uint8))
        return cls(
            ink,
            np.cumsum(np.pad(wide, ((1, 0), (0, 0))), axis=0),
            np.cumsum(np.pad(wide, ((0, 0), (1, 0))), axis=1),
            np.cumsum(np.cumsum(np.pad(ink, ((1, 0), (1, 0))), axis=0), axis=1),
        )

    def may_hold(self, width_mm: float) -> bool:
        """Tell whether there may be a pulse of a width: at that distance ink stands as high as the lowest pulse.

        Of a higher side that is inked enough some part of this height is, too.
        """
        height, width = round(min(PULSE_GAINS) * _PX), round(width_mm * _PX)
        tall = ((self.down[height:] - self.down[:-height]).max(axis=0) > _LEAST * height).astype(np.uint8)
        return bool((tall[:-width] & tall[width:]).any() or tall[-width:].any())


def pulses_in_ink(page: InkMap, rows: list[Row]) -> list[Pulse]:
    """Find the pulses that stand beside a page's rows, at most one for each.

    Pulses of one page stand one above the other and are equally wide. One is believed if all its sides are inked, and
    what they enclose is not, at the same place in half of the rows.

    Parameters
    ----------
    page : InkMap
        The page's ink.
    rows : list of Row
        The page's rows.
    """
    best: tuple[float, list[Pulse]] = (_LEAST, [])
    for at_left in (True, False):
        beside = [_Beside.of(page, row, at_left) for row in rows]
        for width in _WIDTHS_MM:
            if not any(each.may_hold(width) for each in beside):
                continue
            shapes = _shapes(width)
            tables = [_likeness(each, shapes, at_left) for each in beside]
            scores = np.array([table[0].max(axis=0) for table in tables])
            half = np.sort(scores, axis=0)[len(rows) // 2 :].mean(axis=0)
            place = int(half.argmax())
            if half[place] > best[0]:
                pulses = [
                    _pulse(page, row, table, shapes, place, at_left) for row, table in zip(rows, tables, strict=True)
                ]
                best = (float(half[place]), [pulse for pulse in pulses if pulse is not None])
    return best[1]


def _pulse(
    page: InkMap, row: Row, table: tuple[np.ndarray, np.ndarray], shapes: list[_Shape], place: int, at_left: bool
) -> Pulse | None:
    """Return a row's own pulse of one of these shapes near a place; None where its ink does not show any."""
    near = slice(max(place - round(_SAME_MM * _PX), 0), place + round(_SAME_MM * _PX) + 1)
    scores, feet = (values[:, near] for values in table)
    shape, at = np.unravel_index(int(scores.argmax()), scores.shape)
    if scores[shape, at] < _LEAST:
        return None
    inner = _GAP_MM[0] + (near.start + at + 0.5) / _PX
    found = shapes[shape]
    # sides are widened to the right
    left = (row.start_mm - inner - found.width_mm if at_left else row.end_mm + inner) - 0.5 / _PX
    foot = row.centre_mm - _FOOT_MM + (feet[shape, at] + 0.5) / _PX
    foot = _finer(page, foot, left, left + found.width_mm)
    return Pulse(left, left + found.width_mm, foot, found.first_mm, found.last_mm)


def _finer(page: InkMap, foot: float, left: float, right: float) -> float:
    """Return the height of the ink on either side of a pulse, near a guess of its foot; the guess where there is none.

    Pulses of most machines stand on a piece of baseline.
    """
    beside = []
    for x0, x1 in ((left - 1.6, left - 0.5), (right + 0.5, right + 1.6)):
        y0, y1 = round((foot - 0.7) * page.scale), round((foot + 0.7) * page.scale)
        part = page.ink[max(y0, 0) : max(y1, 0), max(round(x0 * page.scale), 0) : max(round(x1 * page.scale), 0)]
        if part.size and len(part) == y1 - y0:
            ink = np.clip(part, 0, 1).sum(axis=1)
            if ink.sum() > 0.1 * page.scale * part.shape[1]:
                beside.append(float(np.arange(y0, y1) @ ink / ink.sum()) / page.scale)
    return float(np.mean(beside)) if beside else foot


def _likeness(beside: _Beside, shapes: list[_Shape], at_left: bool) -> tuple[np.ndarray, np.ndarray]:
    """Compare the ink at one end of a row with every shape at every place.

    Returns
    -------
    score : ndarray, shape (len(shapes), n)
        For each shape and each distance of its inner edge from the row's end, from `_GAP_MM` on by 1 / `_PX` mm: the
        least share of ink that one of its sides has, less the ink inside and below; at its best foot.
    foot : ndarray of int, shape (len(shapes), n)
        That foot, in px below the highest that is looked at.
    """
    down = beside.down
    foot = _HIGHEST + np.arange(_N_FOOT)[:, None]
    scores, feet = [], []
    below = [round(depth * _PX) for depth in _BELOW_MM]
    for shape in shapes:
        width = round(shape.width_mm * _PX)
        # px columns of the crop: the row's end lies at its right for a left pulse, at its left for a right one
        inner = _WIDEST + _N_GAP - 1 - np.arange(_N_GAP)[None] if at_left else np.arange(_N_GAP)[None]
        left = inner - width if at_left else inner
        score = _compare(beside, shape, left, width, foot)
        for edge in (left, left + width):
            edge = np.minimum(edge, beside.ink.shape[1] - 1)
            score = score - (down[foot + below[1], edge] - down[foot + below[0], edge]) / (below[1] - below[0])
        feet.append(score.argmax(axis=0))
        scores.append(score.max(axis=0))
    return np.array(scores), np.array(feet)


def _compare(beside: _Beside, shape: _Shape, left: np.ndarray, width: int, foot: np.ndarray) -> np.ndarray:
    """Return the least inked side of a shape, less what is inside, by foot and place, shape (n_foot, n_gap)."""
    down, along, inside = beside.down, beside.along, beside.inside
    tops = [round(top * _PX) for top in shape.tops]
    edges = [left + round(k * width / len(tops)) for k in range(len(tops) + 1)]
    levels = [0, *tops, 0]
    sides = []
    for edge, a, b in zip(edges, levels[:-1], levels[1:], strict=True):
        edge = np.minimum(edge, down.shape[1] - 1)
        low, high = foot - min(a, b), foot - max(a, b)
        sides.append((down[low, edge] - down[high, edge]) / abs(a - b))
    for top, a, b in zip(tops, edges[:-1], edges[1:], strict=True):
        sides.append((along[foot - top, b] - along[foot - top, a]) / (b - a))
    margin = 2
    # a box is closed below as well
    ends = edges[0] + margin, edges[-1] - margin
    blank = np.maximum.reduce([(along[foot + k, ends[1]] - along[foot + k, ends[0]]) for k in (-1, 0, 1)])
    blank = blank / (width - 2 * margin)
    for top, a, b in zip(tops, edges[:-1], edges[1:], strict=True):
        y0, y1, x0, x1 = foot - top + margin, foot - 1, a + margin, b - margin
        area = (y1 - y0) * (x1 - x0)
        blank = np.maximum(blank, (inside[y1, x1] - inside[y0, x1] - inside[y1, x0] + inside[y0, x0]) / area)
    return np.minimum.reduce(sides) - blank


def _crop(page: InkMap, row: Row, at_left: bool, width: int, height: int) -> np.ndarray:
    """Return the ink beside a row's end, `_PX` px a mm; what lies outside the page is blank."""
    x0 = row.start_mm - _GAP_MM[0] - width / _PX if at_left else row.end_mm + _GAP_MM[0]
    y0 = row.centre_mm - _FOOT_MM - max(PULSE_GAINS)
    left, top, right, bottom = (round(v * page.scale) for v in (x0, y0, x0 + width / _PX, y0 + height / _PX))
    part = np.clip(page.ink[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)], 0, 1)
    pads = (max(-top, 0), bottom - max(top, 0) - part.shape[0], max(-left, 0), right - max(left, 0) - part.shape[1])
    if part.size == 0:
        return np.zeros((height, width), np.float32)
    part = cv2.copyMakeBorder(part, *(max(pad, 0) for pad in pads), cv2.BORDER_CONSTANT, value=0)
    return cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA)
