"""Draw one page: signals in, image, labels, truth and recipe out."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from papertrace.errors import PapertraceError
from papertrace.geometry import PixelMap
from papertrace.labels import Box, LeadLabel, PageLabels, PulseLabel, TextLabel
from papertrace.pages.colours import draw_palette
from papertrace.pages.config import PagesConfig
from papertrace.pages.grid import draw_grid
from papertrace.pages.ink import blend, smooth_curve, split_polyline, stroke
from papertrace.pages.layouts import LAYOUTS, PAGE_SECONDS, Cell, find_lead
from papertrace.pages.text import draw_text
from papertrace.pages.words import header_lines

if TYPE_CHECKING:
    from papertrace.records.reader import Signal

LETTER_IN = (11.0, 8.5)
"""Width and height of a letter page, landscape, in inches."""

_HEADER_MM = 26.0  # kept free above the first row for print
_FOOTER_MM = 10.0  # and below the last
_EDGE_MM = 4.0  # least distance from the trace to the paper's left and right edge
_PULSE_S, _PULSE_MV = 0.2, 1.0
_PULSE_LEAD_MM = 2.0  # baseline drawn on either side of the pulse
_PULSE_GAP_MM = 1.5  # from there to the trace


@dataclass(frozen=True)
class Stretch:
    """What was drawn of one lead: the columns of `papertrace.tables.TRUTH` but for `page_id`."""

    lead: str
    row: int
    column: int
    start_s: float
    rate_hz: float
    unit: str
    start_sample: int
    offset_mv: float
    samples: np.ndarray


@dataclass(frozen=True)
class Page:
    """A drawn page.

    Attributes
    ----------
    image : ndarray, uint8, shape (h, w, 3)
        Blue, green, red.
    labels : PageLabels
        What is where, in grid millimetres.
    truth : list of Stretch
        What was drawn, in the order of ``labels.leads``.
    recipe : dict
        Every choice as drawn, JSON-ready.
    twin : ndarray or None
        uint8, shape (h, w): the traces alone, black on white, under the same map.

    """

    image: np.ndarray
    labels: PageLabels
    truth: list[Stretch]
    recipe: dict
    twin: np.ndarray | None


def render_page(
    signal: Signal,
    layout: str,
    config: PagesConfig,
    rng: np.random.Generator,
    *,
    dpi: float | None = None,
    speed_mm_s: float | None = None,
    gain_mm_mv: float | None = None,
    start_sample: int = 0,
) -> Page:
    """Draw the first 10 s of a signal on a letter page.

    Each lead's stretch is centred on its mean before it is drawn; NaN samples leave a gap in the trace,
    and what lies above or below the paper is cut off at its edge.

    Parameters
    ----------
    signal : Signal
        ``samples`` in mV, shape (n, leads), ``rate_hz`` and ``leads`` (names).
    layout : str
        A key of `papertrace.pages.layouts.LAYOUTS`.
    config : PagesConfig
        Ranges and probabilities that the page's choices are drawn from.
    rng : numpy.random.Generator
        The only source of randomness.
    dpi, speed_mm_s, gain_mm_mv : float, optional
        The page's own (from its manifest row); the config's where None.
    start_sample : int
        Of the signal's first sample in its record; goes into the truth.

    Raises
    ------
    PapertraceError
        Unknown layout, no lead of the layout in the record, or nothing to draw.

    """
    dpi, speed, gain = dpi or config.dpi, speed_mm_s or config.speed_mm_s, gain_mm_mv or config.gain_mm_mv
    if layout not in LAYOUTS:
        raise PapertraceError(f"layout {layout!r} is not known; use one of {', '.join(LAYOUTS)}")
    stretches = _cut(signal, LAYOUTS[layout].cells(), start_sample)
    if not stretches:
        raise PapertraceError(
            f"layout {layout} shows none of the record's leads ({', '.join(signal.leads)}); choose another layout"
        )

    pitch_scale = float(rng.uniform(*config.pitch_scale))
    px_per_mm = dpi / 25.4 * pitch_scale
    width_px, height_px = (round(side * dpi) for side in LETTER_IN)
    width_mm, height_mm = width_px / px_per_mm, height_px / px_per_mm
    palette = draw_palette(rng, config.black_and_white_probability)
    stroke_mm = float(rng.uniform(*config.stroke_mm))
    minor_mm, major_mm = float(rng.uniform(0.08, 0.18)), float(rng.uniform(0.2, 0.36))
    has_pulse = bool(rng.random() < config.pulse_probability)
    has_header = bool(rng.random() < config.header_probability)
    has_names = bool(rng.random() < config.lead_names_probability)

    n_rows = len(LAYOUTS[layout].rows)
    x_left, row_y = _place_rows(rng, n_rows, width_mm, height_mm, PAGE_SECONDS * speed, has_pulse)
    page_map = PixelMap.of_page(px_per_mm)
    coverage = np.zeros((height_px, width_px), np.float32)
    stroke_px = stroke_mm * px_per_mm

    def clipped(x0: float, y0: float, x1: float, y1: float) -> Box:
        return (
            float(np.clip(x0, 0, width_mm)),
            float(np.clip(y0, 0, height_mm)),
            float(np.clip(x1, 0, width_mm)),
            float(np.clip(y1, 0, height_mm)),
        )

    leads = []
    for stretch in stretches:
        lead = LeadLabel(
            lead=stretch.lead,
            row=stretch.row,
            column=stretch.column,
            start_s=stretch.start_s,
            duration_s=len(stretch.samples) / stretch.rate_hz,
            x0_mm=x_left + stretch.start_s * speed,
            y0_mm=row_y[stretch.row],
            speed_mm_s=speed,
            gain_mm_mv=gain,
            stroke_mm=stroke_mm,
            box_mm=(0.0, 0.0, 0.0, 0.0),
        )
        line_mm = lead.centre_line_mm(stretch.samples, stretch.rate_hz)
        # Far outside the paper a curve need not be followed.
        line_mm[:, 1] = np.clip(line_mm[:, 1], -height_mm, 2 * height_mm)
        for curve in smooth_curve(page_map.apply(line_mm)):
            stroke(coverage, curve, stroke_px)
        drawn = line_mm[np.isfinite(line_mm[:, 1])]
        half = stroke_mm / 2
        box = (
            clipped(*(drawn.min(axis=0) - half), *(drawn.max(axis=0) + half))
            if len(drawn)
            else clipped(lead.x0_mm, lead.y0_mm - half, lead.x0_mm + lead.duration_s * speed, lead.y0_mm + half)
        )
        leads.append(LeadLabel(**{**asdict(lead), "box_mm": box}))
    twin = np.round(255 * (1 - coverage)).astype(np.uint8) if config.twin else None

    pulses = []
    if has_pulse:
        for row, y in enumerate(row_y):
            x1 = x_left - _PULSE_GAP_MM - _PULSE_LEAD_MM
            x0, top = x1 - _PULSE_S * speed, y - _PULSE_MV * gain
            shape = [(x0 - _PULSE_LEAD_MM, y), (x0, y), (x0, top), (x1, top), (x1, y), (x1 + _PULSE_LEAD_MM, y)]
            stroke(coverage, split_polyline(page_map.apply(np.array(shape))), stroke_px)
            half = stroke_mm / 2
            box = clipped(x0 - half, top - half, x1 + half, y + half)
            pulses.append(PulseLabel(box, _PULSE_MV, _PULSE_S, row))

    texts: list[TextLabel] = []
    face, weight = str(rng.choice(["sans", "sans", "italic"])), int(rng.choice([300, 400, 500, 600]))

    def write(text: str, kind: str, x_mm: float, baseline_mm: float, size_mm: float) -> Box | None:
        (x_px, y_px), size_px = page_map.apply(np.array([[x_mm, baseline_mm]]))[0], size_mm * px_per_mm
        box_px = draw_text(coverage, text, x_px, y_px, size_px, face, weight)
        if box_px is None:
            return None
        corners = page_map.inverse(np.array([box_px[:2], box_px[2:]]))
        box = clipped(*corners[0], *corners[1])
        texts.append(TextLabel(text, kind, box))
        return box

    if has_names:
        size, rise = float(rng.uniform(3.0, 4.2)), float(rng.uniform(6.5, 9.5))
        for k, lead in enumerate(leads):
            column_x = x_left + _column_start(layout, lead) * speed
            box = write(lead.lead, "lead-name", column_x + 1.0, lead.y0_mm - rise, size)
            leads[k] = LeadLabel(**{**asdict(lead), "name_box_mm": box})
    if has_header:
        for line, (x_share, line_mm_y, text) in enumerate(header_lines(rng)):
            del line
            write(text, "header", x_share * width_mm, line_mm_y, 3.4)
    has_scale = bool(rng.random() < 0.7)
    if has_scale:
        write(f"{speed:g} mm/s    {gain:g} mm/mV", "scale", x_left + float(rng.uniform(0, 150)), height_mm - 4.0, 3.2)

    image = draw_grid(height_px, width_px, px_per_mm, palette, minor_mm, major_mm)
    blend(image, coverage, palette.ink)
    labels = PageLabels(
        layout=layout,
        paper="letter",
        dpi=float(dpi),
        px_per_mm=px_per_mm,
        width_mm=width_mm,
        height_mm=height_mm,
        grid_box_mm=(0.0, 0.0, width_mm, height_mm),
        leads=leads,
        texts=texts,
        pulses=pulses,
    )
    recipe = {
        "layout": layout,
        "paper": "letter",
        "dpi": float(dpi),
        "speed_mm_s": float(speed),
        "gain_mm_mv": float(gain),
        "pitch_scale": pitch_scale,
        "px_per_mm": px_per_mm,
        "palette": asdict(palette),
        "minor_line_mm": minor_mm,
        "major_line_mm": major_mm,
        "stroke_mm": stroke_mm,
        "pulse": has_pulse,
        "header": has_header,
        "lead_names": has_names,
        "scale": has_scale,
        "typeface": face,
        "type_weight": weight,
    }
    return Page(image, labels, stretches, recipe, twin)


def _cut(signal: Signal, cells: list[Cell], start_sample: int) -> list[Stretch]:
    """Cut a layout's stretches out of a signal and centre each on its mean; cells without a signal are left out."""
    samples = np.asarray(signal.samples, float)
    rate = float(signal.rate_hz)
    stretches = []
    for cell in cells:
        place = find_lead(cell.lead, list(signal.leads))
        # Rounding guards against 2.5 s · 500 Hz ending up a hair above a whole number.
        first, end = (math.ceil(round(t * rate, 6)) for t in (cell.start_s, cell.start_s + cell.duration_s))
        if place is None or len(samples[first:end]) == 0:
            continue
        piece = samples[first:end, place]
        finite = piece[np.isfinite(piece)]
        offset = float(finite.mean()) if len(finite) else 0.0
        name = cell.lead if isinstance(cell.lead, str) else signal.leads[place]
        stretches.append(
            Stretch(
                lead=name,
                row=cell.row,
                column=cell.column,
                start_s=first / rate,
                rate_hz=rate,
                unit="mV",
                start_sample=start_sample + first,
                offset_mv=offset,
                samples=(piece - offset).astype(np.float32),
            )
        )
    return stretches


def _column_start(layout: str, lead: LeadLabel) -> float:
    return lead.column * PAGE_SECONDS / len(LAYOUTS[layout].rows[lead.row])


def _place_rows(
    rng: np.random.Generator, n_rows: int, width_mm: float, height_mm: float, trace_mm: float, has_pulse: bool
) -> tuple[float, list[float]]:
    """Return where the traces begin and the height of each row's 0 mV, in mm, as a printer happens to place them."""
    pulse_mm = _PULSE_S * 25 + 2 * _PULSE_LEAD_MM + _PULSE_GAP_MM if has_pulse else 0.0
    slack = max(width_mm - trace_mm - pulse_mm - 2 * _EDGE_MM, 0.0)
    x_left = _EDGE_MM + pulse_mm + slack * float(rng.uniform(0.1, 0.9))
    pitch = (height_mm - _HEADER_MM - _FOOTER_MM) / n_rows
    shift = float(rng.uniform(-0.06, 0.06)) * pitch
    # The 0 mV line stands below a row's middle: R waves rise higher than S waves fall.
    row_y = [_HEADER_MM + pitch * (row + 0.56) + shift for row in range(n_rows)]
    return x_left, row_y
