"""What the report reads, against what was written."""

import numpy as np
import pytest

from papertrace import tables
from papertrace.config import Config
from papertrace.figures import plots
from papertrace.figures.data import Stretch, read_example, read_results
from papertrace.io import read_rows, write_table


@pytest.mark.parametrize("input_", ["pages", "scans"])
def test_truth_lies_on_the_ink(results, config, input_):
    example = read_example(read_results(results, config.shard_size), "rec0_00000", input_, "network")
    grey = example.image.mean(axis=2)
    for stretch in example.stretches:
        x, y = np.rint(stretch.truth_px).astype(int).T
        assert grey[y, x].mean() < 110 < 200 < grey[y + 12, x].mean()


def test_examples_of_one_page_only(results, config):
    data = read_results(results, config.shard_size)
    ranked = data.ranked("scans", "network")
    assert len(ranked) == 5 and ranked[0].snr_db < ranked[-1].snr_db
    example = read_example(data, ranked[0].page_id, "scans", "network")
    assert {row["page_id"] for row in example.scores} == {ranked[0].page_id} and len(example.scores) == 2
    assert [trace.label for trace in example.traces] == ["ECG1", "ECG2"]


def test_failures_are_told_once_where_they_happened(results, config):
    told = [(f.stage, f.item, f.input) for f in read_results(results, config.shard_size).failures]
    assert told == [
        ("pages", "rec2_00001", None),
        ("traces", "rec0_00001", "pages"),
        ("traces", "rec0_00001", "scans"),
    ]


def test_shards_of_an_earlier_run_are_left_alone(write_results, tmp_path):
    folder = write_results(tmp_path / "tiny", Config(dataset="tiny", shard_size=1), 3)
    write_results(folder, Config(dataset="tiny", shard_size=4), 3)
    assert (folder / "pages/shard-00002.parquet").exists()
    data = read_results(folder, shard_size=4)
    assert {count.stage: count.total for count in data.counts}["pages"] == 3
    assert set(data.shard_of.values()) == {"shard-00000"}


def test_lead_that_was_not_read_is_told_and_drawn(write_results, config, tmp_path):
    folder = write_results(tmp_path / "tiny", config, 1)
    path = folder / "traces/shard-00000/signals.parquet"
    write_table([row for row in read_rows(path) if row["row"] == 0], tables.SIGNALS, path)
    path = folder / "scores/scores.parquet"
    lost = {"status": "failed", "reason": "no trace of this lead", "snr_db": None}
    write_table([row | (lost if row["row"] else {}) for row in read_rows(path)], tables.SCORES, path)
    data = read_results(folder, config.shard_size)
    assert [(f.stage, f.input, f.lead) for f in data.failures] == [("scores", i, "ECG2") for i in ("pages", "scans")]
    example = read_example(data, "rec0_00000", "scans", "network")
    assert len(example.stretches[1].trace_s) == 0 and np.isnan(example.stretches[1].residual_mv()).all()
    with plots.style():
        texts = [text.get_text() for axes in plots.truth_and_trace(example.stretches).axes for text in axes.texts]
    assert texts == ["not recovered"]


def test_residual_is_trace_minus_truth_at_the_truths_times():
    t, later = np.arange(10) / 10, 0.05 + np.arange(20) / 20
    stretch = Stretch("II", 0, 0, t, 2 * t, np.zeros((10, 2)), later, 2 * later + 0.25, np.zeros((20, 2)))
    assert np.isnan(stretch.residual_mv()[0])
    assert stretch.residual_mv()[1:] == pytest.approx(0.25)


def test_histogram_collects_what_lies_far_out():
    snr = {"pages": np.concatenate([np.full(500, 20.0), [np.inf, -900.0, np.nan]])}
    with plots.style():
        axes = plots.snr_histogram(snr, "SNR", "strict").axes[0]
    low, high = axes.get_xlim()
    assert high - low < 10
    assert "n = 502" in axes.get_legend().get_texts()[0].get_text()


def test_whole_leads_that_tell_no_place_are_laid_on_the_page(write_results, config, tmp_path):
    folder = write_results(tmp_path / "tiny", config, 1)
    path = folder / "traces/shard-00000/signals.parquet"
    before = read_example(read_results(folder, config.shard_size), "rec0_00000", "scans", "network")
    rows = read_rows(path)
    nowhere = {"row": None, "column": None}
    told = {row["lead"]: row for row in rows if row["input"] == "scans"}
    signals = [
        {**row, **nowhere, "x_px": [np.nan] * len(row["samples"]), "y_px": [np.nan] * len(row["samples"])}
        for row in reversed(told.values())
    ]
    write_table(signals, tables.SIGNALS, path)
    after = read_example(read_results(folder, config.shard_size), "rec0_00000", "scans", "network")
    assert [stretch.lead for stretch in after.stretches] == [stretch.lead for stretch in before.stretches]
    for one, other in zip(before.stretches, after.stretches, strict=True):
        np.testing.assert_allclose(one.residual_mv()[5:-5], other.residual_mv()[5:-5], atol=0.01)
        known = np.isfinite(other.trace_mv)
        off_px = np.abs(other.trace_px - other.truth_px)[known]
        assert known.mean() > 0.9 and np.median(off_px) < 3
    assert [trace.label for trace in after.traces] == [trace.label for trace in before.traces]


def test_pages_keep_text_numbers_and_what_is_absent(results, config, write_results, tmp_path):
    folder = write_results(tmp_path / "tiny", config, 1)
    path = folder / "scores/pages.csv"
    head = "page_id,input,digitizer,record,source_database,split,layout,status,leads,snr_db,qt_ms_error,said"
    path.write_text(f"{head}\n001,scans,x,100,,test,2x1,ok,2,inf,,word\n002,scans,x,100,,test,2x1,failed,2,,,\n")
    pages = read_results(folder, config.shard_size).pages.to_pylist()
    assert [page["page_id"] for page in pages] == ["001", "002"] and pages[0]["record"] == "100"
    assert (pages[0]["leads"], pages[0]["snr_db"], pages[1]["snr_db"]) == (2.0, float("inf"), None)
    assert pages[0]["qt_ms_error"] is None and pages[0]["said"] == "word"
