"""The benchmark on foreign pages: what it takes for the truth, what it reads back, and what it says."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def benchmark():
    """The script, as a module."""
    spec = importlib.util.spec_from_file_location("foreign_pages", ROOT / "benchmarks/foreign_pages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def ludb(tmp_path_factory) -> Path:
    """A folder laid out as LUDB, with record 7: lead k is a sine of k + 1 Hz, 1 mV high."""
    import wfdb

    folder = tmp_path_factory.mktemp("ludb")
    (folder / "data").mkdir()
    t = np.arange(5500) / 500
    wfdb.wrsamp(
        "7",
        fs=500,
        units=["mV"] * 12,
        sig_name=["i", "ii", "iii", "avr", "avl", "avf", "v1", "v2", "v3", "v4", "v5", "v6"],
        p_signal=np.stack([np.sin(2 * np.pi * (k + 1) * t) for k in range(12)], axis=1),
        fmt=["16"] * 12,
        write_dir=str(folder / "data"),
    )
    return folder


def write_read(out: Path, stem: str, leads: list[dict], gain: float = 1.0, offset: float = 0.0) -> None:
    """Write CSV and JSON as `papertrace digitize` does, of a reader that read every lead `gain` too high."""
    names = [lead["lead"] for lead in leads]
    columns = np.full((5000, len(leads)), np.nan)
    for k, lead in enumerate(leads):
        first = round(lead["start_s"] * 500)
        columns[first : first + len(lead["samples"]), k] = gain * lead["samples"] + offset
    lines = [
        ",".join([str(n / 500), *("" if np.isnan(v) else f"{v:.4f}" for v in row)]) for n, row in enumerate(columns)
    ]
    (out / f"{stem}.csv").write_text("\n".join([",".join(["time_s", *names]), *lines]) + "\n")
    places = [
        {key: lead[key] for key in ("lead", "row", "column", "start_s")}
        | {"end_s": lead["start_s"] + len(lead["samples"]) / 500}
        for lead in leads
    ]
    # Lead II also in its column, shorter than the rhythm strip, and in the CSV only once.
    places.insert(1, {"lead": "II", "row": 1, "column": 0, "start_s": 0.0, "end_s": 2.5})
    report = {"status": "ok", "reason": None, "rate_hz": 500.0, "leads": places}
    (out / f"{stem}.json").write_text(json.dumps(report))


def test_the_truth_is_each_lead_once_at_its_time(benchmark, ludb):
    truth = {row["lead"]: row for row in benchmark.truth_leads(ludb, "data/7")}
    assert len(truth) == 12
    assert (truth["II"]["row"], truth["II"]["start_s"], len(truth["II"]["samples"])) == (3, 0.0, 5000)
    assert (truth["V5"]["row"], truth["V5"]["column"], truth["V5"]["start_s"]) == (1, 3, 7.5)
    t = 7.5 + np.arange(1250) / 500
    np.testing.assert_allclose(truth["V5"]["samples"], np.sin(2 * np.pi * 11 * t), atol=1e-4)


def test_a_gain_error_of_ten_percent_is_20_db(benchmark, ludb, tmp_path):
    write_read(tmp_path, "ludb-007", benchmark.truth_leads(ludb, "data/7"), gain=1.1)
    rows = benchmark.score(tmp_path, "ludb-007", ludb)
    assert [row["status"] for row in rows] == ["ok"] * 12
    assert all(row["name_read"] for row in rows)
    assert [row["snr_db"] for row in rows] == pytest.approx([20.0] * 12, abs=0.05)


def test_an_offset_is_held_against_the_strict_figure_only(benchmark, ludb, tmp_path):
    write_read(tmp_path, "ludb-007", benchmark.truth_leads(ludb, "data/7"), offset=0.5)
    for row in benchmark.score(tmp_path, "ludb-007", ludb):
        assert row["snr_db"] == pytest.approx(10 * np.log10(0.5 / 0.25), abs=0.05)
        assert row["offset_mv"] == pytest.approx(0.5, abs=0.001)
        assert row["snr_aligned_db"] > 60


def test_leads_that_were_not_read_and_pages_without_a_record_are_counted(benchmark, ludb, tmp_path):
    write_read(tmp_path, "ludb-007", benchmark.truth_leads(ludb, "data/7")[:9], gain=1.1)
    (tmp_path / "ludb-008.json").write_text(json.dumps({"status": "failed", "reason": "no grid", "leads": []}))
    stems = ("ludb-007", "ludb-008")
    pages = {stem: benchmark.score(tmp_path, stem, ludb) for stem in stems}
    assert pages["ludb-008"] is None
    text = benchmark.markdown(pages)
    assert "| ludb-007 | 9/12 | 20.00 | 20.00 |" in text
    assert "1 of 2 pages have a record to compare with; none for ludb-008." in text
    assert "3 of 12 leads were not read" in text


def test_a_page_that_failed_keeps_its_reason(benchmark, ludb, tmp_path):
    (tmp_path / "ludb-007.json").write_text(json.dumps({"status": "failed", "reason": "no grid", "leads": []}))
    text = benchmark.markdown({"ludb-007": benchmark.score(tmp_path, "ludb-007", ludb)})
    assert "| ludb-007 | 0/12 | - | - | - | - | - |" in text
    assert "* ludb-007: no grid" in text


def test_digitizers_stand_below_each_other(benchmark, ludb, tmp_path):
    write_read(tmp_path, "ludb-007", benchmark.truth_leads(ludb, "data/7"), gain=1.1)
    one = {"ludb-007": benchmark.score(tmp_path, "ludb-007", ludb), "ludb-008": None}
    lost = {"ludb-007": [{**row, "status": "failed"} for row in one["ludb-007"]]}
    lines = benchmark.by_digitizer({"good": one, "lost": lost}).splitlines()
    assert lines[2].startswith("| good | 12/12 | 20.00 | 20.01 | 20.00 | 20.00 |")
    assert lines[3] == "| lost | 0/12 | - | - | - | - | - |"
