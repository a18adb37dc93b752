"""What a run cost: Snakemake's benchmark files of a dataset, folded into one row a stage."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from papertrace.errors import PapertraceError

STAGES = ("records", "manifest", "pages", "scans", "traces", "scores", "summary", "figures", "report")


@dataclass(frozen=True)
class StageCost:
    """The cost of one stage over all its jobs.

    `pages` is how many pages those jobs worked on, `seconds` their wall clock added up, start of the interpreter and
    imports included; `peak_rss_mb` is the largest resident memory that any of them held, in MiB (null where no job
    ran long enough to be sampled).
    """

    stage: str
    jobs: int
    pages: int
    seconds: float
    seconds_per_page: float
    peak_rss_mb: float | None


def stage_costs(results: Path) -> list[StageCost]:
    """Return the costs of the stages that have run, in their order.

    Parameters
    ----------
    results : Path
        Folder of a dataset, with ``benchmarks/<stage>/*.tsv`` of one job each.

    Raises
    ------
    PapertraceError
        There are no benchmark files: the workflow has not run there.
    """
    if not (results / "benchmarks").is_dir():
        raise PapertraceError(f"{results}: holds no benchmarks; name the folder of a dataset that Snakemake has made")
    return [cost for stage in STAGES if (cost := _stage_cost(results, stage)) is not None]


def to_markdown(rows: list[StageCost]) -> str:
    """Return the costs as a Markdown table."""
    lines = ["| stage | jobs | pages | s | s per page | peak MiB |", "|---|--:|--:|--:|--:|--:|"]
    for row in rows:
        peak = "-" if row.peak_rss_mb is None else f"{row.peak_rss_mb:.0f}"
        lines.append(
            f"| {row.stage} | {row.jobs} | {row.pages} | {row.seconds:.1f} | {row.seconds_per_page:.3f} | {peak} |"
        )
    return "\n".join(lines) + "\n"


def to_csv(rows: list[StageCost]) -> str:
    """Return the costs as CSV, with a header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(StageCost)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    return text.getvalue()


def _stage_cost(results: Path, stage: str) -> StageCost | None:
    planned = _rows(results / "manifest/manifest.parquet")
    measured, pages = [], 0
    for job in sorted((results / "benchmarks" / stage).glob("*.tsv")):
        # Shards beyond the planned pages are what an earlier run, with smaller shards, left behind.
        if pages >= planned:
            break
        pages += _rows(results / "pages" / f"{job.stem}.parquet") if job.stem.startswith("shard-") else planned
        measured.append(_read(job))
    if not measured:
        return None
    seconds = sum(float(job["s"]) for job in measured)
    peaks = [float(job["max_rss"]) for job in measured if job["max_rss"] not in {"-", "NA"}]
    return StageCost(stage, len(measured), pages, seconds, seconds / max(pages, 1), max(peaks, default=None))


def _rows(table: Path) -> int:
    import pyarrow.parquet as pq

    if not table.is_file():
        raise PapertraceError(f"{table}: no such file; let the workflow run to its end first")
    return pq.read_metadata(table).num_rows


def _read(benchmark: Path) -> dict[str, str]:
    with benchmark.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    if not rows:
        raise PapertraceError(f"{benchmark}: empty; remove it and run its job again")
    return rows[0]
