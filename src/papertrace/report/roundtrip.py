"""The round trip of one page, step by step."""

from __future__ import annotations

from dataclasses import dataclass

from papertrace.errors import PapertraceError
from papertrace.figures import plots
from papertrace.figures.data import CLINICAL, Results, page_image, read_example
from papertrace.figures.pages import around_tallest_wave, fit
from papertrace.report import content
from papertrace.report.pictures import Picture, drawing, photo


@dataclass(frozen=True)
class LeadScore:
    """One lead as the report tells it; numbers as text."""

    lead: str
    snr: str
    aligned: str
    intervals: list[tuple[str, str]]
    reason: str | None


@dataclass(frozen=True)
class RoundTrip:
    """A page at every step; where its files are gone `problem` says so and there are no pictures."""

    page_id: str
    snr: str
    pictures: list[Picture]
    leads: list[LeadScore]
    problem: str | None = None


def round_trip(data: Results, page_id: str, input_: str, digitizer: str) -> RoundTrip:
    """Show one page at every step; the page is the median one, neither the best nor the worst."""
    try:
        example = read_example(data, page_id, input_, digitizer)
        clean = page_image(data, page_id, "pages")
    except PapertraceError as error:
        return RoundTrip(page_id, "", [], [], str(error))
    zoomed = plots.zoom(example, around_tallest_wave(example))
    pictures = [photo(fit(clean, 900), f"The clean page {page_id}")]
    if input_ == "scans":
        pictures.append(photo(fit(example.image, 900), f"The scan of page {page_id}"))
    pictures.append(drawing(zoomed, f"Truth and recovered trace of page {page_id}, enlarged"))
    figure = plots.truth_and_trace(example.stretches[:1], width_in=6.4)
    pictures.append(drawing(figure, f"Truth, trace and residual of lead {example.stretches[0].lead}"))
    snr = {page.page_id: page.snr_db for page in data.ranked(input_, digitizer)}[page_id]
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
    return RoundTrip(page_id, content.number(snr), pictures, leads)


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value
