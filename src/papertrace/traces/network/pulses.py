"""Calibration pulses, from the page network's map of them; measured on the page's ink."""

from __future__ import annotations

import cv2
import numpy as np

from papertrace.traces.ink import InkMap
from papertrace.traces.layout import Row
from papertrace.traces.pulses import Pulse

_SEEN = 0.5
_WIDTH_MM, _HEIGHT_MM = (1.5, 14.0), (1.8, 45.0)
_INTO_ROW_MM = 3.0  # a row may have been found to begin a little within its pulse
_SEARCH_MM = 0.8  # how far from the map's cells a line's ink is looked for
_FOOT_MM = 1.5


def find_pulses(seen: np.ndarray, cell_mm: float, page: InkMap, rows: list[Row]) -> list[Pulse]:
    """Find the pulses of a page.

    Parameters
    ----------
    seen : ndarray of float32, shape (h, w)
        Probability that a pulse is here.
    cell_mm : float
        Side of its cells.
    page : InkMap
        The page's ink, in whose mm the cells lie, too.
    rows : list of Row
        The page's rows without their pulses: what lies within one of them is a wave that looks like a pulse.
    """
    # the edges are thin and may be broken
    mask = cv2.morphologyEx((seen > _SEEN).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    _, _, boxes, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    pulses = []
    for x, y, w, h, _ in boxes[1:].tolist():
        left, top, width, height = (x + 0.5) * cell_mm, (y + 0.5) * cell_mm, (w - 1) * cell_mm, (h - 1) * cell_mm
        if not (_WIDTH_MM[0] <= width <= _WIDTH_MM[1] and _HEIGHT_MM[0] <= height <= _HEIGHT_MM[1]):
            continue
        row = min(rows, key=lambda row: abs(row.centre_mm - (top + height)))
        if row.start_mm + _INTO_ROW_MM < left + width / 2 < row.end_mm - _INTO_ROW_MM:
            continue
        upper = _line(page, left + 0.6, left + width - 0.6, top)
        if upper is None:
            continue
        feet = [
            _line(page, left - _FOOT_MM, left - 0.5, top + height),
            _line(page, left + width + 0.5, left + width + _FOOT_MM, top + height),
        ]
        known = [foot for foot in feet if foot is not None]
        # towards the page's edge the foot is the pulse's own; on the other side the signal may have begun
        at_left = left + width / 2 < (row.start_mm + row.end_mm) / 2
        foot = feet[0 if at_left else 1]
        foot = foot if foot is not None else known[0] if known else None
        pulses.append(Pulse(left, left + width, foot, (foot if foot is not None else top + height) - upper))
    return pulses


def _line(page: InkMap, left: float, right: float, y: float) -> float | None:
    """Return the height of a level line near `y` in mm, or None where most of these columns have no ink there."""
    scale = page.scale
    rows = np.arange(round((y - _SEARCH_MM) * scale), round((y + _SEARCH_MM) * scale) + 1)
    columns = np.arange(round(left * scale), round(right * scale) + 1)
    if not len(columns) or rows[0] < 0 or columns[0] < 0:
        return None
    if rows[-1] >= page.ink.shape[0] or columns[-1] >= page.ink.shape[1]:
        return None
    part = np.clip(page.ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], 0, 1)
    part = np.where(part > 0.25, part, 0)
    mass = part.sum(axis=0)
    inked = mass > 0.3
    if inked.mean() < 0.5:
        return None
    middles = (part[:, inked] * rows[:, None]).sum(axis=0) / mass[inked]
    return float(np.median(middles)) / scale
