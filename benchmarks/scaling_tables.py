"""The tables of docs/scaling.md, from the cost model: ``make scaling-tables`` writes them anew.

In    src/papertrace/cost_model.yaml.
Out   the tables, on stdout or between the markers of a document.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from digitizers import renewed

from papertrace.config import validate_config
from papertrace.forecast import Forecast, Work, forecast
from papertrace.forecast_told import duration
from papertrace.io import write_text

CORES = (1, 16, 64, 1000)
KINDS = {"two leads": (2.0, 0.45), "twelve leads": (13.0, 0.06)}
"""Leads of a page, and megasamples of the record that it is of (QTDB: 15 min of 2 leads; PTB-XL: 10 s of 12)."""
SIZES = {1_000: 100, 1_000_000: 250}
"""Pages of a run, and of a shard."""
PAGES_A_RECORD = {"two leads": 200, "twelve leads": 1}
MEGAPIXELS = 3.74


def run_of(kind: str, pages: int) -> Forecast:
    """Return the forecast of a run: 200 dpi, scans of `kit`, the network on the scans, no image kept."""
    config = validate_config(
        {
            "keep": [],
            "shard_size": SIZES[pages],
            "records": {"source": "physionet", "physionet": "qtdb/1.0.0"},
            "traces": {"digitizers": ["network"], "inputs": ["scans"]},
        }
    )
    leads, megasamples = KINDS[kind]
    records = max(1, pages // PAGES_A_RECORD[kind])
    return forecast(config, Work(records, pages, -(-pages // SIZES[pages]), leads, MEGAPIXELS, megasamples))


def costs() -> str:
    """Return what runs take in all, and on how many cores how long."""
    head = ["pages", "a page", "jobs", "core h", "core s a page", "Snakemake", *(f"{cores:,} cores" for cores in CORES)]
    lines = [f"| {' | '.join(head)} |", "|--:|---|" + "--:|" * (len(head) - 2)]
    for pages in SIZES:
        for kind in KINDS:
            run = run_of(kind, pages)
            cells = [f"{pages:,}", kind, f"{run.jobs:,}", f"{run.cpu_s / 3600:,.2f}", f"{run.cpu_s / pages:.3f}"]
            cells += [f"{100 * run.workflow_s / run.cpu_s:.2f} %", *(duration(run.wall_s(cores)) for cores in CORES)]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def places() -> str:
    """Return the disk and the memory that runs take."""
    lines = [
        "| pages | a page | tables, GB | files | images, GB | at most on 64 cores, GB | worker, MiB | summary, MiB |",
        "|--:|---|--:|--:|--:|--:|--:|--:|",
    ]
    for pages in SIZES:
        for kind in KINDS:
            run = run_of(kind, pages)
            peaks = {stage.stage: stage.cost.peak_mib for stage in run.stages}
            files = (
                12 * run.work.shards
            )  # of a shard: four tables, four that belong to them, logs or benchmarks of each
            worker = max(peaks[stage] for stage in ("pages", "scans", "traces", "scores"))
            lines.append(
                f"| {pages:,} | {kind} | {run.final_mb / 1e3:,.2f} | {files:,} | {run.passing_mb / 1e3:,.1f} "
                f"| {run.peak_mb(64) / 1e3:,.1f} | {worker:,.0f} | {peaks['summary']:,.0f} |"
            )
    return "\n".join(lines)


TABLES = {"costs": costs, "places": places}
"""The tables by the names of their markers."""


def main() -> None:
    """Print the tables, or write them into a document."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--into", type=Path)
    given = parser.parse_args()
    made = {name: f"{table()}\n" for name, table in TABLES.items()}
    if given.into is None:
        print("\n".join(made.values()))
    else:
        write_text(renewed(given.into.read_text(encoding="utf-8"), made), given.into)


if __name__ == "__main__":
    main()
