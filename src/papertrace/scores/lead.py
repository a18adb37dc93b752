"""Every figure of how close one trace is to one stretch of the truth, side by side."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from papertrace.scores.alignment import Pair
from papertrace.scores.anatomy import Anatomy, anatomy
from papertrace.scores.challenge import Challenge, challenge
from papertrace.scores.fidelity import Fidelity, fidelity
from papertrace.scores.kaggle import Powers, powers
from papertrace.scores.segments import SegmentErrors, segment_errors
from papertrace.scores.series import Series


def score_lead(
    truth: Series, trace: Series | None, max_lag_s: float, in_kaggle: bool = True, part_of: np.ndarray | None = None
) -> dict[str, float]:
    """Compare a trace with its truth in all ways but the clinical.

    Parameters
    ----------
    truth : Series
        What was drawn; NaN samples were not drawn and are left out.
    trace : Series or None
        What was read; None where the digitizer gave nothing.
    max_lag_s : float
        Largest shift in s that the aligned figures may undo.
    in_kaggle : bool
        Whether Kaggle's score counts this stretch; see `papertrace.scores.kaggle.counted`.
    part_of : ndarray of int, shape (n,), optional
        Which part of a beat each of the truth's samples belongs to; see `papertrace.scores.segments.segments`.

    Returns
    -------
    dict
        Columns of `papertrace.tables.SCORES`; NaN where undefined. Without a trace only `kaggle_signal_mv2` is told.
    """
    if trace is None:
        nothing = np.full(len(truth.samples), np.nan)
        signal = powers(truth.samples, nothing, truth.rate_hz).kaggle_signal_mv2
        return {**UNREAD, "kaggle_signal_mv2": signal if in_kaggle else math.nan}
    pair = Pair(truth, trace, max_lag_s)
    alike = pair.reference, pair.read, truth.rate_hz
    return _columns(
        fidelity(pair),
        anatomy(pair),
        SegmentErrors() if part_of is None else segment_errors(pair.reference, pair.read, part_of),
        challenge(*alike),
        powers(*alike) if in_kaggle else Powers(),
    )


def _columns(*parts) -> dict[str, float]:
    return {name: value for part in parts for name, value in dataclasses.asdict(part).items()}


UNREAD = _columns(Fidelity(), Anatomy(), SegmentErrors(), Challenge(), Powers())
"""The figures of what was never drawn."""
