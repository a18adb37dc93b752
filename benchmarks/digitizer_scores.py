"""One image made, read by digitizers and scored; and the file that keeps the scores, a line an image and digitizer."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import resource
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from digitizer_sets import Job, image_set

from papertrace.errors import PapertraceError
from papertrace.lifeline import end_with_parent
from papertrace.sources import source_version
from papertrace.traces.config import Choice, name_of
from papertrace.traces.digitizer import PageTraces
from papertrace.traces.registry import version_behind

RATE_HZ = 500.0
LIKE = 0.01  # a gain or a speed is right that is so near to the page's, as a share

Entry = dict[str, Any]
"""What a digitizer made of an image: how it was read, and under `leads` the figures of each stretch of the truth."""

_FIGURES = ("snr_db", "snr_median_db", "snr_aligned_db", "snr_aligned_median_db", "lag_ms", "offset_mv", "coverage")


def measure(job: Job, digitizers: Sequence[Choice]) -> list[Entry]:
    """Make an image, have each digitizer read it, and score what was read.

    Raises
    ------
    PapertraceError
        The image cannot be made, which is not the digitizers' fault and must not be counted as such.
    """
    from papertrace.exports.item import LeftOut
    from papertrace.exports.rebuild import make_item
    from papertrace.pages.ceiling import readable
    from papertrace.traces.stage import read_page

    wanted = image_set(job.image_set)
    item = make_item(_config(job.image_set), job.row, job.root, wanted.kind)
    if isinstance(item, LeftOut):
        raise PapertraceError(f"{job.image_set}, {item.page_id}: {item.reason}")
    image = item.image
    ceilings = readable(item.labels, item.truth, item.map, item.size, item.hidden)
    page = {
        "set": job.image_set,
        "page_id": item.page_id,
        "record": job.row["record"],
        "speed_told": any(text.kind == "scale" for text in item.labels.texts),
        "gain_told": any(text.kind == "scale" for text in item.labels.texts) or bool(item.labels.pulses),
    }
    entries = []
    for digitizer in digitizers:
        begin = _cpu_s()
        read = read_page(_digitizer(digitizer), image, RATE_HZ)
        seconds = _cpu_s() - begin
        entries.append(
            {
                "digitizer": name_of(digitizer),
                **page,
                "status": read.status,
                "reason": read.reason,
                "cpu_s": round(seconds, 4),
                "confidence": _number(read.confidence),
                "layout_right": read.layout == item.labels.layout,
                "speed_right": _is_like(read, read.speed_mm_s, job.row["speed_mm_s"]),
                "gain_right": _is_like(read, read.gain_mm_mv, job.row["gain_mm_mv"]),
                "leads": lead_scores(item.truth, read, ceilings),
            }
        )
    return entries


def lead_scores(truth: Sequence, read, ceilings: Sequence) -> list[dict[str, Any]]:
    """Score what was read of a page, one row a stretch of the truth, with what the image shows of it at all.

    Parameters
    ----------
    truth : sequence of papertrace.pages.render.Stretch
        What was drawn.
    read : papertrace.traces.digitizer.PageTraces
        What the digitizer says of the image.
    ceilings : sequence of papertrace.pages.ceiling.Readable
        In the order of `truth`.
    """
    from papertrace.scores.config import ScoresConfig
    from papertrace.scores.page import score_page

    key = {"input": "benchmark", "digitizer": "benchmark"}
    signals = [{**key, **dataclasses.asdict(trace)} for trace in read.traces] if read.status == "ok" else []
    outcome = {**key, "status": read.status, "reason": read.reason}
    rows = score_page([vars(stretch) for stretch in truth], signals, ScoresConfig(clinical=False), [outcome]).rows
    return [
        {
            **{name: row[name] for name in ("lead", "row", "column", "status", "name_read")},
            **{name: _number(row[name]) for name in _FIGURES},
            "ceiling_db": _number(ceiling.ceiling_db),
            "column_ceiling_db": _number(ceiling.column_ceiling_db),
        }
        for row, ceiling in zip(rows, ceilings, strict=True)
    ]


def code_version() -> str:
    """Return a hash over all code and weights that a score can depend on: images, traces, scores."""
    stages = ("manifest", "pages", "scans", "traces", "scores")
    return sha256("".join(map(source_version, stages)).encode()).hexdigest()[:16]


def commit() -> str:
    """Return the commit that is checked out, with ``-dirty`` where files differ from it."""
    command = ["git", "describe", "--always", "--dirty", "--exclude", "*"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parent)
    return done.stdout.strip() or "unknown"


def read_entries(path: Path) -> list[Entry]:
    """Return the lines of a file of scores; none where there is no file. A last line that was cut off is left out."""
    if not path.exists():
        return []
    whole, _, _ = path.read_text(encoding="utf-8").rpartition("\n")
    return [json.loads(line) for line in whole.splitlines()]


def latest(entries: Iterable[Entry]) -> list[Entry]:
    """Return of each digitizer what its latest version scored, an image once."""
    entries = list(entries)
    version = {entry["digitizer"]: entry["version"] for entry in entries}
    kept = {
        (entry["digitizer"], entry["set"], entry["page_id"]): entry
        for entry in entries
        if entry["version"] == version[entry["digitizer"]]
    }
    return list(kept.values())


def run(wanted: Sequence[Job], digitizers: Sequence[Choice], path: Path, workers: int) -> list[Entry]:
    """Measure what a file of scores does not hold of this version, add it there, and return what is wanted of it.

    Parameters
    ----------
    wanted : sequence of Job
        The images.
    digitizers : sequence of str or ExternalDigitizer
        As a config names them; an image is made once for all of them.
    path : Path
        The file; lines are added as they come, so that a run that was stopped goes on where it was.
    workers : int
        Processes, one thread each.
    """
    from tqdm import tqdm

    from papertrace.threads import limit_threads

    limit_threads()  # the workers inherit the environment: they import numpy before they can set it
    for digitizer in digitizers:
        _digitizer(digitizer)  # one that is not there is told before anything is made
    code, now = code_version(), commit()
    versions = {name_of(digitizer): code + version_behind(digitizer) for digitizer in digitizers}
    done = [entry for entry in read_entries(path) if entry["version"] == versions.get(entry["digitizer"])]
    there = {(entry["digitizer"], entry["set"], entry["page_id"]) for entry in done}
    waiting = [(job, [one for one in digitizers if (name_of(one), *job.image) not in there]) for job in wanted]
    waiting = [(job, missing) for job, missing in waiting if missing]
    path.parent.mkdir(parents=True, exist_ok=True)
    _cut_half_line(path)
    with path.open("a", encoding="utf-8") as file:
        for entries in tqdm(_measured(waiting, workers), total=len(waiting), desc="digitizers", disable=None):
            for entry in entries:
                entry = {"version": versions[entry["digitizer"]], "commit": now, **entry}
                done.append(entry)
                file.write(json.dumps(entry, allow_nan=False) + "\n")
            file.flush()
    images = {job.image for job in wanted}
    return [entry for entry in done if (entry["set"], entry["page_id"]) in images]


def _measured(waiting: list[tuple[Job, list[Choice]]], workers: int) -> Iterator[list[Entry]]:
    if not waiting:
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_start_worker) as pool:
        yield from pool.map(_measure_pair, waiting)


def _measure_pair(pair: tuple[Job, list[Choice]]) -> list[Entry]:
    return measure(*pair)


def _start_worker() -> None:
    from papertrace.memory import keep_freed_memory
    from papertrace.threads import limit_threads

    end_with_parent()
    limit_threads()
    keep_freed_memory()


def _cut_half_line(path: Path) -> None:
    """Take away what a run that was killed left of its last line."""
    if path.exists():
        data = path.read_bytes()
        os.truncate(path, data.rfind(b"\n") + 1)


@cache
def _config(name: str):
    return image_set(name).config


@cache
def _digitizer(digitizer: Choice):
    from papertrace.traces.registry import get_digitizer

    return get_digitizer(digitizer)


def _cpu_s() -> float:
    """CPU time of this process and of the programs that it ran and that have ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


def _is_like(read: PageTraces, found: float | None, right: float) -> bool | None:
    """Whether a speed or gain was found; None where a page was read by a digitizer that does not tell it."""
    if read.status == "ok" and found is None:
        return None
    return found is not None and math.isclose(found, right, rel_tol=LIKE)


def _number(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else round(float(value), 4)
