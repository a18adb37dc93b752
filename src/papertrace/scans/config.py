"""Config of the scans stage."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from papertrace.section import Probability, Section, range_within


class PrintedText(Section):
    """Biomedical words stamped or typed on the sheet, clear of the traces."""

    probability: Probability = Field(0.4, description="share of scans with printed words")
    lines: range_within(1, 20) = Field((1, 4), description="lines of words")
    size_mm: range_within(1, 12) = Field((2.8, 5.0), description="size of the type in mm")


class Creases(Section):
    """Two families of soft shaded lines, as folding leaves them."""

    probability: Probability = Field(0.4, description="share of scans with creases")
    lines: range_within(1, 20) = Field((1, 4), description="lines in each of the two families")
    width_mm: range_within(0.1, 10) = Field((0.25, 1.0), description="standard deviation of a line's shading in mm")
    strength: range_within(0, 1) = Field((0.05, 0.3), description="share of the light a line takes or adds")


class Rotation(Section):
    """The sheet lies askew."""

    probability: Probability = Field(0.7, description="share of scans that are rotated")
    degrees: range_within(-45, 45) = Field((-3.0, 3.0), description="angle in degrees, clockwise positive")


class Perspective(Section):
    """The camera does not look straight down."""

    probability: Probability = Field(0.4, description="share of scans in perspective")
    shift: range_within(0, 0.2) = Field(
        (0.002, 0.015),
        description="how far each corner moves, in x and in y, as a share of the page's width and height",
    )


class Crop(Section):
    """Edges of the sheet are missing; never any of the traces."""

    probability: Probability = Field(0.4, description="share of scans that are cropped")
    share: range_within(0, 0.3) = Field((0.0, 0.04), description="share cut off at each of the four sides")


class Light(Section):
    """Light falls off across the sheet."""

    probability: Probability = Field(0.5, description="share of scans in uneven light")
    strength: range_within(0, 0.9) = Field((0.05, 0.3), description="share of the light lost at the darkest place")


class Temperature(Section):
    """Colour temperature of the light, seen with a daylight white balance."""

    probability: Probability = Field(0.5, description="share of scans under coloured light")
    kelvin: range_within(1500, 40_000) = Field((3500, 14_000), description="colour temperature in K; 6504 is neutral")


class Blur(Section):
    """The lens is not quite in focus."""

    probability: Probability = Field(0.5, description="share of blurred scans")
    sigma_px: range_within(0, 10) = Field((0.4, 1.2), description="standard deviation of the blur in pixels")


class Noise(Section):
    """The sensor's noise."""

    probability: Probability = Field(0.6, description="share of noisy scans")
    sigma: range_within(0, 60) = Field((2.0, 12.0), description="standard deviation in grey levels of 255")


class Jpeg(Section):
    """The scan was saved as JPEG before, once or more often."""

    probability: Probability = Field(0.4, description="share of scans with earlier JPEG generations")
    generations: range_within(1, 10) = Field((1, 2), description="how often it was saved")
    quality: range_within(5, 100) = Field((50, 90), description="JPEG quality of each generation")


class ScansConfig(Section):
    """Which artifacts a scan may have and how strong they are; each is drawn per scan."""

    printed_text: PrintedText = PrintedText()
    creases: Creases = Creases()
    rotation: Rotation = Rotation()
    perspective: Perspective = Perspective()
    crop: Crop = Crop()
    light: Light = Light()
    temperature: Temperature = Temperature()
    blur: Blur = Blur()
    noise: Noise = Noise()
    jpeg: Jpeg = Jpeg()
    format: Literal["jpeg", "png"] = Field("jpeg", description="file format of the scans")
    quality: int = Field(90, ge=5, le=100, description="with format jpeg: JPEG quality of the file")
