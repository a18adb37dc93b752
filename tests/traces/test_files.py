"""A person's own images in, and what a person wants of them out; whatever the images are."""

from __future__ import annotations

import csv
import json
import os
import resource
import shutil
import struct
import tempfile
import zlib
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
        errors = [np.sqrt(np.nanmean((read - truth(values[:, 0] + lag, row)) ** 2)) for lag in np.arange(-9, 10) / 1000]
        assert min(errors) < 0.06


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


def huge_png(side: int) -> bytes:
    """Return a whole, valid PNG of one bit a pixel, all black: 0.1 MB that become 900 as pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(1)
    row = bytes(1 + -(-side // 8))
    data = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def encoded(image: np.ndarray, suffix: str) -> bytes:
    return cv2.imencode(suffix, image)[1].tobytes()


NOISE = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
BAD = {
    "empty.png": ("failed", "is empty"),
    "cut.png": ("failed", "cut short"),
    "cut.jpg": ("failed", "cut short"),
    "cut.tiff": ("failed", "cut short"),
    "header.png": ("failed", "cut short"),
    "document.png": ("failed", "is a PDF document"),
    "script.eps": ("failed", "no image that can be read"),
    "words.jpg": ("failed", "no image that can be read"),
    "dot.png": ("failed", "only 1 x 1 pixels"),
    "line.png": ("failed", "only 2000 x 1 pixels"),
    "huge.png": ("failed", "more than 120 million pixels"),
    "folder.png": ("failed", "is a folder"),
    "missing.png": ("failed", "No such file"),
    "link.png": ("failed", "a link to a file that is not there"),
    "loop.png": ("failed", "check the path"),
    "pipe.png": ("failed", "a pipe, socket or device"),
    "blank.png": ("rejected", "no regular grid"),
    "noise.png": ("rejected", "no regular grid"),
    "film.gif": ("rejected", "no regular grid"),
    "deep.png": ("rejected", "no regular grid"),
    "clear.png": ("rejected", "no regular grid"),
}
"""Files that are no ECG, how each ends, and what the sentence about it says."""


def write_bad(folder: Path) -> None:
    """Write every file of `BAD`."""
    files = {
        "empty.png": b"",
        "cut.png": encoded(NOISE, ".png")[:30_000],
        "cut.jpg": encoded(NOISE, ".jpg")[:30_000],
        "cut.tiff": encoded(NOISE, ".tiff")[:30_000],
        "header.png": b"\x89PNG\r\n\x1a\n",
        "document.png": b"%PDF-1.4\n%%EOF\n",
        "script.eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 400 300\nshowpage\n",
        "words.jpg": b"not an image at all",
        "dot.png": encoded(NOISE[:1, :1], ".png"),
        "line.png": encoded(np.zeros((1, 2000, 3), np.uint8), ".png"),
        "huge.png": huge_png(30_000),
        "blank.png": encoded(np.full((300, 400, 3), 255, np.uint8), ".png"),
        "noise.png": encoded(NOISE, ".png"),
        "deep.png": encoded(NOISE.astype(np.uint16) * 257, ".png"),
        "clear.png": encoded(np.zeros((300, 400, 4), np.uint8), ".png"),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    frames = [Image.fromarray(NOISE), Image.fromarray(NOISE[::-1])]
    frames[0].save(folder / "film.gif", save_all=True, append_images=frames[1:])
    (folder / "folder.png").mkdir()
    (folder / "link.png").symlink_to(folder / "nowhere.png")
    (folder / "loop.png").symlink_to(folder / "loop.png")
    os.mkfifo(folder / "pipe.png")


@pytest.fixture(scope="module")
def mixed(page, tmp_path_factory):
    """Return the folder of all of `BAD` between two good images, the outputs' folder, how it ended, MB it took."""
    folder = tmp_path_factory.mktemp("bad")
    write_bad(folder)
    good = [folder / "first.jpg", folder / "last.webp"]
    for path in good:
        cv2.imwrite(str(path), page)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = digitize(good[0], *(folder / name for name in BAD), good[1], "--out", folder / "out")
    return folder, folder / "out", result, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


@pytest.mark.parametrize("name", BAD)
def test_a_bad_image_is_one_sentence_and_one_report(mixed, name):
    folder, out, result, _ = mixed
    status, sentence = BAD[name]
    lines = [line for line in result.stderr.splitlines() if str(folder / name) in line]
    assert len(lines) == 1
    assert sentence in lines[0]
    # `cut` and `noise` with several suffixes keep them
    stem = next(p.stem for p in out.glob("*.json") if json.loads(p.read_text())["image"] == name)
    report = json.loads((out / f"{stem}.json").read_text())
    assert report["status"] == status
    assert sentence in report["reason"]
    assert [p.name for p in out.glob(f"{stem}.*")] == [f"{stem}.json"]


def test_bad_images_cost_themselves_only(mixed):
    _, out, result, megabytes = mixed
    assert result.exit_code == 1
    assert "Traceback" not in result.output + result.stderr
    failed = sum(status == "failed" for status, _ in BAD.values())
    assert (
        f"of {len(BAD) + 2} images 2 were read, {failed} failed and {len(BAD) - failed} were rejected"
        in (result.stderr.splitlines()[-1])
    )
    for stem in ("first", "last"):
        assert json.loads((out / f"{stem}.json").read_text())["status"] == "ok"
        assert (out / f"{stem}.dat").stat().st_size > 0
    assert not list(out.glob(".*"))
    # 30,000 x 30,000 px were refused by their header
    assert megabytes < 500


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


@pytest.fixture
def nobody(done):
    """Be a user whom permissions bind, as root is not; yield a folder of theirs. (`done` has imported all modules.)"""
    folder = Path(tempfile.mkdtemp())
    try:
        if os.geteuid() != 0:
            yield folder
            return
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
        try:
            yield folder
        finally:
            os.seteuid(0)
    finally:
        shutil.rmtree(folder)


def test_unreadable_image(nobody):
    for name in ("a.png", "b.png"):
        (nobody / name).write_bytes(encoded(NOISE, ".png"))
    (nobody / "a.png").chmod(0)
    result = digitize(nobody / "a.png", nobody / "b.png", "--out", nobody / "out")
    assert result.exit_code == 1
    assert f"{nobody}/a.png: cannot be read (Permission denied); check" in result.stderr
    reports = {p.stem: json.loads(p.read_text())["status"] for p in (nobody / "out").glob("*.json")}
    assert reports == {"a": "failed", "b": "rejected"}


def test_folder_that_takes_no_files(nobody):
    (nobody / "a.png").write_bytes(encoded(NOISE, ".png"))
    (nobody / "locked").mkdir(mode=0o555)
    for out in (nobody / "locked", nobody / "locked" / "new", nobody / "a.png", nobody / "a.png" / "new"):
        result = digitize(nobody / "a.png", "--out", out)
        assert result.exit_code == 1
        assert f"{out}: nothing can be written there (" in result.stderr
        assert len(result.stderr.splitlines()) == 1
    assert sorted(p.name for p in nobody.rglob("*")) == ["a.png", "locked"]


def test_an_output_that_cannot_be_written_costs_its_image_only(page, tmp_path):
    for name in ("a.png", "b.png"):
        cv2.imwrite(str(tmp_path / name), page)
    (tmp_path / "out" / "a.csv").mkdir(parents=True)
    result = digitize(tmp_path / "a.png", tmp_path / "b.png", "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert f"{tmp_path}/a.png: what was read of it cannot be written to {tmp_path}/out" in result.stderr
    assert sorted(p.name for p in (tmp_path / "out").glob("a.*")) == ["a.csv"]
    assert json.loads((tmp_path / "out" / "b.json").read_text())["status"] == "ok"


def test_no_image_is_overwritten(page, tmp_path):
    """As `digitize *.png --out .` would do when called twice."""
    for name in ("a.png", "a.overlay.png"):
        cv2.imwrite(str(tmp_path / name), page)
    before = (tmp_path / "a.overlay.png").read_bytes()
    result = digitize(tmp_path / "a.png", tmp_path / "a.overlay.png", "--out", tmp_path)
    assert result.exit_code == 1
    assert f"{tmp_path}/a.overlay.png, which would be written, is one of the images" in result.stderr
    assert (tmp_path / "a.overlay.png").read_bytes() == before
    assert json.loads((tmp_path / "a.json").read_text())["status"] == "failed"


def test_what_an_earlier_run_read_does_not_stay_beside_a_failure(page, tmp_path):
    image, out = tmp_path / "a.png", tmp_path / "out"
    cv2.imwrite(str(image), page)
    digitize(image, "--out", out)
    assert len(list(out.iterdir())) == 5
    (out / "a.txt").write_text("a person's own")
    image.write_bytes(b"")
    assert digitize(image, "--out", out).exit_code == 1
    assert sorted(p.name for p in out.iterdir()) == ["a.json", "a.txt"]


def test_odd_names(page, tmp_path):
    """Names that are no text, too long for suffixes, or one WFDB record; and one image named twice."""
    names = ["\udcff.png", "x" * 250 + ".png", "a b.png", "a_b.png"]
    for name in names:
        (tmp_path / name).write_bytes(encoded(page, ".png"))
    result = digitize(*(tmp_path / name for name in names), tmp_path / "a b.png", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.stderr
    kinds = [path.suffix for path in (tmp_path / "out").iterdir()]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        kind: len(names) + 1 for kind in (".csv", ".json", ".hea", ".dat", ".png")
    }


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
