"""Draw what a page looks like; nothing random is left when a recipe is rendered."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from papertrace.errors import PapertraceError
from papertrace.pages.colours import Palette, draw_palette
from papertrace.pages.config import PagesConfig
from papertrace.pages.layouts import PAGE_SECONDS, Cell, cells_of, known_layouts
from papertrace.pages.words import header_lines

LETTER_IN = (11.0, 8.5)
"""Width and height of a letter page, landscape, in inches."""

PULSE_S, PULSE_MV = 0.2, 1.0
PULSE_FLAT_MM = 2.0
"""Baseline drawn on either side of the calibration pulse."""
PULSE_GAP_MM = 1.5
"""From there to the trace."""

_HEADER_MM = 26.0  # kept free above the first row for print
_FOOTER_MM = 10.0  # and below the last
_EDGE_MM = 4.0  # least distance from the trace to the paper's left and right edge
_HEADER_TYPE_MM, _SCALE_TYPE_MM = 3.4, 3.2


@dataclass(frozen=True)
class Print:
    """A line of print: `kind` as in `papertrace.labels.TextLabel`, left end of its baseline, size of the type."""

    text: str
    kind: str
    x_mm: float
    baseline_mm: float
    size_mm: float


@dataclass(frozen=True)
class PageRecipe:
    """Every choice about a page, as drawn; lengths in grid millimetres.

    `rows` are the leads of `papertrace.pages.layouts.Layout`, and `row_s` the seconds that a row holds.
    `pitch_scale` is the size of a grid millimetre in real millimetres, `x_left_mm` where a row's first moment is
    drawn and `row_y_mm` the height of each row's 0 mV. `name_rise_mm` and `name_size_mm` are None on pages without
    lead names.
    """

    layout: str
    rows: tuple[tuple[str | int, ...], ...]
    row_s: float
    simultaneous: bool
    paper: str
    dpi: float
    speed_mm_s: float
    gain_mm_mv: float
    pitch_scale: float
    palette: Palette
    minor_line_mm: float
    major_line_mm: float
    stroke_mm: float
    x_left_mm: float
    row_y_mm: tuple[float, ...]
    pulse: bool
    name_rise_mm: float | None
    name_size_mm: float | None
    prints: tuple[Print, ...]
    typeface: str
    type_weight: int

    @property
    def px_per_mm(self) -> float:
        """Pixels a grid millimetre."""
        return self.dpi / 25.4 * self.pitch_scale

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of the image."""
        width, height = (round(side * self.dpi) for side in LETTER_IN)
        return width, height

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height of the paper in grid millimetres."""
        return self.size_px[0] / self.px_per_mm, self.size_px[1] / self.px_per_mm

    def cells(self) -> list[Cell]:
        """Return the places for leads, row by row."""
        return cells_of(self.rows, self.row_s, self.simultaneous)

    def to_dict(self) -> dict:
        """Return the recipe as JSON-ready values."""
        return asdict(self)


def draw_recipe(
    layout: str, config: PagesConfig, rng: np.random.Generator, dpi: float, speed_mm_s: float, gain_mm_mv: float
) -> PageRecipe:
    """Draw a page's recipe; see `PageRecipe`.

    Raises
    ------
    PapertraceError
        Unknown layout, or 10 s at this speed are wider than the paper.
    """
    layouts = known_layouts(config.layouts)
    if layout not in layouts:
        raise PapertraceError(f"layout {layout!r} is not known; use one of {', '.join(layouts)}")
    rows = layouts[layout].rows
    # What came later draws from a stream of its own, so that the earlier choices of a seed stay as they are.
    later = rng.spawn(1)[0]
    simultaneous = _happens(config.simultaneous_probability, later)
    pitch_scale = _uniform(config.pitch_scale, rng)
    width_mm, height_mm = (side * 25.4 / pitch_scale for side in LETTER_IN)
    palette = draw_palette(rng, config.black_and_white_probability)
    stroke_mm = _uniform(config.stroke_mm, rng)
    minor_mm, major_mm = _uniform((0.08, 0.18), rng), _uniform((0.2, 0.36), rng)
    pulse = _happens(config.pulse_probability, rng)
    names = _happens(config.lead_names_probability, rng)
    name_rise, name_size = _uniform((6.5, 9.5), rng), _uniform((3.0, 4.2), rng)

    pulse_mm = PULSE_S * speed_mm_s + 2 * PULSE_FLAT_MM + PULSE_GAP_MM if pulse else 0.0
    room_mm = width_mm - PAGE_SECONDS * speed_mm_s - pulse_mm - 2 * _EDGE_MM
    if room_mm < 0:
        raise PapertraceError(
            f"{PAGE_SECONDS:g} s at {speed_mm_s:g} mm/s do not fit on a letter page with a grid scaled by "
            f"{pitch_scale:.3f}; set a slower speed or a smaller `pages.pitch_scale`"
        )
    x_left = _EDGE_MM + pulse_mm + room_mm * _uniform((0.05, 0.95), rng)
    row_y = _draw_rows(len(rows), height_mm, rng)

    prints = []
    if _happens(config.header_probability, rng):
        prints = [
            Print(text, "header", share * width_mm, baseline_mm, _HEADER_TYPE_MM)
            for share, baseline_mm, text in header_lines(rng)
        ]
    if _happens(config.scale_probability, rng):
        text = f"{speed_mm_s:g} mm/s    {gain_mm_mv:g} mm/mV"
        prints.append(Print(text, "scale", x_left + _uniform((0, 150), rng), height_mm - 4.0, _SCALE_TYPE_MM))
    return PageRecipe(
        layout=layout,
        rows=rows,
        row_s=PAGE_SECONDS,
        simultaneous=simultaneous,
        paper="letter",
        dpi=float(dpi),
        speed_mm_s=float(speed_mm_s),
        gain_mm_mv=float(gain_mm_mv),
        pitch_scale=pitch_scale,
        palette=palette,
        minor_line_mm=minor_mm,
        major_line_mm=major_mm,
        stroke_mm=stroke_mm,
        x_left_mm=x_left,
        row_y_mm=row_y,
        pulse=pulse,
        name_rise_mm=name_rise if names else None,
        name_size_mm=name_size if names else None,
        prints=tuple(prints),
        typeface=str(rng.choice(["sans", "sans", "italic"])),
        type_weight=int(rng.choice([300, 400, 500, 600])),
    )


def _draw_rows(n_rows: int, height_mm: float, rng: np.random.Generator) -> tuple[float, ...]:
    """Return the height of each row's 0 mV: evenly spaced, more or less close, somewhere between header and footer."""
    room_mm = height_mm - _HEADER_MM - _FOOTER_MM
    pitch_mm = room_mm / n_rows * _uniform((0.65, 1.0), rng)
    top_mm = _HEADER_MM + (room_mm - n_rows * pitch_mm) * _uniform((0.0, 1.0), rng)
    # 0 mV stands below a row's middle: R waves rise higher than S waves fall.
    return tuple(top_mm + pitch_mm * (row + 0.56) for row in range(n_rows))


def _happens(probability: float, rng: np.random.Generator) -> bool:
    return bool(rng.random() < probability)


def _uniform(ends: tuple[float, float], rng: np.random.Generator) -> float:
    return float(rng.uniform(*ends))
