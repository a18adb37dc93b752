"""The scores stage: a shard's truth and traces in; its table of scores, and that of its beats, out."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from papertrace import tables
from papertrace.config import Config
from papertrace.errors import PapertraceError
from papertrace.io import atomic_folder, read_rows, read_table, shard_folder, write_arrow, write_table
from papertrace.scans.config import ScansConfig
from papertrace.scores.comparison import stacked
from papertrace.scores.experts import marks_of, within
from papertrace.scores.fiducials import Beats
from papertrace.scores.page import score_page
from papertrace.subset import is_read

ORDER = ("page_id", "input", "digitizer", "row", "column")
"""The columns that identify a row of scores, and by which they are sorted; nulls last."""

_OF_MANIFEST = ("record", "database", "source_database", "split", "layout", "dpi")
_OF_SERIES = ("page_id", "lead", "row", "column", "start_s", "rate_hz", "samples")


def run(config: Config, manifest: Path, pages: Path, traces: Path, out: Path, scans: Path | None = None) -> None:
    """Score a shard.

    Parameters
    ----------
    config : Config
        Its `scores` section is used, and `records`: where experts' marks lie beside the records, these are compared;
        `scans` says of preset and severities, `traces` of shares of the pages.
    manifest : Path
        ``manifest.parquet``.
    pages, traces : Path
        ``pages/shard-NNNNN.parquet`` and ``traces/shard-NNNNN.parquet``, their folders beside them.
    out : Path
        ``scores/shard-NNNNN.parquet``, rows as in `papertrace.tables.SCORES`, sorted by `ORDER`; written last.
        ``beats.parquet`` and ``experts.parquet`` (`papertrace.tables.BEATS`, `papertrace.tables.EXPERTS`) go into the
        folder of the same name without suffix.
    scans : Path, optional
        ``scans/shard-NNNNN.parquet``: with `scans.mix`, its recipes tell each scan's preset.

    Raises
    ------
    PapertraceError
        A table is missing, or the pages are not of this manifest.
    """
    from tqdm import tqdm

    truth_table, signal_table = shard_folder(pages) / "truth.parquet", shard_folder(traces) / "signals.parquet"
    for path in (manifest, pages, traces, truth_table, signal_table):
        if not path.is_file():
            raise PapertraceError(f"{path}: no such file; run the stage that writes it first")

    of_pages = ["page_id", "status", "reason", *tables.CEILINGS]
    page_rows = sorted(read_rows(pages, of_pages), key=lambda row: row["page_id"])
    trace_rows = _by_page(read_rows(traces, ["page_id", "input", "digitizer", "status", "reason"]))
    truth = _by_page(read_samples(truth_table, (*_OF_SERIES, "start_sample")))
    for page in page_rows:
        _add_ceilings(truth.get(page["page_id"], []), page)
    signals = _by_page(read_samples(signal_table, (*_OF_SERIES, "input", "digitizer")))
    planned = _planned(manifest, [row["page_id"] for row in page_rows])
    strangers = [row["page_id"] for row in page_rows if row["page_id"] not in planned]
    if strangers:
        raise PapertraceError(f"{pages}: page {strangers[0]} is not in {manifest}; run pages again with this manifest")
    # Every page answers for every input and digitizer of the shard that was to read it, whether the traces stage left
    # it a row or not.
    attempts = sorted({(row["input"], row["digitizer"]) for rows in trace_rows.values() for row in rows})

    condition = _conditions(config.scans, scans)
    scored: list[dict[str, Any]] = []
    beats: list[dict[str, Any]] = []
    experts: list[dict[str, Any]] = []
    marks = _Marks(config, manifest)
    for page in tqdm(page_rows, desc=f"scores {out.stem}", unit="page", disable=None):
        page_id = page["page_id"]
        given = {(row["input"], row["digitizer"]): row for row in trace_rows.get(page_id, [])}
        attempted = [
            _attempt(page, attempt, given.get(attempt))
            for attempt in attempts
            if attempt in given or is_read(config.traces, page_id, *attempt)
        ]
        drawn = truth.get(page_id, [])
        marked = marks.of_page(page_id, drawn) if config.scores.clinical else {}
        scores = score_page(drawn, signals.get(page_id, []), config.scores, attempted, marks=marked)
        of_page = {"page_id": page_id, **planned[page_id]}
        scored += [{**of_page, **condition(page_id, row["input"]), **row} for row in scores.rows]
        beats += [{**of_page, **block} for block in scores.beats]
        experts += [{**of_page, **block} for block in scores.experts]
    for rows in (scored, beats, experts):
        rows.sort(key=lambda row: tuple((row[key] is None, row[key]) for key in ORDER))
    with atomic_folder(shard_folder(out)) as folder:
        write_arrow(stacked(beats, tables.BEATS), folder / "beats.parquet")
        write_arrow(stacked(experts, tables.EXPERTS), folder / "experts.parquet")
    write_table(scored, tables.SCORES, out, holds=[shard_folder(out)])


class _Marks:
    """Experts' marks on pages, each record's files read once; none for simulated records."""

    def __init__(self, config: Config, manifest: Path) -> None:
        self._root = config.records.location
        rows = read_rows(manifest, ["page_id", "path"]) if self._root else []
        self._paths = {row["page_id"]: row["path"] for row in rows}
        self._read: dict[tuple[str, str], dict[str, Beats]] = {}

    def of_page(self, page_id: str, truth: list[dict[str, Any]]) -> dict[tuple[int, int], dict[str, Beats]]:
        """Return the marks on each stretch of a page, by row and column, in s from the page's first moment."""
        found = {}
        for row in truth if self._root and self._paths[page_id] else ():
            key = self._paths[page_id], row["lead"]
            if key not in self._read:
                self._read[key] = marks_of(self._root, *key, row["rate_hz"])
            last_s = row["start_s"] + (len(row["samples"]) - 1) / row["rate_hz"]
            late_s = row["start_s"] - row["start_sample"] / row["rate_hz"]
            found[row["row"], row["column"]] = {
                name: within(beats.later(late_s), row["start_s"], last_s) for name, beats in self._read[key].items()
            }
        return found


def read_samples(path: Path, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    """Read a table as `papertrace.io.read_rows` does, its lists of numbers as arrays: 50 times as fast."""
    table = read_table(path, list(columns)).combine_chunks()
    plain = [name for name in columns if not pa.types.is_list(table.schema.field(name).type)]
    rows = table.select(plain).to_pylist()
    for name in set(columns) - set(plain):
        lists = pc.fill_null(table[name].combine_chunks(), []) if table.num_rows else None
        if lists is None:
            continue
        ends = np.cumsum(pc.list_value_length(lists).to_numpy(zero_copy_only=False))
        flat = lists.flatten().to_numpy(zero_copy_only=False)
        for row, values in zip(rows, np.split(flat, ends[:-1]), strict=True):
            row[name] = values
    return rows


def _add_ceilings(rows: list[dict[str, Any]], page: dict[str, Any]) -> None:
    """Give each of a page's stretches its ceilings; both tables have the stretches in the labels' order."""
    for name in tables.CEILINGS:
        values = page[name] or [math.nan] * len(rows)
        for row, value in zip(rows, values, strict=True):
            row[name] = math.nan if value is None else value


def _by_page(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    grouped = defaultdict(list)
    for row in rows:
        grouped[row["page_id"]].append(row)
    return grouped


def _planned(manifest: Path, page_ids: list[str]) -> dict[str, dict[str, Any]]:
    table = read_table(manifest, ["page_id", *_OF_MANIFEST])
    mine = table.filter(pc.is_in(table["page_id"], value_set=pa.array(page_ids, pa.string())))
    return {row["page_id"]: {name: row[name] for name in _OF_MANIFEST} for row in mine.to_pylist()}


def _conditions(config: ScansConfig, scans: Path | None) -> Callable[[str, str], dict[str, str | None]]:
    """Return what tells preset and severity of a page's image of an input."""
    drawn: dict[str, str] = {}
    if scans is not None and config.mix:
        for row in read_rows(scans, ["page_id", "recipe"]):
            named = [item["name"] for item in json.loads(row["recipe"] or "[]") if item["artifact"] == "preset"]
            if named:
                drawn[row["page_id"]] = named[0]
    severities = ", ".join(f"{name.replace('_', ' ')} {level}" for name, level in sorted(config.severity.items()))

    def tell(page_id: str, input_: str) -> dict[str, str | None]:
        if input_ == "pages":
            return {"preset": "clean", "severity": None}
        return {"preset": drawn.get(page_id, config.preset), "severity": severities or None}

    return tell


def _attempt(page: dict[str, Any], attempt: tuple[str, str], trace: dict[str, Any] | None) -> dict[str, Any]:
    """The outcome of one digitizer on one page; a page that was never drawn cannot be ok."""
    status, reason = "failed", "the traces stage gave no row for this page"
    if page["status"] != "ok":
        status, reason = page["status"], page["reason"]
    elif trace is not None:
        status, reason = trace["status"], trace["reason"]
    return {"input": attempt[0], "digitizer": attempt[1], "status": status, "reason": reason}
