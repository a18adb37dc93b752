"""Calibration pulses of known shape."""

import dataclasses

import numpy as np
import pytest

from papertrace.traces.layout import Pulse, Row
from papertrace.traces.pulses import cut_pulses, find_pulse, give_pulses

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
    pulse = find_pulse(row)
    assert (pulse.left_mm, pulse.right_mm) == pytest.approx((12, 17), abs=0.05)
    assert pulse.foot_mm == pytest.approx(50, abs=0.01)
    assert pulse.height_mm == pytest.approx(height_mm, abs=0.01)


def test_beats_are_no_pulse():
    assert find_pulse(row_of(10, 270, beats)) is None


def test_pulse_off_standard_height_is_no_pulse():
    assert find_pulse(row_of(10, 270, with_pulse(12, 14.0))) is None


def test_signal_begins_behind_the_gap_after_the_pulse():
    row = row_of(10, 270, with_pulse(12), gap=(19.0, 20.5))
    [cut] = cut_pulses([row])
    assert cut.start_mm == pytest.approx(20.5, abs=0.05)
    assert cut.pulse.height_mm == pytest.approx(10, abs=0.01)
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
    assert cut.pulse.height_mm == pytest.approx(10, abs=0.05)
    assert 258 < cut.end_mm < 262


def test_row_whose_pulse_was_missed_is_cut_where_the_others_are():
    rows = [row_of(10, 270, with_pulse(12), centre=c) for c in (40, 80, 120)]
    missed = row_of(10, 270, lambda x: np.where((x > 12) & (x < 17), 14.0, beats(x)), centre=160)
    cut = cut_pulses([*rows, missed])
    assert cut[3].pulse.height_mm is None
    assert cut[3].start_mm > 17


def test_one_lookalike_among_four_rows_is_left_alone():
    rows = [row_of(10, 270, beats, centre=c) for c in (40, 80, 120)]
    lookalike = row_of(10, 270, with_pulse(12), centre=160)
    assert [row.start_mm for row in cut_pulses([*rows, lookalike])] == [10] * 4


def test_pulses_found_apart_go_to_the_row_beside_them():
    rows = [row_of(20, 270, beats, centre=c) for c in (40, 80)]
    read = give_pulses(rows, [Pulse(12, 17, 80.4, 10.1), Pulse(12.1, 17.1, 39.8, 9.9)])
    assert [(row.zero_mm, row.pulse.height_mm) for row in read] == [(39.8, 9.9), (80.4, 10.1)]
    assert [row.start_mm for row in read] == [20, 20]


def test_row_that_goes_on_into_a_pulse_is_cut_there():
    rows = [row_of(20, 270, beats, centre=40), row_of(10, 270, with_pulse(12), centre=80, gap=(19.0, 20.5))]
    read = give_pulses(rows, [Pulse(12, 17, 40, 10), Pulse(12, 17)])
    assert [row.start_mm for row in read] == pytest.approx([20, 20.5], abs=0.05)
    assert [row.zero_mm for row in read] == [40, None]


def stepped(left: float, first: float, second: float, half_mm: float = 2.5):
    def height(x):
        pulse = np.where(x < left + half_mm, first, second) * ((x > left) & (x < left + 2 * half_mm))
        return np.where(x > left + 2 * half_mm + 4, beats(x), pulse)

    return height


@pytest.mark.parametrize(("first", "second"), [(10.0, 5.0), (5.0, 10.0), (20.0, 10.0), (5.0, 2.5)])
@pytest.mark.parametrize("half_mm", [2.5, 5.0])
def test_stepped_pulse_is_found_with_both_its_heights(first, second, half_mm):
    pulse = find_pulse(row_of(10, 270, stepped(12, first, second, half_mm)))
    assert (pulse.left_mm, pulse.right_mm) == pytest.approx((12, 12 + 2 * half_mm), abs=0.05)
    assert (pulse.height_mm, pulse.last_mm) == pytest.approx((first, second), abs=0.01)


def test_plain_pulse_has_no_second_step():
    assert find_pulse(row_of(10, 270, with_pulse(12))).last_mm is None
