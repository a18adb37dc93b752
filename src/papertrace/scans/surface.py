"""What happens to the sheet and the light on it: printed words, creases, uneven light."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from papertrace.geometry import PixelMap
from papertrace.labels import TextLabel
from papertrace.pages.ink import blend
from papertrace.pages.text import draw_text
from papertrace.scans.items import Crease, PrintedLine
from papertrace.scans.shading import cell_axes, coarse_cells, mm_cells, shade

_CREASE_CELLS_PER_MM = 4.0
_REACH = 4.0  # standard deviations after which a crease's shading is nothing


def printed_text(
    image: np.ndarray, px_per_mm: float, lines: Sequence[PrintedLine]
) -> tuple[np.ndarray, list[TextLabel]]:
    """Print lines of words on a page.

    Parameters
    ----------
    image : ndarray, uint8, shape (h, w, 3)
        The page; a new image is returned.
    px_per_mm : float
        The page's scale.
    lines : sequence of dict
        Each with ``text``, ``x_mm``, ``baseline_mm``, ``size_mm``, ``face``, ``weight`` and ``colour``.
    """
    image = image.copy()
    page_map = PixelMap.of_page(px_per_mm)
    labels = []
    for line in lines:
        (x, y), size = page_map.apply(np.array([[line["x_mm"], line["baseline_mm"]]]))[0], line["size_mm"] * px_per_mm
        top, bottom = max(int(y - 2 * size), 0), min(int(y + 2 * size), image.shape[0])
        band = np.zeros((bottom - top, image.shape[1]), np.float32)
        box = draw_text(band, line["text"], x, y - top, size, line["face"], line["weight"])
        if box is None:
            continue
        blend(image[top:bottom], band, tuple(line["colour"]))
        box_mm = page_map.inverse(np.array([[box[0], box[1] + top], [box[2], box[3] + top]])).ravel()
        labels.append(TextLabel(line["text"], "printed", tuple(float(value) for value in box_mm)))
    return image, labels


def creases(image: np.ndarray, px_per_mm: float, lines: Sequence[Crease]) -> np.ndarray:
    """Shade a sheet along straight folds: a dark groove with a bright flank.

    Parameters
    ----------
    image : ndarray, uint8, shape (h, w, 3)
        The page.
    px_per_mm : float
        The page's scale.
    lines : sequence of dict
        Each with ``degrees`` (of the line's normal), ``offset_mm`` (from the page's upper left corner along
        the normal), ``width_mm`` and ``strength``.
    """
    shape, y, x = mm_cells(image, px_per_mm, min(_CREASE_CELLS_PER_MM, px_per_mm))
    gain = np.ones(shape, np.float32)
    for line in lines:
        angle = math.radians(line["degrees"])
        normal = math.cos(angle), math.sin(angle)
        # Cells near the line are looked for along whichever axis it crosses more steeply.
        if abs(normal[0]) >= abs(normal[1]):
            _add_crease(gain, y[:, 0], x[0], normal, line)
        else:
            _add_crease(gain.T, x[0], y[:, 0], normal[::-1], line)
    return shade(image, gain)


def _add_crease(gain: np.ndarray, y: np.ndarray, x: np.ndarray, normal: tuple[float, float], line: dict) -> None:
    """Shade along one line whose normal is along x rather than y, in place: in each row, a few cells about the line."""
    along_x, along_y = normal
    pitch = float(x[1] - x[0])
    reach = _REACH * line["width_mm"] / abs(along_x)
    first = np.ceil(((line["offset_mm"] - along_y * y) / along_x - reach) / pitch - 0.5).astype(int)
    columns = first[:, None] + np.arange(math.ceil(2 * reach / pitch) + 1)
    row, place = np.nonzero((columns >= 0) & (columns < len(x)))
    column = columns[row, place]
    distance = (x[column] * along_x - line["offset_mm"] + y[row] * along_y) / line["width_mm"]
    distance = np.clip(distance, -_REACH, _REACH)
    gain[row, column] += np.float32(0.6 * line["strength"]) * np.exp(-0.5 * distance * distance) * (distance - 1)


def light(image: np.ndarray, degrees: float, strength: float, bend: float) -> np.ndarray:
    """Let the light fall off across an image.

    Parameters
    ----------
    image : ndarray, uint8, shape (h, w, 3)
        The scan.
    degrees : float
        Direction that it gets darker in; 0 to the right, 90 downwards.
    strength : float
        Share of the light lost at the darkest corner.
    bend : float
        0 falls off evenly from side to side, 1 from the middle to the edges.
    """
    y, x = cell_axes(coarse_cells(image), (1.0, 1.0))
    x, y = 2 * x - 1, 2 * y - 1
    angle = math.radians(degrees)
    along = (x * math.cos(angle) + y * math.sin(angle)) / (abs(math.cos(angle)) + abs(math.sin(angle)))
    dark = (1 - bend) * (along + 1) / 2 + bend * (x * x + y * y) / 2
    return shade(image, (1 - strength * dark).astype(np.float32))
