"""Beats beside beats: who belongs to whom, and what is left over."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from papertrace import tables
from papertrace.scores.clinical import Clinical
from papertrace.scores.comparison import compare_beats, match_beats, stacked
from papertrace.scores.fiducials import Beats
from papertrace.tables import CLINICAL

PEAKS_S = st.lists(st.floats(0, 10), max_size=12).map(lambda values: np.unique(np.array(values, float)))


@given(PEAKS_S, PEAKS_S)
def test_pairs_are_close_unique_and_in_order(truth_s, trace_s):
    pairs = match_beats(truth_s, trace_s)
    assert (np.diff(pairs, axis=0) > 0).all()
    assert (np.abs(truth_s[pairs[:, 0]] - trace_s[pairs[:, 1]]) <= 0.15).all()


@given(PEAKS_S)
def test_every_beat_matches_itself(peaks_s):
    np.testing.assert_array_equal(match_beats(peaks_s, peaks_s), np.arange(len(peaks_s))[:, None] * [1, 1])


def test_of_two_candidates_the_nearer_is_taken():
    np.testing.assert_array_equal(match_beats(np.array([1.0, 2.0]), np.array([0.9, 1.02, 2.3])), [[0, 1]])


def of(peaks_s, qrs_ms=90.0):
    values = {name: np.full(len(peaks_s), np.nan) for name in CLINICAL}
    peaks_s = np.array(peaks_s, float)
    return Clinical(Beats(peaks_s, qrs_onset_s=peaks_s - 0.04), values | {"qrs_ms": np.full(len(peaks_s), qrs_ms)})


def test_matched_missed_and_extra_beats_in_the_order_of_time():
    rows = compare_beats(of([1.0, 2.0, 3.0]), of([1.01, 2.5, 3.01], 95.0))
    assert rows["match"].tolist() == ["matched", "missed", "extra", "matched"]
    assert rows["beat"].tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(rows["r_peak_s_truth"], [1, 2, np.nan, 3])
    np.testing.assert_allclose(rows["r_peak_s_trace"], [1.01, np.nan, 2.5, 3.01])
    np.testing.assert_allclose(rows["qrs_ms_truth"], [90, 90, np.nan, 90])
    np.testing.assert_allclose(rows["qrs_ms_trace"], [95, np.nan, 95, 95])
    np.testing.assert_allclose(rows["qrs_onset_s_trace"], [0.97, np.nan, 2.46, 2.97])
    assert np.isnan(rows["t_end_s_truth"]).all()


def test_rr_is_compared_between_the_same_two_beats_only():
    def regular(peaks_s):
        clinical = of(peaks_s)
        clinical.of_beats["rr_ms"] = 1000 * np.r_[np.nan, np.diff(clinical.beats.r_peak_s)]
        return clinical

    missed = compare_beats(regular([1, 2, 3, 4]), regular([1, 3, 4]))
    np.testing.assert_allclose(missed["rr_ms_truth"], [np.nan, 1000, 1000, 1000])
    np.testing.assert_allclose(missed["rr_ms_trace"], [np.nan, np.nan, np.nan, 1000])
    extra = compare_beats(regular([1, 2, 3]), regular([1, 1.5, 2, 3]))
    np.testing.assert_allclose(extra["rr_ms_truth"], [np.nan, np.nan, 1000, 1000])
    np.testing.assert_allclose(extra["rr_ms_trace"], [np.nan, 500, np.nan, 1000])


def test_a_late_trace_matches_by_its_lag_and_keeps_its_own_times():
    rows = compare_beats(of([1.0, 2.0]), of([1.2, 2.2]), lag_s=0.2)
    assert rows["match"].tolist() == ["matched", "matched"]
    np.testing.assert_allclose(rows["r_peak_s_trace"], [1.2, 2.2])
    assert compare_beats(of([1.0]), of([1.2]))["match"].tolist() == ["missed", "extra"]


def test_no_beats_on_either_side_are_no_rows():
    assert len(compare_beats(Clinical(), Clinical())["beat"]) == 0
    assert compare_beats(of([1.0]), Clinical())["match"].tolist() == ["missed"]
    assert compare_beats(Clinical(), of([1.0]))["match"].tolist() == ["extra"]


def test_blocks_stack_to_a_table_of_the_schema():
    place = {"page_id": "a", "input": "pages", "digitizer": "x", "record": "a", "split": "test", "row": 0, "column": 0}
    blocks = [
        {**place, "lead": lead, **compare_beats(of(peaks), of(peaks))} for lead, peaks in (("I", [1, 2]), ("V1", [3]))
    ]
    table = stacked(blocks, tables.BEATS)
    assert table.schema.equals(tables.BEATS)
    assert table["lead"].to_pylist() == ["I", "I", "V1"]
    assert table["r_peak_s_truth"].to_pylist() == [1, 2, 3]
    assert stacked([], tables.BEATS).equals(tables.BEATS.empty_table())
    with pytest.raises(KeyError, match="match"):
        stacked([{"beat": np.zeros(1, int)}], pa.schema([("match", pa.string())]))
