"""The pages that the report shows: the round trip of one, the best, median and worst, and some that failed."""

from __future__ import annotations

from dataclasses import dataclass

from tqdm import tqdm

from papertrace.errors import PapertraceError
from papertrace.figures import plots
from papertrace.figures.data import CLINICAL, Example, Results, page_image, read_example
from papertrace.figures.examples import pick
from papertrace.figures.pages import around_tallest_wave, fit, overlay
from papertrace.report import content
from papertrace.report.pictures import Picture, curves, drawing, photo

# What the report may weigh decides how wide its overlays are: nine pages at 1,500 px make a report of about 5 MB.
_OVERLAY_WIDTH_PX = 1500
_OVERLAY_PAGES = 9


@dataclass(frozen=True)
class LeadScore:
    """One lead of an example as the report tells it; numbers as text."""

    lead: str
    snr: str
    aligned: str
    intervals: list[tuple[str, str]]
    reason: str | None


@dataclass(frozen=True)
class ShownPage:
    """One example of the report; where its files are gone `problem` says so and there are no pictures."""

    page_id: str
    snr: str
    pictures: list[Picture]
    leads: list[LeadScore]
    recipe: str
    problem: str | None = None


@dataclass(frozen=True)
class FailedPage:
    """A page that could not be read, as the digitizer saw it."""

    title: str
    reason: str
    picture: Picture


def round_trip(data: Results, page_id: str, input_: str, digitizer: str) -> ShownPage:
    """Show one page at every step; the page is the median one, neither the best nor the worst."""
    try:
        example = read_example(data, page_id, input_, digitizer)
        clean = page_image(data, page_id, "pages")
    except PapertraceError as error:
        return ShownPage(page_id, "", [], [], "", str(error))
    box = around_tallest_wave(example)
    zoomed = plots.zoom(example, box)
    pictures = [photo(fit(clean, 900), f"The clean page {page_id}")]
    if input_ == "scans":
        pictures.append(photo(fit(example.image, 900), f"The scan of page {page_id}"))
    pictures.append(drawing(zoomed, f"Truth and recovered trace of page {page_id}, enlarged"))
    figure = plots.truth_and_trace(example.stretches[:1], width_in=6.4)
    pictures.append(drawing(figure, f"Truth, trace and residual of lead {example.stretches[0].lead}"))
    return _shown(example, data, digitizer, pictures)


def examples(data: Results, input_: str, digitizer: str, count: int) -> dict[str, list[ShownPage]]:
    """Show `count` best, median and worst pages."""
    picked = pick(data.ranked(input_, digitizer), count)
    total = sum(len(pages) for pages in picked.values())
    width = round(_OVERLAY_WIDTH_PX * min(1.0, (_OVERLAY_PAGES / max(total, 1)) ** 0.5))
    shown: dict[str, list[ShownPage]] = {kind: [] for kind in picked}
    with tqdm(total=total, desc="examples", unit="page", disable=None) as progress:
        for kind, pages in picked.items():
            for page in pages:
                shown[kind].append(_example(data, page.page_id, input_, digitizer, width))
                progress.update()
    return shown


def _example(data: Results, page_id: str, input_: str, digitizer: str, width: int) -> ShownPage:
    try:
        example = read_example(data, page_id, input_, digitizer)
    except PapertraceError as error:
        return ShownPage(page_id, "", [], [], "", str(error))
    drawn = overlay(example, width)
    figure = plots.truth_and_trace(example.stretches)
    pictures = [
        photo(drawn, f"Page {page_id} with the recovered traces drawn over it"),
        curves(plots.render(figure, "png"), f"Truth, trace and residual of page {page_id} in mV over s"),
    ]
    return _shown(example, data, digitizer, pictures)


def _shown(example: Example, data: Results, digitizer: str, pictures: list[Picture]) -> ShownPage:
    snr = {page.page_id: page.snr_db for page in data.ranked(example.input, digitizer)}[example.page_id]
    leads = [
        LeadScore(
            row["lead"],
            content.number(_or_nan(row["snr_db"])),
            content.number(_or_nan(row["snr_aligned_db"])),
            [
                tuple(content.number(_or_nan(row[f"{name}_{which}"]), 0) for which in ("truth", "trace"))
                for name in CLINICAL
            ],
            row["reason"],
        )
        for row in example.scores
    ]
    return ShownPage(example.page_id, content.number(snr), pictures, leads, example.recipe)


def failed_pages(data: Results, count: int) -> list[FailedPage]:
    """Show the first pages that were drawn but could not be read."""
    shown = []
    for failure in data.failures:
        if failure.stage != "traces" or len(shown) == count:
            continue
        try:
            image = page_image(data, failure.item, failure.input)
        except PapertraceError:  # the failure itself stays in the list, just without a picture
            continue
        title = f"{failure.item}, {plots.INPUT_NAMES[failure.input]}, {failure.digitizer}"
        shown.append(FailedPage(title, failure.reason, photo(fit(image, 700), f"Page {failure.item} as it was given")))
    return shown


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value
