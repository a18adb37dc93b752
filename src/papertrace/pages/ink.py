"""The pen: a stroke of a given width along a curve, anti-aliased at sub-pixel accuracy.

A pixel sees the ink around it weighted by a tent, two pixels wide, whose sum over the pixels reproduces linear
functions: the ink's centroid in each column is the curve itself, to a hundredth of a pixel. (With plain area coverage
it wanders by 0.05 px for strokes 1 to 2 px wide, and OpenCV's lines have whole-pixel widths.)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from papertrace.spans import spans_of

_STEP_PX = 1.0  # length of the segments that a curve is cut into; distances are to segments, so exact
_TENT_REACH = 1.2  # px; beyond the stroke's edge by more than this a pixel sees less than 0.1 % of ink
_PIECE = 50_000  # parts of a curve at a time
_CHUNK = 1024  # segments at a time, so that their windows stay in the processor's cache
_LEANS, _STEPS_PER_PX = 48, 256  # resolution of the table that pixels look their ink up in


def smooth_curve(points: np.ndarray, step_px: float = _STEP_PX) -> Iterator[np.ndarray]:
    """Yield smooth curves through the points, cut finely enough to draw as straight segments.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Pixels, evenly spaced in x; NaN ordinates make a gap, an isolated point is a dot.
    step_px : float
        Greatest length of a segment.

    Yields
    ------
    ndarray, shape (m, 2)
        The unbroken runs of points by cubic convolution (Keys 1981), which passes through every point, so the
        points stay the curve's centre line. A long run comes in pieces that share their end points.
    """
    for span in spans_of(np.isfinite(points[:, 1])):
        run = points[slice(*span)]
        x, y = run.T
        if len(x) < 3:
            yield split_polyline(run, step_px)
            continue
        slope = np.gradient(y)  # per sample: central differences, one-sided at the ends
        # An interval's parts are as many as its steepest place needs: at one of its ends or in its middle.
        middle = 1.5 * np.diff(y) - 0.25 * (slope[1:] + slope[:-1])
        steepest = np.max(np.abs([slope[:-1], slope[1:], middle]), axis=0)
        parts = np.maximum(np.ceil(np.hypot(np.diff(x), steepest) / step_px), 1).astype(int)
        piece = np.cumsum(parts) // _PIECE  # noise from edge to edge of the paper has millions of parts
        for first, end in _pieces(piece):
            interval, t = _subdivide(parts[first:end])
            k = first + interval
            curve_y = _cubic(y, slope, k, t)
            curve_x = x[k] + t * (x[k + 1] - x[k])
            yield np.stack([np.append(curve_x, x[end]), np.append(curve_y, y[end])], axis=1)


def curve_heights(y: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return the ordinates of `smooth_curve` through an unbroken run of points.

    Parameters
    ----------
    y : ndarray, shape (n,)
        The points' ordinates.
    at : ndarray, shape (m,)
        Where, in points from the first, 0 … n - 1.
    """
    if len(y) < 3:
        return np.interp(at, np.arange(len(y)), y)
    k = np.minimum(at.astype(int), len(y) - 2)
    return _cubic(y, np.gradient(y), k, at - k)


def _cubic(y: np.ndarray, slope: np.ndarray, k: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Return Hermite's cubic of the intervals k … k + 1 at t (0 … 1)."""
    h00, h10 = (1 + 2 * t) * (1 - t) ** 2, t * (1 - t) ** 2
    h01, h11 = t * t * (3 - 2 * t), t * t * (t - 1)
    return h00 * y[k] + h10 * slope[k] + h01 * y[k + 1] + h11 * slope[k + 1]


def split_polyline(points: np.ndarray, step_px: float = _STEP_PX) -> np.ndarray:
    """Return the polyline with its segments cut to at most `step_px`; corners stay corners."""
    if len(points) < 2:
        return np.asarray(points, float)
    step = np.diff(points, axis=0)
    parts = np.maximum(np.ceil(np.hypot(step[:, 0], step[:, 1]) / step_px), 1).astype(int)
    interval, t = _subdivide(parts)
    return np.concatenate([points[interval] + t[:, None] * step[interval], points[-1:]])


class Pen:
    """A pen of a given width.

    Parameters
    ----------
    width_px : float
        Width of the stroke; may be less than a pixel.
    """

    def __init__(self, width_px: float):
        self.width_px = width_px
        self._seen = _profile(width_px)

    def draw(self, coverage: np.ndarray, curve: np.ndarray) -> None:
        """Draw a stroke into a coverage image, in place; where strokes overlap the greater coverage stays.

        Parameters
        ----------
        coverage : ndarray, float32, shape (h, w)
            0 is bare paper, 1 full ink.
        curve : ndarray, shape (n, 2)
            Pixels, neighbouring points about a pixel apart; what lies outside the image is not drawn.
        """
        height, width = coverage.shape
        reach = self.width_px / 2 + _TENT_REACH
        if len(curve) == 1:
            curve = np.repeat(curve, 2, axis=0)
        start, step = curve[:-1], np.diff(curve, axis=0)
        longest = float(np.hypot(step[:, 0], step[:, 1]).max())
        half = math.floor(reach + longest / 2 + 0.5)
        size = np.array([width, height])
        inside = np.flatnonzero((np.abs(start + step / 2 - size / 2) <= size / 2 + half).all(axis=1))
        for first in range(0, len(inside), _CHUNK):
            chunk = inside[first : first + _CHUNK]
            self._draw_segments(coverage, start[chunk], step[chunk], half, reach)

    def _draw_segments(
        self, coverage: np.ndarray, start: np.ndarray, step: np.ndarray, half: int, reach: float
    ) -> None:
        height, width = coverage.shape
        # A window of pixels about each segment, and the vector from the segment's nearest point to each of them;
        # segments along the last axis, so that numpy's inner loops are long.
        middle = np.rint(start + step / 2).astype(np.int32)
        offsets = np.arange(-half, half + 1, dtype=np.int32)[:, None]
        x, y = middle[:, 0] + offsets, middle[:, 1] + offsets
        dx, dy = (x - start[:, 0]).astype(np.float32)[None], (y - start[:, 1]).astype(np.float32)[:, None]
        sx, sy = step[:, 0].astype(np.float32), step[:, 1].astype(np.float32)
        squared = np.maximum(sx * sx + sy * sy, np.float32(1e-12))
        along = dx * (sx / squared) + dy * (sy / squared)
        along = np.clip(along, 0, 1, out=along)
        away_x, away_y = dx - along * sx, dy - along * sy
        distance = away_x * away_x + away_y * away_y
        near = distance < np.float32(reach * reach)
        near &= ((x >= 0) & (x < width))[None] & ((y >= 0) & (y < height))[:, None]
        place = (x[None] + (y * np.int32(width))[:, None])[near]
        distance = np.sqrt(distance[near])
        # How far the direction across the stroke leans from the pixel grid, as the sine of the smaller angle.
        lean = np.minimum(np.abs(away_x[near]), np.abs(away_y[near])) / np.maximum(distance, np.float32(1e-6))
        lean = (lean * np.float32(_LEANS / math.sqrt(0.5)) + np.float32(0.5)).astype(np.int32)
        distance = (distance * np.float32(_STEPS_PER_PX) + np.float32(0.5)).astype(np.int32)
        ink = self._seen.reshape(-1)[lean * np.int32(self._seen.shape[1]) + distance]
        np.maximum.at(coverage.reshape(-1), place, ink)


def _profile(width_px: float) -> np.ndarray:
    """Return what a pixel sees of a straight stroke, by how its direction leans and by the distance from its middle.

    Across the stroke the two-dimensional tent is four boxes convolved, two as wide as the cosine of the angle and
    two as wide as its sine; its integral is a sum of truncated fourth powers.
    """
    lean = np.linspace(0, math.sqrt(0.5), _LEANS + 1)[:, None]
    narrow = np.maximum(lean, 1e-2)  # the sum needs a width to divide by
    wide = np.sqrt(1 - narrow * narrow)
    distance = np.arange(round((width_px / 2 + _TENT_REACH) * _STEPS_PER_PX) + 2) / _STEPS_PER_PX

    def below(level: np.ndarray) -> np.ndarray:
        total = np.zeros(np.broadcast_shapes(level.shape, wide.shape))
        for i, weight_i in enumerate((1, -2, 1)):
            for j, weight_j in enumerate((1, -2, 1)):
                squared = np.maximum(level + (1 - i) * wide + (1 - j) * narrow, 0)
                squared *= squared
                total += (weight_i * weight_j) * (squared * squared)
        return total / (24 * wide**2 * narrow**2)

    seen = below(width_px / 2 - distance[None]) + below(width_px / 2 + distance[None]) - 1
    return np.clip(seen, 0, 1).astype(np.float32)


def blend(image: np.ndarray, coverage: np.ndarray, colour: tuple[int, int, int]) -> None:
    """Lay ink of one colour over an image, in place, as opaque as `coverage` says (0 … 1)."""
    flat = np.flatnonzero(coverage > 0)
    opacity = coverage.reshape(-1)[flat, None]
    pixels = image.reshape(-1, 3)
    pixels[flat] = pixels[flat] * (1 - opacity) + np.asarray(colour, np.float32) * opacity + np.float32(0.5)


def _subdivide(parts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return, for intervals cut into so many parts, each part's interval and where in it (0 … 1) the part begins."""
    interval = np.repeat(np.arange(len(parts)), parts)
    first = np.repeat(np.cumsum(parts) - parts, parts)
    return interval, (np.arange(len(interval)) - first) / parts[interval]


def _pieces(values: np.ndarray) -> list[tuple[int, int]]:
    """Return first and end of each stretch of equal values."""
    edges = [0, *(np.flatnonzero(values[1:] != values[:-1]) + 1).tolist(), len(values)]
    return list(pairwise(edges)) if len(values) else []
