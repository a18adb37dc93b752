"""The pen's centre line from the edges of its ink, on strokes drawn by the definition: all within r of the curve."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from papertrace.traces.contour import FINE, centre_line, stroke_radius


def edges(curve, n: int, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Return top and bottom of the ink of a round pen per column: the curve dilated by a disk."""
    offsets = np.linspace(-radius, radius, 801)
    reach = np.sqrt(np.maximum(radius**2 - offsets**2, 0))
    y = curve(np.arange(n)[:, None] + offsets)
    return (y - reach).min(axis=1), (y + reach).max(axis=1)


def places(n: int) -> np.ndarray:
    """Return where `centre_line` gives its heights."""
    return np.arange((n - 1) * FINE + 1) / FINE


@given(height=st.floats(10, 90), slope=st.floats(-0.9, 0.9), radius=st.floats(0.8, 4))
@settings(deadline=None, derandomize=True)
def test_a_straight_stroke(height, slope, radius):
    top, bottom = edges(lambda x: height + slope * x, 60, radius)
    assert stroke_radius(top, bottom) == pytest.approx(radius, rel=0.01)
    y, doubt = centre_line(top, bottom, radius)
    inner = slice(5 * FINE, -5 * FINE)
    np.testing.assert_allclose(y[inner], (height + slope * places(60))[inner], atol=0.05)
    assert doubt[inner].max() < 0.12


@pytest.mark.parametrize("radius", [1.0, 2.0])
def test_a_sine(radius):
    def curve(x):
        return 50 + 20 * np.sin(x / 12)

    y, _ = centre_line(*edges(curve, 300, radius), radius)
    away = np.abs(y - curve(places(300)))[8 * FINE : -8 * FINE]
    assert away.max() < 0.12
    assert np.sqrt(np.mean(away**2)) < 0.04


@pytest.mark.parametrize("slope", [1.0, 3.0])
def test_a_triangle_of_known_slope(slope):
    radius = 1.5

    def curve(x):
        return 80 - slope * np.maximum(20 - np.abs(x - 60), 0)

    y, _ = centre_line(*edges(curve, 121, radius), radius)
    away = np.abs(y - curve(places(121)))
    # the pen rounds the corners at the feet from inside; limbs and tip are the curve's
    assert away[42 * FINE : 58 * FINE].max() < 0.15 * slope
    assert y[60 * FINE] == pytest.approx(curve(60.0), abs=0.25 + 0.15 * slope)


@pytest.mark.parametrize("direction", [-1, 1])
def test_a_peak_narrower_than_the_pen_keeps_its_height(direction):
    radius = 2.5

    def curve(x):
        return 60 + direction * 30 * np.maximum(1 - np.abs(x - 60) / 4.0, 0)

    top, bottom = edges(curve, 121, radius)
    y, doubt = centre_line(top, bottom, radius)
    tip = y[57 * FINE : 63 * FINE + 1]
    reached = tip.max() if direction > 0 else tip.min()
    assert reached == pytest.approx(60 + direction * 30, abs=2.0)
    # a centroid would have lost half of the height at the tip's own column
    centroid = (top + bottom)[60] / 2
    assert abs(reached - (60 + direction * 30)) < 0.25 * abs(centroid - (60 + direction * 30))
    # and the two edges say how unsure it is
    assert doubt[58 * FINE : 62 * FINE].max() > 3 * np.median(doubt)


def test_columns_without_ink_stay_empty():
    top, bottom = edges(lambda x: 40 + 0.2 * x, 60, 1.5)
    top[20:30] = bottom[20:30] = np.nan
    y, doubt = centre_line(top, bottom, 1.5)
    x = places(60)
    gap = (x > 19.6) & (x < 29.4)
    assert np.isnan(y[gap]).all()
    assert np.isnan(doubt[gap]).all()
    assert np.isfinite(y[(x < 19) | (x > 30)]).all()


def test_hardly_any_ink_is_no_line():
    top = np.full(10, np.nan)
    top[4] = 3.0
    y, doubt = centre_line(top, top + 2, 1.0)
    assert len(y) == 9 * FINE + 1
    assert np.isnan(y).all()
    assert np.isnan(doubt).all()


@given(seed=st.integers(0, 200))
@settings(deadline=None, derandomize=True, max_examples=30)
def test_upside_down_is_upside_down(seed):
    rng = np.random.default_rng(seed)
    knots = rng.uniform(-15, 15, 14)

    def curve(x):
        return np.interp(x, np.arange(14) * 10, knots)

    top, bottom = edges(curve, 130, 1.5)
    y, doubt = centre_line(top, bottom, 1.5)
    flipped, flipped_doubt = centre_line(-bottom, -top, 1.5)
    np.testing.assert_allclose(flipped, -y, atol=1e-9)
    np.testing.assert_allclose(flipped_doubt, doubt, atol=1e-9)
