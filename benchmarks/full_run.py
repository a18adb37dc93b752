"""Write down a whole run of the workflow, as docs/results/qtdb-21801.md has it: ``make qtdb-results``.

In    RESULTS: the folder of a dataset whose run has ended, on the disk it was made on (times are those of its files).
Out   Markdown tables on stdout, or in the file of --into between their markers: the run, its cost by
      stage and as forecast, disk, failures by reason, SNR and clinical parameters of the test split, the study's
      figures beside them.

A job's end is when its benchmark file was written, its beginning as long before as that says. Where no job ran for
`PAUSE_S` the run had been stopped; its wall clock is what remains.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from digitizers import renewed
from results_table import figure

from papertrace.config import load_config
from papertrace.costs import stage_costs, to_markdown
from papertrace.errors import PapertraceError
from papertrace.forecast_told import beside_run
from papertrace.io import write_text

PAUSE_S = 60.0
"""From one job's end to the next one's beginning; longer is no scheduling."""
STUDY = (
    ("Shivashankara et al. 2023, v3 of the preprint", "11.17 ± 9.19", ""),
    ("Shivashankara et al. 2024, journal", "11.88", "26.54"),
)
"""Source, mean SNR and its SD, SNR of the median noise power, in dB: 21,801 pages of QTDB, other pages and artifacts
(../shared/reference/the-study.md; the last figure is second-hand)."""
SNR = {
    "pages": "{pages}",
    "lost": "{lost} ({failure_share:.2%})",
    "leads read": "{leads_read}/{leads}",
    "strict: mean ± SD": "{snr_db_mean:.2f} ± {snr_db_sd:.2f}",
    "median": "{snr_db_median:.2f}",
    "10th pct.": "{snr_db_p10:.2f}",
    "aligned: mean ± SD": "{snr_aligned_db_mean:.2f} ± {snr_aligned_db_sd:.2f}",
    "median ": "{snr_aligned_db_median:.2f}",
    "10th pct. ": "{snr_aligned_db_p10:.2f}",
    "median form: median": "{snr_median_db_median:.2f}",
    "Challenge: mean": "{challenge_snr_db_mean:.2f}",
    "Kaggle": "{kaggle_db:.2f}",
}
PARAMETERS = ("rr_ms", "qrs_ms", "qt_ms", "pr_ms", "p_ms", "st_mv", "r_mv", "t_mv")


def main() -> int:
    """Run the benchmark from the command line and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, help="folder of a dataset")
    parser.add_argument("--cores", type=int, default=2, help="that the run was given")
    parser.add_argument("--split", default="test", help="of the records that are scored in the tables")
    parser.add_argument("--into", type=Path, help="Markdown file whose tables are made anew")
    given = parser.parse_args()
    try:
        made = tables(given.results, given.cores, given.split)
        if given.into:
            write_text(renewed(given.into.read_text(encoding="utf-8"), made), given.into)
    except PapertraceError as error:
        sys.exit(f"full run: {error}")
    if not given.into:
        print("\n".join(f"## {name}\n\n{text}" for name, text in made.items()), end="")
    return 0


def tables(results: Path, cores: int, split: str) -> dict[str, str]:
    """Return every table of the run by its name."""
    return {
        "run": run_table(results, cores),
        "costs": to_markdown(stage_costs(results)),
        "plan": plan_table(results, cores),
        "disk": disk_table(results),
        "failures": failure_table(_read(results / "scores/failures.csv")),
        "snr": snr_table(_read(results / "scores/summary.csv"), split),
        "clinical": clinical_table(_read(results / "scores/agreement.csv"), split),
    }


def sessions(jobs: Iterable[tuple[float, float]], pause_s: float = PAUSE_S) -> list[tuple[float, float]]:
    """Return when the run was at work, of the beginning and end of each of its jobs, in s.

    Examples
    --------
    >>> sessions([(0, 10), (5, 20), (30, 40), (500, 510)])
    [(0, 40), (500, 510)]
    """
    joined: list[tuple[float, float]] = []
    for begin, end in sorted(jobs):
        if joined and begin - joined[-1][1] < pause_s:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((begin, end))
    return joined


def run_table(results: Path, cores: int) -> str:
    """Return jobs, wall clock and how busy the cores were."""
    jobs = []
    for file in results.glob("benchmarks/*/*.tsv"):
        seconds = float(_read(file, delimiter="\t")[0]["s"])
        end = file.stat().st_mtime
        jobs.append((end - seconds, end))
    if not jobs:
        raise PapertraceError(f"{results}: holds no benchmarks; name the folder of a dataset that Snakemake has made")
    parts = sessions(jobs)
    wall, busy = (sum(end - begin for begin, end in spans) for spans in (parts, jobs))
    pages = sum(stage.pages for stage in stage_costs(results) if stage.stage == "pages")
    rows = {
        "pages": f"{pages:,}",
        "jobs": f"{len(jobs):,}",
        "parts that it was made in": str(len(parts)),
        "wall clock, summed over the parts": f"{wall / 3600:.2f} h",
        "jobs' seconds added up": f"{busy / 3600:.2f} h",
        f"share of {cores} cores that jobs were at work on": f"{busy / wall / cores:.1%}",
        "core seconds a page, all in all": f"{wall * cores / max(pages, 1):.3f}",
    }
    return _markdown("| of the run | measured |", rows.items(), "|---|--:|")


def plan_table(results: Path, cores: int) -> str:
    """Return what ``papertrace plan --against`` says of the run: the forecast of its own config beside what it took."""
    return beside_run(load_config(results / "config/report.json"), results, cores)


def disk_table(results: Path) -> str:
    """Return what each stage's files take at the run's end."""
    sizes = Counter[str]()
    for file in results.rglob("*"):
        if file.is_file():
            sizes[file.relative_to(results).parts[0]] += file.stat().st_size
    rows = [(name, f"{size / 1e9:.2f}") for name, size in sizes.most_common()]
    return _markdown("| folder | GB |", [*rows, ("all", f"{sizes.total() / 1e9:.2f}")], "|---|--:|")


def failure_table(failures: list[dict[str, str]]) -> str:
    """Return how many images were lost for which reason, by input and digitizer."""
    lost = [row for row in failures if row["page_lost"] == "True"]
    counts = Counter((row["input"], row["digitizer"], row["status"], row["reason"]) for row in lost)
    if not counts:
        return "No image was lost.\n"
    rows = [(*key, count) for key, count in sorted(counts.items(), key=lambda item: (item[0][:2], -item[1]))]
    return _markdown("| input | digitizer | status | reason | images |", rows, "|---|---|---|---|--:|")


def snr_table(summary: list[dict[str, str]], split: str) -> str:
    """Return the SNRs of a split, and of the study as far as they are known."""
    rows = []
    for row in _of_split(summary, split):
        figures = {name: figure(text) for name, text in row.items()}
        figures["lost"] = figures["pages_failed"] + figures["pages_rejected"]
        rows.append((row["input"], row["digitizer"], *(form.format(**figures) for form in SNR.values())))
    strict, median = (list(SNR).index(name) for name in ("strict: mean ± SD", "median form: median"))
    for source, mean, median_form in STUDY:
        cells = [""] * len(SNR)
        cells[strict], cells[median] = mean, median_form
        rows.append(("", source, *cells))
    return _markdown(f"| input | digitizer | {' | '.join(SNR)} |", rows, "|---|---|" + "--:|" * len(SNR))


def clinical_table(agreement: list[dict[str, str]], split: str) -> str:
    """Return bias and SD of clinical parameters in a split, with intervals, by matched beats and by leads."""
    rows = []
    for row in _of_split(agreement, split):
        if row["parameter"] not in PARAMETERS:
            continue
        name, _, unit = row["parameter"].rpartition("_")
        form = _with_interval(row, 1 if unit == "ms" else 3)
        rows.append(
            (
                row["input"],
                row["digitizer"],
                row["per"],
                f"{name.upper()} ({'ms' if unit == 'ms' else 'mV'})",
                row["records"],
                row["n"],
                row["n_absent"],
                row["n_extra"],
                form("bias", "+"),
                form("sd", ""),
                f"{figure(row['mae']):.{1 if unit == 'ms' else 3}f}",
                f"{figure(row['r']):.4f}",
            )
        )
    titles = "| input | digitizer | per | parameter | records | n | lost | extra | bias | SD | MAE | r |"
    return _markdown(titles, rows, "|---|---|---|---|" + "--:|" * 8)


def _with_interval(row: dict[str, str], digits: int) -> Callable[[str, str], str]:
    def form(name: str, sign: str) -> str:
        value, low, high = (figure(row[f"{name}{end}"]) for end in ("", "_ci_low", "_ci_high"))
        return f"{value:{sign}.{digits}f} [{low:{sign}.{digits}f}, {high:{sign}.{digits}f}]"

    return form


def _of_split(rows: list[dict[str, str]], split: str) -> list[dict[str, str]]:
    found = [row for row in rows if row["group"] == "split" and row["value"] == split]
    if not found:
        raise PapertraceError(f"no page of the split {split} was scored; name another with --split")
    return found


def _read(file: Path, delimiter: str = ",") -> list[dict[str, str]]:
    try:
        with file.open(encoding="utf-8", newline="") as opened:
            return list(csv.DictReader(opened, delimiter=delimiter))
    except FileNotFoundError:
        raise PapertraceError(f"{file}: no such file; let the workflow run to its end first") from None


def _markdown(titles: str, rows: Iterable[Iterable[object]], rule: str) -> str:
    return "\n".join([titles, rule, *("| " + " | ".join(map(str, row)) + " |" for row in rows)]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
