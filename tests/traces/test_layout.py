"""Rows of known shape: pulses, columns, names."""

import dataclasses

import numpy as np

from papertrace.traces.layout import (
    Row,
    agreeing,
    arrange,
    columns_of,
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
