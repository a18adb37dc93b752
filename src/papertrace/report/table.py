"""The report's table of pages: a row a page, input and digitizer, as compact columns for the browser.

What is the same for all readings of a page is told once a page. Figures are whole numbers (value × scale), so that
130,000 rows of some forty columns stay within the tens of megabytes and load in about a second.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from papertrace.config import Config
from papertrace.figures.data import Results, read_columns
from papertrace.plan import shard_name
from papertrace.report.columns import GROUPS, by_magnitude, decimals_of, group_of, title_of

_KEYS = ["page_id", "input", "digitizer"]
_PAGE_COLUMNS = ["record", "source_database", "split", "layout", "dpi", "speed_mm_s", "gain_mm_mv", "start_s"]
_READ = {"layout": "layout_read", "speed_mm_s": "speed_read_mm_s", "gain_mm_mv": "gain_read_mm_mv"}
_NOT_SHOWN_OF_TRACES = {*_KEYS, "status"}

SHOWN_FIRST = (
    *("page_id", "input", "digitizer", "status", "preset", "layout", "dpi", "snr_db", "snr_aligned_db"),
    *("rr_ms_error", "qrs_ms_error", "qt_ms_error", "reason"),
)
"""Columns that the table shows before a person chooses others, in this order."""

FILTERS = ("digitizer", "input", "status", "preset", "dpi", "layout", "split", "source_database")
"""Columns that can be narrowed to one of their values, in the order in which they are offered."""

_INFINITE = 2**31 - 1


@dataclass(frozen=True)
class Column:
    """A column of the table.

    Attributes
    ----------
    name, title, group : str
        What it is called in the tables and in the report, and which of `papertrace.report.columns.GROUPS` it is in.
    per_page : bool
        Whether it has a value a page, instead of one a reading.
    values : list or ndarray
        Text (None where there is none) or float64 (NaN where there is none).

    """

    name: str
    title: str
    group: str
    per_page: bool
    values: Sequence[str | None] | np.ndarray

    def encoded(self) -> dict[str, Any]:
        """Return the column as the browser takes it; texts as codes into a sorted list, figures as whole numbers."""
        told = {"name": self.name, "title": self.title, "group": self.group, "perPage": self.per_page}
        told |= {"shown": self.name in SHOWN_FIRST, "magnitude": by_magnitude(self.name)}
        if isinstance(self.values, np.ndarray):
            decimals = 0 if _all_whole(self.values) else decimals_of(self.name)
            return told | {"kind": "number", "decimals": decimals, "values": _whole(self.values, decimals)}
        coded = pa.array(self.values, pa.string()).dictionary_encode()
        order = np.argsort(np.array(coded.dictionary.to_pylist(), object), kind="stable")
        rank = np.empty(len(order), int)
        rank[order] = np.arange(len(order))
        codes = coded.indices.fill_null(-1).to_numpy()
        codes = np.where(codes < 0, -1, rank[codes] if len(rank) else -1)
        return told | {
            "kind": "text",
            "texts": [coded.dictionary[int(k)].as_py() for k in order],
            "codes": codes.tolist(),
        }


@dataclass(frozen=True)
class PageTable:
    """The table: ids of the pages, for each reading which page it is of, and the columns."""

    page_ids: list[str]
    page_of: np.ndarray
    columns: list[Column]

    def to_json(self) -> str:
        """Return the table as JSON."""
        data = {
            "rows": len(self.page_of),
            "pageIds": self.page_ids,
            "pageOf": self.page_of.tolist(),
            "groups": GROUPS,
            "filters": FILTERS,
            "columns": [column.encoded() for column in self.columns],
        }
        return json.dumps(data, separators=(",", ":"))


def build(config: Config, results: Results) -> PageTable:
    """Join what is known of every reading: the page, the scan, what the digitizer said, and the scores.

    Raises
    ------
    PapertraceError
        If a table is missing or torn.

    """
    manifest = read_columns(results.folder / "manifest" / "manifest.parquet", ["page_id", *_PAGE_COLUMNS])
    page_ids = manifest["page_id"].to_pylist()
    number = {page_id: k for k, page_id in enumerate(page_ids)}
    readings = results.pages
    page_of = np.array([number[page_id] for page_id in readings["page_id"].to_pylist()], int)
    columns = [_column(name, "page", True, manifest[name]) for name in _PAGE_COLUMNS]
    shards = [shard_name(k) for k in range(-(-len(page_ids) // config.shard_size))]
    columns += _artifacts(config, results.folder, shards, readings, page_of, number)
    head = [_column(name, "reading", False, readings[name]) for name in (*_KEYS[1:], "status")]
    said = _said(results.folder, shards, readings)
    known = {*_KEYS, *_PAGE_COLUMNS, "status", "preset"}
    names = [name for name in readings.column_names if name not in known]
    scores = [_column(name, group_of(name), False, readings[name]) for name in names]
    columns = [*head, *columns, *said, *scores]
    first = [column for name in SHOWN_FIRST for column in columns if column.name == name]
    return PageTable(page_ids, page_of, [*first, *(column for column in columns if column.name not in SHOWN_FIRST)])


def _column(name: str, group: str, per_page: bool, values: pa.ChunkedArray, title: str | None = None) -> Column:
    text = pa.types.is_string(values.type)
    cells = values.to_pylist() if text else values.cast(pa.float64()).to_numpy().copy()
    return Column(name, title or title_of(name), group, per_page, cells)


def _artifacts(
    config: Config,
    folder: Path,
    shards: list[str],
    readings: pa.Table,
    page_of: np.ndarray,
    number: dict[str, int],
) -> list[Column]:
    """Return preset and artifacts of every reading; of a clean page they are ``clean`` and none."""
    presets: list[str | None] = [None] * len(number)
    artifacts: list[str | None] = [None] * len(number)
    for shard in shards:
        table = read_columns(folder / "scans" / f"{shard}.parquet", ["page_id", "recipe"])
        for page_id, recipe in zip(table["page_id"].to_pylist(), table["recipe"].to_pylist(), strict=True):
            steps = json.loads(recipe or "[]")
            drawn = [step["name"] for step in steps if step["artifact"] == "preset"]
            presets[number[page_id]] = drawn[0] if drawn else config.scans.preset or "as configured"
            names = dict.fromkeys(step["artifact"] for step in steps if step["artifact"] != "preset")
            artifacts[number[page_id]] = ", ".join(names)
    clean = [given == "pages" for given in readings["input"].to_pylist()]
    of_scan = list(zip(clean, page_of, strict=True))
    return [
        Column("preset", "preset", "page", False, ["clean" if is_clean else presets[k] for is_clean, k in of_scan]),
        Column(
            "artifacts", "artifacts", "page", False, [None if is_clean else artifacts[k] for is_clean, k in of_scan]
        ),
    ]


def _said(folder: Path, shards: list[str], readings: pa.Table) -> list[Column]:
    """Return what the digitizers said of every reading, in the order of the readings."""
    said = pa.concat_tables([read_columns(folder / "traces" / f"{shard}.parquet", None) for shard in shards])
    names = [name for name in said.column_names if name not in _NOT_SHOWN_OF_TRACES]
    # A join would not keep the order: find each reading's row by its key.
    place = {key: k for k, key in enumerate(zip(*(said[name].to_pylist() for name in _KEYS), strict=True))}
    keys = zip(*(readings[name].to_pylist() for name in _KEYS), strict=True)
    rows = pa.array([place.get(key) for key in keys], pa.int64())
    columns = []
    for name in ("reason", *(name for name in names if name != "reason")):
        values = pc.take(said[name], rows)
        columns.append(_column(_READ.get(name, name), "reading", False, values))
    return columns


def _all_whole(values: np.ndarray) -> bool:
    finite = values[np.isfinite(values)]
    return bool((finite == np.rint(finite)).all())


def _whole(values: np.ndarray, decimals: int) -> list[int | None]:
    """Return figures × 10^decimals as whole numbers, None where there is none, ±(2^31 - 1) for infinities."""
    scaled = np.clip(np.rint(values * 10.0**decimals), -_INFINITE, _INFINITE)
    cells = scaled.astype(object)
    cells[~np.isnan(scaled)] = scaled[~np.isnan(scaled)].astype(np.int64)
    cells[np.isnan(scaled)] = None
    return cells.tolist()
