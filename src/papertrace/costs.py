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
    imports included, `cpu_seconds` what they had of the processor of it; `peak_rss_mb` is the largest resident memory
    that any of them held, in MiB (null where no job ran long enough to be sampled), `disk_mb` what lies in the stage's
    folder now, in MB.
    """

    stage: str
    jobs: int
    pages: int
    seconds: float
    seconds_per_page: float
    cpu_seconds: float
    peak_rss_mb: float | None
    disk_mb: float


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
    lines = [
        "| stage | jobs | pages | s | s per page | CPU s | peak MiB | MB on disk |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        peak = "-" if row.peak_rss_mb is None else f"{row.peak_rss_mb:.0f}"
        lines.append(
            f"| {row.stage} | {row.jobs} | {row.pages} | {row.seconds:.1f} | {row.seconds_per_page:.3f} "
            f"| {row.cpu_seconds:.1f} | {peak} | {row.disk_mb:.1f} |"
        )
    return "\n".join(lines) + "\n"


def to_csv(rows: list[StageCost]) -> str:
    """Return the costs as CSV, with a header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(StageCost)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    return text.getvalue()


def busy_seconds(results: Path) -> float:
    """Return for how long at least one job of a dataset was at work: its wall clock, pauses between runs left out.

    A job's benchmark file is written when it ends.
    """
    spans = []
    for stage in STAGES:
        for job in (results / "benchmarks" / stage).glob("*.tsv"):
            end = job.stat().st_mtime
            spans.append((end - float(_read(job)["s"]), end))
    total, last = 0.0, float("-inf")
    for begin, end in sorted(spans):
        total += max(0.0, end - max(begin, last))
        last = max(last, end)
    return total


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
    return StageCost(
        stage,
        len(measured),
        pages,
        seconds,
        seconds / max(pages, 1),
        sum(map(_cpu_seconds, measured)),
        max(peaks, default=None),
        _disk_mb(results, stage),
    )


def _cpu_seconds(job: dict[str, str]) -> float:
    """Return a job's core seconds: its wall clock times its mean load, which Snakemake samples every 30 s.

    A job that ended before it was sampled counts as having had a core all the time.
    """
    load = 0.0 if job["mean_load"] in {"-", "NA"} else float(job["mean_load"])
    return float(job["s"]) * (load / 100 if load else 1.0)


def _disk_mb(results: Path, stage: str) -> float:
    """Return the size of what a stage left, in MB; the summary lies in the folder of the scores, beside the shards."""
    folder = results / ("scores" if stage == "summary" else stage)
    files = [path for path in folder.rglob("*") if path.is_file()]
    if folder.name == "scores":
        of_shards = [path.relative_to(folder).parts[0].startswith("shard-") for path in files]
        files = [path for path, is_shard in zip(files, of_shards, strict=True) if is_shard != (stage == "summary")]
    return sum(path.stat().st_size for path in files) / 1e6


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
