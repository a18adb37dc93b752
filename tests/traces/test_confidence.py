"""Expected errors and what follows from them, on numbers whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from papertrace.traces.classical import Doubt
from papertrace.traces.confidence import (
    ERROR_PER_RESIDUAL,
    WITHIN_MV,
    confidence_of,
    expected_error_mv,
    expected_snr_db,
    is_unreadable,
)
from papertrace.traces.layout import Row


def test_error_is_doubt_and_residual_over_gain():
    doubt = np.array([0.0, 0.1, np.nan])
    np.testing.assert_allclose(expected_error_mv(doubt, 0.0, 10.0), [0, 0.01, np.nan])
    np.testing.assert_allclose(expected_error_mv(doubt, 0.01, 5.0), (doubt + 0.01 * ERROR_PER_RESIDUAL) / 5)


def test_confidence_is_that_of_a_laplace_distribution():
    rng = np.random.default_rng(1)
    for error in (0.01, 0.05, 0.2):
        drawn = rng.laplace(0, error, 200_000)
        assert np.mean(np.abs(drawn)) == pytest.approx(error, rel=0.01)
        assert confidence_of(np.array([error]))[0] == pytest.approx(np.mean(np.abs(drawn) < WITHIN_MV), abs=0.005)


def test_confidence_falls_from_one_to_nothing():
    errors = np.array([0.0, 0.001, 0.01, 0.1, 1.0, 10.0])
    confidence = confidence_of(errors)
    assert (np.diff(confidence) <= 0).all()
    assert confidence[0] == 1
    assert confidence[-1] < 0.01
    assert confidence_of(np.array([np.nan]))[0] == 0


def sine(amplitude=1.0):
    return amplitude * np.sin(2 * np.pi * np.arange(1000) / 100)


def test_expected_snr_of_known_errors():
    signal = sine(np.sqrt(2))  # a power of 1
    assert expected_snr_db([(signal, np.full(1000, 0.1))]) == pytest.approx(20)
    assert expected_snr_db([(signal, np.full(1000, 0.1)), (signal, np.full(1000, 0.01))]) == pytest.approx(30)
    # an offset is no signal
    assert expected_snr_db([(signal + 5, np.full(1000, 0.1))]) == pytest.approx(20)


def test_what_was_not_read_counts_as_noise():
    signal, error = sine(), np.full(1000, 1e-6)
    signal[:100], error[:100] = np.nan, np.nan
    assert expected_snr_db([(signal, error)]) == pytest.approx(10, abs=0.01)


def test_no_signal_has_no_snr():
    assert expected_snr_db([]) is None
    assert expected_snr_db([(np.zeros(10), np.full(10, 0.1))]) is None
    assert expected_snr_db([(np.full(10, np.nan), np.full(10, np.nan))]) is None


@pytest.mark.parametrize(
    ("amplitude", "error", "answer"), [(1.0, 0.02, False), (1.0, 0.9, True), (0.01, 0.02, False), (0.0, 0.02, False)]
)
def test_a_page_is_unreadable_with_more_error_than_signal_but_asystole_is_read(amplitude, error, answer):
    assert is_unreadable([(sine(amplitude), np.full(1000, error))] * 3) is answer


def test_doubt_of_the_classical_digitizer_grows_with_disagreement_and_slope():
    x = np.arange(0, 50, 0.1)
    y = np.where((x > 20) & (x < 25), x - 20, np.where(x >= 25, 5.0, 0.0))
    y[100:110] = np.nan
    edges = np.where(x > 40, 1.0, 0.0)
    doubt = Doubt(0.01, 0.5, 0.02, 3.0).of(Row(x, y, np.where(np.isnan(y), np.nan, edges), np.array([[0, 50.0]])))
    assert doubt.doubt_mm[50] == pytest.approx(0.01)
    assert doubt.doubt_mm[225] == pytest.approx(0.03)
    assert doubt.doubt_mm[450] == pytest.approx(0.51)
    assert doubt.doubt_mm[105] == 3.0
    np.testing.assert_array_equal(doubt.y_mm, y)
