"""Config of the pages stage."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from papertrace.pages.layouts import Layout, Name
from papertrace.section import Probability, Section, one_or_more, range_within


class PagesConfig(Section):
    """How clean pages are drawn."""

    layout: one_or_more() = Field(
        ("auto",),
        description="layout, or several to draw from per page: 1x1, 2x1, 3x1, 3x4, 3x4+1, 3x4+2, 3x4+3, 6x2, 6x2+1, "
        "12x1, 3x4+1-cabrera, 6x2-cabrera or one of your own; auto takes 3x4+1 for 12-lead records and as many rows "
        "as leads for one or two",
    )
    layouts: dict[Name, Layout] = Field({}, description="layouts of your own, by name")
    layout_file: str | None = Field(None, description="YAML file of more layouts of your own")
    simultaneous_probability: Probability = Field(
        0.0, description="share of pages whose columns all show the same seconds, not each those after its neighbour's"
    )
    dpi: float = Field(200, ge=50, le=600, description="dots per inch of the page")
    speed_mm_s: Literal[25] = Field(25, description="paper speed in mm/s")
    gain_mm_mv: Literal[10] = Field(10, description="gain in mm/mV")
    pitch_scale: range_within(0.3, 1.04) = Field(
        (0.74, 1.0), description="size of a grid millimetre in real millimetres, drawn per page"
    )
    stroke_mm: range_within(0.05, 2) = Field((0.25, 0.45), description="width of the trace in mm, drawn per page")
    pulse_probability: Probability = Field(0.5, description="share of pages with a calibration pulse")
    header_probability: Probability = Field(0.5, description="share of pages with a printed header")
    lead_names_probability: Probability = Field(1.0, description="share of pages with lead names")
    scale_probability: Probability = Field(0.7, description="share of pages that print paper speed and gain")
    black_and_white_probability: Probability = Field(0.1, description="share of pages with a grey grid and black ink")
    twin: bool = Field(False, description="also write the gridless twin (black trace on white) of every page")
