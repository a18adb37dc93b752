"""What the heart tells of a page: how fast its paper ran, and whether its columns show the same seconds."""

from __future__ import annotations

import cv2
import numpy as np

from papertrace.traces.layout import Row

STEP_MM = 0.125
"""From one value of `activity` to the next."""

_SMOOTH_MM = 0.5
_RANGE_MM = (4.0, 90.0)  # between beats: 200 a minute at 50 mm/s, 17 at 25 mm/s

# natural logarithm of the distance between beats and of the width of a QRS, both in mm at 25 mm/s: their mean and
# covariance over the training split of QTDB, PTB-XL and LUDB
_MEAN = np.array([3.116, 0.560])
_COVARIANCE = np.array([[0.0818, 0.0131], [0.0131, 0.0279]])
_FREEDOM = 10  # of 596 windows of 10 s at 25 mm/s, of records not tested on, none is then taken for another speed's
# correlation of columns that show the same seconds: at least, and more than with those after
_SAME, _CLEARLY = 0.8, 0.1
_BLUR_MM = 0.25


def activity(row: Row, start_mm: float, end_mm: float) -> np.ndarray:
    """Return how much a row moves up and down, every `STEP_MM` from `start_mm` to `end_mm`.

    Returns
    -------
    ndarray, shape (n,)
        Rise or fall over half a millimetre in mm, at most what 5 % of the row exceed; over this most. 0 where the row
        has no ink.
    """
    x = np.arange(start_mm, end_mm, STEP_MM)
    known = np.isfinite(row.y_mm)
    ends = x + _SMOOTH_MM / 2 * np.array([[-1.0], [1.0]])
    before, after = np.interp(ends, row.x_mm[known], row.y_mm[known])
    move = np.abs(after - before)
    inked = ((x >= row.inked_mm[:, :1]) & (x <= row.inked_mm[:, 1:])).any(axis=0)
    move[~inked] = 0.0
    most = np.percentile(move, 95) if len(move) else 0.0
    return np.clip(move / most, 0, 1) if most > 0 else np.zeros(len(x))


def beat_size(rows: list[Row]) -> tuple[float, float] | None:
    """Return the distance between beats and the width of a QRS, both in mm; None where no beat repeats.

    Both are read off the autocorrelation of all rows' activity: the width where its middle peak has fallen by half, the
    distance at its first high peak beside.
    """
    start, end = (float(np.median([getattr(row, edge) for row in rows])) for edge in ("start_mm", "end_mm"))
    total = np.mean([activity(row, start, end) for row in rows], axis=0)
    n = len(total)
    if n < 2 * _RANGE_MM[0] / STEP_MM:
        return None
    spectrum = np.fft.rfft(total - total.mean(), 2 * n)
    lags = np.fft.irfft(np.abs(spectrum) ** 2)[: n // 2 + 1]
    if lags[0] < 1e-9:
        return None
    lags = lags / lags[0] * (n / (n - np.arange(len(lags))))
    below = np.flatnonzero(lags < 0.5)
    if len(below) == 0:
        return None
    k = int(below[0])
    width = 2 * (k - 1 + (lags[k - 1] - 0.5) / (lags[k - 1] - lags[k])) * STEP_MM
    first, last = int(_RANGE_MM[0] / STEP_MM), min(int(_RANGE_MM[1] / STEP_MM), len(lags) - 1)
    smooth = cv2.GaussianBlur(lags[None], (0, 0), 1.0 / STEP_MM)[0]
    places = np.arange(first, last)
    peaks = places[(smooth[places] >= smooth[places - 1]) & (smooth[places] >= smooth[places + 1])]
    if len(peaks) == 0:
        return None
    highest = smooth[peaks].max()
    if highest < 0.15:
        return None
    # twice the distance between beats repeats as well: the first peak that is nearly as high
    return float(peaks[smooth[peaks] > 0.7 * highest][0]) * STEP_MM, width


def speed_odds(size: tuple[float, float], speeds: tuple[float, ...]) -> np.ndarray:
    """Return the log likelihood of each paper speed, given the distance between beats and the width of a QRS in mm.

    Student's distribution, not the normal: one odd heart must not outweigh what is usual.
    """
    away = np.log(size) - np.log(np.array(speeds)[:, None] / 25.0) - _MEAN
    squares = np.einsum("si,ij,sj->s", away, np.linalg.inv(_COVARIANCE), away)
    return -(_FREEDOM + len(_MEAN)) / 2 * np.log1p(squares / _FREEDOM)


def is_simultaneous(rows: list[Row], columns: list[int], start_mm: float, length_mm: float) -> bool:
    """Tell whether all columns of a page show the same seconds, rather than each those after its neighbour's.

    Beats then stand at the same places in every column. A rhythm strip decides where there is one: it goes on with the
    columns, or repeats itself while they do not. Without one, columns that agree with the first this well are the same
    seconds, unless the heart is as regular as a clock and a column a whole number of beats long; then they are taken
    for what is usual.

    Parameters
    ----------
    rows : list of Row
        The page's rows.
    columns : list of int
        How many each row has; those with one are rhythm strips where others have more.
    start_mm, length_mm : float
        Where the rows begin and how long they are.
    """
    most = max(columns)
    if most == 1:
        return False
    moves = [activity(row, start_mm, start_mm + length_mm) for row in rows]
    width = len(moves[0]) // most
    grid = np.mean([move for move, count in zip(moves, columns, strict=True) if count == most], axis=0)
    parts = [grid[k * width : (k + 1) * width] for k in range(most)]
    strips = [move for move, count in zip(moves, columns, strict=True) if count == 1]
    if strips:
        strip = np.mean(strips, axis=0)
        cuts = [strip[k * width : (k + 1) * width] for k in range(most)]
        onward = np.mean([_alike(part, cut) for part, cut in zip(parts[1:], cuts[1:], strict=True)])
        again = np.mean([_alike(part, cuts[0]) for part in parts[1:]])
        return bool(again > onward + _CLEARLY)
    return min(_alike(part, parts[0]) for part in parts[1:]) > _SAME


def _alike(a: np.ndarray, b: np.ndarray) -> float:
    """Return the correlation of two stretches of activity, a little blurred."""
    a, b = (cv2.GaussianBlur(each[None], (0, 0), _BLUR_MM / STEP_MM)[0] for each in (a, b))
    a, b = a - a.mean(), b - b.mean()
    return float(a @ b / (np.sqrt((a @ a) * (b @ b)) + 1e-9))
