"""Recovered traces drawn over the image they were read from: what a person checks first.

OpenCV only, so that `papertrace digitize` can write an overlay without the cost of a plotting library.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import cv2
import numpy as np

from papertrace.spans import spans_of

# Okabe & Ito's colour-blind-safe hues (Color Universal Design, 2008) that stay legible on pink grids
# and white paper, so without black, yellow and orange; neighbours in the list differ in lightness too.
COLOURS_BGR: tuple[tuple[int, int, int], ...] = (
    (178, 114, 0),  # blue
    (0, 94, 213),  # vermillion
    (115, 158, 0),  # bluish green
    (167, 80, 180),  # reddish purple, darkened
)
_SUBPIXEL_BITS = 4
_FONT = cv2.FONT_HERSHEY_SIMPLEX


class OverlayTrace(NamedTuple):
    """One digitized stretch of a lead in image coordinates.

    Attributes
    ----------
    x_px, y_px : ndarray, shape (n,)
        Where each sample was read, pixel centres at integers; NaN where nothing was read.
    label : str or None
        Lead name to write at the stretch's start.

    """

    x_px: np.ndarray
    y_px: np.ndarray
    label: str | None = None


def draw_overlay(image_bgr: np.ndarray, traces: Iterable[OverlayTrace], *, fade: float = 0.45) -> np.ndarray:
    """Draw recovered traces thinly over a faded copy of their image.

    Parameters
    ----------
    image_bgr : ndarray of uint8, shape (height, width, 3) or (height, width)
        The image that was digitized.
    traces : iterable of OverlayTrace
        Plain ``(x_px, y_px, label)`` tuples do as well. A trace is broken wherever a sample is not finite.
    fade : float
        How far the image is moved towards white: 0 not at all, 1 all the way.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        A new image; `image_bgr` is left as it is.

    Raises
    ------
    ValueError
        If the image is not 8-bit grey or BGR, or a trace's two arrays differ in length.

    """
    image = np.asarray(image_bgr)
    if image.dtype != np.uint8 or not (image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3)):
        raise ValueError(f"overlay needs an 8-bit grey or BGR image, not {image.dtype} of shape {image.shape}")
    if image.ndim == 2:
        image = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    canvas = cv2.addWeighted(image, 1.0 - fade, np.full_like(image, 255), fade, 0.0)
    width = canvas.shape[1]
    thickness = max(1, round(width / 1600))
    traces = [OverlayTrace(np.asarray(x, float), np.asarray(y, float), label) for x, y, label in traces]
    for k, trace in enumerate(traces):
        colour = COLOURS_BGR[k % len(COLOURS_BGR)]
        for piece in _finite_pieces(trace):
            _draw_line(canvas, piece, colour, thickness)
    # Names last: no trace runs through another's name.
    for k, trace in enumerate(traces):
        if trace.label:
            _draw_name(canvas, trace, COLOURS_BGR[k % len(COLOURS_BGR)], scale=max(0.4, width / 2600))
    return canvas


def _finite_pieces(trace: OverlayTrace) -> list[np.ndarray]:
    """Split a trace into runs of finite samples, each of shape (n, 2) in px."""
    if trace.x_px.shape != trace.y_px.shape or trace.x_px.ndim != 1:
        raise ValueError(f"x_px and y_px of a trace differ in shape: {trace.x_px.shape}, {trace.y_px.shape}")
    points = np.stack([trace.x_px, trace.y_px], axis=1)
    finite = np.isfinite(points).all(axis=1)
    return [points[start:stop] for start, stop in spans_of(finite)]


def _draw_line(canvas: np.ndarray, points: np.ndarray, colour: tuple[int, int, int], thickness: int) -> None:
    # Far-off points would overflow the fixed-point coordinates; one image size outside is out of sight anyway.
    size = np.array(canvas.shape[1::-1], float)
    fixed = np.rint(np.clip(points, -size, 2 * size) * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    if len(fixed) == 1:
        fixed = np.repeat(fixed, 2, axis=0)
    cv2.polylines(canvas, [fixed[:, None]], False, colour, thickness, cv2.LINE_AA, _SUBPIXEL_BITS)


def _draw_name(canvas: np.ndarray, trace: OverlayTrace, colour: tuple[int, int, int], scale: float) -> None:
    """Write the lead's name just below the first samples: printed names mostly stand above them."""
    finite = np.isfinite(trace.x_px) & np.isfinite(trace.y_px)
    if not finite.any():
        return
    x, y = trace.x_px[finite], trace.y_px[finite]
    weight = max(1, round(2 * scale))
    (text_width, text_height), below = cv2.getTextSize(trace.label, _FONT, scale, weight)
    bottom = y[np.abs(x - x[0]) <= text_width].max()
    left = int(np.clip(x[0], 2, max(2, canvas.shape[1] - text_width - 2)))
    base = int(np.clip(bottom + 1.8 * text_height, text_height + 2, max(text_height + 2, canvas.shape[0] - below)))
    cv2.putText(canvas, trace.label, (left, base), _FONT, scale, (255, 255, 255), weight * 4, cv2.LINE_AA)
    cv2.putText(canvas, trace.label, (left, base), _FONT, scale, colour, weight, cv2.LINE_AA)
