"""From a trace network's reading of a strip to a curve: one path through the columns, to a fraction of a pixel."""

from __future__ import annotations

import numpy as np

from papertrace.spans import spans_of

_REACH_PX = 12  # rows on either side of a peak that belong to it
_RIVAL = 0.1  # share of a second peak from which on it is a candidate
_APART_PX = 28.0  # two peaks nearer than this are one steep limb, of which the mean is right
_LINES = 256  # what is done to so many at a time stays in the processor's cache
_MOVE_COST = 0.04  # nats a row of movement between half columns


def heights(logits: np.ndarray, *, continuous: bool = True) -> np.ndarray:
    """Return the curve's row in each half column.

    Where a column has ink of two curves, or of a curve and a crease, its distribution has two peaks and its mean lies
    between them, on neither. There the height is the mean about one of the peaks, and the likeliest sequence that moves
    least decides which (Viterbi 1967).

    Parameters
    ----------
    logits : ndarray of float32, shape (n, h)
        Unnormalised log probability of each row.
    continuous : bool
        Whether to look at peaks; else each column's mean is over all of its rows.

    Returns
    -------
    ndarray, shape (n,)
        In rows, 0 at the uppermost's centre.
    """
    parts = [_candidates(logits[top : top + _LINES]) for top in range(0, len(logits), _LINES)]
    chosen, first, share, second, rival = np.concatenate(parts, axis=1)
    if not continuous:
        return chosen
    for begin, end in spans_of((rival > _RIVAL) & (np.abs(first - second) > _APART_PX)):
        # the columns on either side are sure, and hold the ends of the sequence
        part = slice(max(begin - 1, 0), min(end + 1, len(first)))
        chosen[part] = _least_moving(
            np.stack([first[part], second[part]], axis=1), np.log(np.stack([share[part], rival[part]], axis=1) + 1e-6)
        )
    return chosen


def _candidates(logits: np.ndarray) -> np.ndarray:
    """Return the mean of each distribution, and mean and mass about its highest place and the next, shape (5, n)."""
    shares = logits - logits.max(axis=1, keepdims=True)
    np.exp(shares, out=shares)
    shares *= 1 / shares.sum(axis=1, keepdims=True)
    mean = shares @ np.arange(shares.shape[1], dtype=np.float32)
    first, share = _peak(shares)
    second, rival = first.copy(), np.zeros_like(share)
    unsure = np.flatnonzero(share < 1 - _RIVAL)  # in the others there is no room for a second
    second[unsure], rival[unsure] = _peak(shares[unsure])
    return np.stack([mean, first, share, second, rival])


def _peak(shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the mass of each distribution about its highest place, and take it out of `shares`."""
    n, h = shares.shape
    rows = shares.argmax(axis=1)[:, None] + np.arange(-_REACH_PX, _REACH_PX + 1)
    inside = (rows >= 0) & (rows < h)
    rows = np.clip(rows, 0, h - 1)
    lines = np.arange(n)[:, None]
    part = shares[lines, rows] * inside
    shares[lines, rows] = 0
    mass = part.sum(axis=1)
    return (part * rows).sum(axis=1) / np.maximum(mass, 1e-30), mass


def _least_moving(rows: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """Return of each line of candidates, shape (m, 2), the one on the best sequence."""
    best = gain[0]
    back = np.zeros(rows.shape, int)
    for k in range(1, len(rows)):
        paths = best[:, None] - _MOVE_COST * np.abs(rows[k - 1][:, None] - rows[k])
        back[k] = paths.argmax(axis=0)
        best = paths.max(axis=0) + gain[k]
    place = int(best.argmax())
    chosen = np.empty(len(rows))
    for k in range(len(rows) - 1, -1, -1):
        chosen[k] = rows[k, place]
        place = back[k, place]
    return chosen


def stretches(presence: np.ndarray, x_mm: np.ndarray, bridge_mm: float, crumb_mm: float) -> np.ndarray:
    """Return where the curve is.

    Parameters
    ----------
    presence : ndarray, shape (n,)
        Probability that it is there.
    x_mm : ndarray, shape (n,)
        Evenly spaced.
    bridge_mm, crumb_mm : float
        Shorter gaps are none, and shorter stretches are none.

    Returns
    -------
    ndarray, shape (k, 2)
        Begin and end of each stretch in mm, where the probability crosses one half.
    """
    above = np.concatenate([[False], presence > 0.5, [False]])
    edges = np.flatnonzero(above[1:] != above[:-1])
    if not len(edges):
        return np.empty((0, 2))
    # a stretch that is there from the first place on begins at it, and one to the last ends there
    places = np.clip(edges - 1 + _crossings(presence, edges), 0, len(presence) - 1)
    step = x_mm[1] - x_mm[0]
    spans = (x_mm[0] + places * step).reshape(-1, 2)
    joined = [spans[0]]
    for span in spans[1:]:
        if span[0] - joined[-1][1] < bridge_mm:
            joined[-1] = np.array([joined[-1][0], span[1]])
        else:
            joined.append(span)
    spans = np.array(joined)
    return spans[spans[:, 1] - spans[:, 0] >= crumb_mm]


def _crossings(presence: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return how far after the place before each edge the probability is one half, 0 … 1."""
    padded = np.concatenate([[0.0], presence, [0.0]])
    before, after = padded[edges], padded[edges + 1]
    share = (0.5 - before) / (after - before)
    return np.where(edges == 0, 1.0, np.where(edges == len(presence), 0.0, share))
