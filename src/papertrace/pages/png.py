"""PNG files of pages: small, quick, and the same bytes on every run."""

from __future__ import annotations

import cv2
import numpy as np

# A grid repeats from row to row, so the difference to the row above is nearly all zeros: half the time of letting
# the encoder choose a filter for every row, and smaller.
_PARAMETERS = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP]


def encode_png(image: np.ndarray) -> bytes:
    """Return the PNG bytes of an image, uint8, shape (h, w) or (h, w, 3) in blue, green, red."""
    done, data = cv2.imencode(".png", image, _PARAMETERS)
    if not done:
        raise ValueError(f"an image of shape {image.shape} cannot be written as PNG")
    return data.tobytes()
