from __future__ import annotations

from pathlib import Path

import pytest
import wfdb
from hypothesis import given
from hypothesis import strategies as st

from papertrace.errors import RecordError
from papertrace.records.header import read_header, unique_names

GOOD = "r.dat 212 200(0)/mV 12 0 -5 123 0 MLII"


def header_of(folder: Path, *lines: str, encoding="utf-8"):
    (folder / "r.hea").write_bytes("\n".join(lines).encode(encoding))
    return read_header(folder, "r")


@pytest.mark.parametrize("database", ["qtdb", "ludb", "ptbxl"])
def test_real_headers_read_as_wfdb_reads_them(shared_data, database):
    root = shared_data / database
    for path in (root / "RECORDS").read_text().split():
        ours, theirs = read_header(root, path), wfdb.rdheader(str(root / path))
        assert (ours.rate_hz, ours.n_samples, ours.leads) == (theirs.fs, theirs.sig_len, theirs.sig_name)
        for field, name in (("file", "file_name"), ("format", "fmt"), ("per_frame", "samps_per_frame")):
            assert [getattr(signal, field) for signal in ours.signals] == getattr(theirs, name)
        for field, name in (("gain", "adc_gain"), ("baseline", "baseline"), ("checksum", "checksum")):
            assert [getattr(signal, field) for signal in ours.signals] == getattr(theirs, name)
        assert [signal.unit for signal in ours.signals] == theirs.units


def test_frequency_line_with_a_counter(tmp_path):
    assert header_of(tmp_path, "r 1 250/360 2500", GOOD).rate_hz == 250
    assert header_of(tmp_path, "r 1 128.5/360(12.5) 2500 10:00:00 01/02/1990", GOOD).rate_hz == 128.5


def test_defaults_of_the_standard(tmp_path):
    header = header_of(tmp_path, "# a comment", "", "r 2 250 2500", "r.dat 16", "r.dat 16 0 12 1024 0 0 0 X")
    assert [signal.gain for signal in header.signals] == [200, 200]
    assert [signal.calibrated for signal in header.signals] == [False, False]
    assert [signal.baseline for signal in header.signals] == [0, 1024], "no baseline: the ADC zero"
    assert [signal.checksum for signal in header.signals] == [None, 0]
    assert header.leads == ["lead1", "X"]


@pytest.mark.parametrize(
    ("unit", "millivolts", "encoding"),
    [
        ("mV", 1, "utf-8"),
        ("uV", 1e-3, "utf-8"),
        ("µV", 1e-3, "utf-8"),
        ("μV", 1e-3, "utf-8"),
        ("µV", 1e-3, "latin-1"),
        ("V", 1e3, "utf-8"),
        ("nV", 1e-6, "utf-8"),
    ],
)
def test_units_of_voltage(tmp_path, unit, millivolts, encoding):
    line = f"r.dat 212 200(0)/{unit} 12 0 -5 123 0 II"
    assert header_of(tmp_path, "r 1 250 2500", line, encoding=encoding).signals[0].millivolts == millivolts


def test_signals_that_are_no_voltage_are_no_leads(tmp_path):
    header = header_of(tmp_path, "r 3 250 9", GOOD, "r.dat 212 10/mmHg 12 0 0 0 0 ABP", GOOD)
    assert (header.leads, header.channels) == (["MLII", "MLII-2"], [0, 2])


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([""], r"r\.hea: is empty; fetch it again"),
        (["# only", "# comments"], r"r\.hea: is empty"),
        (["\x00\x01 PK garbage"], r"r\.hea: .* is no WFDB record line"),
        (["r two 250 2500", GOOD], r"r\.hea: 'r two 250 2500' is no WFDB record line"),
        (["r 1 abc 2500", GOOD], r"r\.hea: .* is no WFDB record line"),
        (["r 1 0 2500", GOOD], r"r\.hea: the sampling rate is 0"),
        (["r 2 250 2500", GOOD], r"r\.hea: promises 2 signals and describes 1"),
        (["r 1 250 2500", GOOD, GOOD], r"r\.hea: promises 1 signals and describes 2"),
        (["r 0 250 2500"], r"r\.hea: holds no signals"),
        (["r 1 250 2500", "r.dat 212 abc 12"], r"r\.hea: 'r\.dat 212 abc 12' is no WFDB signal line"),
        (["r 1 250 2500", "../../r.dat 212 200"], r"is no WFDB signal line"),
        (["r 1 250 2500", "r.dat 999 200"], r"r\.hea: signal format 999 is none of WFDB's"),
        (["r 1 250 2500", "r.dat 16x0 200"], r"r\.hea: 'r\.dat 16x0 200' is no WFDB signal line"),
        (["r 1 250 2500", "r.dat 16 1e999"], r"r\.hea: the gain 1e999 is no finite number"),
        (["r 1 250 2500", "r.dat 16:2501 200"], r"r\.hea: a signal is skewed by more samples than there are"),
        (["r 1 250 2500", "r.dat 16 10/mmHg"], r"r\.hea: no signal is measured in volts \(units: mmHg\)"),
        (["r/2 1 250 2500", "r1 2000"], r"r\.hea: promises 2 segments and does not describe them all"),
        (["r/1 1 250 2500", "r1 2000"], r"r\.hea: promises 2,500 samples, but its segments"),
        (["r/1 1 250 2500", "~ 2500"], r"r\.hea: none of its segments holds samples"),
        (["r/1 1 250 2500", "r 2500"], r"r\.hea: a segment is made of segments again"),
        (["r/1 1 250 2500", "gone 2500"], r"gone\.hea: no such header"),
    ],
)
def test_garbage_is_told_in_a_sentence(tmp_path, lines, sentence):
    with pytest.raises(RecordError, match=sentence):
        header_of(tmp_path, *lines)


def test_unstated_length_is_told_with_the_number_to_write(tmp_path):
    (tmp_path / "r.dat").write_bytes(bytes(3 * 700))
    for line in ("r 1 250", "r 1 250 0"):
        with pytest.raises(RecordError, match=r"r\.hea: does not say how many samples a lead has; write 1400 "):
            header_of(tmp_path, line, GOOD)


def test_missing_header(tmp_path):
    with pytest.raises(RecordError, match=r"sub/r\.hea: no such header; fetch it"):
        read_header(tmp_path, "sub/r")


@given(st.lists(st.sampled_from(["", "I", "II", "I-2", "lead1", "lead2", " I "]), max_size=8))
def test_unique_names(names):
    unique = unique_names(names)
    assert len(set(unique)) == len(names) == len(unique)
    assert all(unique)
    firsts = {name.strip(): place for place, name in reversed(list(enumerate(names))) if name.strip()}
    assert all(unique[place] == name for name, place in firsts.items() if "-" not in name and "lead" not in name)


@given(st.binary(max_size=80))
def test_any_bytes_are_a_header_or_a_sentence(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("bytes", numbered=True)
    (folder / "r.hea").write_bytes(b"r 1 250 2500\n" + data)
    try:
        header = read_header(folder, "r")
    except RecordError as error:
        assert "r.hea" in str(error)
    else:
        assert len(header.leads) == 1
