"""A small dataset, made once: simulated records of two and of twelve leads, pages and scans."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from papertrace.config import load_config, stage_config_text
from papertrace.io import write_text
from papertrace.manifest import stage as manifest_stage
from papertrace.pages import stage as pages_stage
from papertrace.records import stage as records_stage
from papertrace.scans import stage as scans_stage


@pytest.fixture(scope="session")
def dataset(tmp_path_factory) -> tuple[Path, Path]:
    """The config of a dataset, and its folder."""
    root = tmp_path_factory.mktemp("exports")
    path = root / "tiny.yaml"
    data = {
        "dataset": "tiny",
        "results": str(root / "results"),
        "shard_size": 2,
        "records": {"simulation": {"two_lead": 2, "twelve_lead": 1, "duration_s": 10}},
        "pages": {"dpi": 100},
        "scans": {"crop": {"probability": 1}, "perspective": {"probability": 1}},
    }
    path.write_text(yaml.safe_dump(data))
    config = load_config(path)
    results = root / "results" / "tiny"
    for stage in ("records", "manifest", "pages", "scans"):
        write_text(stage_config_text(config, stage), results / "config" / f"{stage}.json")
    records, manifest = results / "records/records.parquet", results / "manifest/manifest.parquet"
    records_stage.run(config, records)
    manifest_stage.run(config, records, manifest)
    for shard in range(2):
        pages = results / f"pages/shard-{shard:05d}.parquet"
        pages_stage.run(config, manifest, records, shard, pages)
        scans_stage.run(config, manifest, pages, results / f"scans/shard-{shard:05d}.parquet")
    return path, results
