"""From a cleaned page to rows: connected components, and the darkest pixel of each column.

The centre of a stroke is darkest on a flat part; on a steep one all of a column is as dark, and its middle is taken.
Where components of one row leave gaps, because the network cut the trace, they are joined by their place.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

DARKEST, INK = 99.9, (0.2, 0.5)
"""Percentile of the darkness that counts as a stroke's middle; its edge is half as dark, within these bounds."""

_LEAST_MM = 0.8  # a component's longer side: less is a speck
_START_MM = 15.0  # width of a component that makes a row
_STEP_MM = 8.0  # how far up or down a row goes on after a gap
_SHARED = 0.2  # of a component's columns: with more in common it belongs beside a row, not into it
_SPAN = 0.5  # of the longest row's: less is no row
_LEVELS = 255  # darkness is compared as a stored image has it


@dataclass(frozen=True)
class Curve:
    """One row of the page in pixels.

    Attributes
    ----------
    first : int
        Its first column.
    y_px : ndarray, shape (n,)
        Height in each column from there on; NaN where there is no ink.
    ink_px : ndarray, shape (n,)
        How many pixels of each column are ink; NaN where none.
    """

    first: int
    y_px: np.ndarray
    ink_px: np.ndarray

    @property
    def x_px(self) -> np.ndarray:
        """The columns, shape (n,)."""
        return self.first + np.arange(len(self.y_px), dtype=float)

    @property
    def thick_px(self) -> float:
        """The stroke's width: the median of its columns."""
        return float(np.nanmedian(self.ink_px))


def find_curves(darkness: np.ndarray, px_per_mm: float) -> list[Curve]:
    """Return a page's rows from the top.

    Parameters
    ----------
    darkness : ndarray of float32, shape (h, w)
        About 0 on paper, 1 on a trace.
    px_per_mm : float
        Pitch of 1 mm.
    """
    edge = float(np.clip(np.percentile(darkness[::2, ::2], DARKEST) / 2, *INK))
    mask = (darkness > edge).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    _, _, width, height, _ = stats.T
    kept = np.flatnonzero(np.maximum(width, height) >= _LEAST_MM * px_per_mm)
    kept = kept[kept > 0]
    level = np.rint(np.clip(darkness, 0, 1) * _LEVELS).astype(np.int32)
    # rows grow from their widest piece
    rows: list[_Row] = []
    for label in kept[np.argsort(-width[kept], kind="stable")].tolist():
        x, y, thick = _darkest(labels, level, stats[label], label)
        row = min(rows, key=lambda row: row.away(x, y), default=None)
        if row is not None and row.away(x, y) <= _STEP_MM * px_per_mm:
            row.join(x, y, thick)
        elif width[label] >= _START_MM * px_per_mm:
            rows.append(_Row(darkness.shape[1]))
            rows[-1].join(x, y, thick)
    curves = [row.curve() for row in rows]
    longest = max((len(curve.y_px) for curve in curves), default=0)
    curves = [curve for curve in curves if len(curve.y_px) >= _SPAN * longest]
    return sorted(curves, key=lambda curve: float(np.nanmedian(curve.y_px)))


def _darkest(
    labels: np.ndarray, level: np.ndarray, box: np.ndarray, label: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a component's columns, the row of its darkest pixel in each, and how much ink each has."""
    left, top, width, height, _ = box.tolist()
    part = np.s_[top : top + height, left : left + width]
    own = labels[part] == label
    dark = np.where(own, level[part], -1)
    darkest = dark == dark.max(axis=0)
    # of pixels equally dark the middle one
    count = darkest.sum(axis=0)
    middle = np.argmax(np.cumsum(darkest, axis=0) >= (count + 1) / 2, axis=0)
    return left + np.arange(width), (top + middle).astype(float), own.sum(axis=0)


class _Row:
    """A row that components are joined to."""

    def __init__(self, width: int):
        self._y = np.full(width, np.nan)
        self._thick = np.full(width, np.nan)

    def away(self, x: np.ndarray, y: np.ndarray) -> float:
        """Return how far up or down a component goes on from this row, in px; infinite where they run side by side.

        Its nearer end counts, or its median height where that is nearer: a lead may begin in the middle of a QRS.
        """
        known = np.flatnonzero(np.isfinite(self._y))
        if np.isfinite(self._y[x]).mean() > _SHARED:
            return np.inf
        place = np.clip(np.searchsorted(known, [x[0], x[-1]]), 1, len(known) - 1)
        near = np.concatenate([known[place - 1], known[place]])
        gaps = np.abs(near[:, None] - np.array([x[0], x[-1]]))
        at, end = np.unravel_index(np.argmin(gaps), gaps.shape)
        return float(min(abs(self._y[near[at]] - y[(0, -1)[end]]), abs(np.nanmedian(self._y) - np.median(y))))

    def join(self, x: np.ndarray, y: np.ndarray, thick: np.ndarray) -> None:
        """Take a component's columns where there are none yet."""
        free = np.isnan(self._y[x])
        self._y[x[free]], self._thick[x[free]] = y[free], thick[free]

    def curve(self) -> Curve:
        """Return the row from its first column to its last."""
        known = np.flatnonzero(np.isfinite(self._y))
        part = slice(known[0], known[-1] + 1)
        return Curve(int(known[0]), self._y[part], self._thick[part])
