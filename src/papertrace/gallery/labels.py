"""A page's labels as an SVG that lies on its image, carried there by the image's map."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from papertrace.exports.dense import (
    VISIBLE,
    BoxLabel,
    Size,
    centre_lines,
    grid_intersections,
    in_image,
    page_corners,
    pulse_boxes,
    text_boxes,
)
from papertrace.labels import PageLabels, TextLabel
from papertrace.spans import spans_of

if TYPE_CHECKING:
    from papertrace.geometry import PixelMap
    from papertrace.pages.render import Stretch

LEAD_COLOURS = ("#0072b2", "#d55e00", "#00875f", "#a0459c")  # Okabe & Ito 2008, darkened for white paper
TEXT_COLOUR, PULSE_COLOUR, GRID_COLOUR, CORNER_COLOUR = "#b8860b", "#5b3fd1", "#111111", "#e0004d"
_TOLERANCE_PX = 0.3  # what thinning out may move a centre line, of a stroke of some 3 px


def labels_svg(
    labels: PageLabels,
    truth: list[Stretch],
    added: list[TextLabel],
    pixel_map: PixelMap,
    size: Size,
    hidden: np.ndarray | None = None,
) -> str:
    """Return an SVG of the labels in an image's pixels.

    Centre lines, boxes of leads, texts and pulses, crossings of the 5 mm grid, and the corners of the page.
    Centre lines are as thin at any zoom.

    Parameters
    ----------
    labels, truth, pixel_map, size, hidden
        See `papertrace.exports.dense.centre_lines`; where a lead is in the image but not visible its line is dashed.
    added : list of TextLabel
        Texts that the scan added.
    """
    width, height = size
    unit = max(size) / 2200  # what would hide a thumbnail grows with the image
    parts = []
    _, crossings = grid_intersections(labels, pixel_map, size)
    parts.append(_dots("grid", GRID_COLOUR, 5 * unit, crossings))
    leads = [TextLabel(lead.lead, "lead", lead.box_mm) for lead in labels.leads]
    boxes = text_boxes(replace(labels, texts=[]), leads, pixel_map, size)
    parts.append(_outlines("lead-box", "#4a5568", boxes, f"{7 * unit:.3g}"))
    parts.append(_outlines("text", TEXT_COLOUR, text_boxes(labels, added, pixel_map, size)))
    parts.append(_outlines("pulse", PULSE_COLOUR, pulse_boxes(labels, pixel_map, size)))
    for place, line in enumerate(centre_lines(labels, truth, pixel_map, size, hidden)):
        colour = LEAD_COLOURS[place % len(LEAD_COLOURS)]
        inside = np.isfinite(line.points_px).all(axis=1)
        inside[inside] = in_image(line.points_px[inside], size)
        seen = line.visibility == VISIBLE
        for style, which in (("", seen), (' stroke-dasharray="2 3"', inside & ~seen)):
            path = "".join(_path(piece) for piece in _pieces(line.points_px, which))
            if path:
                parts.append(f'<path class="lead" stroke="{colour}"{style} d="{path}"/>')
    corners, in_view = page_corners(labels, pixel_map, size)
    parts.append(_dots("corner", CORNER_COLOUR, 30 * unit, corners[in_view]))
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="-0.5 -0.5 {width} {height}" fill="none" stroke-width="{2.2 * unit:.3g}" stroke-linejoin="round" '
        'stroke-linecap="round"><style>.lead{stroke-width:1.3px;vector-effect:non-scaling-stroke}</style>'
    )
    return "\n".join([head, *parts, "</svg>"]) + "\n"


def _pieces(points: np.ndarray, which: np.ndarray) -> list[np.ndarray]:
    """Return the runs of points that are wanted, thinned out where they lie on a line."""
    runs = [points[first:end] for first, end in spans_of(which)]
    return [cv2.approxPolyDP(run[:, None].astype(np.float32), _TOLERANCE_PX, False)[:, 0] for run in runs]


def _path(points: np.ndarray) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _outlines(name: str, colour: str, boxes: list[BoxLabel], dashes: str = "") -> str:
    path = "".join(_path(box.polygon_px) + "Z" for box in boxes)
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<path class="{name}" stroke="{colour}"{dashed} d="{path}"/>'


def _dots(name: str, colour: str, width: float, points: np.ndarray) -> str:
    # A line of no length with round ends is a dot that keeps its size.
    path = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in points)
    return f'<path class="{name}" stroke="{colour}" stroke-width="{width:.3g}" d="{path}"/>'
