"""The report stage: a dataset's results and figures in; a page for the browser, and a folder of what it shows, out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import yaml
from tqdm import tqdm

from papertrace import tables
from papertrace.config import Config
from papertrace.costs import StageCost, stage_costs
from papertrace.errors import PapertraceError
from papertrace.figures import plots
from papertrace.figures.data import Results, read_results, read_scores
from papertrace.io import atomic_folder, write_text
from papertrace.provenance import git_commit, versions
from papertrace.report import content, html, table
from papertrace.report.columns import decimals_of, title_of
from papertrace.report.failures import by_reason
from papertrace.report.figures import show_figures
from papertrace.report.page import write_image
from papertrace.report.roundtrip import round_trip
from papertrace.report.shown import Example, Image, failed_examples, ranked_examples

_TABLE, _SHOWN, _IMAGES, _FIGURES = "table.js", "shown.js", "images", "figures"


def run(config: Config, results: Path, figures: Path, out: Path) -> None:
    """Write the report of a dataset.

    Parameters
    ----------
    config : Config
        Uses `report`, `shard_size` and `traces.digitizers`; all of it is printed in the report.
    results : Path
        ``results/<dataset>``, all stages before this one done.
    figures : Path
        The list of figures, ``figures/figures.csv``.
    out : Path
        The report's HTML file, written last; what it shows lies beside it, in the folder ``<stem>-files``.

    Raises
    ------
    PapertraceError
        If a table or a figure that the report needs is missing or unreadable.

    """
    data = read_results(results, config.shard_size)
    told = content.build(data)
    input_, digitizer = data.shown(config.traces.names[0])
    ranked = data.ranked(input_, digitizer)
    reasons = by_reason(data.failures)
    with plots.style():
        trip = round_trip(data, ranked[len(ranked) // 2].page_id, input_, digitizer) if ranked else None
    examples = ranked_examples(data, told.methods, config.report.examples)
    examples += failed_examples(reasons, config.report.examples_per_reason)
    with atomic_folder(files_of(out)) as folder:
        shown_figures = show_figures(figures, folder / _FIGURES)
        problems = _write_images(data, examples, folder / _IMAGES)
        pages = table.build(config, data).to_json()
        write_text(f"papertrace.receiveTable({json.dumps(pages)});\n", folder / _TABLE)
        _write_shown(folder)
    costs, no_costs = _costs(results)
    text = html.render(
        config=config,
        config_yaml=yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True),
        results=results,
        files=files_of(out).name,
        told=told,
        data=data,
        digitizer=digitizer,
        input=input_,
        input_titles=plots.INPUT_NAMES,
        figures=shown_figures,
        round_trip=trip,
        examples=examples,
        problems=problems,
        reasons=reasons,
        score_columns={name: [title_of(name), decimals_of(name)] for name in tables.SCORES.names},
        versions=versions(),
        commit=git_commit(),
        costs=costs,
        no_costs=no_costs,
        number=content.number,
    )
    write_text(text, out)


def add_pages(config: Config, results: Path, report: Path, page_ids: Sequence[str]) -> list[str]:
    """Add the pictures of some pages to a report that is there: clean and scanned, as every digitizer read them.

    Returns
    -------
    list of str
        Why an image cannot be shown, a sentence each.

    Raises
    ------
    PapertraceError
        If there is no such report or page.

    """
    folder = files_of(report)
    if not (folder / _SHOWN).is_file():
        raise PapertraceError(f"{folder}: no files of a report; make it with `papertrace report`")
    data = read_results(results, config.shard_size)
    for page_id in page_ids:
        if page_id not in data.shard_of:
            raise PapertraceError(f"{page_id}: no such page in {results}; the ids are in manifest/manifest.parquet")
    images = [Image(page_id, input_) for page_id in page_ids for input_ in config.traces.inputs]
    problems = _write_images(data, [Example(image, "", "asked for") for image in images], folder / _IMAGES)
    _write_shown(folder)
    return list(problems.values())


def files_of(report: Path) -> Path:
    """Return the folder of what a report shows."""
    return report.with_name(f"{report.stem}-files")


def _write_images(data: Results, examples: Iterable[Example], folder: Path) -> Mapping[Image, str]:
    """Write the files of the images that are shown, and return why some cannot be."""
    thumbs: dict[Image, list[str]] = {}
    for example in examples:
        of_image = thumbs.setdefault(example.image, [])
        if example.digitizer and example.digitizer not in of_image:
            of_image.append(example.digitizer)
    problems = {}
    scores = read_scores(data, [image.page_id for image in thumbs]) if thumbs else []
    for image in tqdm(sorted(thumbs), desc="report", unit="image", disable=None):
        try:
            write_image(data, image, scores, thumbs[image], folder)
        except PapertraceError as error:
            problems[image] = str(error)
    return problems


def _write_shown(folder: Path) -> None:
    stems = sorted(path.stem for path in (folder / _IMAGES).glob("*.js"))
    write_text(f"papertrace.receiveShown({json.dumps(stems)});\n", folder / _SHOWN)


def _costs(results: Path) -> tuple[list[StageCost], str | None]:
    """Return what the stages cost, or why that cannot be told; it is no reason to go without a report."""
    try:
        return stage_costs(results), None
    except PapertraceError as error:
        return [], str(error)
