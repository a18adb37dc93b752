"""Strips: stretches of a page, rectified to millimetres and freed of light and paper, as the networks read them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from papertrace.traces.ink import EVEN, Light, weighing

SCALE = 8
"""Strip pixels a millimetre of height; 200 dpi has 7.9."""
TIME_SCALE = 10
"""Strip pixels a millimetre of time: with two heights a pixel 500 a second at 25 mm/s, and limbs less steep."""
VIEW_SCALE = 4
"""Pixels a millimetre of the whole page, as the page network reads it."""
CHANNELS = 4
_FINE = 1.2  # image pixels a strip's pixel
_LINES = 32
_MESH = 8  # strip pixels from one computed place to the next; between them the map is all but linear

ToPixels = Callable[[np.ndarray], np.ndarray]
"""Maps points, shape (n, 2) in mm, to the image's pixels, shape (n, 2)."""


@dataclass(frozen=True)
class Window:
    """Where a strip lies: its upper left pixel's centre in mm, its size in pixels and those a mm, and its row's middle.

    The middle, in pixels below the uppermost row, tells the trace network which of several rows is meant. Without one
    it is the strip's own. A strip may follow a drifting baseline: the drift, abscissae and how far down the strip is
    shifted there, both shape (n,) in mm.
    """

    x_mm: float
    y_mm: float
    width: int
    height: int
    scale: float = SCALE
    middle: float | None = None
    time_scale: float = TIME_SCALE
    drift: tuple[np.ndarray, np.ndarray] | None = None

    def drift_mm(self, x_mm: np.ndarray) -> np.ndarray | float:
        """Return how far down the strip is shifted at some abscissae."""
        return 0.0 if self.drift is None else np.interp(x_mm, *self.drift)

    def columns_mm(self, per_column: int = 2) -> np.ndarray:
        """Return the abscissae in mm at which the network tells heights: `per_column` a pixel, evenly spaced."""
        place = (np.arange(self.width * per_column) + 0.5) / per_column - 0.5
        return self.x_mm + place / self.time_scale


def reduced(image: np.ndarray, px_per_mm: float, scale: float) -> tuple[np.ndarray, int]:
    """Average an image's pixels where it has at least twice as many as wanted, and return it with the factor.

    Sampling every second pixel of a fine image would see half of the ink and all of the noise.
    """
    factor = max(1, int(px_per_mm / scale + 0.1))
    if factor == 1:
        return image, 1
    h, w = (side // factor * factor for side in image.shape[:2])
    return cv2.resize(image[:h, :w], (w // factor, h // factor), interpolation=cv2.INTER_AREA), factor


def read_strip(image: np.ndarray, light: Light, to_px: ToPixels, window: Window) -> np.ndarray:
    """Rectify a stretch of an image.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w, 3)
        Blue, green, red.
    light : Light
        Of this image.
    to_px : callable
        From millimetres to the image's pixels.
    window : Window
        The stretch.

    Returns
    -------
    ndarray of float32, shape (4, window.height, window.width)
        Ink as the best colour weights see it, darkness, colourfulness (all 0 for paper, about 1 for full ink), and
        how far below the row's middle it is, in 16 mm.
    """
    size = window.width, window.height
    # a mesh's point is the middle of a square of pixels, and there is one more around them all
    columns, rows = (np.arange(-1, -(-side // _MESH) + 1) * _MESH + (_MESH - 1) / 2 for side in size)
    mesh = np.stack(np.meshgrid(window.x_mm + columns / window.time_scale, window.y_mm + rows / window.scale), axis=-1)
    mesh[..., 1] += window.drift_mm(mesh[0, :, 0])
    places = to_px(mesh.reshape(-1, 2)).reshape(mesh.shape).astype(np.float32)
    # straight lines between pixels blur a strip only where these are as coarse as its own
    across = float(np.hypot(*(places[0, -1] - places[0, 0]))) / (columns[-1] - columns[0])
    how = cv2.INTER_LINEAR if across > _FINE else cv2.INTER_CUBIC
    seen = cv2.remap(image, _enlarged(places, size), None, how, borderValue=(255, 255, 255))
    shrink = np.array(light.paper.shape[1::-1], np.float32) / np.array(image.shape[1::-1], np.float32)
    paper = cv2.remap(
        light.paper, (places + 0.5) * shrink - 0.5, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    paper = _enlarged(paper, size)
    strip = np.empty((CHANNELS, window.height, window.width), np.float32)
    weigh = [weighing(weights) for weights in (light.weights, np.full(3, 1 / 3))]
    # what is done to a few lines at a time stays in the processor's cache
    for top in range(0, window.height, _LINES):
        lines = slice(top, top + _LINES)
        even = cv2.divide(seen[lines], paper[lines], scale=EVEN)
        colours = even.astype(np.float32)
        for channel, matrix in enumerate(weigh):
            cv2.transform(colours, matrix, dst=strip[channel, lines])
        # a channel at a time: arrays of their own are several times as fast as the last axis of one
        blue, green, red = cv2.split(even)
        span = cv2.subtract(cv2.max(cv2.max(blue, green), red), cv2.min(cv2.min(blue, green), red))
        np.multiply(span, np.float32(1 / EVEN), out=strip[2, lines])
        np.clip(strip[:3, lines], -0.5, 1.5, out=strip[:3, lines])
    middle = (window.height - 1) / 2 if window.middle is None else window.middle
    strip[3] = height_channel(window.height, middle, window.scale)[:, None]
    return strip


def _enlarged(nodes: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return what nodes `_MESH` pixels apart, the first outside at the upper left, are at each pixel."""
    whole = cv2.resize(nodes, (nodes.shape[1] * _MESH, nodes.shape[0] * _MESH), interpolation=cv2.INTER_LINEAR)
    return whole[_MESH : _MESH + size[1], _MESH : _MESH + size[0]]


def height_channel(height: int, middle: float, scale: float = SCALE) -> np.ndarray:
    """Return how far below the row `middle` each of a strip's rows lies, in 16 mm; shape (height,)."""
    return (np.arange(height, dtype=np.float32) - np.float32(middle)) / np.float32(16 * scale)
