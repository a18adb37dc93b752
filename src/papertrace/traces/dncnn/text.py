"""Text boxes, found and painted over.

The study found them by OCR; here connected components stand in for it. Print is ink in pieces of a letter's size with
others beside them on the same line, and a trace is one long piece. What is painted over is guessed from its rim
(Telea 2004, J. Graphics Tools 9:23), as in the study.
"""

from __future__ import annotations

import cv2
import numpy as np

from papertrace.labels import Box

LETTER_MM = (0.8, 6.5)
"""Heights of letters."""

_WIDEST_MM = 8.0  # letters that touch
_LEAST_FILL = 0.12  # of its box that a letter inks
_GAP, _OFF_LINE, _UNEQUAL = 1.2, 0.6, 2.2  # heights of a letter; the last is a ratio
_MARGIN_MM = 0.4
_INK = 0.5  # of how dark the darkest ink is
_DARKEST = 99.8
_SHADOW_MM = 12.0
_SHADOW_STEP = 8
_RADIUS_PX = 3


def find_text(image: np.ndarray, px_per_mm: float) -> tuple[list[Box], np.ndarray]:
    """Find lines of print.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w, 3)
        Blue, green, red.
    px_per_mm : float
        Pitch of 1 mm.

    Returns
    -------
    boxes : list of tuple of float
        x0, y0, x1, y1 in px: whole pixels, the last ones not included. Two letters make a line, one does not.
    other : ndarray of bool, shape (h, w)
        Ink that is no print: too large for a letter.
    """
    ink = _ink(image, px_per_mm)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    left, top, width, height, area = stats.T
    low, high = (side * px_per_mm for side in LETTER_MM)
    fill = area / (width * height)
    sized = (height <= high) & (width <= _WIDEST_MM * px_per_mm)
    letters = sized & (height >= low) & (fill > _LEAST_FILL)
    letters[0] = sized[0] = False
    large = ~sized
    large[0] = False
    return _lines(np.stack([left, top, left + width, top + height], axis=1)[letters]), large[labels]


def paint_over(image: np.ndarray, boxes: list[Box], other: np.ndarray, px_per_mm: float) -> np.ndarray:
    """Return an image with its text boxes inpainted, shape and type as given.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w, 3)
        Blue, green, red.
    boxes, other
        As `find_text` gives them; ink that is no print stays where it crosses a box.
    px_per_mm : float
        Pitch of 1 mm.
    """
    mask = np.zeros(image.shape[:2], np.uint8)
    margin = max(1, round(_MARGIN_MM * px_per_mm))
    for x0, y0, x1, y1 in boxes:
        mask[max(0, int(y0) - margin) : int(y1) + margin, max(0, int(x0) - margin) : int(x1) + margin] = 1
    near = cv2.dilate(other.astype(np.uint8), np.ones((3, 3), np.uint8))
    mask[near > 0] = 0
    return cv2.inpaint(image, mask, _RADIUS_PX, cv2.INPAINT_TELEA) if mask.any() else image


def _ink(image: np.ndarray, px_per_mm: float) -> np.ndarray:
    """Return which pixels are ink, uint8: half as dark as the darkest, against the paper about them."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    h, w = grey.shape
    size = (max(1, w // _SHADOW_STEP), max(1, h // _SHADOW_STEP))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    paper = cv2.blur(small.astype(np.float32), (max(1, round(_SHADOW_MM * px_per_mm / _SHADOW_STEP)),) * 2)
    darkness = 1 - (grey + 1.0) / (cv2.resize(paper, (w, h), interpolation=cv2.INTER_LINEAR) + 1)
    return (darkness > _INK * float(np.percentile(darkness[::2, ::2], _DARKEST))).astype(np.uint8)


def _lines(letters: np.ndarray) -> list[Box]:
    """Join letters that stand beside one another, boxes of shape (n, 4), into lines of two and more."""
    order = np.argsort(letters[:, 0], kind="stable")
    open_lines: list[np.ndarray] = []
    counts: list[int] = []
    for x0, y0, x1, y1 in letters[order].astype(float):
        high, middle = y1 - y0, (y0 + y1) / 2
        found = None
        for place, (_, top, right, bottom) in enumerate(open_lines):
            tall = bottom - top
            larger = max(high, tall)
            if (
                x0 - right <= _GAP * larger
                and abs(middle - (top + bottom) / 2) <= _OFF_LINE * larger
                and larger <= _UNEQUAL * min(high, tall)
            ):
                found = place
        if found is None:
            open_lines.append(np.array([x0, y0, x1, y1]))
            counts.append(1)
            continue
        line = open_lines[found]
        open_lines[found] = np.array([min(line[0], x0), min(line[1], y0), max(line[2], x1), max(line[3], y1)])
        counts[found] += 1
    return [tuple(line.tolist()) for line, count in zip(open_lines, counts, strict=True) if count > 1]
