"""Ink runs per column, and the paths through them that are traces.

A pen that moves from left to right leaves in each pixel column one vertical run of ink (long where the signal is
steep). A trace is the chain of runs, one a column, that overlap or nearly touch from column to column. The best
chain is found by dynamic programming in the manner of a local alignment (Smith and Waterman 1981): columns with a
run pay, jumps and missing columns cost, and a chain may begin and end anywhere, so that text, stains and pulses
beside the trace are not drawn in.
"""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass
from operator import itemgetter

import numpy as np

INK_THRESHOLD = 0.5
"""A pixel half covered by the pen lies on the edge of its stroke."""
_KEPT_GHOSTS = 8
_NEAR_PX = 2.0
_SPECK = 2.0


@dataclass(frozen=True)
class Runs:
    """All ink runs of an image, sorted by column.

    Attributes
    ----------
    column : ndarray of int, shape (n,)
    top, bottom : ndarray of float, shape (n,)
        Sub-pixel rows where the ink crosses the threshold.
    first : ndarray of int, shape (w + 1,)
        Runs of column x are first[x] … first[x + 1] - 1.
    """

    column: np.ndarray
    top: np.ndarray
    bottom: np.ndarray
    first: np.ndarray


@dataclass(frozen=True)
class Path:
    """A chain of runs: for each column of [x0, x1) the index of its run, or -1 where it is missing."""

    x0: int
    runs: np.ndarray
    score: float

    @property
    def x1(self) -> int:
        """One past the last column."""
        return self.x0 + len(self.runs)

    @property
    def gap_share(self) -> float:
        """Share of columns without a run."""
        return float(np.mean(self.runs < 0))


def find_runs(ink: np.ndarray, threshold: float = INK_THRESHOLD) -> Runs:
    """Return the vertical runs of ink above `threshold`, with sub-pixel ends by linear interpolation."""
    h, w = ink.shape
    columns = np.ascontiguousarray(ink.T)
    padded = np.zeros((w, h + 2), np.float32)
    padded[:, 1:-1] = columns
    mask = padded > threshold
    change = np.flatnonzero(mask[:, 1:] != mask[:, :-1])
    column, edge = np.divmod(change, h + 1)
    column, start, stop = column[0::2], edge[0::2], edge[1::2]  # padded[start] is below, padded[start + 1] above
    above, below = padded[column, start + 1], padded[column, start]
    top = start - 1 + (threshold - below) / (above - below)
    above, below = padded[column, stop], padded[column, stop + 1]
    bottom = stop - 1 + (above - threshold) / (above - below)
    # specks of paper inside a stroke do not part it
    parted = np.flatnonzero((np.diff(column) > 0) | (top[1:] - bottom[:-1] > _SPECK)) + 1
    first, last = np.concatenate([[0], parted]).astype(int), np.concatenate([parted - 1, [len(column) - 1]]).astype(int)
    if len(column):
        column, top, bottom = column[first], top[first], bottom[last]
    keep = bottom - top > 0.3
    column, top, bottom = column[keep], top[keep], bottom[keep]
    return Runs(column, top, bottom, np.searchsorted(column, np.arange(w + 1)))


def best_path(runs: Runs, free: np.ndarray, jump_cost: float, gap_cost: float) -> Path | None:
    """Return the chain of runs with the highest score, or None where there is no run.

    Parameters
    ----------
    runs : Runs
        All runs of the image.
    free : ndarray of bool, shape (n,)
        Which runs may be used.
    jump_cost : float
        Cost, in columns, of each px between two consecutive runs that do not overlap.
    gap_cost : float
        Cost, in columns, of a column without a run.
    """
    width = len(runs.first) - 1
    usable = np.flatnonzero(free)
    first = np.searchsorted(runs.column[usable], np.arange(width + 1)).tolist()
    # a column has few runs: plain numbers take a quarter of the time of arrays
    tops, bottoms = runs.top[usable].tolist(), runs.bottom[usable].tolist()
    # of two runs that continue a chain equally well, the longer is the trace and the shorter a speck
    total = [1 + 0.01 * min(bottom - top, 50.0) for top, bottom in zip(tops, bottoms, strict=True)]
    back = [-1] * len(usable)
    # what the next column can continue: places in `usable`, their scores less what gaps have cost
    states: list[tuple[int, float]] = []
    for begin, end in itertools.pairwise(first):
        continued = set()
        for here in range(begin, end):
            top, bottom = tops[here], bottoms[here]
            gained, best, away = 0.0, -1, 0.0
            for place, score in states:
                if score > gained:  # else no jump, however short, makes it the best
                    gap = max(top - bottoms[place], tops[place] - bottom)
                    value = score - jump_cost * gap if gap > 0 else score
                    if value > gained:
                        gained, best, away = value, place, gap
            if best >= 0:
                back[here] = best
                total[here] += gained
                # it need not wait as well, unless a far speck is all that it was continued by
                if away < _NEAR_PX:
                    continued.add(best)
        waiting = [(place, score - gap_cost) for place, score in states if score > gap_cost and place not in continued]
        if begin < end and len(waiting) > _KEPT_GHOSTS:
            waiting = heapq.nlargest(_KEPT_GHOSTS, waiting, key=itemgetter(1))
        states = [(here, total[here]) for here in range(begin, end)] + waiting
    if len(usable) == 0:
        return None
    chain = [int(np.argmax(total))]
    score = total[chain[0]]
    while back[chain[-1]] >= 0:
        chain.append(back[chain[-1]])
    chain = usable[chain[::-1]]
    columns = runs.column[chain]
    indices = np.full(int(columns[-1] - columns[0]) + 1, -1)
    indices[columns - columns[0]] = chain
    return Path(int(columns[0]), indices, score)


def _grow(path: Path, runs: Runs, free: np.ndarray) -> Path:
    """Follow connected ink from each end of a chain, and into its gaps, as far as it goes.

    Where a trace begins steeply (a QRS at the edge of the page, or behind the pulse's foot), skipping columns is
    cheaper to the chain than jumping to the curve's true beginning; connected ink is evidence enough to go there.
    """
    width = len(runs.first) - 1
    chain = np.full(width, -1)
    chain[path.x0 : path.x1] = path.runs
    for order, step in ((range(width - 2, -1, -1), 1), (range(1, width), -1)):
        for x in order:
            near = chain[x + step]
            if chain[x] >= 0 or near < 0:
                continue
            now = np.arange(runs.first[x], runs.first[x + 1])
            overlap = np.minimum(runs.bottom[now], runs.bottom[near]) - np.maximum(runs.top[now], runs.top[near])
            overlap[~free[now]] = -1
            if len(now) and overlap.max() > 0:
                chain[x] = now[np.argmax(overlap)]
    inked = np.flatnonzero(chain >= 0)
    return Path(int(inked[0]), chain[inked[0] : inked[-1] + 1], path.score)


def find_paths(
    runs: Runs,
    scale: float,
    minimum_mm: float = 40.0,
    limit: int = 16,
    jump_cost: float = 3.0,
    common: np.ndarray | None = None,
) -> list[Path]:
    """Return the traces of a page, longest first: chains at least `minimum_mm` long, few gaps, none sharing a run.

    `scale` is px a mm; `jump_cost` is as `best_path` has it. Runs that are `common` (bool, shape (n,)), as where
    limbs of two traces meet, lead no chain from one trace to another: they join every chain that touches them.
    """
    free = np.ones(len(runs.column), bool)
    common = np.zeros(len(runs.column), bool) if common is None else common
    paths: list[Path] = []
    best_score = 0.0
    # ink is smeared over neighbouring pixels, so a run is free only if it is no part of a chain's own stroke
    for _ in range(2 * limit):
        needed = max(minimum_mm * scale, 0.3 * best_score)
        # a run pays at most 1.5, and a chain has one a column
        if len(paths) == limit or 1.5 * len(np.unique(runs.column[free])) < needed:
            break
        path = best_path(runs, free & ~common, jump_cost, gap_cost=0.6)
        if path is None or path.score < needed:
            break
        path = _grow(path, runs, free)
        free[path.runs[path.runs >= 0]] = False
        free |= common
        if path.gap_share < 0.25:
            best_score = max(best_score, path.score)
            paths.append(path)
    return paths
