"""The manifest stage: the table of records in, one row per page out, before any image is made."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from papertrace import tables
from papertrace.config import Config
from papertrace.errors import ConfigError
from papertrace.io import read_rows, write_table
from papertrace.manifest.layouts import LayoutChoice, choose_layout
from papertrace.manifest.recipes import limited_windows, page_total, window_length, window_start, windows_per_record
from papertrace.manifest.splits import assign_splits, by_fold, by_hash
from papertrace.pages.layouts import known_layouts
from papertrace.seeds import derive_seed

T = TypeVar("T")


def run(config: Config, records: Path, out: Path) -> None:
    """Plan every page of a dataset and write the table `papertrace.tables.MANIFEST`.

    Parameters
    ----------
    config : Config
        Its keys `seed`, `limit`, `manifest` and `pages` are used.
    records : Path
        The table of the records stage.
    out : Path
        The table to write.

    Raises
    ------
    ConfigError
        The records do not suit the recipe.
    """
    rows = plan(config, read_rows(records))
    write_table(rows, tables.MANIFEST, out)


def plan(config: Config, records: list[dict]) -> list[dict]:
    """Return the manifest's rows, sorted by page id.

    A record that cannot be used keeps its pages; they are failed, with the record's reason.

    Parameters
    ----------
    config : Config
        As for `run`.
    records : list of dict
        Rows of `papertrace.tables.RECORDS`.
    """
    if not records:
        raise ConfigError("the table of records is empty: name a folder that holds records")
    records = sorted(records, key=lambda record: record["record"])
    counts = windows_per_record(config, len(records))
    splits = splits_of(config, records)
    windows = limited_windows(counts, by_hash(*_names_and_sources(records), "limit"), config.limit)
    rows = [
        _page(config, record, split, window, count)
        for record, split, chosen, count in zip(records, splits, windows, counts, strict=True)
        for window in chosen
    ]
    assert len(rows) == page_total(config, len(records))
    return sorted(rows, key=lambda row: row["page_id"])


def splits_of(config: Config, records: list[dict]) -> list[str]:
    """Return the split of each record: by the database's own folds where it has some, else by the config's shares."""
    folds = [record["fold"] for record in records]
    if any(folds):
        return by_fold(folds)
    shares = config.manifest.validation_share, config.manifest.test_share
    return assign_splits(*_names_and_sources(records), *shares)


def _names_and_sources(records: list[dict]) -> tuple[list[str], list[str]]:
    return [record["record"] for record in records], [record["source_database"] for record in records]


def _page(config: Config, record: dict, split: str, window: int, n_windows: int) -> dict:
    """Return one page's row."""
    page_id = f"{record['record']}_{window:05d}"
    row = {
        **dict.fromkeys(tables.MANIFEST.names),
        **{key: record[key] for key in ("record", "path", "database", "source_database", "rate_hz")},
        "page_id": page_id,
        "split": split,
        "window": window,
        "dpi": _dpi(config, page_id),
        "speed_mm_s": float(_pick(config.pages.speed_mm_s, config, page_id, "speed")),
        "gain_mm_mv": float(_pick(config.pages.gain_mm_mv, config, page_id, "gain")),
        "seed_pages": derive_seed(config.seed, page_id, "pages"),
        "seed_scans": derive_seed(config.seed, page_id, "scans"),
        "status": "ok",
    }
    if record["status"] != "ok":
        return row | {"status": record["status"], "reason": record["reason"]}
    length = window_length(config, record["n_samples"], record["rate_hz"], n_windows)
    choice = _choose(config, page_id, record["leads"])
    if record["n_samples"] < length:
        reason = (
            f"{record['path']}: {record['n_samples'] / record['rate_hz']:g} s long, shorter than a window of "
            f"{config.manifest.window_s:g} s; shorten `manifest.window_s` or leave the record out"
        )
        return row | {"status": "failed", "reason": reason}
    if isinstance(choice, str):
        return row | {"status": "failed", "reason": f"{record['path']}: {choice}"}
    start = window_start(record["n_samples"], length, window, n_windows)
    return row | {
        "start_sample": start,
        "n_samples": length,
        "start_s": start / record["rate_hz"],
        "duration_s": length / record["rate_hz"],
        "leads": choice.leads,
        "layout": choice.name,
    }


def _choose(config: Config, page_id: str, leads: list[str]) -> LayoutChoice | str:
    """Return the page's layout: one drawn of those that the config names and the record can fill."""
    layouts = known_layouts(config.pages.layouts)
    choices = [choose_layout(name, leads, layouts) for name in config.pages.layout]
    fitting = [choice for choice in choices if isinstance(choice, LayoutChoice)]
    return _pick(fitting, config, page_id, "layout") if fitting else choices[0]


def _dpi(config: Config, page_id: str) -> float:
    """Return the page's resolution: as the config says, or a whole number of its range."""
    low, high = config.pages.dpi
    whole = range(math.ceil(low), math.floor(high) + 1)
    return low if low == high or not whole else float(_pick(whole, config, page_id, "dpi"))


def _pick(choices: Sequence[T], config: Config, page_id: str, what: str) -> T:
    """Return one of the choices, all equally likely; a function of the seed, the page and what is chosen."""
    return choices[derive_seed(config.seed, page_id, what) % len(choices)]
