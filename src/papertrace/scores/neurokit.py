"""Delineation by NeuroKit2, on the QRS complexes of `papertrace.scores.beats`."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from papertrace.scores.beats import find_qrs
from papertrace.scores.fiducials import Beats


@dataclass(frozen=True)
class NeuroKit:
    """NeuroKit2's `ecg_clean` and `ecg_delineate`, on the QRS complexes of `papertrace.scores.beats.find_qrs`.

    Negative leads are delineated upside down, for NeuroKit2 looks for upright R waves.

    Attributes
    ----------
    method : str
        ``prominence`` [1]_ or ``dwt`` [2]_. Against cardiologists: docs/results/clinical.md. Noise of 10 µV, about what
        digitizing adds, moves dwt much more than prominence: its scale jumps at 60 beats per minute.

    References
    ----------
    .. [1] Emrich, J., Gargano, A., Koka, T., & Muma, M. (2024). Physiology-informed ECG delineation based on peak
       prominence. 32nd European Signal Processing Conference (EUSIPCO), 1402-1406.
    .. [2] Martínez, J. P., Almeida, R., Olmos, S., Rocha, A. P., & Laguna, P. (2004). A wavelet-based ECG delineator:
       evaluation on standard databases. IEEE Transactions on Biomedical Engineering, 51(4), 570-581.
    """

    method: str = "prominence"

    def __call__(self, samples_mv: np.ndarray, rate_hz: float) -> Beats:
        """Delineate; see `papertrace.scores.fiducials.Delineator`."""
        import warnings

        import neurokit2

        rate = int(rate_hz)
        peaks, marks = np.zeros(0, int), {}
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            with contextlib.suppress(Exception):  # whatever its arithmetic meets on odd signals; none of it documented
                cleaned = neurokit2.ecg_clean(samples_mv, sampling_rate=rate)
                peaks, direction = find_qrs(cleaned, rate)
                _, marks = neurokit2.ecg_delineate(direction * cleaned, peaks, sampling_rate=rate, method=self.method)
        # NeuroKit2's lists need not have one entry per beat; each mark goes to the R peak it belongs to.
        before, after = np.r_[-np.inf, peaks[:-1]][: len(peaks)], np.r_[peaks[1:], np.inf][: len(peaks)]
        found = {name: _ascending(marks.get(f"ECG_{name}", [])) for name in _MARKS}
        onset = _last_in(found["R_Onsets"], before, peaks)
        end = _first_in(found["R_Offsets"], peaks, after)
        p_peak = _last_in(found["P_Peaks"], before, np.where(np.isnan(onset), peaks, onset))
        t_peak = _first_in(found["T_Peaks"], np.where(np.isnan(end), peaks, end), after)
        return Beats(
            r_peak_s=peaks / rate,
            p_onset_s=_last_in(found["P_Onsets"], before, p_peak) / rate,
            p_peak_s=p_peak / rate,
            p_end_s=_first_in(found["P_Offsets"], p_peak, peaks) / rate,
            qrs_onset_s=onset / rate,
            qrs_end_s=end / rate,
            t_onset_s=_last_in(found["T_Onsets"], peaks, t_peak) / rate,
            t_peak_s=t_peak / rate,
            t_end_s=_first_in(found["T_Offsets"], np.where(np.isnan(end), peaks, end), after) / rate,
        )


_MARKS = ("P_Onsets", "P_Peaks", "P_Offsets", "R_Onsets", "R_Offsets", "T_Onsets", "T_Peaks", "T_Offsets")


def _ascending(marks: Sequence[float]) -> np.ndarray:
    marks = np.asarray(marks, float)
    return np.sort(marks[np.isfinite(marks)])


def _last_in(marks: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Of ascending `marks`, the last in each (low, high); NaN where there is none, or no bounds."""
    marks = np.r_[-np.inf, marks]
    found = marks[np.searchsorted(marks, high) - 1]
    return np.where((found > low) & (found < high), found, np.nan)


def _first_in(marks: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Of ascending `marks`, the first in each (low, high); NaN where there is none, or no bounds."""
    marks = np.r_[marks, np.inf]
    found = marks[np.clip(np.searchsorted(marks, low, side="right"), 0, len(marks) - 1)]
    return np.where((found > low) & (found < high), found, np.nan)
