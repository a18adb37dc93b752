"""The pen: a stroke of a given width along a curve, anti-aliased at sub-pixel accuracy.

Each pixel takes the overlap of a one-pixel-wide box with the stroke across its direction, a function of
the pixel centre's distance to the curve alone. OpenCV's lines have whole-pixel widths, hence this.
"""

from __future__ import annotations

import numpy as np

_STEP_PX = 1.0  # length of the segments that a curve is cut into; distances are to segments, so exact


def smooth_curve(points: np.ndarray, step_px: float = _STEP_PX) -> list[np.ndarray]:
    """Return smooth curves through the points, cut finely enough to draw as straight segments.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Pixels, evenly spaced in x; NaN ordinates make a gap, an isolated point is a dot.
    step_px : float
        Greatest length of a segment.

    Returns
    -------
    list of ndarray, each of shape (m, 2)
        One curve per unbroken run of points, by cubic convolution (Keys 1981): it passes through every
        point, so the points stay the curve's centre line.

    """
    curves = []
    for run in _runs(np.isfinite(points[:, 1])):
        piece = points[run]
        if len(piece) < 3:
            curves.append(split_polyline(piece, step_px))
            continue
        x, y = piece[:, 0], piece[:, 1]
        slope = np.gradient(y)  # per sample: central differences, one-sided at the ends
        # The cubic's control polygon is at least as long as the curve: enough parts for steep limbs.
        length = np.hypot(np.diff(x), np.abs(np.diff(y)) + (np.abs(slope[1:]) + np.abs(slope[:-1])) / 6)
        parts = np.maximum(np.ceil(length / step_px), 1).astype(int)
        interval = np.repeat(np.arange(len(parts)), parts)
        first = np.repeat(np.cumsum(parts) - parts, parts)
        t = (np.arange(len(interval)) - first) / parts[interval]
        h00, h10 = (1 + 2 * t) * (1 - t) ** 2, t * (1 - t) ** 2
        h01, h11 = t * t * (3 - 2 * t), t * t * (t - 1)
        curve_y = h00 * y[interval] + h10 * slope[interval] + h01 * y[interval + 1] + h11 * slope[interval + 1]
        curve_x = x[interval] + t * (x[interval + 1] - x[interval])
        curves.append(np.concatenate([np.stack([curve_x, curve_y], axis=1), piece[-1:]]))
    return curves


def split_polyline(points: np.ndarray, step_px: float = _STEP_PX) -> np.ndarray:
    """Return the polyline with its segments cut to at most `step_px`; corners stay corners."""
    if len(points) < 2:
        return np.asarray(points, float)
    step = np.diff(points, axis=0)
    parts = np.maximum(np.ceil(np.hypot(step[:, 0], step[:, 1]) / step_px), 1).astype(int)
    interval = np.repeat(np.arange(len(parts)), parts)
    t = (np.arange(len(interval)) - np.repeat(np.cumsum(parts) - parts, parts)) / parts[interval]
    return np.concatenate([points[interval] + t[:, None] * step[interval], points[-1:]])


def stroke(coverage: np.ndarray, curve: np.ndarray, width_px: float) -> None:
    """Draw a stroke into a coverage image, in place; where strokes overlap the greater coverage stays.

    Parameters
    ----------
    coverage : ndarray, float32, shape (h, w)
        0 is bare paper, 1 full ink.
    curve : ndarray, shape (n, 2)
        Pixels, neighbouring points about a pixel apart; what lies outside the image is not drawn.
    width_px : float
        Width of the stroke; may be less than a pixel.

    """
    height, width = coverage.shape
    radius = width_px / 2
    reach = radius + 0.5
    if len(curve) == 1:
        curve = np.repeat(curve, 2, axis=0)
    start, step = curve[:-1], np.diff(curve, axis=0)
    middle = start + step / 2
    inside = (np.abs(middle - [width / 2, height / 2]) <= [width / 2 + reach + 2, height / 2 + reach + 2]).all(axis=1)
    start, step, middle = start[inside], step[inside], middle[inside]
    if len(start) == 0:
        return
    longest = float(np.hypot(step[:, 0], step[:, 1]).max())
    half = int(np.ceil(reach + longest / 2 + 0.5))
    offsets = np.arange(-half, half + 1)
    corner = np.rint(middle).astype(np.int64)
    dx = ((corner[:, :1] + offsets) - start[:, :1]).astype(np.float32)[:, None, :]
    dy = ((corner[:, 1:] + offsets) - start[:, 1:]).astype(np.float32)[:, :, None]
    sx, sy = (step[:, k].astype(np.float32)[:, None, None] for k in (0, 1))
    squared = np.maximum(sx * sx + sy * sy, np.float32(1e-12))
    along = np.clip((dx * sx + dy * sy) / squared, 0, 1)
    distance = np.sqrt((dx - along * sx) ** 2 + (dy - along * sy) ** 2)
    ink = np.minimum(np.float32(reach) - distance, np.float32(min(1.0, width_px)))
    x = (corner[:, :1] + offsets)[:, None, :]
    y = (corner[:, 1:] + offsets)[:, :, None]
    drawn = (ink > 0) & (x >= 0) & (x < width) & (y >= 0) & (y < height)
    place = (y * width + x)[drawn]
    np.maximum.at(coverage.reshape(-1), place, ink[drawn])


def blend(image: np.ndarray, coverage: np.ndarray, colour: tuple[int, int, int]) -> None:
    """Lay ink of one colour over an image, in place, as opaque as `coverage` says (0 … 1)."""
    flat = np.flatnonzero(coverage)
    opacity = coverage.reshape(-1)[flat, None]
    pixels = image.reshape(-1, 3)
    pixels[flat] = pixels[flat] * (1 - opacity) + np.asarray(colour, np.float32) * opacity + np.float32(0.5)


def _runs(present: np.ndarray) -> list[slice]:
    """Return the unbroken runs of True."""
    change = np.flatnonzero(np.diff(np.concatenate([[False], present, [False]]).astype(np.int8)))
    return [slice(int(a), int(b)) for a, b in zip(change[::2], change[1::2], strict=True)]
