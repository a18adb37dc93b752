"""Grids of known geometry, drawn point by point from the formula and from nothing else."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from papertrace.traces.layout import Row


def _coverage(millimetres: np.ndarray, pitch: float, width_mm: float, px_mm: np.ndarray) -> np.ndarray:
    """Return how much of each pixel (px_mm wide) lines of this pitch and width cover, across their direction.

    The edges are 1.6 px soft, as a lens leaves them: harder ones would have harmonics that pixels cannot tell apart.
    """
    px_mm = 1.6 * px_mm
    away = np.abs(millimetres - pitch * np.round(millimetres / pitch))
    return np.clip((width_mm / 2 + px_mm / 2 - away) / px_mm, 0, np.minimum(1, width_mm / px_mm))


def grid_image(
    shape: tuple[int, int],
    px_to_mm: np.ndarray,
    kind: str = "both",
    contrast: float = 60.0,
    noise: float = 0.0,
    paper: float = 245.0,
    seed: int = 0,
) -> np.ndarray:
    """Return an image (uint8, grey as blue, green, red) of a grid.

    `kind` is both (1 mm and 5 mm lines), minor (1 mm lines only), major (5 mm lines only) or dotted (5 mm lines and a
    dot every millimetre).
    """
    h, w = shape
    x, y = np.meshgrid(np.arange(w, dtype=np.float64), np.arange(h, dtype=np.float64))
    below = px_to_mm[2, 0] * x + px_to_mm[2, 1] * y + px_to_mm[2, 2]
    lines = {1.0: [], 5.0: []}
    for row in px_to_mm[:2]:
        value = (row[0] * x + row[1] * y + row[2]) / below
        slope_x = (row[0] - value * px_to_mm[2, 0]) / below
        slope_y = (row[1] - value * px_to_mm[2, 1]) / below
        for pitch, width in ((1.0, 0.12), (5.0, 0.22)):
            lines[pitch].append(_coverage(value, pitch, width, np.hypot(slope_x, slope_y)))
    minor, major = np.maximum(*lines[1.0]), np.maximum(*lines[5.0])
    if kind == "dotted":
        minor = 2 * np.minimum(*lines[1.0])
    ink = {"both": np.maximum(0.6 * minor, major), "minor": minor, "major": major, "dotted": np.maximum(minor, major)}
    grey = paper - contrast * ink[kind]
    if noise:
        grey = grey + np.random.default_rng(seed).normal(0, noise, shape)
    return np.repeat(np.clip(np.round(grey), 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def px_to_mm(
    shape: tuple[int, int], pitch_x: float, pitch_y: float, degrees: float = 0.0, tilt: tuple[float, float] = (0.0, 0.0)
) -> np.ndarray:
    """Return the map of a grid with this pitch (px a mm) in the middle, turned clockwise and tilted in perspective."""
    h, w = shape
    centre = np.array([[1, 0, -(w - 1) / 2], [0, 1, -(h - 1) / 2], [0, 0, 1.0]])
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle), 0], [-np.sin(angle), np.cos(angle), 0], [0, 0, 1.0]])
    perspective = np.array([[1, 0, 0], [0, 1, 0], [tilt[0] / w, tilt[1] / h, 1.0]])
    return np.diag([1 / pitch_x, 1 / pitch_y, 1.0]) @ turn @ perspective @ centre


@pytest.fixture(scope="session")
def draw_grid() -> Callable[..., np.ndarray]:
    """Return `grid_image`."""
    return grid_image


@pytest.fixture(scope="session")
def place_grid() -> Callable[..., np.ndarray]:
    """Return `px_to_mm`."""
    return px_to_mm


def flat(start_mm: float, end_mm: float, height_mm: float = 40.0) -> Row:
    """Return a row that never leaves its height."""
    x = np.arange(start_mm, end_mm, 0.05)
    return Row(x, np.full(len(x), height_mm), np.zeros(len(x)), np.array([[start_mm, end_mm]]))


@pytest.fixture(scope="session")
def flat_row() -> Callable[..., Row]:
    """Return `flat`."""
    return flat
