"""QRS complexes, up and down, fast and slow, and on real leads."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from papertrace.scores.beats import find_qrs

RATE_HZ = 1000.0


def drawn(peaks_s, duration_s=10.0, r_mv=1.0, t_mv=0.3, t_width_s=0.045):
    t = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    samples = np.zeros(len(t))
    for peak in peaks_s:
        for height, delay, width in ((0.1 * r_mv, -0.16, 0.02), (r_mv, 0, 0.012), (t_mv, 0.27, t_width_s)):
            samples += height * np.exp(-0.5 * ((t - peak - delay) / width) ** 2)
    return samples


@given(st.floats(0.35, 2.2), st.floats(0.05, 4.0), st.sampled_from([1, -1]), st.floats(-5, 5))
@settings(max_examples=60, deadline=None)
def test_every_drawn_beat_is_found_to_the_sample(spacing_s, r_mv, direction, offset_mv):
    """30 to 170 beats a minute, any size, either sign, any offset."""
    beats_s = np.arange(0.3, 9.8, spacing_s)
    found, way = find_qrs(direction * drawn(beats_s, r_mv=r_mv, t_mv=0.25 * r_mv) + offset_mv, RATE_HZ)
    assert way == direction
    np.testing.assert_allclose(found / RATE_HZ, beats_s, atol=0.002)


@pytest.mark.parametrize(("t_mv", "t_width_s"), [(1.2, 0.045), (2.0, 0.035), (1.5, 0.03)])
def test_a_tall_t_wave_is_no_beat(t_mv, t_width_s):
    beats_s = np.arange(0.5, 9.8, 0.9)
    found, _ = find_qrs(drawn(beats_s, t_mv=t_mv, t_width_s=t_width_s), RATE_HZ)
    np.testing.assert_allclose(found / RATE_HZ, beats_s, atol=0.002)


@pytest.mark.parametrize(
    "samples", [np.zeros(5000), np.full(5000, 2.0), np.linspace(0, 1, 5000), np.zeros(0), np.ones(1), np.eye(1, 40)[0]]
)
def test_where_nothing_turns_there_is_no_beat(samples):
    assert len(find_qrs(samples, RATE_HZ)[0]) <= 1, "the end of a held ramp may look like a turn"


def _sensitivity_and_precision(found_s, beats_s):
    far = np.abs(found_s[:, None] - beats_s[None, :])
    return (far.min(axis=0) < 0.15).mean(), (far.min(axis=1) < 0.15).mean()


@pytest.mark.parametrize("name", ["sel100", "sel223", "sel853", "sele0106", "sel231"])
def test_beats_of_qtdb(shared_data, name):
    """Among them two leads of QS complexes and a slow heart, on which NeuroKit2's detector fails."""
    import wfdb

    path = str(shared_data / "qtdb" / name)
    record = wfdb.rdrecord(path, sampfrom=50_000, sampto=52_500)
    marks = wfdb.rdann(path, "atr", sampfrom=50_000, sampto=52_500)
    beats_s = np.array([s for s, kind in zip(marks.sample, marks.symbol, strict=True) if kind in "NLRAaJSVFejE"])
    beats_s = (beats_s - 50_000) / 250
    inner_s = beats_s[(beats_s > 0.2) & (beats_s < 9.8)]  # those at the edges may be found or not
    for lead in record.p_signal.T:
        found_s = find_qrs(lead, 250.0)[0] / 250
        assert _sensitivity_and_precision(found_s, inner_s)[0] == 1
        assert _sensitivity_and_precision(found_s[(found_s > 0.2) & (found_s < 9.8)], beats_s)[1] == 1


def test_beats_of_ludb_in_all_twelve_leads(shared_data):
    import wfdb

    folder = shared_data / "ludb"
    scores = []
    for header in sorted(folder.rglob("*.hea"))[:10]:
        record = wfdb.rdrecord(str(header.with_suffix("")))
        for name, lead in zip(record.sig_name, record.p_signal.T, strict=True):
            marks = wfdb.rdann(str(header.with_suffix("")), name.lower())
            beats_s = marks.sample[np.array(marks.symbol) == "N"] / record.fs
            found_s = find_qrs(lead, record.fs)[0] / record.fs
            # The first and last beats of a lead are not marked.
            found_s = found_s[(found_s > beats_s[0] - 0.1) & (found_s < beats_s[-1] + 0.1)]
            scores.append(_sensitivity_and_precision(found_s, beats_s))
    sensitivity, precision = np.mean(scores, axis=0)
    assert sensitivity > 0.99
    assert precision > 0.99
