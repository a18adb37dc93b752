"""Errors of known make, taken apart again."""

import math
import warnings

import numpy as np
import pytest
from signals import ecg_like

from papertrace.scores.alignment import Pair
from papertrace.scores.anatomy import Anatomy, anatomy, fit
from papertrace.scores.fidelity import fidelity
from papertrace.scores.series import Series

MAX_LAG_S = 0.2
SHARES = ("missing", "spikes", "offset", "shift", "stretch", "gain", "rest")


def pair_of(shift_s=0.0, stretch=0.0, gain=1.0, offset_mv=0.0, noise_mv=0.0, seconds=10.0, edit=None):
    """Truth at 250 Hz and a trace at 500 Hz that errs as it is told; edit changes the trace's samples."""
    truth = Series(ecg_like(np.arange(round(250 * seconds)) / 250), 250.0)
    middle = truth.times_s.mean()
    t = np.arange(round(500 * seconds)) / 500
    samples = gain * ecg_like((t - shift_s - middle) / (1 + stretch) + middle) + offset_mv
    samples += noise_mv * np.random.default_rng(4).normal(0, 1, len(t))
    if edit:
        edit(samples)
    return Pair(truth, Series(samples, 500.0), MAX_LAG_S)


def shares(found):
    return {name: getattr(found, f"noise_{name}") for name in SHARES}


def test_an_exact_trace_has_no_error_to_take_apart():
    found = anatomy(pair_of())
    assert found.gain_error_percent == pytest.approx(0, abs=1e-3)
    assert found.stretch_ppm == pytest.approx(0, abs=0.1)
    assert found.spikes_per_s == 0
    assert found.snr_residual_db > 60
    truth = Series(ecg_like(np.arange(2500) / 250), 250.0)
    assert all(math.isnan(share) for share in shares(anatomy(Pair(truth, truth, MAX_LAG_S))).values())


@pytest.mark.parametrize("gain", [0.9, 1.02, 2.0])
def test_a_gain_error_is_all_gain(gain):
    found = anatomy(pair_of(gain=gain))
    assert found.gain_error_percent == pytest.approx(100 * (gain - 1), abs=0.01)
    # The best offset takes the mean of what the gain adds.
    s = ecg_like(np.arange(2500) / 250)
    assert found.noise_offset == pytest.approx(s.mean() ** 2 / np.mean(s**2), abs=1e-3)
    assert found.noise_gain == pytest.approx(1 - found.noise_offset, abs=1e-3)


@pytest.mark.parametrize("stretch", [2e-5, -1e-4, 1e-3, -5e-3, 0.01, 0.025])
def test_a_stretch_is_found(stretch):
    found = anatomy(pair_of(stretch=stretch, noise_mv=0.001))
    assert found.stretch_ppm == pytest.approx(1e6 * stretch, abs=3)
    assert found.gain_error_percent == pytest.approx(0, abs=0.1)
    if abs(stretch) >= 1e-3:
        assert found.noise_stretch + found.noise_shift > 0.97
        assert found.snr_residual_db > 45


def test_a_shift_is_all_shift_and_an_offset_all_offset():
    assert anatomy(pair_of(shift_s=0.0123)).noise_shift > 0.999
    assert anatomy(pair_of(offset_mv=0.05)).noise_offset > 0.999


def test_everything_at_once():
    pair = pair_of(0.037, 2e-3, 0.95, -0.1, 0.004)
    found, distortion = anatomy(pair), fit(pair)
    assert distortion.shift_s == pytest.approx(0.037, abs=1e-4)
    assert distortion.offset_mv == pytest.approx(-0.1, abs=1e-3)
    assert found.gain_error_percent == pytest.approx(-5, abs=0.1)
    assert found.stretch_ppm == pytest.approx(2000, abs=10)
    power = np.mean((0.95 * pair.reference) ** 2)
    assert found.snr_residual_db == pytest.approx(10 * math.log10(power / 0.004**2), abs=1.0), "the spline averages"
    assert sum(shares(found).values()) == pytest.approx(1)
    assert min(shares(found).values()) >= 0


def test_white_noise_is_what_is_left():
    found = anatomy(pair_of(noise_mv=0.01))
    assert found.noise_rest == pytest.approx(1, abs=0.01)
    assert found.spikes_per_s == 0
    assert abs(found.gain_error_percent) < 0.3
    assert abs(found.stretch_ppm) < 40


def test_spikes_are_counted_and_do_not_move_the_rest():
    def edit(samples):
        for first in range(300, 5000, 500):  # one a second, 8 ms wide
            samples[first : first + 4] += 0.8

    clean, found = anatomy(pair_of(gain=0.98, noise_mv=0.005)), anatomy(pair_of(gain=0.98, noise_mv=0.005, edit=edit))
    assert found.spikes_per_s == pytest.approx(1)
    assert found.noise_spikes > 0.95
    assert found.gain_error_percent == pytest.approx(-2, abs=0.1)
    assert found.snr_residual_db == pytest.approx(clean.snr_residual_db, abs=0.5)


def test_missing_samples_take_the_truths_power():
    def edit(samples):
        samples[1500:2500] = np.nan

    pair = pair_of(offset_mv=0.02, edit=edit)
    found = anatomy(pair)
    gone = ~np.isfinite(pair.read)
    lost, rest = np.sum(pair.reference[gone] ** 2), 0.02**2 * np.sum(~gone)
    assert found.noise_missing == pytest.approx(lost / (lost + rest))
    assert found.noise_offset == pytest.approx(rest / (lost + rest), abs=2e-3)
    assert found.gain_error_percent == pytest.approx(0, abs=0.01)


def test_the_shares_are_of_the_strict_noise():
    pair = pair_of(0.004, 1e-3, 1.05, 0.01, 0.02)
    s, read = pair.reference, pair.read
    strict = 10 * math.log10(np.sum(s**2) / np.sum((np.nan_to_num(read) - s) ** 2))
    assert strict == pytest.approx(fidelity(pair).snr_db)
    assert sum(shares(anatomy(pair)).values()) == pytest.approx(1)


def test_a_short_stretch_of_a_page():
    found = anatomy(pair_of(0.01, 2e-3, 0.97, 0.0, 0.002, seconds=2.5))
    assert found.stretch_ppm == pytest.approx(2000, abs=60)
    assert found.gain_error_percent == pytest.approx(-3, abs=0.2)


def test_real_leads(shared_data):
    import wfdb

    for name in ("sel100", "sel231", "sele0106"):
        for samples in wfdb.rdrecord(str(shared_data / "qtdb" / name), sampfrom=1000, sampto=3500).p_signal.T:
            truth = Series(samples - np.median(samples), 250.0)
            middle = truth.times_s.mean()
            moments = (np.arange(5000) / 500 - 0.002 - middle) / 1.0005 + middle
            found = anatomy(Pair(truth, Series(0.98 * truth.at(moments, 0.01), 500.0), MAX_LAG_S))
            assert found.gain_error_percent == pytest.approx(-2, abs=0.05)
            assert found.stretch_ppm == pytest.approx(500, abs=5)
            assert found.snr_residual_db > 40


def test_a_gap_does_not_hide_a_stretch():
    def edit(samples):
        samples[1000:2000] = np.nan

    found = anatomy(pair_of(stretch=0.02, gain=1.03, edit=edit))
    assert found.stretch_ppm == pytest.approx(20_000, abs=20)
    assert found.gain_error_percent == pytest.approx(3, abs=0.1)


FLAT = Series(np.full(2500, 0.3), 250.0)
NOTHING = Series(np.full(2500, np.nan), 250.0)
EMPTY = Series(np.zeros(0), 250.0)


def test_degenerate_leads_have_no_figures_and_no_warnings():
    truth = Series(ecg_like(np.arange(2500) / 250), 250.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for reference, trace in ((EMPTY, truth), (NOTHING, truth), (EMPTY, EMPTY), (NOTHING, NOTHING)):
            assert all(math.isnan(value) for value in vars(anatomy(Pair(reference, trace, MAX_LAG_S))).values())
        for trace in (NOTHING, EMPTY, Series(truth.samples, 250.0, 60.0)):
            found = anatomy(Pair(truth, trace, MAX_LAG_S))
            assert found.noise_missing == 1
            assert math.isnan(found.gain_error_percent)
        found = anatomy(Pair(truth, FLAT, MAX_LAG_S))
        assert math.isnan(found.stretch_ppm)
        assert found.noise_offset + found.noise_rest == pytest.approx(1)
        assert anatomy(Pair(FLAT, Series(FLAT.samples + 0.1, 250.0), MAX_LAG_S)).noise_offset == pytest.approx(1)
        one = Series(truth.samples[:1], 250.0)
        assert isinstance(anatomy(Pair(one, one, MAX_LAG_S)), Anatomy)
        brief = Series(truth.samples[:10], 250.0)
        assert math.isnan(anatomy(Pair(truth, brief, MAX_LAG_S)).gain_error_percent)
