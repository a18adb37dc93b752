"""What the lists in a scan's recipe hold, as types.

The JSON schema of recipes derives from them and from the artifacts' signatures (`papertrace.scans.schema`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict  # pydantic needs it before Python 3.12

Byte = Annotated[int, Field(ge=0, le=255)]
Colour = Annotated[list[Byte], Field(min_length=3, max_length=3)]
"""Blue, green, red."""

Point = Annotated[list[float], Field(min_length=2, max_length=2)]
"""x and y."""

Box = Annotated[list[float], Field(min_length=4, max_length=4)]
"""x0, y0, x1, y1."""

Seed = Annotated[int, Field(ge=0, lt=2**63)]


class PrintedLine(TypedDict):
    """A line of print."""

    text: str
    x_mm: float
    baseline_mm: float
    size_mm: float
    face: str
    weight: int
    colour: Colour


class WrittenLine(TypedDict):
    """A line of handwriting."""

    text: str
    x_mm: float
    baseline_mm: float
    size_mm: float
    degrees: float
    slant: float
    underlined: bool
    width_mm: float
    colour: Colour
    seed: Seed


class Paper(TypedDict):
    """A sheet beneath the page, of its size; x and y are of its middle, from the page's."""

    x_mm: float
    y_mm: float
    degrees: float
    colour: Colour


class CastShadow(TypedDict):
    """What a sheet casts on what it lies on."""

    degrees: float
    offset_mm: float
    softness_mm: float
    strength: float


class Mark(TypedDict):
    """A mark of a pen."""

    kind: Literal["circle", "underline", "caliper"]
    box_mm: Box
    width_mm: float
    colour: Colour
    seed: Seed


class StampPrint(TypedDict):
    """A stamped word."""

    text: str
    x_mm: float
    y_mm: float
    size_mm: float
    degrees: float
    round: bool
    colour: Colour
    strength: float
    seed: Seed


class Crease(TypedDict):
    """A straight fold."""

    degrees: float
    offset_mm: float
    width_mm: float
    strength: float


class Blot(TypedDict):
    """A stain."""

    x_mm: float
    y_mm: float
    radius_mm: float
    colour: Colour
    strength: float
    rim: float
    seed: Seed


class Colony(TypedDict):
    """A colony of mould."""

    x_mm: float
    y_mm: float
    radius_mm: float
    spots: int
    colour: Colour
    strength: float
    seed: Seed


class Wire(TypedDict):
    """A staple."""

    x_mm: float
    y_mm: float
    degrees: float
    length_mm: float
    width_mm: float


class TornCorner(TypedDict):
    """A corner that is gone; 0 is the upper left one, then clockwise."""

    corner: Annotated[int, Field(ge=0, le=3)]
    width_mm: float
    height_mm: float
    seed: Seed


class FoldLine(TypedDict):
    """One of the lines that a sheet was folded along."""

    offset_mm: float
    angle_degrees: float
    width_mm: float
    worn: float
    worn_mm: float


class FoldFamily(TypedDict):
    """Lines of one direction."""

    degrees: float
    lines: list[FoldLine]


class SlantingLight(TypedDict):
    """The light on a sheet that is bent."""

    degrees: float
    elevation: float
    ambient: float


class CarriageWave(TypedDict):
    """A wave in a scanner's way down the page."""

    amplitude_mm: float
    period_mm: float
    phase: float


class Streak(TypedDict):
    """A streak under a speck of dust."""

    x: float
    width_px: float
    change: float
