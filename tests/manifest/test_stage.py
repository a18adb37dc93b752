from __future__ import annotations

from collections import Counter, defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papertrace import tables
from papertrace.config import Config
from papertrace.errors import ConfigError
from papertrace.io import read_rows, read_table, write_table
from papertrace.manifest import stage
from papertrace.records import stage as records_stage
from papertrace.seeds import derive_seed


def record(name, n_samples=5000, leads=("I", "II"), status="ok", reason=None, source="x", rate_hz=250.0, fold=None):
    return {
        "record": name,
        "path": f"data/{name}",
        "database": "other",
        "source_database": source,
        "rate_hz": rate_hz if status == "ok" else None,
        "n_samples": n_samples if status == "ok" else None,
        "leads": list(leads) if status == "ok" else None,
        "lead_issues": [""] * len(leads) if status == "ok" else None,
        "sha256": "0" * 64 if status == "ok" else None,
        "patient": None,
        "fold": fold,
        "status": status,
        "reason": reason,
    }


def config(windows=4, limit=None, seed=1, shard_size=100, layout="auto", **manifest) -> Config:
    return Config.model_validate(
        {
            "limit": limit,
            "seed": seed,
            "shard_size": shard_size,
            "manifest": {"windows_per_record": windows, **manifest},
            "pages": {"layout": layout},
        }
    )


RECORDS = [record("b"), record("a"), record("a1"), record("c", n_samples=7500)]


def test_rows_are_sorted_by_page_id_and_fit_the_schema(tmp_path):
    write_table(RECORDS, tables.RECORDS, tmp_path / "records.parquet")
    stage.run(config(), tmp_path / "records.parquet", tmp_path / "manifest.parquet")
    assert read_table(tmp_path / "manifest.parquet").schema.equals(tables.MANIFEST)
    rows = read_rows(tmp_path / "manifest.parquet")
    ids = [row["page_id"] for row in rows]
    assert ids == sorted(ids)
    assert len(set(ids)) == 16
    assert [row for row in rows if row["record"] == "c"][1] == {
        "page_id": "c_00001",
        "record": "c",
        "path": "data/c",
        "database": "other",
        "source_database": "x",
        "split": rows[-1]["split"],
        "window": 1,
        "start_sample": 1666,
        "n_samples": 2500,
        "rate_hz": 250.0,
        "start_s": 6.664,
        "duration_s": 10.0,
        "leads": ["I", "II"],
        "layout": "2x1",
        "dpi": 200.0,
        "speed_mm_s": 25.0,
        "gain_mm_mv": 10.0,
        "seed_pages": derive_seed(1, "c_00001", "pages"),
        "seed_scans": derive_seed(1, "c_00001", "scans"),
        "status": "ok",
        "reason": None,
    }


@given(st.integers(1, 20), st.integers(1, 100), st.permutations(RECORDS))
def test_a_limited_manifest_is_a_subset_of_the_whole_one(limit, shard_size, records):
    whole = {row["page_id"]: row for row in stage.plan(config(), RECORDS)}
    rows = stage.plan(config(limit=limit, shard_size=shard_size), records)
    assert len(rows) == min(limit, 16)
    assert all(whole[row["page_id"]] == row for row in rows)
    counts = Counter(row["record"] for row in rows)
    assert max(counts.values()) - min(counts[name] for name in "abc") <= 1


def test_another_seed_changes_the_seeds_and_nothing_else():
    for one, other in zip(stage.plan(config(seed=1), RECORDS), stage.plan(config(seed=2), RECORDS), strict=True):
        changed = {key for key in one if one[key] != other[key]}
        assert changed == {"seed_pages", "seed_scans"}


def test_bad_records_keep_their_pages():
    records = [
        record("gone", status="failed", reason="gone.dat: no such signal file; fetch it"),
        record("ok"),
        record("short", n_samples=2499),
        record("single", leads=["ECG"]),
    ]
    rows = stage.plan(config(windows=2, layout="2x1"), records)
    by_record = defaultdict(list)
    for row in rows:
        by_record[row["record"]].append(row)
    assert {name: len(pages) for name, pages in by_record.items()} == dict.fromkeys(
        ("gone", "ok", "short", "single"), 2
    )
    assert {row["status"] for row in by_record["ok"]} == {"ok"}
    assert {row["reason"] for row in by_record["gone"]} == {"gone.dat: no such signal file; fetch it"}
    (short,) = {row["reason"] for row in by_record["short"]}
    assert short.startswith("data/short: 9.996 s long, shorter than a window of 10 s; shorten `manifest.window_s`")
    (single,) = {row["reason"] for row in by_record["single"]}
    assert single.startswith("data/single: layout 2x1 needs two leads")
    for row in by_record["gone"] + by_record["short"] + by_record["single"]:
        assert (row["status"], row["start_sample"], row["layout"]) == ("failed", None, None)
        assert row["split"]


def test_an_empty_table_of_records_is_told():
    with pytest.raises(ConfigError, match="table of records is empty"):
        stage.plan(config(), [])


@pytest.fixture(scope="session")
def qtdb_records(shared_data, tmp_path_factory):
    qtdb = Config.model_validate(
        {"records": {"source": "folder", "folder": str(shared_data / "qtdb"), "database": "qtdb"}}
    )
    out = tmp_path_factory.mktemp("qtdb") / "records.parquet"
    records_stage.run(qtdb, out)
    return read_rows(out)


def test_the_headline_run(qtdb_records):
    rows = stage.plan(config(recipe="qtdb-21801"), qtdb_records)
    assert len(rows) == 21_801
    assert {row["status"] for row in rows} == {"ok"}
    lengths = {row["record"]: row["n_samples"] for row in qtdb_records}
    assert len(lengths) == 105
    assert all(row["start_sample"] + row["n_samples"] <= lengths[row["record"]] for row in rows)
    assert {(row["n_samples"], row["duration_s"], row["layout"]) for row in rows} == {(2500, 10.0, "2x1")}
    splits = defaultdict(set)
    for row in rows:
        splits[row["record"]].add(row["split"])
    assert all(len(split) == 1 for split in splits.values()), "by record, never by window"
    assert Counter(split for (split,) in splits.values()) == {"train": 63, "validation": 16, "test": 26}
    in_test = {row["source_database"] for row in rows if row["split"] == "test"}
    assert in_test == {"mitdb", "stdb", "svdb", "ltdb", "edb", "nsrdb", "sddb"}


def test_disjoint_windows_do_not_overlap(qtdb_records):
    rows = stage.plan(config(recipe="qtdb-disjoint"), qtdb_records)
    assert len(rows) == 9_450
    ends = {}
    for row in rows:
        assert row["start_sample"] >= ends.get(row["record"], 0)
        ends[row["record"]] = row["start_sample"] + row["n_samples"]


def test_two_pages_a_record(qtdb_records):
    rows = stage.plan(config(recipe="qtdb-21801", limit=210), qtdb_records)
    assert Counter(Counter(row["record"] for row in rows).values()) == {2: 105}
    assert {row["window"] for row in rows if row["record"] == "sel100"} == {52, 156}


@pytest.mark.parametrize("limit", [7, 50, 104])
def test_fewer_pages_than_records_spread_over_the_source_databases(qtdb_records, limit):
    rows = stage.plan(config(recipe="qtdb-21801", limit=limit), qtdb_records)
    assert max(Counter(row["record"] for row in rows).values()) == 1
    sizes = Counter(row["source_database"] for row in qtdb_records)
    found = Counter(row["source_database"] for row in rows)
    assert all(abs(found[name] - limit * size / 105) <= 1 for name, size in sizes.items())


def test_recommended_folds_decide_the_split_and_no_patient_is_in_two():
    folds = {f"r{k:02d}": 1 + k % 10 for k in range(40)}
    records = [record(name, fold=fold) for name, fold in folds.items()] + [record("unknown")]
    rows = stage.plan(config(windows=1, test_share=0.9, validation_share=0.1), records)
    expected = {9: "validation", 10: "test"}
    assert {row["record"]: row["split"] for row in rows} == {
        **{name: expected.get(fold, "train") for name, fold in folds.items()},
        "unknown": "train",
    }
