"""The configs at hand, on what there is of their databases: a 12-lead page of each record, at the record's own rate."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from papertrace.config import validate_config
from papertrace.io import read_rows
from papertrace.manifest import stage as manifest
from papertrace.pages import stage as pages
from papertrace.records import stage as records

CONFIGS = Path(__file__).resolve().parents[2] / "config"


@pytest.mark.parametrize(("name", "count"), [("ptbxl", 200), ("ludb", 80)])
def test_a_page_of_each_record(shared_data, tmp_path, name, count):
    data = yaml.safe_load((CONFIGS / f"{name}.yaml").read_text())
    data["records"] |= {"source": "folder", "folder": str(shared_data / name)}
    config = validate_config({**data, "shard_size": 5})
    tables = [tmp_path / f"{stage}/{stage}.parquet" for stage in ("records", "manifest")]
    records.run(config, tables[0])
    manifest.run(config, *tables)
    rows = read_rows(tables[1])
    assert len(rows) == len({row["record"] for row in rows}) == count
    assert {(row["status"], row["layout"], row["rate_hz"], row["n_samples"]) for row in rows} == {
        ("ok", "3x4+1", 500.0, 5000)
    }
    assert all(len(row["leads"]) == 12 and row["start_sample"] == 0 for row in rows)
    pages.run(config, tables[1], tables[0], 0, tmp_path / "pages/shard-00000.parquet")
    assert [row["status"] for row in read_rows(tmp_path / "pages/shard-00000.parquet")] == ["ok"] * 5
