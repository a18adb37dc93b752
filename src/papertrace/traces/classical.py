"""The `classical` digitizer: no learning, every step explainable.

lattice (rotation, perspective, px/mm) -> ink on a rectified page -> runs and paths -> centre lines -> rows, pulses,
columns -> mV and s.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from papertrace.spans import spans_of
from papertrace.traces.assemble import assemble
from papertrace.traces.contour import FINE, centre_line, find_limbs, place_limbs, stroke_radius
from papertrace.traces.digitizer import PageTraces
from papertrace.traces.ink import InkMap, Light, ink_map
from papertrace.traces.lattice import NoLatticeError
from papertrace.traces.layout import Row, agreeing, is_print, is_straight
from papertrace.traces.runs import INK_THRESHOLD, Path, Runs, find_paths, find_runs
from papertrace.traces.sheet import sheet_of


@dataclass(frozen=True)
class Doubt:
    """How far from the curve a row is expected to be: a sum, in mm, whose parts `benchmarks/confidence.py --fit` told.

    Attributes
    ----------
    least_mm : float
        Of every place.
    per_edge : float
        A mm by which the stroke's upper and lower edge disagree.
    per_slope : float
        A unit of slope: an error sideways.
    bridged_mm : float
        Where ink is missing.
    """

    least_mm: float = 0.012
    per_edge: float = 0.2
    per_slope: float = 0.002
    bridged_mm: float = 2.0

    def of(self, row: Row) -> Row:
        """Return a row, whose `doubt_mm` is how far its edges disagree, with what that lets expect."""
        known = np.isfinite(row.y_mm)
        slope = np.abs(np.gradient(np.interp(row.x_mm, row.x_mm[known], row.y_mm[known]), row.x_mm))
        doubt = self.least_mm + self.per_edge * row.doubt_mm + self.per_slope * slope
        return replace(row, doubt_mm=np.where(np.isfinite(doubt), doubt, self.bridged_mm))


class Classical:
    """Classical computer vision; see the module's text for the steps."""

    name = "classical"

    def __init__(self, doubt: Doubt | None = None) -> None:
        self.doubt = doubt or Doubt()

    def digitize(self, image: np.ndarray, rate_hz: float = 500.0) -> PageTraces:
        """Read one page; see `papertrace.traces.digitizer.Digitizer`."""
        try:
            sheet = sheet_of(image)
        except NoLatticeError as error:
            return PageTraces("rejected", f"{error}: without a grid there is no scale")
        light = Light.of(image)
        page = ink_map(image, sheet, light)
        rows = _rows(page, image.shape[1])
        if not rows:
            page = ink_map(image, sheet, light.of_any_colour())
            rows = _rows(page, image.shape[1])
        if not rows:
            reason = "no trace was found: nothing inked runs across the page"
            return PageTraces("rejected", reason, **sheet.described())
        return replace(assemble([self.doubt.of(row) for row in rows], page, rate_hz), **sheet.described())


def _rows(page: InkMap, width_px: int) -> list[Row]:
    """Return the page's rows from the top."""
    runs = find_runs(page.ink)
    found = []
    for path in find_paths(runs, page.scale):
        row = _trace(path, runs, page, width_px)
        if not (is_straight(row) or is_print(row) or along_edge(row, page)):
            found.append(row)
    return sorted((found[k] for k in agreeing(found)), key=lambda row: row.centre_mm)


def along_edge(row: Row, page: InkMap) -> bool:
    """Tell whether a path is the outline of the sheet, which is dark against paper and desk."""
    x, y = row.x_mm[np.isfinite(row.y_mm)], row.y_mm[np.isfinite(row.y_mm)]
    h, w = page.edge.shape
    return bool(page.edge[np.clip(y, 0, h - 1).astype(int), np.clip(x, 0, w - 1).astype(int)].mean() > 0.4)


def _trace(path: Path, runs: Runs, page: InkMap, width_px: int) -> Row:
    present = path.runs >= 0
    top = np.where(present, runs.top[path.runs], np.nan)
    bottom = np.where(present, runs.bottom[path.runs], np.nan)
    radius = stroke_radius(top, bottom)
    x = path.x0 + np.arange((len(top) - 1) * FINE + 1) / FINE
    y, doubt = centre_line(top, bottom, radius)
    limbs = find_limbs(page.ink, x, y, radius)
    # across a limb, noise in the signal does not make the pen look wider
    radius = min(radius, limbs.radius() or radius)
    y, doubt = centre_line(top, bottom, radius)
    y = place_limbs(x, y, find_limbs(page.ink, x, y, radius), radius)
    # where ink ends it ends in a round cap, one radius beyond the curve
    outside = np.zeros(len(x), bool)
    inked = []
    for first, end in spans_of(present).tolist():
        last = end - 1
        left = _ink_end(page.ink, path.x0 + first, top[first], bottom[first], -1)
        right = _ink_end(page.ink, path.x0 + last, top[last], bottom[last], +1)
        left, right = left + radius, right - radius
        outside |= (x >= path.x0 + first - 0.6) & (x <= path.x0 + last + 0.6) & ((x < left) | (x > right))
        inked.append((left, right))
    inked[0] = (_at_border(inked[0][0], top[0], page, width_px), inked[0][1])
    inked[-1] = (inked[-1][0], _at_border(inked[-1][1], top[-1], page, width_px))
    y = np.where(outside, np.nan, y)
    x, y, doubt, inked = (np.asarray(value) / page.scale for value in (x, y, doubt, inked))
    return Row(x, y, doubt, inked, pen_mm=2 * radius / page.scale)


def _at_border(x: float, y: float, page: InkMap, width_px: int) -> float:
    """Return the end of a trace, x in canonical px, or the image's own edge if it ends within half a millimetre of it.

    Such a trace was cut off by the edge, or runs into a frame drawn along it: there is no round cap.
    """
    at, beside = page.to_px(np.array([[x, y], [x + page.scale, y]]) / page.scale)[:, 0]
    px_per_mm = beside - at
    for edge in (-0.5, width_px - 0.5):
        if abs(at - edge) < 0.5 * px_per_mm:
            return x + (edge - at) / px_per_mm * page.scale
    return x


def _ink_end(
    ink: np.ndarray, column: int, top: float, bottom: float, direction: int, threshold: float = INK_THRESHOLD
) -> float:
    """Return where, in px, the ink of a trace's outermost run crosses the threshold sideways."""
    rows = slice(max(0, int(np.round(top))), max(int(np.round(bottom)), int(np.round(top))) + 1)
    beyond = column + direction
    if not 0 <= beyond < ink.shape[1]:
        return float(column)
    inner, outer = float(ink[rows, column].max()), float(ink[rows, beyond].max())
    if inner <= outer:
        return float(column)
    return column + direction * float(np.clip((inner - threshold) / (inner - outer), 0, 1))
