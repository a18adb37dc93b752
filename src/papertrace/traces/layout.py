"""From traced paths to a page: which paths are rows, where their pulses are, when their signal begins and ends."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

PULSE_GAINS = (2.5, 5.0, 10.0, 20.0)
"""Heights in mm that a 1 mV calibration pulse can have."""

_LETTER_MM, _UNBROKEN = 5.0, 0.93
_CRUMB_MM, _CRUMB_GAP_MM = 1.0, 0.8
_STANDARD_ROWS = (("I", "aVR", "V1", "V4"), ("II", "aVL", "V2", "V5"), ("III", "aVF", "V3", "V6"))


@dataclass(frozen=True)
class Row:
    """A traced row in canonical millimetres.

    Attributes
    ----------
    x_mm : ndarray, shape (n,)
        Equally spaced.
    y_mm : ndarray, shape (n,)
        Height of the centre line, y down; NaN where there is no ink.
    doubt_mm : ndarray, shape (n,)
        How far upper and lower edge of the stroke disagree.
    inked_mm : ndarray, shape (k, 2)
        Where each unbroken stretch of the curve begins and ends, to a fraction of a pixel.
    pulse_mm : float or None
        Height of its calibration pulse.
    zero_mm : float or None
        Height of 0 mV, the pulse's foot.
    """

    x_mm: np.ndarray
    y_mm: np.ndarray
    doubt_mm: np.ndarray
    inked_mm: np.ndarray
    pulse_mm: float | None = None
    zero_mm: float | None = None

    @property
    def centre_mm(self) -> float:
        """Median height of the row."""
        return float(np.nanmedian(self.y_mm))

    @property
    def start_mm(self) -> float:
        """Where the ink begins."""
        return float(self.inked_mm[0, 0])

    @property
    def end_mm(self) -> float:
        """Where the ink ends."""
        return float(self.inked_mm[-1, 1])


def is_straight(row: Row) -> bool:
    """Tell whether a row is a ruled line: a frame, an underline, the paper's edge."""
    x, y = row.x_mm[np.isfinite(row.y_mm)], row.y_mm[np.isfinite(row.y_mm)]
    slope, offset = np.polyfit(x - x[0], y, 1)
    deviation = np.abs(y - slope * (x - x[0]) - offset)
    return bool(np.percentile(deviation, 99) < 0.25)


def is_print(row: Row) -> bool:
    """Tell whether a row is a line of print: letters with gaps between them, where a trace is one stroke."""
    lengths = np.diff(row.inked_mm, axis=1)
    return bool(np.median(lengths) < _LETTER_MM and lengths.sum() < _UNBROKEN * (row.end_mm - row.start_mm))


def agreeing(rows: list[Row]) -> list[int]:
    """Return the rows that span the same stretch of the page as most others do: a page's rows start and end together.

    Two rows agree if they share four fifths of what either spans. Among groups of equal size the longest wins.
    """
    spans = np.array([(row.start_mm, row.end_mm) for row in rows]).reshape(-1, 2)
    shared = np.minimum(spans[:, None, 1], spans[None, :, 1]) - np.maximum(spans[:, None, 0], spans[None, :, 0])
    either = np.maximum(spans[:, None, 1], spans[None, :, 1]) - np.minimum(spans[:, None, 0], spans[None, :, 0])
    agree = shared > 0.8 * either
    if not rows:
        return []
    best = max(range(len(rows)), key=lambda k: (agree[k].sum(), spans[k, 1] - spans[k, 0]))
    return np.flatnonzero(agree[best]).tolist()


def find_pulse(row: Row, reach_mm: float = 32.0) -> tuple[float, float, float, float] | None:
    """Find a calibration pulse near a row's left or right end.

    Returns
    -------
    tuple or None
        Left edge, right edge, foot (y) and height of the pulse in mm.
    """
    step = row.x_mm[1] - row.x_mm[0]
    known = np.isfinite(row.y_mm)
    y = np.interp(row.x_mm, row.x_mm[known], row.y_mm[known])
    best: tuple[float, tuple[float, float, float, float]] | None = None
    # vertical edges: where the trace moves by most of a pulse within 0.8 mm
    near = max(1, round(0.8 / step))
    move = y[near:] - y[:-near]
    threshold = 0.75 * PULSE_GAINS[0]
    rising = _extrema(-move, threshold)
    falling = _extrema(move, threshold)
    ends = (row.x_mm[0] + reach_mm, row.x_mm[-1] - reach_mm)
    for up in rising:
        left = row.x_mm[up] + near * step / 2
        for down in falling:
            right = row.x_mm[down] + near * step / 2
            if not 2.0 <= right - left <= 12.0 or not (right < ends[0] or left > ends[1]):
                continue
            inside = (row.x_mm > left + 0.6) & (row.x_mm < right - 0.6)
            before = (row.x_mm > left - 1.6) & (row.x_mm < left - 0.6) & known
            after = (row.x_mm > right + 0.6) & (row.x_mm < right + 1.6) & known
            # the foot towards the page's edge is the pulse's own; the other may be the signal already
            outer, inner = (before, after) if right < ends[0] else (after, before)
            feet = [float(np.median(y[part])) for part in (outer, inner) if part.sum() >= 0.4 / step]
            if inside.sum() < 1 / step or not feet or np.ptp(y[inside]) > 0.5:
                continue
            foot = feet[0]
            height = foot - float(np.median(y[inside]))
            error = min(abs(height / gain - 1) for gain in PULSE_GAINS)
            if error < 0.12 and (best is None or error < best[0]):
                best = (error, (float(left), float(right), foot, height))
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
    found = [(row, pulse) for row, pulse in zip(rows, pulses, strict=True) if pulse is not None]
    if not found or 2 * len(found) < len(rows):
        # one in four is more likely a QRS that looks like a pulse
        return rows
    left = float(np.median([pulse[0] for _, pulse in found]))
    right = float(np.median([pulse[1] for _, pulse in found]))
    result = []
    for row, pulse in zip(rows, pulses, strict=True):
        own = pulse is not None and abs(pulse[0] - left) < 1.5 and abs(pulse[1] - right) < 1.5
        edges = pulse if own and pulse is not None else (left, right, None, None)
        result.append(_cut(row, *edges, at_left=right < (row.x_mm[0] + row.x_mm[-1]) / 2))
    return result


def _cut(row: Row, left: float, right: float, foot: float | None, height: float | None, *, at_left: bool) -> Row:
    """Keep of a row what lies beyond its pulse and the pulse's foot."""
    known = np.isfinite(row.y_mm)
    if at_left:
        border = _foot_end(row, foot, right + 0.5, +1)
        keep = row.x_mm > border
    else:
        border = _foot_end(row, foot, left - 0.5, -1)
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
        pulse_mm=height,
        zero_mm=foot,
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


def layout_name(n_rows: int) -> str:
    """Return the layout that this many rows have by convention."""
    return {1: "1x1", 2: "2x1", 3: "3x4", 4: "3x4+1", 5: "3x4+2", 6: "6x2", 12: "12x1"}.get(n_rows, f"{n_rows}x1")


def columns_of(layout: str, row: int) -> list[str | None]:
    """Return the leads of a row from left to right, None where the convention gives no name."""
    if layout.startswith("3x4") and row < 3:
        return list(_STANDARD_ROWS[row])
    if layout.startswith("3x4"):
        return ["II"] if layout == "3x4+1" else [None]
    if layout == "6x2":
        left = ("I", "II", "III", "aVR", "aVL", "aVF")
        return [left[row], f"V{row + 1}"]
    if layout == "12x1":
        return [("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")[row]]
    return [None]


def arrange(read: list[tuple[str | None, ...] | None]) -> tuple[str, list[list[str | None]]]:
    """Decide a page's layout: from the names read on it, and by convention where they leave it open.

    Parameters
    ----------
    read : list of tuple of str or None
        For each row the names read from left to right (None for a column whose name was not read), or None where the
        row's names do not even tell its columns.

    Returns
    -------
    layout : str
        Rows x columns, and the number of rhythm strips where there are any: 2x1, 3x4+1.
    leads : list of list of str or None
        The leads of each row.

    Examples
    --------
    >>> arrange([None, None])
    ('2x1', [[None], [None]])
    >>> arrange([("MLII",), None])
    ('2x1', [['MLII'], [None]])
    """
    usual = layout_name(len(read))
    convention = [columns_of(usual, row) for row in range(len(read))]
    fits = all(
        names is None
        or (
            len(names) == len(leads)
            and all(n is None or lead is None or n == lead for n, lead in zip(names, leads, strict=True))
        )
        for names, leads in zip(read, convention, strict=True)
    )
    if fits:
        leads = [
            [name or lead for name, lead in zip(names or [None] * len(usual_row), usual_row, strict=True)]
            for names, usual_row in zip(read, convention, strict=True)
        ]
        return usual, leads
    counts = [len(names) for names in read if names is not None]
    common = max(set(counts), key=lambda count: (counts.count(count), count))
    leads = [list(names) if names is not None else [None] * common for names in read]
    widest = max(len(row) for row in leads)
    strips = sum(len(row) == 1 for row in leads) if widest > 1 else 0
    return f"{len(leads) - strips}x{widest}" + (f"+{strips}" if strips else ""), leads
