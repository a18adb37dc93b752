"""Pages and scans of configs drawn at random: ``python benchmarks/random_configs.py [--count N] [--out FILE]``.

Each number is the seed of one config of `pages` and `scans`, drawn from the JSON schema of the config itself, so that a
new key or artifact takes part as soon as it is there, and of one signal, among them flat, short, broken and huge ones.
A page and its scan are made, and `faults_of` tells what is wrong with them. A config that papertrace refuses in one
sentence (a row that is longer than the paper) counts as refused.

Out   one line of JSON a number in FILE; numbers that are there are not made again. Counts on stdout; exit status 1
      where anything is wrong. ``--only NUMBER`` shows one config and its error.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import sys
import traceback
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from papertrace.config import Config, json_schema, validate_config
from papertrace.encoding import encode_image
from papertrace.errors import PapertraceError
from papertrace.labels import PageLabels
from papertrace.lifeline import end_with_parent
from papertrace.manifest.stage import plan
from papertrace.pages.layouts import LAYOUTS
from papertrace.pages.render import Page, render_page
from papertrace.records.reader import Signal
from papertrace.scans.scan import Scan, scan_page
from papertrace.seeds import generator
from papertrace.threads import limit_threads

TWELVE = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
LEADS = (("II",), ("ECG1", "ECG2"), ("MLII", "V5", "V1"), TWELVE, TWELVE, TWELVE, (*TWELVE, "X", "Y", "Z"))
ODDITIES = ("none", "none", "none", "flat", "gap", "missing lead", "spike", "noise", "drift")
SPLITS = ("train", "validation", "test")

_FINEST_DPI = 110.0  # of most pages, so that thousands can be made; one in fifty is finer
_LEAST_CONTRAST = 8  # grey levels between the darkest and the brightest pixel of what is not empty
_ARTIFACTS = 0.2  # share of the artifacts whose sections are drawn, when sections are


def draw_config(rng: np.random.Generator) -> dict[str, Any]:
    """Draw a config: any key of `pages`, and presets, severities, a mix or sections of any artifacts of `scans`."""
    schema = _schema()
    pages, scans = (_section(schema, schema["$defs"][name]) for name in ("PagesConfig", "ScansConfig"))
    named = ("layout", "layouts", "layout_file")  # names and files, which no schema knows
    keys = {key: _draw(schema, part, rng) for key, part in pages.items() if key not in named and rng.random() < 0.4}
    # 1x1 is one that every record can fill
    keys["layout"] = [*(str(name) for name in rng.choice(["auto", *LAYOUTS, "own"], int(rng.integers(2, 5)))), "1x1"]
    keys["layouts"] = {"own": {"rows": _own_rows(rng)}}
    finest = 600.0 if rng.random() < 0.02 else _FINEST_DPI
    keys["dpi"] = sorted(float(np.exp(rng.uniform(np.log(50), np.log(finest)))) for _ in range(2))
    artifacts = [key for key, part in scans.items() if "$ref" in part]
    others = {key: part for key, part in scans.items() if key not in artifacts}
    how = rng.choice(["default", "preset", "severity", "mix", "sections"], p=[0.05, 0.25, 0.25, 0.1, 0.35])
    drawn: dict[str, Any] = {}
    if how in ("preset", "severity", "mix"):
        drawn[how] = _draw(schema, others[how], rng)
    if how == "sections" or rng.random() < 0.3:
        chosen = [name for name in artifacts if rng.random() < (_ARTIFACTS if how == "sections" else 0.05)]
        drawn |= {name: {**_draw(schema, scans[name], rng), "probability": 1.0} for name in chosen}
    for key in sorted(set(others) - {"preset", "severity", "mix"}):
        if rng.random() < 0.3:
            drawn[key] = _draw(schema, others[key], rng)
    seed = int(rng.integers(2**63))
    return {
        "seed": seed,
        "manifest": {"window_s": float(rng.choice([2, 5, 10, 10, 15]))},
        "pages": keys,
        "scans": drawn,
    }


def draw_signal(rng: np.random.Generator, duration_s: float) -> Signal:
    """Draw a signal of 1 to 15 leads at 100 to 1000 Hz: beats, and often something odd."""
    leads, rate = list(LEADS[int(rng.integers(len(LEADS)))]), float(rng.choice([100, 250, 360, 500, 1000]))
    t = np.arange(round(duration_s * rate)) / rate
    phase = np.mod(t, rng.uniform(0.35, 1.6))[:, None]
    size = rng.normal(0, 1, (4, len(leads)))
    samples = sum(
        amplitude * np.exp(-0.5 * ((phase - centre) / width) ** 2)
        for amplitude, centre, width in zip(
            size * [[0.15], [1.0], [0.4], [0.3]], (0.05, 0.15, 0.18, 0.33), (0.02, 0.01, 0.012, 0.04), strict=True
        )
    )
    first, last = sorted(rng.integers(0, len(t), 2))
    match str(rng.choice(ODDITIES)):
        case "flat":
            samples = np.full_like(samples, rng.normal(0, 2))
        case "gap":
            samples[first:last] = np.nan
        case "missing lead":
            samples[:, int(rng.integers(len(leads)))] = np.nan
        case "spike":
            samples[first] = rng.choice([-20, 20])
        case "noise":
            samples = samples + rng.normal(0, 2, samples.shape)
        case "drift":
            samples = samples + np.linspace(-8, 8, len(t))[:, None]
    return Signal(samples, rate, leads)


def faults_of(page: Page, scan: Scan, signal: Signal) -> list[str]:
    """Tell what is wrong with a page and its scan: nothing on them, labels that are NaN or lie nowhere."""
    faults = [f"page: {fault}" for fault in _faults_of_image(page.image)]
    faults += [f"scan: {fault}" for fault in _faults_of_image(scan.image)]
    labels, paper = page.labels, np.array([page.labels.width_mm, page.labels.height_mm])
    if not any(_has_ink(page, lead.box_mm) for lead in labels.leads):
        faults.append("page: no lead has ink in its box")
    if len(labels.leads) != len(page.truth) or not labels.leads:
        faults.append("page: as many labels of leads as stretches of truth, and one at least, are wanted")
    if np.isfinite(signal.samples).all() and any(np.isnan(stretch.samples).any() for stretch in page.truth):
        faults.append("page: truth is NaN where the signal is not")
    stored = {"labels": asdict(labels), "page recipe": page.recipe.to_dict(), "scan recipe": scan.recipe}
    stored |= {"texts": [asdict(text) for text in scan.texts], "map": scan.map.to_list()}
    faults += [f"{name}: holds a number that is not finite" for name, value in stored.items() if not _is_finite(value)]
    if PageLabels.from_json(labels.to_json()).to_json() != labels.to_json():
        faults.append("labels: are not read back as they were written")
    boxes = [item.box_mm for item in (*labels.leads, *labels.texts, *labels.pulses)]
    boxes += [lead.name_box_mm for lead in labels.leads if lead.name_box_mm]
    for x0, y0, x1, y1 in boxes:
        if not (0 <= x0 <= x1 <= paper[0] + 1e-6 and 0 <= y0 <= y1 <= paper[1] + 1e-6):
            faults.append("labels: a box leaves the paper")
            break
    for text in scan.texts:
        (x0, y0), (x1, y1) = text.box_mm[:2], text.box_mm[2:]
        if not (-paper[0] < x0 <= x1 < 2 * paper[0] and -paper[1] < y0 <= y1 < 2 * paper[1]):
            faults.append(f"scan: the box of a {text.kind} text lies far from the paper")
    faults += _faults_of_map(page, scan)
    return faults


def _faults_of_image(image: np.ndarray) -> list[str]:
    faults = []
    if image.dtype != np.uint8 or image.ndim != 3 or min(image.shape[:2]) < 16:
        faults.append(f"the image has shape {image.shape} and type {image.dtype}")
    elif _contrast(image) < _LEAST_CONTRAST:
        faults.append("the image is empty")
    return faults


def _has_ink(page: Page, box_mm: tuple) -> bool:
    """Tell whether a box holds anything but one colour."""
    x0, y0, x1, y1 = (round(value * page.labels.px_per_mm) for value in box_mm)
    part = page.image[max(y0 - 1, 0) : y1 + 2, max(x0 - 1, 0) : x1 + 2]
    return part.size > 0 and _contrast(part) >= _LEAST_CONTRAST


def _contrast(image: np.ndarray) -> int:
    return int(np.ptp(image.reshape(-1, 3), axis=0).max())


def _faults_of_map(page: Page, scan: Scan) -> list[str]:
    """Every lead's middle is on the scan (of a part of a page, some of a lead), and the map's inverse leads back."""
    labels = page.labels
    corners = np.array([[0, 0], [labels.width_mm, 0], [labels.width_mm, labels.height_mm], [0, labels.height_mm]])
    boxes = np.array([lead.box_mm for lead in labels.leads])
    share = np.linspace(0, 1, 9)[:, None]  # along the middle of each box, from left to right
    x, y = boxes[:, 0] + share * (boxes[:, 2] - boxes[:, 0]), np.tile((boxes[:, 1] + boxes[:, 3]) / 2, (len(share), 1))
    points = np.vstack([corners, np.stack([x, y], axis=-1).reshape(-1, 2)])
    there = scan.map.apply(points)
    if not np.isfinite(there).all():
        return ["map: a place on the paper has no place on the scan"]
    faults = []
    if np.abs(scan.map.inverse(there) - points).max() > 0.05:
        faults.append("map: its inverse does not lead back")
    size = np.array(scan.image.shape[1::-1])
    seen = ((there > -1) & (there < size)).all(axis=1)[len(corners) :].reshape(x.shape)
    if any(item["artifact"] == "partial_page" for item in scan.recipe):
        if not seen.any():
            faults.append("map: no lead is on this part of the page")
    elif not seen[len(share) // 2].all():
        faults.append("map: the middle of a lead lies beside the scan")
    return faults


def _is_finite(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_is_finite, value.values()))
    if isinstance(value, (list, tuple)):
        return all(map(_is_finite, value))
    return not isinstance(value, float) or np.isfinite(value)


def make(number: int) -> tuple[Config, Signal, Page, Scan]:
    """Make the page and the scan of a number, as the stages do."""
    rng = generator(number)
    config = validate_config(draw_config(rng), "random config")
    signal = draw_signal(rng, config.manifest.window_s)
    record = {
        **dict.fromkeys(("record", "path", "database", "source_database"), "random"),
        "rate_hz": signal.rate_hz,
        "n_samples": len(signal.samples),
        "leads": signal.leads,
        "fold": None,
        "status": "ok",
        "reason": None,
    }
    (row,) = plan(config, [record])
    if row["status"] != "ok":
        raise PapertraceError(row["reason"])
    place = {key: row[key] for key in ("dpi", "speed_mm_s", "gain_mm_mv", "start_sample")}
    page = render_page(signal, row["layout"], config.pages, generator(row["seed_pages"]), **place)
    if not page.shows_a_trace:
        raise PapertraceError("no sample is valid in this window")
    scans = config.scans.of_split(SPLITS[number % 3])
    return config, signal, page, scan_page(page.image, page.labels, scans, generator(row["seed_scans"]))


def outcome(number: int) -> dict[str, Any]:
    """Return what became of a number: ``ok``, ``refused`` with the sentence, or ``wrong`` with the faults."""
    try:
        config, signal, page, scan = make(number)
        encode_image(page.image, config.pages.format, config.pages.quality)
        encode_image(scan.image, config.scans.format, config.scans.quality)
        faults = faults_of(page, scan, signal)
    except PapertraceError as error:
        return {"number": number, "status": "refused", "told": str(error)}
    except Exception as error:  # whatever it is, it is what is looked for
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}:{place.lineno}"
        return {"number": number, "status": "wrong", "told": f"{type(error).__name__}: {error} ({where})"}
    return {"number": number, "status": "wrong" if faults else "ok", "told": "; ".join(faults)}


@cache
def _schema() -> dict[str, Any]:
    return json_schema()


def _section(schema: dict, part: dict) -> dict[str, dict]:
    return part["properties"]


def _draw(schema: dict, part: dict, rng: np.random.Generator) -> Any:
    """Draw a value that a JSON schema allows; ends of ranges and single values come up often."""
    if "$ref" in part:
        section = _section(schema, schema["$defs"][part["$ref"].rsplit("/", 1)[1]])
        return {key: _draw(schema, field, rng) for key, field in section.items() if rng.random() < 0.7}
    if "anyOf" in part:
        return _draw(schema, part["anyOf"][int(rng.integers(len(part["anyOf"])))], rng)
    if "const" in part:
        return part["const"]
    if "enum" in part:
        return part["enum"][int(rng.integers(len(part["enum"])))]
    match part["type"]:
        case "null":
            return None
        case "boolean":
            return bool(rng.random() < 0.5)
        case "integer":
            return int(rng.integers(part["minimum"], part["maximum"] + 1))
        case "number":
            ends = part["minimum"], part["maximum"]
            return float(rng.choice(ends) if rng.random() < 0.15 else rng.uniform(*ends))
        case "array" if "prefixItems" in part:
            return sorted(_draw(schema, item, rng) for item in part["prefixItems"])
        case "array":
            return [_draw(schema, part["items"], rng) for _ in range(int(rng.integers(part.get("minItems", 0), 4)))]
        case "object" if "propertyNames" in part:
            names = rng.choice(part["propertyNames"]["enum"], int(rng.integers(0, 6)), replace=False)
            return {str(name): _draw(schema, part["additionalProperties"], rng) for name in names}
    raise ValueError(f"random configs know no way to draw {json.dumps(part)}")


def _own_rows(rng: np.random.Generator) -> list[list[str | int]]:
    """Draw a layout: a lead by name, upside down, or by its place."""
    leads = ["I", "-aVR", "V1", "II", "V6", 0, 1, 2]
    return [
        [leads[int(rng.integers(len(leads)))] for _ in range(int(rng.integers(1, 5)))]
        for _ in range(int(rng.integers(1, 9)))
    ]


def _start_worker() -> None:
    from papertrace.memory import keep_freed_memory

    os.nice(19)
    end_with_parent()
    limit_threads()
    keep_freed_memory()


def run(count: int, out: Path, workers: int) -> collections.Counter:
    """Make the numbers below a count that `out` does not hold, and return how many of all of them ended how."""
    out.parent.mkdir(parents=True, exist_ok=True)
    done = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()] if out.exists() else []
    waiting = sorted(set(range(count)) - {entry["number"] for entry in done})
    limit_threads()  # here too: the workers have imported numpy before they can
    workforce = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_start_worker)
    with workforce as pool, out.open("a", encoding="utf-8") as file:
        for entry in pool.map(outcome, waiting, chunksize=10):
            done.append(entry)
            file.write(json.dumps(entry) + "\n")
            file.flush()
    return collections.Counter(entry["status"] for entry in done if entry["number"] < count)


def main() -> int:
    """Run, print the counts, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--out", type=Path, default=Path("results/random-configs.jsonl"))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", type=int, help="show this number's config and what becomes of it")
    options = parser.parse_args()
    if options.only is not None:
        print(json.dumps(draw_config(generator(options.only)), indent=1))
        print(json.dumps(outcome(options.only), indent=1))
        return 0
    counts = run(options.count, options.out, options.workers)
    print(", ".join(f"{counts[status]:,} {status}" for status in ("ok", "refused", "wrong")), f"({options.out})")
    return 1 if counts["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
