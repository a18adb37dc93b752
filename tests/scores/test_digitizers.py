"""Digitizers against each other: the same stretches, failures as 0 and counted."""

import numpy as np
import pandas as pd
import pytest

from papertrace.scores.digitizers import compare
from papertrace.tables import CLINICAL

ROW = {"input": "scans", "split": "test", "layout": "2x1", "column": 0, "status": "ok"}


def scores(digitizer, *values, errors=None, **over):
    """Rows of one digitizer: a record a pair of stretches, of some SNR; None was not read."""
    rows = []
    for k, value in enumerate(values):
        figures = {"snr_db": value, "snr_aligned_db": None if value is None else value + 2, "challenge_snr_db": value}
        measured = {}
        for name in CLINICAL:
            measured |= {f"{name}_truth": 100.0, f"{name}_trace": np.nan}
        if errors is not None and value is not None:
            measured["qrs_ms_trace"] = 100.0 + errors[k]
        place = {"page_id": f"r{k // 2}_0", "record": f"r{k // 2}", "row": k % 2, "lead": "I", "digitizer": digitizer}
        rows.append(
            {**ROW, **place, **figures, **measured, **({} if value is not None else {"status": "failed"})} | over
        )
    return rows


def row(table, digitizer, group="all", value="all"):
    [found] = table[(table.digitizer == digitizer) & (table.group == group) & (table.value == value)].to_dict("records")
    return found


def test_what_was_not_read_is_0_db_and_counted():
    frame = pd.DataFrame(scores("a", 20.0, 10.0, 30.0, None) + scores("b", 10.0, 10.0, 20.0, 20.0))
    table = compare(frame)
    assert len(table) == 2 * 3  # each way round: all, one split, one layout
    found = row(table, "a")
    assert (found["against"], found["records"], found["pages"], found["stretches"]) == ("b", 2, 2, 4)
    assert (found["unread"], found["unread_against"]) == (1, 0)
    assert (found["snr_db"], found["snr_db_against"], found["snr_db_difference"]) == pytest.approx((15, 15, 0))
    assert (found["snr_db_low"], found["snr_db_high"]) == pytest.approx((-5, 5))  # records differ by 5 and by -5
    assert found["snr_db_better"] == 0.5
    assert found["snr_aligned_db"] == pytest.approx((22 + 12 + 32 + 0) / 4)
    back = row(table, "b")
    assert back["snr_db_difference"] == pytest.approx(0) and back["snr_db_better"] == 0.25


def test_parameters_are_compared_where_both_have_them():
    one = scores("a", 20.0, 20.0, 20.0, None, errors=[4, -6, np.nan, 99])
    other = scores("b", 20.0, 20.0, 20.0, 20.0, errors=[-1, 1, 3, 9])
    found = row(compare(pd.DataFrame(one + other)), "a")
    assert (found["qrs_ms_n"], found["qrs_ms_missing"], found["qrs_ms_missing_against"]) == (2, 2, 0)
    assert (found["qrs_ms_mae"], found["qrs_ms_mae_against"]) == (5, 1)
    assert found["qrs_ms_mae_difference"] == 4 and np.isnan(found["qrs_ms_mae_low"])  # of one record
    assert (found["qt_ms_n"], found["qt_ms_missing"]) == (0, 4) and np.isnan(found["qt_ms_mae"])


def test_a_flat_stretch_has_no_snr_for_anyone():
    frame = pd.DataFrame(scores("a", np.nan, 10.0) + scores("b", None, 20.0))
    found = row(compare(frame), "a")
    assert (found["stretches"], found["snr_db"], found["snr_db_against"]) == (2, 10.0, 20.0)


def test_inputs_and_groups_are_kept_apart():
    frame = pd.DataFrame(
        scores("a", 10.0, 10.0)
        + scores("b", 10.0, 10.0)
        + scores("a", 30.0, 30.0, input="pages", layout="1x1")
        + scores("b", 20.0, 20.0, input="pages", layout="1x1")
    )
    table = compare(frame)
    assert table[table.digitizer == "a"][["input", "group", "value", "snr_db_difference"]].values.tolist() == [
        ["pages", "all", "all", 10.0],
        ["pages", "split", "test", 10.0],
        ["pages", "layout", "1x1", 10.0],
        ["scans", "all", "all", 0.0],
        ["scans", "split", "test", 0.0],
        ["scans", "layout", "2x1", 0.0],
    ]


def test_a_digitizer_that_failed_on_every_page_still_stands_in_the_table():
    found = row(compare(pd.DataFrame(scores("a", 10.0, 20.0) + scores("b", None, None))), "b")
    assert (found["unread"], found["snr_db"], found["snr_db_difference"]) == (2, 0.0, -15.0)


def test_one_digitizer_has_nothing_to_be_compared_with():
    table = compare(pd.DataFrame(scores("a", 10.0, 20.0)))
    assert len(table) == 0
    assert list(table.columns[:5]) == ["input", "group", "value", "digitizer", "against"]


def test_pages_that_were_never_drawn_are_nobodys():
    frame = pd.DataFrame(scores("a", None, lead=None) + scores("b", None, lead=None))
    assert len(compare(frame)) == 0
