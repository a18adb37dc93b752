"""All geometric artifacts of a recipe, composed into the one map from the page to the scan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from papertrace.geometry import Displacement, PixelMap
from papertrace.scans.bend import SURFACES, displace
from papertrace.scans.warp import (
    Pixels,
    Size,
    carriage,
    corners,
    fit_canvas,
    lens,
    outline,
    perspective,
    project,
    rotation,
)

_SPACING_MM, _FOLD_SPACING_MM = 6.0, 3.0  # of a field's nodes; folds turn within a few mm
_BEYOND = 3  # nodes: where the field's outer slopes end must not be seen at the sheet's edge
_STEPS_A_MM = 2**12  # displacements are whole multiples of 0.24 um, which float32 holds exactly

GEOMETRY = (*SURFACES, "rotation", "perspective", "partial_page", "lens", "anisotropic_dpi", "crop")
"""Artifacts that move what is on the page."""

BENDING = (*SURFACES, "lens", "anisotropic_dpi")
"""Artifacts whose map is no homography."""


@dataclass(frozen=True)
class Composed:
    """The map of a recipe.

    Attributes
    ----------
    matrix : ndarray, shape (3, 3)
        Homography from page pixels to scan pixels.
    size : tuple of int
        The scan's width and height in pixels.
    displacement : Displacement or None
        Of the page's points in mm, before the homography; None where nothing bends.
    """

    matrix: np.ndarray
    size: Size
    displacement: Displacement | None

    def map(self, px_per_mm: float) -> PixelMap:
        """Return the map from the millimetres of a page of a scale to the scan's pixels."""
        return replace(PixelMap.of_page(px_per_mm).then(self.matrix), displacement=self.displacement)

    def displacement_px(self, px_per_mm: float) -> Displacement | None:
        """Return the displacement in the pixels of a page of a scale."""
        return None if self.displacement is None else self.displacement.scaled(px_per_mm, -0.5)


def compose(recipe: list[dict], size: Size, px_per_mm: float) -> Composed:
    """Return the one map of a recipe.

    What bends the sheet comes first, whatever its place in the recipe; the other artifacts follow one another as they
    stand there.

    Parameters
    ----------
    recipe : list of dict
        See `papertrace.scans.recipe.draw_recipe`; what is not geometric is passed over.
    size : tuple of int
        The page's width and height in pixels.
    px_per_mm : float
        The page's scale.
    """
    bends = [item for item in recipe if item["artifact"] in SURFACES]

    def bend(points_mm: np.ndarray) -> np.ndarray:
        for item in bends:
            points_mm = displace(item, (size[0] / px_per_mm, size[1] / px_per_mm), points_mm)
        return points_mm

    def bend_px(points: np.ndarray) -> np.ndarray:
        return bend((points + 0.5) / px_per_mm) * px_per_mm - 0.5

    bent = any(item["artifact"] in BENDING for item in recipe)
    view = _View(size, px_per_mm, outline(corners(size)) if bent else corners(size))
    if bends:
        view.move(bend_px)
    for item in recipe:
        view.add(item)
    view.fit()
    matrix = view.homography()
    spacing = _FOLD_SPACING_MM if any(item["artifact"] == "folds" for item in bends) else _SPACING_MM
    displacement = _sample(view, matrix, size, px_per_mm, spacing) if bent else None
    return Composed(matrix / matrix[2, 2], view.size, displacement)


class _View:
    """What is in view while one artifact comes after another.

    Homographies are gathered in `matrix` until a function of pixels comes between them. The steps so far, and then
    `matrix`, lead from page pixels to those of the view.
    """

    def __init__(self, size: Size, px_per_mm: float, border: np.ndarray):
        self.size = size
        self.scale = px_per_mm
        self.border = border  # of what must be on the canvas, before `matrix`
        self.steps: list[np.ndarray | Pixels] = []
        self.matrix = np.eye(3)
        self.fits = False

    def add(self, item: Mapping[str, Any]) -> None:
        match item["artifact"]:
            case "rotation":
                self.turn(rotation(self.size, item["degrees"]))
            case "perspective":
                self.turn(perspective(self.size, item["shifts"]))
            case "partial_page":
                self.fit()
                shares = np.array(item["shares"]) * [*self.size, *self.size]
                self.cut(*(int(pixels) for pixels in shares))
            case "lens":
                self.fit()
                self.move(lens(self.size, item["k1"], item["k2"]))
            case "anisotropic_dpi":
                self.turn(np.diag([1.0, 1 + item["stretch"], 1.0]))
                self.fit()
                waves = item["waves"]
                self.move(
                    carriage([(w["amplitude_mm"] * self.scale, w["period_mm"] * self.scale, w["phase"]) for w in waves])
                )
            case "crop":
                self.cut(*item["pixels"])
            case "background":
                self.cut(*(-margin for margin in item["margins"]))

    def turn(self, matrix: np.ndarray) -> None:
        self.matrix, self.fits = matrix @ self.matrix, False

    def move(self, function: Pixels) -> None:
        self._flush()
        self.steps.append(function)
        self.border, self.fits = function(self.border), False

    def cut(self, left: int, top: int, right: int, bottom: int) -> None:
        self.fit()
        self.matrix[:2] -= np.outer([left, top], self.matrix[2])
        self._flush()
        self.size = (self.size[0] - left - right, self.size[1] - top - bottom)
        self.border = outline(corners(self.size))

    def fit(self) -> None:
        """Move the view, and make it so large, that all of the border is in it."""
        if not self.fits:
            self.matrix, self.size = fit_canvas(self.matrix, self.border)
            self.fits = True

    def homography(self) -> np.ndarray:
        """Return all homographies, one after another."""
        whole = np.eye(3)
        for step in [*self.steps, self.matrix]:
            whole = whole if callable(step) else step @ whole
        return whole

    def follow(self, points: np.ndarray) -> np.ndarray:
        """Map points, shape (n, 2), of the page to the view."""
        for step in [*self.steps, self.matrix]:
            points = step(points) if callable(step) else project(step, points)
        return points

    def _flush(self) -> None:
        self.steps.append(self.matrix)
        self.border, self.matrix = project(self.matrix, self.border), np.eye(3)


def _sample(view: _View, matrix: np.ndarray, size: Size, px_per_mm: float, spacing: float) -> Displacement:
    """Return what a homography lacks of the way from the page to the view, at nodes that reach beyond the sheet."""
    columns, rows = (int(np.ceil(extent / px_per_mm / spacing)) + 1 + 2 * _BEYOND for extent in size)
    axes = (spacing * (np.arange(n) - float(_BEYOND)) for n in (columns, rows))
    nodes_mm = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    seen = view.follow(nodes_mm * px_per_mm - 0.5)
    values = (project(np.linalg.inv(matrix), seen) + 0.5) / px_per_mm - nodes_mm
    values = np.round(values * _STEPS_A_MM) / _STEPS_A_MM
    first = -_BEYOND * spacing
    return Displacement((first, first), spacing, values.reshape(rows, columns, 2))
