"""Millimetres on the page, pixels in the image, and the one map between them.

A page is laid out in *grid millimetres*: 1 mm is one small box of the grid, x to the right and y down,
(0, 0) the upper left corner of the paper. Pixels follow OpenCV: integer coordinates are pixel centres,
so the upper left corner of the image is (-0.5, -0.5).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class PixelMap:
    """The map from page millimetres to image pixels of a page or scan.

    Attributes
    ----------
    matrix : ndarray, shape (3, 3)
        Homography from (x_mm, y_mm, 1) to (x_px, y_px, 1) up to scale.
    """

    matrix: np.ndarray

    @classmethod
    def of_page(cls, px_per_mm: float) -> PixelMap:
        """Return the map of a clean page: a scale and the half-pixel of the pixel-centre convention."""
        return cls(np.array([[px_per_mm, 0.0, -0.5], [0.0, px_per_mm, -0.5], [0.0, 0.0, 1.0]]))

    def then(self, matrix: np.ndarray) -> PixelMap:
        """Return this map followed by a homography from pixels to pixels."""
        composed = np.asarray(matrix, float) @ self.matrix
        return PixelMap(composed / composed[2, 2])

    def apply(self, points_mm: np.ndarray) -> np.ndarray:
        """Map points, shape (n, 2) in mm, to pixels, shape (n, 2)."""
        return _project(self.matrix, points_mm)

    def inverse(self, points_px: np.ndarray) -> np.ndarray:
        """Map points, shape (n, 2) in pixels, to mm, shape (n, 2)."""
        return _project(np.linalg.inv(self.matrix), points_px)

    def to_list(self) -> list[float]:
        """Return the nine numbers, row by row, as they are stored in tables."""
        return [float(value) for value in self.matrix.ravel()]

    @classmethod
    def from_list(cls, values: list[float]) -> PixelMap:
        """Read back what `to_list` wrote."""
        return cls(np.asarray(values, float).reshape(3, 3))


def _project(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    points = np.asarray(points, float)
    homogeneous = points @ matrix[:, :2].T + matrix[:, 2]
    return homogeneous[:, :2] / homogeneous[:, 2:3]
