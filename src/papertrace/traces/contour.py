"""From the ink of a trace to the pen's centre line, with the stroke's width undone.

A round pen of radius r that follows y(x) inks everything within r of the curve. The upper edge of the ink is the
curve dilated by a disk, the lower edge the curve eroded. Undoing the dilation on the upper edge (erosion by the same
disk) gives the curve back wherever the disk could touch it from above, that is everywhere but in notches narrower
than the pen; the lower edge gives it back everywhere but on peaks narrower than the pen. Where both agree, their mean
is taken; on a peak the upper edge knows better, in a trough the lower.
(Serra, Image Analysis and Mathematical Morphology, 1982: closing and opening by a disk.)
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from papertrace.spans import spans_of

_STEEP = 2.0
"""Slope from which on a limb is placed by its left and right edge."""
_ENOUGH_POINTS = 40
_LIMB_RADII = 6.0
"""Least height of a limb, in radii of the pen."""
FINE = 4
"""Sub-columns per pixel column: steep edges need a finer x than the image has."""


def stroke_radius(top: np.ndarray, bottom: np.ndarray) -> float:
    """Return half the pen's width in px, from the columns where the trace is flat.

    Parameters
    ----------
    top, bottom : ndarray, shape (n,)
        Edges of the ink per column; NaN where missing.
    """
    middle = (top + bottom) / 2
    slope = np.abs(np.gradient(middle))
    # a stroke that climbs at slope s is sqrt(1 + s^2) taller than wide
    width = np.where(slope < 1.0, (bottom - top) / np.hypot(1, slope), np.nan)
    # averaged over neighbours against pixel noise; bends and whatever touches the trace only ever add
    windows = np.lib.stride_tricks.sliding_window_view(width, 5) if len(width) >= 5 else width[None]
    steady = windows.mean(axis=1)
    steady = steady[np.isfinite(steady)]
    if len(steady) == 0:
        steady = (bottom - top)[np.isfinite(top)]
    return float(np.clip(np.percentile(steady, 12) / 2, 0.4, 12)) if len(steady) else 1.0


def centre_line(top: np.ndarray, bottom: np.ndarray, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the pen's centre line and how far the two edges disagree about it.

    Parameters
    ----------
    top, bottom : ndarray, shape (n,)
        Edges of the ink in px, y down, NaN in columns without ink.
    radius : float
        The pen's radius in px.

    Returns
    -------
    y : ndarray, shape (n * FINE - FINE + 1,)
        Centre line at x = 0, 1/FINE, 2/FINE … in px, NaN where there is no ink.
    doubt : ndarray, same shape
        Distance in px between what the upper and the lower edge say.
    """
    n = len(top)
    x = np.arange(n)
    fine = np.arange((n - 1) * FINE + 1) / FINE
    present = np.isfinite(top)
    if present.sum() < 2:
        return np.full(len(fine), np.nan), np.full(len(fine), np.nan)
    upper = np.interp(fine, x[present], top[present])
    lower = np.interp(fine, x[present], bottom[present])
    from_above = _lift(upper, radius)
    from_below = -_lift(-lower, radius)
    doubt = np.maximum(from_below - from_above, 0)
    y = _choose(from_above, from_below, radius)
    missing = np.interp(fine, x, ~present) > 0.5
    return np.where(missing, np.nan, y), np.where(missing, np.nan, doubt)


def _choose(above: np.ndarray, below: np.ndarray, radius: float) -> np.ndarray:
    """Join what the upper edge says and what the lower edge says, y down.

    Where they agree, their mean. Elsewhere the trace is on a peak or in a trough narrower than the pen, told apart by
    whether the ink's middle stands above or below the ink's middle a stroke's width to either side.
    """
    middle = (above + below) / 2
    doubt = np.maximum(below - above, 0)
    span = max(2, round(2 * radius * FINE))
    surrounding = (np.roll(middle, span) + np.roll(middle, -span)) / 2
    weight = np.clip(0.5 + (surrounding - middle) / (doubt + 0.25 * radius), 0, 1)
    return np.where(doubt < 0.5 * radius, middle, weight * above + (1 - weight) * below)


@dataclass(frozen=True)
class Limbs:
    """The steep parts of a centre line, and where the ink's left and right edges lie in the rows they cross.

    Attributes
    ----------
    index : ndarray of int, shape (k,)
        Points of the centre line that lie on a limb.
    left, right : ndarray, shape (k,)
        Distance in px from the point to the ink's edges; NaN where another stroke hides the edge.
    stretch : ndarray, shape (k,)
        How much wider than the pen a horizontal cut through the stroke is.
    """

    index: np.ndarray
    left: np.ndarray
    right: np.ndarray
    stretch: np.ndarray

    def radius(self) -> float | None:
        """Return the pen's radius in px as the limbs show it, or None where there are too few."""
        radii = (self.left + self.right) / 2 / self.stretch
        radii = radii[np.isfinite(radii)]
        return float(np.median(radii)) if len(radii) >= _ENOUGH_POINTS else None


def find_limbs(ink: np.ndarray, x: np.ndarray, y: np.ndarray, radius: float, threshold: float = 0.5) -> Limbs:
    """Find the limbs of a centre line and measure the ink across them.

    Parameters
    ----------
    ink : ndarray of float32, shape (h, w)
        Share of ink per pixel.
    x, y : ndarray, shape (n,)
        The centre line in px; x equally spaced, y NaN where there is no ink.
    radius : float
        The pen's radius in px, roughly.
    threshold : float
        Where the edge of the ink is.
    """
    slope = np.abs(np.gradient(y, x))
    # a tip is where the pen turns, however sharply
    step = np.diff(y, prepend=y[0], append=y[-1])
    steep = (slope > _STEEP) & (step[:-1] * step[1:] > 0)
    # small zigzags are no limbs: in them the pen's own width decides what is ink
    for first, end in spans_of(steep):
        if abs(y[end - 1] - y[first]) < _LIMB_RADII * radius:
            steep[first:end] = False
    index = np.flatnonzero(steep)
    stretch = np.hypot(1, 1 / slope[index])
    offsets = np.arange(0.0, 2 * radius + 1.75, 0.25)
    edges = []
    for direction in (-1, 1):
        if len(index) == 0:
            edges.append(np.zeros(0))
            continue
        columns = (x[index][:, None] + direction * offsets).astype(np.float32)
        rows = np.repeat(y[index].astype(np.float32)[:, None], len(offsets), axis=1)
        values = cv2.remap(ink, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
        outside = values < threshold
        first = np.maximum(outside.argmax(axis=1), 1)
        inner, outer = values[np.arange(len(index)), first - 1], values[np.arange(len(index)), first]
        fraction = np.clip((inner - threshold) / np.maximum(inner - outer, 1e-6), 0, 1)
        distance = offsets[first - 1] + 0.25 * fraction
        # an edge much farther away than the pen is wide belongs to somebody else
        seen = outside.any(axis=1) & ~outside[:, 0] & (distance < 1.6 * radius * stretch + 0.5)
        edges.append(np.where(seen, distance, np.nan))
    return Limbs(index, edges[0], edges[1], stretch)


def place_limbs(x: np.ndarray, y: np.ndarray, limbs: Limbs, radius: float) -> np.ndarray:
    """Move the steep parts of a centre line sideways to the middle of their ink.

    On a limb of a QRS the height changes by tens of pixels a column, so that column edges say little about where the
    limb is; the ink's left and right edges in the rows it crosses say it to a few hundredths of a pixel. Where the
    neighbouring limb hides one edge (near the tip), the other edge and the pen's radius are used.

    Returns
    -------
    ndarray, shape (n,)
        The centre line at the same x.
    """
    if len(limbs.index) == 0:
        return y
    half_width = radius * limbs.stretch
    shift = (limbs.right - limbs.left) / 2
    shift = np.where(np.isnan(limbs.left), limbs.right - half_width, shift)
    shift = np.where(np.isnan(limbs.right), half_width - limbs.left, shift)
    moved = x.astype(float).copy()
    moved[limbs.index] += np.clip(np.nan_to_num(shift), -0.7 * radius, 0.7 * radius)
    # tips and feet stay where they are, and no part of a limb passes them; the pen never moves back
    fixed = np.setdiff1d(np.arange(len(y)), limbs.index)
    if len(fixed):
        place = np.searchsorted(fixed, limbs.index)
        low = np.where(place > 0, x[fixed[np.maximum(place - 1, 0)]], -np.inf)
        high = np.where(place < len(fixed), x[fixed[np.minimum(place, len(fixed) - 1)]], np.inf)
        rank = 1e-4 * (limbs.index - limbs.index[0] + 1) / (len(y) + 1)
        moved[limbs.index] = np.clip(moved[limbs.index], low + rank, high - 1e-4 + rank)
    known = np.isfinite(y)
    moved = np.maximum.accumulate(np.where(known, moved, -np.inf))
    refined = np.interp(x, moved[known], y[known])
    return np.where(known, refined, np.nan)


def _lift(upper: np.ndarray, radius: float) -> np.ndarray:
    """Undo the dilation by a disk on an upper edge (y down): the lowest place where the disk still fits under it."""
    reach = int(np.floor(radius * FINE))
    out = np.full(len(upper), -np.inf)
    padded = np.pad(upper, reach, mode="edge")
    for offset in range(-reach, reach + 1):
        drop = np.sqrt(max(radius**2 - (offset / FINE) ** 2, 0.0))
        out = np.maximum(out, padded[reach + offset : reach + offset + len(upper)] + drop)
    return out
