"""Odd leads and digitizers that fail: counted absences in every table, no crash, no infinity, no warning."""

import csv
import warnings

import numpy as np
import pyarrow as pa
import pytest

from papertrace.config import Config
from papertrace.io import read_rows, read_table
from papertrace.scores import stage, summary

N = 2500
T = np.arange(N) / 250


def beats(t, every_s=0.8):
    phase = t % every_s - every_s / 2
    return np.exp(-0.5 * (phase / 0.012) ** 2) + 0.3 * np.exp(-0.5 * ((phase - 0.25) / 0.04) ** 2)


TRUTHS = {
    "usual": beats(T),
    "constant": np.full(N, 0.4),
    "zero": np.zeros(N),
    "brief": beats(T[:500]),
    "ramp": T / 10,
    "one-beat": np.exp(-0.5 * ((T - 5) / 0.012) ** 2),
    "sample": np.ones(1),
    "undrawn": np.full(N, np.nan),
}
TRACES = {
    "same": lambda s: s,
    "nothing": lambda s: np.full(len(s), np.nan),
    "flat": lambda s: np.full(len(s), -0.2),
    "empty": lambda s: s[:0],
    "brief": lambda s: s[: len(s) // 5],
    "island": lambda s: np.where(np.arange(len(s)) % 500 == 250, s, np.nan),
    "wild": lambda s: 1e6 * s + 1e5,
}


@pytest.fixture
def results(shard):
    """Every odd truth read in every odd way, and by a digitizer that fails always."""
    for k, truth in enumerate(TRUTHS.values()):
        for j, odd in enumerate(TRACES.values()):
            page_id = f"r{k}_{j:05d}"
            shard.page(page_id)
            shard.lead(page_id, "I", 0, truth)
            shard.trace(page_id)
            shard.signal(page_id, "I", 0, odd(truth))
            shard.trace(page_id, status="failed", reason="crashed")
            shard.traces[-1]["digitizer"] = "broken"
    shard.write()
    out = shard.path("scores")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", category=DeprecationWarning)  # of other packages as they are imported
        stage.run(Config(), shard.root / "manifest.parquet", shard.path("pages"), shard.path("traces"), out)
        summary.run(Config(), [out], shard.root / "all/scores.parquet")
    return shard.root / "all"


def test_every_lead_has_a_row_and_every_table_its_counts(results):
    table = read_table(results / "scores.parquet")
    pages = len(TRUTHS) * len(TRACES)
    assert table.num_rows == 2 * pages
    for name, field in zip(table.column_names, table.schema, strict=True):
        if pa.types.is_floating(field.type):
            assert not np.isinf(table[name].to_numpy()).any(), name

    rows = {row["page_id"]: row for row in read_rows(results / "scores.parquet") if row["digitizer"] == "classical"}
    names = [f"r{k}_{j:05d}" for k in range(len(TRUTHS)) for j in range(len(TRACES))]
    of = dict(
        zip([(truth, trace) for truth in TRUTHS for trace in TRACES], [rows[name] for name in names], strict=True)
    )
    assert of["usual", "nothing"]["snr_db"] == of["usual", "nothing"]["challenge_snr_db"] == 0
    assert of["usual", "nothing"]["noise_missing"] == 1
    assert np.isnan(of["usual", "nothing"]["gain_error_percent"])
    assert of["brief", "same"]["snr_db"] == 100, "2 s are a lead like any other"
    assert of["constant", "same"]["beats_truth"] == 0
    assert np.isnan(of["constant", "wild"]["rmse_qrs_mv"]), "no beats, no QRS"
    assert np.isnan(of["one-beat", "flat"]["rmse_baseline_mv"])
    assert np.isnan(of["zero", "flat"]["snr_db"])
    assert np.isnan(of["undrawn", "flat"]["coverage"])

    with (results / "summary.csv").open(newline="") as file:
        total = {row["digitizer"]: row for row in csv.DictReader(file) if row["group"] == "all"}
    assert not any("inf" in value for row in total.values() for value in row.values())
    broken = total["broken"]
    assert (broken["pages"], broken["pages_failed"], broken["leads_read"]) == (str(pages), str(pages), "0")
    assert (float(broken["failure_share"]), float(broken["snr_db_mean_unread_0"])) == (1, 0)
    averages = [name for name in broken if name.endswith(("_mean", "_median", "_p10", "_p90", "_sd", "_bias", "_mae"))]
    assert {broken[name] for name in (*averages, "kaggle_db")} == {""}, "nothing read, nothing averaged"
    # Two of the truths have no power.
    assert int(broken["kaggle_images"]) == int(total["classical"]["kaggle_images"]) == 6 * len(TRACES)
    assert (total["classical"]["leads_read"], total["classical"]["snr_db_n"]) == (str(pages), str(6 * len(TRACES)))
    assert broken["snr_db_n"] == "0"
