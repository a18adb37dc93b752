"""Fields of light: smooth ones are computed in coarse cells and enlarged when an image is multiplied by them."""

from __future__ import annotations

import cv2
import numpy as np

_COARSE_PX = 16  # one value for so many pixels is enough for what changes across the whole image
_UNIT_GAIN = 170  # a gain of 1 in a field of bytes: gains up to 1.5, in steps of 0.6 %


def coarse_cells(image: np.ndarray) -> tuple[int, int]:
    """Return how many coarse cells an image has down and across."""
    height, width = image.shape[:2]
    return max(height // _COARSE_PX, 2), max(width // _COARSE_PX, 2)


def mm_cells(
    image: np.ndarray, px_per_mm: float, cells_per_mm: float, dtype: type = np.float32
) -> tuple[tuple[int, int], np.ndarray, np.ndarray]:
    """Return the shape of a field of cells of a size in mm, and where they lie: y in mm as a column, x as a row."""
    extent = (image.shape[0] / px_per_mm, image.shape[1] / px_per_mm)
    shape = (max(round(extent[0] * cells_per_mm), 2), max(round(extent[1] * cells_per_mm), 2))
    return shape, *cell_axes(shape, extent, dtype)


def cell_axes(
    shape: tuple[int, int], extent: tuple[float, float], dtype: type = np.float32
) -> tuple[np.ndarray, np.ndarray]:
    """Return the places of a field's cells (y as a column, x as a row), of an extent in any unit."""
    y, x = ((np.arange(n, dtype=dtype) + 0.5) / n * length for n, length in zip(shape, extent, strict=True))
    return y[:, None], x[None, :]


def shade(image: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """Multiply an image by a coarse field of gains (0 … 1.5), shape (m, n) for all channels or (m, n, 3)."""
    size = image.shape[1::-1]
    if gain.ndim == 3:  # bytes are enlarged in a fifth of the time; of one channel that would gain nothing
        field = cv2.resize(cv2.convertScaleAbs(gain, alpha=_UNIT_GAIN), size, interpolation=cv2.INTER_LINEAR)
    else:
        field = cv2.convertScaleAbs(cv2.resize(gain, size, interpolation=cv2.INTER_LINEAR), alpha=_UNIT_GAIN)
        field = cv2.merge([field] * 3)
    return cv2.multiply(image, field, scale=1 / _UNIT_GAIN)


def cloud(shape: tuple[int, int], scale: float, rng: np.random.Generator) -> np.ndarray:
    """Return smooth noise, 0 … 1 with every value equally likely at a node, of a grain of `scale` cells."""
    nodes = tuple(max(int(np.ceil(n / scale)) + 1, 2) for n in shape)
    field = cv2.resize(rng.random(nodes, np.float32), shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.clip(field, 0, 1)
