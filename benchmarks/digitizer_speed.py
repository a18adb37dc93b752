"""Seconds and memory a page: ``make digitizer-speed DIGITIZERS="classical …"``.

In    DATA: folder of the public databases, ``qtdb``, ``ludb`` and ``ptbxl`` in it.
Out   a Markdown table on stdout.

One core, one thread, a fresh process a digitizer and case, which is given the bytes of image files and nothing else. A
page is timed from its file's bytes to its signals, decoding included. The first page, with imports and the loading of
weights, is told by itself. CPU time (user and system) is what the code costs; the wall clock also holds what else the
machine does. Memory is the process's peak.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from digitizer_scores import RATE_HZ
from digitizer_sets import SETS, Job, jobs

from papertrace.errors import PapertraceError
from papertrace.lifeline import end_with_parent
from papertrace.threads import limit_threads

CASES = {"clean": "two leads, as drawn", "kit": "two leads, kit", "12-lead": "12 leads, kit"}
"""Image sets, and what they are called in the table."""

BARS_S = {"clean": 0.5, "kit": 0.5, "12-lead": 1.0}
BAR_MB = 1500.0


@dataclass(frozen=True)
class Costs:
    """What one digitizer took for one case; seconds a page in the order read, the first page apart."""

    digitizer: str
    case: str
    cpu_s: list[float]
    wall_s: list[float]
    first_cpu_s: float
    peak_mb: float


def images(wanted: Sequence[Job]) -> list[bytes]:
    """Return the files of images."""
    limit_threads()
    from papertrace.exports.item import LeftOut
    from papertrace.exports.rebuild import make_item

    files = []
    for job in wanted:
        chosen = SETS[job.image_set]
        item = make_item(chosen.config, job.row, job.root, chosen.kind)
        if isinstance(item, LeftOut):
            raise PapertraceError(f"{job.image_set}, {item.page_id}: {item.reason}")
        files.append(item.data)
    return files


def measure(digitizer: str, case: str, files: Sequence[bytes]) -> Costs:
    """Read all images, the first one twice, in this process."""
    limit_threads()
    begin = time.process_time()
    from papertrace.encoding import decode_image
    from papertrace.memory import keep_freed_memory
    from papertrace.traces.registry import get_digitizer
    from papertrace.traces.stage import read_page

    keep_freed_memory()
    reader = get_digitizer(digitizer)
    read_page(reader, decode_image(files[0]), RATE_HZ)
    first = time.process_time() - begin
    cpu_s, wall_s = [], []
    for data in files:
        cpu, wall = time.process_time(), time.perf_counter()
        read_page(reader, decode_image(data), RATE_HZ)
        cpu_s.append(time.process_time() - cpu)
        wall_s.append(time.perf_counter() - wall)
    return Costs(digitizer, case, cpu_s, wall_s, first, _peak_mb())


def _peak_mb() -> float:
    """Return this program's peak memory; what `getrusage` tells has that of the process that started it in it."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def in_a_fresh_process(function, *arguments):
    """Call a function in a process that has done nothing before."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=end_with_parent) as worker:
        return worker.submit(function, *arguments).result()


def table(every: Sequence[Costs]) -> str:
    """Return the costs as a Markdown table; the bars are for the median page and the peak."""
    lines = [
        "| case | digitizer | pages | CPU s: median | 90th pct. | wall s: median | first page | peak MB | bars |",
        "|---|---|--:|--:|--:|--:|--:|--:|---|",
    ]
    for costs in every:
        median = statistics.median(costs.cpu_s)
        seconds = (median, _percentile(costs.cpu_s, 90), statistics.median(costs.wall_s), costs.first_cpu_s)
        cells = [CASES[costs.case], costs.digitizer, str(len(costs.cpu_s)), *(f"{value:.2f}" for value in seconds)]
        limit = BARS_S[costs.case]
        told = f"≤ {limit:g} s: {_met(median <= limit)}; ≤ {BAR_MB:.0f} MB: {_met(costs.peak_mb <= BAR_MB)}"
        lines.append("| " + " | ".join([*cells, f"{costs.peak_mb:.0f}", told]) + " |")
    return "\n".join(lines) + "\n"


def _met(is_met: bool) -> str:
    return "met" if is_met else "missed"


def _percentile(values: Sequence[float], share: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[share - 1] if len(values) > 1 else values[0]


def main() -> int:
    """Measure every digitizer on every case, print the table and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the public databases")
    parser.add_argument("--digitizer", action="append", help="a name of papertrace.traces.registry; give it repeatedly")
    parser.add_argument("--pages", type=int, default=20)
    parser.add_argument("--cases", nargs="+", choices=list(CASES), default=list(CASES))
    given = parser.parse_args()
    limit_threads()  # here too: the processes inherit the environment
    every = []
    try:
        for case in given.cases:
            files = in_a_fresh_process(images, jobs(SETS[case], given.data.resolve(), given.pages))
            every += [in_a_fresh_process(measure, name, case, files) for name in given.digitizer or ["classical"]]
    except PapertraceError as error:
        sys.exit(f"digitizer-speed: {error}")
    print(table(every), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
