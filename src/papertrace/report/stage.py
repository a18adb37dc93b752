"""The report stage: a dataset's results and figures in, one self-contained report out."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import jinja2
import yaml

from papertrace.config import Config
from papertrace.costs import StageCost, stage_costs
from papertrace.errors import PapertraceError
from papertrace.figures import plots
from papertrace.figures.data import read_image, read_results
from papertrace.figures.drawn import Drawn
from papertrace.io import write_text
from papertrace.provenance import git_commit, versions
from papertrace.report import content, gallery
from papertrace.report.pictures import Picture, curves

_MOST_FAILURES = 300  # listed in the report; more are a file's business


def run(config: Config, results: Path, figures: Path, out: Path) -> None:
    """Write the report of a dataset.

    Parameters
    ----------
    config : Config
        Uses `report`, `shard_size` and `traces.digitizers`; all of it is printed in the report.
    results : Path
        ``results/<dataset>``, all stages before this one done.
    figures : Path
        The list of figures, ``figures/figures.csv``; those of distributions are shown.
    out : Path
        The report's HTML file, written last.

    Raises
    ------
    PapertraceError
        If a table or a figure that the report needs is missing or unreadable.

    """
    data = read_results(results, config.shard_size)
    told = content.build(data)
    input_, digitizer = data.shown(config.traces.names[0])
    ranked = data.ranked(input_, digitizer)
    shown = _figures(figures)
    with plots.style():
        round_trip = gallery.round_trip(data, ranked[len(ranked) // 2].page_id, input_, digitizer) if ranked else None
        examples = gallery.examples(data, input_, digitizer, config.report.examples)
    failed_pages = gallery.failed_pages(data, config.report.examples)
    costs, no_costs = _costs(results)
    template = _environment().get_template("report.html.j2")
    html = template.render(
        config=config,
        config_yaml=yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True),
        told=told,
        data=data,
        digitizer=digitizer,
        input=input_,
        input_titles=plots.INPUT_NAMES,
        figures=shown,
        round_trip=round_trip,
        examples=examples,
        failed_pages=failed_pages,
        most_failures=_MOST_FAILURES,
        versions=versions(),
        commit=git_commit(),
        costs=costs,
        no_costs=no_costs,
        number=content.number,
    )
    write_text(html, out)


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("papertrace.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _figures(listed: Path) -> dict[str, list[Picture]]:
    """Read the figures of distributions, by their kind."""
    try:
        with listed.open(encoding="utf-8", newline="") as file:
            drawn = [Drawn(**row) for row in csv.DictReader(file)]
    except FileNotFoundError:
        raise PapertraceError(f"{listed}: no such list of figures; make it with `papertrace figures`") from None
    kinds: dict[str, list[Picture]] = {"snr": [], "clinical": []}
    for figure in drawn:
        if figure.kind in kinds:
            image = read_image(listed.with_name(f"{figure.name}.png"))
            kinds[figure.kind].append(curves(cv2.imencode(".png", image)[1].tobytes(), figure.title))
    return kinds


def _costs(results: Path) -> tuple[list[StageCost], str | None]:
    """Return what the stages cost, or why that cannot be told; it is no reason to go without a report."""
    try:
        return stage_costs(results), None
    except PapertraceError as error:
        return [], str(error)
