"""From the ink of a trace to the pen's centre line, with the stroke's width undone.

A round pen of radius r that follows y(x) inks everything within r of the curve. The upper edge of the ink is the
curve dilated by a disk, the lower edge the curve eroded. Undoing the dilation on the upper edge (erosion by the same
disk) gives the curve back wherever the disk could touch it from above, that is everywhere but in notches narrower
than the pen; the lower edge gives it back everywhere but on peaks narrower than the pen. Where both agree, their mean
is taken; on a peak the upper edge knows better, in a trough the lower.
(Serra, Image Analysis and Mathematical Morphology, 1982: closing and opening by a disk.)
"""

from __future__ import annotations

import numpy as np

_FINE = 4
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
    y : ndarray, shape (n * _FINE - _FINE + 1,)
        Centre line at x = 0, 1/_FINE, 2/_FINE … in px, NaN where there is no ink.
    doubt : ndarray, same shape
        Distance in px between what the upper and the lower edge say.
    """
    n = len(top)
    x = np.arange(n)
    fine = np.arange((n - 1) * _FINE + 1) / _FINE
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
    span = max(2, round(2 * radius * _FINE))
    surrounding = (np.roll(middle, span) + np.roll(middle, -span)) / 2
    weight = np.clip(0.5 + (surrounding - middle) / (doubt + 0.25 * radius), 0, 1)
    return np.where(doubt < 0.5 * radius, middle, weight * above + (1 - weight) * below)


def _lift(upper: np.ndarray, radius: float) -> np.ndarray:
    """Undo the dilation by a disk on an upper edge (y down): the lowest place where the disk still fits under it."""
    reach = int(np.floor(radius * _FINE))
    out = np.full(len(upper), -np.inf)
    padded = np.pad(upper, reach, mode="edge")
    for offset in range(-reach, reach + 1):
        drop = np.sqrt(max(radius**2 - (offset / _FINE) ** 2, 0.0))
        out = np.maximum(out, padded[reach + offset : reach + offset + len(upper)] + drop)
    return out
