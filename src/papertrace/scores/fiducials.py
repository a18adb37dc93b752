"""Where the waves of each beat begin, peak and end, and what finds them."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class Beats:
    """Fiducial points of n beats of one lead in s, each shape (n,); NaN where a wave is absent or was not found.

    Attributes
    ----------
    r_peak_s : ndarray
        The largest deflection of the QRS in the lead's direction, up or down; never NaN, ascending.
    p_onset_s, p_peak_s, p_end_s, qrs_onset_s, qrs_end_s, t_onset_s, t_peak_s, t_end_s : ndarray, optional
        All NaN by default. `qrs_end_s` is the J point.
    """

    r_peak_s: np.ndarray
    qrs_onset_s: np.ndarray | None = None
    qrs_end_s: np.ndarray | None = None
    t_end_s: np.ndarray | None = None
    p_onset_s: np.ndarray | None = None
    p_peak_s: np.ndarray | None = None
    p_end_s: np.ndarray | None = None
    t_onset_s: np.ndarray | None = None
    t_peak_s: np.ndarray | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            if getattr(self, field.name) is None:
                object.__setattr__(self, field.name, np.full(len(self.r_peak_s), np.nan))

    def __len__(self) -> int:
        """Return the number of beats."""
        return len(self.r_peak_s)

    def __getitem__(self, kept: np.ndarray) -> Beats:
        """Return some of the beats: by a mask, or by their indices."""
        return replace(self, **{field.name: getattr(self, field.name)[kept] for field in fields(self)})

    def later(self, seconds: float) -> Beats:
        """Return the same beats by another clock: all times larger by `seconds`."""
        return replace(self, **{field.name: getattr(self, field.name) + seconds for field in fields(self)})


class Delineator(Protocol):
    """Whatever finds the beats of one lead."""

    def __call__(self, samples_mv: np.ndarray, rate_hz: float) -> Beats:
        """Delineate samples, shape (n,) in mV without NaN; no beats is an answer, not an error.

        Times count from the first sample.
        """
