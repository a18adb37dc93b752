"""What is drawn where on a page, in millimetres: the labels that pages write and scans carry along.

The centre line of a lead is not stored a second time: it is a function of the lead's truth (mV at a rate)
and its placement here, `centre_line_mm`.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field

import numpy as np

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in millimetres, x0 < x1 and y0 < y1."""

CODE_QUIET_MM = 2.0
"""Paper left bare, without grid, on every side of the box of a QR code or bar code."""


@dataclass(frozen=True)
class LeadLabel:
    """One lead's placement on the page.

    `x0_mm` is where the sample at `start_s` is drawn and `y0_mm` the height of 0 mV;
    `start_s` counts from the page's first moment, `duration_s` is n_samples / rate.
    `clipped` are the stretches of samples, first and end, whose value the page does not show: those beyond the paper's
    edge, and on pages with clipped traces those that the pen was held at (they are drawn, at the row's edge).
    """

    lead: str
    row: int
    column: int
    start_s: float
    duration_s: float
    x0_mm: float
    y0_mm: float
    speed_mm_s: float
    gain_mm_mv: float
    stroke_mm: float
    box_mm: Box
    name_box_mm: Box | None = None
    clipped: tuple[tuple[int, int], ...] = ()

    def is_clipped(self, n_samples: int) -> np.ndarray:
        """Return which of a stretch's samples are clipped, bool, shape (n_samples,)."""
        mask = np.zeros(n_samples, bool)
        for first, end in self.clipped:
            mask[first:end] = True
        return mask

    def centre_line_mm(self, samples_mv: np.ndarray, rate_hz: float) -> np.ndarray:
        """Return the drawn curve's centre line, shape (n, 2) in mm, of samples in mV."""
        samples_mv = np.asarray(samples_mv, float)
        x = self.x0_mm + np.arange(len(samples_mv)) * (self.speed_mm_s / rate_hz)
        return np.stack([x, self.y0_mm - samples_mv * self.gain_mm_mv], axis=1)


@dataclass(frozen=True)
class TextLabel:
    """A piece of text, or a code that holds it.

    `kind` is one of lead-name, header, interval (measurements), statement, scale, qr, barcode (the box without its
    quiet zone), printed, handwritten, stamp.
    """

    text: str
    kind: str
    box_mm: Box


@dataclass(frozen=True)
class PulseLabel:
    """A calibration pulse, or one step of it: its box, amplitude in mV, width in s, and the gain that it shows."""

    box_mm: Box
    amplitude_mv: float
    width_s: float
    row: int
    gain_mm_mv: float | None = None


@dataclass(frozen=True)
class MarkLabel:
    """A mark that the machine drew on a row: `kind` pacing, its moment in s from the page's first, and its box."""

    kind: str
    row: int
    column: int
    time_s: float
    box_mm: Box


@dataclass(frozen=True)
class PageLabels:
    """Everything on one page; coordinates in grid millimetres (see `papertrace.geometry`)."""

    layout: str
    paper: str
    dpi: float
    px_per_mm: float
    width_mm: float
    height_mm: float
    grid_box_mm: Box | None
    leads: list[LeadLabel] = field(default_factory=list)
    texts: list[TextLabel] = field(default_factory=list)
    pulses: list[PulseLabel] = field(default_factory=list)
    marks: list[MarkLabel] = field(default_factory=list)

    def on_paper(self, points_mm: np.ndarray) -> np.ndarray:
        """Return which points, shape (n, 2) in mm, lie on the paper."""
        return ((points_mm >= 0) & (points_mm <= (self.width_mm, self.height_mm))).all(axis=1)

    def to_json(self) -> str:
        """Return the labels as one JSON line with sorted keys, floats rounded to 1e-6 mm."""
        return json.dumps(_rounded(dataclasses.asdict(self)), sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> PageLabels:
        """Read back what `to_json` wrote."""
        data = json.loads(text)
        kinds = {"leads": LeadLabel, "texts": TextLabel, "pulses": PulseLabel, "marks": MarkLabel}
        for key, kind in kinds.items():
            data[key] = [kind(**{k: _as_box(k, v) for k, v in item.items()}) for item in data.get(key, [])]
        return cls(**{k: _as_box(k, v) for k, v in data.items()})


def _as_box(key: str, value):
    if key == "clipped":
        return tuple(tuple(span) for span in value)
    return tuple(value) if key.endswith("box_mm") and value is not None else value


def _rounded(value):
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {k: _rounded(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(v) for v in value]
    return value
