"""Config of the pages stage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from papertrace.pages.grid import KINDS
from papertrace.pages.layouts import Layout, Name
from papertrace.pages.presets import PresetName, with_preset
from papertrace.pages.text import TYPEFACES
from papertrace.section import (
    ImageFormat,
    ImageQuality,
    Probability,
    Section,
    Store,
    one_or_more,
    one_or_range_within,
    range_within,
)


class PagesConfig(Section):
    """How clean pages are drawn. What a key is set to outweighs `preset`."""

    preset: PresetName | None = Field(
        None, description="defaults of the other keys: varied draws everything that a page can have at random"
    )
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
    chest_gain_mm_mv: one_or_more("same", "half", 2.5, 5, 10, 20) = Field(
        ("same",),
        description="gain of the leads V1 to V6 in mm/mV, drawn per page, in layouts that name them: that of the "
        "others, half of it, or one of its own",
    )
    half_chest_gain_probability: Probability = Field(
        0.0, description="share of pages whose `chest_gain_mm_mv` is half, whatever it says"
    )
    paper: one_or_more("letter", "a4", "roll") = Field(
        ("letter",), description="paper, drawn per page; a roll is as long as its rows need"
    )
    orientation: one_or_more("landscape", "portrait") = Field(
        ("landscape",), description="whether letter and a4 lie on their long side or stand on their short one"
    )
    row_s: Annotated[float, Field(ge=1, le=60)] | None = Field(
        None,
        description="seconds a row holds, of a window that may be longer; null takes 10, but 5 at 50 mm/s on sheets, "
        "and as many whole seconds as fit where a sheet is narrower than that (7 or 8 at 25 mm/s on an upright one)",
    )
    row_spacing: range_within(0.1, 1) = Field(
        (0.65, 1.0),
        description="distance between rows as a share of what the page has room for, drawn per page; traces of "
        "neighbouring rows overlap where it is small",
    )
    pitch_scale: range_within(0.3, 1.04) = Field(
        (0.74, 1.0), description="size of a grid millimetre in real millimetres, drawn per page"
    )
    stroke_mm: range_within(0.05, 2) = Field((0.25, 0.45), description="width of the trace in mm, drawn per page")
    grid: one_or_more(*KINDS) = Field(
        ("lines",),
        description="grid, drawn per page: lines, dots, 5 mm lines with dots between them, lines every 1 or every "
        "5 mm alone, or none",
    )
    minor_line_mm: range_within(0.02, 0.4) = Field(
        (0.08, 0.18), description="width of the 1 mm lines in mm, drawn per page"
    )
    major_line_mm: range_within(0.02, 0.8) = Field(
        (0.2, 0.36), description="width of the 5 mm lines in mm, drawn per page"
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
    pulse_style: one_or_more("plain", "stepped") = Field(
        ("plain",),
        description="pulse of a row with leads at two gains, drawn per page: 1 mV of the lead beside it, or a step "
        "for each gain",
    )
    header_probability: Probability = Field(0.5, description="share of pages with a printed header")
    header_from_record: bool = Field(
        False, description="print in the header the age and the sex that the record's own header tells, where it does"
    )
    intervals_probability: Probability = Field(
        0.0,
        description="share of pages with a block of measurements (rate, PR, QRS, QT, QTc, axes): the record's heart "
        "rate, the others drawn to agree with it",
    )
    statements_probability: Probability = Field(
        0.0, description="share of pages with statements on the measurements, such as Sinus rhythm, and Unconfirmed"
    )
    qr_probability: Probability = Field(0.0, description="share of pages with a QR code of the page's id")
    barcode_probability: Probability = Field(0.0, description="share of pages with a bar code (128) of the page's id")
    pacing_probability: Probability = Field(
        0.0, description="share of pages with pacing marks before the beats; they are print and not in the truth"
    )
    pacing_style: one_or_more("marker", "spike") = Field(
        ("marker",), description="pacing marks, drawn per page: short strokes below the trace, or spikes on it"
    )
    lead_names_probability: Probability = Field(1.0, description="share of pages with lead names")
    lead_name_style: one_or_more("plain", "capitals", "lead") = Field(
        ("plain",), description="lead names, drawn per page: aVR, AVR, or Lead aVR"
    )
    lead_name_place: one_or_more("above", "below") = Field(
        ("above",), description="where lead names stand by their trace, drawn per page"
    )
    lead_name_omission: Probability = Field(0.0, description="share of names left out on pages that have lead names")
    lead_name_mm: range_within(1.5, 8) = Field((3.0, 4.2), description="size of lead names in mm, drawn per page")
    scale_probability: Probability = Field(0.7, description="share of pages that print paper speed and gain")
    scale_style: one_or_more("short", "long") = Field(
        ("short",),
        description="line of speed and gain, drawn per page: the numbers, or in full with machine, limb and chest gain "
        "and filter",
    )
    typeface: one_or_more(*TYPEFACES) = Field(
        ("sans", "sans", "italic"),
        description="typeface, drawn per page; one that is listed twice is drawn twice as often",
    )
    type_weight: one_or_more(*range(100, 1000, 100)) = Field(
        (300, 400, 500, 600), description="weight of sans and italic from 100 (thin) to 900 (black), drawn per page"
    )
    black_and_white_probability: Probability = Field(0.1, description="share of pages with a grey grid and black ink")
    random_colour_probability: Probability = Field(
        0.0, description="share of the other pages whose grid and ink have any colour within the four ranges below"
    )
    random_grid_hue: range_within(0, 360) = Field((0.0, 360.0), description="hue of the grid in degrees; 0 is red")
    random_grid_contrast: range_within(0.02, 0.8) = Field(
        (0.12, 0.5), description="how much darker than paper the 5 mm lines are, as a share of white"
    )
    random_ink_hue: range_within(0, 360) = Field((0.0, 360.0), description="hue of the ink in degrees")
    random_ink_lightness: range_within(0, 0.5) = Field(
        (0.0, 0.3), description="lightness of the ink from 0 (black) to 1 (white)"
    )
    twin: bool = Field(False, description="also write the gridless twin (black trace on white) of every page")

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, data: Any) -> Any:
        """Lay what is set over the preset."""
        return with_preset(data) if isinstance(data, Mapping) else data

    store: Store = Field(
        "images",
        description="images, or recipes alone: tables, labels and truth as ever, and every image is made anew "
        "where it is wanted; needs format png",
    )
    format: ImageFormat = Field("png", description="file format of the pages; grey pages are stored in one channel")
    quality: ImageQuality = Field(95, description="with formats jpeg and webp: quality of the file")
