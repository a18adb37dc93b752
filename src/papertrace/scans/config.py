"""Config of the scans stage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from papertrace.scans.presets import ArtifactName, PresetName, with_presets
from papertrace.section import ImageFormat, ImageQuality, Probability, Section, Store, one_or_more, range_within


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


class Wrinkles(Section):
    """The sheet was crumpled and smoothed out again; slanting light shows it, nothing is moved."""

    probability: Probability = Field(0.4, description="share of scans with wrinkles")
    scale_mm: range_within(3, 200) = Field((12, 40), description="median length of a fold in mm")
    slope: range_within(0, 0.5) = Field((0.03, 0.12), description="root mean square of the sheet's slope")
    elevation: range_within(15, 85) = Field((35, 60), description="height of the lamp above the sheet in degrees")


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


class Background(Section):
    """What the sheet lies on is seen around it, more than where the sheet is askew: a desk, a clipboard, a screen."""

    probability: Probability = Field(0.0, description="share of scans that show what the sheet lies on")
    kind: one_or_more("plain", "lid", "wood", "cloth", "laminate", "metal", "clipboard", "screen") = Field(
        ("plain", "wood", "cloth", "laminate", "metal", "clipboard"),
        description="what it is, drawn per scan: a desk of one of six kinds, the lid of a flatbed, or the display in a "
        "dark room that shows the page",
    )
    sides: range_within(0, 4) = Field((1, 4), description="sides at which the image reaches beyond the sheet")
    margin: range_within(0, 1) = Field(
        (0.01, 0.12), description="how far, as a share of the sheet's width or height; no crop at those sides"
    )
    papers: range_within(0, 5) = Field((0, 1), description="other sheets beneath")
    shadow: range_within(0, 0.9) = Field((0.2, 0.6), description="share of the light lost in the sheet's own shadow")


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


class Handwriting(Section):
    """Someone wrote on the sheet with a pen, anywhere."""

    probability: Probability = Field(0.0, description="share of scans with handwriting")
    lines: range_within(0, 20) = Field((1, 3), description="written words")
    marks: range_within(0, 20) = Field((0, 3), description="circles, underlines and caliper marks")
    size_mm: range_within(0.5, 12) = Field((1.8, 3.5), description="height of an x in mm")
    width_mm: range_within(0.1, 2) = Field((0.3, 0.6), description="width of the pen in mm")


class Stamps(Section):
    """Stamped words in a frame."""

    probability: Probability = Field(0.0, description="share of stamped scans")
    count: range_within(1, 10) = Field((1, 2), description="stamps")
    size_mm: range_within(1, 12) = Field((3.0, 6.0), description="size of the type in mm")
    strength: range_within(0, 1) = Field((0.4, 0.9), description="how much of its full colour the ink has")


class Fading(Section):
    """The ink has faded, or ran low."""

    probability: Probability = Field(0.0, description="share of faded scans")
    strength: range_within(0, 0.95) = Field((0.1, 0.4), description="share of the ink that is gone where most is")
    patches: range_within(0, 1) = Field((0.0, 1.0), description="0 fades evenly, 1 in places only")


class Stains(Section):
    """Coffee, tea or water was spilt."""

    probability: Probability = Field(0.0, description="share of stained scans")
    count: range_within(1, 20) = Field((1, 3), description="blots")
    radius_mm: range_within(1, 200) = Field((8, 35), description="radius of a blot in mm")
    strength: range_within(0, 1) = Field((0.2, 0.6), description="share of a full stain")
    rim: range_within(0, 3) = Field((0.2, 1.2), description="how much stronger the edge is")


class Mould(Section):
    """The sheet was kept damp."""

    probability: Probability = Field(0.0, description="share of mouldy scans")
    colonies: range_within(1, 30) = Field((2, 6), description="colonies of spots")
    spots: range_within(1, 1000) = Field((20, 120), description="spots of a colony")
    radius_mm: range_within(1, 100) = Field((6, 25), description="standard deviation of a colony's spots in mm")
    strength: range_within(0, 1) = Field((0.3, 0.6), description="share of the light a full spot takes")


class PunchHoles(Section):
    """Holes of a punch, clear of the traces."""

    probability: Probability = Field(0.0, description="share of punched scans")
    diameter_mm: range_within(2, 10) = Field((5.5, 6.5), description="diameter of a hole in mm; ISO 838: 6")


class Staples(Section):
    """Staples in the corners, clear of the traces."""

    probability: Probability = Field(0.0, description="share of stapled scans")
    count: range_within(1, 4) = Field((1, 2), description="staples")


class TornCorners(Section):
    """Corners are torn off, never with any of the traces."""

    probability: Probability = Field(0.0, description="share of torn scans")
    count: range_within(1, 4) = Field((1, 2), description="corners")
    size_mm: range_within(1, 80) = Field((8, 30), description="longest side of what is gone, in mm")


class PageCurl(Section):
    """The sheet keeps the bend of the roll it was on, or of the file: part of a cylinder or of a cone."""

    probability: Probability = Field(0.0, description="share of scans of curled sheets")
    bend_degrees: range_within(0, 90) = Field((8, 35), description="how far the sheet turns from edge to edge")
    cone: range_within(0, 0.8) = Field((0.0, 0.5), description="0 a cylinder; else how much rounder one end is")
    distance_mm: range_within(200, 2000) = Field((300, 600), description="from the camera to the sheet in mm")
    elevation: range_within(15, 90) = Field((25, 65), description="height of the light above the sheet in degrees")
    ambient: range_within(0, 1) = Field((0.3, 0.7), description="share of the light that comes from all around")


class Folds(Section):
    """The sheet was folded and laid open again; the edges of the folds are worn."""

    probability: Probability = Field(0.0, description="share of scans of folded sheets")
    lines: range_within(1, 4) = Field((1, 3), description="lines that it was folded along")
    angle_degrees: range_within(0, 30) = Field((2, 8), description="turn that is left at a line")
    width_mm: range_within(0.5, 20) = Field((2, 5), description="width of the turn in mm")
    worn: range_within(0, 1) = Field((0.2, 0.7), description="share of the way to white along a line, where most")
    worn_mm: range_within(0.05, 2) = Field((0.15, 0.5), description="width of what is worn in mm")
    distance_mm: range_within(200, 2000) = Field((300, 600), description="from the camera to the sheet in mm")
    elevation: range_within(15, 90) = Field((25, 65), description="height of the light above the sheet in degrees")
    ambient: range_within(0, 1) = Field((0.3, 0.7), description="share of the light that comes from all around")


class PartialPage(Section):
    """Camera or scanner saw a part of the sheet only; traces are cut, too."""

    probability: Probability = Field(0.0, description="share of scans of a part of the sheet")
    share: range_within(0, 0.6) = Field((0.05, 0.35), description="share of width or height that is missing")


class Lens(Section):
    """The lens bends straight lines, mostly outwards (a barrel)."""

    probability: Probability = Field(0.0, description="share of scans through such a lens")
    k1: range_within(0, 0.2) = Field(
        (0.005, 0.05), description="size of Brown's k1, of radii in half diagonals: shift of the corners"
    )


class AnisotropicDpi(Section):
    """The flatbed's carriage goes faster or slower than it should, and not quite evenly."""

    probability: Probability = Field(0.0, description="share of such scans")
    stretch: range_within(0, 0.1) = Field((0.001, 0.012), description="size of the difference of y's scale to x's")
    wander_mm: range_within(0, 1) = Field((0.0, 0.15), description="how far the carriage is ahead or behind, in mm")


class Shadow(Section):
    """A hand, a head or a phone stands in the light."""

    probability: Probability = Field(0.0, description="share of scans in shadow")
    strength: range_within(0, 0.9) = Field((0.15, 0.45), description="share of the light lost deep in the shadow")
    softness: range_within(0.005, 2) = Field((0.05, 0.5), description="width of the half-shadow in half diagonals")


class Glare(Section):
    """A lamp is mirrored in the paper."""

    probability: Probability = Field(0.0, description="share of scans with glare")
    strength: range_within(0, 0.9) = Field((0.1, 0.4), description="share of the way to white in the middle")
    radius: range_within(0.02, 2) = Field((0.08, 0.3), description="standard deviation across, in half diagonals")


class Vignette(Section):
    """The lens darkens the corners."""

    probability: Probability = Field(0.0, description="share of scans with a vignette")
    half_field_degrees: range_within(0, 60) = Field(
        (15, 35), description="angle between the lens's axis and a corner in degrees"
    )


class Exposure(Section):
    """The camera counts too little light, or too much; its lens scatters some over all of the image."""

    probability: Probability = Field(0.0, description="share of scans that are exposed by a camera")
    stops: range_within(-4, 2) = Field((-1.0, 0.3), description="exposure against paper as it is, in powers of two")
    veil: range_within(0, 0.3) = Field((0.0, 0.02), description="scattered light as a share of white, above black ink")


class Moire(Section):
    """The photo shows a screen."""

    probability: Probability = Field(0.0, description="share of scans off a screen")
    pitch_px: range_within(0.5, 5) = Field((1.02, 1.3), description="camera pixels from screen pixel to screen pixel")
    degrees: range_within(-45, 45) = Field((-4.0, 4.0), description="the screen's turn against the camera")
    strength: range_within(0, 1) = Field((0.08, 0.3), description="light between bright and dark of the pattern")


class MotionBlur(Section):
    """The hand shook."""

    probability: Probability = Field(0.0, description="share of shaken scans")
    length_px: range_within(0, 40) = Field((1.5, 5.0), description="length of the smear in pixels")


class ShotNoise(Section):
    """The noise of counted photons."""

    probability: Probability = Field(0.0, description="share of scans with shot noise")
    electrons: range_within(50, 100_000) = Field((600, 6000), description="electrons counted in a white pixel")


class Gamma(Section):
    """Tones are darker or lighter than they should be."""

    probability: Probability = Field(0.0, description="share of scans with wrong tones")
    exponent: range_within(0.2, 5) = Field((0.75, 1.4), description="power of the grey levels; above 1 is darker")


class Photocopy(Section):
    """The sheet is a copy, or a copy of one."""

    probability: Probability = Field(0.0, description="share of photocopied scans")
    generations: range_within(1, 10) = Field((1, 3), description="how often it was copied")
    contrast: range_within(1, 4) = Field((1.1, 1.7), description="slope of the tones at mid-grey, each time")
    blur_px: range_within(0, 5) = Field((0.3, 0.7), description="standard deviation of the blur in pixels, each time")
    specks: range_within(0, 0.01) = Field(
        (0.0, 0.0003), description="share of the pixels that toner falls on, each time"
    )


class Fax(Section):
    """The page came by fax: black and white."""

    probability: Probability = Field(0.0, description="share of faxed scans")
    fine: Probability = Field(0.7, description="share of the faxes at 204 x 196 dpi; the others are at 204 x 98")
    threshold: range_within(50, 240) = Field((150, 200), description="grey levels below it, of white paper, are black")


class Sharpening(Section):
    """The camera's program sharpens, as phones do, and leaves bright rims beside ink."""

    probability: Probability = Field(0.0, description="share of sharpened scans")
    strength: range_within(0, 5) = Field((0.5, 1.5), description="how much of the detail is added once more")
    sigma_px: range_within(0.3, 10) = Field((0.6, 1.5), description="standard deviation of what counts as detail in px")


class Streaks(Section):
    """The flatbed's cells differ and its glass is dusty."""

    probability: Probability = Field(0.0, description="share of scans with streaks")
    ripple: range_within(0, 0.2) = Field((0.002, 0.015), description="standard deviation of the columns' gains")
    lines: range_within(0, 50) = Field((0, 5), description="streaks under specks of dust")
    change: range_within(0, 0.5) = Field((0.03, 0.15), description="light that a streak takes or adds")


class Webp(Section):
    """The scan was saved as WebP before, as messengers do."""

    probability: Probability = Field(0.0, description="share of scans with earlier WebP generations")
    generations: range_within(1, 10) = Field((1, 1), description="how often it was saved")
    quality: range_within(1, 100) = Field((40, 85), description="WebP quality of each generation")


Severity = Annotated[int, Field(ge=0, le=5)]


class ScansConfig(Section):
    """Which artifacts a scan may have and how strong they are; each is drawn per scan.

    What a key is set to outweighs `severity`, and that outweighs `preset`.
    """

    preset: Literal[PresetName, "mixed"] | None = Field(
        None, description="defaults of all the artifacts, named after what they imitate"
    )
    severity: dict[ArtifactName, Severity] = Field(
        {}, description="artifacts that every scan has, each at a severity from 0 (none) to 5"
    )
    held_out: list[ArtifactName] = Field(
        [], description="artifacts that scans of the training and validation splits never have"
    )
    mix: list[PresetName] = Field(
        [],
        description="presets of which each scan gets one at random, as it is: of the other keys only "
        "`held_out`, `format` and `quality` count",
    )
    printed_text: PrintedText = PrintedText()
    creases: Creases = Creases()
    wrinkles: Wrinkles = Wrinkles()
    rotation: Rotation = Rotation()
    perspective: Perspective = Perspective()
    crop: Crop = Crop()
    background: Background = Background()
    light: Light = Light()
    temperature: Temperature = Temperature()
    blur: Blur = Blur()
    noise: Noise = Noise()
    jpeg: Jpeg = Jpeg()
    handwriting: Handwriting = Handwriting()
    stamps: Stamps = Stamps()
    fading: Fading = Fading()
    photocopy: Photocopy = Photocopy()
    stains: Stains = Stains()
    mould: Mould = Mould()
    punch_holes: PunchHoles = PunchHoles()
    staples: Staples = Staples()
    torn_corners: TornCorners = TornCorners()
    folds: Folds = Folds()
    page_curl: PageCurl = PageCurl()
    partial_page: PartialPage = PartialPage()
    lens: Lens = Lens()
    anisotropic_dpi: AnisotropicDpi = AnisotropicDpi()
    shadow: Shadow = Shadow()
    glare: Glare = Glare()
    vignette: Vignette = Vignette()
    exposure: Exposure = Exposure()
    moire: Moire = Moire()
    motion_blur: MotionBlur = MotionBlur()
    shot_noise: ShotNoise = ShotNoise()
    gamma: Gamma = Gamma()
    sharpening: Sharpening = Sharpening()
    streaks: Streaks = Streaks()
    fax: Fax = Fax()
    webp: Webp = Webp()
    store: Store = Field(
        "images",
        description="images, or recipes alone: tables and labels as ever, and every image is made anew where it is "
        "wanted; such scans are for training and are not digitized",
    )
    format: ImageFormat = Field("jpeg", description="file format of the scans; grey scans are stored in one channel")
    quality: ImageQuality = Field(91, description="with formats jpeg and webp: quality of the file")

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, data: Any) -> Any:
        """Lay what is set over the severities, and those over the preset."""
        return with_presets(data) if isinstance(data, Mapping) else data

    def of_split(self, split: str | None) -> ScansConfig:
        """Return the config of a split's scans: those of the test split have what is held out, the others do not."""
        if split == "test" or not self.held_out:
            return self.model_copy(update={"held_out": []})
        return self.without(self.held_out)

    def without(self, names: Iterable[str]) -> ScansConfig:
        """Return this config with some artifacts never drawn."""
        off = {name: getattr(self, name).model_copy(update={"probability": 0.0}) for name in names}
        return self.model_copy(update=off)
