"""One page, several inputs and digitizers."""

import math

import numpy as np
import pytest

from papertrace.scores.config import ScoresConfig
from papertrace.scores.fiducials import Beats
from papertrace.scores.page import score_page
from papertrace.tables import SCORES

FIDELITY_ONLY = ScoresConfig(clinical=False)


def lead(name, row, samples, **more):
    return {"lead": name, "row": row, "column": 0, "start_s": 0.0, "rate_hz": 250.0, "samples": samples, **more}


def read(name, row, samples, input_="pages", digitizer="classical", **more):
    return lead(name, row, samples, input=input_, digitizer=digitizer, **more)


def test_rows_have_the_columns_of_the_table(wave):
    [row] = score_page([lead("I", 0, wave)], [read("I", 0, wave)], FIDELITY_ONLY).rows
    of_the_stage = {"page_id", "record", "database", "source_database", "split", "layout", "dpi", "preset", "severity"}
    assert set(row) == set(SCORES.names) - of_the_stage


def test_every_input_and_digitizer_is_scored_on_its_own(wave):
    signals = [
        read("I", 0, 1.1 * wave),
        read("I", 0, 1.01 * wave, "scans"),
        read("I", 0, 0 * wave, "scans", "other"),
    ]
    rows = score_page([lead("I", 0, wave)], signals, FIDELITY_ONLY).rows
    scores = {(row["input"], row["digitizer"]): row["snr_db"] for row in rows}
    assert scores == {
        ("pages", "classical"): pytest.approx(20),
        ("scans", "classical"): pytest.approx(40),
        ("scans", "other"): 0,
    }


def test_the_truth_is_delineated_once(wave):
    asked = []

    def delineator(samples_mv, rate_hz):
        asked.append(samples_mv)
        peaks = np.arange(0.5, 10)
        return Beats(peaks, peaks - 0.05, peaks + 0.05, peaks + 0.3)

    truth = [lead("I", 0, wave), lead("II", 1, 2 * wave)]
    signals = [read(row["lead"], row["row"], row["samples"], i) for row in truth for i in ("pages", "scans")]
    scores = score_page(truth, signals, ScoresConfig(), delineator=delineator)
    rows = scores.rows
    assert len(asked) == 2 + 4
    assert [(row["rr_ms_truth"], row["qt_ms_trace"], row["beats_trace"]) for row in rows] == [
        (pytest.approx(1000), pytest.approx(350), 10)
    ] * 4
    assert [row["beats_matched"] for row in rows] == [10] * 4
    places = [(block["input"], block["lead"], set(block["match"])) for block in scores.beats]
    assert places == [(input_, name, {"matched"}) for input_ in ("pages", "scans") for name in ("I", "II")]


def test_a_failed_trace_keeps_the_truths_figures_and_none_of_its_own(wave):
    def delineator(samples_mv, rate_hz):
        return Beats(*(np.arange(1.0, 9.0) + delay for delay in (0, -0.05, 0.05, 0.3)))

    failed = [{"input": "pages", "digitizer": "classical", "status": "failed", "reason": "no grid"}]
    scores = score_page(
        [lead("I", 0, wave)], [read("I", 0, wave)], ScoresConfig(), failed, delineator
    )  # signals of a failed trace are not looked at
    [row], [beats] = scores.rows, scores.beats
    assert beats["match"].tolist() == ["missed"] * 8
    assert (row["status"], row["reason"], row["rr_ms_truth"]) == ("failed", "no grid", pytest.approx(1000))
    assert math.isnan(row["snr_db"])
    assert math.isnan(row["rr_ms_trace"])
    assert (row["beats_truth"], row["beats_trace"], row["beats_matched"]) == (8, None, None)
    assert row["name_read"] is None


def test_without_truth_there_is_one_row_that_is_not_ok(wave):
    ok = [{"input": "pages", "digitizer": "classical", "status": "ok", "reason": None}]
    [row] = score_page([], [read("I", 0, wave)], FIDELITY_ONLY, ok).rows
    assert (row["lead"], row["row"], row["status"]) == (None, None, "failed")
    assert "no truth" in row["reason"]


def test_clinical_can_be_left_out(wave):
    [row] = score_page([lead("I", 0, wave)], [read("I", 0, wave)], FIDELITY_ONLY).rows
    assert math.isnan(row["rr_ms_truth"])
    assert row["beats_truth"] is None


def test_whole_leads_are_cut_to_the_stretches_of_the_page(wave):
    places = [("II", 0, 0, 0.0), ("V1", 0, 1, 5.0), ("II", 1, 0, 0.0)]
    parts = [slice(0, 1250), slice(1250, 2500), slice(0, 2500)]
    truth = [
        {**lead(name, row, part), "column": column, "start_s": start}
        for (name, row, column, start), part in zip(places, [wave[p] for p in parts], strict=True)
    ]
    beyond = np.where(np.arange(2500) < 1250, 5.0, 1.1 * wave)  # nothing of V1 is on the page before 5 s
    signals = [
        {**read("II", None, 1.1 * wave), "column": None},
        {**read("V1", None, beyond), "column": None},
    ]
    rows = score_page(truth, signals, FIDELITY_ONLY).rows
    assert [(row["lead"], row["row"], row["status"], row["name_read"]) for row in rows] == [
        ("II", 0, "ok", True),
        ("V1", 0, "ok", True),
        ("II", 1, "ok", True),
    ]
    assert [row["snr_db"] for row in rows] == [pytest.approx(20)] * 3
    untold = [{**signals[0], "start_s": math.nan}, {**read("V1", None, 1.1 * wave[1250:]), "start_s": math.nan}]
    untold[1]["column"] = None
    assert [row["snr_db"] for row in score_page(truth, untold, FIDELITY_ONLY).rows] == [pytest.approx(20)] * 3


def test_every_metric_stands_side_by_side(wave):
    truth = [lead("I", 0, wave), lead("II", 1, wave[:600]), lead("II", 2, wave)]
    signals = [read("I", 0, 1.1 * wave), read("II", 1, wave[:600])]
    first, second, unread = score_page(truth, signals, FIDELITY_ONLY).rows
    assert (first["snr_db"], first["snr_aligned_db"]) == (pytest.approx(20), pytest.approx(20, abs=0.1))
    assert first["kaggle_signal_mv2"] / first["kaggle_noise_mv2"] == pytest.approx(100, rel=0.01)
    assert second["challenge_snr_db"] == 100
    assert math.isnan(second["kaggle_signal_mv2"]), "of a lead drawn twice the longest counts"
    assert math.isnan(second["kaggle_noise_mv2"])
    assert unread["kaggle_signal_mv2"] == pytest.approx(np.sum(wave**2)), "the power that is lost"
    assert math.isnan(unread["kaggle_noise_mv2"])
    assert math.isnan(unread["challenge_snr_db"])


def test_errors_are_told_by_part_of_the_truths_beats(wave):
    """The delineator is asked about the truth; what it says of the trace moves no part."""
    peaks = np.arange(0.5, 10)
    beats = [Beats(peaks, peaks - 0.05, peaks + 0.05, peaks + 0.35), Beats(np.zeros(0))]
    error = np.where((np.arange(2500) / 250 - 0.5 + 0.05) % 1 < 0.1, 0.2, 0.0)
    truth = [{**lead("I", 0, wave), "ceiling_db": 40.0, "column_ceiling_db": 30.0}]
    [row] = score_page(truth, [read("I", 0, wave + error)], ScoresConfig(), None, lambda *_: beats.pop(0)).rows
    assert row["rmse_qrs_mv"] == pytest.approx(0.2, abs=0.01)
    assert (row["rmse_t_mv"], row["rmse_baseline_mv"]) == (0, pytest.approx(0, abs=0.02))
    assert (row["ceiling_db"], row["column_ceiling_db"]) == (40, 30)
