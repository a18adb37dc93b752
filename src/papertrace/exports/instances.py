"""Masks of the leads: the stroke of each, as drawn and as seen where another lead's stroke covers it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from papertrace.geometry import PixelMap, Size
from papertrace.labels import Box, LeadLabel, PageLabels
from papertrace.pages.ink import Pen, smooth_curve, split_polyline

if TYPE_CHECKING:
    from papertrace.pages.render import Stretch

_HALF_INK = 0.45  # a pixel is the lead's from about half its ink on; of a slanting stroke it sees less than 0.5
_LEAST_PX = 1.0  # width of a stroke's mask: thinner ones would fall apart
_REACH_PX = 4  # room for the stroke's rim about the curve


@dataclass(frozen=True)
class Instance:
    """The stroke of one stretch of a lead.

    Attributes
    ----------
    lead : str
        The lead's name.
    row, column : int
        Its place in the layout.
    corner : tuple of int
        Column and row of the upper left pixel of the masks.
    amodal : ndarray of bool, shape (h, w)
        All pixels of the stroke in the image.
    modal : ndarray of bool, shape (h, w)
        Without those that a lead drawn later covers, and those that show no ink.
    """

    lead: str
    row: int
    column: int
    corner: tuple[int, int]
    amodal: np.ndarray
    modal: np.ndarray

    @property
    def box_px(self) -> Box:
        """x0, y0, x1, y1 about the pixels of the stroke; pixel i reaches from i - 0.5 to i + 0.5."""
        columns, rows = np.flatnonzero(self.amodal.any(axis=0)), np.flatnonzero(self.amodal.any(axis=1))
        x, y = self.corner
        return x + columns[0] - 0.5, y + rows[0] - 0.5, x + columns[-1] + 0.5, y + rows[-1] + 0.5


def lead_instances(
    labels: PageLabels, truth: list[Stretch], pixel_map: PixelMap, size: Size, hidden: np.ndarray | None = None
) -> list[Instance | None]:
    """Return the mask of each stretch, in the labels' order; None where the image holds nothing of it.

    A stroke has the width that the pen had on the page, carried along by the map, and never less than a pixel.

    Parameters
    ----------
    labels, truth, pixel_map, size, hidden
        See `papertrace.exports.dense.centre_lines`.
    """
    found: list[Instance | None] = [None] * len(labels.leads)
    covered = np.zeros((size[1], size[0]), bool) if hidden is None else hidden.copy()
    # From the last drawn to the first: who comes later lies on top.
    for place in reversed(range(len(found))):
        lead = labels.leads[place]
        stroke = _stroke(lead, truth[place], labels, pixel_map, size, _LEAST_PX)
        if stroke is None or not (mask := stroke[1] >= _HALF_INK).any():
            continue
        x, y = stroke[0]
        window = covered[y : y + mask.shape[0], x : x + mask.shape[1]]
        found[place] = Instance(lead.lead, lead.row, lead.column, (x, y), mask, mask & ~window)
        window |= mask
    return found


def label_image(instances: list[Instance | None], size: Size) -> np.ndarray:
    """Return the modal masks as one image, uint8, shape (h, w): 0 is background, k + 1 the stretch number k."""
    image = np.zeros((size[1], size[0]), np.uint8)
    for place, instance in enumerate(instances):
        if instance is not None:
            x, y = instance.corner
            image[y : y + instance.modal.shape[0], x : x + instance.modal.shape[1]][instance.modal] = place + 1
    return image


def gridless_twin(labels: PageLabels, truth: list[Stretch], pixel_map: PixelMap, size: Size) -> np.ndarray:
    """Return the traces alone, black on white, uint8, shape (h, w): an image without paper, print and wear.

    Parameters
    ----------
    labels, truth, pixel_map, size
        See `papertrace.exports.dense.centre_lines`.
    """
    whole = np.zeros((size[1], size[0]), np.float32)
    for lead, stretch in zip(labels.leads, truth, strict=True):
        stroke = _stroke(lead, stretch, labels, pixel_map, size)
        if stroke is not None:
            (x, y), coverage = stroke
            window = whole[y : y + coverage.shape[0], x : x + coverage.shape[1]]
            np.maximum(window, coverage, out=window)
    return np.rint(255 * (1 - whole)).astype(np.uint8)


def _stroke(
    lead: LeadLabel, stretch: Stretch, labels: PageLabels, pixel_map: PixelMap, size: Size, least_px: float = 0.0
) -> tuple[tuple[int, int], np.ndarray] | None:
    """Return corner and ink (0 … 1) of a stroke, no thinner than asked; None where the image has nothing of it."""
    drawn = (split_polyline(pixel_map.apply(curve)) for curve in _drawn_curves(lead, stretch, labels))
    curves = [curve for curve in drawn if _touches(curve, size)]
    if not curves:
        return None
    every = np.concatenate(curves)
    width_px = max(lead.stroke_mm * _scale(every.mean(axis=0), pixel_map), least_px)
    reach = _REACH_PX + width_px
    x0, y0 = np.clip(np.floor(every.min(axis=0) - reach), 0, size).astype(int)
    x1, y1 = np.clip(np.ceil(every.max(axis=0) + reach) + 1, 0, size).astype(int)
    coverage = np.zeros((y1 - y0, x1 - x0), np.float32)
    pen = Pen(width_px)
    for curve in curves:
        pen.draw(coverage, curve - (x0, y0))
    return (int(x0), int(y0)), coverage


def _drawn_curves(lead: LeadLabel, stretch: Stretch, labels: PageLabels) -> Iterator[np.ndarray]:
    """Yield the curve as the page draws it, shape (m, 2) in mm; cut at gaps and where it leaves the paper."""
    page_map = PixelMap.of_page(labels.px_per_mm)
    line = lead.centre_line_mm(stretch.samples, stretch.rate_hz)
    # Far outside the paper a curve need not be followed.
    line[:, 1] = np.clip(line[:, 1], -0.3 * labels.height_mm, 1.3 * labels.height_mm)
    for curve in smooth_curve(page_map.apply(line)):
        points_mm = page_map.inverse(curve)
        edges = np.flatnonzero(np.diff(labels.on_paper(points_mm).astype(np.int8))) + 1
        for piece in np.split(points_mm, edges):
            if labels.on_paper(piece[:1])[0]:
                yield piece


def _touches(curve: np.ndarray, size: Size) -> bool:
    return bool((curve.max(axis=0) > -_REACH_PX).all() and (curve.min(axis=0) < np.add(size, _REACH_PX)).all())


def _scale(point_px: np.ndarray, pixel_map: PixelMap) -> float:
    """Return pixels a millimetre near a point of the image."""
    x, y = pixel_map.inverse(point_px[None])[0]
    a, b, c = pixel_map.apply(np.array([[x - 0.5, y - 0.5], [x + 0.5, y - 0.5], [x - 0.5, y + 0.5]]))
    return float(np.sqrt(abs((b - a)[0] * (c - a)[1] - (b - a)[1] * (c - a)[0])))
