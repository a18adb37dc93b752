"""Names, layout, gain, speed and time zero: what a page says of its traces, read right? ``make grammar``.

In    DATA/qtdb/, DATA/ptbxl/ and DATA/ludb/: records of the validation split, without those of foreign-pages.
Out   a Markdown table on stdout, one line a set of pages; each page that was read wrong on stderr.
Steps of each page of a set, from its own seed (QTDB has few validation records, which come again in other looks):
      1. draw it, scan it where the set has a preset, digitize it;
      2. compare every stretch that was drawn with the one read at its row and column.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from digitizer_sets import records_of

from papertrace.config import validate_config
from papertrace.geometry import PixelMap
from papertrace.pages.render import Page, render_page
from papertrace.records.header import read_header
from papertrace.records.reader import read_window
from papertrace.scans.scan import scan_page
from papertrace.seeds import derive_seed, generator
from papertrace.traces.digitizer import PageTraces
from papertrace.traces.registry import get_digitizer
from papertrace.traces.stage import read_page

"""Records of LUDB that DATA/foreign-pages shows: measured there, and nothing is to be tuned on them."""
RATE_HZ = 500.0
_MOST_S = 10.0


@dataclass(frozen=True)
class Pages:
    """A set of pages: layouts in turn, keys of the pages' config, preset of the scans (None: as drawn)."""

    layouts: tuple[str, ...]
    keys: dict[str, Any] = field(default_factory=dict)
    preset: str | None = None


_TWO, _FOUR = ("2x1",), ("3x4+1",)
_BOTH = (*_TWO, *_FOUR)
SETS = {
    "3x4+1, kit": Pages(_FOUR, preset="kit"),
    "3x4+1, photo": Pages(_FOUR, preset="photo"),
    "3x4+1, mixed": Pages(_FOUR, preset="mixed"),
    "2x1, kit": Pages(_TWO, preset="kit"),
    "50 mm/s": Pages(_BOTH, {"speed_mm_s": 50}),
    "50 mm/s, kit": Pages(_BOTH, {"speed_mm_s": 50}, "kit"),
    "50 mm/s, roll": Pages(_BOTH, {"speed_mm_s": 50, "paper": "roll"}),
    "5 mm/mV": Pages(_BOTH, {"gain_mm_mv": 5}),
    "5 mm/mV, kit": Pages(_BOTH, {"gain_mm_mv": 5}, "kit"),
    "20 mm/mV": Pages(_BOTH, {"gain_mm_mv": 20}),
    "20 mm/mV, kit": Pages(_BOTH, {"gain_mm_mv": 20}, "kit"),
    "100 dpi": Pages(_BOTH, {"dpi": 100}),
    "100 dpi, kit": Pages(_BOTH, {"dpi": 100}, "kit"),
    "300 dpi": Pages(_BOTH, {"dpi": 300}),
    "300 dpi, kit": Pages(_BOTH, {"dpi": 300}, "kit"),
    "other layouts": Pages(("12x1", "3x1", "6x2", "6x2+1", "3x4", "3x4+2", "3x4+3", "3x4+1-cabrera", "6x2-cabrera")),
    "other layouts, kit": Pages(
        ("12x1", "3x1", "6x2", "6x2+1", "3x4", "3x4+2", "3x4+3", "3x4+1-cabrera", "6x2-cabrera"), preset="kit"
    ),
    "portrait": Pages(("3x4+1", "6x2", "2x1", "3x4"), {"orientation": "portrait"}),
    "chest at half gain": Pages(
        ("3x4+1", "6x2", "3x4", "12x1"),
        {"chest_gain_mm_mv": "half", "pulse_style": ["plain", "stepped"], "scale_style": ["short", "long"]},
    ),
    "simultaneous": Pages(("3x4+1", "6x2", "3x4"), {"simultaneous_probability": 1.0}),
    "varied": Pages(("varied",), {"preset": "varied"}),
}


@dataclass(frozen=True)
class Verdict:
    """What of a page was read right; `start_mm` is how far to the right of its place time zero was put."""

    status: str
    layout: bool
    names: bool
    misnamed: int
    speed: bool
    gain: bool
    start_s: bool
    start_mm: float
    told: bool
    seconds: float


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder that holds qtdb/, ptbxl/ and ludb/")
    parser.add_argument("--count", type=int, default=50, help="pages a set")
    parser.add_argument("--only", nargs="+", choices=list(SETS), default=list(SETS), metavar="SET")
    parser.add_argument("--digitizer", default="classical")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    digitizer = get_digitizer(given.digitizer)
    print(HEAD)
    for name in given.only:
        verdicts, sources = [], Counter()
        for record, page, image, to_px in draw_set(given.data, SETS[name], given.count):
            start = time.process_time()
            read = read_page(digitizer, image, RATE_HZ)
            verdict = judge(page, to_px, read, time.process_time() - start)
            sources[read.speed_from, read.gain_from] += 1
            verdicts.append(verdict)
            if not (verdict.layout and verdict.names and verdict.speed and verdict.gain and verdict.start_s):
                print(f"{name}, {record}, {page.recipe.layout}: {complaint(page, read)}", file=sys.stderr)
        print(line(name, verdicts, sources), flush=True)


def draw_set(data: Path, pages: Pages, count: int) -> Iterator[tuple[str, Page, np.ndarray, PixelMap]]:
    """Yield record, page, image and the map from the page's millimetres to the image's pixels."""
    keys = {"dataset": "grammar", "pages": pages.keys}
    config = validate_config(keys | ({"scans": {"preset": pages.preset}} if pages.preset else {}), "grammar")
    layouts = config.pages.layout if pages.layouts == ("varied",) else pages.layouts
    records = {many: validation_records(data, many) for many in (False, True)}
    for k in range(count):
        layout = layouts[k % len(layouts)]
        among = records[layout not in ("1x1", "2x1")]
        # few records are pages of other looks when they come again
        root, path = among[k // len(layouts) % len(among)]
        header = read_header(root, path)
        length = min(round(_MOST_S * header.rate_hz), header.n_samples)
        signal = read_window(root, path, (header.n_samples - length) // 2, length)
        rng = generator(derive_seed(11, f"{k} {path} {layout}", "pages"))
        choices = {
            key: float(rng.choice(np.ravel(values)))
            for key, values in (("speed_mm_s", config.pages.speed_mm_s), ("gain_mm_mv", config.pages.gain_mm_mv))
        }
        dpi = float(rng.integers(config.pages.dpi[0], config.pages.dpi[1] + 1))
        page = render_page(signal, layout, config.pages, rng, dpi=dpi, **choices)
        image, to_px = page.image, PixelMap.of_page(page.labels.px_per_mm)
        if pages.preset:
            scan = scan_page(page.image, page.labels, config.scans, generator(derive_seed(11, f"{k} {path}", "scans")))
            image, to_px = scan.image, scan.map
        yield path, page, image, to_px


def validation_records(data: Path, many: bool) -> list[tuple[Path, str]]:
    """Return folder and path of records with two leads (QTDB), or with twelve (PTB-XL and LUDB in turn)."""
    databases = ("ptbxl", "ludb") if many else ("qtdb",)
    found = [[(data / name, row["path"]) for row in records_of(data / name, name, "validation")] for name in databases]
    longest = max(map(len, found))
    return [part[k % len(part)] for k in range(longest) for part in found]


def judge(page: Page, to_px: PixelMap, read: PageTraces, seconds: float) -> Verdict:
    """Compare what was read of a page with what was drawn."""
    recipe = page.recipe
    told = recipe.pulse or any(line.kind == "scale" for line in recipe.prints)
    if read.status != "ok":
        return Verdict(read.status, False, False, 0, False, False, False, np.nan, told, seconds)
    places = {(trace.row, trace.column): trace for trace in read.traces}
    pairs = [(label, places.get((label.row, label.column))) for label in page.labels.leads]
    found = [(label, trace) for label, trace in pairs if trace is not None]
    # a lead that has no name on the page, and no format that gives one, is rightly without
    printed = {(label.row, label.column): label.name_box_mm is not None for label in page.labels.leads}
    right = [
        trace is not None
        and (trace.lead == label.lead or (trace.lead is None and not printed[label.row, label.column]))
        for label, trace in pairs
    ]
    misnamed = sum(trace.lead is not None and trace.lead != label.lead for label, trace in found)
    offsets = []
    for label, trace in found:
        known = np.flatnonzero(np.isfinite(trace.x_px))
        if len(known):
            first = to_px.apply(np.array([[label.x0_mm, label.y0_mm]]))[0]
            offsets.append((float(trace.x_px[known[0]]) - first[0]) / read.px_per_mm_x)
    gains = {trace.gain_mm_mv == label.gain_mm_mv for label, trace in found}
    return Verdict(
        read.status,
        len(places) == len(pairs) == len(found),
        all(right),
        misnamed,
        read.speed_mm_s == recipe.speed_mm_s,
        gains == {True},
        all(abs(trace.start_s - label.start_s) < 0.1 for label, trace in found),
        float(np.median(offsets)) if offsets else np.nan,
        told,
        seconds,
    )


def complaint(page: Page, read: PageTraces) -> str:
    """Return in a line what was drawn and what was read."""
    if read.status != "ok":
        return f"{read.status}: {read.reason}"
    recipe = page.recipe
    drawn = f"{recipe.speed_mm_s:g} mm/s, {recipe.gain_mm_mv:g}/{recipe.chest_gain_mm_mv:g} mm/mV"
    rows: dict[int, list[str]] = {}
    for trace in read.traces:
        rows.setdefault(trace.row, []).append(f"{trace.lead or '-'}@{trace.start_s:.1f}x{trace.gain_mm_mv:g}")
    text = f"read {read.layout}, {read.speed_mm_s:g} mm/s ({read.speed_from}), {read.gain_mm_mv:g} ({read.gain_from})"
    told = f"{'pulse ' if recipe.pulse else ''}{'text' if any(p.kind == 'scale' for p in recipe.prints) else ''}"
    return f"drawn {drawn}, {told or 'untold'}; {text}: " + " | ".join(" ".join(row) for row in rows.values())


HEAD = (
    "| pages | read | layout | all names | leads misnamed | speed | gain | ... where told | columns' time | "
    "start, median (mm) | start, SD (mm) | speed from | gain from | CPU s |\n"
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|---|--:|"
)


def line(name: str, verdicts: list[Verdict], sources: Counter) -> str:
    """Return the table's line of a set."""

    def share(values: list[bool]) -> str:
        return f"{100 * np.mean(values):.0f} %" if values else "-"

    def counted(place: int) -> str:
        total: Counter = Counter()
        for key, number in sources.items():
            total[key[place]] += number
        return ", ".join(f"{key} {number}" for key, number in total.most_common() if key)

    told = [v for v in verdicts if v.told]
    starts = np.array([v.start_mm for v in verdicts])
    cells = [
        f"{sum(v.status == 'ok' for v in verdicts)}/{len(verdicts)}",
        share([v.layout for v in verdicts]),
        share([v.names for v in verdicts]),
        str(sum(v.misnamed for v in verdicts)),
        share([v.speed for v in verdicts]),
        share([v.gain for v in verdicts]),
        share([v.speed and v.gain for v in told]),
        share([v.start_s for v in verdicts]),
        f"{np.nanmedian(starts):+.3f}",
        f"{np.nanstd(starts):.3f}",
        counted(0),
        counted(1),
        f"{np.mean([v.seconds for v in verdicts]):.2f}",
    ]
    return f"| {name} | {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
