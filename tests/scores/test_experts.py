"""Cardiologists' marks: read, laid beside what was found, and carried to pages."""

import numpy as np
import pytest

from papertrace import tables
from papertrace.config import validate_config
from papertrace.errors import PapertraceError
from papertrace.io import read_table
from papertrace.scores import stage
from papertrace.scores.experts import compare_with_marks, errors, marks_of, parse_marks, within
from papertrace.scores.fiducials import Beats
from papertrace.tables import FIDUCIALS

BEAT = {"p_onset": -0.2, "p_peak": -0.16, "p_end": -0.1, "qrs_onset": -0.04, "r_peak": 0.0, "qrs_end": 0.06,
        "t_onset": 0.16, "t_peak": 0.26, "t_end": 0.36}  # fmt: skip


def beats(peaks_s, **late_s):
    peaks_s = np.array(peaks_s, float)
    return Beats(**{f"{name}_s": peaks_s + delay + late_s.get(name, 0) for name, delay in BEAT.items()})


def test_whole_beats_are_read_back():
    symbols = ["(", "p", ")", "(", "N", ")", "(", "t", ")"] * 2
    marks = parse_marks([peak + delay for peak in (1.0, 2.0) for delay in BEAT.values()], symbols)
    for name in FIDUCIALS:
        np.testing.assert_allclose(getattr(marks, f"{name}_s"), getattr(beats([1, 2]), f"{name}_s"), err_msg=name)


def test_what_was_not_marked_is_absent_and_goes_to_no_other_beat():
    """As in QTDB: a T without onset, a U after it, a beat with its QRS only, then P without QRS at the end."""
    marks = parse_marks(range(13), ["(", "N", ")", "t", ")", "(", "u", ")", "V", "(", "N", ")", "(", "p", ")"][:13])
    assert len(marks) == 3
    np.testing.assert_equal(marks.r_peak_s, [1, 8, 10])
    np.testing.assert_equal(marks.qrs_onset_s, [0, np.nan, 9])
    np.testing.assert_equal(marks.qrs_end_s, [2, np.nan, 11])
    np.testing.assert_equal(marks.t_onset_s, [np.nan] * 3)
    np.testing.assert_equal(marks.t_end_s, [4, np.nan, np.nan])
    assert np.isnan(marks.p_peak_s).all()
    assert len(parse_marks([], [])) == 0


def test_errors_are_found_minus_marked():
    late = errors(beats([1, 2, 3]), beats([1.01, 3.0], qrs_end=0.008))
    assert late.shape == (3, 9)
    np.testing.assert_allclose(late[0], [10] * 5 + [18] + [10] * 3)
    assert np.isnan(late[1]).all()
    np.testing.assert_allclose(late[2], [0] * 5 + [8] + [0] * 3, atol=1e-9)


def test_a_row_for_every_mark_with_both_errors():
    marks = within(beats([1, 2]), 0.0, 2.1)  # the page ends before the second beat's T wave
    rows = compare_with_marks(marks, beats([1, 2]), beats([1.3], t_end=0.02), lag_s=0.3)
    assert rows["fiducial"].tolist() == [*FIDUCIALS, *FIDUCIALS[:6]]
    assert rows["beat"].tolist() == [0] * 9 + [1] * 6
    np.testing.assert_allclose(rows["truth_error_ms"], 0)
    np.testing.assert_allclose(rows["trace_error_ms"], [300] * 8 + [320] + [np.nan] * 6)


def write_marks(folder, suffix, marks, rate_hz=250.0):
    import wfdb

    times = np.stack([getattr(marks, f"{name}_s") for name in FIDUCIALS], axis=1).ravel()
    symbols = ["(", "p", ")", "(", "N", ")", "(", "t", ")"] * len(marks)
    wfdb.wrann("rec", "marks", np.rint(times * rate_hz).astype(int), symbols, write_dir=str(folder))
    (folder / "rec.marks").rename(folder / f"rec.{suffix}")


def test_files_of_the_record_and_of_the_lead(tmp_path):
    write_marks(tmp_path, "q1c", beats([1, 2, 3]))
    write_marks(tmp_path, "avr", beats([1, 2]))
    write_marks(tmp_path, "atr", beats([1]))
    assert {name: len(marks) for name, marks in marks_of(tmp_path, "rec", "aVR", 250.0).items()} == {
        "q1c": 3,
        "lead": 2,
    }
    assert list(marks_of(tmp_path, "rec", "II", 250.0)) == ["q1c"]
    assert marks_of(tmp_path, "other", "II", 250.0) == {}
    assert marks_of(tmp_path, "rec", "../rec.q1c", 250.0).keys() == {"q1c"}
    (tmp_path / "rec.q2c").write_bytes(b"x")
    with pytest.raises(PapertraceError, match=r"rec\.q2c: not annotations"):
        marks_of(tmp_path, "rec", "II", 250.0)


def drawn_ecg(peaks_s, count=2500, rate_hz=250.0):
    t = np.arange(count) / rate_hz
    waves = ((0.12, -0.15, 0.02), (1.0, 0, 0.012), (-0.3, 0.03, 0.01), (0.3, 0.27, 0.04))
    return sum(h * np.exp(-0.5 * ((t - peak - d) / w) ** 2) for peak in peaks_s for h, d, w in waves)


def test_marks_reach_the_page_that_shows_them(shard, tmp_path):
    folder = tmp_path / "records"
    folder.mkdir()
    peaks_s = np.arange(0.5, 9.8, 0.8)
    write_marks(folder, "q1c", beats(40 + peaks_s))  # the page begins at 40 s of the record
    wave = drawn_ecg(peaks_s)
    shard.page("rec_00000")
    shard.manifest[0]["path"] = "rec"
    shard.lead("rec_00000", "II", 0, wave)
    shard.truth[0]["start_sample"] = 10_000
    shard.trace("rec_00000")
    shard.signal("rec_00000", "II", 0, wave, start_s=0.02)  # late by 20 ms
    shard.write()
    config = validate_config({"records": {"source": "folder", "folder": str(folder)}})
    stage.run(config, shard.root / "manifest.parquet", shard.path("pages"), shard.path("traces"), shard.path("scores"))
    table = read_table(shard.path("scores").with_suffix("") / "experts.parquet")
    assert table.schema.equals(tables.EXPERTS)
    rows = table.to_pylist()
    assert {(row["annotator"], row["lead"], row["split"]) for row in rows} == {("q1c", "II", "test")}
    r_peaks = [row for row in rows if row["fiducial"] == "r_peak"]
    np.testing.assert_allclose([row["marked_s"] for row in r_peaks], peaks_s, atol=0.002)
    np.testing.assert_allclose([row["truth_error_ms"] for row in r_peaks], 0, atol=4)
    np.testing.assert_allclose([row["trace_error_ms"] - row["truth_error_ms"] for row in r_peaks], 20, atol=0.6)


def test_marks_of_qtdb_and_ludb(shared_data):
    from papertrace.records.annotations import OF_LEAD

    first = marks_of(shared_data / "qtdb", "sel100", "MLII", 250.0)["q1c"]
    assert len(first) == 30
    qrs_ms, qt_ms = (1000 * (end - first.qrs_onset_s) for end in (first.qrs_end_s, first.t_end_s))
    assert 60 < np.nanmedian(qrs_ms) < 120
    assert 300 < np.nanmedian(qt_ms) < 450
    lead = marks_of(shared_data / "ludb", "data/100", "avr", 500.0)
    assert list(lead) == [OF_LEAD]
    assert np.isfinite(lead[OF_LEAD].t_end_s).sum() > 3
