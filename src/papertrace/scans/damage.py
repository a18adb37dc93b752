"""What life does to a sheet: stains, mould, punch holes, staples, torn corners."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

from papertrace.scans.items import Blot, Colony, Colour, Point, TornCorner, Wire
from papertrace.scans.shading import cloud, mm_cells, shade
from papertrace.seeds import generator

_CELLS_PER_MM = 2.0
_OUTLINE_STEPS = 2048  # of a stain's outline, once around
_SPOT_MM = 4.0  # radius of the largest spot of mould
_FINE = 4  # bits of a fraction of a pixel in OpenCV's drawing


def stains(image: np.ndarray, px_per_mm: float, blots: Sequence[Blot]) -> np.ndarray:
    """Spill coffee, tea or water: transparent blots with an uneven outline and a darker rim.

    Parameters
    ----------
    image : ndarray, uint8, shape (h, w, 3)
        The page.
    px_per_mm : float
        Its scale.
    blots : sequence of dict
        Each with ``x_mm``, ``y_mm``, ``radius_mm``, ``colour`` (blue, green, red: the paper's where the stain is
        full), ``strength`` (share of a full stain), ``rim`` (how much stronger the edge is) and ``seed``.
    """
    shape, y, x = mm_cells(image, px_per_mm, _CELLS_PER_MM)
    gain = np.ones((*shape, 3), np.float32)
    for blot in blots:
        rng = generator(blot["seed"])
        reach = 1.7 * blot["radius_mm"] + 4
        across = slice(*np.searchsorted(x[0], [blot["x_mm"] - reach, blot["x_mm"] + reach]))
        down = slice(*np.searchsorted(y[:, 0], [blot["y_mm"] - reach, blot["y_mm"] + reach]))
        dx, dy = x[:, across] - blot["x_mm"], y[down] - blot["y_mm"]
        part = gain[down, across]
        if part.size == 0:
            continue
        turns = np.linspace(-math.pi, math.pi, _OUTLINE_STEPS + 1)
        outline = np.full(len(turns), float(blot["radius_mm"]))
        for order in range(2, 8):
            size, phase = rng.normal(0, 0.12 / order), rng.uniform(0, 2 * math.pi)
            outline *= 1 + size * np.cos(order * turns + phase)
        step = np.rint((np.arctan2(dy, dx) + np.float32(math.pi)) * np.float32(_OUTLINE_STEPS / (2 * math.pi)))
        inside = (outline.astype(np.float32)[step.astype(np.int32)] - np.hypot(dx, dy)) / max(
            0.04 * blot["radius_mm"], 0.4
        )  # in widths of the rim
        amount = 1 / (1 + np.exp(-np.clip(2 * inside, -30, 30)))
        amount *= 0.75 + 0.25 * cloud(part.shape[:2], 20, rng)
        amount *= 1 + blot["rim"] * np.exp(-0.5 * (inside - 1) ** 2)
        takes = np.float32(blot["strength"]) * (1 - np.divide(blot["colour"], 255, dtype=np.float32))
        part *= np.clip(1 - amount[..., None] * takes, 0, 1)
    return shade(image, gain)


def mould(image: np.ndarray, px_per_mm: float, colonies: Sequence[Colony]) -> np.ndarray:
    """Let mould grow: colonies of small soft spots, denser towards their middle.

    Parameters
    ----------
    image : ndarray, uint8, shape (h, w, 3)
        The page.
    px_per_mm : float
        Its scale.
    colonies : sequence of dict
        Each with ``x_mm``, ``y_mm``, ``radius_mm`` (standard deviation of its spots' places), ``spots``,
        ``colour``, ``strength`` and ``seed``.
    """
    shape, _, _ = mm_cells(image, px_per_mm, _CELLS_PER_MM)
    gain = np.ones((*shape, 3), np.float32)
    for colony in colonies:
        rng = generator(colony["seed"])
        count = int(colony["spots"])
        places = rng.normal([colony["x_mm"], colony["y_mm"]], colony["radius_mm"], (count, 2))
        radii = np.minimum(rng.lognormal(math.log(0.7), 0.6, count), _SPOT_MM)
        # Only the cells that the colony reaches.
        left, top = np.maximum(np.floor((places.min(axis=0) - _SPOT_MM - 2) * _CELLS_PER_MM).astype(int), 0)
        right, bottom = np.minimum(
            np.ceil((places.max(axis=0) + _SPOT_MM + 2) * _CELLS_PER_MM).astype(int), shape[::-1]
        )
        if left >= right or top >= bottom:
            continue
        amount = np.zeros((bottom - top, right - left), np.float32)
        for (x, y), radius, weight in zip(places, radii, rng.uniform(0.3, 1, count), strict=True):
            _disc(amount, x - left / _CELLS_PER_MM, y - top / _CELLS_PER_MM, radius, float(weight))
        amount = cv2.GaussianBlur(amount, (0, 0), 0.8) * (0.6 + 0.4 * cloud(amount.shape, 3, rng))
        takes = np.float32(colony["strength"]) * (1 - np.divide(colony["colour"], 255, dtype=np.float32))
        gain[top:bottom, left:right] *= 1 - amount[..., None] * takes
    return shade(image, gain)


def punch_holes(image: np.ndarray, px_per_mm: float, centres_mm: Sequence[Point], diameter_mm: float, colour: Colour):
    """Punch holes into a sheet (ISO 838: 6 mm wide, 80 mm apart, 12 mm from the edge); the desk shows through.

    Parameters
    ----------
    image : ndarray, uint8, shape (h, w, 3)
        The page.
    px_per_mm : float
        Its scale.
    centres_mm : array_like, shape (n, 2)
        Middles of the holes.
    diameter_mm : float
        Of each hole.
    colour : sequence of int
        The desk's blue, green and red.
    """
    image = image.copy()
    for x, y in centres_mm:
        radius = 0.5 * diameter_mm
        _fill_circle(image, x, y, radius, px_per_mm, [0.6 * c for c in colour])  # the sheet's shadow on the desk
        _fill_circle(image, x + 0.25, y + 0.25, radius - 0.25, px_per_mm, colour)
    return image


def staples(image: np.ndarray, px_per_mm: float, wires: Sequence[Wire]) -> np.ndarray:
    """Staple a sheet: a bright wire with its shadow beside it.

    Parameters
    ----------
    image : ndarray, uint8, shape (h, w, 3)
        The page.
    px_per_mm : float
        Its scale.
    wires : sequence of dict
        Each with ``x_mm``, ``y_mm`` (its middle), ``degrees``, ``length_mm`` and ``width_mm``.
    """
    image = image.copy()
    for wire in wires:
        angle = math.radians(wire["degrees"])
        half = 0.5 * wire["length_mm"] * np.array([math.cos(angle), math.sin(angle)])
        middle = np.array([wire["x_mm"], wire["y_mm"]])
        thick = wire["width_mm"]
        for shift, width, grey in ((0.5 * thick, thick, 70), (0.0, thick, 150), (-0.15 * thick, 0.4 * thick, 225)):
            ends = np.rint(((np.stack([middle - half, middle + half]) + shift) * px_per_mm - 0.5) * 2**_FINE)
            (x0, y0), (x1, y1) = ends.astype(int).tolist()
            wide = max(round(width * px_per_mm), 1)
            cv2.line(image, (x0, y0), (x1, y1), (grey, grey, grey), wide, cv2.LINE_AA, _FINE)
    return image


def torn_corners(image: np.ndarray, px_per_mm: float, corners: Sequence[TornCorner], colour: Colour) -> np.ndarray:
    """Tear corners off a sheet: a ragged edge with a band of white fibres, and the desk beyond.

    Parameters
    ----------
    image : ndarray, uint8, shape (h, w, 3)
        The page.
    px_per_mm : float
        Its scale.
    corners : sequence of dict
        Each with ``corner`` (0 upper left, then clockwise), ``width_mm`` and ``height_mm`` of what is gone, ``seed``.
    colour : sequence of int
        The desk's blue, green and red.
    """
    image = image.copy()
    height_mm, width_mm = image.shape[0] / px_per_mm, image.shape[1] / px_per_mm
    for torn in corners:
        rng = generator(torn["seed"])
        wide, high = torn["width_mm"], torn["height_mm"]
        steps = np.linspace(0, 1, 40)
        # Inside the triangle only: what is drawn as gone is the most that is gone.
        ragged = np.abs(np.convolve(rng.normal(0, 0.05, 46), np.ones(7) / 7, "valid")) * np.sin(np.pi * steps)
        share = 1 - ragged * 3
        edge = np.stack([wide * (1 - steps), high * steps], axis=1) * share[:, None]
        band = 1 - rng.uniform(0.4, 1.2, 40) / max(min(wide, high), 2.0)
        for outline, fill in ((edge, (238, 240, 242)), (edge * band[:, None], colour)):
            points = np.vstack([[[0, 0]], outline])
            if torn["corner"] in (1, 2):
                points[:, 0] = width_mm - points[:, 0]
            if torn["corner"] in (2, 3):
                points[:, 1] = height_mm - points[:, 1]
            pixels = np.rint((points * px_per_mm - 0.5) * 2**_FINE).astype(np.int32)
            cv2.fillPoly(image, [pixels], [float(c) for c in fill], cv2.LINE_AA, _FINE)
    return image


def _disc(field: np.ndarray, x_mm: float, y_mm: float, radius_mm: float, value: float) -> None:
    centre = tuple(round((v * _CELLS_PER_MM - 0.5) * 2**_FINE) for v in (x_mm, y_mm))
    radius = max(round(radius_mm * _CELLS_PER_MM * 2**_FINE), 1)
    cv2.circle(field, centre, radius, value, cv2.FILLED, cv2.LINE_8, _FINE)


def _fill_circle(image: np.ndarray, x: float, y: float, radius: float, px_per_mm: float, colour: Sequence) -> None:
    centre = tuple(round((v * px_per_mm - 0.5) * 2**_FINE) for v in (x, y))
    size = round((radius * px_per_mm - 0.5) * 2**_FINE)  # OpenCV's rim lies half a pixel outside
    cv2.circle(image, centre, size, [float(c) for c in colour], cv2.FILLED, cv2.LINE_AA, _FINE)
