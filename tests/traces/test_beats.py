"""What beats tell: their size in millimetres, paper speed, columns of the same seconds."""

import numpy as np
import pytest

from papertrace.traces.beats import beat_size, is_simultaneous, speed_odds
from papertrace.traces.layout import Row
from papertrace.traces.scale import find_speed
from papertrace.traces.scale_text import ScaleText

SPEEDS = (12.5, 25.0, 50.0)


def row_of(beats_mm: np.ndarray, width_mm: float = 1.0, length_mm: float = 250.0, centre: float = 40.0) -> Row:
    x = np.arange(0.0, length_mm, 0.03)
    away = x[:, None] - np.asarray(beats_mm)
    y = centre - (10 * np.exp(-0.5 * (away / width_mm) ** 2)).sum(axis=1)
    return Row(x, y, np.zeros(len(x)), np.array([[0.0, length_mm]]))


@pytest.mark.parametrize("apart_mm", [12.0, 20.0, 40.0])
def test_distance_between_beats(apart_mm):
    size = beat_size([row_of(np.arange(5.0, 250.0, apart_mm))] * 2)
    assert size[0] == pytest.approx(apart_mm, abs=0.3)


def test_width_grows_with_the_qrs():
    narrow, wide = (beat_size([row_of(np.arange(5.0, 250.0, 30.0), width)])[1] for width in (0.6, 1.8))
    assert wide > 1.4 * narrow


def test_a_flat_row_has_no_beats():
    assert beat_size([row_of(np.empty(0))]) is None


@pytest.mark.parametrize("speed", SPEEDS)
def test_a_usual_heart_tells_the_speed(speed):
    odds = speed_odds((22.0 * speed / 25, 1.75 * speed / 25), SPEEDS)
    assert SPEEDS[int(np.argmax(odds))] == speed


def test_narrow_complexes_do_not_outweigh_what_is_usual():
    # QTDB's sele0211: 106 beats a minute whose QRS are 36 ms wide at half height, on rows of 250 mm without print
    rows = [row_of(np.arange(5.0, 250.0, 14.1), width_mm=0.15)] * 2
    assert beat_size(rows)[1] < 1.0
    assert find_speed(rows, ScaleText())[0] == 25.0


def irregular(seed: int, count: int = 14) -> np.ndarray:
    return np.cumsum(np.random.default_rng(seed).uniform(15, 25, count)) - 8


@pytest.mark.parametrize("strip", [False, True])
def test_columns_that_repeat_themselves_are_simultaneous(strip):
    beats = irregular(1)
    first = beats[beats < 62.5]
    again = np.concatenate([first + 62.5 * k for k in range(4)])
    rows = [row_of(again, centre=centre) for centre in (40.0, 80.0, 120.0)]
    strips = [row_of(beats, centre=160.0)] * strip
    assert is_simultaneous([*rows, *strips], [4, 4, 4] + [1] * strip, 0.0, 250.0)
    onward = [row_of(beats, centre=centre) for centre in (40.0, 80.0, 120.0)]
    assert not is_simultaneous([*onward, *strips], [4, 4, 4] + [1] * strip, 0.0, 250.0)


def test_a_heart_like_a_clock_is_taken_for_what_is_usual():
    rows = [row_of(np.arange(5.0, 250.0, 62.5 / 3), centre=centre) for centre in (40.0, 80.0, 120.0)]
    strip = row_of(np.arange(5.0, 250.0, 62.5 / 3), centre=160.0)
    assert not is_simultaneous([*rows, strip], [4, 4, 4, 1], 0.0, 250.0)


def test_one_column_is_not_simultaneous():
    assert not is_simultaneous([row_of(irregular(1))] * 2, [1, 1], 0.0, 250.0)
