"""Turn a page into a scan: pixels in, pixels and the map from the page's millimetres out."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from papertrace.geometry import PixelMap
from papertrace.labels import PageLabels, TextLabel
from papertrace.scans import background, copies, damage, optics, sensor, surface, wrinkles, writing
from papertrace.scans.bend import SURFACES, lit, worn
from papertrace.scans.compose import GEOMETRY, compose
from papertrace.scans.config import ScansConfig
from papertrace.scans.recipe import draw_recipe
from papertrace.scans.warp import warp

IN_MM = {
    "creases": surface.creases,
    "wrinkles": wrinkles.wrinkles,
    "stains": damage.stains,
    "mould": damage.mould,
    "punch_holes": damage.punch_holes,
    "staples": damage.staples,
    "torn_corners": damage.torn_corners,
    "fax": copies.fax,
}
"""Artifacts with lengths in mm; they take the image and its scale."""

CUTS = ("punch_holes", "torn_corners")
"""Artifacts through which is seen what the sheet lies on."""

IN_PIXELS = {
    "fading": copies.fading,
    "photocopy": copies.photocopy,
    "light": surface.light,
    "shadow": optics.shadow,
    "glare": optics.glare,
    "temperature": sensor.temperature,
    "vignette": optics.vignette,
    "exposure": optics.exposure,
    "moire": optics.moire,
    "blur": sensor.blur,
    "motion_blur": optics.motion_blur,
    "shot_noise": optics.shot_noise,
    "noise": sensor.noise,
    "gamma": optics.gamma,
    "sharpening": optics.sharpening,
    "streaks": copies.streaks,
    "jpeg": sensor.jpeg,
    "webp": copies.webp,
}
"""Artifacts that know pixels only."""


@dataclass(frozen=True)
class Scan:
    """A scan.

    Attributes
    ----------
    image : ndarray, uint8, shape (h, w, 3)
        Blue, green, red.
    map : PixelMap
        Page millimetres to scan pixels; carries every label of the page.
    texts : list of TextLabel
        Print, handwriting and stamps that the scan added, in page millimetres.
    recipe : list of dict
        The artifacts as drawn, in the order applied.
    """

    image: np.ndarray
    map: PixelMap
    texts: list[TextLabel]
    recipe: list[dict]


def scan_page(image: np.ndarray, labels: PageLabels, config: ScansConfig, rng: np.random.Generator) -> Scan:
    """Draw a recipe and apply it to a page.

    Parameters
    ----------
    image : ndarray, uint8, shape (h, w, 3)
        The clean page.
    labels : PageLabels
        Its labels.
    config : ScansConfig
        Which artifacts, how often and how strong.
    rng : numpy.random.Generator
        The only source of randomness.
    """
    height, width = image.shape[:2]
    return apply_recipe(image, labels.px_per_mm, draw_recipe(config, labels, (width, height), rng))


def apply_recipe(image: np.ndarray, px_per_mm: float, recipe: list[dict]) -> Scan:
    """Apply a recipe to a page of a scale in pixels a millimetre; the same recipe gives the same pixels."""
    height, width = image.shape[:2]
    composed = compose(recipe, (width, height), px_per_mm)
    texts: list[TextLabel] = []
    ground = None
    for item in recipe:
        arguments = {key: value for key, value in item.items() if key != "artifact"}
        match item["artifact"]:
            case "printed_text":
                image, texts = surface.printed_text(image, px_per_mm, **arguments)
            case "desk":  # ends the geometric artifacts, which are one warp
                bent = composed.displacement_px(px_per_mm)
                image = warp(image, composed.matrix, composed.size, arguments["colour"], bent)
                if ground is not None:
                    sheet_mm = (width / px_per_mm, height / px_per_mm)
                    mask = background.sheet_mask(composed.map(px_per_mm), sheet_mm, composed.size)
                    if any(item["artifact"] in CUTS for item in recipe):
                        cut = _left_whole((height, width), px_per_mm, recipe)
                        mask = cv2.min(mask, warp(cut, composed.matrix, composed.size, [255], bent))
                    image = background.lay(image, mask, composed.map(px_per_mm), sheet_mm, **ground)
            case "background":
                ground = {key: value for key, value in arguments.items() if key != "margins"}
            case "preset":
                pass
            case name if name in GEOMETRY:  # all in `composed`; but a bent sheet shows in the light, too
                if name in SURFACES:
                    image = lit(image, px_per_mm, item)
                if name == "folds":
                    image = worn(image, px_per_mm, item["families"], item["seed"])
            case "handwriting" | "stamps" as name:
                image, added = getattr(writing, name)(image, px_per_mm, **arguments)
                texts = texts + added
            case name if name in IN_MM:
                image = IN_MM[name](image, px_per_mm, **arguments)
            case name if name in IN_PIXELS:
                image = IN_PIXELS[name](image, **arguments)
            case unknown:
                raise ValueError(f"a recipe names an artifact {unknown!r} that scans do not have")
    return Scan(image, composed.map(px_per_mm), texts, recipe)


def _left_whole(shape: tuple[int, int], px_per_mm: float, recipe: list[dict]) -> np.ndarray:
    """Return where a page is whole, 255, and where it is torn or punched, 0."""
    mask = np.full(shape, 255, np.uint8)
    for item in recipe:
        if item["artifact"] in CUTS:
            arguments = {key: value for key, value in item.items() if key not in ("artifact", "colour")}
            mask = IN_MM[item["artifact"]](mask, px_per_mm, colour=(0, 0, 0), **arguments)
    return mask
