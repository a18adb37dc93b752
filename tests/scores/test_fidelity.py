"""Fidelity against cases whose answer is known on paper."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signals import ecg_like

from papertrace.scores import fidelity as room
from papertrace.scores.alignment import Pair, align, coarse_costs
from papertrace.scores.fidelity import (
    SNR_LIMIT_DB,
    Fidelity,
    coverage,
    pearson_r,
    rmse_mv,
    snr_db,
    snr_median_db,
)
from papertrace.scores.series import Series

MAX_LAG_S = 0.2


def fidelity(truth, trace, max_lag_s):
    return room.fidelity(Pair(truth, trace, max_lag_s))


def series(rate_hz=250.0, duration_s=10.0, start_s=0.0, shift_s=0.0):
    """The signal above, `shift_s` late."""
    t = start_s + np.arange(round(duration_s * rate_hz)) / rate_hz
    return Series(ecg_like(t - shift_s), rate_hz, start_s)


def changed(original, samples):
    return Series(samples, original.rate_hz, original.start_s)


def test_equal_signals_reach_the_limit():
    result = fidelity(series(), series(), MAX_LAG_S)
    nothing = pytest.approx(0, abs=1e-12)
    assert result == Fidelity(
        1.0, *[SNR_LIMIT_DB] * 4, lag_ms=0, offset_mv=nothing, rmse_mv=nothing, r=pytest.approx(1)
    )


@pytest.mark.parametrize(("gain", "expected_db"), [(1.01, 40.0), (0.99, 40.0), (0.9, 20.0), (0.0, 0.0), (2.0, 0.0)])
def test_gain_error(gain, expected_db):
    truth = series()
    result = fidelity(truth, changed(truth, gain * truth.samples), MAX_LAG_S)
    assert result.snr_db == pytest.approx(expected_db, abs=1e-9)
    assert result.rmse_mv == pytest.approx(abs(gain - 1) * math.sqrt(np.mean(truth.samples**2)))


@pytest.mark.parametrize("shift_ms", [1.0, 2.5, -2.5, 17.3, -100.0, 199.0])
@pytest.mark.parametrize("rate_hz", [250.0, 500.0])
def test_a_shift_is_found_and_undone(shift_ms, rate_hz):
    result = fidelity(series(rate_hz), series(500.0, shift_s=shift_ms / 1000), MAX_LAG_S)
    assert result.lag_ms == pytest.approx(shift_ms, abs=0.01)
    assert result.offset_mv == pytest.approx(0, abs=1e-4)
    assert result.snr_aligned_db > 50
    assert result.snr_db < 27


def test_a_shift_costs_what_the_slope_says():
    truth, shift_s = series(1000.0), 0.0005
    slope_power = np.mean(np.gradient(truth.samples, 0.001) ** 2)
    expected = 10 * math.log10(np.mean(truth.samples**2) / (shift_s**2 * slope_power))
    assert fidelity(truth, series(1000.0, shift_s=shift_s), MAX_LAG_S).snr_db == pytest.approx(expected, abs=0.1)


def test_shift_and_offset_together():
    truth, late = series(), series(500.0, shift_s=0.0123)
    result = fidelity(truth, changed(late, late.samples + 0.37), MAX_LAG_S)
    assert result.lag_ms == pytest.approx(12.3, abs=0.01)
    assert result.offset_mv == pytest.approx(0.37, abs=1e-4)
    assert result.snr_aligned_db > 50


def test_an_offset_costs_its_square():
    truth = series()
    result = fidelity(truth, changed(truth, truth.samples + 0.05), MAX_LAG_S)
    assert result.snr_db == pytest.approx(10 * math.log10(np.mean(truth.samples**2) / 0.05**2))
    assert result.snr_aligned_db == SNR_LIMIT_DB
    assert result.r == pytest.approx(1)


def test_a_lag_beyond_the_limit_is_not_undone():
    result = fidelity(series(), series(shift_s=0.1), max_lag_s=0.05)
    assert abs(result.lag_ms) <= 50
    assert result.snr_aligned_db < 10


@pytest.mark.parametrize("snr", [5.0, 20.0, 35.0])
def test_white_noise_of_known_power(snr):
    truth = series(duration_s=40.0)
    sigma = math.sqrt(np.mean(truth.samples**2) / 10 ** (snr / 10))
    noise = np.random.default_rng(7).normal(0, sigma, len(truth.samples))
    result = fidelity(truth, changed(truth, truth.samples + noise), MAX_LAG_S)
    assert result.snr_db == pytest.approx(snr, abs=0.2)
    # The median of a squared normal variable is 0.4549 of its mean.
    assert result.snr_median_db - result.snr_db == pytest.approx(-10 * math.log10(0.4549), abs=0.3)
    # Alignment may win a little: the least error lies at a fraction of a sample, where the spline averages the noise.
    assert -0.01 < result.snr_aligned_db - snr < (1.3 if snr < 10 else 0.3)
    assert result.rmse_mv == pytest.approx(sigma, rel=0.03)


def test_spikes_move_the_mean_form_only():
    truth = series()
    noise = np.random.default_rng(3).normal(0, 0.01, len(truth.samples))
    spiky = noise.copy()
    spiky[::50] = 1.0
    clean, hit = (changed(truth, truth.samples + error) for error in (noise, spiky))
    assert snr_db(truth.samples, clean.samples) - snr_db(truth.samples, hit.samples) > 15
    assert snr_median_db(truth.samples, hit.samples) == pytest.approx(
        snr_median_db(truth.samples, clean.samples), abs=0.3
    )


def test_missing_samples_count_as_zero_millivolts():
    truth = series()
    half = truth.samples.copy()
    half[1250:] = np.nan
    result = fidelity(truth, changed(truth, half), MAX_LAG_S)
    lost = np.sum(truth.samples[1250:] ** 2)
    assert result.coverage == 0.5
    assert result.snr_db == pytest.approx(10 * math.log10(np.sum(truth.samples**2) / lost))
    assert result.snr_aligned_db == pytest.approx(result.snr_db, abs=1e-6), "alignment does not forgive a gap"
    assert result.r == pytest.approx(1)


def test_what_the_shift_moves_off_the_page_is_forgiven():
    truth = series()
    late = changed(truth, np.r_[np.full(25, np.nan), truth.samples[:-25]])  # 100 ms late, the page ends where it ends
    result = fidelity(truth, late, MAX_LAG_S)
    assert result.lag_ms == pytest.approx(100, abs=1e-3)
    assert result.snr_aligned_db > 80
    assert result.coverage == 0.99


def test_a_trace_of_nothing_earns_nothing():
    truth = series()
    result = fidelity(truth, changed(truth, np.full(2500, np.nan)), MAX_LAG_S)
    assert (result.coverage, result.snr_db, result.snr_aligned_db) == (0, 0, 0)
    assert math.isnan(result.lag_ms)
    assert math.isnan(result.offset_mv)
    assert math.isnan(result.r)
    assert fidelity(truth, Series(np.zeros(0), 500.0), MAX_LAG_S).snr_db == 0
    assert fidelity(truth, Series(ecg_like(np.arange(100)), 500.0, start_s=50.0), MAX_LAG_S).coverage == 0


def test_flat_truth_has_no_snr():
    flat = Series(np.zeros(2500), 250.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for trace in (flat, series()):
            result = fidelity(flat, trace, MAX_LAG_S)
            assert math.isnan(result.snr_db)
            assert math.isnan(result.snr_median_db)
            assert math.isnan(result.snr_aligned_db)
            assert math.isnan(result.r)
            assert result.lag_ms == 0


def test_a_flat_trace_is_not_shifted():
    result = fidelity(series(), Series(np.full(5000, 0.4), 500.0), MAX_LAG_S)
    assert result.lag_ms == 0
    assert result.offset_mv == pytest.approx(0.4 - series().samples.mean())


def test_the_shortest_signals():
    one = Series(np.array([0.5]), 250.0)
    result = fidelity(one, one, MAX_LAG_S)
    assert (result.coverage, result.snr_db, result.offset_mv) == (1, SNR_LIMIT_DB, 0)
    assert math.isnan(result.r)
    empty = fidelity(Series(np.zeros(0), 250.0), one, MAX_LAG_S)
    assert math.isnan(empty.snr_db)
    assert math.isnan(empty.coverage)
    assert snr_db(np.array([1.0, np.nan]), np.array([1.1, 5.0])) == pytest.approx(20)


@pytest.mark.parametrize("start_s", [0.0, 2.5, 7.5])
def test_short_stretches_of_a_page(start_s):
    truth = series(500.0, 2.5, start_s)
    late = series(500.0, 2.5, start_s, shift_s=0.004)
    result = fidelity(truth, late, MAX_LAG_S)
    assert result.coverage == 1
    assert result.lag_ms == pytest.approx(4, abs=0.01)
    assert fidelity(truth, series(500.0, 10.0), MAX_LAG_S).snr_db > 90, "a longer trace is cut to the truth's window"


def test_truth_that_was_not_drawn_is_left_out():
    truth = series()
    holes = truth.samples.copy()
    holes[100:200] = np.nan
    wrong = truth.samples.copy()
    wrong[100:200] = 9.0
    result = fidelity(changed(truth, holes), changed(truth, wrong), MAX_LAG_S)
    assert (result.coverage, result.snr_db) == (1, SNR_LIMIT_DB)


@pytest.mark.parametrize("start_s", [0.0, 0.0007, -0.0013])
def test_changing_the_rate_costs_nothing(start_s):
    """A 500 Hz trace made of the 250 Hz truth by band-limited resampling scores as the truth itself, nearly."""
    truth = series(250.0)
    spectrum = np.fft.rfft(truth.samples)
    turn = np.exp(2j * np.pi * np.fft.rfftfreq(2500, 1 / 250.0) * start_s)
    doubled = np.fft.irfft(np.r_[spectrum * turn, np.zeros(1250)], 5000) * 2
    result = fidelity(truth, Series(doubled, 500.0, start_s), MAX_LAG_S)
    assert result.coverage == 1
    assert result.snr_db > 45
    assert result.lag_ms == pytest.approx(0, abs=0.02)


def test_real_leads_survive_a_change_of_rate(shared_data):
    import wfdb

    for name in ("sel100", "sel232", "sele0106"):
        record = wfdb.rdrecord(str(shared_data / "qtdb" / name), sampfrom=1000, sampto=3500)
        for samples in record.p_signal.T:
            truth = Series(samples - np.median(samples), 250.0)
            trace = Series(truth.at(np.arange(5000) / 500 + 0.0009), 500.0, 0.0009)
            assert fidelity(truth, trace, MAX_LAG_S).snr_db > 40


def test_periodic_signals_are_not_aligned_a_period_off():
    t = np.arange(2500) / 250
    truth = Series(np.sin(2 * np.pi * 12.5 * t), 250.0)  # a period of 80 ms, well within the limit
    late = Series(np.sin(2 * np.pi * 12.5 * (np.arange(5000) / 500 - 0.01)), 500.0)
    assert fidelity(truth, late, MAX_LAG_S).lag_ms % 80 == pytest.approx(10, abs=0.05)


signals = st.integers(0, 2**32 - 1).map(lambda seed: np.cumsum(np.random.default_rng(seed).normal(0, 0.05, 500)))


@given(signals, st.floats(-0.05, 0.05), st.floats(-2, 2))
@settings(max_examples=40, deadline=None)
def test_alignment_never_does_worse_than_the_truth_shifted(samples, shift_s, offset_mv):
    """Whatever the signal, the error left is at most that of the shift and offset that were put in."""
    trace = Series(samples + offset_mv, 250.0, shift_s)
    truth = Series(samples, 250.0)
    found = align(truth, trace, MAX_LAG_S)
    moments = truth.times_s + found.lag_s
    left = trace.at(moments) - samples - found.offset_mv
    assert np.nanmean(left**2) < 1e-4 * np.var(samples)
    assert found.lag_s == pytest.approx(shift_s, abs=1e-3)


def testcoarse_costs_are_those_of_trying_every_lag():
    rng = np.random.default_rng(11)
    truth, trace, steps = rng.normal(1, 1, 200), rng.normal(-3, 1, 240), 20
    truth[rng.random(200) < 0.1] = np.nan
    trace[:60] = np.nan
    trace[rng.random(240) < 0.3] = np.nan
    lags, costs = coarse_costs(truth, trace, steps)
    tried = [trace[steps + lag : steps + lag + 200] - truth for lag in range(-steps, steps + 1)]
    np.testing.assert_array_equal(np.sort(lags), np.arange(-steps, steps + 1))
    np.testing.assert_array_equal(np.abs(lags), np.sort(np.abs(lags)))
    np.testing.assert_allclose(costs, [np.nanvar(tried[steps + lag]) for lag in lags])


@given(signals, signals, st.floats(0.1, 10))
@settings(max_examples=40, deadline=None)
def test_laws(truth, trace, scale):
    assert snr_db(truth, trace) == pytest.approx(snr_db(scale * truth, scale * trace), abs=1e-6)
    assert snr_db(truth, 2 * truth - trace) == pytest.approx(snr_db(truth, trace), abs=1e-6), "the error's sign"
    assert -1 <= pearson_r(truth, trace) <= 1
    assert pearson_r(truth, scale * trace + 1) == pytest.approx(pearson_r(truth, trace), abs=1e-6)
    assert rmse_mv(truth, trace) == pytest.approx(rmse_mv(trace, truth))
    assert coverage(truth, np.where(trace > 0, trace, np.nan)) == pytest.approx(np.mean(trace > 0))
