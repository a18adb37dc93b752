import json

import cv2
import numpy as np
import pytest
import wfdb

from papertrace import tables
from papertrace.config import validate_config
from papertrace.errors import PapertraceError
from papertrace.io import read_rows, sha256_bytes, write_table
from papertrace.labels import PageLabels
from papertrace.pages import stage
from papertrace.records.reader import read_window


def manifest_row(page_id, path, **changes):
    row = dict.fromkeys(tables.MANIFEST.names)
    row |= {"page_id": page_id, "record": path, "path": path, "database": "made", "source_database": "made"}
    row |= {"split": "train", "window": 0, "start_sample": 250, "n_samples": 2500, "rate_hz": 250.0}
    row |= {"start_s": 1.0, "duration_s": 10.0, "leads": ["ECG1", "ECG2"], "layout": "2x1", "dpi": 100.0}
    row |= {"speed_mm_s": 25.0, "gain_mm_mv": 10.0, "seed_pages": 11, "seed_scans": 12, "status": "ok"}
    return row | changes


@pytest.fixture
def dataset(tmp_path, two_leads):
    """A folder of one record, a config, and a manifest of four pages of which two cannot be drawn."""
    folder = tmp_path / "wfdb"
    folder.mkdir()
    wfdb.wrsamp(
        "good", fs=250, units=["mV", "mV"], sig_name=["ECG1", "ECG2"], fmt=["212", "212"], write_dir=str(folder),
        p_signal=np.tile(two_leads.samples, (2, 1)),
    )  # fmt: skip
    rows = [
        manifest_row("good_00000", "good"),
        manifest_row("good_00001", "good", start_sample=500, seed_pages=2**64 - 1),
        manifest_row("lost_00000", "lost"),
        manifest_row("told_00000", "told", status="failed", reason="told.dat: cut short; fetch it again"),
        manifest_row("wide_00000", "good", layout="3x4+1"),
    ]
    write_table(rows, tables.MANIFEST, tmp_path / "manifest.parquet")
    config = validate_config(
        {"records": {"source": "folder", "folder": str(folder)}, "shard_size": 5, "pages": {"twin": True}}
    )
    return tmp_path, config


def make(dataset, name="a", shard=0, **changes):
    tmp_path, config = dataset
    out = tmp_path / name / f"shard-{shard:05d}.parquet"
    config = config.model_copy(update=changes)
    stage.run(config, tmp_path / "manifest.parquet", tmp_path / "records.parquet", shard, out)
    return out


def test_one_bad_page_does_not_stop_the_others(dataset):
    out = make(dataset)
    rows = read_rows(out)
    assert [row["page_id"] for row in rows] == ["good_00000", "good_00001", "lost_00000", "told_00000", "wide_00000"]
    assert [row["status"] for row in rows] == ["ok", "ok", "failed", "failed", "failed"]
    assert rows[2]["image"] is None and "lost" in rows[2]["reason"]
    assert rows[3]["reason"] == "told.dat: cut short; fetch it again"
    assert "none of the record's leads (ECG1, ECG2)" in rows[4]["reason"]
    assert str(dataset[0]) not in json.dumps(rows)
    folder = out.with_suffix("")
    names = {path.name for path in folder.iterdir()}
    assert names == {"truth.parquet"} | {f"good_0000{k}{end}.png" for k in (0, 1) for end in ("", ".twin")}


def test_a_row_tells_the_truth_about_its_image(dataset):
    out = make(dataset)
    row, folder = read_rows(out)[1], out.with_suffix("")
    data = (folder / row["image"]).read_bytes()
    assert sha256_bytes(data) == row["sha256"]
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert image.shape == (row["height_px"], row["width_px"], 3) == (850, 1100, 3)
    assert cv2.imread(str(folder / row["twin"]), cv2.IMREAD_UNCHANGED).shape == (850, 1100)
    labels = PageLabels.from_json(row["labels"])
    assert json.loads(row["recipe"])["dpi"] == labels.dpi == 100
    truth = [t for t in read_rows(folder / "truth.parquet") if t["page_id"] == row["page_id"]]
    assert [(t["lead"], t["row"], t["column"]) for t in truth] == [(x.lead, x.row, x.column) for x in labels.leads]
    whole = read_window(dataset[0] / "wfdb", "good", 500, 2500).samples
    for k, stretch in enumerate(truth):
        assert stretch["start_sample"] == 500 and stretch["unit"] == "mV"
        np.testing.assert_allclose(np.add(stretch["samples"], stretch["offset_mv"]), whole[:, k], atol=1e-5)


def test_shards_of_any_size_hold_the_same_pages(dataset):
    whole = read_rows(make(dataset, "a"))
    parts = [row for k in range(3) for row in read_rows(make(dataset, "b", k, shard_size=2))]
    assert parts == whole
    again = make(dataset, "c")
    assert again.read_bytes() == (dataset[0] / "a" / "shard-00000.parquet").read_bytes()
    truths = [(dataset[0] / name / "shard-00000" / "truth.parquet").read_bytes() for name in "ac"]
    assert truths[0] == truths[1]


def test_a_shard_beyond_the_manifest_is_told(dataset):
    with pytest.raises(PapertraceError, match="holds 5 pages, none of them in shard 1 of 5"):
        make(dataset, shard=1)
    assert not (dataset[0] / "a" / "shard-00001").exists()


def test_an_unforeseen_error_is_a_row_too(dataset, monkeypatch):
    def broken(*args, **options):
        raise ValueError("negative dimensions")

    monkeypatch.setattr(stage, "render_page", broken)
    rows = read_rows(make(dataset))
    assert {row["status"] for row in rows} == {"failed"}
    assert rows[0]["reason"].startswith("good: its page could not be drawn (ValueError: negative dimensions)")
