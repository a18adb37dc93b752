from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from papertrace import tables
from papertrace.config import Config
from papertrace.errors import ConfigError
from papertrace.io import read_rows, read_table
from papertrace.records import stage
from papertrace.records.listing import RecordRef


def folder_config(folder, database="other") -> Config:
    return Config.model_validate({"records": {"source": "folder", "folder": str(folder), "database": database}})


def run(folder, out, database="other") -> dict[str, dict]:
    stage.run(folder_config(folder, database), out)
    assert read_table(out).schema.equals(tables.RECORDS)
    rows = read_rows(out)
    assert [row["record"] for row in rows] == sorted(row["record"] for row in rows)
    return {row["record"]: row for row in rows}


def test_one_bad_record_never_stops_the_others(write_record, beats, tmp_path):
    for name in ("good-1", "cut", "no-dat", "damaged", "good-2"):
        root = write_record(name, beats)
    (root / "cut.dat").write_bytes((root / "cut.dat").read_bytes()[:300])
    (root / "no-dat.dat").unlink()
    (root / "damaged.dat").write_bytes(b"\1" + (root / "damaged.dat").read_bytes()[1:])
    (root / "empty.hea").write_text("")
    (root / "garbage.hea").write_bytes(bytes(range(256)))
    (root / "RECORDS").write_text("good-1\ncut\nno-dat\ndamaged\nno-hea\nempty\ngarbage\ngood-2\n")
    rows = run(root, tmp_path / "out" / "records.parquet")
    reasons = {name: row["reason"] for name, row in rows.items()}
    assert {name for name, row in rows.items() if row["status"] == "ok"} == {"good-1", "good-2"}
    assert all((reason is None) == (rows[name]["status"] == "ok") for name, reason in reasons.items())
    assert reasons["cut"] == "cut.dat: cut short, 2,400 of 2,500 samples a lead are missing; fetch the file again"
    assert reasons["no-dat"] == "no-dat.dat: no such signal file, though no-dat.hea names it; fetch it"
    assert reasons["damaged"].startswith("damaged.dat: the samples of ECG1 do not add up to the checksum ")
    assert reasons["no-hea"] == "no-hea.hea: no such header; fetch it, or take the record off the RECORDS list"
    assert reasons["empty"] == "empty.hea: is empty; fetch it again"
    assert reasons["garbage"].startswith("garbage.hea: ")
    assert str(tmp_path) not in "".join(filter(None, reasons.values())), "tables hold no absolute paths"
    assert rows["cut"]["n_samples"] == 2500, "what the header says is kept"
    assert rows["empty"]["n_samples"] is None
    assert rows["cut"]["sha256"] is None


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 10_000), st.binary(max_size=3), st.integers(0, 4)), min_size=1, max_size=3))
def test_no_damage_to_a_header_ends_in_anything_but_a_row(write_record, beats, changes):
    root = write_record("r", beats)
    text = (root / "r.hea").read_bytes()
    for place, inserted, deleted in changes:
        place %= len(text)
        text = text[:place] + inserted + text[place + deleted :]
    (root / "r.hea").write_bytes(text)
    row = stage.examine(root, RecordRef("r", "r"), "other")
    assert set(row) == set(tables.RECORDS.names)
    assert (row["status"], row["reason"]) == ("ok", None) or (row["status"] == "failed" and len(row["reason"]) > 20)


def test_same_records_same_bytes(write_record, beats, tmp_path):
    root = write_record("sub/r", beats)
    for name in ("a", "b"):
        run(root, tmp_path / name / "records.parquet")
    assert (tmp_path / "a/records.parquet").read_bytes() == (tmp_path / "b/records.parquet").read_bytes()


def test_empty_folder_is_a_config_error(tmp_path):
    with pytest.raises(ConfigError, match="holds no records"):
        stage.run(folder_config(tmp_path), tmp_path / "records.parquet")
    assert not (tmp_path / "records.parquet").exists()


def test_simulation(tmp_path):
    config = Config.model_validate({"records": {"simulation": {"two_lead": 1, "twelve_lead": 1, "duration_s": 5}}})
    stage.run(config, tmp_path / "records.parquet")
    rows = read_rows(tmp_path / "records.parquet")
    assert [(row["record"], row["status"], len(row["leads"])) for row in rows] == [
        ("twelve-lead-0000", "ok", 12),
        ("two-lead-0000", "ok", 2),
    ]
    assert {row["source_database"] for row in rows} == {"simulation"}
    assert (tmp_path / "wfdb" / "two-lead-0000.dat").is_file()


def test_whole_qtdb(shared_data, tmp_path):
    rows = run(shared_data / "qtdb", tmp_path / "records.parquet", "qtdb")
    assert {row["status"] for row in rows.values()} == {"ok"}, "every real checksum agrees"
    assert Counter(row["source_database"] for row in rows.values()) == {
        "mitdb": 15,
        "stdb": 6,
        "svdb": 13,
        "ltdb": 4,
        "edb": 33,
        "nsrdb": 10,
        "sddb": 24,
    }
    assert {row["rate_hz"] for row in rows.values()} == {250.0}
    assert set(Counter(row["n_samples"] for row in rows.values())) == {225_000, 224_999, 224_993}
    offsets = [name for name, row in rows.items() if any("DC offset" in issue for issue in row["lead_issues"])]
    assert len(offsets) == 37, "by the mean; by the median sel116 is one more"
    for name in ("sel100", "sel102", "sel103", "sel104"):
        assert all(4.7 < float(issue.split()[3]) < 5.3 for issue in rows[name]["lead_issues"])
    assert sum(row["leads"] == ["ECG1", "ECG2"] for row in rows.values()) == 57


@pytest.mark.parametrize(("database", "count", "leads"), [("ludb", 80, "avr"), ("ptbxl", 200, "AVR")])
def test_twelve_lead_databases(shared_data, tmp_path, database, count, leads):
    rows = run(shared_data / database, tmp_path / "records.parquet", database)
    assert len(rows) == count
    assert all(row["status"] == "ok" and row["leads"][3] == leads for row in rows.values())
    assert {(row["n_samples"], row["rate_hz"], row["source_database"]) for row in rows.values()} == {
        (5000, 500, database)
    }
