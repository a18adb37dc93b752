"""The figures stage: score tables and a few pages in, figures as PNG and PDF out, with a list of them."""

from __future__ import annotations

import csv
import io
from dataclasses import astuple, fields
from pathlib import Path

from papertrace.config import Config
from papertrace.figures import distributions, pages, plots
from papertrace.figures.data import read_results, read_score_columns
from papertrace.figures.drawn import Drawn
from papertrace.figures.study import catalogue
from papertrace.figures.study.data import Study
from papertrace.io import write_text


def run(config: Config, results: Path, out: Path) -> None:
    """Draw the figures of a dataset.

    Parameters
    ----------
    config : Config
        Uses `figures`, `shard_size` and `traces.digitizers`.
    results : Path
        ``results/<dataset>``, all stages before this one done.
    out : Path
        CSV that lists the figures (`Drawn`), written last; they are written beside it as PNG and PDF, those of the
        study into ``study/``.

    Raises
    ------
    PapertraceError
        If a table is missing or unreadable.

    """
    data = read_results(results, config.shard_size)
    input_, digitizer = data.shown(config.traces.names[0])
    with plots.style():
        drawn = distributions.draw(read_score_columns(results), out.parent)
        drawn += pages.draw(data, input_, digitizer, config.figures.examples, out.parent)
    if config.figures.study:
        drawn += catalogue.draw(Study(data, config, input_, digitizer), out.parent)
    else:
        catalogue.leave_out(out.parent)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([field.name for field in fields(Drawn)])
    writer.writerows(astuple(figure) for figure in drawn)
    write_text(text.getvalue(), out)
