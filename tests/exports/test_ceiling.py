"""What the ideal reader has of signals whose bandwidth is known, and of real ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from papertrace.exports.ceiling import ceilings_db, ideal_traces
from papertrace.geometry import PixelMap

SIZE = (800, 480)
PAGE = PixelMap.of_page(8.0)  # 200 px/s at 25 mm/s


def wave(hertz: float, n: int = 750) -> np.ndarray:
    # Whole cycles, so that no end is steeper than the rest.
    return np.sin(2 * np.pi * hertz * np.arange(n) / 250)


def turned(degrees: float, shift: float = 0.0) -> PixelMap:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return PAGE.then(np.array([[c, -s, shift], [s, c, 0], [0, 0, 1.0]]))


def test_what_is_slow_against_the_columns_is_had_whole(sheet):
    labels, truth = sheet(0.5 * wave(2), 0.5 * wave(20))
    slow, fast = ceilings_db(labels, truth, PAGE, SIZE)
    assert slow > 45
    assert fast > 30


def test_what_is_faster_than_half_a_cycle_a_column_is_lost(sheet):
    labels, truth = sheet(0.2 * wave(115))
    assert ceilings_db(labels, truth, PAGE, SIZE)[0] < 3


def test_more_dots_an_inch_raise_the_ceiling_and_fewer_lower_it(sheet):
    labels, truth = sheet(0.5 * wave(25))
    found = []
    for zoom in (0.25, 0.5, 1, 2):
        size = (round(800 * zoom), round(480 * zoom))
        found.append(ceilings_db(labels, truth, PixelMap.of_page(8 * zoom), size)[0])
    assert found == sorted(found)
    assert found[-1] - found[0] > 20


@pytest.mark.parametrize("degrees", [-7.0, 3.0, 15.0])
def test_a_turn_costs_nothing(sheet, degrees):
    labels, truth = sheet(0.5 * wave(12))
    straight = ceilings_db(labels, truth, PAGE, (2000, 2000))[0]
    assert ceilings_db(labels, truth, turned(degrees, 150), (2000, 2000))[0] == pytest.approx(straight, abs=3)


def test_what_is_cut_off_is_not_read(sheet):
    samples = 0.5 * wave(4)
    samples[300:320] = np.nan
    labels, truth = sheet(samples)
    (trace,) = ideal_traces(labels, truth, turned(0, -280), SIZE)  # the first 200 px of the trace are off the image
    assert np.isnan(trace[:248]).all()
    assert np.isnan(trace[300:320]).all()
    np.testing.assert_allclose(trace[255:300], samples[255:300], atol=0.01)
    np.testing.assert_allclose(trace[321:-1], samples[321:-1], atol=0.01)
    # The outermost samples have the reading next to them, less than a pixel (5 ms of at most 12.6 mV/s) away.
    np.testing.assert_allclose(trace[[320, -1]], samples[[320, -1]], atol=0.064)


def test_a_silent_lead_has_no_ceiling(sheet):
    labels, truth = sheet(np.zeros(500), np.full(500, np.nan))
    assert np.isnan(ceilings_db(labels, truth, PAGE, SIZE)).all()


def test_real_clean_pages_at_200_dpi(shared_data):
    """QTDB has 250 Hz, the columns of 200 dpi 197 a second: what is lost is noise above 98 Hz."""
    from papertrace.pages.config import PagesConfig
    from papertrace.pages.recipe import draw_recipe
    from papertrace.pages.render import render
    from papertrace.records.reader import read_window

    found = []
    for name in ("sel16773", "sel233", "sel36", "sel48", "sel803", "sele0166", "sele0211", "sele0604"):
        signal = read_window(shared_data / "qtdb", name, 100_000, 2500)
        recipe = draw_recipe("2x1", PagesConfig(), np.random.default_rng(1), 200, 25, 10)
        page = render(signal, recipe)
        size = page.image.shape[1::-1]
        pixel_map = PixelMap.of_page(page.labels.px_per_mm)
        found += ceilings_db(page.labels, page.truth, pixel_map, size)
        # Half the width of the image: half the trace, 3 dB are left at most.
        half = ceilings_db(page.labels, page.truth, pixel_map, (size[0] // 2, size[1]))
        assert max(half) < 8
    assert np.median(found) >= 30
    assert min(found) >= 20


def test_the_ceiling_is_of_the_samples_that_were_drawn(sheet):
    labels, truth = sheet(0.5 * wave(3))
    lifted = [replace(truth[0], samples=truth[0].samples + np.float32(0.1))]
    (there,), (off,) = ideal_traces(labels, truth, PAGE, SIZE), ideal_traces(labels, lifted, PAGE, SIZE)
    np.testing.assert_allclose(off - there, 0.1, atol=1e-3)
