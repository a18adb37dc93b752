from __future__ import annotations

import numpy as np
import pytest
import wfdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from papertrace.errors import RecordError
from papertrace.records.header import read_header
from papertrace.records.reader import read_window


def decode_212(data: bytes, n_leads: int) -> np.ndarray:
    """Format 212 by its definition in signal(5): two 12-bit two's complement samples in three bytes."""
    triples = np.frombuffer(data[: len(data) // 3 * 3], np.uint8).reshape(-1, 3).astype(int)
    first = triples[:, 0] + 256 * (triples[:, 1] & 15)
    second = triples[:, 2] + 256 * (triples[:, 1] >> 4)
    samples = np.stack([first, second], axis=1).ravel()
    return np.where(samples > 2047, samples - 4096, samples).reshape(-1, n_leads)


@pytest.mark.parametrize(
    ("record", "gains"),
    [
        ("sel100", (200, 200)),
        ("sel17152", (200, 200)),
        ("sel820", (200, 200)),
        ("sele0104", (200, 200)),
        ("sele0133", None),
    ],
)
def test_qtdb_against_the_bits(shared_data, record, gains):
    root = shared_data / "qtdb"
    lines = (root / f"{record}.hea").read_text().splitlines()[1:3]
    written = [float(line.split()[2].split("(")[0]) or 200.0 for line in lines]
    assert gains is None or tuple(written) == gains
    digital = decode_212((root / f"{record}.dat").read_bytes(), 2)
    signal = read_window(root, record, 12_345, 2_500)
    assert signal.rate_hz == 250
    assert signal.samples.dtype == np.float64
    np.testing.assert_allclose(signal.samples, digital[12_345:14_845] / written, rtol=0, atol=1e-12)


def test_gains_that_differ_per_channel(shared_data):
    root = shared_data / "qtdb"
    gains = {}
    for path in (root / "RECORDS").read_text().split():
        gains[path] = tuple(signal.gain for signal in read_header(root, path).signals)
    odd = {path: pair for path, pair in gains.items() if pair != (200, 200)}
    assert sorted({gain for pair in odd.values() for gain in pair} - {200}) == [120, 135, 185, 400, 600]
    for path, pair in odd.items():
        digital = decode_212((root / f"{path}.dat").read_bytes(), 2)[1000:3500]
        np.testing.assert_allclose(read_window(root, path, 1000, 2500).samples, digital / pair, atol=1e-12)


def test_ptbxl_and_ludb_against_the_bits(shared_data):
    for database, path in (("ptbxl", "records500/00000/00009_hr"), ("ludb", "data/100")):
        root = shared_data / database
        digital = np.fromfile(root / f"{path}.dat", "<i2").reshape(-1, 12)
        if database == "ludb":
            assert (root / f"{path}.hea").read_text().splitlines()[1].split()[2] == "1139(-15)/mV"
            lead = (digital[:, 0] + 15) / 1139
        else:
            lead = digital[:, 0] / 1000
        np.testing.assert_allclose(read_window(root, path, 0, 5000).samples[:, 0], lead, atol=1e-12)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fmt=st.sampled_from(["16", "24", "32", "80", "212"]),
    n_leads=st.integers(1, 3),
    n_samples=st.integers(2, 60),
    gain=st.sampled_from([0.5, 12.5, 200.0, 1e4]),
    baseline=st.integers(-20, 20),
    unit=st.sampled_from([("mV", 1.0), ("uV", 1e-3), ("V", 1e3)]),
    data=st.data(),
)
def test_any_window_of_any_format(write_record, fmt, n_leads, n_samples, gain, baseline, unit, data):
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    digital = rng.integers(-127, 128, (n_samples, n_leads))
    start = data.draw(st.integers(0, n_samples - 1))
    length = data.draw(st.integers(1, n_samples - start))
    root = write_record("r", digital, fmt=fmt, gain=gain, baseline=baseline, unit=unit[0])
    signal = read_window(root, "r", start, length)
    expected = (digital[start : start + length] - baseline) / gain * unit[1]
    np.testing.assert_allclose(signal.samples, expected, rtol=1e-12, atol=1e-15)


def test_windows_of_several_samples_a_frame_are_their_means(tmp_path):
    np.arange(80, dtype="<i2").tofile(tmp_path / "r.dat")
    (tmp_path / "r.hea").write_text("r 1 250 20\nr.dat 16x4 1(0)/mV\n")
    np.testing.assert_allclose(read_window(tmp_path, "r", 5, 3).samples[:, 0], [21.5, 25.5, 29.5])


def test_invalid_samples_are_nan(write_record, beats):
    beats[100:110, 1] = -2048
    samples = read_window(write_record("r", beats), "r", 95, 20).samples
    assert np.isnan(samples[:, 1]).tolist() == [False] * 5 + [True] * 10 + [False] * 5
    assert not np.isnan(samples[:, 0]).any()


def test_signals_that_are_no_voltage_are_left_out(write_record, beats):
    root = write_record("r", np.hstack([beats, beats]), unit=["mV", "mmHg", "uV", "mV"], leads=["I", "ABP", "II", "x"])
    (root / "r.hea").write_text((root / "r.hea").read_text().replace(" x", " I"))
    signal = read_window(root, "r", 100, 50)
    assert signal.leads == ["I", "II", "I-2"]
    np.testing.assert_allclose(signal.samples, beats[100:150][:, [0, 0, 1]] / [200, 200e3, 200], atol=1e-12)


@pytest.mark.parametrize(("start", "length"), [(-1, 10), (2495, 6), (0, 2501), (0, 0)])
def test_window_outside_the_record(write_record, beats, start, length):
    with pytest.raises(RecordError, match=r"r\.hea: samples .* are not all within the record's 2,500"):
        read_window(write_record("r", beats), "r", start, length)


def multi_segment(folder, beats):
    for name, part in (("r_1", beats[:1500]), ("r_2", beats[1500:])):
        wfdb.wrsamp(
            name,
            fs=250,
            units=["mV"] * 2,
            sig_name=["I", "II"],
            d_signal=part,
            fmt=["16"] * 2,
            adc_gain=[200.0] * 2,
            baseline=[0] * 2,
            write_dir=str(folder),
        )
    (folder / "r.hea").write_text("r/2 2 250 2500\nr_1 1500\nr_2 1000\n")


def test_multi_segment_record_reads_across_its_joints(tmp_path, beats):
    multi_segment(tmp_path, beats)
    signal = read_window(tmp_path, "r", 1400, 300)
    assert signal.leads == ["I", "II"]
    np.testing.assert_allclose(signal.samples, beats[1400:1700] / 200, atol=1e-12)


def test_multi_segment_record_with_a_gap_and_a_layout(tmp_path, beats):
    multi_segment(tmp_path, beats)
    (tmp_path / "r_0.hea").write_text("r_0 2 250 0\n~ 0 200/mV 16 0 0 0 0 I\n~ 0 200/mV 16 0 0 0 0 II\n")
    (tmp_path / "r.hea").write_text("r/4 2 250 2600\nr_0 0\nr_1 1500\n~ 100\nr_2 1000\n")
    samples = read_window(tmp_path, "r", 1450, 200).samples
    assert np.isnan(samples[50:150]).all()
    np.testing.assert_allclose(samples[:50], beats[1450:1500] / 200, atol=1e-12)
    np.testing.assert_allclose(samples[150:], beats[1500:1550] / 200, atol=1e-12)
