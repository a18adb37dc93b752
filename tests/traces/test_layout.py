"""Rows of known shape: pulses, columns, names."""

import dataclasses

import numpy as np
import pytest

from papertrace.traces.layout import (
    Row,
    agreeing,
    arrange,
    columns_of,
    cut_pulses,
    find_pulse,
    is_print,
    is_straight,
    layout_name,
)

STEP_MM = 0.03


def row_of(x0: float, x1: float, height, centre: float = 50.0, gap: tuple[float, float] | None = None) -> Row:
    """A row from x0 to x1 mm whose ink is `height(x)` mm above `centre`."""
    x = np.arange(x0, x1, STEP_MM)
    y = centre - height(x)
    inked = [[x0, x1]]
    if gap:
        y[(x > gap[0]) & (x < gap[1])] = np.nan
        inked = [[x0, gap[0]], [gap[1], x1]]
    return Row(x, y, np.zeros(len(x)), np.array(inked))


def beats(x: np.ndarray) -> np.ndarray:
    """A QRS of 1 cm and 2 mm width every 20 mm."""
    return 10 * np.clip(1 - np.abs((x % 20) - 10) / 1.0, 0, None)


def with_pulse(left: float, height_mm: float = 10.0, width_mm: float = 5.0):
    return lambda x: np.where((x > left) & (x < left + width_mm), height_mm, np.where(x > left + 7, beats(x), 0.0))


@pytest.mark.parametrize("height_mm", [5.0, 10.0, 20.0])
def test_pulse_is_found_with_its_height_and_foot(height_mm):
    row = row_of(10, 270, with_pulse(12, height_mm), centre=50)
    left, right, foot, height = find_pulse(row)
    assert (left, right) == pytest.approx((12, 17), abs=0.05)
    assert foot == pytest.approx(50, abs=0.01)
    assert height == pytest.approx(height_mm, abs=0.01)


def test_beats_are_no_pulse():
    assert find_pulse(row_of(10, 270, beats)) is None


def test_pulse_off_standard_height_is_no_pulse():
    assert find_pulse(row_of(10, 270, with_pulse(12, 14.0))) is None


def test_signal_begins_behind_the_gap_after_the_pulse():
    row = row_of(10, 270, with_pulse(12), gap=(19.0, 20.5))
    [cut] = cut_pulses([row])
    assert cut.start_mm == pytest.approx(20.5, abs=0.05)
    assert cut.pulse_mm == pytest.approx(10, abs=0.01)
    assert cut.zero_mm == pytest.approx(50, abs=0.01)
    assert cut.end_mm == 270


def test_crumbs_of_a_faint_foot_are_no_signal():
    row = row_of(10, 270, with_pulse(12), gap=(17.9, 18.4))
    in_gap = (row.x_mm > 18.7) & (row.x_mm < 20.5)
    row = dataclasses.replace(
        row, y_mm=np.where(in_gap, np.nan, row.y_mm), inked_mm=np.array([[10, 17.9], [18.4, 18.7], [20.5, 270]])
    )
    [cut] = cut_pulses([row])
    assert cut.start_mm == pytest.approx(20.5)
    assert cut.x_mm[0] == pytest.approx(20.5, abs=0.05)


def test_pulse_at_the_right_is_cut_with_its_foot_even_after_a_beat():
    def height(x):
        # the last beat ends half a millimetre before the pulse's rise
        return np.where((x > 262) & (x < 267), 10.0, np.where(x < 261.4, beats(x + 9.0), 0.0))

    [cut] = cut_pulses([row_of(10, 270, height)])
    assert cut.pulse_mm == pytest.approx(10, abs=0.05)
    assert 258 < cut.end_mm < 262


def test_row_whose_pulse_was_missed_is_cut_where_the_others_are():
    rows = [row_of(10, 270, with_pulse(12), centre=c) for c in (40, 80, 120)]
    missed = row_of(10, 270, lambda x: np.where((x > 12) & (x < 17), 14.0, beats(x)), centre=160)
    cut = cut_pulses([*rows, missed])
    assert cut[3].pulse_mm is None
    assert cut[3].start_mm > 17


def test_one_lookalike_among_four_rows_is_left_alone():
    rows = [row_of(10, 270, beats, centre=c) for c in (40, 80, 120)]
    lookalike = row_of(10, 270, with_pulse(12), centre=160)
    assert [row.start_mm for row in cut_pulses([*rows, lookalike])] == [10] * 4


def test_ruled_line_is_straight_and_ecg_is_not():
    assert is_straight(row_of(0, 200, lambda x: 0.01 * x))
    assert not is_straight(row_of(0, 200, beats))


def test_letters_are_print_and_a_broken_trace_is_not():
    starts = np.arange(10.0, 200.0, 3.0)
    letters = dataclasses.replace(row_of(10, 200, beats), inked_mm=np.stack([starts, starts + 2.4], axis=1))
    assert is_print(letters)
    # a faint trace falls to pieces as short, but the paper between them is not a letter's distance
    faint = dataclasses.replace(row_of(10, 200, beats), inked_mm=np.stack([starts, starts + 2.9], axis=1))
    assert not is_print(faint)
    assert not is_print(row_of(10, 200, beats))


def test_rows_that_span_the_same_stretch_agree():
    rows = [row_of(20, 270, beats), row_of(21, 269, beats), row_of(100, 330, beats), row_of(22, 271, beats)]
    assert agreeing(rows) == [0, 1, 3]
    assert agreeing([]) == []


def test_conventions():
    assert [layout_name(n) for n in (1, 2, 4, 6, 12, 7)] == ["1x1", "2x1", "3x4+1", "6x2", "12x1", "7x1"]
    assert columns_of("3x4+1", 1) == ["II", "aVL", "V2", "V5"]
    assert columns_of("3x4+1", 3) == ["II"]
    assert columns_of("6x2", 5) == ["aVF", "V6"]
    assert columns_of("2x1", 0) == [None]


def test_names_on_the_page_come_before_the_convention():
    layout, leads = arrange([("V1",), ("V5",)])
    assert (layout, leads) == ("2x1", [["V1"], ["V5"]])
    # four rows of one column each are no 3x4 page
    layout, leads = arrange([("V1",), ("V2",), ("V3",), None])
    assert (layout, leads) == ("4x1", [["V1"], ["V2"], ["V3"], [None]])
    layout, leads = arrange([("I", None, "V1", "V4"), None, None, None])
    assert layout == "3x4+1"
    assert leads[0] == ["I", "aVR", "V1", "V4"]
    # an order of its own (Cabrera) overrules the convention
    layout, leads = arrange([("aVL", "V1"), ("I", "V2"), ("-aVR", "V3")])
    assert layout == "3x2"
    assert leads[2] == ["-aVR", "V3"]
