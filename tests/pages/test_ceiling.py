"""What the ideal readers have of signals whose bandwidth is known, and of real ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from papertrace.geometry import PixelMap
from papertrace.labels import LeadLabel, PageLabels
from papertrace.pages.ceiling import readable, spline
from papertrace.pages.render import Stretch

SIZE = (800, 480)
PAGE = PixelMap.of_page(8.0)  # 200 px/s at 25 mm/s


def sheet(*leads: np.ndarray) -> tuple[PageLabels, list[Stretch]]:
    """A page of 100 x 60 mm at 8 px/mm with leads of 250 Hz, a row each."""
    truth = [Stretch(f"L{k}", k, 0, 0.0, 250.0, "mV", 0, 0.0, np.asarray(s, np.float32)) for k, s in enumerate(leads)]
    labels = [
        LeadLabel(s.lead, k, 0, 0.0, len(s.samples) / 250, 10.0, 20 + 15.0 * k, 25.0, 10.0, 0.3, (0, 0, 1, 1))
        for k, s in enumerate(truth)
    ]
    return PageLabels("2x1", "letter", 200.0, 8.0, 100.0, 60.0, None, labels), truth


def columns_db(*arguments) -> list[float]:
    return [each.column_ceiling_db for each in readable(*arguments)]


def wave(hertz: float, n: int = 750) -> np.ndarray:
    # Whole cycles, so that no end is steeper than the rest.
    return np.sin(2 * np.pi * hertz * np.arange(n) / 250)


def turned(degrees: float, shift: float = 0.0) -> PixelMap:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return PAGE.then(np.array([[c, -s, shift], [s, c, 0], [0, 0, 1.0]]))


def test_what_is_slow_against_the_columns_is_had_whole():
    labels, truth = sheet(0.5 * wave(2), 0.5 * wave(20))
    slow, fast = columns_db(labels, truth, PAGE, SIZE)
    assert slow > 45
    assert fast > 30


def test_what_is_faster_than_half_a_cycle_a_column_is_lost():
    labels, truth = sheet(0.2 * wave(115))
    assert columns_db(labels, truth, PAGE, SIZE)[0] < 3


def test_more_dots_an_inch_raise_the_ceiling_and_fewer_lower_it():
    labels, truth = sheet(0.5 * wave(25))
    found = []
    for zoom in (0.25, 0.5, 1, 2):
        size = (round(800 * zoom), round(480 * zoom))
        found.append(columns_db(labels, truth, PixelMap.of_page(8 * zoom), size)[0])
    assert found == sorted(found)
    assert found[-1] - found[0] > 15


@pytest.mark.parametrize("degrees", [-7.0, 3.0, 15.0])
def test_a_turn_costs_nothing(degrees):
    labels, truth = sheet(0.5 * wave(12))
    straight = columns_db(labels, truth, PAGE, (2000, 2000))[0]
    assert columns_db(labels, truth, turned(degrees, 150), (2000, 2000))[0] == pytest.approx(straight, abs=3)


def test_what_is_cut_off_is_not_read():
    samples = 0.5 * wave(4)
    samples[300:320] = np.nan
    labels, truth = sheet(samples)
    (each,) = readable(labels, truth, turned(0, -280), SIZE)  # the first 200 px of the trace are off the image
    trace = each.by_column
    assert np.isnan(each.by_sample[:250]).all()
    np.testing.assert_allclose(each.by_sample[251:], samples[251:], atol=1e-4)
    assert np.isnan(trace[:248]).all()
    assert np.isnan(trace[300:320]).all()
    np.testing.assert_allclose(trace[255:300], samples[255:300], atol=0.01)
    np.testing.assert_allclose(trace[321:-1], samples[321:-1], atol=0.01)
    # The outermost samples have the reading next to them, less than a pixel (5 ms of at most 12.6 mV/s) away.
    np.testing.assert_allclose(trace[[320, -1]], samples[[320, -1]], atol=0.064)


def test_what_is_hidden_is_not_read():
    labels, truth = sheet(0.5 * wave(4))
    hidden = np.zeros(SIZE[::-1], bool)
    hidden[:, 200:300] = True
    (each,) = readable(labels, truth, PAGE, SIZE, hidden)
    x = np.rint(PAGE.apply(labels.leads[0].centre_line_mm(truth[0].samples, 250.0))[:, 0])
    np.testing.assert_array_equal(np.isnan(each.by_sample), (x >= 200) & (x < 300))
    assert np.isnan(each.by_column[(x > 201) & (x < 299)]).all()
    assert np.isfinite(each.by_column[(x < 199) | (x > 301)]).all()


def test_a_silent_lead_has_no_ceiling():
    labels, truth = sheet(np.zeros(500), np.full(500, np.nan))
    for each in readable(labels, truth, PAGE, SIZE):
        assert np.isnan([each.ceiling_db, each.column_ceiling_db]).all()


def test_the_snr_is_that_of_the_scores():
    from papertrace.scores.fidelity import snr_db

    samples = 0.5 * wave(30)
    samples[40:50] = np.nan
    labels, truth = sheet(samples)
    for where in (PAGE, turned(0, -280)):
        (each,) = readable(labels, truth, where, SIZE)
        assert each.column_ceiling_db == pytest.approx(snr_db(truth[0].samples, each.by_column), abs=1e-9)
        assert each.ceiling_db == pytest.approx(snr_db(truth[0].samples, each.by_sample), abs=1e-9)


def test_the_spline_is_scipys():
    from scipy.interpolate import CubicSpline

    values = np.random.default_rng(2).normal(size=60)
    at = np.linspace(20, 39, 301)
    np.testing.assert_allclose(spline(values, at), CubicSpline(np.arange(60), values)(at), atol=1e-6)
    cubic = np.polynomial.Polynomial([1, -0.3, 0.02, 0.001])
    at = np.linspace(0, 59, 401)
    np.testing.assert_allclose(spline(cubic(np.arange(60)), at), cubic(at), atol=1e-5)
    for n in (1, 2, 3):
        np.testing.assert_allclose(spline(values[:n], np.arange(n)), values[:n], atol=1e-6)


def test_real_clean_pages_at_200_dpi(shared_data):
    """QTDB has 250 Hz, the columns of 200 dpi at most 197 a second: noise above half of that is lost to columns."""
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
        both = readable(page.labels, page.truth, pixel_map, size)
        assert min(each.ceiling_db for each in both) >= 30
        found += [each.column_ceiling_db for each in both]
        # Half the width of the image: half the trace, 3 dB are left at most.
        half = columns_db(page.labels, page.truth, pixel_map, (size[0] // 2, size[1]))
        assert max(half) < 8
    assert np.median(found) >= 30
    assert min(found) >= 20


def test_the_ceiling_is_of_the_samples_that_were_drawn():
    labels, truth = sheet(0.5 * wave(3))
    lifted = [replace(truth[0], samples=truth[0].samples + np.float32(0.1))]
    (there,), (off,) = readable(labels, truth, PAGE, SIZE), readable(labels, lifted, PAGE, SIZE)
    np.testing.assert_allclose(off.by_column - there.by_column, 0.1, atol=1e-3)
    np.testing.assert_allclose(off.by_sample - there.by_sample, 0.1, atol=1e-3)
