"""Draw what a page looks like; nothing random is left when a recipe is rendered."""

from __future__ import annotations

import math
import re
from dataclasses import asdict, dataclass

import numpy as np

from papertrace.errors import PapertraceError
from papertrace.labels import Box
from papertrace.pages.colours import Palette, draw_any_colours, draw_palette
from papertrace.pages.config import PagesConfig
from papertrace.pages.layouts import PAGE_SECONDS, Cell, cells_of, known_layouts
from papertrace.pages.printing import UNKNOWN, Code, Pacing, Paper, Print, Scale, Window, draw_pacing, place_print
from papertrace.pages.words import draw_header

SHEETS_IN = {"letter": (11.0, 8.5), "a4": (297 / 25.4, 210 / 25.4)}
"""Width and height of sheets that lie on their long side, in inches."""
ROLLS_MM = (50.0, 63.0, 80.0, 112.0, 145.0, 210.0)
"""Widths that rolls of recording paper are sold in; the page's height."""

_CHEST_LEAD = re.compile(r"-?V[1-9]R?", re.IGNORECASE)

PULSE_S, PULSE_MV = 0.2, 1.0
PULSE_FLAT_MM = 2.0
"""Baseline drawn on either side of the calibration pulse."""
PULSE_GAP_MM = 1.5
"""From there to the trace."""

_HEADER_MM = 26.0  # kept free above the first row for print
_FOOTER_MM = 10.0  # and below the last
_EDGE_MM = 4.0  # least distance from the trace to the paper's left and right edge
_ROLL_ROW_MM = 22.0  # a roll is at least so wide per row, where one so wide is sold
_ROLL_ENDS_MM = 16.0  # and longer than its rows by this much
_MOST_PX = 120e6


@dataclass(frozen=True)
class PageRecipe:
    """Every choice about a page, as drawn; lengths in grid millimetres.

    `rows` are the leads of `papertrace.pages.layouts.Layout`, and `row_s` the seconds that a row holds.
    `paper_in` is the paper's width and height in inches.
    `chest_gain_mm_mv` is the gain of V1 to V6 (V9, V3R …) where the layout names them.
    `pitch_scale` is the size of a grid millimetre in real millimetres, `x_left_mm` where a row's first moment is
    drawn and `row_y_mm` the height of each row's 0 mV. `name_rise_mm` and `name_size_mm` are None on pages without
    lead names, and the rise is negative where they stand below; `name_omitted` has an entry for each cell.
    `grid_box_mm` is None where the whole page has a grid or no part of it has. `fading` is the share of ink lost
    where a page is palest, and `fading_phase` where that is. `clip_mm` is how far traces reach from 0 mV.
    """

    layout: str
    rows: tuple[tuple[str | int, ...], ...]
    row_s: float
    simultaneous: bool
    paper: str
    paper_in: tuple[float, float]
    dpi: float
    speed_mm_s: float
    gain_mm_mv: float
    chest_gain_mm_mv: float
    pitch_scale: float
    palette: Palette
    grid: str
    grid_box_mm: Box | None
    minor_line_mm: float
    major_line_mm: float
    stroke_mm: float
    fading: float
    fading_phase: float
    clip_mm: float | None
    separators: bool
    x_left_mm: float
    row_y_mm: tuple[float, ...]
    pulse: bool
    pulse_side: str
    pulse_style: str
    name_rise_mm: float | None
    name_size_mm: float | None
    name_style: str
    name_omitted: tuple[bool, ...]
    prints: tuple[Print, ...]
    codes: tuple[Code, ...]
    pacing: Pacing | None
    typeface: str
    type_weight: int

    @property
    def px_per_mm(self) -> float:
        """Pixels a grid millimetre."""
        return self.dpi / 25.4 * self.pitch_scale

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of the image."""
        width, height = (round(side * self.dpi) for side in self.paper_in)
        return width, height

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height of the paper in grid millimetres."""
        return self.size_px[0] / self.px_per_mm, self.size_px[1] / self.px_per_mm

    def gain_of(self, lead: str | int) -> float:
        """Return the gain in mm/mV that a lead is drawn at."""
        return self.chest_gain_mm_mv if is_chest_lead(lead) else self.gain_mm_mv

    def cells(self) -> list[Cell]:
        """Return the places for leads, row by row."""
        return cells_of(self.rows, self.row_s, self.simultaneous)

    def to_dict(self) -> dict:
        """Return the recipe as JSON-ready values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict) -> PageRecipe:
        """Read back what `to_dict` wrote, also after a round trip through JSON."""
        from pydantic import TypeAdapter

        return TypeAdapter(cls).validate_python(values)


def is_chest_lead(lead: str | int) -> bool:
    """Return whether a cell names a lead of the chest: V1 to V9, V3R and the like."""
    return isinstance(lead, str) and _CHEST_LEAD.fullmatch(lead) is not None


def draw_recipe(
    layout: str,
    config: PagesConfig,
    rng: np.random.Generator,
    dpi: float,
    speed_mm_s: float,
    gain_mm_mv: float,
    window: Window = UNKNOWN,
) -> PageRecipe:
    """Draw a page's recipe; see `PageRecipe`. What print may tell of the page's window is in `window`.

    Raises
    ------
    PapertraceError
        Unknown layout, or a row at this speed is longer than the paper.
    """
    layouts = known_layouts(config.layouts)
    if layout not in layouts:
        raise PapertraceError(f"layout {layout!r} is not known; use one of {', '.join(layouts)}")
    rows = layouts[layout].rows
    # What came later draws from streams of its own, so that the earlier choices of a seed stay as they are.
    later, sheet, colour, print_, pacing = rng.spawn(5)
    simultaneous = _happens(config.simultaneous_probability, later)
    half = _happens(config.half_chest_gain_probability, later)
    chest_gain = gain_mm_mv
    if any(is_chest_lead(lead) for row in rows for lead in row):
        chest_gain = _chest_gain("half" if half else _one_of(config.chest_gain_mm_mv, sheet), gain_mm_mv)
    portrait = _one_of(config.orientation, sheet) == "portrait"
    pulse_style = _one_of(config.pulse_style, sheet)
    paper = _one_of(config.paper, later)
    grid = _one_of(config.grid, later)
    margin_mm = _uniform(config.grid_margin_mm, later)
    fading, fading_phase = _uniform(config.fading, later), _uniform((0, 1), later)
    clip = _happens(config.clip_probability, later)
    separators = _happens(config.separator_probability, later)
    pulse_side = "right" if _happens(config.right_pulse_probability, later) else "left"
    name_style, name_place = _one_of(config.lead_name_style, later), _one_of(config.lead_name_place, later)
    omitted = tuple(_happens(config.lead_name_omission, later) for row in rows for _ in row)
    pitch_scale = _uniform(config.pitch_scale, rng)
    palette = draw_palette(rng, config.black_and_white_probability)
    if palette.name != "black and white" and _happens(config.random_colour_probability, colour):
        palette = draw_any_colours(
            colour,
            config.random_grid_hue,
            config.random_grid_contrast,
            config.random_ink_hue,
            config.random_ink_lightness,
        )
    stroke_mm = _uniform(config.stroke_mm, rng)
    minor_mm, major_mm = _uniform(config.minor_line_mm, rng), _uniform(config.major_line_mm, rng)
    pulse = _happens(config.pulse_probability, rng)
    names = _happens(config.lead_names_probability, rng)
    name_rise, name_size = _uniform((6.5, 9.5), rng), _uniform(config.lead_name_mm, rng)

    pulse_mm = PULSE_S * speed_mm_s + 2 * PULSE_FLAT_MM + PULSE_GAP_MM if pulse else 0.0
    beside_mm = pulse_mm + 2 * _EDGE_MM
    paper_in = SHEETS_IN.get(paper)
    if paper_in is None:
        row_s = config.row_s or PAGE_SECONDS
        paper_in = _roll(row_s * speed_mm_s + beside_mm, len(rows), pitch_scale)
    else:
        paper_in = paper_in[::-1] if portrait else paper_in
        row_s = config.row_s or _row_seconds(paper_in[0] * 25.4 / pitch_scale - beside_mm, speed_mm_s)
    # Of a window too short to reach the last column, all columns show the same seconds.
    columns = max(map(len, rows))
    simultaneous |= window.duration_s <= row_s * (columns - 1) / columns
    row_mm = row_s * speed_mm_s + beside_mm
    if math.prod(paper_in) * dpi * dpi > _MOST_PX:
        raise PapertraceError(
            f"{row_s:g} s of {paper} paper at {speed_mm_s:g} mm/s and {dpi:g} dpi are more than "
            f"{_MOST_PX / 1e6:g} million pixels; set a lower `pages.dpi` or a shorter `pages.row_s`"
        )
    width_mm, height_mm = (side * 25.4 / pitch_scale for side in paper_in)
    room_mm = width_mm - row_mm
    if room_mm < 0:
        raise PapertraceError(
            f"{row_s:g} s at {speed_mm_s:g} mm/s do not fit on a page of {'upright ' if portrait else ''}{paper} paper "
            f"with a grid scaled by {pitch_scale:.3f}; set a slower speed, a shorter `pages.row_s` (or none), a "
            "smaller `pages.pitch_scale` or `pages.paper` to roll"
        )
    first_mm = _EDGE_MM + (pulse_mm if pulse_side == "left" else 0.0)
    x_left = first_mm + room_mm * _uniform((0.05, 0.95), rng)
    row_y = _draw_rows(len(rows), height_mm, config.row_spacing, rng)

    header = draw_header(rng, window.age, window.sex) if _happens(config.header_probability, rng) else None
    scale = None
    if _happens(config.scale_probability, rng):
        scale = Scale(speed_mm_s, gain_mm_mv, chest_gain, x_left + _uniform((0, 150), rng))
    typeface, weight = _one_of(config.typeface, rng), _one_of(config.type_weight, rng)
    to_print_on = Paper(width_mm, height_mm, dpi / 25.4 * pitch_scale, typeface, weight)
    prints, codes = place_print(to_print_on, config, print_, window, header, scale)
    drawn_mm = (x_left - first_mm, x_left - first_mm + row_mm)
    pitch_mm = row_y[1] - row_y[0] if len(rows) > 1 else height_mm / 3
    name_rise = min(name_rise, 0.7 * pitch_mm)  # a name stands nearer to its own row than to the next
    return PageRecipe(
        layout=layout,
        rows=rows,
        row_s=row_s,
        simultaneous=simultaneous,
        paper=paper,
        paper_in=paper_in,
        dpi=float(dpi),
        speed_mm_s=float(speed_mm_s),
        gain_mm_mv=float(gain_mm_mv),
        chest_gain_mm_mv=float(chest_gain),
        pitch_scale=pitch_scale,
        palette=palette,
        grid=grid,
        grid_box_mm=_grid_box(margin_mm, width_mm, height_mm, drawn_mm) if margin_mm and grid != "none" else None,
        minor_line_mm=minor_mm,
        major_line_mm=major_mm,
        stroke_mm=stroke_mm,
        fading=fading,
        fading_phase=fading_phase,
        clip_mm=pitch_mm / 2 if clip else None,
        separators=separators,
        x_left_mm=x_left,
        row_y_mm=row_y,
        pulse=pulse,
        pulse_side=pulse_side,
        pulse_style=pulse_style,
        name_rise_mm=None if not names else name_rise if name_place == "above" else -name_rise,
        name_size_mm=name_size if names else None,
        name_style=name_style,
        name_omitted=omitted,
        prints=prints,
        codes=codes,
        pacing=draw_pacing(window, config, pitch_mm, pacing),
        typeface=typeface,
        type_weight=weight,
    )


def _roll(row_mm: float, n_rows: int, pitch_scale: float) -> tuple[float, float]:
    """Return the length and width of a roll's piece, in inches: the narrowest roll that has room for the rows."""
    wanted_mm = (_HEADER_MM + _FOOTER_MM + n_rows * _ROLL_ROW_MM) * pitch_scale
    wide_mm = next((width for width in ROLLS_MM if width >= wanted_mm), ROLLS_MM[-1])
    return (row_mm + _ROLL_ENDS_MM) * pitch_scale / 25.4, wide_mm / 25.4


def _row_seconds(room_mm: float, speed_mm_s: float) -> float:
    """Return the seconds of a sheet's row where the config leaves them open: 10, 5, or as many as there is room for."""
    usual = PAGE_SECONDS / 2 if speed_mm_s > 25 else PAGE_SECONDS
    return min(usual, max(float(math.floor(room_mm / speed_mm_s)), 1.0))


def _chest_gain(wanted: str | float, gain_mm_mv: float) -> float:
    return {"same": gain_mm_mv, "half": gain_mm_mv / 2}.get(wanted, wanted)


def _draw_rows(
    n_rows: int, height_mm: float, spacing: tuple[float, float], rng: np.random.Generator
) -> tuple[float, ...]:
    """Return the height of each row's 0 mV: evenly spaced, more or less close, somewhere between header and footer."""
    room_mm = height_mm - _HEADER_MM - _FOOTER_MM
    pitch_mm = room_mm / n_rows * _uniform(spacing, rng)
    top_mm = _HEADER_MM + (room_mm - n_rows * pitch_mm) * _uniform((0.0, 1.0), rng)
    # 0 mV stands below a row's middle: R waves rise higher than S waves fall.
    return tuple(top_mm + pitch_mm * (row + 0.56) for row in range(n_rows))


def _grid_box(margin_mm: float, width_mm: float, height_mm: float, drawn_mm: tuple[float, float]) -> Box:
    """Return the part of the page with a grid: whole millimetres, and at least what the rows with pulses cover."""
    left, right = min(margin_mm, drawn_mm[0]), max(width_mm - margin_mm, drawn_mm[1])
    top, bottom = min(margin_mm, _HEADER_MM - 6.0), height_mm - min(margin_mm, _FOOTER_MM)
    x0, y0, x1, y1 = math.floor(left), math.floor(top), math.floor(right), math.floor(bottom)
    return float(x0), float(y0), float(x1), float(y1)


def _one_of(choices: tuple, rng: np.random.Generator) -> str:
    return choices[int(rng.integers(len(choices)))]


def _happens(probability: float, rng: np.random.Generator) -> bool:
    return bool(rng.random() < probability)


def _uniform(ends: tuple[float, float], rng: np.random.Generator) -> float:
    return float(rng.uniform(*ends))
