"""A shard of images through the stage: who reads which of them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from papertrace import tables
from papertrace.config import validate_config
from papertrace.io import read_rows, sha256_bytes, write_table
from papertrace.subset import within
from papertrace.traces import stage
from papertrace.traces.digitizer import PageTraces

PAGE_IDS = [f"sel100_{window:05d}" for window in range(12)]


class Counting:
    """Reads nothing, and counts how often it was asked."""

    name = "counting"

    def __init__(self):
        self.asked = 0

    def digitize(self, image: np.ndarray, rate_hz: float) -> PageTraces:
        self.asked += 1
        return PageTraces("rejected", "counts only")


@pytest.fixture
def digitizers(monkeypatch) -> dict[str, Counting]:
    made = {"network": Counting(), "classical": Counting()}
    monkeypatch.setattr(stage, "get_digitizer", made.get)
    return made


@pytest.fixture
def shard(tmp_path):
    """Twelve pages and scans; the last page was never drawn."""
    for kind, schema in (("pages", tables.PAGES), ("scans", tables.SCANS)):
        (tmp_path / kind / "shard-00000").mkdir(parents=True)
        data = cv2.imencode(".png", np.zeros((8, 8, 3), np.uint8))[1].tobytes()
        rows = []
        for page_id in PAGE_IDS:
            row = dict.fromkeys(schema.names) | {"page_id": page_id}
            if page_id == PAGE_IDS[-1]:
                rows.append({**row, "status": "failed", "reason": "no such record"})
                continue
            (tmp_path / kind / "shard-00000" / f"{page_id}.png").write_bytes(data)
            rows.append({**row, "image": f"{page_id}.png", "sha256": sha256_bytes(data), "status": "ok"})
        write_table(rows, schema, tmp_path / kind / "shard-00000.parquet")
    return tmp_path


def run(shard, **traces):
    out = shard / "traces/shard-00000.parquet"
    config = validate_config({"traces": {"digitizers": ["network", "classical"], **traces}})
    stage.run(config, shard / "pages/shard-00000.parquet", shard / "scans/shard-00000.parquet", out)
    return read_rows(out)


def test_every_digitizer_answers_for_every_image(shard, digitizers):
    rows = run(shard)
    assert len(rows) == len({(row["page_id"], row["input"], row["digitizer"]) for row in rows}) == 48
    assert [digitizer.asked for digitizer in digitizers.values()] == [22, 22]
    assert {row["status"] for row in rows if row["page_id"] == PAGE_IDS[-1]} == {"failed"}


def test_an_image_that_a_digitizer_is_not_to_read_has_no_row_of_it(shard, digitizers):
    rows = run(shard, shares={"network": {"pages": 0.2}, "classical": {"pages": 0, "scans": 0.4}})
    read = {
        (name, digitizer): [row["page_id"] for row in rows if (row["input"], row["digitizer"]) == (name, digitizer)]
        for name in ("pages", "scans")
        for digitizer in digitizers
    }
    assert read["scans", "network"] == PAGE_IDS
    assert read["pages", "network"] == [page_id for page_id in PAGE_IDS if within(page_id, 0.2)]
    assert read["pages", "classical"] == []
    assert read["scans", "classical"] == [page_id for page_id in PAGE_IDS if within(page_id, 0.4)]
    assert 0 < len(read["pages", "network"]) < len(read["scans", "classical"]) < 12
    assert digitizers["classical"].asked == len(set(read["scans", "classical"]) - {PAGE_IDS[-1]})
