"""What a digitizer is: an image goes in, signals come out, and nothing else goes in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class Trace:
    """One digitized stretch of a lead.

    Attributes
    ----------
    lead : str or None
        Its name, where the page or its layout gives one.
    row, column : int or None
        Its place on the page, from the top and from the left; None for a lead as a whole, wherever it stands.
    start_s : float
        Time of the first sample from the page's first moment; NaN where the digitizer does not tell.
    rate_hz : float
    samples : ndarray of float32, shape (n,)
        mV, NaN where nothing could be read.
    confidence : ndarray of float32, shape (n,)
        Probability that a sample is within 50 µV of the curve (`papertrace.traces.confidence.confidence_of`); 0 where
        nothing was read, NaN where the digitizer does not tell.
    x_px, y_px : ndarray of float32, shape (n,)
        Where each sample was read in the image; NaN where the digitizer does not tell.
    gain_mm_mv : float or None
        Its own gain: chest leads may be drawn at half the others'.
    error_mv : ndarray of float32, shape (n,), or None
        Expected absolute error of each sample in mV, NaN where nothing was read; None where a digitizer does not tell.
    """

    lead: str | None
    row: int | None
    column: int | None
    start_s: float
    rate_hz: float
    samples: np.ndarray
    confidence: np.ndarray
    x_px: np.ndarray
    y_px: np.ndarray
    gain_mm_mv: float | None = None
    error_mv: np.ndarray | None = None


@dataclass(frozen=True)
class PageTraces:
    """What a digitizer says of one image; the fields are the columns of `papertrace.tables.TRACES`.

    `status` is ok, failed (something broke) or rejected (this is no ECG, or none that can be read), with one sentence
    as `reason` in the latter two. `gain_mm_mv` is that of the limb leads where the chest leads have another;
    `speed_from` and `gain_from` say what told them, see `papertrace.traces.scale.SOURCES`. `expected_snr_db` is that
    of `papertrace.traces.confidence`. `said` is what a program wrote that failed: for the log, not for a table.
    """

    status: str
    reason: str | None = None
    layout: str | None = None
    px_per_mm_x: float | None = None
    px_per_mm_y: float | None = None
    rotation_deg: float | None = None
    speed_mm_s: float | None = None
    gain_mm_mv: float | None = None
    speed_from: str | None = None
    gain_from: str | None = None
    confidence: float | None = None
    expected_snr_db: float | None = None
    said: str | None = None
    traces: list[Trace] = field(default_factory=list)


class Digitizer(Protocol):
    """One way of reading a page."""

    name: str

    def digitize(self, image: np.ndarray, rate_hz: float) -> PageTraces:
        """Read an image (uint8, shape (h, w, 3), blue green red); return signals at `rate_hz` or a rate of its own."""
        ...
