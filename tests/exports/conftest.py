"""A small dataset, made once: simulated records of two and of twelve leads, pages and scans."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml

from papertrace.config import load_config, stage_config_text
from papertrace.io import write_text
from papertrace.labels import LeadLabel, PageLabels, PulseLabel, TextLabel
from papertrace.manifest import stage as manifest_stage
from papertrace.pages import stage as pages_stage
from papertrace.pages.render import Stretch
from papertrace.records import stage as records_stage
from papertrace.scans import stage as scans_stage


@pytest.fixture(scope="session")
def make_dataset() -> Callable[[Path], Path]:
    """Run the stages up to the scans, two shards of them, for a config's file; returns the dataset's folder."""

    def make(path: Path) -> Path:
        config = load_config(path)
        results = Path(config.results) / config.dataset
        for stage in ("records", "manifest", "pages", "scans"):
            write_text(stage_config_text(config, stage), results / "config" / f"{stage}.json")
        records, manifest = results / "records/records.parquet", results / "manifest/manifest.parquet"
        records_stage.run(config, records)
        manifest_stage.run(config, records, manifest)
        for shard in range(2):
            pages = results / f"pages/shard-{shard:05d}.parquet"
            pages_stage.run(config, manifest, records, shard, pages)
            scans_stage.run(config, manifest, pages, results / f"scans/shard-{shard:05d}.parquet")
        return results

    return make


@pytest.fixture(scope="session")
def dataset(make_dataset, tmp_path_factory) -> tuple[Path, Path]:
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
    return path, make_dataset(path)


PX_PER_MM = 8.0


@pytest.fixture
def sheet():
    """Function (samples a lead, one row each) -> labels and truth of a page of 100 x 60 mm at 8 px/mm, 250 Hz."""

    def make(*leads: np.ndarray, row_mm: float = 15.0) -> tuple[PageLabels, list[Stretch]]:
        truth = [
            Stretch(f"L{k}", k, 0, 0.0, 250.0, "mV", 0, 0.0, np.asarray(samples, np.float32))
            for k, samples in enumerate(leads)
        ]
        labels = [
            LeadLabel(s.lead, k, 0, 0.0, len(s.samples) / 250, 10.0, 20 + row_mm * k, 25.0, 10.0, 0.3, (0, 0, 1, 1))
            for k, s in enumerate(truth)
        ]
        texts = [
            TextLabel("aVR", "lead-name", (10.0, 5.0, 20.0, 9.0)),
            TextLabel("x", "header", (95.0, 1.0, 99.0, 3.0)),
        ]
        pulses = [PulseLabel((2.0, 10.0, 7.0, 20.0), 1.0, 0.2, 0)]
        grid = (0.0, 0.0, 100.0, 60.0)
        return PageLabels("2x1", "letter", 200.0, PX_PER_MM, 100.0, 60.0, grid, labels, texts, pulses), truth

    return make
