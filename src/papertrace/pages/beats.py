"""Where the beats of a window are, well enough to print a heart rate and pacing marks; no cardiology rests on it."""

from __future__ import annotations

import numpy as np

_SMOOTH_S = 0.08  # about a QRS complex
_REFRACTORY_S = 0.28  # no two beats are closer: 214 a minute
_THRESHOLD = 0.25  # of the tall complexes' energy


def find_beats(samples: np.ndarray, rate_hz: float) -> np.ndarray:
    """Return the moments of QRS complexes in s, shape (n_beats,).

    The slopes of all leads, squared, each relative to its own spread, summed and smoothed over the width of a complex;
    peaks of that above a share of its 98th percentile, the taller first, none within the refractory time of another
    (after Pan and Tompkins 1985).

    Parameters
    ----------
    samples : ndarray, shape (n, leads)
        mV; NaN counts as no slope.
    rate_hz : float
        Samples per second.
    """
    slope = np.nan_to_num(np.diff(np.asarray(samples, float), axis=0), nan=0.0, posinf=0.0, neginf=0.0) ** 2
    width = max(round(_SMOOTH_S * rate_hz), 1)
    if len(slope) < 2 * width:
        return np.empty(0)
    level = slope.mean(axis=0)
    useful = level > 0
    if not useful.any():
        return np.empty(0)
    energy = np.convolve((slope[:, useful] / level[useful]).sum(axis=1), np.ones(width) / width, mode="same")
    rises = np.diff(energy, prepend=0.0, append=0.0)
    peaks = np.flatnonzero((rises[:-1] > 0) & (rises[1:] <= 0))
    # Of noise the tallest peaks are not much taller than the rest, and nothing stands out as a beat.
    tall = np.percentile(energy, 98)
    peaks = peaks[energy[peaks] > _THRESHOLD * tall]
    if tall < 4 * np.median(energy):
        return np.empty(0)
    apart, kept = round(_REFRACTORY_S * rate_hz), np.empty(0, int)
    for peak in peaks[np.argsort(-energy[peaks], kind="stable")]:
        if not len(kept) or np.abs(kept - peak).min() >= apart:
            kept = np.append(kept, peak)
    return np.sort(kept) / rate_hz


def heart_rate(beats_s: np.ndarray) -> float | None:
    """Return the rate a minute of at least three beats, by the median of their distances; None of fewer."""
    return 60.0 / float(np.median(np.diff(beats_s))) if len(beats_s) >= 3 else None
