"""By place, then by name, then by order."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from papertrace.scores.matching import match


def stretch(lead, row, column=0, start_s=0.0, duration_s=10.0):
    samples = np.zeros(round(duration_s * 10))
    return {"lead": lead, "row": row, "column": column, "start_s": start_s, "rate_hz": 10.0, "samples": samples}


def found(truth, signals):
    return [(pair.signal, pair.name_read) for pair in match(truth, signals)]


TWO = [stretch("MLII", 0), stretch("V5", 1)]
NAMES = ("I", "aVR", "V1", "V4", "II", "aVL", "V2", "V5", "III", "aVF", "V3", "V6")
TWELVE = [stretch(name, i // 4, i % 4, 2.5 * (i % 4), 2.5) for i, name in enumerate(NAMES)] + [stretch("II", 3)]


def test_places_win_where_they_agree():
    assert found(TWO, [stretch("V5", 1), stretch("MLII", 0)]) == [(1, True), (0, True)]
    assert found(TWO, [stretch(None, 0), stretch(None, 1)]) == [(0, False), (1, False)]
    assert found(TWO, [stretch("V5", 0), stretch("MLII", 1)]) == [(0, False), (1, False)]


def test_names_do_not_mind_case():
    assert found([stretch("aVR", 0)], [stretch(" AVR", 0)]) == [(0, True)]


def test_a_missed_row_is_told_by_the_name():
    assert found(TWO, [stretch("V5", 0)]) == [(None, False), (0, True)]
    assert found(TWO, [stretch(None, 0)]) == [(0, False), (None, False)]
    assert found(TWO, []) == [(None, False), (None, False)]


def test_a_row_too_many_does_not_push_the_others():
    assert found(TWO, [stretch(None, 0), stretch("MLII", 1), stretch("V5", 2)]) == [(1, True), (2, True)]
    assert found(TWO, [stretch(None, 0), stretch(None, 1), stretch(None, 2)]) == [(0, False), (1, False)]


def test_the_rhythm_strip_is_told_from_the_column_of_the_same_name():
    assert [pair.signal for pair in match(TWELVE, TWELVE)] == list(range(13))
    shuffled = [dict(row, row=row["row"] + 1) for row in TWELVE[::-1]]  # one row down: places disagree
    assert found(TWELVE, shuffled) == [(12 - i, True) for i in range(13)]
    without_strip = TWELVE[:12]
    assert found(TWELVE, without_strip) == [(i, True) for i in range(12)] + [(None, False)]


def test_signals_without_places_are_taken_in_order():
    signals = [{**stretch(None, 0), "row": None, "column": None} for _ in range(2)]
    assert found(TWO, signals) == [(0, False), (1, False)]


def whole(lead, start_s=0.0, duration_s=10.0):
    return {**stretch(lead, None, None, start_s, duration_s)}


def test_a_whole_lead_answers_for_every_stretch_of_its_name():
    signals = [whole(name) for name in NAMES]
    pairs = match(TWELVE, signals)
    assert [pair.signal for pair in pairs] == [*range(12), NAMES.index("II")]
    assert all(pair.name_read and pair.start_s == 0.0 for pair in pairs)


def test_a_whole_lead_that_is_not_there_is_not_read():
    signals = [whole(name) for name in NAMES if name != "II"]
    assert [pair.signal for pair in match(TWELVE, signals)].count(None) == 2


def test_whole_leads_of_other_names_are_taken_in_order():
    assert found(TWO, [whole("I"), whole("II")]) == [(0, False), (1, False)]
    assert found(TWO, [whole("V5"), whole("II")]) == [(1, False), (0, True)]


def test_a_lead_that_tells_no_time_begins_with_the_stretch_of_its_length():
    untold = math.nan
    signals = [whole(name, untold, 10.0 if name == "II" else 2.5) for name in NAMES]
    starts = [pair.start_s for pair in match(TWELVE, signals)]
    assert starts == [*(0.0 if row["lead"] == "II" else row["start_s"] for row in TWELVE[:12]), 0.0]
    v1 = [stretch("V1", 0, 2, 5.0, 2.5), stretch("V1", 1)]
    assert [pair.start_s for pair in match(v1, [whole("V1", untold, 2.4)])] == [5.0, 5.0]
    assert [pair.start_s for pair in match(v1, [whole("V1", untold, 9.0)])] == [0.0, 0.0]


stretches = st.lists(
    st.builds(stretch, st.sampled_from(["I", "II", "V1", None]), st.integers(0, 3), st.integers(0, 1)), max_size=6
)


@given(stretches, stretches)
def test_no_signal_is_used_twice_and_none_is_wasted(truth, signals):
    truth = [dict(row, lead=row["lead"] or "X") for row in truth]
    used = [pair.signal for pair in match(truth, signals) if pair.signal is not None]
    assert len(used) == len(set(used)) == min(len(truth), len(signals))


wholes = st.lists(
    st.builds(whole, st.sampled_from(["I", "II", "V1"]), st.sampled_from([0.0, 2.5, math.nan]), st.integers(1, 10)),
    max_size=4,
    unique_by=lambda row: row["lead"],
)


@given(stretches, stretches, wholes)
def test_whole_leads_go_to_their_name_and_every_signal_has_a_start(truth, signals, whole_leads):
    truth = [dict(row, lead=row["lead"] or "X") for row in truth]
    pairs = match(truth, [*signals, *whole_leads])
    names = {row["lead"]: len(signals) + k for k, row in enumerate(whole_leads)}
    places = [(row["row"], row["column"]) for row in signals]
    if whole_leads or sorted(places) != sorted((row["row"], row["column"]) for row in truth):
        assert all(
            pair.signal == names[row["lead"]] for row, pair in zip(truth, pairs, strict=True) if row["lead"] in names
        )
    for pair in pairs:
        assert math.isnan(pair.start_s) == (pair.signal is None)
    with_place = [pair.signal for pair in pairs if pair.signal is not None and pair.signal < len(signals)]
    assert len(with_place) == len(set(with_place))
