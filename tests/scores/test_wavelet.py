"""The wavelet delineator: its transform, drawn beats of known waves, and how little moves it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from papertrace.scores.fiducials import Beats
from papertrace.scores.wavelet import Wavelet, transform
from papertrace.tables import FIDUCIALS

RATE_HZ = 1000.0
PEAKS_S = np.arange(0.6, 9.5, 0.83)


def drawn(p_mv=0.12, r_mv=1.0, t_mv=0.3, peaks_s=PEAKS_S, rate_hz=RATE_HZ):
    t = np.arange(round(10 * rate_hz)) / rate_hz
    samples = np.zeros(len(t))
    for peak in peaks_s:
        for height, delay, width in (
            (p_mv, -0.16, 0.02),
            (r_mv, 0, 0.012),
            (-0.4 * r_mv, 0.03, 0.01),
            (t_mv, 0.28, 0.045),
        ):
            samples += height * np.exp(-0.5 * ((t - peak - delay) / width) ** 2)
    return samples


def table(beats: Beats) -> np.ndarray:
    return 1000 * np.stack([getattr(beats, f"{name}_s") for name in FIDUCIALS])


@pytest.mark.parametrize("rate_hz", [250.0, 360.0, 500.0, 1000.0])
@pytest.mark.parametrize("scale", [1, 2, 3, 4])
def test_transform_of_a_ramp_is_its_rise_over_the_scales_width(rate_hz, scale):
    ramp = 0.7 * np.arange(2000) / rate_hz
    width_s = max(1, round(2 ** (scale - 1) / 250 * rate_hz)) / rate_hz
    np.testing.assert_allclose(transform(ramp, rate_hz, scale)[400:-400], 0.7 * width_s, rtol=1e-9)
    assert len(transform(ramp, rate_hz, scale)) == 2000


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
def test_transform_is_odd_about_a_peak(scale):
    bump = np.exp(-0.5 * ((np.arange(801) - 400) / 25) ** 2)
    slope = transform(bump, RATE_HZ, scale)
    np.testing.assert_allclose(slope, -slope[::-1], atol=1e-12)
    assert slope[390] > 0 > slope[410]


def test_transform_at_the_papers_rate_is_its_cascade_of_filters():
    samples = np.random.default_rng(3).normal(0, 1, 400)
    low, high = np.array([1, 3, 3, 1]) / 8, np.array([1.0, -1.0])

    def spread(taps, step):
        return np.insert(taps, np.repeat(np.arange(1, len(taps)), step - 1), 0)

    smooth = samples
    for scale in (1, 2, 3, 4):
        cascade = np.convolve(smooth, spread(high, 2 ** (scale - 1)))
        ours = transform(samples, 250.0, scale)[100:300]
        # The convolution is late by half its length, which falls between two samples.
        late = (len(cascade) - len(samples)) / 2
        whole, half = int(late), late % 1
        theirs = (1 - half) * cascade[whole + 100 : whole + 300] + half * cascade[whole + 101 : whole + 301]
        np.testing.assert_allclose(ours, theirs, atol=1e-12)
        smooth = np.convolve(smooth, spread(low, 2 ** (scale - 1)))


@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize("t_mv", [0.3, -0.3])
def test_waves_of_drawn_beats_lie_where_they_were_drawn(direction, t_mv):
    beats = Wavelet()(direction * drawn(t_mv=t_mv), RATE_HZ)
    # Upside down the R wave is what was the S wave, for what is down now is not three times as large.
    np.testing.assert_allclose(beats.r_peak_s, PEAKS_S + (0 if direction > 0 else 0.033), atol=0.004)
    inner = beats[1:-1]
    np.testing.assert_allclose(inner.p_peak_s - PEAKS_S[1:-1], -0.16, atol=0.003)
    np.testing.assert_allclose(inner.t_peak_s - PEAKS_S[1:-1], 0.28, atol=0.003)
    # Two and a half to three SD of the bumps beside their peaks.
    for name, at_s, tolerance_s in (
        ("p_onset", -0.21, 0.02), ("p_end", -0.12, 0.02), ("qrs_onset", -0.038, 0.012), ("qrs_end", 0.055, 0.012),
        ("t_onset", 0.17, 0.03), ("t_end", 0.375, 0.03),
    ):  # fmt: skip
        np.testing.assert_allclose(getattr(inner, f"{name}_s") - PEAKS_S[1:-1], at_s, atol=tolerance_s, err_msg=name)
    assert (np.diff(table(inner), axis=0) > 0).all()


@given(st.floats(0.05, 5), st.floats(-3, 3), st.floats(0, 0.4))
@settings(max_examples=25, deadline=None)
def test_size_offset_and_slow_wander_hardly_matter(gain, offset_mv, wander_mv):
    wander = wander_mv * np.sin(2 * np.pi * 0.15 * np.arange(10_000) / RATE_HZ)
    plain, other = Wavelet()(drawn(), RATE_HZ), Wavelet()(gain * (drawn() + wander) + offset_mv, RATE_HZ)
    np.testing.assert_allclose(table(other)[:, 1:-1], table(plain)[:, 1:-1], atol=12)


@pytest.mark.parametrize("rate_hz", [250.0, 500.0])
def test_the_sampling_rate_hardly_matters(rate_hz):
    plain, other = Wavelet()(drawn(), RATE_HZ), Wavelet()(drawn(rate_hz=rate_hz), rate_hz)
    np.testing.assert_allclose(table(other)[:, 1:-1], table(plain)[:, 1:-1], atol=2500 / rate_hz)


def test_ten_microvolts_of_noise_move_an_edge_by_milliseconds():
    noise = np.random.default_rng(4).normal(0, 0.01, 10_000)
    plain, other = Wavelet()(drawn(), RATE_HZ), Wavelet()(drawn() + noise, RATE_HZ)
    moved = np.abs(table(other) - table(plain))[:, 1:-1]
    within = dict(zip(FIDUCIALS, moved.max(axis=1), strict=True))
    assert {name for name, ms in within.items() if not ms <= 4} <= {"p_onset", "p_end", "t_onset", "t_end"}
    assert max(within.values()) < 15


def test_waves_that_are_not_there_are_absent():
    beats = Wavelet()(drawn(p_mv=0.0), RATE_HZ)
    assert np.isnan(table(beats)[:3]).all()
    assert np.isfinite(beats.t_end_s[:-1]).all()
    assert np.isnan(Wavelet()(drawn(p_mv=0.0, t_mv=0.0), RATE_HZ).p_peak_s).all()


def test_a_cut_t_wave_has_no_end():
    samples = drawn()
    cut = round(1000 * (PEAKS_S[-2] + 0.29))
    assert np.isnan(Wavelet()(samples[:cut], RATE_HZ).t_end_s[-1])


@given(st.integers(0, 2**32 - 1), st.integers(0, 3000), st.sampled_from([0, 1e-3, 1.0, 1e6]), st.booleans())
@settings(max_examples=60, deadline=None)
def test_fiducials_of_anything_are_in_order_and_within_the_signal(seed, count, size, walk):
    samples = size * np.random.default_rng(seed).normal(0, 1, count)
    beats = Wavelet()(np.cumsum(samples) if walk else samples, RATE_HZ)
    times = table(beats)
    assert not np.isnan(beats.r_peak_s).any()
    assert (times[np.isfinite(times)] >= 0).all()
    assert (times[np.isfinite(times)] <= count).all()
    for first, second in ((0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 7), (6, 7), (7, 8)):
        pair = times[[first, second]]
        assert (np.diff(pair[:, np.isfinite(pair).all(axis=0)], axis=0) >= -1).all(), (
            FIDUCIALS[first],
            FIDUCIALS[second],
        )
