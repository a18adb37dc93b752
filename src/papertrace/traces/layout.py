"""From traced paths to a page: which paths are rows, where their pulses are, when their signal begins and ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_LETTER_MM, _UNBROKEN = 5.0, 0.93
_STANDARD_ROWS = (("I", "aVR", "V1", "V4"), ("II", "aVL", "V2", "V5"), ("III", "aVF", "V3", "V6"))


@dataclass(frozen=True)
class Pulse:
    """A calibration pulse, 1 mV for 0.2 s, in canonical millimetres.

    Attributes
    ----------
    left_mm, right_mm : float
        Its vertical edges.
    foot_mm : float or None
        Height of its foot, 0 mV; y down.
    height_mm : float or None
        From there to its top; of a stepped one, to its first step.
    last_mm : float or None
        From the foot to the second step of a stepped one: each step shows one of the row's gains.
    """

    left_mm: float
    right_mm: float
    foot_mm: float | None = None
    height_mm: float | None = None
    last_mm: float | None = None


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
        Expected absolute error of `y_mm` where the sheet's map is right; NaN where there is no ink.
    inked_mm : ndarray, shape (k, 2)
        Where each unbroken stretch of the curve begins and ends, to a fraction of a pixel.
    pulse : Pulse or None
        Its calibration pulse, which is no part of the curve; where it was not found itself, the place where those of
        the page's other rows are.
    pen_mm : float
        Width of the stroke.
    """

    x_mm: np.ndarray
    y_mm: np.ndarray
    doubt_mm: np.ndarray
    inked_mm: np.ndarray
    pulse: Pulse | None = None
    pen_mm: float = 0.35

    @property
    def centre_mm(self) -> float:
        """Median height of the row."""
        return float(np.nanmedian(self.y_mm))

    @property
    def start_mm(self) -> float:
        """Where the ink begins."""
        return float(self.inked_mm[0, 0])

    @property
    def zero_mm(self) -> float | None:
        """Height of 0 mV, if its pulse tells it."""
        return None if self.pulse is None else self.pulse.foot_mm

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
