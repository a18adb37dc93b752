"""Where a page's time begins and how long it is."""

import pytest

from papertrace.traces.time_span import time_span


@pytest.mark.parametrize(("speed", "seconds"), [(25, 10), (50, 5), (50, 10), (12.5, 10), (25, 7)])
def test_rows_of_about_whole_seconds_have_whole_seconds(flat_row, speed, seconds):
    # the last sample is drawn one interval before the end; blur takes as much off either end
    end = 20.0 + speed * (seconds - 0.002)
    rows = [flat_row(20.0 + blurred, end - blurred) for blurred in (0.0, 0.05, 0.1)]
    start, length = time_span(rows, speed)
    assert length == seconds
    assert start == pytest.approx(20.0, abs=1e-9)


def test_other_rows_are_as_long_as_they_are(flat_row):
    assert time_span([flat_row(20.0, 20 + 25 * 8.4)], 25.0) == pytest.approx((20.0, 8.4))


def test_of_rows_that_the_image_cuts_off_the_end_tells_the_time(flat_row):
    rows = [flat_row(20.0, 20 + 25 * 8.4)] * 2
    start, seconds = time_span(rows, 25.0, 20.0)
    assert seconds == 10.0
    assert start == pytest.approx(20 + 25 * 8.4 - 25 * (10 - 1 / 250))
    # half a page is no page
    assert time_span([flat_row(20.0, 20 + 25 * 4.4)] * 2, 25.0, 20.0) == pytest.approx((20.0, 4.4))
    # a row that lacks less than a fortieth begins at the edge, as some programs draw it, and its end was not seen
    assert time_span([flat_row(3.0, 3 + 25 * 9.85)] * 4, 25.0, 3.0) == pytest.approx((3.0, 10.0))
    # so does one that is whole from the edge on, whose first millimetres a frame hides
    assert time_span([flat_row(7.0, 253.0)] * 4, 25.0, 3.0) == pytest.approx((3.0, 10.0))
    assert time_span([flat_row(10.0, 253.0)] * 4, 25.0, 3.0) == pytest.approx((10.0, 9.72))
    # and one that is whole as it is seen begins where it does, however near the edge
    start, seconds = time_span([flat_row(5.2, 254.8)] * 2, 25.0, 2.7)
    assert seconds == 10.0
    assert start == pytest.approx(5.05)


def test_a_row_that_a_crease_lengthens_is_not_asked(flat_row):
    # of two rows neither is in the majority
    rows = [flat_row(20.05, 269.85), flat_row(5.0, 270.2)]
    start, seconds = time_span(rows, 25.0)
    assert seconds == 10.0
    assert start == pytest.approx(20.0)
