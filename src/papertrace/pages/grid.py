"""The printed grid: lines at exact sub-pixel positions, anti-aliased by area.

A grid line covers a share of each pixel column (or row) that does not depend on the row (or column), so the
whole grid is two one-dimensional coverage profiles per line weight, combined by an outer product.
"""

from __future__ import annotations

import math

import numpy as np

from papertrace.labels import Box
from papertrace.pages.colours import Palette

_STEPS = 128  # that a row's coverage by lines is rounded to
_BAND_PX = 128  # rows at a time, so that a large page needs little memory


def line_coverage(n_px: int, pitch_px: float, width_px: float, origin_px: float = -0.5) -> np.ndarray:
    """Return how much of each pixel is covered by evenly spaced lines, shape (n_px,), 0 … 1.

    Parameters
    ----------
    n_px : int
        Number of pixels; pixel i covers i - 0.5 … i + 0.5.
    pitch_px, width_px : float
        Distance between the lines' centres and their width; the width is less than the pitch.
    origin_px : float
        Where one of the lines has its centre.

    """
    edges = (np.arange(n_px + 1) - 0.5 - origin_px + width_px / 2) / pitch_px
    periods = np.floor(edges)
    # Covered length left of an edge: whole lines, and what of the present line is already passed.
    covered = periods * width_px + np.minimum((edges - periods) * pitch_px, width_px)
    return np.clip(np.diff(covered), 0, 1)


KINDS = ("lines", "dotted", "lines and dots", "1 mm", "5 mm", "none")
"""Lines every 1 and 5 mm, dots every 1 mm (stronger every 5 mm, or lines there), lines of one weight, bare paper."""


def draw_grid(
    height_px: int,
    width_px: int,
    px_per_mm: float,
    palette: Palette,
    minor_mm: float,
    major_mm: float,
    kind: str = "lines",
    box_mm: Box | None = None,
) -> np.ndarray:
    """Return the empty paper with its grid.

    Parameters
    ----------
    height_px, width_px : int
        Size of the image.
    px_per_mm : float
        Pixels a grid millimetre; lines stand at whole (and fifth) millimetres of `papertrace.geometry`.
    palette : Palette
        Colours of paper, minor and major lines.
    minor_mm, major_mm : float
        Widths of the lines in mm.
    kind : str
        One of `KINDS`.
    box_mm : tuple of float, optional
        What of the page has a grid; its edges are whole millimetres, and the lines on them are drawn. All of it
        where None.

    Returns
    -------
    ndarray, uint8, shape (height_px, width_px, 3)
        Blue, green, red.

    """
    if kind in ("dotted", "lines and dots"):
        image = _draw_dots(height_px, width_px, px_per_mm, palette, minor_mm, major_mm, kind == "lines and dots")
    else:
        widths = [minor_mm if kind in ("lines", "1 mm") else 0.0, major_mm if kind in ("lines", "5 mm") else 0.0]
        image = _draw_lines(height_px, width_px, px_per_mm, palette, *widths)
    if box_mm is not None:
        _clear_margins(image, box_mm, px_per_mm, palette, max(minor_mm, major_mm) / 2)
    return image


def clear_grid(image: np.ndarray, box_mm: Box, px_per_mm: float, palette: Palette) -> None:
    """Take the grid out of a box, in place, as machines do that print their grid themselves."""
    x0, y0, x1, y1 = (max(round(edge * px_per_mm), 0) for edge in box_mm)
    image[y0:y1, x0:x1] = palette.paper


def _clear_margins(image: np.ndarray, box_mm: Box, px_per_mm: float, palette: Palette, beyond_mm: float) -> None:
    """Leave bare paper around the box, in place; its own edge lines stay whole."""
    x0, y0, x1, y1 = box_mm
    left, top = (max(math.floor((edge - beyond_mm) * px_per_mm), 0) for edge in (x0, y0))
    right, bottom = (math.ceil((edge + beyond_mm) * px_per_mm) for edge in (x1, y1))
    for bare in (image[:top], image[bottom:], image[:, :left], image[:, right:]):
        bare[:] = palette.paper


def _draw_dots(
    height_px: int,
    width_px: int,
    px_per_mm: float,
    palette: Palette,
    minor_mm: float,
    major_mm: float,
    whole_lines: bool,
) -> np.ndarray:
    # Dots are as wide as two lines, so that they are seen as well as lines are; those on the 5 mm lines wider still.
    major_mm *= 1.0 if whole_lines else 1.5
    (dot_y, line_y), (dot_x, line_x) = (
        [
            line_coverage(n_px, pitch * px_per_mm, width * px_per_mm).astype(np.float32)
            for pitch, width in ((1, 2 * minor_mm), (5, major_mm))
        ]
        for n_px in (height_px, width_px)
    )
    paper, minor, major = (np.asarray(colour, np.float32) for colour in (palette.paper, palette.minor, palette.major))
    if whole_lines:
        minor = major  # as such paper is printed
    image = np.empty((height_px, width_px, 3), np.uint8)
    for first in range(0, height_px, _BAND_PX):
        dots, lines = dot_y[first : first + _BAND_PX], line_y[first : first + _BAND_PX]
        fine = np.outer(dots, dot_x)[..., None]
        if whole_lines:
            bold = np.maximum(lines[:, None], line_x[None, :])[..., None]
        else:
            bold = np.maximum(np.outer(lines, dot_x), np.outer(dots, line_x))[..., None]
        value = paper + fine * (minor - paper)
        value += bold * (major - value)
        image[first : first + _BAND_PX] = value + np.float32(0.5)
    return image


def _draw_lines(
    height_px: int, width_px: int, px_per_mm: float, palette: Palette, minor_mm: float, major_mm: float
) -> np.ndarray:
    clear = []  # share left free by minor and major lines, along y and along x
    for n_px in (height_px, width_px):
        clear.append(
            [
                1 - line_coverage(n_px, step * px_per_mm, width * px_per_mm)
                for step, width in ((1, minor_mm), (5, major_mm))
            ]
        )
    (minor_y, major_y), (minor_x, major_x) = clear
    # Rows that no line touches are all alike, and others in steps of half a grey level: compute each but once.
    steps, place = np.unique(np.rint(_STEPS * np.stack([minor_y, major_y], axis=1)), axis=0, return_inverse=True)
    rows = steps / _STEPS
    minor = rows[:, :1].astype(np.float32) * minor_x.astype(np.float32)
    major = rows[:, 1:].astype(np.float32) * major_x.astype(np.float32)
    both = minor * major
    distinct = np.empty((len(rows), width_px, 3), np.uint8)
    for channel in range(3):
        paper, fine, bold = (float(colour[channel]) for colour in (palette.paper, palette.minor, palette.major))
        # Minor over paper, then major over both.
        value = both * np.float32(paper - fine)
        value += major * np.float32(fine - bold)
        value += np.float32(bold + 0.5)
        distinct[..., channel] = value
    return distinct[place.ravel()]
