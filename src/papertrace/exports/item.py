"""One image of a dataset with everything that is known about it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from papertrace.encoding import decode_image
from papertrace.geometry import PixelMap
from papertrace.labels import PageLabels, TextLabel
from papertrace.pages.render import Stretch


@dataclass(frozen=True)
class Item:
    """One image of a dataset.

    Attributes
    ----------
    page_id, split : str
        As in the manifest.
    name : str
        The image's file name.
    data : bytes
        The image file.
    size : tuple of int
        Its width and height in pixels.
    labels : PageLabels
        Of the page.
    truth : list of Stretch
        What was drawn, in the labels' order.
    map : PixelMap
        Page millimetres to the image's pixels.
    texts : list of TextLabel
        Print that the scan added.
    page_recipe : dict
        Every choice about the page, as drawn.
    recipe : list of dict
        The artifacts of the scan as drawn; none for a page.
    """

    page_id: str
    split: str
    name: str
    data: bytes
    size: tuple[int, int]
    labels: PageLabels
    truth: list[Stretch]
    map: PixelMap
    texts: list[TextLabel]
    page_recipe: dict
    recipe: list[dict]

    @property
    def image(self) -> np.ndarray:
        """The image's pixels, uint8, shape (h, w, 3): blue, green, red."""
        return decode_image(self.data)

    @cached_property
    def hidden(self) -> np.ndarray | None:
        """Which pixels of a scan show no ink, shape (h, w); None for a page, which hides none."""
        from papertrace.exports.occlusion import hidden

        return hidden(self.recipe, self.page_recipe["palette"], self.labels, self.truth) if self.recipe else None


@dataclass(frozen=True)
class LeftOut:
    """An image that a dataset lacks, and why."""

    page_id: str
    reason: str
