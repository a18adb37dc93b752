"""Where a scan shows nothing of the trace: under pens and stamps, stains, glare, beyond holes and torn corners.

What a scan's recipe does to a page it does here to two sheets, one bare paper and one covered with ink: where the two
scans differ too little, ink cannot be told from paper, and a trace that runs there is occluded. This holds for every
artifact, those to come included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from papertrace.exports.instances import gridless_twin
from papertrace.geometry import PixelMap
from papertrace.labels import PageLabels
from papertrace.pages.ink import blend
from papertrace.scans.scan import apply_recipe

if TYPE_CHECKING:
    from papertrace.pages.render import Stretch

LEAST_SHARE = 0.2
"""Of the page's contrast between ink and paper: where less is left, ink cannot be told from paper."""

_BY_CHANCE = ("noise", "shot_noise", "jpeg", "webp")
"""They hide nothing, and would blur what the two sheets tell."""


def hidden(recipe: list[dict], palette: dict, labels: PageLabels, truth: list[Stretch]) -> np.ndarray:
    """Return where a scan hides the ink of its page.

    Parameters
    ----------
    recipe : list of dict
        Of the scan, as drawn: `papertrace.scans.scan.Scan.recipe`; an empty one hides nothing.
    palette : dict
        The page's ``paper`` and ``ink`` (blue, green, red), from its recipe.
    labels : PageLabels
        Of the page.
    truth : list of Stretch
        What was drawn, in the order of ``labels.leads``. Fax alone needs it: its dots are black or white by the ink
        that falls on each and on those about it, so that thin strokes may be lost, and a sheet all ink says nothing.

    Returns
    -------
    ndarray of bool, shape (h, w)
        Of the scan's pixels. What lies beside the paper is hidden too; under fax, all that is no trace.
    """
    size = tuple(round(side * labels.px_per_mm) for side in (labels.width_mm, labels.height_mm))
    quiet = [item for item in recipe if item["artifact"] not in _BY_CHANCE]
    faxless = [item for item in quiet if item["artifact"] != "fax"]
    paper, ink = (np.full((*size[::-1], 3), palette[name], np.uint8) for name in ("paper", "ink"))
    least = LEAST_SHARE * int(cv2.absdiff(paper[:1, :1], ink[:1, :1]).sum())
    shown = _differ(paper, ink, faxless, labels, least)
    if faxless != quiet:
        traced = paper.copy()
        strokes = gridless_twin(labels, truth, PixelMap.of_page(labels.px_per_mm), size)
        blend(traced, 1 - strokes.astype(np.float32) / 255, palette["ink"])
        shown &= _differ(paper, traced, quiet, labels, least)
    return ~shown


def _differ(paper: np.ndarray, inked: np.ndarray, recipe: list[dict], labels: PageLabels, least: float) -> np.ndarray:
    """Return where the scans of two sheets differ by so many grey levels, the channels taken together."""
    scans = [apply_recipe(sheet, labels.px_per_mm, recipe).image for sheet in (paper, inked)]
    difference = cv2.absdiff(*scans)
    return difference.reshape(-1, 3).sum(axis=1, dtype=np.uint16).reshape(difference.shape[:2]) >= least
