"""Millimetres on the page, pixels in the image, and the one map between them.

A page is laid out in *grid millimetres*: 1 mm is one small box of the grid, x to the right and y down,
(0, 0) the upper left corner of the paper. Pixels follow OpenCV: integer coordinates are pixel centres,
so the upper left corner of the image is (-0.5, -0.5).

What is flat has a homography for a map. A sheet that curls, or a lens that bends, adds a smooth displacement of the
page's points, which comes first: p mm → p + D(p) mm → homography → px.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

Size = tuple[int, int]
"""Width and height of an image in pixels."""

_STEPS = 50
_NEAR = 5e-3  # of the spacing: a last step of that length leaves an error of some 1e-5 mm, as steps shrink by squares
_LONGEST_STEP = 8.0  # in spacings


def in_image(points_px: np.ndarray, size: Size) -> np.ndarray:
    """Return which points, shape (n, 2), lie in an image; its edge counts, to 1e-6 px."""
    return ((points_px >= -0.5 - 1e-6) & (points_px <= np.subtract(size, 0.5) + 1e-6)).all(axis=1)


def at_pixels(image: np.ndarray, points_px: np.ndarray) -> np.ndarray:
    """Return an image's values at the pixels that points, shape (n, 2), lie in; at its edge those beyond it."""
    last = np.subtract(image.shape[1::-1], 1)
    column, row = np.clip(np.rint(np.nan_to_num(points_px)), 0, last).astype(int).T
    return image[row, column]


@dataclass(frozen=True)
class Displacement:
    """A smooth field of displacements, given at the nodes of a square lattice.

    Between the nodes it is Catmull and Rom's cubic (Keys 1981, IEEE Trans. ASSP 29, a = -1/2), so it passes through
    the values and its slopes are continuous; beyond the outermost nodes their values go on.

    Attributes
    ----------
    origin : tuple of float
        x and y of the first node.
    spacing : float
        From node to node, in the same unit.
    values : ndarray, float64, shape (rows, columns, 2)
        What is added to x and y at each node, in the same unit; numbers that float32 holds exactly where the unit is
        the page's millimetre, so that a table gives back the field that was used.
    """

    origin: tuple[float, float]
    spacing: float
    values: np.ndarray
    _padded: np.ndarray = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        padded = np.pad(self.values, ((2, 2), (2, 2), (0, 0)), mode="edge")
        object.__setattr__(self, "_padded", np.ascontiguousarray(np.moveaxis(padded, 2, 0)))

    def at(self, points: np.ndarray) -> np.ndarray:
        """Return the displacement of points, shape (n, 2); NaN where a point is."""
        return self._interpolate(points, slopes=False)[0]

    def with_slopes(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the displacement of points, shape (n, 2), and its derivatives after x and after y, of that shape."""
        return self._interpolate(points, slopes=True)

    def undo(self, moved: np.ndarray, start: np.ndarray | None = None) -> np.ndarray:
        """Return the points, shape (n, 2), that the displacement moves to `moved` (Newton's method); NaN where NaN is.

        Parameters
        ----------
        moved : ndarray, shape (n, 2)
            Points plus their displacement.
        start : ndarray, shape (n, 2), optional
            Where the points may be; a good guess saves time.

        Raises
        ------
        ArithmeticError
            Some have no one place, as the displacement folds over.
        """
        # Nothing is displaced by more than this: a guess from farther off (near a horizon) is none. Cubics overshoot.
        farthest = 1.5 * np.abs(self.values).max(initial=0.0)
        found = moved.copy() if start is None else np.clip(start, moved - farthest, moved + farthest)
        left = np.flatnonzero(np.isfinite(moved).all(axis=1))
        for _ in range(_STEPS):
            added, after_x, after_y = self.with_slopes(found[left])
            (a, c), (b, d) = after_x.T, after_y.T
            a, d = a + 1, d + 1
            x, y = (moved[left] - found[left] - added).T
            step = np.stack([d * x - b * y, a * y - c * x], axis=1) / (a * d - b * c)[:, None]
            length = np.hypot(*step.T)
            found[left] += step * np.minimum(1, _LONGEST_STEP * self.spacing / np.maximum(length, 1e-300))[:, None]
            left = left[length > _NEAR * self.spacing]
            if len(left) == 0:
                return found
        raise ArithmeticError(f"{len(left)} points have no one place on the page: its displacement folds it over")

    def scaled(self, factor: float, shift: float) -> Displacement:
        """Return this field in another unit: `factor` of the new ones make an old one, and its zero lies at `shift`."""
        x, y = self.origin
        return Displacement((factor * x + shift, factor * y + shift), factor * self.spacing, factor * self.values)

    def to_row(self) -> dict[str, Any]:
        """Return the field as it is stored in tables (`papertrace.tables.DISPLACEMENT`)."""
        rows, columns = self.values.shape[:2]
        return {
            "x_mm": self.origin[0],
            "y_mm": self.origin[1],
            "spacing_mm": self.spacing,
            "rows": rows,
            "columns": columns,
            "values_mm": self.values.astype(np.float32).ravel(),
        }

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Displacement:
        """Read back what `to_row` wrote."""
        values = np.asarray(row["values_mm"], np.float32).astype(float)
        origin = (float(row["x_mm"]), float(row["y_mm"]))
        return cls(origin, float(row["spacing_mm"]), values.reshape(row["rows"], row["columns"], 2))

    def _interpolate(self, points: np.ndarray, slopes: bool) -> tuple[np.ndarray, ...]:
        known = np.isfinite(points).all(axis=1)
        places = (np.where(known[:, None], points, 0.0) - self.origin) / self.spacing
        rows, columns = self.values.shape[:2]
        # Beyond one spacing outside all sixteen neighbours are the same.
        places = np.clip(places, -1.0, [columns, rows])
        cells = np.minimum(np.floor(places).astype(np.intp), [columns - 1, rows - 1])
        u, v = (places - cells).T
        # Cell 0 starts at padded node 2, so its first neighbour is padded node 1.
        width = self._padded.shape[2]
        first = (cells[:, 1] + 1) * width + cells[:, 0] + 1
        neighbours = (np.arange(4)[:, None] * width + np.arange(4))[:, :, None] + first
        near = np.take(self._padded.reshape(2, -1), neighbours, axis=1)
        across, down = cubic_weights(u), cubic_weights(v)
        along = np.einsum("cijn,jn->cin", near, across)
        found = [np.einsum("cin,in->nc", along, down)]
        if slopes:
            steep = np.einsum("cijn,jn->cin", near, _slope_weights(u))
            found.append(np.einsum("cin,in->nc", steep, down) / self.spacing)
            found.append(np.einsum("cin,in->nc", along, _slope_weights(v)) / self.spacing)
        for value in found:
            value[~known] = np.nan
        return tuple(found)


def cubic_weights(t: np.ndarray) -> np.ndarray:
    """Return the weights of four neighbours at shares t of the way from the second to the third, shape (4, n)."""
    tt = t * t
    ttt = tt * t
    return 0.5 * np.stack([2 * tt - t - ttt, 2 - 5 * tt + 3 * ttt, t + 4 * tt - 3 * ttt, ttt - tt])


def _slope_weights(t: np.ndarray) -> np.ndarray:
    tt = t * t
    return 0.5 * np.stack([4 * t - 1 - 3 * tt, 9 * tt - 10 * t, 1 + 8 * t - 9 * tt, 3 * tt - 2 * t])


@dataclass(frozen=True)
class PixelMap:
    """The map from page millimetres to image pixels of a page or scan.

    Attributes
    ----------
    matrix : ndarray, shape (3, 3)
        Homography from (x_mm, y_mm, 1) to (x_px, y_px, 1) up to scale.
    displacement : Displacement or None
        In mm, of the page's points, before the homography; None where the sheet is flat and the lens true.
    """

    matrix: np.ndarray
    displacement: Displacement | None = None

    @classmethod
    def of_page(cls, px_per_mm: float) -> PixelMap:
        """Return the map of a clean page: a scale and the half-pixel of the pixel-centre convention."""
        return cls(np.array([[px_per_mm, 0.0, -0.5], [0.0, px_per_mm, -0.5], [0.0, 0.0, 1.0]]))

    def then(self, matrix: np.ndarray) -> PixelMap:
        """Return this map followed by a homography from pixels to pixels."""
        composed = np.asarray(matrix, float) @ self.matrix
        return replace(self, matrix=composed / composed[2, 2])

    def apply(self, points_mm: np.ndarray) -> np.ndarray:
        """Map points, shape (n, 2) in mm, to pixels, shape (n, 2)."""
        points_mm = np.asarray(points_mm, float)
        if self.displacement is not None:
            points_mm = points_mm + self.displacement.at(points_mm)
        return _project(self.matrix, points_mm)

    def inverse(self, points_px: np.ndarray) -> np.ndarray:
        """Map points, shape (n, 2) in pixels, to mm, shape (n, 2); NaN where a point is.

        Raises
        ------
        ArithmeticError
            The displacement folds the page over, so that a pixel has no one place on it.
        """
        flat = _project(np.linalg.inv(self.matrix), points_px)
        return flat if self.displacement is None else self.displacement.undo(flat)

    def to_list(self) -> list[float]:
        """Return the homography's nine numbers, row by row, as they are stored in tables."""
        return [float(value) for value in self.matrix.ravel()]

    @classmethod
    def from_list(cls, values: list[float]) -> PixelMap:
        """Read back what `to_list` wrote: a map without displacement."""
        return cls(np.asarray(values, float).reshape(3, 3))

    def to_row(self) -> dict[str, Any]:
        """Return the columns ``mm_to_px`` and ``displacement`` of a scan's row."""
        return {
            "mm_to_px": self.to_list(),
            "displacement": None if self.displacement is None else self.displacement.to_row(),
        }

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> PixelMap:
        """Read the map of a scan's row; what `to_row` wrote reads back exactly."""
        stored = row.get("displacement")  # tables of earlier versions have none
        displacement = None if stored is None else Displacement.from_row(stored)
        return replace(cls.from_list(row["mm_to_px"]), displacement=displacement)


def _project(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    points = np.asarray(points, float)
    homogeneous = points @ matrix[:, :2].T + matrix[:, 2]
    return homogeneous[:, :2] / homogeneous[:, 2:3]
