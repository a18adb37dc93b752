"""Where the rows are on a page: bands about the traces that the page network sees."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from scipy.ndimage import median_filter, uniform_filter1d

from papertrace.traces.layout import Row
from papertrace.traces.network.models import BLOCK
from papertrace.traces.runs import Runs, find_paths, find_runs
from papertrace.traces.strips import SCALE, TIME_SCALE, VIEW_SCALE, Window

_MASK_SCALE = VIEW_SCALE / 2
_TRACE = 0.5
_JUMP_COST = 1.0  # less than on ink: of steep limbs the network sees parts, of what is no trace next to nothing
_STEEP_MM = 3.0
_WHOLE_COLUMN = 0.8  # share of edge in a column beside the sheet's left or right edge
_SLANT_PX, _SLANT_VOTES = 25.0 * _MASK_SCALE, 40
_LEAST_SLANT, _MOST_SLANT = 0.1, 4.0
_ABOVE_MM, _BESIDE_MM = 3.0, 6.0  # what a strip shows around what was found of its row
_REACH_MM = 40.0  # of a row's highest and lowest from its middle
_LOWEST_MM, _TALLEST_MM = 24.0, 32.0  # of a strip; the network knows heights from 24 to 48 mm
_DRIFT_STEP_MM, _BEAT_MM = 0.5, 30.0  # a beat's waves are no drift


@dataclass(frozen=True)
class Band:
    """Where on the page a row is, in canonical mm: the upper and lower edge of its ink at the abscissae that have some.

    All arrays have shape (n,).
    """

    x: np.ndarray
    top: np.ndarray
    bottom: np.ndarray

    @property
    def y(self) -> np.ndarray:
        """Middle of the ink in mm."""
        return (self.top + self.bottom) / 2

    @property
    def middle(self) -> float:
        """The row's usual height in mm."""
        return float(np.median(self.y))

    def window(self) -> Window:
        """Return the strip to read: the row from its highest to its lowest, and what is around it.

        A strip that would be taller than the network knows them follows the baseline where that makes it lower.
        """
        window = self._window(np.zeros(len(self.x)))
        if window.height <= _TALLEST_MM * SCALE:
            return window
        drift = self._drift()
        lower = self._window(drift)
        return replace(lower, drift=(self.x, drift)) if lower.height < window.height else window

    def _window(self, drift: np.ndarray) -> Window:
        """Return the strip about the row less its drift, shape (n,) in mm."""
        middle = float(np.median(self.y - drift))
        # what seems farther off is a neighbour's
        top = max(float((self.top - drift).min()), middle - _REACH_MM)
        bottom = min(float((self.bottom - drift).max()), middle + _REACH_MM)
        height = int(np.ceil(max(bottom - top + 2 * _ABOVE_MM, _LOWEST_MM) * SCALE / BLOCK)) * BLOCK
        top = (top + bottom) / 2 - (height - 1) / SCALE / 2
        left = float(self.x[0]) - _BESIDE_MM
        width = int(np.ceil((self.x[-1] + _BESIDE_MM - left) * TIME_SCALE / BLOCK)) * BLOCK
        return Window(left, top, width, height, middle=(middle - top) * SCALE)

    def _drift(self) -> np.ndarray:
        """Return how far the baseline is below the row's middle at each abscissa, in mm."""
        x = np.arange(self.x[0], self.x[-1] + _DRIFT_STEP_MM, _DRIFT_STEP_MM)
        level = median_filter(np.interp(x, self.x, self.y), round(_BEAT_MM / _DRIFT_STEP_MM), mode="nearest")
        return np.interp(self.x, x, uniform_filter1d(level, round(_BEAT_MM / 2 / _DRIFT_STEP_MM))) - self.middle


def find_bands(trace: np.ndarray) -> list[Band]:
    """Return where rows are, from the map of traces, the longest first.

    Where steep limbs run over the neighbouring row, a path may go along them from row to row; rows are then looked for
    once more by what is level, the limbs being of every row that they touch.
    """
    runs = find_runs(trace, _TRACE)
    bands = _bands_of(runs)
    if any(one is not other and one.top.min() < other.middle < one.bottom.max() for one in bands for other in bands):
        again = _bands_of(runs, common=runs.bottom - runs.top > _STEEP_MM * _MASK_SCALE)
        if len(again) >= len(bands):
            return again
    return bands


def _bands_of(runs: Runs, common: np.ndarray | None = None) -> list[Band]:
    bands = []
    for path in find_paths(runs, _MASK_SCALE, jump_cost=_JUMP_COST, common=common):
        present = path.runs >= 0
        top, bottom = _to_mm(runs.top[path.runs[present]]), _to_mm(runs.bottom[path.runs[present]])
        bands.append(Band(_to_mm(path.x0 + np.flatnonzero(present)), top, bottom))
    return bands


def without_outline(trace: np.ndarray, edge: np.ndarray) -> np.ndarray:
    """Return a map of traces, changed in place, without the sheet's outline, which is dark against paper and desk.

    At the left and the right a trace may begin and end at the edge.

    Parameters
    ----------
    trace : ndarray of float32, shape (h, w)
        Probability of a trace, two cells a mm.
    edge : ndarray of bool
        Millimetre cells at the sheet's edge; see `papertrace.traces.ink.InkMap`.
    """
    rim = edge & (edge.mean(axis=0) < _WHOLE_COLUMN)
    down, across = (
        np.clip(_to_mm(np.arange(n)).astype(int), 0, len(line) - 1)
        for n, line in zip(trace.shape, (rim, rim.T), strict=True)
    )
    trace[rim[np.ix_(down, across)]] = 0
    return trace


def without_slants(trace: np.ndarray) -> np.ndarray:
    """Return a map of traces, changed in place, without long slanting lines: creases; no trace is so long straight."""
    # a straight line of 25 mm; in an ECG limbs are steeper, waves shorter and the baseline more level
    found = cv2.HoughLinesP(
        (trace > _TRACE).astype(np.uint8), 1, np.pi / 360, _SLANT_VOTES, minLineLength=_SLANT_PX, maxLineGap=4
    )
    for x0, y0, x1, y1 in () if found is None else found.reshape(-1, 4).tolist():
        if abs(x1 - x0) * _LEAST_SLANT < abs(y1 - y0) < abs(x1 - x0) * _MOST_SLANT:
            cv2.line(trace, (x0, y0), (x1, y1), 0.0, 3)
    return trace


def share_in_rows(trace: np.ndarray, rows: list[Row]) -> float:
    """Return which share of what looks like a trace, in the map of traces, is within 1.5 mm of a row."""
    inked = trace > _TRACE
    near = np.zeros(trace.shape, np.uint8)
    for row in rows:
        known = np.isfinite(row.y_mm)
        places = _to_cell(np.stack([row.x_mm[known], row.y_mm[known]], axis=1))
        cv2.polylines(near, [np.rint(places).astype(np.int32)], False, 1, int(2 * 1.5 * _MASK_SCALE) + 1)
    return float((inked & (near > 0)).sum() / max(inked.sum(), 1))


def _to_mm(cell: np.ndarray) -> np.ndarray:
    """Return where a mask's cells are: each is the middle of two by two pixels of the view."""
    return (cell * 2 + 0.5) / VIEW_SCALE


def _to_cell(mm: np.ndarray) -> np.ndarray:
    """Return in which of a mask's cells millimetres are: the inverse of `_to_mm`."""
    return (mm * VIEW_SCALE - 0.5) / 2
