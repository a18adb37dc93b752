"""The summary: averages over what was read, failures beside them, the same bytes in any order."""

import csv
import hashlib
import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from papertrace import tables
from papertrace.config import Config
from papertrace.errors import PapertraceError
from papertrace.io import read_table, write_table
from papertrace.scores import summary
from papertrace.scores.agreement_table import stretch_of_beats

FILES = (
    "scores.parquet",
    "beats.parquet",
    "experts.parquet",
    "summary.csv",
    "pages.csv",
    "records.csv",
    "failures.csv",
)
FILES += ("digitizers.csv", "agreement.csv")


def score(page_id, lead="I", row=0, status="ok", **figures):
    """A row of scores."""
    values = {
        name: np.nan if pa.types.is_floating(field.type) else None
        for name, field in zip(tables.SCORES.names, tables.SCORES, strict=True)
    }
    values.update(
        page_id=page_id, input="pages", digitizer="classical", record=page_id.split("_")[0], row=row, column=0
    )
    values.update(database="qtdb", source_database="mitdb", split="test", layout="2x1", lead=lead, status=status)
    values["reason"] = None if status == "ok" else "no grid"
    values["name_read"] = True if status == "ok" else None
    return {**values, **figures}


ROWS = [
    score("a_00000", "I", 0, snr_db=10.0, lag_ms=-2.0, rr_ms_truth=800.0, rr_ms_trace=804.0, qt_ms_truth=400.0),
    score("a_00000", "II", 1, snr_db=20.0, lag_ms=1.0, rr_ms_truth=800.0, rr_ms_trace=798.0, name_read=False),
    score("a_00001", "I", 0, snr_db=30.0, lag_ms=0.0),
    score("a_00001", "II", 1, status="failed"),
    score("b_00000", "I", 0, status="rejected", split="train", rr_ms_truth=700.0),
    score("b_00000", "II", 1, status="rejected", split="train"),
    score("c_00000", None, None, status="failed", split="train"),
]


def beat(page_id, row, k):
    """A row of beats."""
    values = {
        name: np.nan if pa.types.is_floating(field.type) else None
        for name, field in zip(tables.BEATS.names, tables.BEATS, strict=True)
    }
    place = {"page_id": page_id, "input": "pages", "digitizer": "classical", "row": row, "column": 0}
    measured = {"rr_ms_truth": 800.0 + k, "rr_ms_trace": 801.0 + k if k < 5 else np.nan}
    return {**values, **place, "beat": k, "match": "matched" if k < 5 else "missed", **measured}


STRETCHES = [("a_00000", 0), ("a_00000", 1), ("a_00001", 0), ("a_00001", 1), ("b_00000", 0)]
BEATS = [beat(*stretch, k) for stretch in STRETCHES for k in range(7)]


def write(tmp_path, rows, shards=1, **scores):
    there = {(row["page_id"], row["row"]) for row in rows}
    beats = [row for row in BEATS if (row["page_id"], row["row"]) in there]
    paths = []
    for k in range(shards):
        paths.append(tmp_path / f"shard-{k:05d}.parquet")
        write_table(rows[k::shards], tables.SCORES, paths[-1])
        write_table(
            beats[len(beats) * k // shards : len(beats) * (k + 1) // shards],
            tables.BEATS,
            tmp_path / paths[-1].stem / "beats.parquet",
        )
        write_table([], tables.EXPERTS, tmp_path / paths[-1].stem / "experts.parquet")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        summary.run(Config(scores=scores), paths, tmp_path / "scores.parquet")
    return tmp_path


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def find(rows, **wanted):
    [row] = [row for row in rows if all(row[key] == value for key, value in wanted.items())]
    return row


def numbers(row, *names):
    return tuple(float(row[name]) if row[name] else None for name in names)


def test_failures_are_counted_beside_the_averages(tmp_path):
    row = find(rows_of(write(tmp_path, ROWS) / "summary.csv"), group="all")
    assert numbers(row, "pages", "pages_ok", "pages_failed", "pages_rejected") == (4, 2, 1, 1)
    assert numbers(row, "leads", "leads_read", "failure_share", "leads_unread_share") == (6, 3, 0.5, 0.5)
    assert numbers(row, "snr_db_mean", "snr_db_median", "snr_db_p10", "snr_db_sd") == (20, 20, 12, 10)
    assert numbers(row, "snr_db_mean_unread_0") == (10,)
    assert numbers(row, "abs_lag_ms_mean", "names_read_share") == (1, 0.6667)


def test_clinical_differences_are_trace_minus_truth_with_their_counts(tmp_path):
    row = find(rows_of(write(tmp_path, ROWS) / "summary.csv"), group="all")
    assert numbers(row, "rr_ms_n_truth", "rr_ms_n", "rr_ms_bias", "rr_ms_mae") == (3, 2, 1, 3)
    assert numbers(row, "rr_ms_sd") == (pytest.approx(np.std([4, -2], ddof=1), abs=1e-4),)
    assert numbers(row, "qt_ms_n_truth", "qt_ms_n", "qt_ms_bias") == (1, 0, None)


def kaggle_rows():
    """Images of ratio 100, 1000, 25 (one lead of two was read), 0 (none was) and none (nothing was drawn)."""

    def lead(page_id, name, noise=np.nan, **more):
        return score(page_id, name, int(name == "II"), kaggle_signal_mv2=50.0, kaggle_noise_mv2=noise, **more)

    return [
        lead("a_00000", "I", 0.9), lead("a_00000", "II", 0.1),
        lead("a_00001", "I", 0.05), lead("a_00001", "II", 0.05),
        lead("a_00002", "I", 0.0), lead("a_00002", "II", status="failed"),
        lead("b_00000", "I", status="rejected", split="train"),
        score("c_00000", None, None, status="failed", split="train"),
    ]  # fmt: skip


@pytest.mark.parametrize(("cap", "mean"), [(384.0, (100 + 384 + 2 + 0) / 4), (1e6, (100 + 1000 + 2 + 0) / 4)])
def test_kaggles_score_is_of_images_and_counts_a_lost_one_as_0(tmp_path, cap, mean):
    folder = write(tmp_path, kaggle_rows(), kaggle_cap=cap)
    rows = rows_of(folder / "summary.csv")
    row = find(rows, group="all")
    assert numbers(row, "kaggle_db", "kaggle_images") == (pytest.approx(10 * np.log10(mean), abs=1e-4), 4)
    own_db = np.mean(10 * np.log10([100, min(cap, 1000), 2]))
    assert numbers(row, "kaggle_image_db_mean") == (pytest.approx(own_db, abs=1e-4),), (
        "of those of which something was read"
    )
    assert numbers(find(rows, group="split", value="train"), "kaggle_db", "kaggle_images") == (None, 1)
    assert numbers(find(rows, group="lead", value="I"), "kaggle_db", "kaggle_images") == (None, None)
    pages = {row["page_id"]: numbers(row, "kaggle_ratio") for row in rows_of(folder / "pages.csv")}
    assert pages == {
        "a_00000": (100,), "a_00001": (min(cap, 1000),), "a_00002": (2,), "b_00000": (0,), "c_00000": (None,),
    }  # fmt: skip


def test_means_over_all_leads_take_an_unread_one_for_0_db(tmp_path):
    rows = [score("a_00000", "I", 0, challenge_snr_db=12.0), score("a_00000", "II", 1, status="failed")]
    row = find(rows_of(write(tmp_path, rows) / "summary.csv"), group="all")
    assert numbers(row, "challenge_snr_db_mean", "challenge_snr_db_mean_unread_0") == (12, 6)


def test_groups_split_the_pages_among_them(tmp_path):
    rows = rows_of(write(tmp_path, ROWS) / "summary.csv")
    assert numbers(find(rows, group="split", value="test"), "pages", "pages_ok", "leads") == (2, 2, 4)
    assert numbers(find(rows, group="split", value="train"), "pages", "pages_ok", "leads") == (2, 0, 2)
    assert numbers(find(rows, group="lead", value="II"), "leads", "leads_read", "snr_db_mean") == (3, 1, 20)
    assert {row["group"] for row in rows} == {"all", "split", "layout", "database", "source_database", "lead"}


def test_pages_and_records(tmp_path):
    folder = write(tmp_path, ROWS)
    pages = {row["page_id"]: row for row in rows_of(folder / "pages.csv")}
    assert {page_id: row["status"] for page_id, row in pages.items()} == {
        "a_00000": "ok", "a_00001": "ok", "b_00000": "rejected", "c_00000": "failed",
    }  # fmt: skip
    assert numbers(pages["a_00000"], "leads", "leads_read", "snr_db", "rr_ms_error") == (2, 2, 15, 1)
    assert numbers(pages["c_00000"], "leads", "leads_read", "snr_db") == (0, 0, None)
    records = {row["record"]: row for row in rows_of(folder / "records.csv")}
    assert numbers(records["a"], "pages", "pages_ok", "leads", "leads_read", "snr_db") == (2, 2, 4, 3, 20)
    assert numbers(records["b"], "pages", "pages_rejected", "snr_db") == (1, 1, None)


def test_failures_list_lost_pages_and_single_leads(tmp_path):
    rows = rows_of(write(tmp_path, ROWS) / "failures.csv")
    assert [(row["page_id"], row["status"], row["page_lost"], row["leads_unread"]) for row in rows] == [
        ("a_00001", "failed", "False", "1"), ("b_00000", "rejected", "True", "2"), ("c_00000", "failed", "True", "0"),
    ]  # fmt: skip
    assert {row["reason"] for row in rows} == {"no grid"}


def test_the_same_bytes_whatever_the_order_and_the_shards(tmp_path):
    def digests(name, rows, shards):
        (tmp_path / name).mkdir()
        folder = write(tmp_path / name, rows, shards)
        return {file: hashlib.sha256((folder / file).read_bytes()).hexdigest() for file in FILES}

    assert digests("one", ROWS, 1) == digests("other", ROWS[::-1], 3)


def test_beats_are_joined_in_order_and_their_bytes_do_not_tell_the_shards(tmp_path, monkeypatch):
    monkeypatch.setattr(summary, "_GROUP_ROWS", 10)
    digests = set()
    for shards in (1, 2, 5):
        (tmp_path / str(shards)).mkdir()
        path = write(tmp_path / str(shards), ROWS, shards) / "beats.parquet"
        digests.add(hashlib.sha256(path.read_bytes()).hexdigest())
        assert read_table(path).select(["page_id", "beat"]).to_pylist() == [
            {key: row[key] for key in ("page_id", "beat")} for row in BEATS
        ]
    assert len(digests) == 1


def test_agreement_is_told_per_lead_and_per_beat(tmp_path):
    rows = rows_of(write(tmp_path, ROWS) / "agreement.csv")
    keys = {"group": "all", "value": "all", "parameter": "rr_ms"}
    lead = find(rows, **keys, per="lead")
    assert numbers(lead, "records", "n_truth", "n", "n_absent", "bias", "mae") == (2, 3, 2, 1, 1, 3)
    beat = find(rows, **keys, per="beat")
    assert numbers(beat, "records", "n_truth", "n", "n_absent", "bias", "sd") == (2, 35, 25, 10, 1, 0)
    assert numbers(beat, "failure_rate", "bias_ci_low", "bias_ci_high", "margin") == (0.2857, 1, 1, 1)
    assert beat["equivalent"] == "False", "the margin of 1 ms is not kept by a bias of 1 ms"
    assert {(row["group"], row["value"]) for row in rows if row["per"] == "beat"} >= {
        ("split", "test"), ("split", "train"), ("lead", "I"), ("lead", "II"), ("source_database", "mitdb"),
    }  # fmt: skip
    train = find(rows, group="split", value="train", parameter="rr_ms", per="beat")
    assert numbers(train, "n_truth", "n", "bias_ci_low") == (7, 5, None)
    assert not [row for row in rows if row["parameter"] == "p_ms"]


def test_beats_of_stretches_that_are_not_scored_are_an_error():
    frame = pd.DataFrame(ROWS)
    table = pa.Table.from_pylist([beat("a_00000", 0, 0), beat("z_00000", 0, 0)], tables.BEATS)
    assert stretch_of_beats(frame, table[:1]).tolist() == [0]
    with pytest.raises(PapertraceError, match="scores do not have"):
        stretch_of_beats(frame, table)


def test_all_rows_are_kept_in_order(tmp_path):
    table = read_table(write(tmp_path, ROWS[::-1], 2) / "scores.parquet")
    assert table.schema.equals(tables.SCORES)
    assert table.select(["page_id", "lead"]).to_pylist() == [{k: row[k] for k in ("page_id", "lead")} for row in ROWS]


@pytest.mark.parametrize("rows", [[], [ROWS[6]], [ROWS[4]]])
def test_nothing_read_is_a_summary_too(tmp_path, rows):
    folder = write(tmp_path, rows)
    assert len(rows_of(folder / "pages.csv")) == len(rows)
    whole = [row for row in rows_of(folder / "summary.csv") if row["group"] == "all"]
    assert [numbers(row, "failure_share", "snr_db_mean") for row in whole] == [(1, None)] * len(rows)


def test_missing_shards_are_one_sentence(tmp_path):
    with pytest.raises(PapertraceError, match="no shards to summarise"):
        summary.run(Config(), [], tmp_path / "scores.parquet")
    with pytest.raises(PapertraceError, match=r"shard-00000\.parquet: no such file"):
        summary.run(Config(), [tmp_path / "shard-00000.parquet"], tmp_path / "scores.parquet")
    write_table([], tables.SCORES, tmp_path / "shard-00000.parquet")
    with pytest.raises(PapertraceError, match=r"beats\.parquet: no such file; run scores"):
        summary.run(Config(), [tmp_path / "shard-00000.parquet"], tmp_path / "scores.parquet")
    assert not (tmp_path / "scores.parquet").exists()


def test_failure_share_needs_only_the_attempts_and_their_status(tmp_path):
    table = read_table(write(tmp_path, ROWS) / "scores.parquet", [*summary.ATTEMPT, "status"])
    assert summary.failure_share(table) == 0.5


def test_csv_has_four_decimals_and_no_negative_zero():
    frame = pd.DataFrame({"n": [1, 2, 3], "x": [-0.00001, np.nan, 2 / 3]})
    assert summary.to_csv(frame) == "n,x\n1,0.0000\n2,\n3,0.6667\n"
    assert frame["x"][0] == -0.00001, "the frame stays as it was"


def test_the_distance_to_the_ceiling_is_of_leads_that_were_read(tmp_path):
    ceilings = {"ceiling_db": 40.0, "column_ceiling_db": 33.0}
    rows = [score("a_00000", "I", 0, snr_db=30.0, **ceilings), score("a_00000", "II", 1, status="failed", **ceilings)]
    row = find(rows_of(write(tmp_path, rows) / "summary.csv"), group="all")
    assert numbers(row, "below_ceiling_db_mean", "below_column_ceiling_db_mean") == (10, 3)
