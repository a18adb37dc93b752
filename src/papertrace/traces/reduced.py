"""Images made smaller by whole factors, and where their pixels were."""

from __future__ import annotations

import cv2
import numpy as np

_LINES = 32  # so few that what is done to them stays in the processor's cache


def reduction(shape: tuple[int, ...], max_pixels: int) -> int:
    """Return the whole factor by which an image of this shape is to be reduced to have at most `max_pixels`."""
    return max(1, int(np.ceil(np.sqrt(shape[0] * shape[1] / max_pixels))))


def reduce_image(image: np.ndarray, factor: int) -> np.ndarray:
    """Average squares of `factor` px; what is left over at the right and lower edge is dropped."""
    if factor == 1:
        return image
    h, w = image.shape[0] // factor, image.shape[1] // factor
    return cv2.resize(image[: h * factor, : w * factor], (w, h), interpolation=cv2.INTER_AREA)


def mixed(image: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return a weighted sum of an image's channels.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w, 3)
        Blue, green, red.
    weights : ndarray, shape (1, 4)
        Of the channels, and what is added.

    Returns
    -------
    ndarray of float32, shape (h, w)
    """
    total = np.empty(image.shape[:2], np.float32)
    for top in range(0, len(image), _LINES):
        lines = slice(top, top + _LINES)
        cv2.transform(image[lines].astype(np.float32), weights, dst=total[lines])
    return total


def upscaling(factor: float) -> np.ndarray:
    """Return the map from pixels of `reduce_image`'s result to pixels of its argument, shape (3, 3)."""
    return np.array([[factor, 0, (factor - 1) / 2], [0, factor, (factor - 1) / 2], [0, 0, 1.0]])
