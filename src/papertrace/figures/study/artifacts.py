"""F5 to F8 and T4: what happens to a page, one artifact at a time and all at once, and how strong it gets."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
from matplotlib.patches import Polygon

from papertrace.exports.dense import centre_lines, page_corners, pulse_boxes, text_boxes
from papertrace.figures.study.data import Study
from papertrace.figures.study.pages import find_page, show
from papertrace.figures.study.plate import Item, Plate
from papertrace.figures.study.style import CYCLE, PAGE_IN, page_figure, panels
from papertrace.figures.study.table import table_figure
from papertrace.labels import TextLabel
from papertrace.pages.render import Page
from papertrace.scans.config import ScansConfig
from papertrace.scans.presets import ArtifactName, at_severity
from papertrace.scans.scan import Scan, scan_page
from papertrace.seeds import derive_seed, generator

_SEED = 5
_SEVERITY = 3
TEXT = ("printed_text", "handwriting", "stamps")
PAPER = ("creases", "wrinkles", "folds", "stains", "fading", "torn_corners")
OPTICS = ("rotation", "perspective", "page_curl", "lens", "light", "shadow", "blur", "noise", "jpeg")
ALL = {
    "printed_text": 2, "handwriting": 1, "stamps": 1, "creases": 2, "wrinkles": 2, "stains": 1, "page_curl": 1,
    "rotation": 3, "perspective": 2, "background": 2, "light": 3, "blur": 1, "noise": 1, "jpeg": 2,
}  # fmt: skip
FINE = ("blur", "noise", "jpeg")
"""What is not seen on a whole page."""
_COLUMNS, _DETAIL_MM = 3, 24.0


def scan_with(page: Page, severities: dict[str, int]) -> Scan:
    """Scan a page with artifacts at given severities and no others; the same every time."""
    config = ScansConfig.model_validate(
        {name: {"probability": 0.0} for name in ArtifactName.__args__ if name not in severities}
        | {"severity": severities}
    )
    seed = derive_seed(_SEED, "+".join(sorted(severities)), "scans")
    return scan_page(page.image, page.labels, config, generator(seed))


def one_by_one(study: Study, artifacts: tuple[str, ...], what: str) -> Plate:
    """Draw a page with each of some artifacts."""
    page_id, page = find_page(study, 1, np.inf)
    lines = -(-len(artifacts) // _COLUMNS)
    height, width = page.image.shape[:2]
    figure = page_figure(lines * (PAGE_IN / _COLUMNS * height / width + 0.22))
    axes = figure.subplots(lines, _COLUMNS, squeeze=False).ravel()
    for ax, name in zip(axes, artifacts, strict=False):
        scan = scan_with(page, {name: _SEVERITY})
        fine = name in FINE
        show(ax, _detail(scan, page) if fine else scan.image, name.replace("_", " ") + (" (detail)" if fine else ""))
    for ax in axes[len(artifacts) :]:
        ax.axis("off")
    panels(axes[: len(artifacts)])
    return Plate(figure, f"{what} on page {page_id}: one artifact each, at severity {_SEVERITY} of 5.")


def _detail(scan: Scan, page: Page) -> np.ndarray:
    """Cut out the beginning of the first lead, a few millimetres high and as wide as the image is for its height."""
    left, top, _, bottom = page.labels.leads[0].box_mm
    across = _DETAIL_MM * scan.image.shape[1] / scan.image.shape[0]
    middle = (top + bottom) / 2
    corners = [[left, middle - _DETAIL_MM / 2], [left + across, middle + _DETAIL_MM / 2]]
    x, y = np.clip(np.rint(scan.map.apply(np.array(corners))), 0, scan.image.shape[1::-1]).astype(int).T
    return scan.image[y[0] : y[1], x[0] : x[1]]


def labelled(study: Study) -> Plate:
    """F8: all at once, with the labels that come through."""
    page_id, page = find_page(study, 1, np.inf)
    scan = scan_with(page, ALL)
    height, width = scan.image.shape[:2]
    figure = page_figure(PAGE_IN / 2 * height / width + 0.3)
    axes = figure.subplots(1, 2)
    show(axes[0], scan.image, "scan")
    show(axes[1], (255 - (255 - scan.image) * 0.55).astype(np.uint8), "labels")
    size = (width, height)
    for k, line in enumerate(centre_lines(page.labels, page.truth, scan.map, size)):
        axes[1].plot(*line.points_px.T, color=CYCLE[k % len(CYCLE)], lw=0.5)
    leads = [TextLabel(lead.lead, "lead", lead.box_mm) for lead in page.labels.leads]
    outlines = (
        (text_boxes(page.labels, scan.texts, scan.map, size), CYCLE[5], "-"),
        (text_boxes(page.labels, leads, scan.map, size)[-len(leads) :], "#66727f", "--"),
        (pulse_boxes(page.labels, scan.map, size), CYCLE[3], "-"),
    )
    for boxes, colour, dashes in outlines:
        for box in boxes:
            axes[1].add_patch(Polygon(box.polygon_px, closed=True, fill=False, ec=colour, lw=0.6, ls=dashes))
    corners, seen = page_corners(page.labels, scan.map, size)
    axes[1].plot(*corners[seen].T, "o", color="#111820", ms=3)
    axes[1].set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    panels(axes)
    caption = (
        f"Page {page_id} with many artifacts at once, and its labels under the same map: centre lines of the leads, "
        "boxes of leads (grey), texts (orange) and calibration pulses (pink), corners of the sheet (dots)."
    )
    return Plate(figure, caption)


def ranges(study: Study) -> Plate:
    """T4: the parameters of every artifact at severity 1 and 5."""
    rows = []
    for name in ArtifactName.__args__:
        fields = ScansConfig.model_fields[name].annotation.model_fields
        mild, severe = at_severity(name, 1), at_severity(name, 5)
        for key in mild:
            if key == "probability":
                continue
            rows.append(
                {
                    "artifact": name.replace("_", " "),
                    "parameter": key.replace("_", " "),
                    "severity 1": _range(mild[key]),
                    "severity 5": _range(severe[key]),
                    "of the parameter": fields[key].description,
                }
            )
    table = pd.DataFrame(rows)
    caption = (
        "Artifacts and what of them grows with the severity: ranges that a parameter is drawn from at severity 1 and "
        "5; between them lie straight lines. All options: config/README.md."
    )
    return Plate(table_figure(table), caption, table)


def _range(values: object) -> str:
    if isinstance(values, (list, tuple)):
        low, high = (f"{value:g}" for value in values)
        return (low if low == high else f"{low} … {high}").replace("-", "\N{MINUS SIGN}")
    return f"{values:g}"


ITEMS = (
    Item(
        "F5",
        "text",
        "Text on the page",
        partial(one_by_one, artifacts=TEXT, what="Printed text, handwriting and stamps"),
    ),
    Item(
        "F6",
        "paper",
        "Creases, wrinkles and other damage",
        partial(one_by_one, artifacts=PAPER, what="Damage to the paper"),
    ),
    Item(
        "F7",
        "geometry-and-sensor",
        "Geometry, light and sensor",
        partial(one_by_one, artifacts=OPTICS, what="Geometry, light and sensor"),
    ),
    Item("F8", "labels", "All at once, with labels drawn", labelled),
    Item("T4", "artifact-ranges", "Ranges of the artifacts", ranges),
)
