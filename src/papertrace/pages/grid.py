"""The printed grid: lines at exact sub-pixel positions, anti-aliased by area.

A grid line covers a share of each pixel column (or row) that does not depend on the row (or column), so the
whole grid is two one-dimensional coverage profiles per line weight, combined by an outer product.
"""

from __future__ import annotations

import numpy as np

from papertrace.pages.colours import Palette


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


def draw_grid(
    height_px: int, width_px: int, px_per_mm: float, palette: Palette, minor_mm: float, major_mm: float
) -> np.ndarray:
    """Return the empty paper: 1 mm and 5 mm lines over the whole page.

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

    Returns
    -------
    ndarray, uint8, shape (height_px, width_px, 3)
        Blue, green, red.

    """
    clear = []  # share left free by minor and major lines, along y and along x
    for n_px in (height_px, width_px):
        clear.append(
            [
                1 - line_coverage(n_px, step * px_per_mm, width * px_per_mm)
                for step, width in ((1, minor_mm), (5, major_mm))
            ]
        )
    (minor_y, major_y), (minor_x, major_x) = clear
    # Rows that no line touches are all alike: compute each different row once.
    rows, place = np.unique(np.round(np.stack([minor_y, major_y], axis=1), 6), axis=0, return_inverse=True)
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
