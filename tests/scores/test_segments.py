"""Parts of the beat, and the error in each."""

import math
import warnings

import numpy as np
import pytest

from papertrace.scores.fiducials import Beats
from papertrace.scores.segments import segment_errors, segments

T = np.arange(2500) / 250
PEAKS = np.arange(0.5, 10.0, 1.0)
BEATS = Beats(PEAKS, PEAKS - 0.05, PEAKS + 0.05, PEAKS + 0.35)


def test_every_part_has_its_samples():
    parts = segments(T, BEATS)
    seconds = {part: np.sum(parts == part) / 250 for part in range(-1, 4)}
    # Before the first QRS and after the last T nothing is known.
    expected = {0: 1.0, 1: 0.8, 2: 2.2, 3: 5.4, -1: 0.6}
    assert seconds == {part: pytest.approx(value, abs=0.05) for part, value in expected.items()}
    assert (parts[np.rint(250 * PEAKS).astype(int)] == 0).all()


def test_an_error_is_told_in_its_part_alone():
    parts = segments(T, BEATS)
    truth = np.sin(T)
    for k, name in enumerate(("qrs", "st", "t", "baseline")):
        found = vars(segment_errors(truth, truth + 0.1 * (parts == k), parts))
        assert found.pop(f"rmse_{name}_mv") == pytest.approx(0.1)
        assert set(found.values()) == {0.0}


def test_missing_samples_count_as_zero_and_undrawn_ones_not_at_all():
    parts = segments(T, BEATS)
    truth = np.full(2500, 0.3)
    assert segment_errors(truth, np.full(2500, np.nan), parts).rmse_st_mv == pytest.approx(0.3)
    undrawn = np.where(T < 5, truth, np.nan)
    assert segment_errors(undrawn, np.where(T < 5, truth, 9.0), parts).rmse_t_mv == 0


def test_absent_marks_leave_their_parts_out():
    no_t = Beats(PEAKS, PEAKS - 0.05, PEAKS + 0.05)
    parts = segments(T, no_t)
    assert set(parts.tolist()) == {-1, 0, 1}, "the 80 ms after the J point need no T wave"
    found = segment_errors(np.ones(2500), np.zeros(2500), parts)
    assert (found.rmse_qrs_mv, found.rmse_st_mv) == (1, 1)
    assert math.isnan(found.rmse_t_mv)
    assert math.isnan(found.rmse_baseline_mv)
    half = BEATS.qrs_onset_s.copy()
    half[::2] = np.nan
    parts = segments(T, Beats(PEAKS, half, BEATS.qrs_end_s, BEATS.t_end_s))
    assert np.sum(parts == 0) / 250 == pytest.approx(0.5, abs=0.03)
    assert np.sum(parts == 3) / 250 == pytest.approx(3.0, abs=0.03), "five of nine have both marks"


def test_a_t_wave_that_ends_early_leaves_no_st_beyond_it():
    parts = segments(T, Beats(PEAKS, PEAKS - 0.05, PEAKS + 0.05, PEAKS + 0.1))
    assert np.sum(parts == 1) / 250 == pytest.approx(0.5, abs=0.04)
    assert np.sum(parts == 2) == 0


@pytest.mark.parametrize("beats", [Beats(np.zeros(0)), Beats(PEAKS), Beats(PEAKS[:1], PEAKS[:1] - 0.05, PEAKS[:1] + 9)])
def test_no_beats_or_one_is_no_error(beats):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parts = segments(T, beats)
        found = segment_errors(np.ones(2500), np.ones(2500), parts)
        assert math.isnan(found.rmse_baseline_mv)
        assert math.isnan(segment_errors(np.zeros(0), np.zeros(0), segments(np.zeros(0), beats)).rmse_qrs_mv)
