"""What docs/results/qtdb-21801.md holds of a run: its wall clock, its losses and its scores."""

from __future__ import annotations

import os
import runpy
from pathlib import Path

import pyarrow as pa
import pytest

from papertrace.errors import PapertraceError
from papertrace.scores.summary import summarise, to_csv
from papertrace.tables import SCORES

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def full_run():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "benchmarks")
        yield runpy.run_path(ROOT / "benchmarks/full_run.py")


def cells_of(table: str, line: int) -> dict[str, str]:
    """Return the cells of a table's line by their titles."""
    lines = [[cell.strip() for cell in text.strip("|").split("|")] for text in table.splitlines()]
    # titles that differ by a blank at the end are of different columns
    return dict(zip(table.splitlines()[0].strip("| ").split(" | "), lines[line + 2], strict=True))


def test_a_stop_is_no_work(full_run):
    assert full_run["sessions"]([(0, 10), (5, 20), (70, 90), (1000, 1010)]) == [(0, 90), (1000, 1010)]


def test_wall_clock_is_told_by_the_benchmark_files(full_run, tmp_path, monkeypatch):
    for stage, shard, begin, end in [
        ("pages", "shard-00000", 0, 30),
        ("pages", "shard-00001", 0, 50),
        ("traces", "shard-00000", 31, 100),
        ("traces", "shard-00001", 4000, 4080),
    ]:
        file = tmp_path / "benchmarks" / stage / f"{shard}.tsv"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"s\tmax_rss\n{end - begin}\t100\n")
        os.utime(file, (1e9 + end, 1e9 + end))
    stages = [type("Cost", (), {"stage": "pages", "pages": 90})]
    monkeypatch.setitem(full_run["run_table"].__globals__, "stage_costs", lambda results: stages)
    told = dict(line.strip("| ").split(" | ") for line in full_run["run_table"](tmp_path, 2).splitlines()[2:])
    assert told["jobs"] == "4"
    assert told["parts that it was made in"] == "2"
    assert told["wall clock, summed over the parts"] == "0.05 h"  # 100 s and 80 s
    assert told["share of 2 cores that jobs were at work on"] == f"{229 / 360:.1%}"
    assert told["core seconds a page, all in all"] == "4.000"


def test_losses_are_counted_by_reason(full_run):
    row = {"input": "scans", "digitizer": "network", "status": "rejected", "reason": "no trace", "page_lost": "True"}
    table = full_run["failure_table"]([row, row, row | {"reason": "no grid"}, row | {"page_lost": "False"}])
    assert cells_of(table, 0)["images"] == "2"
    assert cells_of(table, 1)["reason"] == "no grid"
    assert len(table.splitlines()) == 4
    assert full_run["failure_table"]([]) == "No image was lost.\n"


def test_scores_are_of_the_split_that_was_named(full_run, tmp_path):
    rows = [
        dict.fromkeys(SCORES.names)
        | {"page_id": page, "input": "scans", "digitizer": "network", "lead": "I", "status": "ok"}
        | {"split": split, "snr_db": snr_db}
        for page, split, snr_db in [("a", "test", 10.0), ("b", "test", 20.0), ("c", "train", 40.0)]
    ]
    (tmp_path / "summary.csv").write_text(to_csv(summarise(pa.Table.from_pylist(rows, schema=SCORES).to_pandas())))
    summary = full_run["_read"](tmp_path / "summary.csv")
    told = cells_of(full_run["snr_table"](summary, "test"), 0)
    assert (told["pages"], told["leads read"], told["strict: mean ± SD"]) == ("2", "2/2", "15.00 ± 7.07")
    study = cells_of(full_run["snr_table"](summary, "test"), 2)
    assert study["strict: mean ± SD"] == "11.88"
    with pytest.raises(PapertraceError, match="no page of the split validation"):
        full_run["snr_table"](summary, "validation")
