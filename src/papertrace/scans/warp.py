"""The geometric artifacts: each is a homography, and all of them are one warp.

Coordinates are OpenCV pixels (`papertrace.geometry`): an image of width w reaches from -0.5 to w - 0.5.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

Size = tuple[int, int]
"""Width and height in pixels."""


def corners(size: Size) -> np.ndarray:
    """Return the outer corners of an image, shape (4, 2): upper left, upper right, lower right, lower left."""
    width, height = size
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], float) - 0.5


def rotation(size: Size, degrees: float) -> np.ndarray:
    """Return the homography that turns an image about its middle, clockwise as seen, shape (3, 3)."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    middle_x, middle_y = (np.asarray(size, float) - 1) / 2
    turn = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1.0]])
    return translation(middle_x, middle_y) @ turn @ translation(-middle_x, -middle_y)


def perspective(size: Size, shifts: Sequence[Sequence[float]]) -> np.ndarray:
    """Return the homography that moves each corner by a share of the image's width and height.

    Parameters
    ----------
    size : tuple of int
        Width and height in pixels.
    shifts : array_like, shape (4, 2)
        Of the corners in the order of `corners`; (0.01, 0) moves one to the right by a hundredth of the width.
    """
    before = corners(size)
    after = before + np.asarray(shifts, float) * np.asarray(size, float)
    # Eight equations for the eight free entries of the matrix (Hartley & Zisserman 2003, section 4.1).
    rows, values = [], []
    for (x, y), (u, v) in zip(before, after, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return np.append(np.linalg.solve(np.array(rows), np.array(values)), 1.0).reshape(3, 3)


def translation(dx: float, dy: float) -> np.ndarray:
    """Return the homography of a shift in pixels, shape (3, 3)."""
    return np.array([[1.0, 0, dx], [0, 1.0, dy], [0, 0, 1.0]])


def fit_canvas(matrix: np.ndarray, size: Size) -> tuple[np.ndarray, Size]:
    """Return the homography shifted so that the whole warped image is on a canvas, and the canvas's size."""
    seen = project(matrix, corners(size))
    low, high = np.floor(seen.min(axis=0) + 0.5), np.ceil(seen.max(axis=0) + 0.5)
    width, height = (high - low).astype(int)
    return translation(-low[0], -low[1]) @ matrix, (int(width), int(height))


def project(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Map points, shape (n, 2)."""
    homogeneous = points @ matrix[:, :2].T + matrix[:, 2]
    return homogeneous[:, :2] / homogeneous[:, 2:]


def warp(image: np.ndarray, matrix: np.ndarray, size: Size, desk: Sequence[int]) -> np.ndarray:
    """Resample an image under a homography (cubic); what lies beside the sheet takes the desk's colour.

    A shift by whole pixels moves them and interpolates nothing.
    """
    shift = matrix[:2, 2] / matrix[2, 2]
    if np.allclose(matrix / matrix[2, 2], translation(*shift), atol=1e-12) and np.allclose(shift, np.rint(shift)):
        dx, dy = (int(value) for value in np.rint(shift))
        height, width = image.shape[:2]
        if dx <= 0 and dy <= 0 and size[0] - dx <= width and size[1] - dy <= height:
            return image[-dy : size[1] - dy, -dx : size[0] - dx].copy()
    return cv2.warpPerspective(
        image, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT, borderValue=[float(c) for c in desk]
    )
