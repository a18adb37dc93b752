"""Calibration pulses: found beside a page's rows, and cut off them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TypeGuard

import numpy as np

from papertrace.traces.layout import Pulse, Row

PULSE_GAINS = (2.5, 5.0, 10.0, 20.0)
"""Heights in mm that a 1 mV calibration pulse can have."""

_CRUMB_MM, _CRUMB_GAP_MM = 1.0, 0.8
_WIDTHS_MM = (2.0, 12.0)  # 0.2 s at 12.5 to 50 mm/s
_EDGE_MM, _FOOT_MM = 0.6, 1.6  # levels are measured so far from an edge, and feet up to there
_FLAT_MM = 0.5
_LEAST_TOP_MM = 0.4
_OFF_MIDDLE_MM = 0.6  # of the edge between two steps
_OFF_GAIN = 0.12


def find_pulse(row: Row, reach_mm: float = 32.0) -> Pulse | None:
    """Find a calibration pulse near a row's left or right end.

    None where there is none.
    """
    step = row.x_mm[1] - row.x_mm[0]
    known = np.isfinite(row.y_mm)
    y = np.interp(row.x_mm, row.x_mm[known], row.y_mm[known])
    # vertical edges: where the trace moves by most of a pulse within 0.8 mm
    near = max(1, round(0.8 / step))
    move = y[near:] - y[:-near]
    threshold = 0.75 * PULSE_GAINS[0]
    rising = [float(row.x_mm[k] + near * step / 2) for k in _extrema(-move, threshold)]
    falling = [float(row.x_mm[k] + near * step / 2) for k in _extrema(move, threshold)]
    edges = sorted(rising + falling)
    first, last = row.x_mm[0] + reach_mm, row.x_mm[-1] - reach_mm

    def level(start: float, end: float, least: float) -> float | None:
        """Return the height of a flat stretch; None where there is too little of it, or it is not flat."""
        part = known & (row.x_mm > start) & (row.x_mm < end)
        if part.sum() * step < least or np.ptp(y[part]) > _FLAT_MM:
            return None
        return float(np.median(y[part]))

    best: tuple[float, Pulse] | None = None
    for left in rising:
        for right in falling:
            if not _WIDTHS_MM[0] <= right - left <= _WIDTHS_MM[1] or not (right < first or left > last):
                continue
            between = [edge for edge in edges if left + 1 < edge < right - 1]
            stops = [left, *between, right]
            if len(between) > 1 or (between and abs(between[0] - (left + right) / 2) > _OFF_MIDDLE_MM):
                continue
            tops = [level(a + _EDGE_MM, b - _EDGE_MM, _LEAST_TOP_MM) for a, b in pairwise(stops)]
            before = level(left - _FOOT_MM, left - _EDGE_MM, 0.4)
            after = level(right + _EDGE_MM, right + _FOOT_MM, 0.4)
            # the foot towards the page's edge is the pulse's own; the other may be the signal already
            outer, inner = (before, after) if right < first else (after, before)
            foot = outer if outer is not None else inner
            if foot is None or None in tops:
                continue
            heights = [foot - top for top in tops]
            error = max(min(abs(height / gain - 1) for gain in PULSE_GAINS) for height in heights)
            if error > _OFF_GAIN or (len(heights) == 2 and abs(heights[0] - heights[1]) < 1):
                continue
            # a step of a pulse has a foot on one side alone
            if inner is None or abs(inner - foot) > _FLAT_MM:
                error += _OFF_GAIN
            if best is None or error < best[0]:
                best = (error, Pulse(left, right, foot, heights[0], heights[1] if between else None))
    return best[1] if best else None


def _extrema(values: np.ndarray, threshold: float) -> list[int]:
    """Return, for each stretch above `threshold`, the middle of where it is within 2 % of its largest value."""
    above = np.concatenate([[False], values > threshold, [False]])
    starts, stops = np.flatnonzero(above[1:] & ~above[:-1]), np.flatnonzero(~above[1:] & above[:-1])
    places = []
    for start, stop in zip(starts, stops, strict=True):
        top = np.flatnonzero(values[start:stop] >= 0.98 * values[start:stop].max())
        places.append(int(start + (top[0] + top[-1]) // 2))
    return places


def cut_pulses(rows: list[Row]) -> list[Row]:
    """Take the calibration pulses off a page's rows, and keep what they say about gain and 0 mV.

    Pulses of one page stand one above the other, so a row whose own was not recognised is cut where the others are.
    """
    pulses = [find_pulse(row) for row in rows]
    found = [pulse for pulse in pulses if pulse is not None]
    if not found or 2 * len(found) < len(rows):
        # one in four is more likely a QRS that looks like a pulse
        return rows
    usual = Pulse(*(float(np.median([getattr(pulse, edge) for pulse in found])) for edge in ("left_mm", "right_mm")))
    return [_cut(row, pulse if _stands_by(pulse, usual) else usual) for row, pulse in zip(rows, pulses, strict=True)]


def give_pulses(rows: list[Row], pulses: list[Pulse]) -> list[Row]:
    """Tell each row the nearest pulse's height and foot, where pulses were found apart from the rows.

    A row that goes on into a pulse is cut there.
    """
    result = []
    for row in rows:
        own = [pulse for pulse in pulses if pulse.foot_mm is not None and _nearest_row(pulse, rows) is row]
        pulse = min(own, key=lambda pulse: abs(pulse.foot_mm - row.centre_mm), default=None)
        if pulse is not None:
            row = replace(row, pulse=pulse)
        # of another row's pulse only its place holds here
        for other in [pulse] if pulse is not None else [Pulse(each.left_mm, each.right_mm) for each in pulses]:
            if row.start_mm < other.right_mm and row.end_mm > other.left_mm:
                row = _cut(row, other)
        result.append(row)
    return result


def _nearest_row(pulse: Pulse, rows: list[Row]) -> Row:
    return min(rows, key=lambda row: abs(row.centre_mm - pulse.foot_mm))


def _stands_by(pulse: Pulse | None, usual: Pulse) -> TypeGuard[Pulse]:
    if pulse is None:
        return False
    return abs(pulse.left_mm - usual.left_mm) < 1.5 and abs(pulse.right_mm - usual.right_mm) < 1.5


def _cut(row: Row, pulse: Pulse) -> Row:
    """Keep of a row what lies beyond its pulse and the pulse's foot."""
    at_left = pulse.right_mm < (row.x_mm[0] + row.x_mm[-1]) / 2
    known = np.isfinite(row.y_mm)
    if at_left:
        border = _foot_end(row, pulse.foot_mm, pulse.right_mm + 0.5, +1)
        keep = row.x_mm > border
    else:
        border = _foot_end(row, pulse.foot_mm, pulse.left_mm - 0.5, -1)
        keep = row.x_mm < border
    inked = np.clip(row.inked_mm, border, None) if at_left else np.clip(row.inked_mm, None, border)
    inked = _without_crumbs(inked[inked[:, 1] > inked[:, 0]], at_left)
    if len(inked) == 0:
        return row
    kept = np.flatnonzero(keep & known & (row.x_mm > inked[0, 0] - 0.5) & (row.x_mm < inked[-1, 1] + 0.5))
    if len(kept) < 2:
        return row
    part = slice(kept[0], kept[-1] + 1)
    return replace(
        row,
        x_mm=row.x_mm[part],
        y_mm=row.y_mm[part],
        doubt_mm=row.doubt_mm[part],
        inked_mm=inked,
        pulse=pulse,
    )


def _without_crumbs(inked: np.ndarray, at_left: bool) -> np.ndarray:
    """Drop what is left of a faint pulse's foot: bits of ink, apart from the signal, at the end where the pulse was."""
    while len(inked) > 1:
        first, second = (inked[0], inked[1]) if at_left else (inked[-1], inked[-2])
        gap = max(first[0], second[0]) - min(first[1], second[1])
        if first[1] - first[0] > _CRUMB_MM or gap < _CRUMB_GAP_MM:
            break
        inked = inked[1:] if at_left else inked[:-1]
    return inked


def _foot_end(row: Row, foot: float | None, start: float, direction: int) -> float:
    """Return where a pulse's foot ends: at a gap in the ink, or where the ink leaves the foot's height (if known)."""
    step = row.x_mm[1] - row.x_mm[0]
    index = int(np.clip(round((start - row.x_mm[0]) / step), 0, len(row.x_mm) - 1))
    limit = round(6.0 / step)
    for count in range(limit):
        place = index + direction * count
        if not 0 <= place < len(row.x_mm):
            break
        y = row.y_mm[place]
        if np.isnan(y) or (foot is not None and abs(y - foot) > 0.8):
            return float(row.x_mm[place] + direction * 0.5 * step)
    return float(row.x_mm[int(np.clip(index, 0, len(row.x_mm) - 1))])
