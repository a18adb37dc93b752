"""QRS complexes of one lead, whichever way they point.

NeuroKit2's own detector looks for upright R waves: it passes over the QS complexes of negative leads and takes flat
stretches of slow hearts for beats, one way on the truth and another on the trace. What makes a QRS is not its sign but
how sharply it turns; so here the power of the curvature is followed, in the way that Pan and Tompkins [1]_ follow
that of the slope, and a QRS is where it stands out.

References
----------
.. [1] Pan, J., & Tompkins, W. J. (1985). A real-time QRS detection algorithm. IEEE Transactions on Biomedical
   Engineering, 32(3), 230-236.
"""

from __future__ import annotations

import numpy as np

_SPAN_S = 0.012
"""Over what time slope and curvature are taken."""
_SMOOTHING_S = 0.02
"""Running mean before that: one period of the mains, a few columns of a 200 dpi page."""
_WINDOW_S = 0.08
"""The curvature's power is averaged over about the width of a QRS."""
_LEVEL_BLOCK_S = 2.0
"""Any two seconds hold a QRS; the median over the blocks of what is strongest is the lead's level."""
_THRESHOLD = 0.45
"""A QRS reaches this share of the level."""
_REFRACTORY_S = 0.25
_T_WAVE_S, _T_WAVE_SHARE = 0.45, 0.75
"""What follows a QRS within this time with less than this share of its strength is its T wave."""
_REACH_S = 0.06
"""The R (or S) peak lies this near to the middle of the curvature."""
_NEGATIVE = 3.0
"""A lead counts as negative where its QRS go this many times as far down as up (QS, or hardly an r)."""


def find_qrs(samples_mv: np.ndarray, rate_hz: float) -> tuple[np.ndarray, int]:
    """Find the QRS complexes of one lead.

    Measured after NeuroKit2's `ecg_clean` at 1000 Hz: on QTDB (492 stretches of 10 s, beats of `atr`) sensitivity
    99.8 % and positive predictive value 99.9 %, the median RR off by more than 20 ms in 0.6 % of the stretches (with
    NeuroKit2's detector 98.8 %, 99.1 % and 5.7 %); the constants were chosen there. On LUDB (960 leads, not looked at
    before) 99.7 % and 99.8 % (98.4 % and 98.9 %).

    Parameters
    ----------
    samples_mv : ndarray, shape (n,)
        One lead in mV without NaN; less than 0.16 s holds no QRS.
    rate_hz : float
        Sampling rate, 200 Hz or more.

    Returns
    -------
    peaks : ndarray of int, shape (beats,)
        Sample of each QRS's largest deflection in the lead's direction, ascending.
    direction : int
        1 where the lead's QRS complexes point up, -1 where they point down.
    """
    from scipy.signal import find_peaks

    if len(samples_mv) < 2 * _WINDOW_S * rate_hz:
        return np.zeros(0, int), 1
    span = max(1, round(_SPAN_S * rate_hz))
    smooth = running_mean(samples_mv, round(_SMOOTHING_S * rate_hz))
    padded = np.pad(smooth, (span // 2, span - span // 2), mode="edge")
    slope = running_mean(padded[span:] - padded[:-span], span)
    strength = np.sqrt(np.maximum(running_mean(np.gradient(slope) ** 2, round(_WINDOW_S * rate_hz)), 0))
    block = round(_LEVEL_BLOCK_S * rate_hz)
    # A last block of less than half the length joins no level: it may hold no beat.
    level = np.median([strength[i : i + block].max() for i in range(0, max(len(strength) - block // 2, 1), block)])
    if not level > 0:
        return np.zeros(0, int), 1
    candidates, _ = find_peaks(strength, height=_THRESHOLD * level, distance=max(1, round(_REFRACTORY_S * rate_hz)))
    middles: list[int] = []
    for candidate in candidates:
        follows = middles and candidate - middles[-1] < _T_WAVE_S * rate_hz
        if not (follows and strength[candidate] < _T_WAVE_SHARE * strength[middles[-1]]):
            middles.append(int(candidate))
    return _largest_deflection(samples_mv, np.array(middles, int), round(_REACH_S * rate_hz))


def _largest_deflection(samples: np.ndarray, middles: np.ndarray, reach: int) -> tuple[np.ndarray, int]:
    if not len(middles):
        return middles, 1
    around = np.clip(middles[:, None] + np.arange(-reach, reach + 1), 0, len(samples) - 1)
    values = samples[around]
    baseline = np.median(samples)
    up, down = np.median(values.max(axis=1)) - baseline, baseline - np.median(values.min(axis=1))
    direction = -1 if down > _NEGATIVE * up else 1
    peaks = around[np.arange(len(middles)), np.argmax(direction * values, axis=1)]
    return np.unique(peaks), direction


def running_mean(samples: np.ndarray, width: int) -> np.ndarray:
    """Centred mean over `width` samples (the next odd number), the ends held."""
    width |= 1
    total = np.cumsum(np.r_[0.0, np.pad(samples, width // 2, mode="edge")])
    return (total[width:] - total[:-width]) / width
