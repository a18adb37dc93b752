from __future__ import annotations

import hashlib

import numpy as np
import pytest

from papertrace.errors import RecordError
from papertrace.records.checks import LeadStatistics, check_record, record_digest
from papertrace.records.header import read_header


def check(root, name="r"):
    return check_record(root, read_header(root, name))


def edit_header(root, old, new, name="r"):
    text = (root / f"{name}.hea").read_text()
    assert old in text
    (root / f"{name}.hea").write_text(text.replace(old, new))


def test_a_sound_record_has_no_issues(write_record, beats):
    assert check(write_record("r", beats)) == ["", ""]


def test_flat_lead_and_dc_offset(write_record, beats):
    digital = np.column_stack([beats[:, 0] + 960, np.full(2500, 7), beats[:, 1] - 190])
    assert check(write_record("r", digital)) == ["DC offset of +4.8 mV", "flat", ""]


def test_nan_samples_are_counted(write_record, beats):
    beats[100:125, 1] = -2048
    assert check(write_record("r", beats)) == ["", "25 of 2,500 samples are NaN"]


def test_a_lead_without_a_valid_sample_is_noted_a_record_without_one_fails(write_record, beats):
    beats[:, 1] = -2048
    assert check(write_record("r", beats)) == ["", "2,500 of 2,500 samples are NaN"]
    beats[:, 0] = -2048
    with pytest.raises(RecordError, match=r"r\.hea: no lead has a valid sample; leave this record out"):
        check(write_record("r", beats))


def test_names_and_gains(write_record, beats):
    root = write_record("r", np.hstack([beats, beats[:, :1]]), leads=["II", "x", "y"])
    edit_header(root, " x", " II")
    edit_header(root, " y", "")
    text = (root / "r.hea").read_text().replace("200.0(0)/mV", "0(0)/mV", 1)
    (root / "r.hea").write_text(text)
    assert check(root) == [
        "no gain in the header, 200 ADC units per mV taken",
        "named 'II' in the header",
        "without a name in the header",
    ]


def test_a_gain_that_cannot_be_right(write_record, beats):
    root = write_record("r", beats)
    edit_header(root, "200.0(0)/mV", "1e12(0)/mV")
    assert all(issue.startswith("flat (") and "is its gain right?" in issue for issue in check(root))
    edit_header(root, "1e12(0)/mV", "0.001(0)/mV")
    with pytest.raises(RecordError, match=r"r\.hea: every lead is more than 1000 mV high, as no ECG is; write the"):
        check(root)
    text = (root / "r.hea").read_text()
    (root / "r.hea").write_text(text.replace("0.001(0)/mV", "200(0)/mV", 1))
    first, second = check(root)
    assert first == ""
    assert second.endswith(" mV from peak to peak; is its gain right?")


def test_missing_signal_file(write_record, beats):
    root = write_record("r", beats)
    (root / "r.dat").unlink()
    with pytest.raises(RecordError, match=r"r\.dat: no such signal file, though r\.hea names it; fetch it"):
        check(root)


@pytest.mark.parametrize(("fmt", "bytes_a_frame"), [("212", 3), ("16", 4), ("24", 6), ("32", 8), ("80", 2)])
def test_truncated_signal_file(write_record, beats, fmt, bytes_a_frame):
    root = write_record("r", np.clip(beats, -100, 100), fmt=fmt)
    data = (root / "r.dat").read_bytes()
    (root / "r.dat").write_bytes(data[: -7 * bytes_a_frame + 1])
    with pytest.raises(RecordError, match=r"r\.dat: cut short, 7 of 2,500 samples a lead are missing; fetch the file"):
        check(root)


@pytest.mark.parametrize("fmt", ["212", "16", "24", "32", "80"])
def test_checksum_mismatch(write_record, beats, fmt):
    root = write_record("r", np.clip(beats, -100, 100), fmt=fmt)
    assert check(root) == ["", ""]
    data = bytearray((root / "r.dat").read_bytes())
    data[600] ^= 1
    (root / "r.dat").write_bytes(data)
    with pytest.raises(RecordError, match=r"r\.dat: the samples of ECG1 do not add up to the checksum -?\d+ in r\.hea"):
        check(root)


def test_checksums_left_out_or_left_at_zero_are_not_compared(write_record, beats):
    root = write_record("r", beats + 3)
    lines = (root / "r.hea").read_text().splitlines()
    for ending, issue in ((" 0 0 I", ""), ("", "without a name in the header")):
        (root / "r.hea").write_text("\n".join([lines[0]] + ["r.dat 212 200 12 0 0" + ending] * 2))
        assert check(root)[0] == issue


def test_checksums_hold_for_skewed_signals_and_several_samples_a_frame(tmp_path):
    samples = np.arange(300, dtype="<i2").reshape(60, 5)
    samples.tofile(tmp_path / "r.dat")
    sums = samples[:, :4].sum(), samples[:, 4].sum()
    lines = [f"r.dat 16x4 200(0)/mV 16 0 0 {sums[0]} 0 I", f"r.dat 16:3 200(0)/mV 16 0 0 {sums[1]} 0 II"]
    (tmp_path / "r.hea").write_text("\n".join(["r 2 250 60", *lines]))
    assert check(tmp_path) == ["mean of 4 samples a frame", "3 of 60 samples are NaN"]


def test_damage_in_a_segment_is_found(write_record, beats):
    root = write_record("r_1", beats[:1000])
    write_record("r_2", beats[1000:])
    (root / "r.hea").write_text("r/2 2 250 2500\nr_1 1000\nr_2 1500\n")
    assert check(root) == ["", ""]
    data = bytearray((root / "r_2.dat").read_bytes())
    (root / "r_2.dat").write_bytes(data[:-1])
    with pytest.raises(RecordError, match=r"r_2\.dat: cut short, 1 of 1,500 samples"):
        check(root)
    data[300] ^= 4
    (root / "r_2.dat").write_bytes(data)
    with pytest.raises(RecordError, match=r"r_2\.dat: the samples of ECG1 do not add up"):
        check(root)


def test_what_wfdb_cannot_decode_is_told_in_a_sentence(write_record, beats):
    root = write_record("r", beats)
    edit_header(root, "r 2 250 2500", "r 2 250 2500 00/00/0000")
    with pytest.raises(
        RecordError, match=r"r\.hea: its signals cannot be decoded \(ValueError: .*\); fetch the record"
    ):
        check(root)


def test_what_cannot_be_opened_is_told_without_absolute_paths(write_record, beats):
    root = write_record("r", beats)
    (root / "r.dat").unlink()
    (root / "r.dat").mkdir()
    edit_header(root, "250 2500", "250 0001")
    with pytest.raises(RecordError, match=r"r\.hea: its signals cannot be decoded \(IsADirectoryError") as caught:
        check(root)
    assert str(root) not in str(caught.value)


def test_record_without_samples(tmp_path):
    (tmp_path / "r.dat").write_bytes(b"")
    (tmp_path / "r.hea").write_text("r 1 250 0\nr.dat 16 200\n")
    with pytest.raises(RecordError, match=r"r\.hea: does not say how many samples"):
        check(tmp_path)


def test_statistics_do_not_depend_on_chunks():
    rng = np.random.default_rng(1)
    samples = rng.normal(size=(1000, 3))
    samples[200:600, 1] = np.nan
    samples[:, 2] = np.nan
    whole, parts = LeadStatistics.of_nothing(3), LeadStatistics.of_nothing(3)
    whole.add(samples)
    for part in np.split(samples, [10, 300, 301]):
        parts.add(part)
    assert whole.n == parts.n == 1000
    assert whole.valid.tolist() == parts.valid.tolist() == [1000, 600, 0]
    np.testing.assert_allclose(whole.total, parts.total)
    np.testing.assert_array_equal(whole.highest, parts.highest)
    np.testing.assert_allclose(whole.lowest[:2], np.nanmin(samples[:, :2], axis=0))


def test_digest_is_of_header_then_signal_files(write_record, beats):
    root = write_record("r", beats)
    expected = hashlib.sha256((root / "r.hea").read_bytes() + (root / "r.dat").read_bytes()).hexdigest()
    assert record_digest(root, read_header(root, "r")) == expected
