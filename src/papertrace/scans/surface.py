"""What happens to the sheet and the light on it: printed words, creases, uneven light."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

from papertrace.geometry import PixelMap
from papertrace.labels import TextLabel
from papertrace.pages.ink import blend
from papertrace.pages.text import draw_text

_FIELD_PX_PER_MM = 4.0  # shading is smooth, so its field is computed coarsely and then enlarged
_REACH = 4.0  # standard deviations after which a crease's shading is nothing
_UNIT_GAIN = 170  # a gain of 1 in a field of bytes: gains up to 1.5, in steps of 0.6 %


def printed_text(image: np.ndarray, px_per_mm: float, lines: Sequence[dict]) -> tuple[np.ndarray, list[TextLabel]]:
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


def creases(image: np.ndarray, px_per_mm: float, lines: Sequence[dict]) -> np.ndarray:
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
    height, width = image.shape[:2]
    gain = np.ones(_field_shape(image, px_per_mm), np.float32)
    y, x = field_axes(gain.shape, (height / px_per_mm, width / px_per_mm))
    for line in lines:
        angle = math.radians(line["degrees"])
        across = (x * math.cos(angle) - line["offset_mm"] + y * math.sin(angle)) / line["width_mm"]
        near = np.flatnonzero(np.abs(across) < _REACH)
        distance = across.reshape(-1)[near]
        profile = np.exp(-0.5 * distance * distance) * (distance - 1)
        gain.reshape(-1)[near] += np.float32(0.6 * line["strength"]) * profile
    return shade(image, gain)


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
    height, width = image.shape[:2]
    field = (max(height // 16, 2), max(width // 16, 2))
    y, x = field_axes(field, (1.0, 1.0))
    x, y = 2 * x - 1, 2 * y - 1
    angle = math.radians(degrees)
    along = (x * math.cos(angle) + y * math.sin(angle)) / (abs(math.cos(angle)) + abs(math.sin(angle)))
    dark = (1 - bend) * (along + 1) / 2 + bend * (x * x + y * y) / 2
    return shade(image, (1 - strength * dark).astype(np.float32))


def _field_shape(image: np.ndarray, px_per_mm: float) -> tuple[int, int]:
    coarser = max(px_per_mm / _FIELD_PX_PER_MM, 1.0)
    return max(round(image.shape[0] / coarser), 2), max(round(image.shape[1] / coarser), 2)


def field_axes(shape: tuple[int, int], extent: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Return the places of a field's cells (y as a column, x as a row), of an extent in any unit."""
    y, x = ((np.arange(n, dtype=np.float32) + 0.5) / n * length for n, length in zip(shape, extent, strict=True))
    return y[:, None], x[None, :]


def shade(image: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """Multiply an image by a coarse field of gains (0 … 1.5), shape (m, n) for all channels or (m, n, 3)."""
    height, width = image.shape[:2]
    field = cv2.resize(gain, (width, height), interpolation=cv2.INTER_LINEAR)
    field = cv2.convertScaleAbs(field, alpha=_UNIT_GAIN)
    return cv2.multiply(image, field if field.ndim == 3 else cv2.merge([field] * 3), scale=1 / _UNIT_GAIN)


def cloud(shape: tuple[int, int], scale: float, rng: np.random.Generator) -> np.ndarray:
    """Return smooth noise, 0 … 1 with every value equally likely at a node, of a grain of `scale` cells."""
    nodes = tuple(max(int(np.ceil(n / scale)) + 1, 2) for n in shape)
    field = cv2.resize(rng.random(nodes, np.float32), shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.clip(field, 0, 1)
