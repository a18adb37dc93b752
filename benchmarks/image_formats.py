"""What a scan's file format costs and loses: ``python benchmarks/image_formats.py QTDB [--windows N] [--workers N]``.

In    the folder of the QT Database; N windows of every fifth record, scans of the preset kit.
Out   a Markdown table on stdout: of each format the size of a scan and of all 21,801, the CPU time to write and to read
      it, and what the classical digitizer reads of it: strict SNR a lead, as a difference to the same scan as PNG, with
      the 95 % confidence interval of its mean (t, over the records' means).
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import yaml

from papertrace.encoding import encode_image, encode_jpeg
from papertrace.lifeline import end_with_parent
from papertrace.threads import limit_threads

CONFIG = Path(__file__).parents[1] / "config/qtdb.yaml"
SCANS = 21_801
EVERY = 5
FORMATS = {
    "PNG": ("png", 100, ""),
    "JPEG 95": ("jpeg", 95, ""),
    "JPEG 91": ("jpeg", 91, ""),
    "JPEG 90": ("jpeg", 90, ""),
    "JPEG 85": ("jpeg", 85, ""),
    "JPEG 75": ("jpeg", 75, ""),
    "JPEG 90, half colour": ("jpeg", 90, "half colour"),
    "JPEG 90, made grey": ("jpeg", 90, "grey"),
    "WebP 90": ("webp", 90, ""),
}
"""Format, quality, and what differs from what `encode_image` writes: 4:2:0, or the scan is made grey first."""


def rows_of(folder: Path, windows: int) -> tuple[dict, list[dict]]:
    """Return the config's keys and the manifest's rows: so many windows of every fifth record."""
    from papertrace.config import validate_config
    from papertrace.io import read_rows
    from papertrace.manifest import stage as manifest
    from papertrace.records import stage as records

    keys = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    keys |= {"manifest": {"recipe": "strided", "windows_per_record": windows}, "scans": {"preset": "kit"}}
    keys["records"]["folder"] = str(folder)
    config = validate_config(keys)
    with tempfile.TemporaryDirectory() as name:
        table = Path(name) / "records.parquet"
        records.run(config, table)
        manifest.run(config, table, Path(name) / "manifest.parquet")
        rows = read_rows(Path(name) / "manifest.parquet")
    chosen = sorted({row["record"] for row in rows})[::EVERY]
    return keys, [row for row in rows if row["record"] in chosen and row["status"] == "ok"]


def measure(keys: dict, row: dict) -> dict[str, dict]:
    """Write one scan in every format and read it again; return size, times and each lead's SNR."""
    limit_threads()
    from papertrace.config import validate_config
    from papertrace.pages.render import render_page
    from papertrace.pages.stage import truth_row
    from papertrace.records.reader import read_window
    from papertrace.scans.scan import scan_page
    from papertrace.scores.page import score_page
    from papertrace.seeds import generator
    from papertrace.traces.registry import get_digitizer
    from papertrace.traces.stage import read_page

    config = validate_config(keys)
    signal = read_window(config.records.folder, row["path"], row["start_sample"], row["n_samples"])
    place = {key: row[key] for key in ("dpi", "speed_mm_s", "gain_mm_mv", "start_sample")}
    page = render_page(signal, row["layout"], config.pages, generator(row["seed_pages"]), **place)
    image = scan_page(page.image, page.labels, config.scans, generator(row["seed_scans"])).image
    truth = [truth_row(row["page_id"], stretch) for stretch in page.truth]
    scores = config.scores.model_copy(update={"clinical": False})
    made = {}
    for name, (form, quality, variant) in FORMATS.items():
        begin = time.process_time()
        if variant == "half colour":
            data = encode_jpeg(image, quality)
        else:
            data = encode_image(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY) if variant == "grey" else image, form, quality)
        written = time.process_time()
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        times = 1000 * (written - begin), 1000 * (time.process_time() - written)
        traces = read_page(get_digitizer("classical"), decoded, config.traces.rate_hz)
        key = {"input": "scans", "digitizer": "classical"}
        outcome = [{**key, "status": traces.status, "reason": traces.reason}]
        scored = score_page(truth, [{**key, **vars(trace)} for trace in traces.traces], scores, outcome).rows
        snr = {(line["row"], line["column"]): line["snr_db"] for line in scored}
        snr = {
            place: float(value) if value is not None and np.isfinite(value) else None for place, value in snr.items()
        }
        made[name] = {"record": row["record"], "bytes": len(data), "times": times, "snr": snr}
    return made


def table(every: list[dict[str, dict]]) -> str:
    """Return the Markdown table of what `measure` returned of each scan."""
    lines = [
        "| format | MB a scan | GB in all | write, ms | read, ms | leads read | SNR, mean (dB) | against PNG (dB) |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name in FORMATS:
        scans = [made[name] for made in every]
        size = statistics.mean(scan["bytes"] for scan in scans) / 1e6
        write, read = (statistics.median(scan["times"][k] for scan in scans) for k in (0, 1))
        snr = [value for scan in scans for value in scan["snr"].values()]
        known = [value for value in snr if value is not None]
        lines.append(
            f"| {name} | {size:.2f} | {size * SCANS / 1000:.1f} | {write:.0f} | {read:.0f} | {len(known)}/{len(snr)} | "
            f"{statistics.mean(known):.2f} | {_difference(every, name)} |"
        )
    return "\n".join(lines) + "\n"


def _difference(every: list[dict[str, dict]], name: str) -> str:
    """Return the mean difference to PNG over the leads that both read, and its interval over the records' means."""
    from scipy.stats import t

    of_record = defaultdict(list)
    for made in every:
        for place, reference in made["PNG"]["snr"].items():
            value = made[name]["snr"].get(place)
            if value is not None and reference is not None:
                of_record[made["PNG"]["record"]].append(value - reference)
    means = [statistics.mean(values) for values in of_record.values()]
    half = (
        t.ppf(0.975, len(means) - 1) * statistics.stdev(means) / len(means) ** 0.5 if len(means) > 1 else float("nan")
    )
    return f"{statistics.mean(means):+.3f} ± {half:.3f}"


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="the QT Database")
    parser.add_argument("--windows", type=int, default=2, help="of each record")
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    keys, rows = rows_of(options.folder.resolve(), options.windows)
    limit_threads()  # here too: the workers have imported numpy before they can
    with ProcessPoolExecutor(options.workers, mp_context=get_context("spawn"), initializer=end_with_parent) as pool:
        every = list(pool.map(measure, [keys] * len(rows), rows))
    print(table(every), end="")


if __name__ == "__main__":
    main()
