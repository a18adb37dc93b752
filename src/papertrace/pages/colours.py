"""Colours of paper, grid and ink; blue, green, red as OpenCV keeps them."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

import numpy as np

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Palette:
    """The colours of one page."""

    name: str
    paper: Colour
    minor: Colour
    major: Colour
    ink: Colour


# (minor, major) lines of the grid as they are sold: red, pink, brown, blue, green, orange.
GRIDS: dict[str, tuple[Colour, Colour]] = {
    "red": ((198, 202, 252), (128, 134, 236)),
    "pink": ((222, 208, 255), (178, 150, 246)),
    "brown": ((196, 214, 234), (130, 160, 196)),
    "blue": ((246, 224, 202), (226, 178, 134)),
    "green": ((210, 238, 212), (150, 206, 154)),
    "orange": ((196, 220, 253), (126, 178, 246)),
}

INKS: dict[str, Colour] = {"black": (12, 12, 12), "dark grey": (60, 60, 60), "dark blue": (92, 38, 26)}


def draw_palette(rng: np.random.Generator, black_and_white_probability: float) -> Palette:
    """Draw the colours of a page: one of the sold grids, a random pastel one, or grey with black ink."""
    if rng.random() < black_and_white_probability:
        minor, major = (int(value) for value in (rng.integers(205, 232), rng.integers(140, 190)))
        return Palette("black and white", (255, 255, 255), (minor,) * 3, (major,) * 3, (0, 0, 0))
    paper = _as_colour(255 - rng.integers(0, 9) - rng.integers(0, 6, 3))
    ink = INKS[str(rng.choice(list(INKS)))]
    if rng.random() < 0.2:
        hue = rng.uniform(0, 1, 3)
        hue = (hue - hue.min()) / max(np.ptp(hue), 1e-9)
        return Palette("random", paper, _as_colour(205 + 45 * hue), _as_colour(125 + 115 * hue), ink)
    name = str(rng.choice(list(GRIDS)))
    minor, major = (_as_colour(np.add(colour, rng.integers(-8, 9, 3))) for colour in GRIDS[name])
    return Palette(name, paper, minor, major, ink)


def draw_any_colours(
    rng: np.random.Generator,
    grid_hue: tuple[float, float],
    grid_contrast: tuple[float, float],
    ink_hue: tuple[float, float],
    ink_lightness: tuple[float, float],
) -> Palette:
    """Draw colours from ranges: tinted paper, a grid of any hue, ink of any dark colour.

    Parameters
    ----------
    rng : numpy.random.Generator
        The only source of randomness.
    grid_hue, ink_hue : tuple of float
        Degrees; 0 is red, 120 green.
    grid_contrast : tuple of float
        How much darker than the paper the 5 mm lines are, as a share of white (ITU-R BT.601 luma); those every
        1 mm have 35 to 65 % of it.
    ink_lightness : tuple of float
        0 is black, 1 white (of HSL).
    """
    hue = rng.uniform(*grid_hue) / 360
    paper = _hsl((hue + rng.uniform(-0.1, 0.1)) % 1, rng.uniform(0, 0.5), rng.uniform(0.94, 1.0))
    contrast = rng.uniform(*grid_contrast)
    full = np.array(_hsl(hue, rng.uniform(0.3, 1), 0.4), float)
    # From the paper towards the full colour, as far as the contrast asks; at most all the way.
    span = max((np.array(paper) - full) @ _LUMA / 255, 0.05)
    way, share = min(contrast / span, 1.0), rng.uniform(0.35, 0.65)
    major, minor = (_as_colour(paper + part * (full - paper)) for part in (way, way * share))
    ink = _hsl(rng.uniform(*ink_hue) / 360, rng.uniform(0, 1), rng.uniform(*ink_lightness))
    return Palette("any", paper, minor, major, ink)


_LUMA = np.array([0.114, 0.587, 0.299])  # of blue, green, red


def _hsl(hue: float, saturation: float, lightness: float) -> Colour:
    red, green, blue = colorsys.hls_to_rgb(hue, lightness, saturation)
    return _as_colour(255 * np.array([blue, green, red]))


def _as_colour(values: np.ndarray) -> Colour:
    blue, green, red = (int(value) for value in np.clip(np.round(values), 0, 255))
    return blue, green, red
