"""The overlay lies where the samples were read, to the pixel, and nowhere else."""

import numpy as np
import pytest

from papertrace.figures.overlay import COLOURS_BGR, OverlayTrace, draw_overlay

WHITE = np.full((200, 400, 3), 255, np.uint8)


def _inked(image, background=255):
    return (image != background).any(axis=2)


def _row_centroid(image, column):
    ink = 255.0 - image[:, column].astype(float).mean(axis=1)
    return float((ink * np.arange(len(ink))).sum() / ink.sum())


@pytest.mark.parametrize("row", [120.0, 100.5, 99.25])
def test_line_lies_where_it_was_read_to_a_tenth_of_a_pixel(row):
    image = WHITE.copy()
    out = draw_overlay(image, [(np.arange(50.0, 351.0), np.full(301, row), None)])
    rows, columns = np.nonzero(_inked(out))
    assert _row_centroid(out, 200) == pytest.approx(row, abs=0.1)
    assert np.ptp(rows) <= 3
    assert columns.min() == pytest.approx(50, abs=2) and columns.max() == pytest.approx(350, abs=2)
    assert np.array_equal(image, WHITE)


def test_first_line_has_the_first_colour():
    out = draw_overlay(WHITE, [OverlayTrace(np.array([50.0, 350.0]), np.array([100.0, 100.0]))])
    distances = np.abs(np.array(COLOURS_BGR) - out[100, 200]).sum(axis=1)
    assert distances.argmin() == 0 and distances[0] < 60


def test_gaps_stay_gaps():
    x = np.arange(50.0, 350.0)
    y = np.full(300, 120.0)
    y[100:200] = np.nan
    inked = _inked(draw_overlay(WHITE, [(x, y, None)]))
    assert inked[:, 60:140].any() and inked[:, 260:340].any()
    assert not inked[:, 155:245].any()


def test_neighbouring_traces_differ_in_colour_and_names_stand_at_the_start():
    x = np.arange(40.0, 360.0)
    out = draw_overlay(WHITE, [(x, np.full(320, 80.0), "II"), (x, np.full(320, 160.0), "V5")])
    assert not np.array_equal(out[80, 300], out[160, 300])
    below = _inked(out)[164:]
    assert below[:, 38:80].any() and not below[:, 100:].any()


def test_image_is_faded_towards_white():
    out = draw_overlay(np.full((20, 20, 3), 100, np.uint8), [], fade=0.5)
    assert abs(int(out[5, 5, 0]) - 178) <= 1


@pytest.mark.parametrize(
    "trace",
    [
        (np.array([]), np.array([]), "I"),
        (np.full(5, np.nan), np.full(5, np.nan), "I"),
        (np.array([10.0, 1e12, -1e12]), np.array([-1e12, 5.0, 1e12]), "far"),
        (np.array([399.0]), np.array([0.0]), "a name longer than the room that is left for it"),
    ],
)
def test_odd_traces_do_not_break_it(trace):
    assert draw_overlay(WHITE, [trace]).shape == WHITE.shape


def test_grey_image_becomes_colour():
    assert draw_overlay(np.zeros((9, 7), np.uint8), []).shape == (9, 7, 3)


def test_wrong_image_and_ragged_trace_are_refused():
    with pytest.raises(ValueError, match="8-bit"):
        draw_overlay(np.zeros((9, 7, 3)), [])
    with pytest.raises(ValueError, match="differ in shape"):
        draw_overlay(WHITE, [(np.zeros(3), np.zeros(4), None)])
