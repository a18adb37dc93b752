"""Config of the pages stage."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from papertrace.pages.grid import KINDS
from papertrace.pages.layouts import Layout, Name
from papertrace.section import Probability, Section, one_or_more, one_or_range_within, range_within


class PagesConfig(Section):
    """How clean pages are drawn."""

    layout: one_or_more() = Field(
        ("auto",),
        description="layout, or several to draw from per page: 1x1, 2x1, 3x1, 3x4, 3x4+1, 3x4+2, 3x4+3, 6x2, 6x2+1, "
        "12x1, 3x4+1-cabrera, 6x2-cabrera or one of your own; auto takes 3x4+1 for 12-lead records and as many rows "
        "as leads for one or two",
    )
    layouts: dict[Name, Layout] = Field(
        {}, description="layouts of your own, such as `mine: {rows: [[I, V1], [II, V2]]}`"
    )
    layout_file: str | None = Field(None, description="YAML file of more layouts of your own")
    simultaneous_probability: Probability = Field(
        0.0, description="share of pages whose columns all show the same seconds, not each those after its neighbour's"
    )
    dpi: one_or_range_within(50, 600) = Field(
        (200.0, 200.0), description="dots per inch, or a range of which each page draws a whole number"
    )
    speed_mm_s: one_or_more(12.5, 25, 50) = Field((25,), description="paper speed in mm/s, drawn per page")
    gain_mm_mv: one_or_more(2.5, 5, 10, 20) = Field((10,), description="gain in mm/mV, drawn per page")
    half_chest_gain_probability: Probability = Field(
        0.0,
        description="share of pages whose leads V1 to V6 are drawn at half the gain of the others, "
        "in layouts that name them",
    )
    paper: one_or_more("letter", "a4", "roll") = Field(
        ("letter",),
        description="paper, drawn per page; letter and a4 lie on their long side, a roll is as long as its rows need",
    )
    row_s: Annotated[float, Field(ge=1, le=60)] | None = Field(
        None,
        description="seconds a row holds, of a window that may be longer; null takes 10, but 5 at 50 mm/s on letter "
        "and a4, which are too narrow for more",
    )
    pitch_scale: range_within(0.3, 1.04) = Field(
        (0.74, 1.0), description="size of a grid millimetre in real millimetres, drawn per page"
    )
    stroke_mm: range_within(0.05, 2) = Field((0.25, 0.45), description="width of the trace in mm, drawn per page")
    grid: one_or_more(*KINDS) = Field(
        ("lines",), description="grid, drawn per page: lines, dots, lines every 1 or every 5 mm alone, or none"
    )
    grid_margin_mm: range_within(0, 30) = Field(
        (0.0, 0.0), description="bare paper around the grid in mm, drawn per page; less where the traces need the grid"
    )
    fading: range_within(0, 0.7) = Field(
        (0.0, 0.0), description="how much of the ink is lost where a page is palest, drawn per page"
    )
    clip_probability: Probability = Field(
        0.0, description="share of pages whose traces stop at the edges of their row, as a pen at the end of its way"
    )
    separator_probability: Probability = Field(0.0, description="share of pages with marks between columns")
    pulse_probability: Probability = Field(0.5, description="share of pages with a calibration pulse")
    right_pulse_probability: Probability = Field(
        0.0, description="share of the pages with a pulse that have it to the right of the traces, not to the left"
    )
    header_probability: Probability = Field(0.5, description="share of pages with a printed header")
    lead_names_probability: Probability = Field(1.0, description="share of pages with lead names")
    lead_name_style: one_or_more("plain", "capitals", "lead") = Field(
        ("plain",), description="lead names, drawn per page: aVR, AVR, or Lead aVR"
    )
    lead_name_place: one_or_more("above", "below") = Field(
        ("above",), description="where lead names stand by their trace, drawn per page"
    )
    lead_name_omission: Probability = Field(0.0, description="share of names left out on pages that have lead names")
    scale_probability: Probability = Field(0.7, description="share of pages that print paper speed and gain")
    black_and_white_probability: Probability = Field(0.1, description="share of pages with a grey grid and black ink")
    twin: bool = Field(False, description="also write the gridless twin (black trace on white) of every page")
