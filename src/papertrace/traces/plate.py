"""A smooth field through scattered, partly wrong measurements: a plate that bends as little as they allow.

The field has the least of sum w (z - measured)^2 + stiffness * (bending energy), the discrete thin-plate spline with
free edges. How stiff the plate is follows from the measurements themselves: the ratio of their variance to that of
the field's curvature which makes them most probable (MacKay, Neural Computation 4, 415, 1992). So a sheet that is
flat stays flat, and noise is not followed. Measurements far off the field lose their vote (Geman and McClure 1987).
"""

from __future__ import annotations

import numpy as np

_STIFFNESS = (1e-3, 1e7)
_START = 0.1
_LEFT = 0.464
_SETTLED = 0.03
_TAPS = (
    (1.0, ((0, 0, 1.0), (1, 0, -2.0), (2, 0, 1.0))),
    (1.0, ((0, 0, 1.0), (0, 1, -2.0), (0, 2, 1.0))),
    (2.0, ((0, 0, 1.0), (1, 0, -1.0), (0, 1, -1.0), (1, 1, 1.0))),
)


class Plate:
    """Smooth fields on a lattice of nodes.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of nodes, at least 3 each.
    """

    def __init__(self, shape: tuple[int, int]):
        # the equations' band is as wide as two of the shorter lines
        self._turned = shape[0] > shape[1]
        self._rows, self._columns = sorted(shape)
        self._band = _bending(self._rows, self._columns)
        # signs that are as good as random, to estimate a trace by (Hutchinson 1989)
        self._probe = np.random.default_rng(0).choice([-1.0, 1.0], shape)

    def solve(self, weight: np.ndarray, values: np.ndarray, stiffness: float) -> np.ndarray:
        """Return the plates of some values alike in weight and stiffness.

        Parameters
        ----------
        weight : ndarray, shape (rows, columns)
            0 where nothing was measured.
        values : ndarray, shape (k, rows, columns)
            What was measured.
        stiffness : float
            0 follows every value; large is a plane.

        Returns
        -------
        ndarray, shape (k, rows, columns)
        """
        from scipy.linalg import solveh_banded

        pulls = weight * values
        if not self._turned:
            weight, pulls = weight.T, pulls.transpose(0, 2, 1)
        band = stiffness * self._band
        band[0] += weight.ravel() + 1e-9 * stiffness
        right = pulls.reshape(len(values), -1).T
        found = solveh_banded(band, right, overwrite_ab=True, overwrite_b=True, lower=True, check_finite=False)
        found = found.T.reshape(len(values), self._columns, self._rows)
        return found if self._turned else found.transpose(0, 2, 1)

    def robust(self, weight: np.ndarray, values: np.ndarray, least_spread: float, rounds: int) -> np.ndarray:
        """Return a plate of fixed, low stiffness through values some of which are wrong, shape (rows, columns)."""
        share = np.ones_like(weight)
        for _ in range(rounds):
            found = self.solve(weight * share, values[None], _START)[0]
            share, _ = _shares(values - found, weight, share, least_spread)
        return found

    def probable(
        self, weight: np.ndarray, values: np.ndarray, error: float, least_spread: float, rounds: int
    ) -> tuple[np.ndarray, float]:
        """Return the plate of the most probable stiffness, shape (rows, columns), and the spread of values about it.

        Parameters
        ----------
        weight : ndarray, shape (rows, columns)
            About 1 where a value is as good as usual.
        values : ndarray, shape (rows, columns)
            What was measured.
        error : float
            What the values may all be wrong by for reasons that are not random, and are not to be followed.
        least_spread : float
            Values within this of the plate are not doubted.
        rounds : int
            How often shares and stiffness are estimated anew, at most.
        """
        share, stiffness, spread = np.ones_like(weight), _START, 0.0
        both = np.stack([values, self._probe])
        for _ in range(rounds):
            voted = weight * share
            found, answer = self.solve(voted, both, stiffness)
            share, spread = _shares(values - found, weight, share, least_spread)
            # how many numbers the values decide; a plane is free
            decided = max(float(np.sum(self._probe * answer * voted)) - 3, 1.0)
            curvature = _energy(found) / decided
            before, stiffness = stiffness, float(np.clip((error**2 + spread**2) / max(curvature, 1e-30), *_STIFFNESS))
            if abs(np.log(stiffness / before)) < _SETTLED:
                return found, spread
        return self.solve(weight * share, values[None], stiffness)[0], spread


def _shares(error: np.ndarray, weight: np.ndarray, share: np.ndarray, least_spread: float) -> tuple[np.ndarray, float]:
    voted = weight * share
    # of normal errors the shares leave that part of the variance
    variance = float(np.sum(voted * error**2)) / max(float(voted.sum()), 1e-12) / _LEFT
    spread = max(least_spread, variance**0.5)
    return 1 / (1 + (error / (1.5 * spread)) ** 2) ** 2, spread


def _energy(field: np.ndarray) -> float:
    along, down = np.diff(field, 2, axis=1), np.diff(field, 2, axis=0)
    across = np.diff(np.diff(field, axis=0), axis=1)
    return float(np.sum(along**2) + np.sum(down**2) + 2 * np.sum(across**2))


def _bending(rows: int, columns: int) -> np.ndarray:
    """Return the bending energy's matrix, lower band by lower band, of nodes counted column by column."""
    nodes = np.arange(rows * columns).reshape(columns, rows).T
    band = np.zeros((2 * rows + 1, rows * columns))
    for weight, taps in _TAPS:
        down, right = max(tap[0] for tap in taps), max(tap[1] for tap in taps)
        first = nodes[: rows - down, : columns - right].ravel()
        for i, j, a in taps:
            for k, m, b in taps:
                start, end = j * rows + i, m * rows + k
                if end >= start:
                    band[end - start, first + start] += weight * a * b
    return band
