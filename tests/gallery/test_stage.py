"""The whole gallery: nothing is missing, and it is what it says."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from hashlib import sha256

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from papertrace.cli import cli
from papertrace.config import Config
from papertrace.errors import PapertraceError
from papertrace.gallery import stage
from papertrace.gallery.picture import DETAIL_PX, FOLDERS, THUMB_PX
from papertrace.gallery.tiles import SEVERITIES, Section
from papertrace.gallery.tiles import sections as all_sections
from papertrace.pages.config import PagesConfig
from papertrace.pages.grid import KINDS
from papertrace.pages.layouts import LAYOUTS
from papertrace.scans.presets import ArtifactName, PresetName

ARTIFACTS = ArtifactName.__args__


def entries(listing: list[dict], section: str) -> dict[str, list[dict]]:
    found: dict[str, list[dict]] = {}
    for row in listing:
        if row["section"] == section:
            found.setdefault(row["entry"], []).append(row)
    return found


def test_every_layout_artifact_and_preset_is_there(listing):
    assert set(entries(listing, "layouts")) == {*LAYOUTS, "mine", "odd"}
    artifacts = entries(listing, "artifacts")
    assert list(artifacts) == list(ARTIFACTS)
    assert all([row["title"] for row in rows] == [f"severity {s}" for s in SEVERITIES] for rows in artifacts.values())
    presets = entries(listing, "presets")
    assert {*PresetName.__args__, "mixed", "pages: varied"} == set(presets)
    assert all(len(rows) >= 2 for rows in presets.values())
    assert len(entries(listing, "config")["as configured"]) >= 4


def test_every_page_option_with_choices_is_there(listing):
    options = entries(listing, "pages")
    assert [row["title"] for row in options["grid"]] == list(KINDS)
    assert [row["title"] for row in options["gain_mm_mv"]] == ["2.5", "5", "10", "20"]
    assert [row["title"] for row in options["fading"]] == ["0", "0.7"]
    assert [row["title"] for row in options["header_probability"]] == ["never"]
    assert [row["title"] for row in options["separator_probability"]] == ["always"]
    shares = {key for key in PagesConfig.model_fields if key.endswith("_probability")}
    assert shares <= set(options)


def test_what_cannot_be_shown_says_why(listing, gallery):
    hidden = [row for row in listing if row["problem"]]
    assert [row["entry"] for row in hidden] == ["odd"]
    assert hidden[0]["problem"].startswith("layout odd needs V9")
    assert "not shown: layout odd needs V9" in (gallery / "index.html").read_text(encoding="utf-8")


def test_every_tile_has_its_files(listing, gallery):
    shown = [row for row in listing if row["problem"] is None]
    names = [row["name"] for row in shown]
    assert len(set(names)) == len(names)
    for folder in FOLDERS:
        assert sorted(path.stem for path in (gallery / folder).iterdir()) == sorted(names)
    html = (gallery / "index.html").read_text(encoding="utf-8")
    assert "http://" not in html and "https://" not in html
    for row in shown[:: len(shown) // 20]:
        image, thumb, detail = (cv2.imread(str(gallery / kind / f"{row['name']}.jpg")) for kind in FOLDERS[:3])
        assert [image.shape[1], image.shape[0]] == row["size_px"]
        assert thumb.shape[1] <= THUMB_PX[0] and thumb.shape[0] <= THUMB_PX[1]
        assert detail.shape[:2] == DETAIL_PX[::-1]
        assert html.count(f'href="images/{row["name"]}.jpg"') == 1 or "+" in row["name"]
        svg = ET.parse(gallery / "labels" / f"{row['name']}.svg").getroot()
        assert svg.attrib["viewBox"] == f"-0.5 -0.5 {image.shape[1]} {image.shape[0]}"


def test_an_artifact_is_shown_alone_and_as_drawn(listing, gallery):
    drawn = {}
    for row in listing:
        if row["section"] == "artifacts":
            recipe = json.loads((gallery / "recipes" / f"{row['name']}.json").read_text(encoding="utf-8"))
            others = {item["artifact"] for item in recipe} - {row["entry"]}
            assert row["entry"] in {item["artifact"] for item in recipe}
            assert not others & set(ARTIFACTS), row["name"]
            drawn[row["entry"], row["title"]] = row["drawn"]
    assert drawn["blur", "severity 1"].startswith("sigma px 0.")
    assert drawn["blur", "severity 5"].startswith("sigma px 2.")
    assert drawn["stamps", "severity 5"] == "5 prints"


def test_sheets_show_something_of_everything(gallery):
    for name in ("contact-sheet.png", "overview.png"):
        sheet = cv2.imread(str(gallery / name))
        assert sheet.shape[0] > 1000 < sheet.shape[1]
        assert (sheet < 250).any(axis=2).mean() > 0.4


def only_some(config: Config, own: bool) -> list[Section]:
    wanted = {"layouts": ["2x1"], "artifacts": ["rotation", "stains"], "presets": ["fax"]}
    return [
        Section(s.key, s.title, s.about, tuple(entry for entry in s.entries if entry.name in wanted[s.key]))
        for s in all_sections(config, own)
        if s.key in wanted
    ]


def test_the_bytes_do_not_depend_on_the_number_of_workers(tmp_path, config, monkeypatch):
    monkeypatch.setattr(stage, "sections", only_some)
    contents = []
    for cores in (1, 2):
        stage.run(config, tmp_path / str(cores), cores, own=False)
        files = sorted(path for path in (tmp_path / str(cores)).rglob("*") if path.is_file())
        contents.append({path.name: sha256(path.read_bytes()).hexdigest() for path in files})
    assert len(contents[0]) > 20
    assert contents[0] == contents[1]


def test_labels_lie_on_the_ink_of_a_turned_page(tmp_path, monkeypatch):
    monkeypatch.setattr(stage, "sections", only_some)
    stage.run(Config(pages=PagesConfig(dpi=120)), tmp_path / "out", 1, own=False)
    image = cv2.imread(str(tmp_path / "out/images/artifact-rotation-5.jpg"), cv2.IMREAD_GRAYSCALE)
    svg = ET.parse(tmp_path / "out/labels/artifact-rotation-5.svg")
    paths = [path.attrib["d"] for path in svg.iter() if path.attrib.get("class") == "lead"]
    assert len(paths) == 13
    points = np.array([pair.split() for path in paths for pair in path.removeprefix("M").split("L")], float)
    darkest = cv2.erode(image, np.ones((3, 3), np.uint8))
    on_ink = darkest[tuple(np.rint(points[:, ::-1]).astype(int).T)] < 140
    assert len(points) > 500
    assert on_ink.mean() > 0.99


def test_only_a_gallery_is_replaced(tmp_path, config, monkeypatch):
    monkeypatch.setattr(stage, "sections", only_some)
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(PapertraceError, match="is no gallery"):
        stage.run(config, tmp_path, 1, own=False)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    earlier = tmp_path / "earlier"
    earlier.mkdir()
    (earlier / "gallery.json").write_text("[]\n")
    (earlier / "old.txt").write_text("old")
    result = CliRunner().invoke(cli, ["gallery", "--out", str(earlier), "--cores", "1"])
    assert result.exit_code == 0, result.stderr
    assert result.stdout == f"10 images in {earlier / 'index.html'}\n"
    assert not (earlier / "old.txt").exists()
