"""Dense labels of an image: where every sample, box and grid point of a page lies in its pixels.

Pure functions of a page's labels, its truth, the map from millimetres to pixels and the image's size, so that they
hold for pages and scans alike. Pixels are as in `papertrace.geometry`: integer coordinates are pixel centres, the image
reaches from -0.5 to its width (height) - 0.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np

from papertrace.geometry import PixelMap, Size, at_pixels, in_image
from papertrace.labels import CODE_QUIET_MM, Box, PageLabels, TextLabel

if TYPE_CHECKING:
    from papertrace.pages.render import Stretch

VISIBLE, OFF_IMAGE, CLIPPED, GAP, OCCLUDED = range(5)
"""What became of a sample: in the image, beyond the image's edge, clipped on the page, NaN in the signal, in the
image but not to be seen there."""

STATES = {"visible": VISIBLE, "off image": OFF_IMAGE, "clipped": CLIPPED, "gap": GAP, "occluded": OCCLUDED}
"""Their names."""

_EDGE_STEPS = 8  # points along a box's edge, which a map may bend
_LEAST_SHARE = 0.02  # of a box's area: less than this in the image is no label


@dataclass(frozen=True)
class CentreLine:
    """The centre line of one stretch of a lead, sample by sample.

    Attributes
    ----------
    lead : str
        The lead's name.
    row, column : int
        Its place in the layout.
    start_s, rate_hz : float
        Time of the first sample from the page's first moment; the signal's sampling rate.
    points_px : ndarray, shape (n, 2)
        Pixels; NaN where the signal is. Points beyond the image's edge are kept, `visibility` tells them.
    visibility : ndarray of uint8, shape (n,)
        `VISIBLE`, `OFF_IMAGE`, `CLIPPED`, `GAP` or `OCCLUDED`.
    """

    lead: str
    row: int
    column: int
    start_s: float
    rate_hz: float
    points_px: np.ndarray
    visibility: np.ndarray


@dataclass(frozen=True)
class BoxLabel:
    """The part of a thing on the page that lies in the image.

    Attributes
    ----------
    kind : str
        ``pulse``, or a text's kind (see `papertrace.labels.TextLabel`).
    text : str
        A text's whole transcript, also where the image cuts it; empty for a pulse.
    polygon_px : ndarray, shape (k, 2)
        Its outline within the image, convex.
    box_px : tuple
        x0, y0, x1, y1 about the outline.
    share : float
        How much of its area the image holds, 0 … 1.
    """

    kind: str
    text: str
    polygon_px: np.ndarray
    box_px: Box
    share: float


def centre_lines(
    labels: PageLabels, truth: list[Stretch], pixel_map: PixelMap, size: Size, hidden: np.ndarray | None = None
) -> list[CentreLine]:
    """Return the centre line of each stretch, in the labels' order, at the signal's rate.

    Parameters
    ----------
    labels : PageLabels
        Of the page.
    truth : list of Stretch
        What was drawn, in the order of ``labels.leads``.
    pixel_map : PixelMap
        Page millimetres to the image's pixels.
    size : tuple of int
        The image's width and height in pixels.
    hidden : ndarray of bool, shape (h, w), optional
        Pixels that show no ink (see `papertrace.exports.occlusion.hidden`); without it nothing is occluded.
    """
    lines = []
    for lead, stretch in zip(labels.leads, truth, strict=True):
        points_mm = lead.centre_line_mm(stretch.samples, stretch.rate_hz)
        points_px = pixel_map.apply(points_mm)
        visibility = np.full(len(points_mm), VISIBLE, np.uint8)
        if hidden is not None:
            visibility[at_pixels(hidden, points_px)] = OCCLUDED
        visibility[~in_image(points_px, size)] = OFF_IMAGE
        visibility[~labels.on_paper(points_mm) | lead.is_clipped(len(points_mm))] = CLIPPED
        gap = ~np.isfinite(points_mm[:, 1])
        visibility[gap] = GAP
        points_px[gap] = np.nan
        lines.append(CentreLine(lead.lead, lead.row, lead.column, lead.start_s, stretch.rate_hz, points_px, visibility))
    return lines


def text_boxes(labels: PageLabels, added: list[TextLabel], pixel_map: PixelMap, size: Size) -> list[BoxLabel]:
    """Return the texts of a page, and those that its scan `added`, as far as they lie in the image."""
    found = [_box(text.kind, text.text, text.box_mm, pixel_map, size) for text in [*labels.texts, *added]]
    return [box for box in found if box is not None]


def pulse_boxes(labels: PageLabels, pixel_map: PixelMap, size: Size) -> list[BoxLabel]:
    """Return the calibration pulses of a page, as far as they lie in the image."""
    found = [_box("pulse", "", pulse.box_mm, pixel_map, size) for pulse in labels.pulses]
    return [box for box in found if box is not None]


def grid_intersections(
    labels: PageLabels, pixel_map: PixelMap, size: Size, pitch_mm: float = 5.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return the crossings of the grid's lines that lie in the image.

    Parameters
    ----------
    labels, pixel_map, size
        See `centre_lines`.
    pitch_mm : float
        Distance of the lines: 5 for the bold ones, 1 for all.

    Returns
    -------
    points_mm, points_px : ndarray, shape (n, 2)
        The same crossings on the page and in the image; none where the page has no grid.
    """
    if labels.grid_box_mm is None:
        return np.empty((0, 2)), np.empty((0, 2))
    x0, y0, x1, y1 = labels.grid_box_mm
    bare = [text.box_mm for text in labels.texts if text.kind in ("qr", "barcode")]
    x, y = (
        pitch_mm * np.arange(np.ceil(first / pitch_mm - 1e-6), np.floor(last / pitch_mm + 1e-6) + 1)
        for first, last in ((x0, x1), (y0, y1))
    )
    points_mm = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    for x0, y0, x1, y1 in bare:  # around codes there is no grid
        off = np.subtract(points_mm, (x0, y0)) < -CODE_QUIET_MM
        off |= np.subtract(points_mm, (x1, y1)) > CODE_QUIET_MM
        points_mm = points_mm[off.any(axis=1)]
    points_px = pixel_map.apply(points_mm)
    inside = in_image(points_px, size)
    return points_mm[inside], points_px[inside]


def page_corners(labels: PageLabels, pixel_map: PixelMap, size: Size) -> tuple[np.ndarray, np.ndarray]:
    """Return the paper's corners in pixels, clockwise from the upper left, shape (4, 2), and which are in view."""
    width, height = labels.width_mm, labels.height_mm
    points = pixel_map.apply(np.array([[0, 0], [width, 0], [width, height], [0, height]], float))
    return points, in_image(points, size)


def _box(kind: str, text: str, box_mm: Box, pixel_map: PixelMap, size: Size) -> BoxLabel | None:
    outline = pixel_map.apply(_outline(box_mm))
    hull = cv2.convexHull(outline.astype(np.float32))
    width, height = size
    frame = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32) - np.float32(0.5)
    area, inside = cv2.intersectConvexConvex(hull, frame.reshape(-1, 1, 2))
    whole = cv2.contourArea(hull)
    if inside is None or whole <= 0 or area < _LEAST_SHARE * whole:
        return None
    polygon = inside.reshape(-1, 2).astype(float)
    polygon = np.clip(polygon, -0.5, np.subtract(size, 0.5))
    (x0, y0), (x1, y1) = polygon.min(axis=0), polygon.max(axis=0)
    return BoxLabel(kind, text, polygon, (x0, y0, x1, y1), min(area / whole, 1.0))


def _outline(box_mm: Box) -> np.ndarray:
    """Return points around a box, shape (4 * _EDGE_STEPS, 2)."""
    x0, y0, x1, y1 = box_mm
    corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]], float)
    t = np.arange(_EDGE_STEPS)[:, None] / _EDGE_STEPS
    return np.concatenate([a + t * (b - a) for a, b in pairwise(corners)])
