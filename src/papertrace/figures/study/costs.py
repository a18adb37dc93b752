"""T1: what each stage of the run cost."""

from __future__ import annotations

import pandas as pd

from papertrace.costs import stage_costs
from papertrace.errors import PapertraceError
from papertrace.figures.study.data import Study
from papertrace.figures.study.plate import AbsentError, Item, Plate
from papertrace.figures.study.style import number
from papertrace.figures.study.table import table_figure


def run_time(study: Study) -> Plate:
    """T1: time and memory by stage, from Snakemake's benchmark files."""
    try:
        costs = stage_costs(study.folder)
    except PapertraceError as error:
        raise AbsentError(str(error)) from None
    if not costs:
        raise AbsentError("no job has left a benchmark: let Snakemake make the run")
    rows = [
        {
            "stage": cost.stage,
            "jobs": number(cost.jobs, 0),
            "pages": number(cost.pages, 0),
            "time (s)": number(cost.seconds, 1),
            "per page (s)": number(cost.seconds_per_page, 3),
            "peak memory (MiB)": "\N{EN DASH}" if cost.peak_rss_mb is None else number(cost.peak_rss_mb, 0),
        }
        for cost in costs
    ]
    table = pd.DataFrame(rows)
    caption = (
        "Run time by stage: wall clock of all jobs added up, start of the interpreter included, and the largest "
        "resident memory of a job. The traces' time is that of all images and digitizers of a page."
    )
    return Plate(table_figure(table), caption, table)


ITEMS = (Item("T1", "run-time", "Run time and memory by stage", run_time),)
