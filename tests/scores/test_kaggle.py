"""Kaggle's score against cases known on paper."""

import math
import warnings

import numpy as np
import pytest

from papertrace.scores.kaggle import counted, image_ratio, powers, score_db
from papertrace.scores.series import Series

RATE_HZ = 250.0
POWERS = ("kaggle_signal_mv2", "kaggle_noise_mv2")


def ratio(truth, trace, rate_hz=RATE_HZ):
    found = powers(truth, trace, rate_hz)
    return found.kaggle_signal_mv2 / found.kaggle_noise_mv2


@pytest.mark.parametrize("gain", [1.1, 0.8, -1.0])
def test_gain_error_and_any_offset(gain, wave):
    wave = wave - wave.mean()
    found = powers(wave, gain * wave + 7.0, RATE_HZ)
    assert found.kaggle_signal_mv2 == pytest.approx(np.sum(wave**2))
    if gain > 0:
        assert found.kaggle_noise_mv2 == pytest.approx((gain - 1) ** 2 * np.sum(wave**2))


@pytest.mark.parametrize("late", [13, -50, 50])
def test_a_lag_costs_the_samples_it_moves_off(late, wave):
    trace = np.roll(wave, late) + 0.2
    lost = wave[2500 - late :] if late > 0 else wave[:-late]
    assert powers(wave, trace, RATE_HZ).kaggle_noise_mv2 == pytest.approx(np.sum(lost**2), rel=1e-6)


def test_a_lag_beyond_the_limit_is_not_undone():
    aperiodic = np.random.default_rng(0).normal(0, 1, 2500)
    assert ratio(aperiodic, np.roll(aperiodic, 50)) > 40
    assert ratio(aperiodic, np.roll(aperiodic, 51)) < 1.1


def test_the_lag_is_that_of_the_highest_correlation_tried_one_by_one():
    rng = np.random.default_rng(3)
    for _ in range(20):
        truth, trace = rng.normal(0, 1, (2, 80))
        x, y = truth - truth.mean(), trace - trace.mean()
        best = max(range(-16, 17), key=lambda k: np.sum(x[max(-k, 0) : 80 - k] * y[max(k, 0) : 80 + k]))
        moved = np.full(80, np.nan)
        moved[max(-best, 0) : min(80 - best, 80)] = trace[max(best, 0) : min(80 + best, 80)]
        moved -= np.nanmean(moved - truth)
        expected = np.sum((np.nan_to_num(moved) - truth) ** 2)
        assert powers(truth, trace, 80.0).kaggle_noise_mv2 == pytest.approx(expected)


def test_white_noise_of_known_power(wave):
    sigma = math.sqrt(np.mean(wave**2) / 100)
    trace = wave + np.random.default_rng(9).normal(0, sigma, 2500)
    assert 10 * math.log10(ratio(wave, trace)) == pytest.approx(20, abs=0.2)


def test_missing_samples_count_as_zero_millivolts(wave):
    missing = np.arange(2500) % 10 == 0
    found = powers(wave, np.where(missing, np.nan, wave + 0.5), RATE_HZ)
    assert found.kaggle_noise_mv2 == pytest.approx(np.sum(wave[missing] ** 2))
    holes = np.where(missing, np.nan, wave)
    assert powers(holes, wave, RATE_HZ).kaggle_noise_mv2 == pytest.approx(0, abs=1e-9), "never drawn"


def test_ratios_of_images_and_their_mean():
    assert image_ratio(10.0, 1.0, read=True, cap=384) == 10
    assert image_ratio(10.0, 1e-6, read=True, cap=384) == 384
    assert image_ratio(10.0, 0.0, read=True, cap=1e6) == 1e6
    assert image_ratio(10.0, 10.0, read=False, cap=384) == 0
    assert math.isnan(image_ratio(0.0, 1.0, read=True, cap=384))
    assert score_db(np.array([100.0, 300.0, 0.0, np.nan, 0.0])) == pytest.approx(20), "the mean of linear ratios"
    assert score_db(np.array([384.0])) == pytest.approx(25.8433, abs=1e-4)
    assert math.isnan(score_db(np.zeros(3)))
    assert math.isnan(score_db(np.array([])))


def test_of_a_lead_drawn_twice_the_longest_counts():
    short, long = (Series(np.zeros(n), 500.0) for n in (1250, 5000))
    assert counted(["I", "II", "II", "V1", "V1"], [short, short, long, short, short]) == [
        True, False, True, True, False,
    ]  # fmt: skip


def test_degenerate_leads(wave):
    nothing = np.full(500, np.nan)
    s = wave[:500]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        unread = powers(s, nothing, RATE_HZ)
        assert unread.kaggle_signal_mv2 == unread.kaggle_noise_mv2 == pytest.approx(np.sum(s**2))
        for truth, trace in ((nothing, s), (s[:0], s[:0]), (nothing, nothing)):
            assert (
                powers(truth, trace, RATE_HZ).kaggle_signal_mv2,
                powers(truth, trace, RATE_HZ).kaggle_noise_mv2,
            ) == (0, 0)
        flat = powers(s, np.full(500, 2.0), RATE_HZ)
        assert flat.kaggle_noise_mv2 == pytest.approx(np.sum((s - s.mean()) ** 2))
        assert powers(s[:1], s[:1], RATE_HZ).kaggle_noise_mv2 == 0


def test_the_metrics_own_example():
    """An image of twelve leads at 1 Hz, then with one and two samples wrong; the results are the competition's."""
    limb_and_chest = [
        [0.1, 0.3, 0.4], [0.6, 0.6, 0.4], [0.2, 0.3, 0.4], [0.5, 0.2, 0.7], [0.2, 0.3, 0.4], [0.8, 0.6, 0.7],
        [0.2, 0.3, -0.1], [0.5, 0.6, 0.7], [0.2, 0.9, 0.4], [0.5, 0.6, 0.7], [0.1, 0.3, 0.4],
    ]  # fmt: skip
    image = [np.array(lead) for lead in [*limb_and_chest, [0.6, 0.6, 0.4, 0.2, 0.3, 0.4, 0.5, 0.2, 0.7, 0.2, 0.3, 0.4]]]

    def score(submission):
        found = [powers(truth, trace, 1.0) for truth, trace in zip(image, submission, strict=True)]
        signal, noise = (sum(getattr(each, name) for each in found) for name in POWERS)
        return score_db(np.array([image_ratio(signal, noise, read=True, cap=384)]))

    submission = [lead.copy() for lead in image]
    assert score(submission) == pytest.approx(25.8433, abs=1e-4)
    submission[0][0] = 0.9
    assert score(submission) == pytest.approx(13.6291, abs=1e-4)
    submission[1][1] = 0.3
    assert score(submission) == pytest.approx(13.0576, abs=1e-4)
