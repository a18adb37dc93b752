"""The contract: what a program may write, and what becomes of it."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from papertrace.traces.external.command import words_of
from papertrace.traces.external.outputs import Signals, read_csv, read_wfdb, traces_of
from papertrace.traces.files import csv_text

IMAGE = np.full((80, 120, 3), 250, np.uint8)
IMAGE[20:30, :, 2] = 7


def test_a_sine_comes_back_as_it_was_written(program):
    page = program().digitize(IMAGE, 500.0)
    assert (page.status, page.reason, page.layout, page.confidence) == ("ok", None, None, None)
    [trace] = page.traces
    assert (trace.lead, trace.row, trace.column, trace.start_s, trace.rate_hz) == ("II", None, None, 0.0, 100.0)
    np.testing.assert_allclose(trace.samples, np.sin(np.arange(500) / 10), atol=1e-6)
    for untold in (trace.confidence, trace.x_px, trace.y_px):
        assert untold.shape == trace.samples.shape and np.isnan(untold).all()


COPY = """
import json, os, shutil, sys
from pathlib import Path
given = Path(sys.argv[1])
kept = Path(KEPT)
shutil.copy(given, kept / given.name)
names = sorted(str(p.relative_to(given.parents[1])) for p in given.parents[1].rglob("*") if p.is_file())
variables = {key: os.environ.get(key) for key in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TMPDIR")}
told = {"names": names, "variables": variables, "folder": os.getcwd(), "stdin": sys.stdin.read()}
(kept / "told.json").write_text(json.dumps(told))
Path(sys.argv[2]).write_text("time_s,II\\n" + "".join(f"{k / 100},{k % 7}\\n" for k in range(300)))
"""


@pytest.mark.parametrize(("form", "name"), [("png", "page.png"), ("jpeg", "page.jpg")])
def test_it_is_given_pixels_and_nothing_else(program, tmp_path, form, name):
    import json

    page = program(f"KEPT = {str(tmp_path)!r}\n{COPY}", image=form).digitize(IMAGE)
    assert page.reason is None
    told = json.loads((tmp_path / "told.json").read_text())
    assert told["names"] == [f"image/{name}"] and told["stdin"] == ""
    assert told["variables"] == {
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "TMPDIR": told["folder"],
    }
    assert not Path(told["folder"]).exists()
    seen = cv2.imread(str(tmp_path / name), cv2.IMREAD_UNCHANGED)
    assert seen.shape == IMAGE.shape
    if form == "png":
        assert (seen == IMAGE).all()
        data = (tmp_path / name).read_bytes()
        assert [data.count(chunk) for chunk in (b"pHYs", b"tEXt", b"tIME", b"eXIf")] == [0, 0, 0, 0]
    else:
        assert np.abs(seen.astype(int) - IMAGE).mean() < 3


def test_grey_pages_have_three_channels_too(program, tmp_path):
    grey = np.full((80, 120, 3), 99, np.uint8)
    assert program(f"KEPT = {str(tmp_path)!r}\n{COPY}").digitize(grey).reason is None
    assert cv2.imread(str(tmp_path / "page.png"), cv2.IMREAD_UNCHANGED).shape == grey.shape


def test_a_whole_signal_is_a_trace_from_its_first_value_to_its_last(tmp_path):
    signals = np.full((5000, 3), np.nan)
    signals[:1250, 0] = np.sin(np.arange(1250) / 9)
    signals[3750:, 1] = np.cos(np.arange(1250) / 9)
    signals[4000, 1] = np.nan
    path = tmp_path / "a.csv"
    path.write_text(csv_text(["i", "V4", "AVR"], signals, 500.0))  # as `papertrace digitize` writes; aVR is not there
    first, fourth = traces_of(read_csv(path))
    assert (first.lead, first.start_s, len(first.samples)) == ("I", 0.0, 1250)
    assert (fourth.lead, fourth.start_s, len(fourth.samples), fourth.row) == ("V4", 7.5, 1250, None)
    assert np.flatnonzero(np.isnan(fourth.samples)).tolist() == [250]
    np.testing.assert_allclose(fourth.samples[:250], np.cos(np.arange(250) / 9), atol=1e-4)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("row1", (None, 0, 0)),
        ("row2_column3", (None, 1, 2)),
        ("avf", ("aVF", None, None)),
        ("-aVR", ("-aVR", None, None)),
        ("mlii", ("MLII", None, None)),
    ],
)
def test_a_column_is_a_lead_or_a_place(name, place):
    [trace] = traces_of(Signals([name], np.arange(300.0)[:, None] % 5, 100.0))
    assert (trace.lead, trace.row, trace.column) == place


def test_times_rounded_to_ms_tell_the_rate(tmp_path):
    path = tmp_path / "a.csv"
    rows = "".join(f"{k / 360:.3f},{k % 9}\n" for k in range(3600))
    path.write_text("\ufefftime_s,V2\n\n" + rows, encoding="utf-8")  # as spreadsheets begin theirs
    signals = read_csv(path)
    assert signals.rate_hz == 360.0
    assert (signals.names, signals.samples.shape) == (["V2"], (3600, 1))


def test_without_times_the_config_tells_the_rate(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("V1,V2\n" + "1,nan\n,0.5\n" * 100)
    signals = read_csv(path, 250.0)
    assert (signals.rate_hz, signals.start_s) == (250.0, 0.0)
    assert np.isnan(signals.samples[1, 0]) and signals.samples[1, 1] == 0.5


def test_time_of_its_own_is_not_the_pages():
    samples = np.full((5000, 1), np.nan)
    samples[2:1250, 0] = np.arange(1248) % 7
    [trace] = traces_of(Signals(["V6"], samples, 500.0), own_start=True)
    assert np.isnan(trace.start_s)
    assert len(trace.samples) == 1250 and np.isnan(trace.samples[:2]).all()


@pytest.mark.parametrize(("unit", "factor"), [("mV", 1.0), ("uV", 1e3), ("V", 1e-3)])
def test_a_record_has_its_units_and_its_rate(tmp_path, unit, factor):
    wfdb = pytest.importorskip("wfdb")
    samples = np.sin(np.arange(2000) / 20)[:, None] * [1.0, 0.5]
    samples[:100, 1] = np.nan
    wfdb.wrsamp(
        "page",
        fs=400,
        units=[unit] * 2,
        sig_name=["II", "V1"],
        p_signal=samples * factor,
        fmt=["16"] * 2,
        adc_gain=[10_000.0 / factor] * 2,
        baseline=[0, 0],
        write_dir=str(tmp_path),
    )
    signals = read_wfdb(tmp_path / "page.hea")
    assert (signals.names, signals.rate_hz) == (["II", "V1"], 400.0)
    np.testing.assert_allclose(signals.samples, samples, atol=2e-4)


def test_a_program_that_takes_folders_and_names_its_record_as_it_likes(program):
    script = """
        import sys
        from pathlib import Path
        [image] = Path(sys.argv[1]).iterdir()
        out = Path(sys.argv[2]) / "results"
        out.mkdir()
        values = [k % 100 for k in range(1000)]
        (out / "ecg.dat").write_bytes(b"".join(v.to_bytes(2, "little") for v in values))
        (out / "ecg.hea").write_text("ecg 1 250 1000\\necg.dat 16 100/mV 16 0 0 0 0 II\\n")
        """
    path = Path(program(script)._words[2])
    command = f"{sys.executable} -S {path} {{image_folder}} {{output_folder}}"
    page = program(script, command=command, output="wfdb").digitize(IMAGE)
    assert page.reason is None
    np.testing.assert_allclose(page.traces[0].samples, np.arange(1000) % 100 / 100, atol=1e-6)


def test_a_command_is_split_and_no_more(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my tool.py").write_text("one")
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights/a.pt").write_text("two")
    (tmp_path / "run").touch()
    words = words_of("python3 'my tool.py' run --model=weights/a.pt $HOME '*' x.py {image} {output}")
    assert words == [
        "python3",
        f"{tmp_path}/my tool.py",
        "run",
        f"--model={tmp_path}/weights/a.pt",
        "$HOME",
        "*",
        "x.py",
        "{image}",
        "{output}",
    ]


def run_digitize(*words: object):
    from click.testing import CliRunner

    from papertrace.cli import cli

    return CliRunner().invoke(cli, ["digitize", *map(str, words)])


def test_the_command_reads_a_persons_images_with_it(program, tmp_path):
    import json

    program()
    cv2.imwrite(str(tmp_path / "photo.png"), IMAGE)
    command = f"mine={sys.executable} -S {tmp_path}/tool.py {{image}} {{output}}"
    words = tmp_path / "photo.png", "--out", tmp_path / "out", "--rate", 250
    result = run_digitize(*words, "--digitizer-command", command)
    assert (result.exit_code, result.stderr) == (0, "")
    report = json.loads((tmp_path / "out/photo.json").read_text())
    assert (report["digitizer"], report["confidence"], report["rate_hz"]) == ("mine", None, 250)
    [lead] = report["leads"]
    assert (lead["lead"], lead["row"], lead["end_s"], lead["confidence"]) == ("II", None, 5.0, None)
    read = read_csv(tmp_path / "out/photo.csv")
    assert (read.rate_hz, len(read.samples)) == (250.0, 1250)  # its own 100 Hz, by splines
    inside = slice(25, 1200)
    np.testing.assert_allclose(read.samples[inside, 0], np.sin(np.arange(1250) / 25)[inside], atol=1e-3)
    assert cv2.imread(str(tmp_path / "out/photo.overlay.png")).shape == IMAGE.shape


def test_the_command_knows_the_digitizers_of_a_config(program, tmp_path):
    program("import sys; sys.exit('not today')")
    cv2.imwrite(str(tmp_path / "photo.png"), IMAGE)
    config = tmp_path / "c.yaml"
    command = f"{sys.executable} -S {tmp_path}/tool.py {{image}} {{output}}"
    config.write_text(f"traces: {{digitizers: [{{name: mine, command: '{command}'}}]}}")
    words = tmp_path / "photo.png", "--out", tmp_path / "out", "--config", config
    result = run_digitize(*words, "--digitizer", "mine")
    assert result.exit_code == 1
    assert "photo.png: mine: the program ended with status 1; it said last: not today" in result.stderr
    result = run_digitize(*words, "--digitizer", "yours")
    assert (result.exit_code, "'yours' is not known; use one of mine, classical" in result.stderr) == (2, True)
