"""The Challenge's scores against cases known on paper, and against its alignment done the long way."""

import math
import warnings

import numpy as np
import pytest

from papertrace.scores.challenge import (
    Challenge,
    asci,
    challenge,
    kolmogorov_smirnov,
    shift,
    weighted_absolute_difference_mv,
)

RATE_HZ = 250.0


@pytest.fixture
def beats():
    """10 s of upright complexes on a baseline of 0 mV."""
    phase = np.arange(2500) / RATE_HZ % 0.8 - 0.4
    return np.exp(-0.5 * (phase / 0.012) ** 2) + 0.3 * np.exp(-0.5 * ((phase - 0.25) / 0.04) ** 2)


def power(samples):
    return np.mean(samples**2)


def by_pictures(truth, trace, max_lag):
    """The shift found as the Challenge's scorer does: two blurred pictures, correlated in two dimensions."""
    from scipy.ndimage import gaussian_filter
    from scipy.signal import fftconvolve

    low, high = np.nanmin([truth, trace]), np.nanmax([truth, trace])
    pictures = []
    for samples in (truth, trace):
        picture = np.zeros((256, len(samples)))
        known = np.isfinite(samples)
        picture[np.round(255 * (samples[known] - low) / (high - low)).astype(int), np.flatnonzero(known)] = 1
        pictures.append(gaussian_filter(picture, 0.5))
    correlation = fftconvolve(pictures[1], pictures[0][::-1, ::-1])
    middle = len(truth) - 1
    correlation = correlation[:, middle - max_lag : middle + max_lag + 1]
    level, lag = np.unravel_index(np.argmax(correlation), correlation.shape)
    return lag - max_lag, (level - 255) / 255 * (high - low)


@pytest.mark.parametrize(("late", "above"), [(0, 0.0), (7, 0.4), (-30, -0.9), (40, 0.004)])
def test_the_shift_is_that_of_the_pictures(late, above, wave):
    rng = np.random.default_rng(5)
    truth = np.cumsum(rng.normal(0, 0.05, 500)) + wave[:500]
    trace = np.roll(truth, late) + above + rng.normal(0, 0.01, 500)
    trace[100:120] = np.nan
    truth[300:310] = np.nan
    found, (lag, offset_mv) = shift(truth, trace, 60), by_pictures(truth, trace, 60)
    assert found == (lag, pytest.approx(offset_mv))
    assert lag == late
    assert offset_mv == pytest.approx(above, abs=0.03)


def test_shifts_of_real_leads_are_those_of_the_pictures(shared_data):
    import wfdb

    rng = np.random.default_rng(1)
    for name in ("sel100", "sel231", "sele0106"):
        for truth in wfdb.rdrecord(str(shared_data / "qtdb" / name), sampfrom=1000, sampto=1750).p_signal.T:
            trace = np.interp(np.arange(750) + 2.4, np.arange(750), truth) + 0.1 + rng.normal(0, 0.02, 750)
            assert shift(truth, trace, 125) == pytest.approx(by_pictures(truth, trace, 125))


@pytest.mark.parametrize("gain", [1.01, 0.9])
def test_gain_error(gain, beats):
    found = challenge(beats, gain * beats, RATE_HZ)
    assert found.challenge_snr_db == pytest.approx(-20 * math.log10(abs(gain - 1)))
    assert found.challenge_ks == pytest.approx(1)
    assert found.challenge_asci == pytest.approx(2 * np.mean(np.abs((gain - 1) * beats) <= 0.05 * beats.std()) - 1)


def test_the_alignment_may_cost():
    """Where no baseline tells the offset, most samples coincide somewhere else than where the error is least."""
    sine = np.sin(np.arange(2500) / 40)
    assert challenge(sine, 0.9 * sine, RATE_HZ).challenge_snr_db < 18


def test_a_shift_of_whole_samples_costs_the_share_of_samples_it_moves_off(wave):
    late = np.r_[np.full(50, np.nan), wave[:-50]]
    found = challenge(wave, late, RATE_HZ)
    assert found.challenge_snr_db == pytest.approx(100 * 2450 / 2500)
    assert (found.challenge_ks, found.challenge_asci, found.challenge_wad_mv) == (pytest.approx(1), 1, 0)


def test_a_shift_of_part_of_a_sample_stays(beats):
    late = np.interp(np.arange(2500) - 0.3, np.arange(2500), beats)
    expected = 10 * math.log10(power(beats) / power(late - beats))
    assert challenge(beats, late, RATE_HZ).challenge_snr_db == pytest.approx(expected)


def test_an_offset_is_undone_up_to_a_millivolt(wave):
    level = np.ptp(np.r_[wave, wave + 0.6]) / 255
    assert challenge(wave, wave + 0.6, RATE_HZ).challenge_snr_db >= 10 * math.log10(power(wave) / (level / 2) ** 2)
    high = challenge(wave, wave + 1.2, RATE_HZ)
    assert high.challenge_snr_db == pytest.approx(10 * math.log10(power(wave) / 1.2**2)), "left as it is"


def test_white_noise_of_known_power(wave):
    sigma = math.sqrt(power(wave) / 1000)
    found = challenge(wave, wave + np.random.default_rng(7).normal(0, sigma, 2500), RATE_HZ)
    assert found.challenge_snr_db == pytest.approx(30, abs=0.3)
    assert found.challenge_snr_median_db - found.challenge_snr_db == pytest.approx(3.42, abs=0.4)
    assert found.challenge_wad_mv == pytest.approx(sigma * math.sqrt(2 / math.pi), rel=0.05)
    within = math.erf(0.05 * wave.std() / sigma / math.sqrt(2))
    assert found.challenge_asci == pytest.approx(2 * within - 1, abs=0.05)


def test_missing_samples_scale_the_decibels(beats):
    """By the Challenge's rule, a trace at -20 dB is twice as good if half of it is missing."""
    half = np.arange(2500) < 1250
    for gain, db in ((0.9, 20.0), (11.0, -20.0)):
        found = challenge(beats, np.where(half, gain * beats, np.nan), RATE_HZ)
        assert found.challenge_snr_db == pytest.approx(db / 2, abs=0.1)


def test_kolmogorov_smirnov_of_a_trace_that_ends_early():
    truth = np.ones(100)
    assert kolmogorov_smirnov(truth, np.r_[np.ones(50), np.zeros(50)]) == pytest.approx(0.5)
    assert kolmogorov_smirnov(truth, np.zeros(100)) == 0
    assert kolmogorov_smirnov(np.zeros(3), np.zeros(3)) == 1


def test_asci_counts_what_is_near():
    truth = np.tile([1.0, -1.0], 50)  # of standard deviation 1
    errors = np.r_[np.full(30, 0.049), np.full(70, 0.051)]
    assert asci(truth, truth + errors) == pytest.approx(0.3 - 0.7)
    assert asci(truth, truth + errors, beta=0.06) == 1


def test_the_weighted_difference_weighs_least_where_the_truth_is_highest():
    truth = np.repeat([0.0, 1.0], 500)
    low, high = (np.where(truth == value, 0.1, 0.0) for value in (0.0, 1.0))
    of_low, of_high = (weighted_absolute_difference_mv(truth, truth + error, RATE_HZ) for error in (low, high))
    assert of_low / of_high == pytest.approx(2, rel=0.02)
    assert of_low + of_high == pytest.approx(0.1)
    assert weighted_absolute_difference_mv(-truth - 1, -truth - 0.9, RATE_HZ) == pytest.approx(0.1)


def test_the_weights_are_those_of_the_challenge(shared_data):
    import wfdb
    from scipy.signal import filtfilt

    width = 25
    for truth in wfdb.rdrecord(str(shared_data / "qtdb" / "sel100"), sampfrom=1000, sampto=3500).p_signal.T:
        trace = truth + np.random.default_rng(2).normal(0, 0.05, len(truth))
        w = filtfilt(np.ones(width), width, truth, method="gust")
        w = 1 - 0.5 / w.max() * w
        expected = np.sum(np.abs(truth - trace) * w) / np.sum(w)
        assert weighted_absolute_difference_mv(truth, trace, RATE_HZ) == pytest.approx(expected, rel=2e-3)


NOTHING = np.full(500, np.nan)
FLAT = np.full(500, 0.3)


def test_degenerate_leads_have_no_figures_and_no_warnings(wave):
    s = wave[:500]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        unread = challenge(s, NOTHING, RATE_HZ)
        assert (unread.challenge_snr_db, unread.challenge_snr_median_db) == (0, 0)
        assert math.isnan(unread.challenge_ks)
        for truth, trace in ((NOTHING, s), (s[:0], s[:0]), (NOTHING, NOTHING)):
            assert all(math.isnan(value) for value in vars(challenge(truth, trace, RATE_HZ)).values())
        flat = challenge(0 * FLAT, FLAT, RATE_HZ)
        assert math.isnan(flat.challenge_snr_db)
        assert flat.challenge_wad_mv == pytest.approx(0)
        assert challenge(FLAT, FLAT, RATE_HZ).challenge_snr_db == 100
        assert isinstance(challenge(s[:1], s[:1], RATE_HZ), Challenge)
        assert challenge(s, FLAT, RATE_HZ).challenge_snr_db < 1
