"""Where a scan shows nothing of the trace: under pens and stamps, stains, glare, beyond holes and torn corners.

What a scan's recipe does to a page it does here to two sheets, one bare paper and one covered with ink: where the two
scans differ too little, ink cannot be told from paper, and a trace that runs there is occluded. This holds for every
artifact, those to come included.
"""

from __future__ import annotations

import cv2
import numpy as np

from papertrace.labels import PageLabels
from papertrace.scans.scan import apply_recipe

LEAST_SHARE = 0.2
"""Of the page's contrast between ink and paper: where less is left, ink cannot be told from paper."""

_LEFT_OUT = ("noise", "shot_noise", "jpeg", "webp", "fax")
"""These change pixels by chance, or by what lies around them: a sheet that is all ink tells nothing of a stroke."""


def hidden(recipe: list[dict], palette: dict, labels: PageLabels) -> np.ndarray:
    """Return where a scan hides the ink of its page.

    Parameters
    ----------
    recipe : list of dict
        Of the scan, as drawn: `papertrace.scans.scan.Scan.recipe`; an empty one hides nothing.
    palette : dict
        The page's ``paper`` and ``ink`` (blue, green, red), from its recipe.
    labels : PageLabels
        Of the page; its size and scale are used.

    Returns
    -------
    ndarray of bool, shape (h, w)
        Of the scan's pixels. What lies beside the paper is hidden too.
    """
    width, height = (round(side * labels.px_per_mm) for side in (labels.width_mm, labels.height_mm))
    quiet = [item for item in recipe if item["artifact"] not in _LEFT_OUT]
    colours = [np.asarray(palette[name], np.uint8) for name in ("paper", "ink")]
    paper, ink = (
        apply_recipe(np.broadcast_to(colour, (height, width, 3)).copy(), labels.px_per_mm, quiet).image
        for colour in colours
    )
    contrast = int(np.abs(np.subtract(*colours, dtype=int)).sum())
    difference = cv2.absdiff(paper, ink).reshape(-1, 3)
    shown = difference.sum(axis=1, dtype=np.uint16) >= LEAST_SHARE * contrast
    return ~shown.reshape(paper.shape[:2])
