"""Seconds a page and a scan: ``python benchmarks/generator_speed.py QTDB [--pages N] [--cases clean kit mixed …]``.

In    the folder of the QT Database; windows, seeds and sizes of pages (2200 × 1700 px) are those of config/qtdb.yaml.
Out   two Markdown tables on stdout: what a page costs, and on what the time is spent.

One core, one thread, a fresh process a case. A page is timed from its record's file to the bytes of its image, a scan
from the bytes of the page's image to those of its own. CPU time (user and system) is what the code costs; the wall
clock also holds what else the machine does.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

import yaml

from papertrace.lifeline import end_with_parent
from papertrace.memory import keep_freed_memory
from papertrace.threads import limit_threads

BARS_S = {"clean": 0.06, "kit": 0.20, "mixed": 0.40}
CONFIG = Path(__file__).parents[1] / "config/qtdb.yaml"


@dataclass
class Costs:
    """What one case took; seconds a page, and seconds of each step wherever it was taken."""

    case: str
    page_cpu: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    steps: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    peak_mb: float = 0.0


def planned_pages(folder: Path, count: int) -> tuple[dict, list[dict]]:
    """Return the config's keys and the manifest's rows of so many pages, evenly spread over the records."""
    from papertrace.config import validate_config
    from papertrace.io import read_rows
    from papertrace.manifest import stage as manifest
    from papertrace.records import stage as records

    keys = yaml.safe_load(CONFIG.read_text(encoding="utf-8")) | {"limit": count}
    keys["records"]["folder"] = str(folder)
    config = validate_config(keys)
    with tempfile.TemporaryDirectory() as name:
        table = Path(name) / "records.parquet"
        records.run(config, table)
        manifest.run(config, table, Path(name) / "manifest.parquet")
        rows = read_rows(Path(name) / "manifest.parquet")
    return keys, [row for row in rows if row["status"] == "ok"]


def measure(case: str, keys: dict, rows: list[dict]) -> Costs:
    """Make the pages, and but for ``clean`` their scans of a preset, in this process."""
    limit_threads()
    keep_freed_memory()
    from papertrace.config import validate_config

    config = validate_config(keys if case == "clean" else keys | {"scans": {"preset": case}})
    costs = Costs(case)
    _watch_steps(costs)
    for number, row in enumerate((rows[0], *rows)):
        if number == 1:  # the first page was for imports and tables that are made once
            costs.page_cpu, costs.cpu, costs.wall = [], [], []
            costs.steps.clear()
        cpu, wall = time.process_time(), time.perf_counter()
        labels, data = _draw(row, config)
        costs.page_cpu.append(time.process_time() - cpu)
        if case != "clean":
            cpu, wall = time.process_time(), time.perf_counter()
            _scan(row, config, labels, data)
        costs.cpu.append(time.process_time() - cpu)
        costs.wall.append(time.perf_counter() - wall)
    costs.peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return costs


def _draw(row: dict, config) -> tuple:
    from papertrace.pages import render, stage
    from papertrace.records import reader
    from papertrace.seeds import generator

    signal = reader.read_window(config.records.folder, row["path"], row["start_sample"], row["n_samples"])
    place = {key: row[key] for key in ("dpi", "speed_mm_s", "gain_mm_mv", "start_sample")}
    page = render.render_page(signal, row["layout"], config.pages, generator(row["seed_pages"]), **place)
    return page.labels, stage.encode_image(page.image, config.pages.format, config.pages.quality)


def _scan(row: dict, config, labels, data: bytes) -> bytes:
    from papertrace.encoding import decode_image  # at the call, for `_watch_steps` puts another in its place
    from papertrace.scans import scan, stage
    from papertrace.seeds import generator

    scanned = scan.scan_page(decode_image(data), labels, config.scans, generator(row["seed_scans"]))
    return stage.encode_image(scanned.image, config.scans.format, config.scans.quality)


def _watch_steps(costs: Costs) -> None:
    """Have the functions that a page and a scan are made by tell their time."""
    from papertrace import encoding
    from papertrace.pages import render
    from papertrace.pages import stage as pages
    from papertrace.records import reader
    from papertrace.scans import scan, surface, writing
    from papertrace.scans import stage as scans

    def watched(function, step: str):
        def timed(*args, **kwargs):
            begin = time.process_time()
            result = function(*args, **kwargs)
            costs.steps[step].append(time.process_time() - begin)
            return result

        return timed

    places = [
        (reader, "read_window", "page: read record"),
        (render, "draw_recipe", "page: draw recipe"),
        (render._Sheet, "trace", "page: a trace"),
        (render, "draw_text", "page: a line of text"),
        (render, "draw_grid", "page: grid"),
        (render, "blend", "page: ink onto grid"),
        (pages, "encode_image", "page: encode"),
        (scan, "draw_recipe", "draw recipe"),
        (scan, "warp", "warp"),
        (surface, "printed_text", "printed_text"),
        (writing, "handwriting", "handwriting"),
        (writing, "stamps", "stamps"),
        (scans, "encode_image", "encode"),
        (encoding, "decode_image", "decode page"),
    ]
    for owner, name, step in places:
        setattr(owner, name, watched(getattr(owner, name), step))
    for artifacts in (scan.IN_MM, scan.IN_PIXELS):
        for name, function in artifacts.items():
            artifacts[name] = watched(function, name)


def totals(every: list[Costs]) -> str:
    """Return the table of what a page or scan costs, as Markdown."""
    lines = [
        "| case | images | CPU s: median | 90th pct. | wall s: median | bar, s | with the page: median | peak MB |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for costs in every:
        figures = [statistics.median(costs.cpu), _percentile(costs.cpu, 90), statistics.median(costs.wall)]
        pairs = zip(costs.page_cpu, costs.cpu, strict=True)
        both = statistics.median(costs.cpu if costs.case == "clean" else [page + scan for page, scan in pairs])
        cells = [costs.case, str(len(costs.cpu)), *(f"{figure:.3f}" for figure in figures)]
        bar = f"{BARS_S[costs.case]:.2f}" if costs.case in BARS_S else ""
        lines.append("| " + " | ".join([*cells, bar, f"{both:.3f}", f"{costs.peak_mb:.0f}"]) + " |")
    return "\n".join(lines) + "\n"


def breakdown(every: list[Costs]) -> str:
    """Return the table of where the time goes, as Markdown."""
    lines = ["| case | step | a page | median ms | ms a page |", "|---|---|--:|--:|--:|"]
    for costs in every:
        pages = len(costs.cpu)
        steps = {
            step: times for step, times in costs.steps.items() if step.startswith("page: ") == (costs.case == "clean")
        }
        for step, times in sorted(steps.items(), key=lambda item: -sum(item[1])):
            per_page = 1000 * sum(times) / pages
            median = 1000 * statistics.median(times)
            lines.append(f"| {costs.case} | {step} | {len(times) / pages:.2f} | {median:.1f} | {per_page:.1f} |")
    return "\n".join(lines) + "\n"


def _percentile(values: list[float], share: int) -> float:
    return statistics.quantiles(values, n=100)[share - 1] if len(values) > 1 else values[0]


def main() -> None:
    """Measure the cases one after another and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="the QT Database")
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--cases", nargs="+", default=list(BARS_S), help="clean, or a preset of the scans")
    options = parser.parse_args()
    keys, rows = planned_pages(options.folder.resolve(), options.pages)
    limit_threads()  # here too: a worker has imported numpy before it can
    every = []
    for case in options.cases:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=end_with_parent) as worker:
            every.append(worker.submit(measure, case, keys, rows).result())
    print(totals(every))
    print(breakdown(every), end="")


if __name__ == "__main__":
    main()
