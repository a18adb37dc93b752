"""F2, F3 and F4: the grid, a two-lead page with its gridless twin, a twelve-lead page."""

from __future__ import annotations

import json

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from papertrace.figures import plots
from papertrace.figures.study.data import Study
from papertrace.figures.study.plate import AbsentError, Item, Plate
from papertrace.figures.study.style import CYCLE, PAGE_IN, page_figure, panels
from papertrace.io import read_table
from papertrace.pages.recipe import PageRecipe
from papertrace.pages.render import Page, Stretch, draw

_TRIES = 5
_LIMBS, _CHEST = 6, 12  # leads: below, a page of few; from there on, a whole ECG


def page_of(study: Study, page_id: str, *, twin: bool = False) -> Page:
    """Draw a page of the run again, from its recipe and its truth.

    Raises
    ------
    AbsentError
        The page was not drawn, or its table keeps no recipe.
    """
    path = study.folder / "pages" / f"{study.results.shard_of[page_id]}.parquet"
    [row] = read_table(path, ["page_id", "recipe", "status"]).filter(_is(page_id)).to_pylist()
    recipe = json.loads(row["recipe"] or "{}")
    if row["status"] != "ok" or not recipe:
        raise AbsentError(f"page {page_id} has no recipe")
    truth = read_table(path.with_suffix("") / "truth.parquet").filter(_is(page_id)).to_pylist()
    stretches = []
    for line in truth:
        del line["page_id"]
        stretches.append(Stretch(**line | {"samples": np.float32(line["samples"])}))
    return draw(stretches, PageRecipe.from_dict(recipe), twin=twin)


def find_page(study: Study, least: int, most: float, *, twin: bool = False) -> tuple[str, Page]:
    """Return the first page that shows so many leads, and its id.

    Raises
    ------
    AbsentError
        There is none.
    """
    manifest = read_table(study.folder / "manifest/manifest.parquet", ["page_id", "leads", "status"])
    counted = [
        row["page_id"]
        for row in manifest.to_pylist()
        if row["status"] == "ok" and least <= len(set(row["leads"] or ())) <= most
    ]
    reason = (
        f"no page of the run has {least:g} leads or more"
        if most == np.inf
        else f"no page has {least:g} … {most:g} leads"
    )
    for page_id in counted[:_TRIES]:
        try:
            return page_id, page_of(study, page_id, twin=twin)
        except AbsentError as error:
            reason = str(error)
    raise AbsentError(reason)


def show(ax: Axes, image: np.ndarray, title: str = "") -> None:
    """Show an image, grey or BGR, without axes."""
    plots.show(ax, image)
    ax.set_anchor("N")  # titles of a row at one height, whatever the images' shapes
    ax.set_title(title)


def grid_standard(study: Study) -> Plate:
    """F2: what a millimetre is worth, on a beat of the run."""
    page = find_page(study, 1, np.inf)[1]
    stretch = page.truth[0]
    lead = page.labels.leads[0]
    samples = stretch.samples.astype(float)
    beat = int(np.nanargmax(np.abs(samples - np.nanmedian(samples))))
    before, after = int(0.36 * stretch.rate_hz), int(1.05 * stretch.rate_hz)
    beat = int(np.clip(beat, before, max(before, len(samples) - after)))
    part = samples[beat - before : beat + after]
    x = np.arange(len(part)) / stretch.rate_hz * 25 + 12.5
    y = (part - np.nanmedian(samples)) * 10
    low, high = 5 * np.floor(np.nanmin(y) / 5 - 1), 5 * np.ceil(max(np.nanmax(y), 10) / 5 + 1)
    figure = Figure(figsize=(PAGE_IN * 0.75, PAGE_IN * 0.75 * (high - low + 6) / 63))
    ax = figure.add_axes((0.02, 0.02, 0.96, 0.96))
    for step, colour, width in ((1, "#f3c6cf", 0.4), (5, "#e58a9c", 0.9)):
        ax.vlines(np.arange(0, 50.1, step), low, high, color=colour, lw=width)
        ax.hlines(np.arange(low, high + 0.1, step), 0, 50, color=colour, lw=width)
    pulse = np.array([[2.5, 0], [5, 0], [5, 10], [10, 10], [10, 0], [12.5, 0]])
    ax.plot(*pulse.T, color="#111820", lw=1.2)
    ax.plot(x, y, color="#111820", lw=1.2, solid_joinstyle="round")
    ax.annotate("1 mV = 10 mm", (7.5, 10), (7.5, 11), ha="center", va="bottom", size=7)

    def measure(start: tuple[float, float], end: tuple[float, float], text: str, **where: str) -> None:
        ax.annotate(
            "",
            end,
            start,
            arrowprops={
                "arrowstyle": "|-|,widthA=0.2,widthB=0.2",
                "lw": 0.9,
                "color": CYCLE[0],
                "shrinkA": 0,
                "shrinkB": 0,
            },
        )
        down = 0.7 if start[1] == end[1] else 0
        ax.text((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 - down, text, color=CYCLE[0], size=7, **where)

    measure((45, low - 2), (50, low - 2), "5 mm = 0.2 s", ha="center", va="top")
    measure((35, low - 2), (36, low - 2), "1 mm = 40 ms", ha="center", va="top")
    measure((51.5, low), (51.5, low + 5), "  5 mm = 0.5 mV", ha="left", va="center")
    measure((51.5, low + 10), (51.5, low + 11), "  1 mm = 0.1 mV", ha="left", va="center")
    ax.set(xlim=(-1, 62), ylim=(low - 5, high + 1), aspect="equal")
    ax.axis("off")
    caption = (
        "ECG paper at 25 mm/s and 10 mm/mV: a small box is 40 ms by 0.1 mV, a large one 0.2 s by 0.5 mV. Left, the "
        f"calibration pulse of 1 mV; then a beat of lead {lead.lead}."
    )
    return Plate(figure, caption)


def two_lead_page(study: Study) -> Plate:
    """F3: a page as the study had them, and its twin."""
    page_id, page = find_page(study, 1, _LIMBS - 1, twin=True)
    height, width = page.image.shape[:2]
    figure = page_figure(PAGE_IN / 2 * height / width + 0.3)
    axes = figure.subplots(1, 2)
    show(axes[0], page.image, "page")
    show(axes[1], page.twin, "gridless twin")
    panels(axes)
    caption = (
        f"(a) Page {page_id}: {', '.join(lead.lead for lead in page.labels.leads)}, at {page.labels.dpi:g} dpi. "
        "(b) Its gridless twin under the same map: the traces alone, black on white, which a denoising network is "
        "trained to."
    )
    return Plate(figure, caption)


def twelve_lead_page(study: Study) -> Plate:
    """F4: a page of twelve leads."""
    page_id, page = find_page(study, _CHEST, np.inf)
    height, width = page.image.shape[:2]
    figure = Figure(figsize=(PAGE_IN, PAGE_IN * height / width))
    show(figure.add_axes((0, 0, 1, 1)), page.image)
    caption = f"Page {page_id}: twelve leads in layout {page.labels.layout}, at {page.labels.dpi:g} dpi."
    return Plate(figure, caption)


def _is(page_id: str):
    import pyarrow.compute as pc

    return pc.field("page_id") == page_id


ITEMS = (
    Item("F2", "grid", "The standard of ECG paper", grid_standard),
    Item("F3", "page-and-twin", "A page of few leads and its gridless twin", two_lead_page),
    Item("F4", "twelve-leads", "A page of twelve leads", twelve_lead_page),
)
