"""How wrong a trace is expected to be: per sample in mV, and of the page in dB.

What finds a row says of each place how far from the curve it expects to be (`Row.doubt_mm`); the grid says how well the
sheet's map fits it. Both together are the expected absolute error of a sample, E|e|, and everything else follows from
that: a confidence, and the SNR that the page is expected to have. ``make confidence`` measures how true this is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Lead = tuple[np.ndarray, np.ndarray]
"""Samples of a lead and their expected absolute errors, both in mV and of shape (n,), NaN where nothing was read."""

ERROR_PER_RESIDUAL = 19.0
"""Expected error in mm a mm of the map's residual. The residual is that of means over 5 mm blocks, after a fit to
hundreds of them, and small where the sheet is bent less than they can tell; the trace shifts by all of the bend."""
WITHIN_MV = 0.05
"""What confidence is about: half a millimetre on paper at 10 mm/mV."""
LEAST_SNR_DB = 0.0
"""A page that is expected to hold more error than signal, and by more than `WITHIN_MV`, has not been read."""


def expected_error_mv(doubt_mm: np.ndarray, residual_mm: float, gain_mm_mv: float) -> np.ndarray:
    """Return the expected absolute error of samples.

    Parameters
    ----------
    doubt_mm : ndarray
        Expected absolute error of the curve's height where the sheet's map is right, in mm; NaN where it was not read.
    residual_mm : float
        RMS distance between the measured grid and the map.
    gain_mm_mv : float
        Millimetres a millivolt.

    Returns
    -------
    ndarray
        In mV; NaN where `doubt_mm` is.
    """
    return (doubt_mm + ERROR_PER_RESIDUAL * residual_mm) / gain_mm_mv


def confidence_of(error_mv: np.ndarray) -> np.ndarray:
    """Return the probability that samples are within `WITHIN_MV` of the curve: 1 - exp(-WITHIN_MV / E|e|).

    That of a Laplace distribution, whose tails are as long as those of digitizers' errors. 0 where `error_mv` is NaN.
    """
    return np.where(np.isnan(error_mv), 0.0, 1 - np.exp(-WITHIN_MV / np.maximum(np.nan_to_num(error_mv, nan=1), 1e-9)))


def is_unreadable(leads: Sequence[Lead]) -> bool:
    """Tell whether a page is expected to hold more error than signal.

    Asystole has no signal to speak of, so the error must be one that matters, too.
    """
    snr_db = expected_snr_db(leads)
    if snr_db is None or snr_db >= LEAST_SNR_DB:
        return False
    return float(np.nanmean(np.concatenate([error for _, error in leads]))) > WITHIN_MV


def expected_snr_db(leads: Sequence[Lead]) -> float | None:
    """Return the SNR that a page is expected to have, after one shift and offset a lead: the mean over its leads.

    A lead's signal is the variance of what was read; its noise the square of the mean expected error, and the
    variance itself where nothing was read, as a missing sample is scored as a flat line.

    Parameters
    ----------
    leads : sequence of (samples, error_mv)
        Arrays of shape (n,) in mV, NaN where nothing was read.

    Returns
    -------
    float or None
        In dB; None where no lead has a signal, or none has expected errors.
    """
    values = []
    for samples, error_mv in leads:
        known = np.isfinite(samples) & np.isfinite(error_mv)
        power = float(np.var(samples[known], dtype=float)) if known.any() else 0.0
        if power > 0:
            noise = known.mean() * float(np.mean(error_mv[known], dtype=float)) ** 2 + (1 - known.mean()) * power
            values.append(10 * np.log10(power / max(noise, 1e-10 * power)))
    return float(np.mean(values)) if values else None
