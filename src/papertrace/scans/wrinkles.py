"""Crumpled paper: heights of a sheet with many short folds, and what slanting light makes of them."""

from __future__ import annotations

import math
from functools import cache

import cv2
import numpy as np

from papertrace.scans.shading import mm_cells, shade
from papertrace.seeds import generator

_CELLS_PER_MM = 1.5
_COVER = 3.0  # how many folds reach a place, on average
_SPREAD = 0.6  # of the folds' lengths: the standard deviation of their logarithm
_AMBIENT = 0.4  # share of the light that comes from everywhere in the room
_NODES = 96  # of a fold's profile, on each side of its middle


def wrinkles(
    image: np.ndarray, px_per_mm: float, scale_mm: float, slope: float, degrees: float, elevation: float, seed: int
) -> np.ndarray:
    """Shade a sheet that was crumpled and smoothed out again, by a distant lamp (Lambert's law) in a room
    that is not quite dark; nothing is moved.

    Parameters
    ----------
    image : ndarray, uint8, shape (h, w, 3)
        The page.
    px_per_mm : float
        Its scale.
    scale_mm : float
        Median length of a fold in mm.
    slope : float
        Root mean square of the sheet's slope.
    degrees : float
        Where the lamp is; 0 to the right, 90 below.
    elevation : float
        The lamp's height above the sheet in degrees; the lower, the harsher.
    seed : int
        Of the folds.
    """
    cells_per_mm = min(_CELLS_PER_MM, px_per_mm)
    shape, _, _ = mm_cells(image, px_per_mm, cells_per_mm)
    height = crumpled(shape, scale_mm * cells_per_mm, generator(seed))
    right = cv2.Sobel(height, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(height, cv2.CV_32F, 0, 1, scale=1 / 8)
    steepness = right * right + down * down
    factor = slope / math.sqrt(max(float(steepness.mean()), 1e-12))
    angle, lean = math.radians(degrees), 1 / math.tan(math.radians(elevation))
    towards = factor * lean * (math.cos(angle) * right + math.sin(angle) * down)
    # The cosine between the sheet's normal and the light, over that of a flat sheet.
    gain = np.clip(1 - towards, 0, None) / np.sqrt(1 + factor**2 * steepness)
    return shade(image, _AMBIENT + (1 - _AMBIENT) * gain)


def crumpled(shape: tuple[int, int], scale: float, rng: np.random.Generator) -> np.ndarray:
    """Return the heights of a crumpled sheet, float32, up to a factor: a sum of folds, sharp along a line.

    The lengths of the folds of crumpled paper are lognormal (Blair & Kudrolli 2005, Phys. Rev. Lett. 94:166107).

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.
    scale : float
        Median length of a fold in cells.
    rng : numpy.random.Generator
        The only source of randomness.
    """
    rows, columns = shape
    field = np.zeros(shape, np.float32)
    count = max(round(_COVER * rows * columns / scale**2), 1)
    half_length = 0.7 * scale * np.exp(rng.normal(0, _SPREAD, count))
    half_width = half_length * rng.uniform(0.35, 0.9, count)
    x, y = rng.uniform(-0.1, 1.1, count) * columns, rng.uniform(-0.1, 1.1, count) * rows
    angle = rng.uniform(0, math.pi, count)
    cosine, sine = np.cos(angle), np.sin(angle)
    rise = (rng.normal(0, 1, count) * half_width).astype(np.float32)  # the slopes of all folds are alike
    reach_x = np.abs(cosine) * half_length + np.abs(sine) * half_width
    reach_y = np.abs(sine) * half_length + np.abs(cosine) * half_width
    low = np.maximum(np.floor(np.stack([x - reach_x, y - reach_y], axis=1)), 0).astype(int)
    high = np.minimum(np.ceil(np.stack([x + reach_x, y + reach_y], axis=1)), [columns, rows]).astype(int)
    # Each fold is the same profile, turned and stretched: cells of the field to nodes of the profile.
    scaled = _NODES / np.stack([half_length, half_width], axis=1)
    turn = np.stack([cosine, sine, -sine, cosine], axis=1).reshape(-1, 2, 2) * scaled[:, :, None]
    shift = _NODES - 0.5 - np.einsum("kij,kj->ki", turn, np.stack([x, y], axis=1) - low)
    maps = np.concatenate([turn, shift[:, :, None]], axis=2)
    for k in np.flatnonzero((low < high).all(axis=1)):
        (left, top), (right, bottom) = low[k], high[k]
        fold = cv2.warpAffine(
            _profile(), maps[k], (int(right - left), int(bottom - top)), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        )
        field[top:bottom, left:right] += rise[k] * fold
    return field


@cache
def _profile() -> np.ndarray:
    """Return the height of one fold, 1 on the middle of its line: a kink across it, nothing at its ends."""
    along = (np.arange(2 * _NODES) + 0.5) / _NODES - 1
    across = np.abs(along)
    return np.outer(np.exp(-2 * across) * (1 - across**2) ** 2, (1 - along**2) ** 1.5).astype(np.float32)
