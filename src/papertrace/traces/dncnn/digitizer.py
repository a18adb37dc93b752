"""The study's method, step by step: text painted over, the grid taken away, the darkest pixels, the pitch, mV and s.

What is known of it is in arXiv 2307.01946; neither code nor weights were published. What it does not say (which curve
is which lead, pulses, when the page begins) is left to `papertrace.traces.assemble`, as for every digitizer. A page is
taken to lie straight: it has a pitch along x and one along y, and no rotation.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from papertrace.geometry import PixelMap
from papertrace.spans import spans_of
from papertrace.traces.assemble import assemble
from papertrace.traces.classical import along_edge
from papertrace.traces.digitizer import PageTraces
from papertrace.traces.dncnn.network import clean
from papertrace.traces.dncnn.text import find_text, paint_over
from papertrace.traces.dncnn.trace import Curve, find_curves
from papertrace.traces.ink import InkMap, Light, ink_map
from papertrace.traces.lattice import MAX_PIXELS, NoLatticeError, reduce_image, reduction
from papertrace.traces.layout import Row, agreeing, is_straight
from papertrace.traces.pitch import NoPitchError, study_pitch
from papertrace.traces.scale import PageScale
from papertrace.traces.sheet import Sheet, sheet_of

CONVENTION = PageScale(25.0, "convention", 10.0, 10.0, "convention")
"""Speed and gain of every page of the study."""


class DnCNN:
    """The baseline.

    Parameters
    ----------
    lattice : bool
        Take the geometry from papertrace's lattice instead: what is then lost is lost in reading the ink.
    """

    name = "dncnn"

    def __init__(self, lattice: bool = False):
        self._lattice = lattice

    def digitize(self, image: np.ndarray, rate_hz: float = 500.0) -> PageTraces:
        """Read one page; see `papertrace.traces.digitizer.Digitizer`."""
        factor = reduction(image.shape, MAX_PIXELS)
        image = reduce_image(image, factor)
        try:
            sheet = sheet_of(image) if self._lattice else straight_sheet(*study_pitch(image))
        except (NoLatticeError, NoPitchError) as error:
            return PageTraces("rejected", f"{error}: without a grid there is no scale")
        geometry = {
            "px_per_mm_x": factor * sheet.px_per_mm_x,
            "px_per_mm_y": factor * sheet.px_per_mm_y,
            "rotation_deg": sheet.rotation_deg,
        }
        px_per_mm = (sheet.px_per_mm_x + sheet.px_per_mm_y) / 2
        darkness = clean(paint_over(image, *find_text(image, px_per_mm), px_per_mm))
        page = ink_map(image, sheet, Light.of(image))
        rows = [to_row(curve, page, 1 / px_per_mm) for curve in find_curves(darkness, px_per_mm)]
        rows = [row for row in rows if not (is_straight(row) or along_edge(row, page))]
        rows = [rows[k] for k in agreeing(rows)]
        if not rows:
            return PageTraces("rejected", "no trace is left of the page without its grid", **geometry)
        read = assemble(rows, page, rate_hz, scale=CONVENTION)
        traces = [
            replace(t, x_px=factor * t.x_px + (factor - 1) / 2, y_px=factor * t.y_px + (factor - 1) / 2)
            for t in read.traces
        ]
        return replace(read, traces=traces, **geometry)


def straight_sheet(px_per_mm_x: float, px_per_mm_y: float) -> Sheet:
    """Return the geometry of a page that lies straight on the image, its upper left corner the image's."""
    matrix = np.array([[px_per_mm_x, 0.0, -0.5], [0.0, px_per_mm_y, -0.5], [0.0, 0.0, 1.0]])
    return Sheet(PixelMap(matrix), px_per_mm_x, px_per_mm_y, 0.0, float("nan"), float("nan"))


def to_row(curve: Curve, page: InkMap, step_mm: float) -> Row:
    """Return a curve in canonical millimetres, at equal steps, with its gaps."""
    known = np.isfinite(curve.y_px)
    x, y = page.map.inverse(np.stack([curve.x_px, curve.y_px], axis=1)[known]).T
    # on a turned page a steep limb leans, and columns need not come in order
    x = np.maximum.accumulate(x)
    places = np.cumsum(known) - 1
    inked = x[places[spans_of(known) - [0, 1]]]
    # a pen's ink begins half its width before the curve, and half a pixel before the first column's middle
    cap = (curve.thick_px - 1) / 2 * step_mm
    inked[0, 0], inked[-1, 1] = inked[0, 0] + cap, inked[-1, 1] - cap
    x_mm = np.arange(x[0], x[-1] + step_mm / 2, step_mm)
    inside = ((x_mm >= inked[:, :1] - step_mm / 2) & (x_mm <= inked[:, 1:] + step_mm / 2)).any(axis=0)
    y_mm = np.where(inside, np.interp(x_mm, x, y), np.nan)
    # in a column that a steep limb fills, any of its pixels may be the curve's
    doubt = np.maximum(curve.ink_px[known] - curve.thick_px, 0) * step_mm
    return Row(x_mm, y_mm, np.interp(x_mm, x, doubt), inked, pen_mm=curve.thick_px * step_mm)
