"""A person's own images in, and what a person wants of them out; whatever the images are."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from papertrace.cli import cli
from papertrace.traces.digitizer import Trace
from papertrace.traces.files import csv_text, lead_columns, output_stems

PITCH = 5.0
RATE = 250.0


def truth(seconds: np.ndarray, row: int) -> np.ndarray:
    """Return mV: a spike and a bump each beat, another rate each row."""
    phase = seconds % (0.8 + 0.1 * row)
    return np.exp(-(((phase - 0.3) / 0.02) ** 2)) + 0.2 * np.exp(-(((phase - 0.55) / 0.05) ** 2))


@pytest.fixture(scope="module")
def page(draw_grid, place_grid) -> np.ndarray:
    """Return a page of two rows, 10 s at 25 mm/s and 10 mm/mV, drawn at 5 px a mm."""
    shape = (round(90 * PITCH), round(275 * PITCH))
    image = draw_grid(shape, place_grid(shape, PITCH, PITCH), contrast=50)
    seconds = np.arange(0, 10, 1 / 2000)
    for row, zero_mm in enumerate((30, 65)):
        x = (12 + 25 * seconds) * PITCH
        y = (zero_mm - 10 * truth(seconds, row)) * PITCH
        points = np.round(np.stack([x, y], axis=1) * 16).astype(np.int32)
        cv2.polylines(image, [points], False, (20, 20, 20), 2, cv2.LINE_AA, shift=4)
    return image


def digitize(*args: object):
    """Run the command as a shell would."""
    return CliRunner().invoke(cli, ["digitize", *map(str, args)])


def rows_of(path: Path) -> tuple[list[str], np.ndarray]:
    """Return the names and the numbers of a CSV file."""
    with path.open() as file:
        lines = list(csv.reader(file))
    return lines[0], np.array([[float(v) if v else np.nan for v in line] for line in lines[1:]])


@pytest.fixture(scope="module")
def done(page, tmp_path_factory):
    """Return the folder that one good image led to, and how the command ended."""
    folder = tmp_path_factory.mktemp("files")
    cv2.imwrite(str(folder / "my page 1.png"), page)
    return folder / "out", digitize(folder / "my page 1.png", "--out", folder / "out", "--rate", RATE)


def test_one_image_makes_five_files_and_status_0(done):
    out, result = done
    assert result.exit_code == 0
    assert result.stderr == ""
    names = sorted(path.name for path in out.iterdir())
    # WFDB allows no spaces in the names of records
    assert names == [
        "my page 1.csv",
        "my page 1.json",
        "my page 1.overlay.png",
        "my_page_1.dat",
        "my_page_1.hea",
    ]


def test_csv_holds_the_signals(done):
    names, values = rows_of(done[0] / "my page 1.csv")
    assert names[0] == "time_s"
    assert len(names) == 3
    assert len(values) == pytest.approx(10 * RATE, abs=3)
    np.testing.assert_allclose(np.diff(values[:, 0]), 1 / RATE, atol=1e-6)
    for row in range(2):
        read = values[:, 1 + row] - np.nanmedian(values[:, 1 + row])
        # the page's time begins where its ink does, which is known to a few ms
        errors = [np.sqrt(np.nanmean((read - truth(values[:, 0] + lag, row)) ** 2)) for lag in np.arange(-5, 6) / 1000]
        assert min(errors) < 0.04


def test_wfdb_holds_the_same(done):
    wfdb = pytest.importorskip("wfdb")
    _, values = rows_of(done[0] / "my page 1.csv")
    record = wfdb.rdrecord(str(done[0] / "my_page_1"))
    assert record.fs == RATE
    assert record.units == ["mV", "mV"]
    np.testing.assert_allclose(record.p_signal, values[:, 1:], atol=0.0011)


def test_json_says_what_was_found(done):
    report = json.loads((done[0] / "my page 1.json").read_text())
    assert report["status"] == "ok"
    assert report["reason"] is None
    assert report["image"] == "my page 1.png"
    assert report["px_per_mm"] == pytest.approx([PITCH, PITCH], rel=2e-4)
    assert (report["paper_speed_mm_s"], report["gain_mm_mv"]) == (25.0, 10.0)
    assert 0.5 < report["confidence"] <= 1
    assert [lead["row"] for lead in report["leads"]] == [0, 1]
    assert all(lead["read"] > 0.98 for lead in report["leads"])


def test_overlay_is_drawn_on_the_page(done, page):
    overlay = cv2.imread(str(done[0] / "my page 1.overlay.png"))
    assert overlay.shape == page.shape
    changed = np.abs(overlay.astype(int) - page).max(axis=2) > 40
    # on the traces and not elsewhere
    assert changed[200:340].any()
    assert 0.002 < changed.mean() < 0.15


def write_bad(folder: Path) -> dict[str, str]:
    """Write what is no page; return each name and what the sentence about it says."""
    noise = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    ok, png = cv2.imencode(".png", noise)
    assert ok
    (folder / "empty.png").write_bytes(b"")
    (folder / "cut.png").write_bytes(png.tobytes()[:30_000])
    (folder / "paper.png").write_bytes(b"%PDF-1.4\n%%EOF\n")
    Image.new("RGB", (1, 1)).save(folder / "dot.png")
    Image.new("RGB", (400, 300), "white").save(folder / "blank.png")
    cv2.imwrite(str(folder / "noise.png"), noise)
    (folder / "folder.png").mkdir()
    return {
        "empty.png": "is empty",
        "cut.png": "cut short",
        "paper.png": "no image that can be read",
        "dot.png": "only 1 x 1 pixels",
        "blank.png": "no regular grid",
        "noise.png": "no regular grid",
        "folder.png": "is a folder",
        "missing.png": "No such file",
    }


def test_bad_images_cost_themselves_only(page, tmp_path):
    bad = write_bad(tmp_path)
    good = [tmp_path / "first.jpg", tmp_path / "last.webp"]
    for path in good:
        cv2.imwrite(str(path), page)
    out = tmp_path / "out"
    result = digitize(good[0], *(tmp_path / name for name in bad), good[1], "--out", out)
    assert result.exit_code == 1
    assert "Traceback" not in result.output + result.stderr
    assert f"{len(bad)} of {len(bad) + 2} images could not be read" in result.stderr
    for name, sentence in bad.items():
        line = [line for line in result.stderr.splitlines() if str(tmp_path / name) in line]
        assert len(line) == 1
        assert sentence in line[0]
        report = json.loads((out / f"{Path(name).stem}.json").read_text())
        assert report["status"] == "failed"
        assert sentence in report["reason"]
        assert [p.name for p in out.glob(f"{Path(name).stem}.*")] == [f"{Path(name).stem}.json"]
    for path in good:
        assert json.loads((out / f"{path.stem}.json").read_text())["status"] == "ok"
        assert (out / f"{path.stem}.dat").stat().st_size > 0


def as_16_bit(page):
    return Image.fromarray(page[:, :, 0].astype(np.uint16) * 257)


def as_cmyk(page):
    return Image.fromarray(page[:, :, ::-1]).convert("CMYK")


def as_palette(page):
    return Image.fromarray(page[:, :, ::-1]).convert("P", palette=Image.Palette.ADAPTIVE)


def as_transparent(page):
    alpha = 255 - page[:, :, 0]
    return Image.fromarray(np.dstack([np.zeros_like(page), alpha]))


def as_turned(page):
    return Image.fromarray(np.rot90(page[:, :, ::-1]).copy())


@pytest.mark.parametrize(
    ("name", "convert"),
    [
        ("deep.png", as_16_bit),
        ("cmyk.tiff", as_cmyk),
        ("palette.png", as_palette),
        ("alpha.png", as_transparent),
        ("turned.png", as_turned),
    ],
)
def test_the_same_page_in_other_formats_reads_alike(page, done, tmp_path, name, convert):
    options = {}
    if convert is as_turned:
        options["exif"] = Image.Exif()
        options["exif"][0x0112] = 6
    convert(page).save(tmp_path / name, **options)
    result = digitize(tmp_path / name, "--out", tmp_path / "out", "--rate", RATE)
    assert result.exit_code == 0, result.stderr
    _, values = rows_of(tmp_path / "out" / f"{Path(name).stem}.csv")
    _, expected = rows_of(done[0] / "my page 1.csv")
    count = min(len(values), len(expected)) - 2
    difference = np.abs(values[:count, 1:] - expected[:count, 1:])
    assert np.nanpercentile(difference, 95) < 0.03


def test_images_with_one_stem_do_not_overwrite_each_other(page, tmp_path):
    (tmp_path / "sub").mkdir()
    paths = [tmp_path / "a.png", tmp_path / "a.jpg", tmp_path / "sub" / "a.png"]
    for path in paths:
        cv2.imwrite(str(path), page)
    assert digitize(*paths, "--out", tmp_path / "out").exit_code == 0
    reports = [json.loads(path.read_text())["image"] for path in (tmp_path / "out").glob("*.json")]
    assert sorted(reports) == ["a.jpg", "a.png", "a.png"]


def test_stems():
    names = ["a.png", "a.jpg", "b c.png", "x/a.png", "d.1.png", "d.2.png"]
    stems = output_stems([Path(name) for name in names])
    assert stems == ["a-png", "a-jpg", "b c", "a-2", "d.1", "d.2"]
    assert len(set(stems)) == len(stems)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_image(page, tmp_path):
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), page)
    path.chmod(0)
    result = digitize(path, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "permissions" in result.stderr


def trace(lead, row, column, start_s, samples):
    values = np.array(samples, np.float32)
    empty = np.zeros(len(values), np.float32)
    return Trace(lead, row, column, start_s, 10.0, values, empty, empty, empty)


def test_leads_share_one_time_axis():
    traces = [
        trace("I", 0, 0, 0.0, [1, 2, 3]),
        trace("II", 0, 1, 0.3, [4, 5, 6]),
        trace("I", 1, 0, 0.0, [9, np.nan, 9, 9, 9, 9]),
        trace(None, 2, 1, 0.0, [7] * 6),
    ]
    names, signals = lead_columns(traces, 10.0)
    assert names == ["I", "II", "row3_column2"]
    # the longer stretch of I wins, the shorter fills its hole
    np.testing.assert_array_equal(signals[:, 0], [9, 2, 9, 9, 9, 9])
    np.testing.assert_array_equal(signals[:, 1], [np.nan] * 3 + [4, 5, 6])


def test_csv_of_known_values():
    text = csv_text(["I", "V1"], np.array([[0.12345, np.nan], [-1, 2]]), 500.0)
    assert text == "time_s,I,V1\n0,0.1235,\n0.002,-1.0000,2.0000\n" or text.startswith("time_s,I,V1\n0,0.1234,\n")
