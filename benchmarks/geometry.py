"""How far off is the geometry that the digitizers read by? ``make geometry``.

In    DATA: folder of the public databases; their validation split, drawn and scanned in memory.
Out   a Markdown table on stdout (docs/geometry.md), or all pages as CSV.
Steps of each page, under each preset:
      1. draw and scan it; the map it was made with says where each millimetre lies;
      2. find the sheet from the pixels alone, once as it is and once without the local warp;
      3. compare each with the truth over the traces' area. A grid has no first line, so a constant shift of the
         millimetres is taken out.

Errors along a row are given in ms at 25 mm/s, those of the whole area in px.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from digitizer_sets import PRESETS, ImageSet, Job, image_set, jobs

from papertrace.geometry import PixelMap, in_image
from papertrace.labels import PageLabels
from papertrace.traces.lattice import NoLatticeError, page_lattice
from papertrace.traces.sheet import Sheet, sheet_of

WAYS: dict[str, Callable[[np.ndarray], Sheet]] = {
    "flat": lambda image: Sheet.of_lattice(page_lattice(image)),
    "warped": sheet_of,
}
"""The lattice's homography alone, and with the local warp."""

MORE = {
    name: ImageSet(name, "scans", {"scans": {"preset": name}}) for name in ("flatbed", "flatbed-bw", "screen-photo")
}
"""Presets that the digitizers' own table lacks."""
MEASURED = ("clean", *PRESETS, *MORE, "12-lead", "100 dpi", "300 dpi")

_STEP_MM = 2.5
_SPEED_MM_S = 25.0


@dataclass(frozen=True)
class Errors:
    """How far a sheet is from the truth over the traces' area.

    Attributes
    ----------
    scale_x, scale_y : float
        Relative error of mm a px, mean over the area.
    turn_deg : float
        Error of the direction of the rows.
    shift_ms : float
        RMS error of the time along the rows, each row's mean taken out.
    most_ms : float
        The largest of these.
    rms_px, p95_px : float
        RMS and 95th percentile of the distance in px.
    """

    scale_x: float
    scale_y: float
    turn_deg: float
    shift_ms: float
    most_ms: float
    rms_px: float
    p95_px: float


def errors(sheet: Sheet, truth: PixelMap, labels: PageLabels, size: tuple[int, int]) -> Errors:
    """Compare a sheet with the true map of an image of this size (width, height), over the traces that it shows."""
    boxes = [_grid_in(lead.box_mm) for lead in labels.leads]
    row = np.concatenate([np.full(len(box), lead.row) for box, lead in zip(boxes, labels.leads, strict=True)])
    true = np.concatenate(boxes)
    seen_px = truth.apply(true)
    seen = in_image(seen_px, size)
    row, true, seen_px = row[seen], true[seen], seen_px[seen]
    away = sheet.to_mm(seen_px) - true
    away -= away.mean(axis=0)
    centred = true - true.mean(axis=0)
    # rows of `slope`: what x and y add to the error of x and of y
    slope = np.linalg.lstsq(centred, away, rcond=None)[0].T
    away_px = truth.apply(true + away) - seen_px
    distance = np.hypot(*away_px.T)
    late = np.concatenate([away[row == k, 0] - away[row == k, 0].mean() for k in np.unique(row)])
    late *= 1000 / _SPEED_MM_S
    return Errors(
        float(slope[0, 0]),
        float(slope[1, 1]),
        float(np.degrees(slope[1, 0])),
        float(np.sqrt(np.mean(late**2))),
        float(np.abs(late).max()),
        float(np.sqrt(np.mean(distance**2))),
        float(np.percentile(distance, 95)),
    )


def _grid_in(box_mm: tuple[float, float, float, float]) -> np.ndarray:
    x0, y0, x1, y1 = box_mm
    x, y = (np.linspace(a, b, max(2, round((b - a) / _STEP_MM) + 1)) for a, b in ((x0, x1), (y0, y1)))
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


@dataclass(frozen=True)
class Found:
    """What was found on one image in one way; `errors` is None where no grid was."""

    image_set: str
    page_id: str
    way: str
    errors: Errors | None
    bent: bool
    contrast: float
    cpu_s: float


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the public databases")
    parser.add_argument("--pages", type=int, default=12, help="images a set")
    parser.add_argument("--set", nargs="+", default=list(MEASURED), help="or artifact and severity")
    parser.add_argument("--csv", action="store_true", help="print a line an image instead of the table")
    given = parser.parse_args()
    found = []
    for name in given.set:
        wanted = replace(set_of(name), split="validation")
        for job in jobs(wanted, given.data.resolve(), given.pages):
            found += measure(job)
        print(f"{name}: {len(found)} done", file=sys.stderr)
    if given.csv:
        lines = list(rows(found))
        writer = csv.DictWriter(sys.stdout, lines[0])
        writer.writeheader()
        writer.writerows(lines)
    else:
        print(table(found), end="")


def set_of(name: str) -> ImageSet:
    """Return a set by its name: one of `MORE`, or what `digitizer_sets` knows."""
    return MORE[name] if name in MORE else image_set(name)


def measure(job: Job) -> list[Found]:
    """Make an image and find its sheet in every way."""
    from papertrace.errors import PapertraceError
    from papertrace.exports.item import LeftOut
    from papertrace.exports.rebuild import make_item

    wanted = set_of(job.image_set)
    item = make_item(wanted.config, job.row, job.root, wanted.kind)
    if isinstance(item, LeftOut):
        raise PapertraceError(f"{job.image_set}, {item.page_id}: {item.reason}")
    bent = item.map.displacement is not None
    found, image = [], item.image
    for way, find in WAYS.items():
        begun = time.process_time()
        try:
            sheet = find(image)
            spent = time.process_time() - begun
            what = errors(sheet, item.map, item.labels, item.size)
            found.append(Found(job.image_set, item.page_id, way, what, bent, sheet.contrast, spent))
        except NoLatticeError:
            spent = time.process_time() - begun
            found.append(Found(job.image_set, item.page_id, way, None, bent, float("nan"), spent))
    return found


def rows(found: list[Found]) -> Iterator[dict[str, object]]:
    """Yield what was found as flat dictionaries with the same keys."""
    nothing = dict.fromkeys(Errors.__dataclass_fields__, float("nan"))
    for one in found:
        line = asdict(one)
        yield line | (line.pop("errors") or nothing)


def table(found: list[Found]) -> str:
    """Return a row a set and way: median and 90th percentile over the images in which a grid was found."""
    lines = [
        "| images | n | sheet | px/mm x, % | px/mm y, % | time in rows, ms | largest, ms | area, px | 95 % of it, px "
        "| turn, ° | no grid | CPU s |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for image_set_name, way in dict.fromkeys((f.image_set, f.way) for f in found):
        own = [f for f in found if (f.image_set, f.way) == (image_set_name, way)]
        seen = [f.errors for f in own if f.errors is not None]
        cells = [
            _pair([abs(100 * e.scale_x) for e in seen], 4),
            _pair([abs(100 * e.scale_y) for e in seen], 4),
            _pair([e.shift_ms for e in seen], 2),
            _pair([e.most_ms for e in seen], 2),
            _pair([e.rms_px for e in seen], 3),
            _pair([e.p95_px for e in seen], 3),
            _pair([abs(e.turn_deg) for e in seen], 4),
            str(len(own) - len(seen)),
            f"{np.median([f.cpu_s for f in own]):.2f}",
        ]
        lines.append(f"| {image_set_name} | {len(own)} | {way} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _pair(values: list[float], digits: int) -> str:
    """Return median and 90th percentile."""
    if not values:
        return "none"
    return " / ".join(f"{np.quantile(values, q, method='higher'):.{digits}f}" for q in (0.5, 0.9))


if __name__ == "__main__":
    main()
