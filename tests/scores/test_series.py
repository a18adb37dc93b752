"""Interpolation: exact where it must be, silent where nothing is known."""

import numpy as np
import pytest

from papertrace.scores.series import Series


def test_a_cubic_is_interpolated_exactly():
    t = np.arange(50) / 100 + 1.0
    series = Series(2 * t**3 - t, 100.0, 1.0)
    asked = np.linspace(1.0, 1.49, 333)
    np.testing.assert_allclose(series.at(asked), 2 * asked**3 - asked, atol=1e-12)
    np.testing.assert_allclose(series.at_with_slope(asked[:-1])[1], 6 * asked[:-1] ** 2 - 1, atol=1e-9)


def test_nothing_reaches_across_a_gap():
    samples = np.arange(20.0)
    samples[8:12] = np.nan
    series = Series(samples, 100.0)
    known = np.isfinite(series.at(np.arange(-5, 25) / 100))
    np.testing.assert_array_equal(np.flatnonzero(known) - 5, [*range(8), *range(12, 20)])
    assert series.at(np.array([0.0749]))[0] == pytest.approx(7), "half a sample beyond the end, the last value holds"
    assert np.isnan(series.at(np.array([0.0751]))[0])


def test_the_tolerance_is_the_callers():
    series = Series(np.array([1.0, 2.0, 3.0]), 500.0)
    assert series.at(np.array([0.006]), tolerance_s=0.002)[0] == 3
    assert np.isnan(series.at(np.array([0.0061]), tolerance_s=0.002)[0])


@pytest.mark.parametrize("samples", [[], [np.nan, np.nan]])
def test_no_samples_no_values(samples):
    assert np.isnan(Series(np.array(samples), 100.0).at(np.arange(5) / 100)).all()


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_shortest_runs(count):
    samples = np.arange(count) + 1.0
    np.testing.assert_allclose(Series(samples, 100.0, 3.0).at(3 + np.arange(count) / 100), samples)
