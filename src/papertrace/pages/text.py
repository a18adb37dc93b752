"""Printed text, with the box of its true ink."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np

from papertrace.labels import Box

_FILES = {"serif": "DejaVuSerif.ttf", "mono": "DejaVuSansMono.ttf"}

FACES = ("sans", "italic")
"""The typefaces that OpenCV carries with it (Rubik, SIL Open Font License)."""
TYPEFACES = (*FACES, *_FILES)
"""All typefaces: also those of DejaVu's that Matplotlib brings along."""


def draw_text(
    coverage: np.ndarray,
    text: str,
    x_px: float,
    baseline_px: float,
    size_px: float,
    face: str = "sans",
    weight: int = 400,
) -> Box | None:
    """Draw a line of text into a coverage image, in place.

    Parameters
    ----------
    coverage : ndarray, float32, shape (h, w)
        0 is bare paper, 1 full ink.
    text : str
        One line.
    x_px, baseline_px : float
        Left end of the baseline; text stands at whole pixels, as printers' glyphs do.
    size_px : float
        Size of the type.
    face : str
        One of `TYPEFACES`.
    weight : int
        100 (thin) … 900 (black).

    Returns
    -------
    tuple of float or None
        x0, y0, x1, y1 of the ink in pixels, edges (not centres) of the outermost pixels; None where all of it
        lies outside the image.

    """
    size = max(round(size_px), 4)
    font = _font(face)
    _, _, width, _ = cv2.getTextSize((0, 0), text, (0, 0), font, size, weight)
    pad = size
    patch = np.zeros((3 * size, width + 2 * pad, 3), np.uint8)
    cv2.putText(patch, text, (pad, 2 * size), (255, 255, 255), font, size, weight)
    grey = patch[..., 0].astype(np.float32) / 255
    left, top = round(x_px) - pad, round(baseline_px) - 2 * size
    height, full_width = coverage.shape
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + grey.shape[1], full_width), min(top + grey.shape[0], height)
    if x0 >= x1 or y0 >= y1:
        return None
    seen = grey[y0 - top : y1 - top, x0 - left : x1 - left]
    np.maximum(coverage[y0:y1, x0:x1], seen, out=coverage[y0:y1, x0:x1])
    rows, columns = np.flatnonzero(seen.max(axis=1) > 0.02), np.flatnonzero(seen.max(axis=0) > 0.02)
    if len(rows) == 0:
        return None
    return x0 + columns[0] - 0.5, y0 + rows[0] - 0.5, x0 + columns[-1] + 0.5, y0 + rows[-1] + 0.5


def text_width(text: str, size: float, face: str = "sans", weight: int = 400) -> float:
    """Return how wide a line of text is, in the unit of its size."""
    _, _, width, _ = cv2.getTextSize((0, 0), text, (0, 0), _font(face), 100, weight)
    return width / 100 * size


@cache
def _font(face: str) -> cv2.FontFace:
    if face not in _FILES:
        return cv2.FontFace(face)
    # Its folder is all that is wanted of Matplotlib, whose import would take most of a second.
    folder = Path(find_spec("matplotlib").submodule_search_locations[0]) / "mpl-data" / "fonts" / "ttf"
    font = cv2.FontFace()
    if not font.set(str(folder / _FILES[face])):
        raise OSError(f"{folder / _FILES[face]}: cannot be read as a typeface; install matplotlib again")
    return font
