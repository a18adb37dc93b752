"""The figures stage: a dataset's results in, plots and one self-contained report out."""

from __future__ import annotations

from pathlib import Path

import jinja2
import yaml

from papertrace.config import Config
from papertrace.costs import StageCost, stage_costs
from papertrace.errors import PapertraceError
from papertrace.figures import content, gallery, plots, provenance
from papertrace.figures.data import CLINICAL, read_results, read_score_columns
from papertrace.figures.pictures import Picture, drawing
from papertrace.io import write_text

_MOST_FAILURES = 300  # listed in the report; more are a file's business


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
            gallery.round_trip(data, ranked[len(ranked) // 2].page_id, input_, digitizer, out.parent)
            if ranked
            else None
        )
        examples = gallery.examples(data, input_, digitizer, config.figures.examples, out.parent)
    failed_pages = gallery.failed_pages(data, config.figures.examples)
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


def _costs(results: Path) -> tuple[list[StageCost], str | None]:
    """Return what the stages cost, or why that cannot be told; it is no reason to go without a report."""
    try:
        return stage_costs(results), None
    except PapertraceError as error:
        return [], str(error)
