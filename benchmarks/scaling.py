"""What a run costs by its size and its cores: ``make scaling N="100 1000" CORES_TRIED="1 2"``.

In    QTDB: folder of the QT Database.
Out   a Markdown table on stdout; the runs, without their images, under ``results/scaling/``.

Each run is config/qtdb.yaml up to the scores of so many pages, on so many cores, from nothing: the workflow as a person
runs it. Told are its wall clock, the core seconds of its jobs and of Snakemake's own process, how much of the jobs' is
start-up (a job's term in the cost model), and how the wall clock compares with that of the fewest cores on the same
pages: on their mean, where they are named more than once, ``CORES_TRIED="2 1 2"``, for a virtual machine is as fast as
its neighbours let it be. ``--cheap`` leaves out the digitizing. Run it on a machine with nothing else to do.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from papertrace.cost_model import measured_model
from papertrace.costs import stage_costs
from papertrace.threads import one_thread

ROOT = Path(__file__).resolve().parents[1]
_TICKS = os.sysconf("SC_CLK_TCK")
_SHARDED = ("pages", "scans", "traces", "scores")


@dataclass(frozen=True)
class Run:
    """What a run took.

    Attributes
    ----------
    pages, cores, jobs : int
        How large it was.
    wall_s : float
        From its start to its end.
    jobs_s, own_s : float
        Core seconds of the jobs, and of Snakemake's own process.
    startup_s : float
        What of the former is not work on pages, by the cost model.
    """

    pages: int
    cores: int
    jobs: int
    wall_s: float
    jobs_s: float
    own_s: float
    startup_s: float

    @property
    def per_page_s(self) -> float:
        """Core seconds a page, everything included."""
        return (self.jobs_s + self.own_s) / self.pages

    @property
    def overhead(self) -> float:
        """Share of the core seconds that is no work on pages."""
        return (self.own_s + self.startup_s) / (self.jobs_s + self.own_s)


def run(qtdb: Path, pages: int, cores: int, cheap: bool, shard_size: int | None = None) -> Run:
    """Make a run from nothing and measure it."""
    dataset = f"{pages}-pages-{cores}-cores"
    folder = ROOT / "results/scaling" / dataset
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "snakemake", "--cores", str(cores), "--configfile", "config/qtdb.yaml"]
    command += ["--until", "scans"] if cheap else []
    # a part ends with the scores
    command += ["--config", f"dataset={dataset}", "results=results/scaling", f"limit={pages}", "part=1/1"]
    command += [f"shard_size={shard_size}"] if shard_size else []
    command.append(f"records={{source: folder, folder: {qtdb.resolve()}}}")
    begin, own_s = time.perf_counter(), 0.0
    with (ROOT / "results/scaling.log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env={**os.environ, **one_thread()})
        while (waited := os.wait4(process.pid, os.WNOHANG))[0] == 0:
            own_s = _own_seconds(process.pid) or own_s
            time.sleep(0.5)
    wall_s = time.perf_counter() - begin
    if waited[1]:
        raise SystemExit(f"{ROOT / 'results/scaling.log'}: the run of {pages} pages failed; its log says why")
    used = waited[2]
    costs = stage_costs(folder)
    model = measured_model()
    terms = {"pages": "pages", "scans": "scans/kit", "traces": "traces/network/scans", "scores": "scores"}
    startup = sum(cost.jobs * model.of_job(terms[cost.stage], {}).cpu_s for cost in costs if cost.stage in _SHARDED)
    jobs_s = used.ru_utime + used.ru_stime - own_s
    for image in (*folder.glob("pages/*/*.png"), *folder.glob("scans/*/*.jpg")):
        image.unlink()
    return Run(pages, cores, sum(cost.jobs for cost in costs), wall_s, jobs_s, own_s, startup)


def _own_seconds(pid: int) -> float | None:
    """Return the core seconds of a process itself, without those of its children; None where it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / _TICKS


def table(runs: list[Run]) -> str:
    """Return the runs as Markdown: a page's cost to that of the first run, efficiency to those on the fewest cores."""
    lines = [
        "| pages | cores | jobs | wall s | core s a page | to the first | Snakemake, % | overhead, % | efficiency |",
        "|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for each in runs:
        alike = [other for other in runs if other.pages == each.pages]
        fewest = min(other.cores for other in alike)
        alone_s = fmean(other.wall_s for other in alike if other.cores == fewest)
        efficiency = alone_s * fewest / (each.wall_s * each.cores)
        lines.append(
            f"| {each.pages:,} | {each.cores} | {each.jobs:,} | {each.wall_s:.0f} | {each.per_page_s:.3f} "
            f"| {100 * (each.per_page_s / runs[0].per_page_s - 1):+.1f} % "
            f"| {100 * each.own_s / (each.jobs_s + each.own_s):.1f} | {100 * each.overhead:.1f} | {efficiency:.2f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("qtdb", type=Path)
    parser.add_argument("--pages", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--cores", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--cheap", action="store_true", help="records to scans only")
    parser.add_argument("--shard-size", type=int, help="pages a shard [as in the config]")
    given = parser.parse_args()
    (ROOT / "results/scaling").mkdir(parents=True, exist_ok=True)
    sizes = [(pages, cores) for pages in given.pages for cores in given.cores]
    print(table([run(given.qtdb, *size, given.cheap, given.shard_size) for size in sizes]))


if __name__ == "__main__":
    main()
