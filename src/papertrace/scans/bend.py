"""Sheets that do not lie flat: where their points are in space, what a camera sees of them, how light falls on them.

Everything starts from the one surface, so that displacement and shading of a bend agree. A surface is given by the
places of the sheet's points, shape (..., 3) in mm: x and y as on the page, z towards the camera, 0 at the sheet's mean
height. Paper bends and does not stretch, so curled surfaces keep lengths exactly. `risen` makes a surface of any field
of heights whose slopes are small (wrinkles).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from papertrace.scans.shading import cloud, shade
from papertrace.seeds import generator

Surface = Callable[[np.ndarray], np.ndarray]
"""Maps a sheet's points, shape (..., 2) in mm, to their places in space, shape (..., 3) in mm."""

Size = tuple[float, float]
"""Width and height of a sheet in mm."""

_LEAST_GAIN = 0.02  # no paper is black, however it is turned
_BEYOND_MM = 30.0  # how far beyond the sheet folds go on
_FOLD_STEP_MM = 0.25
_CELL_MM = 1.0
_FIBRES = 246.0  # grey level
_DIRT = 0.3  # share of the light that it takes at most


@dataclass(frozen=True)
class Light:
    """Light from far away, and what comes from all around.

    Attributes
    ----------
    degrees : float
        Where on the page it comes from; 0 from the right, 90 from below.
    elevation : float
        Its height above the page's plane in degrees.
    ambient : float
        Share of the flat sheet's light that comes from all around.
    """

    degrees: float
    elevation: float
    ambient: float


def cone(points: np.ndarray, degrees: float, vertex_mm: Sequence[float], radius_mm: float, apex_mm: float | None):
    """Roll a sheet up on a cone or a cylinder; exact, without stretch.

    Parameters
    ----------
    points : ndarray, shape (..., 2)
        Points of the flat sheet in mm.
    degrees : float
        Direction of the one straight line along which the sheet does not turn; 0 to the right, 90 downwards.
    vertex_mm : sequence of float
        A point of that line.
    radius_mm : float
        Radius of curvature there. Positive: a valley, its sides rise; negative: a hump, its sides fall.
    apex_mm : float or None
        From the vertex back to the cone's apex, where the curvature grows without end; None is a cylinder.

    Returns
    -------
    ndarray, shape (..., 3)
        z is 0 on the straight line.
    """
    angle = math.radians(degrees)
    along_axis = np.array([math.cos(angle), math.sin(angle)])
    across_axis = np.array([-along_axis[1], along_axis[0]])
    from_vertex = points - np.asarray(vertex_mm, float)
    along, across = from_vertex @ along_axis, from_vertex @ across_axis
    if apex_mm is None:
        turned = across / abs(radius_mm)
        seen_along, seen_across, depth = along, abs(radius_mm) * np.sin(turned), abs(radius_mm) * (1 - np.cos(turned))
    else:
        # Unrolled, a cone is polar coordinates about its apex; of half-angle a, tan a = radius / apex distance.
        half = math.atan2(abs(radius_mm), apex_mm)
        sine, cosine = math.sin(half), math.cos(half)
        ray = np.hypot(apex_mm + along, across)
        turned = np.arctan2(across, apex_mm + along) / sine
        seen_along = ray * (sine**2 * np.cos(turned) + cosine**2) - apex_mm
        seen_across = ray * sine * np.sin(turned)
        depth = ray * sine * cosine * (1 - np.cos(turned))
    flat = np.asarray(vertex_mm, float) + seen_along[..., None] * along_axis + seen_across[..., None] * across_axis
    return np.concatenate([flat, math.copysign(1, radius_mm) * depth[..., None]], axis=-1)


def folded(points: np.ndarray, families: Sequence[Mapping[str, Any]], size: Size) -> np.ndarray:
    """Fold a sheet along straight lines and let it spring open again.

    Lengths across the lines of one family are kept exactly. Where two families cross, their heights and what each
    draws in are added, which is right as far as the angles are small.

    Parameters
    ----------
    points : ndarray, shape (..., 2)
        Points of the flat sheet in mm.
    families : sequence of dict
        Parallel lines: ``degrees`` of their normal and ``lines``, each with ``offset_mm`` from the page's upper left
        corner along the normal, ``angle_degrees`` between the sheet's two sides (0 is flat, positive a valley) and
        ``width_mm``, the distance over which most of the turn happens.
    size : tuple of float
        The sheet's width and height in mm.

    Returns
    -------
    ndarray, shape (..., 3)
        z is the same at the two ends of the sheet along each family's normal.
    """
    places = risen(points, np.zeros(points.shape[:-1]))
    for family in families:
        angle = math.radians(family["degrees"])
        normal = np.array([math.cos(angle), math.sin(angle)])
        ends = np.array([[x, y] for x in (0, size[0]) for y in (0, size[1])]) @ normal
        along = np.arange(ends.min() - _BEYOND_MM, ends.max() + _BEYOND_MM, _FOLD_STEP_MM)
        slope = np.zeros(len(along))
        for line in family["lines"]:
            turn = np.tanh((along - line["offset_mm"]) / (0.5 * line["width_mm"]))
            slope += 0.5 * math.radians(line["angle_degrees"]) * turn
        on_sheet = (along >= ends.min()) & (along <= ends.max())
        slope -= slope[on_sheet].mean()
        flat, height = (np.cumsum(part) * _FOLD_STEP_MM for part in (np.cos(slope) - 1, np.sin(slope)))
        flat -= flat[len(flat) // 2]
        where = points @ normal
        places[..., :2] += np.interp(where, along, flat)[..., None] * normal
        places[..., 2] += np.interp(where, along, height)
    return places


def risen(points: np.ndarray, heights: np.ndarray) -> np.ndarray:
    """Lift each point of a sheet straight up: for heights whose slopes are small, as of wrinkles.

    Parameters
    ----------
    points : ndarray, shape (..., 2)
        Points of the flat sheet in mm.
    heights : ndarray, shape (...)
        Their heights in mm.
    """
    return np.concatenate([points, heights[..., None]], axis=-1)


def seen_from(places: np.ndarray, centre_mm: Sequence[float], distance_mm: float) -> np.ndarray:
    """Return where a camera sees places in space, shape (..., 2) in mm of the plane z = 0.

    Parameters
    ----------
    places : ndarray, shape (..., 3)
        In mm.
    centre_mm : sequence of float
        The point of that plane straight below the camera.
    distance_mm : float
        The camera's height above that plane.
    """
    centre = np.asarray(centre_mm, float)
    nearer = distance_mm / (distance_mm - places[..., 2:])
    return centre + (places[..., :2] - centre) * nearer


def shading(surface: Surface, size: Size, light: Light, pitch_mm: float = _CELL_MM) -> np.ndarray:
    """Return the light on each part of a sheet, by Lambert's cosine law; 1 is the brightest part, as cameras expose.

    A sheet's own shadow, and light from one part of it to another, are not considered.

    Parameters
    ----------
    surface : callable
        See `Surface`.
    size : tuple of float
        The sheet's width and height in mm.
    light : Light
        Where the light comes from.
    pitch_mm : float
        How fine the field is.

    Returns
    -------
    ndarray, float32, shape (m, n)
        Gains, of cells that fill the sheet.
    """
    x, y = (np.linspace(0, extent, max(round(extent / pitch_mm), 2) + 1) for extent in size)
    places = surface(np.stack(np.meshgrid(x, y), axis=-1))
    # The cells' diagonals span their tangent planes.
    normal = np.cross(places[1:, 1:] - places[:-1, :-1], places[1:, :-1] - places[:-1, 1:])
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    azimuth, elevation = math.radians(light.degrees), math.radians(light.elevation)
    towards = [math.cos(azimuth) * math.cos(elevation), math.sin(azimuth) * math.cos(elevation), math.sin(elevation)]
    direct = np.maximum(normal @ towards, 0) / math.sin(elevation)
    gain = light.ambient + (1 - light.ambient) * direct
    return np.maximum(gain / gain.max(), _LEAST_GAIN).astype(np.float32)


def least_area(surface: Surface, size: Size, distance_mm: float) -> float:
    """Return how much of its flat area the most foreshortened part of a sheet has left, seen from above its middle.

    Below zero the sheet hides a part of itself.
    """
    x, y = (np.linspace(-2, extent + 2, 60) for extent in size)
    flat = np.stack(np.meshgrid(x, y), axis=-1)
    seen = seen_from(surface(flat), (size[0] / 2, size[1] / 2), distance_mm)
    a, b = seen[1:, 1:] - seen[:-1, :-1], seen[1:, :-1] - seen[:-1, 1:]
    area = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    return float(area.min() / (2 * (x[1] - x[0]) * (y[1] - y[0])))


def page_curl(item: Mapping[str, Any], size: Size) -> Surface:
    """Return the surface of a curled sheet; the keys are the arguments of `cone`."""

    def surface(points: np.ndarray) -> np.ndarray:
        return cone(points, item["degrees"], item["vertex_mm"], item["radius_mm"], item["apex_mm"])

    return level(surface, size)


def folds(item: Mapping[str, Any], size: Size) -> Surface:
    """Return the surface of a folded sheet; ``families`` is that of `folded`."""

    def surface(points: np.ndarray) -> np.ndarray:
        return folded(points, item["families"], size)

    return level(surface, size)


def level(surface: Surface, size: Size) -> Surface:
    """Return a surface moved up or down until the sheet's mean height is 0."""
    x, y = (np.linspace(0, extent, 40) for extent in size)
    mean = float(surface(np.stack(np.meshgrid(x, y), axis=-1))[..., 2].mean())

    def levelled(points: np.ndarray) -> np.ndarray:
        return surface(points) - [0, 0, mean]

    return levelled


SURFACES: dict[str, Callable[[Mapping[str, Any], Size], Surface]] = {"page_curl": page_curl, "folds": folds}
"""The artifacts that bend the sheet: of an item of the recipe and the sheet's size, its surface.

Such an item has beside its own keys ``distance_mm`` of the camera and ``light``, the arguments of `Light`.
"""


def displace(item: Mapping[str, Any], size: Size, points: np.ndarray) -> np.ndarray:
    """Return where the camera sees points, shape (..., 2) in mm, of a sheet that an item of a recipe bends."""
    surface = SURFACES[item["artifact"]](item, size)
    return seen_from(surface(points), (size[0] / 2, size[1] / 2), item["distance_mm"])


def lit(image: np.ndarray, px_per_mm: float, item: Mapping[str, Any]) -> np.ndarray:
    """Shade the image of a flat page, uint8, shape (h, w, 3), as the bend of an item of a recipe does."""
    size = (image.shape[1] / px_per_mm, image.shape[0] / px_per_mm)
    return shade(image, shading(SURFACES[item["artifact"]](item, size), size, Light(**item["light"])))


def worn(image: np.ndarray, px_per_mm: float, families: Sequence[Mapping[str, Any]], seed: int) -> np.ndarray:
    """Wear a sheet along its folds: in places ink and coating crack off and white fibres show, in others dirt stays.

    Parameters
    ----------
    image : ndarray, uint8, shape (h, w, 3)
        The page; a new image is returned.
    px_per_mm : float
        Its scale.
    families : sequence of dict
        See `folded`; its lines have ``worn`` too, the share of the way to white where most is lost, and ``worn_mm``,
        how broad that is.
    seed : int
        Of the places.
    """
    image, rng = image.copy(), generator(seed)
    for family in families:
        angle = math.radians(family["degrees"])
        cosine, sine = math.cos(angle), math.sin(angle)
        upright = abs(cosine) >= abs(sine)
        # Transposed, so that the line goes down: one stretch of each row is near it.
        view = image if upright else image.transpose(1, 0, 2)
        across, down = (cosine, sine) if upright else (sine, cosine)
        for line in family["lines"]:
            half = 0.5 * line["worn_mm"] * px_per_mm
            rows = np.arange(view.shape[0])
            middle = (line["offset_mm"] * px_per_mm - 0.5 * (across + down) - rows * down) / across
            middle = middle + half * (cloud((len(rows), 1), 1.2 * px_per_mm, rng)[:, 0] - 0.5)
            reach = np.arange(-math.ceil(2 * half + 1), math.ceil(2 * half + 1) + 1)
            columns = np.rint(middle).astype(int)[:, None] + reach
            places = np.broadcast_to(rows[:, None], columns.shape)
            inside = (columns >= 0) & (columns < view.shape[1])
            near = np.clip(half + 0.5 - np.abs((columns - middle[:, None]) * across), 0, 1)
            patches = cloud((len(rows), 1), 2.5 * px_per_mm, rng)
            at, near = (places[inside], columns[inside]), line["worn"] * near
            part = view[at].astype(float)
            part += (near * np.clip(3 * patches - 1, 0, 1))[inside][:, None] * (_FIBRES - part)
            part *= 1 - _DIRT * (near * np.clip(2 - 3 * patches, 0, 1))[inside][:, None]
            view[at] = np.rint(part).astype(np.uint8)
    return image
