"""Images made smaller by whole factors, and where their pixels were."""

from __future__ import annotations

import cv2
import numpy as np


def reduction(shape: tuple[int, ...], max_pixels: int) -> int:
    """Return the whole factor by which an image of this shape is to be reduced to have at most `max_pixels`."""
    return max(1, int(np.ceil(np.sqrt(shape[0] * shape[1] / max_pixels))))


def reduce_image(image: np.ndarray, factor: int) -> np.ndarray:
    """Average squares of `factor` px; what is left over at the right and lower edge is dropped."""
    if factor == 1:
        return image
    h, w = image.shape[0] // factor, image.shape[1] // factor
    return cv2.resize(image[: h * factor, : w * factor], (w, h), interpolation=cv2.INTER_AREA)


def upscaling(factor: int) -> np.ndarray:
    """Return the map from pixels of `reduce_image`'s result to pixels of its argument, shape (3, 3)."""
    return np.array([[factor, 0, (factor - 1) / 2], [0, factor, (factor - 1) / 2], [0, 0, 1.0]])
