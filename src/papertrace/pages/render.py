"""Draw one page: signals in, image, labels and truth out."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from papertrace.errors import PapertraceError
from papertrace.geometry import PixelMap
from papertrace.labels import CODE_QUIET_MM, Box, LeadLabel, MarkLabel, PageLabels, PulseLabel, TextLabel
from papertrace.pages.beats import find_beats
from papertrace.pages.codes import MODULES, draw_modules
from papertrace.pages.config import PagesConfig
from papertrace.pages.grid import clear_grid, draw_grid
from papertrace.pages.ink import Pen, blend, smooth_curve, split_polyline
from papertrace.pages.layouts import Cell, find_lead, sign_of
from papertrace.pages.printing import LEAST_TYPE_PX, UNKNOWN, Code, Print, Window
from papertrace.pages.pulses import Pulse, pulses_of
from papertrace.pages.recipe import PULSE_MV, PageRecipe, draw_recipe
from papertrace.pages.text import draw_text
from papertrace.spans import spans_of

if TYPE_CHECKING:
    from papertrace.records.reader import Signal


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
    recipe : PageRecipe
        Every choice as drawn.
    twin : ndarray or None
        uint8, shape (h, w): the traces alone, black on white, under the same map.
    """

    image: np.ndarray
    labels: PageLabels
    truth: list[Stretch]
    recipe: PageRecipe
    twin: np.ndarray | None

    @property
    def shows_a_trace(self) -> bool:
        """Whether any sample that was to be drawn is valid."""
        return any(np.isfinite(stretch.samples).any() for stretch in self.truth)


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
    window: Window = UNKNOWN,
) -> Page:
    """Draw a recipe and render after it the first seconds of a signal, as many as a row holds.

    Parameters
    ----------
    signal : Signal
        ``samples`` in mV, shape (n, leads), ``rate_hz`` and ``leads`` (names).
    layout : str
        The name of a layout: papertrace's or the config's own.
    config : PagesConfig
        Ranges and probabilities that the page's choices are drawn from.
    rng : numpy.random.Generator
        The only source of randomness.
    dpi, speed_mm_s, gain_mm_mv : float, optional
        The page's own (from its manifest row); the first that the config names where None.
    start_sample : int
        Of the signal's first sample in its record; goes into the truth.
    window : Window
        What is printed of the record and the page where the config asks for it; the beats are found here.

    Raises
    ------
    PapertraceError
        Unknown layout, no lead of the layout in the record, or nothing to draw.
    """
    if config.intervals_probability or config.statements_probability or config.pacing_probability:
        beats = find_beats(signal.samples, signal.rate_hz)
        window = replace(window, beats_s=tuple(float(time) for time in beats))
    recipe = draw_recipe(
        layout,
        config,
        rng,
        dpi or config.dpi[0],
        speed_mm_s or config.speed_mm_s[0],
        gain_mm_mv or config.gain_mm_mv[0],
        replace(window, duration_s=len(signal.samples) / signal.rate_hz),
    )
    return render(signal, recipe, start_sample=start_sample, twin=config.twin)


def render(signal: Signal, recipe: PageRecipe, *, start_sample: int = 0, twin: bool = False) -> Page:
    """Render a row's seconds of a signal after a recipe; the same recipe gives the same pixels.

    Each lead's stretch is centred on its mean before it is drawn. NaN samples leave a gap in the trace,
    and what lies above or below the paper is cut off at its edge; on pages with clipped traces the truth is clipped
    as they are.

    Parameters
    ----------
    signal, start_sample
        See `render_page`.
    recipe : PageRecipe
        What the page looks like.
    twin : bool
        Also return the traces alone.
    """
    truth = cut_stretches(signal, recipe.cells(), start_sample)
    if not truth:
        raise PapertraceError(
            f"layout {recipe.layout} shows none of the record's leads ({', '.join(signal.leads)}), "
            "or the window holds no samples; choose another layout or window"
        )
    if recipe.clip_mm is not None:
        truth = [_clipped(stretch, recipe) for stretch in truth]
    return draw(truth, recipe, twin=twin)


def draw(truth: list[Stretch], recipe: PageRecipe, *, twin: bool = False) -> Page:
    """Draw a page's truth after its recipe; both are in the tables of pages, so that no record is needed.

    Parameters
    ----------
    truth : list of Stretch
        What is to be drawn, as it is.
    recipe, twin
        See `render`.
    """
    sheet = _Sheet(recipe)
    leads = [sheet.trace(stretch) for stretch in truth]
    traces_alone = np.rint(255 * (1 - sheet.coverage)).astype(np.uint8) if twin else None
    pulses = [label for pulse in pulses_of(recipe, leads) for label in sheet.pulse(pulse)]
    if recipe.separators:
        sheet.separators()
    if recipe.name_size_mm is not None:
        leads = [replace(lead, name_box_mm=sheet.lead_name(lead)) for lead in leads]
    for line in recipe.prints:
        sheet.write(line)
    for code in recipe.codes:
        sheet.code(code)
    marks = [mark for lead, stretch in zip(leads, truth, strict=True) for mark in sheet.pacing(lead, stretch)]

    width_px, height_px = recipe.size_px
    image = draw_grid(
        height_px,
        width_px,
        recipe.px_per_mm,
        recipe.palette,
        recipe.minor_line_mm,
        recipe.major_line_mm,
        recipe.grid,
        recipe.grid_box_mm,
    )
    for code in recipe.codes:
        bare = np.array(code.box_mm) + CODE_QUIET_MM * np.array([-1, -1, 1, 1])
        clear_grid(image, tuple(bare), recipe.px_per_mm, recipe.palette)
    if recipe.fading:
        sheet.coverage *= _left_of_ink(width_px, recipe)
    blend(image, sheet.coverage, recipe.palette.ink)
    labels = PageLabels(
        layout=recipe.layout,
        paper=recipe.paper,
        dpi=recipe.dpi,
        px_per_mm=recipe.px_per_mm,
        width_mm=recipe.size_mm[0],
        height_mm=recipe.size_mm[1],
        grid_box_mm=None if recipe.grid == "none" else recipe.grid_box_mm or (0.0, 0.0, *recipe.size_mm),
        leads=leads,
        texts=sheet.texts,
        pulses=pulses,
        marks=marks,
    )
    return Page(image, labels, truth, recipe, traces_alone)


def cut_stretches(signal: Signal, cells: list[Cell], start_sample: int = 0) -> list[Stretch]:
    """Cut a layout's stretches out of a signal and centre each on its mean.

    A cell shows the samples from its start up to, not including, its end; cells whose lead or time the signal
    does not have are left out.
    """
    samples, rate = np.asarray(signal.samples, float), float(signal.rate_hz)
    stretches = []
    for cell in cells:
        place = find_lead(cell.lead, list(signal.leads))
        # Rounding guards against a product a hair above a whole number.
        first, end = (math.ceil(round(t * rate, 6)) for t in (cell.start_s, cell.start_s + cell.duration_s))
        if place is None or len(samples[first:end]) == 0:
            continue
        piece = sign_of(cell.lead) * np.where(np.isfinite(samples[first:end, place]), samples[first:end, place], np.nan)
        known = piece[~np.isnan(piece)]
        offset = float(known.mean()) if len(known) else 0.0
        stretches.append(
            Stretch(
                lead=cell.lead if isinstance(cell.lead, str) else str(signal.leads[place]),
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


def _clipped(stretch: Stretch, recipe: PageRecipe) -> Stretch:
    """Return a stretch with what lies beyond its row's band held at the band's edge, as a pen's stop does."""
    end_mv = _pen_stop_mv(recipe, recipe.rows[stretch.row][stretch.column])
    return replace(stretch, samples=np.clip(stretch.samples, -end_mv, end_mv))


def _pen_stop_mv(recipe: PageRecipe, lead: str | int) -> np.float32:
    return np.float32(recipe.clip_mm / recipe.gain_of(lead))


def _left_of_ink(width_px: int, recipe: PageRecipe) -> np.ndarray:
    """Return how much of the ink each column of the image keeps: a slow wave over the page, 1 - fading … 1."""
    phase = 2 * np.pi * (np.arange(width_px, dtype=np.float32) / width_px + np.float32(recipe.fading_phase))
    return 1 - np.float32(recipe.fading / 2) * (1 - np.cos(phase))


class _Sheet:
    """The ink of one page while it is being drawn, and the boxes of what has been written."""

    def __init__(self, recipe: PageRecipe):
        width_px, height_px = recipe.size_px
        self.recipe = recipe
        self.map = PixelMap.of_page(recipe.px_per_mm)
        self.pen = Pen(recipe.stroke_mm * recipe.px_per_mm)
        self.coverage = np.zeros((height_px, width_px), np.float32)
        self.texts: list[TextLabel] = []
        self.cells = {(cell.row, cell.column): cell for cell in recipe.cells()}

    def trace(self, stretch: Stretch) -> LeadLabel:
        recipe, cell = self.recipe, self.cells[stretch.row, stretch.column]
        lead = LeadLabel(
            lead=stretch.lead,
            row=stretch.row,
            column=stretch.column,
            start_s=stretch.start_s,
            duration_s=len(stretch.samples) / stretch.rate_hz,
            x0_mm=recipe.x_left_mm + (stretch.start_s + (cell.place_s - cell.start_s)) * recipe.speed_mm_s,
            y0_mm=recipe.row_y_mm[stretch.row],
            speed_mm_s=recipe.speed_mm_s,
            gain_mm_mv=recipe.gain_of(cell.lead),
            stroke_mm=recipe.stroke_mm,
            box_mm=(0.0, 0.0, 0.0, 0.0),
        )
        line = lead.centre_line_mm(stretch.samples, stretch.rate_hz)
        height_mm = recipe.size_mm[1]
        clipped = (line[:, 1] < 0) | (line[:, 1] > height_mm)
        if recipe.clip_mm is not None:
            clipped |= np.abs(stretch.samples) >= _pen_stop_mv(recipe, cell.lead)
        # Far outside the paper a curve need not be followed.
        line[:, 1] = np.clip(line[:, 1], -0.3 * height_mm, 1.3 * height_mm)
        for curve in smooth_curve(self.map.apply(line)):
            self.pen.draw(self.coverage, curve)
        drawn = line[np.isfinite(line[:, 1])]
        if len(drawn) == 0:
            drawn = np.array([[lead.x0_mm, lead.y0_mm], [lead.x0_mm + lead.duration_s * lead.speed_mm_s, lead.y0_mm]])
        return replace(lead, box_mm=self._ink_box(drawn), clipped=tuple(map(tuple, spans_of(clipped).tolist())))

    def pulse(self, pulse: Pulse) -> list[PulseLabel]:
        self.pen.draw(self.coverage, split_polyline(self.map.apply(pulse.line_mm)))
        return [
            PulseLabel(self._ink_box(step.corners_mm), PULSE_MV, step.width_s, pulse.row, step.gain_mm_mv)
            for step in pulse.steps
        ]

    def separators(self) -> None:
        """Draw a mark above and below the trace where one column ends and the next begins."""
        recipe = self.recipe
        for cell in self.cells.values():
            if cell.column:
                x, y = recipe.x_left_mm + cell.place_s * recipe.speed_mm_s, recipe.row_y_mm[cell.row]
                for ends in ((y - 7.0, y - 4.0), (y + 4.0, y + 7.0)):
                    self.pen.draw(self.coverage, split_polyline(self.map.apply(np.array([(x, end) for end in ends]))))

    def lead_name(self, lead: LeadLabel) -> Box | None:
        recipe = self.recipe
        if recipe.name_omitted[list(self.cells).index((lead.row, lead.column))]:
            return None
        name = {"plain": lead.lead, "capitals": lead.lead.upper(), "lead": f"Lead {lead.lead}"}[recipe.name_style]
        x_mm = recipe.x_left_mm + self.cells[lead.row, lead.column].place_s * recipe.speed_mm_s + 1.0
        return self.write(Print(name, "lead-name", x_mm, lead.y0_mm - recipe.name_rise_mm, recipe.name_size_mm))

    def write(self, line: Print) -> Box | None:
        recipe = self.recipe
        x_px, y_px = self.map.apply(np.array([[line.x_mm, line.baseline_mm]]))[0]
        size_px = line.size_mm * recipe.px_per_mm
        if size_px < LEAST_TYPE_PX:
            return None
        box_px = draw_text(self.coverage, line.text, x_px, y_px, size_px, recipe.typeface, recipe.type_weight)
        if box_px is None:
            return None
        box = self._on_paper(self.map.inverse(np.reshape(box_px, (2, 2))).ravel())
        self.texts.append(TextLabel(line.text, line.kind, box))
        return box

    def code(self, code: Code) -> None:
        edges = self.map.apply(np.reshape(code.box_mm, (2, 2))).ravel()
        draw_modules(self.coverage, MODULES[code.kind](code.text), tuple(edges))
        self.texts.append(TextLabel(code.text, code.kind, self._on_paper(np.array(code.box_mm))))

    def pacing(self, lead: LeadLabel, stretch: Stretch) -> list[MarkLabel]:
        """Draw the pacing marks of a lead's stretch."""
        pacing = self.recipe.pacing
        if pacing is None:
            return []
        marks = []
        for time_s in pacing.times_s:
            place = round((time_s - lead.start_s) * stretch.rate_hz)
            if not 0 <= place < len(stretch.samples):
                continue
            x = lead.x0_mm + (time_s - lead.start_s) * lead.speed_mm_s
            y = lead.y0_mm + pacing.offset_mm
            if pacing.style == "spike":
                y = lead.y0_mm - float(stretch.samples[place]) * lead.gain_mm_mv - 0.8 * pacing.height_mm
            line = np.array([(x, y), (x, y + pacing.height_mm)])
            if not np.isfinite(y) or not 0 <= y < self.recipe.size_mm[1] - pacing.height_mm:
                continue
            self.pen.draw(self.coverage, split_polyline(self.map.apply(line)))
            marks.append(MarkLabel("pacing", lead.row, lead.column, time_s, self._ink_box(line)))
        return marks

    def _ink_box(self, line_mm: np.ndarray) -> Box:
        half = self.recipe.stroke_mm / 2
        return self._on_paper(np.concatenate([line_mm.min(axis=0) - half, line_mm.max(axis=0) + half]))

    def _on_paper(self, box: np.ndarray) -> Box:
        x0, y0, x1, y1 = (float(value) for value in np.clip(box, 0, np.tile(self.recipe.size_mm, 2)))
        return x0, y0, x1, y1
