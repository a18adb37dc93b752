"""Intervals: known heart rates, identical signals, and what cannot be measured."""

import math
import warnings

import numpy as np
import pytest

from papertrace.scores.clinical import measure
from papertrace.scores.delineators import DELINEATORS
from papertrace.scores.fiducials import Beats
from papertrace.scores.series import Series
from papertrace.tables import CLINICAL

WAVELET = DELINEATORS["wavelet"]


def beats_at(spacing_s, duration_s=10.0, rate_hz=500.0, first_s=0.4, width_s=0.012):
    """P, QRS and T as Gaussian bumps at an exact distance."""
    t = np.arange(round(duration_s * rate_hz)) / rate_hz
    samples = np.zeros(len(t))
    for peak in np.arange(first_s, duration_s, spacing_s):
        for height, delay, width in ((0.12, -0.16, 0.02), (1.0, 0, width_s), (-0.2, 0.03, 0.01), (0.25, 0.28, 0.045)):
            samples += height * np.exp(-0.5 * ((t - peak - delay) / width) ** 2)
    return Series(samples, rate_hz)


def known_marks(samples_mv, rate_hz):
    """A delineator that finds what a drawn beat every second would have."""
    peaks = np.arange(0.5, len(samples_mv) / rate_hz, 1.0)
    return Beats(peaks, peaks - 0.04, peaks + 0.05, peaks + 0.36)


@pytest.mark.parametrize("method", DELINEATORS)
@pytest.mark.parametrize("spacing_s", [0.6, 0.8437, 1.2])
def test_the_heart_rate_is_right_within_two_milliseconds(spacing_s, method):
    result = measure(beats_at(spacing_s), 0, 10, DELINEATORS[method])
    assert result.median("rr_ms") == pytest.approx(1000 * spacing_s, abs=2)
    assert abs(len(result.beats) - 9.6 / spacing_s) <= 1.1


def test_qrs_and_qt_are_near_what_was_drawn():
    result = measure(beats_at(0.9), 0, 10, WAVELET)
    assert 50 < result.median("qrs_ms") < 130
    assert 330 < result.median("qt_ms") < 480
    wide = measure(beats_at(0.9, width_s=0.024), 0, 10, WAVELET)
    assert wide.median("qrs_ms") > result.median("qrs_ms") + 10


@pytest.mark.parametrize("rate_hz", [250.0, 360.0, 1000.0])
def test_the_sampling_rate_does_not_show(rate_hz):
    one, other = (measure(beats_at(0.81, rate_hz=rate), 0, 10, WAVELET) for rate in (500.0, rate_hz))
    for name in ("rr_ms", "qrs_ms", "qt_ms"):
        assert other.median(name) == pytest.approx(one.median(name), abs=2)


def test_simulated_ecg_has_its_heart_rate():
    import neurokit2

    samples = neurokit2.ecg_simulate(
        duration=20, sampling_rate=500, heart_rate=72, heart_rate_std=0, noise=0, random_state=5, method="ecgsyn"
    )
    assert measure(Series(samples, 500.0), 0, 20, WAVELET).median("rr_ms") == pytest.approx(60_000 / 72, abs=2)


def test_medians_of_known_marks():
    result = measure(Series(np.sin(np.arange(5000)), 500.0), 0, 10, known_marks)
    assert [result.median(name) for name in ("rr_ms", "hr_bpm", "qrs_ms", "qt_ms")] == pytest.approx(
        [1000, 60, 90, 400]
    )
    assert len(result.beats) == 10
    assert np.isnan(result.of_beats["rr_ms"]).tolist() == [True] + [False] * 9, "the first beat has none before it"


def steps(samples_mv, rate_hz):
    """Beats every 0.64 s whose waves are levels: see `levelled`."""
    peaks = np.arange(0.4, len(samples_mv) / rate_hz - 0.4, 0.64)
    at = {"p_onset": -0.19, "p_peak": -0.14, "p_end": -0.09, "qrs_onset": -0.04, "qrs_end": 0.05, "t_onset": 0.14,
          "t_peak": 0.23, "t_end": 0.28}  # fmt: skip
    return Beats(peaks, **{f"{name}_s": peaks + delay for name, delay in at.items()})


def levelled(baseline_mv=0.7):
    """Isoelectric level `baseline_mv`, R 1 mV, ST -0.1 mV, T 0.3 mV above it, where `steps` says they are."""
    t = np.arange(10_000) / 1000
    phase = (t - 0.4 + 0.32) % 0.64 - 0.32
    samples = np.full(len(t), baseline_mv)
    samples[(phase > -0.01) & (phase < 0.01)] += 1.0
    samples[(phase > 0.06) & (phase < 0.18)] -= 0.1
    samples[(phase > 0.2) & (phase < 0.26)] += 0.3
    return Series(samples, 1000.0)


def test_every_parameter_of_known_marks_on_known_levels():
    result = measure(levelled(), 0, 10, steps)
    assert {name: result.median(name) for name in CLINICAL} == {
        "rr_ms": pytest.approx(640), "hr_bpm": pytest.approx(93.75), "p_ms": pytest.approx(100),
        "pr_ms": pytest.approx(150), "qrs_ms": pytest.approx(90), "qt_ms": pytest.approx(320),
        "qtc_bazett_ms": pytest.approx(400), "qtc_fridericia_ms": pytest.approx(320 / 0.64 ** (1 / 3)),
        "st_mv": pytest.approx(-0.1), "r_mv": pytest.approx(1), "t_mv": pytest.approx(0.3),
    }  # fmt: skip


def test_r_is_as_high_as_it_gets_beside_the_peak_in_its_direction():
    series = levelled(baseline_mv=-0.2)
    beats = steps(series.samples, 1000.0)
    for k, height in enumerate((1.4, 0.9)):  # a spike 15 ms beside the first peak; one 30 ms beside the second, too far
        series.samples[round(1000 * beats.r_peak_s[k]) + (15, 30)[k]] = height
    found = measure(series, 0, 10, steps).of_beats["r_mv"]
    np.testing.assert_allclose(found[:3], [1.6, 1.0, 1.0], atol=1e-6)
    upside_down = Series(-series.samples, 1000.0)
    np.testing.assert_allclose(measure(upside_down, 0, 10, steps).of_beats["r_mv"], -found)


def test_beats_have_the_pages_time_whenever_the_window_begins():
    late = levelled()
    late = Series(late.samples, late.rate_hz, start_s=2.5)
    np.testing.assert_allclose(measure(late, 2.5, 10, steps).beats.r_peak_s, 2.5 + np.arange(0.4, 9.6, 0.64))
    np.testing.assert_allclose(measure(late, 2.5, 10, steps).of_beats["r_mv"], 1)


def test_levels_on_missing_signal_are_absent_and_so_is_all_that_rests_on_them():
    series = levelled()
    peaks_s = steps(series.samples, 1000.0).r_peak_s
    for first_s, stop_s in ((peaks_s[1] - 0.07, peaks_s[1] - 0.03), (peaks_s[3] + 0.09, peaks_s[3] + 0.13)):
        series.samples[round(1000 * first_s) : round(1000 * stop_s)] = np.nan
    result = measure(series, 0, 10, steps)
    absent = {name: np.flatnonzero(np.isnan(values)).tolist() for name, values in result.of_beats.items()}
    assert absent == {
        "rr_ms": [0, 1, 4], "hr_bpm": [0, 1, 4], "qtc_bazett_ms": [0, 1, 3, 4],
        "qtc_fridericia_ms": [0, 1, 3, 4], "p_ms": [], "pr_ms": [1], "qrs_ms": [1], "qt_ms": [1, 3],
        "st_mv": [1, 3], "r_mv": [1], "t_mv": [1],
    }  # fmt: skip
    assert np.isnan(result.beats.qrs_onset_s[1])


def test_intervals_on_missing_signal_are_not_measured():
    samples = np.sin(np.arange(5000.0))
    samples[100:2230] = np.nan  # 0.2 to 4.46 s: the beats at 0.5 … 3.5 s, and the onset of the next
    result = measure(Series(samples, 500.0), 0, 10, known_marks)
    assert len(result.beats) == 6
    assert result.median("rr_ms") == pytest.approx(1000)
    samples[:] = np.nan
    samples[1000:1700] = 1 + np.sin(np.arange(700.0))  # 2 to 3.4 s: one beat, no RR
    result = measure(Series(samples, 500.0), 0, 10, known_marks)
    assert (len(result.beats), math.isnan(result.median("rr_ms")), result.median("qrs_ms")) == (
        1,
        True,
        pytest.approx(90),
    )


def test_a_gap_of_a_few_columns_is_bridged():
    samples = np.sin(np.arange(5000.0))
    samples[246:254] = np.nan  # around the first R peak, at 0.5 s
    assert len(measure(Series(samples, 500.0), 0, 10, known_marks).beats) == 10
    samples[240:260] = np.nan
    assert len(measure(Series(samples, 500.0), 0, 10, known_marks).beats) == 9


def test_implausible_intervals_are_left_out():
    def slips(samples_mv, rate_hz):
        peaks = np.array([1.0, 2.0, 2.05, 3.0])
        return Beats(peaks, peaks - 0.5, peaks + 0.5, peaks + 0.4)

    result = measure(Series(np.sin(np.arange(5000.0)), 500.0), 0, 10, slips)
    assert result.median("rr_ms") == pytest.approx(975)
    assert math.isnan(result.median("qrs_ms"))
    assert math.isnan(result.median("qt_ms"))


NOTHING_TO_SEE = {
    "empty": np.zeros(0),
    "one sample": np.ones(1),
    "half a second": np.sin(np.arange(250.0)),
    "missing": np.full(5000, np.nan),
    "flat": np.full(5000, 0.3),
    "a step": np.r_[np.zeros(2500), np.ones(2500)],
    "a ramp": np.linspace(0, 1, 5000),
    "one beat": beats_at(20.0, 2.5).samples,
    "two beats": beats_at(1.0, 2.0).samples,
    "a single spike": np.eye(1, 1250, 600)[0],
    "noise": np.random.default_rng(2).normal(0, 1, 5000),
    "tiny": 1e-30 * np.sin(np.arange(5000.0)),
    "huge": 1e30 * np.sin(np.arange(5000.0)),
}


@pytest.mark.parametrize("method", DELINEATORS)
@pytest.mark.parametrize("kind", NOTHING_TO_SEE)
def test_odd_signals_give_absent_values_and_neither_errors_nor_zeros(kind, method):
    samples = NOTHING_TO_SEE[kind]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = measure(Series(samples, 500.0), 0, len(samples) / 500, DELINEATORS[method])
    for value in (result.median(name) for name in CLINICAL if name.endswith("_ms")):
        assert math.isnan(value) or value > 10
    if kind in ("empty", "one sample", "half a second", "missing", "flat"):
        assert len(result.beats) == 0
        assert all(math.isnan(result.median(name)) for name in CLINICAL)


def test_two_beats_still_have_a_distance():
    result = measure(beats_at(1.0, 2.5), 0, 2.5, WAVELET)
    assert result.median("rr_ms") == pytest.approx(1000, abs=2)


def test_real_leads_differ_in_nothing_from_themselves(shared_data):
    """Identical signals give zero differences; a change of clock moves RR by less than a sample's worth."""
    import wfdb

    for name in ("sel100", "sel16265", "sele0106"):
        record = wfdb.rdrecord(str(shared_data / "qtdb" / name), sampfrom=2000, sampto=4500)
        truth = Series(record.p_signal[:, 0].astype(np.float32), 250.0)
        again = Series(truth.samples.copy(), 250.0)
        finer = Series(truth.at(np.arange(5000) / 500), 500.0)
        of_truth, of_again, of_finer = (measure(series, 0, 10, WAVELET) for series in (truth, again, finer))
        for name in CLINICAL:
            np.testing.assert_array_equal(of_truth.of_beats[name], of_again.of_beats[name])
        assert len(of_truth.beats) > 5
        assert of_finer.median("rr_ms") == pytest.approx(of_truth.median("rr_ms"), abs=1)
        assert of_finer.median("qrs_ms") == pytest.approx(of_truth.median("qrs_ms"), abs=4)
        assert of_finer.median("qt_ms") == pytest.approx(of_truth.median("qt_ms"), abs=8)


def _expert_ms(path):
    """First marked sample, and median QRS width and QT of the first cardiologist."""
    import wfdb

    marks = wfdb.rdann(path, "q1c")
    onset, qrs, qt = None, [], []
    for sample, symbol, wave in zip(marks.sample, marks.symbol, marks.num, strict=True):
        if (symbol, wave) == ("(", 1):
            onset = sample
        elif symbol == ")" and onset is not None and wave in (1, 2):
            (qrs if wave == 1 else qt).append(4 * (sample - onset))
    return int(marks.sample[0]), np.median(qrs), np.median(qt) if qt else np.nan


@pytest.mark.filterwarnings("ignore:Mean of empty slice")
def test_intervals_agree_with_the_cardiologist(shared_data):
    """Every fifth record of QTDB, the mean of both leads: half of the QT lie within the CSE tolerance of a T end."""
    import wfdb

    errors = []
    for name in (shared_data / "qtdb" / "RECORDS").read_text().split()[::5]:
        path = str(shared_data / "qtdb" / name)
        first, *expert = _expert_ms(path)
        record = wfdb.rdrecord(path, sampfrom=first - 250, sampto=first + 2250)
        found = [measure(Series(lead, 250.0), 0, 10, WAVELET) for lead in record.p_signal.T]
        errors.append(np.nanmean([(one.median("qrs_ms"), one.median("qt_ms")) for one in found], axis=0) - expert)
    assert len(errors) == 21
    assert np.isnan(errors).any(axis=1).sum() <= 2
    qrs, qt = np.nanmedian(np.abs(errors), axis=0)
    assert qrs < 25
    assert qt < 30.6
