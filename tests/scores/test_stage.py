"""The stage on made-up results: every page and lead answers, whatever befell it."""

import hashlib
import math

import numpy as np
import pytest

from papertrace import tables
from papertrace.config import validate_config
from papertrace.errors import PapertraceError
from papertrace.io import read_rows, read_table, write_table
from papertrace.scores import stage
from papertrace.scores.summary import failure_share

CONFIG = validate_config({"scores": {"clinical": False}})


def run(shard, config=CONFIG):
    out = shard.path("scores")
    stage.run(config, shard.root / "manifest.parquet", shard.path("pages"), shard.path("traces"), out)
    return out


def fill(shard, wave):
    """Five pages: whole; rejected; failed at digitizing; never drawn; one lead of two read."""
    for page_id in ("a_00000", "b_00000", "c_00000", "e_00000"):
        shard.page(page_id)
        for row, lead in enumerate(("MLII", "V5")):
            shard.lead(page_id, lead, row, wave * (row + 1))
    shard.page("d_00000", "failed", "d.dat: truncated")
    shard.trace("a_00000")
    shard.signal("a_00000", "mlii", 0, 1.1 * wave)
    shard.signal("a_00000", None, 1, 2 * wave)
    shard.trace("b_00000", status="rejected", reason="no ECG")
    shard.trace("c_00000", status="failed", reason="no grid found")
    shard.trace("e_00000")
    shard.signal("e_00000", "V5", 0, 2.02 * wave)
    return shard.write()


def test_one_row_per_attempt_and_lead(shard, wave):
    rows = {(row["page_id"], row["lead"]): row for row in read_rows(run(fill(shard, wave)))}
    assert list(rows) == [
        ("a_00000", "MLII"), ("a_00000", "V5"), ("b_00000", "MLII"), ("b_00000", "V5"), ("c_00000", "MLII"),
        ("c_00000", "V5"), ("d_00000", None), ("e_00000", "MLII"), ("e_00000", "V5"),
    ]  # fmt: skip
    assert rows["a_00000", "MLII"]["snr_db"] == pytest.approx(20, abs=1e-4)
    assert rows["a_00000", "MLII"]["name_read"] is True
    assert rows["a_00000", "V5"]["snr_db"] == 100
    assert rows["a_00000", "V5"]["name_read"] is False
    assert (rows["b_00000", "V5"]["status"], rows["b_00000", "V5"]["reason"]) == ("rejected", "no ECG")
    assert (rows["c_00000", "V5"]["status"], rows["c_00000", "V5"]["reason"]) == ("failed", "no grid found")
    assert (rows["d_00000", None]["status"], rows["d_00000", None]["reason"]) == ("failed", "d.dat: truncated")
    assert rows["e_00000", "MLII"]["status"] == "failed"
    assert "MLII" in rows["e_00000", "MLII"]["reason"]
    assert rows["e_00000", "V5"]["snr_db"] == pytest.approx(40, abs=1e-3), "found by its name, though at row 0"
    unread = [row for row in rows.values() if row["status"] != "ok"]
    assert all(math.isnan(row["snr_db"]) and math.isnan(row["coverage"]) for row in unread)
    assert all((row["reason"] is None) == (row["status"] == "ok") for row in rows.values())
    assert {row["source_database"] for row in rows.values()} == {"mitdb"}


def test_beats_of_every_attempt_lie_in_the_shards_folder(shard, wave):
    fill(shard, wave)
    out = run(shard, validate_config({}))
    table = read_table(out.with_suffix("") / "beats.parquet")
    assert table.schema.equals(tables.BEATS)
    beats = table.to_pylist()
    assert {row["page_id"] for row in beats} == {"a_00000", "b_00000", "c_00000", "e_00000"}, "d was never drawn"
    assert {row["match"] for row in beats if row["page_id"] == "b_00000"} == {"missed"}
    matched = [row for row in beats if row["match"] == "matched"]
    assert {(row["page_id"], row["lead"]) for row in matched} == {
        ("a_00000", "MLII"), ("a_00000", "V5"), ("e_00000", "V5"),
    }  # fmt: skip
    for row in matched:
        assert row["r_peak_s_trace"] == pytest.approx(row["r_peak_s_truth"], abs=0.002)
    scores = {(row["page_id"], row["lead"]): row for row in read_rows(out)}
    assert len(matched) == sum(row["beats_matched"] or 0 for row in scores.values())
    assert read_table(run(shard).with_suffix("") / "beats.parquet").num_rows == 0, "clinical is off"


def test_failure_share_counts_pages_without_a_single_lead(shard, wave):
    assert failure_share(read_table(run(fill(shard, wave)))) == pytest.approx(3 / 5)
    assert failure_share(tables.SCORES.empty_table()) == 0


def test_bytes_do_not_depend_on_the_order_of_rows(shard, wave):
    first = hashlib.sha256(run(fill(shard, wave)).read_bytes()).hexdigest()
    for rows in (shard.manifest, shard.pages, shard.truth, shard.traces, shard.signals):
        rows.reverse()
    assert hashlib.sha256(run(shard.write()).read_bytes()).hexdigest() == first


def test_a_page_without_a_trace_row_is_a_failure_of_every_digitizer(shard, wave):
    shard.page("a_00000")
    shard.page("b_00000")
    for page_id in ("a_00000", "b_00000"):
        shard.lead(page_id, "I", 0, wave)
    for input_ in ("pages", "scans"):
        shard.trace("a_00000", input_)
        shard.signal("a_00000", "I", 0, wave, input=input_)
    rows = read_rows(run(shard.write()))
    assert [(row["page_id"], row["input"], row["status"]) for row in rows] == [
        ("a_00000", "pages", "ok"), ("a_00000", "scans", "ok"), ("b_00000", "pages", "failed"),
        ("b_00000", "scans", "failed"),
    ]  # fmt: skip
    assert "no row" in rows[2]["reason"]


def test_a_page_that_a_digitizer_was_not_to_read_is_no_failure(shard, wave):
    """`sel100_00033` and `sel100_00054` are of the twentieth part; of the latter the traces stage lost the row."""
    page_ids = ("sel100_00032", "sel100_00033", "sel100_00054")
    for page_id in page_ids:
        shard.page(page_id)
        shard.lead(page_id, "I", 0, wave)
        shard.trace(page_id, "scans")
        shard.signal(page_id, "I", 0, wave, input="scans")
    shard.trace(page_ids[1], "pages")
    config = validate_config(
        {
            "scores": {"clinical": False},
            "traces": {"digitizers": ["classical"], "shares": {"classical": {"pages": 0.05}}},
        }
    )
    rows = read_rows(run(shard.write(), config))
    assert [(row["page_id"], row["input"]) for row in rows] == [
        (page_ids[0], "scans"), (page_ids[1], "pages"), (page_ids[1], "scans"), (page_ids[2], "pages"),
        (page_ids[2], "scans"),
    ]  # fmt: skip


def test_an_empty_shard_is_an_empty_table(shard):
    assert read_table(run(shard.write())).num_rows == 0


def test_a_missing_table_or_a_foreign_manifest_is_one_sentence(shard, wave):
    fill(shard, wave)
    (shard.path("pages").with_suffix("") / "truth.parquet").unlink()
    with pytest.raises(PapertraceError, match=r"truth\.parquet: no such file; run"):
        run(shard)
    shard.write()
    shard.manifest.pop()
    shard.write()
    with pytest.raises(PapertraceError, match=r"page d_00000 is not in .*manifest\.parquet"):
        run(shard)
    assert not shard.path("scores").exists()


def test_read_samples_gives_arrays_and_empty_lists(shard, wave):
    shard.lead("a", "I", 0, wave)
    shard.lead("a", "II", 1, [])
    shard.lead("b", "I", 0, wave[:3])
    shard.write()
    rows = stage.read_samples(shard.path("pages").with_suffix("") / "truth.parquet", ("page_id", "lead", "samples"))
    assert [len(row["samples"]) for row in rows] == [2500, 0, 3]
    np.testing.assert_array_equal(rows[2]["samples"], wave[:3].astype(np.float32))


def test_ceilings_come_with_the_stretches_they_are_of(shard, wave):
    fill(shard, wave)
    shard.pages[0] |= {"ceiling_db": [50.0, None], "column_ceiling_db": [40.0, 41.0]}
    rows = {(row["page_id"], row["row"]): row for row in read_rows(run(shard.write()))}
    assert (rows["a_00000", 0]["ceiling_db"], rows["a_00000", 0]["column_ceiling_db"]) == (50, 40)
    assert math.isnan(rows["a_00000", 1]["ceiling_db"])
    assert rows["a_00000", 1]["column_ceiling_db"] == 41
    assert math.isnan(rows["b_00000", 0]["ceiling_db"])


def test_rows_tell_the_conditions_of_the_image(shard, wave):
    """Resolution of the page; preset and severity of the scan, which a clean page does not have."""
    for page_id in ("a_00000", "b_00000"):
        shard.page(page_id)
        shard.lead(page_id, "II", 0, wave)
        for input_ in ("pages", "scans"):
            shard.trace(page_id, input_)
    for row in shard.manifest:
        row["dpi"] = 200.0
    shard.write()
    recipes = ('[{"artifact": "preset", "name": "fax"}]', "[]")
    scans = [
        {**dict.fromkeys(tables.SCANS.names), "page_id": page_id, "recipe": recipe, "status": "ok"}
        for page_id, recipe in zip(("a_00000", "b_00000"), recipes, strict=True)
    ]
    write_table(scans, tables.SCANS, shard.path("scans"))

    def told(scans_config):
        config = validate_config({"scores": {"clinical": False}, "scans": scans_config})
        paths = (shard.root / "manifest.parquet", shard.path("pages"), shard.path("traces"), shard.path("scores"))
        stage.run(config, *paths, shard.path("scans"))
        rows = read_rows(shard.path("scores"), ["input", "dpi", "preset", "severity"])
        assert {row["dpi"] for row in rows} == {200.0}
        assert {(row["preset"], row["severity"]) for row in rows if row["input"] == "pages"} == {("clean", None)}
        return [(row["preset"], row["severity"]) for row in rows if row["input"] == "scans"]

    assert told({"mix": ["fax", "photo"]}) == [("fax", None), (None, None)]
    assert told({"preset": "kit"}) == [("kit", None)] * 2
    assert told({"severity": {"motion_blur": 3, "blur": 1}}) == [(None, "blur 1, motion blur 3")] * 2
