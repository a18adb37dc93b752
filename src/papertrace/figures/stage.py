"""The figures stage: a dataset's results in, plots and one self-contained report out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import jinja2
import numpy as np
import yaml
from tqdm import tqdm

from papertrace.config import Config
from papertrace.costs import StageCost, stage_costs
from papertrace.errors import PapertraceError
from papertrace.figures import content, plots, provenance
from papertrace.figures.data import (
    CLINICAL,
    Example,
    Results,
    page_image,
    read_example,
    read_results,
    read_score_columns,
)
from papertrace.figures.examples import pick
from papertrace.figures.pictures import Picture, curves, drawing, fit, overlay, photo
from papertrace.io import write_bytes, write_text

# What the report may weigh decides how wide its overlays are: nine pages at 1,500 px come to about 3 MB.
_OVERLAY_WIDTH_PX = 1500
_OVERLAY_PAGES = 9
_MOST_FAILURES = 300


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


def run(config: Config, results: Path, out: Path) -> None:
    """Write the report of a dataset, and its plots beside it.

    Parameters
    ----------
    config : Config
        Uses `figures.examples`, `shard_size` and `traces.digitizers`; all of it is printed in the report.
    results : Path
        ``results/<dataset>``, all stages before this one done.
    out : Path
        The report's HTML file, written last; plots are written beside it as PNG and PDF, overlays as PNG.

    Raises
    ------
    PapertraceError
        If a table that the report needs is missing or unreadable.

    """
    data = read_results(results, config.shard_size)
    told = content.build(data)
    digitizer = config.traces.digitizers[0]
    input_ = "scans" if data.ranked("scans", digitizer) else "pages"
    ranked = data.ranked(input_, digitizer)
    with plots.style():
        distributions = _distributions(results, out.parent, [name for name, _ in told.methods])
        round_trip = (
            _round_trip(data, ranked[len(ranked) // 2].page_id, input_, digitizer, out.parent) if ranked else None
        )
        examples = _examples(config, data, input_, digitizer, out.parent)
    failed_pages = _failed_pages(data, config.figures.examples)
    costs, no_costs = _costs(results)
    template = _environment().get_template("report.html.j2")
    html = template.render(
        config=config,
        config_yaml=yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True),
        told=told,
        data=data,
        digitizer=digitizer,
        input=input_,
        input_titles=content.INPUT_TITLES,
        distributions=distributions,
        round_trip=round_trip,
        examples=examples,
        failed_pages=failed_pages,
        most_failures=_MOST_FAILURES,
        versions=provenance.versions(),
        commit=provenance.git_commit(),
        costs=costs,
        no_costs=no_costs,
        number=content.number,
    )
    write_text(html, out)


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("papertrace.figures"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _distributions(results: Path, folder: Path, digitizers: list[str]) -> list[tuple[str, list[Picture]]]:
    """Plot SNR and clinical parameters of all leads, one set a digitizer."""
    columns = read_score_columns(results)
    shown = []
    for digitizer in dict.fromkeys(digitizers):
        masks = {
            input_: (columns["digitizer"] == digitizer) & (columns["input"] == input_)
            for input_ in content.INPUT_TITLES
        }
        masks = {input_: mask for input_, mask in masks.items() if mask.any()}
        pictures = []
        for form, title in (("strict", "Strict SNR of every lead"), ("aligned", "Aligned SNR of every lead")):
            name = "snr_db" if form == "strict" else "snr_aligned_db"
            figure = plots.snr_histogram({input_: columns[name][mask] for input_, mask in masks.items()}, title, form)
            plots.save(figure, folder / f"{digitizer}-snr-{form}")
            pictures.append(drawing(figure, f"Histogram of the {form} SNR in dB by input, digitizer {digitizer}"))
        for name in CLINICAL:
            pairs = {
                input_: (columns[f"{name}_truth"][mask], columns[f"{name}_trace"][mask])
                for input_, mask in masks.items()
            }
            title = content.CLINICAL_TITLES[name]
            figure = plots.clinical_scatter(pairs, title)
            plots.save(figure, folder / f"{digitizer}-{name.removesuffix('_ms')}")
            pictures.append(drawing(figure, f"{title} on the trace against the truth, digitizer {digitizer}"))
        shown.append((digitizer, pictures))
    return shown


def _round_trip(data: Results, page_id: str, input_: str, digitizer: str, folder: Path) -> ShownPage:
    """Show one page at every step; the page is the median one, neither the best nor the worst."""
    try:
        example = read_example(data, page_id, input_, digitizer)
        clean = page_image(data, page_id, "pages")
    except PapertraceError as error:
        return ShownPage(page_id, "", [], [], "", str(error))
    box = _around_tallest_wave(example)
    zoomed = plots.zoom(example, box)
    plots.save(plots.round_trip(clean, example, box), folder / "round-trip")
    pictures = [photo(fit(clean, 900), f"The clean page {page_id}")]
    if input_ == "scans":
        pictures.append(photo(fit(example.image, 900), f"The scan of page {page_id}"))
    pictures.append(drawing(zoomed, f"Truth and recovered trace of page {page_id}, enlarged"))
    figure = plots.truth_and_trace(example.stretches[:1], width_in=6.4)
    pictures.append(drawing(figure, f"Truth, trace and residual of lead {example.stretches[0].lead}"))
    return _shown(example, data, digitizer, pictures)


def _around_tallest_wave(example: Example, width_mm: float = 36.0) -> tuple[float, ...]:
    """Return a box in px, 3 wide and 2 high, around the tallest wave of the page's first lead."""
    stretch = example.stretches[0]
    tallest = np.argmax(np.abs(stretch.truth_mv - np.median(stretch.truth_mv)))
    x, y = stretch.truth_px[tallest, 0], (stretch.truth_px[tallest, 1] + np.median(stretch.truth_px[:, 1])) / 2
    width = width_mm * example.labels.px_per_mm
    image_height, image_width = example.image.shape[:2]
    # Near an edge of the image the box is moved inwards rather than cut.
    x0 = np.clip(x - width / 2, 0, max(0, image_width - width))
    y0 = np.clip(y - width / 3, 0, max(0, image_height - width * 2 / 3))
    return float(x0), float(y0), float(x0 + width), float(y0 + width * 2 / 3)


def _examples(config: Config, data: Results, input_: str, digitizer: str, folder: Path) -> dict[str, list[ShownPage]]:
    picked = pick(data.ranked(input_, digitizer), config.figures.examples)
    total = sum(len(pages) for pages in picked.values())
    width = round(_OVERLAY_WIDTH_PX * min(1.0, (_OVERLAY_PAGES / max(total, 1)) ** 0.5))
    shown: dict[str, list[ShownPage]] = {kind: [] for kind in picked}
    with tqdm(total=total, desc="examples", unit="page", disable=None) as progress:
        for kind, pages in picked.items():
            for k, page in enumerate(pages, 1):
                shown[kind].append(_example(data, page.page_id, input_, digitizer, width, folder / f"{kind}-{k}"))
                progress.update()
    return shown


def _example(data: Results, page_id: str, input_: str, digitizer: str, width: int, stem: Path) -> ShownPage:
    try:
        example = read_example(data, page_id, input_, digitizer)
    except PapertraceError as error:
        return ShownPage(page_id, "", [], [], "", str(error))
    drawn = overlay(example, width)
    write_bytes(cv2.imencode(".png", drawn)[1].tobytes(), stem.with_name(f"{stem.name}-overlay.png"))
    figure = plots.truth_and_trace(example.stretches)
    pictures = [
        photo(drawn, f"Page {page_id} with the recovered traces drawn over it"),
        curves(plots.save(figure, stem), f"Truth, trace and residual of page {page_id} in mV over s"),
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


def _failed_pages(data: Results, count: int) -> list[FailedPage]:
    """Show the first pages that were drawn but could not be read."""
    shown = []
    for failure in data.failures:
        if failure.stage != "traces" or len(shown) == count:
            continue
        try:
            image = page_image(data, failure.item, failure.input)
        except PapertraceError:  # the failure itself stays in the list, just without a picture
            continue
        title = f"{failure.item}, {content.INPUT_TITLES[failure.input]}, {failure.digitizer}"
        shown.append(FailedPage(title, failure.reason, photo(fit(image, 700), f"Page {failure.item} as it was given")))
    return shown


def _costs(results: Path) -> tuple[list[StageCost], str | None]:
    """Return what the stages cost, or why that cannot be told; it is no reason to go without a report."""
    try:
        return stage_costs(results), None
    except PapertraceError as error:
        return [], str(error)


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value
