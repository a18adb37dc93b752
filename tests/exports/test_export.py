"""Datasets in other programs' formats, read back as those programs' documentation says."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest
import wfdb
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from papertrace.cli import cli
from papertrace.errors import PapertraceError
from papertrace.exports import formats
from papertrace.exports.dataset import read_items
from papertrace.exports.dense import STATES
from papertrace.exports.export import export
from papertrace.exports.formats import CLASSES, FORMATS, lead_signals, rle
from papertrace.exports.instances import lead_instances


@pytest.fixture(scope="module")
def items(dataset):
    return list(read_items(dataset[1], "scans"))


@pytest.fixture(scope="module")
def exported(dataset, tmp_path_factory):
    """Function format -> folder of the exported scans."""
    made: dict[str, Path] = {}

    def make(name: str) -> Path:
        if name not in made:
            made[name] = tmp_path_factory.mktemp(name) / "out"
            assert export(dataset[1], name, "scans", made[name]).images == 3
        return made[name]

    return make


def decode(code: dict) -> np.ndarray:
    """COCO's run-length code, by its definition: down the columns, runs of 0 and 1 in turn, the first of 0."""
    height, width = code["size"]
    values = np.arange(len(code["counts"])) % 2
    assert sum(code["counts"]) == height * width
    assert all(count > 0 for count in code["counts"][1:])
    return np.repeat(values, code["counts"]).reshape(width, height).T.astype(bool)


@given(st.integers(1, 7), st.integers(1, 7), st.integers(0, 3), st.integers(0, 3), st.integers(0, 2**32 - 1))
def test_a_run_length_code_is_its_mask(height, width, left, top, seed):
    mask = np.random.default_rng(seed).random((height, width)) < 0.5
    whole = np.zeros((top + height + seed % 2, left + width + seed % 3), bool)
    whole[top : top + height, left : left + width] = mask
    assert np.array_equal(decode(rle(mask, (left, top), whole.shape[::-1])), whole)


def test_coco(exported, items):
    folder = exported("coco")
    annotated, ids, image_ids = {}, [], []
    for path in (folder / "annotations").glob("instances_*.json"):
        data = json.loads(path.read_text())
        assert set(data) == {"info", "licenses", "categories", "annotations", "images"}
        assert [(c["id"], c["name"]) for c in data["categories"]] == list(enumerate(CLASSES, 1))
        images = {image["id"]: image for image in data["images"]}
        image_ids += images
        for image in images.values():
            item = next(item for item in items if item.page_id == image["page_id"])
            assert path.stem == f"instances_{item.split}"
            assert (folder / "images" / image["file_name"]).read_bytes() == item.data
            assert (image["width"], image["height"]) == item.size
            annotated[item.page_id] = [a for a in data["annotations"] if a["image_id"] == image["id"]]
        for a in data["annotations"]:
            image = images[a["image_id"]]
            ids.append(a["id"])
            x, y, width, height = a["bbox"]
            assert min(x, y) >= 0 < min(width, height)
            assert x + width <= image["width"] + 0.01
            assert y + height <= image["height"] + 0.01
            if a["category_id"] == 1:
                mask = decode(a["segmentation"])
                assert mask.shape == (image["height"], image["width"])
                assert mask.sum() == a["area"]
                rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
                assert [x, y, x + width, y + height] == [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
                if "visible_segmentation" in a:
                    assert not (decode(a["visible_segmentation"]) & ~mask).any()
            else:
                (polygon,) = a["segmentation"]
                points = np.reshape(polygon, (-1, 2))
                assert len(points) >= 3
                assert (points >= 0).all()
                assert (points <= (image["width"], image["height"])).all()
                assert cv2.contourArea(points.astype(np.float32)) == pytest.approx(a["area"], rel=0.02)
    assert len(set(ids)) == len(ids)
    assert sorted(image_ids) == [1, 2, 3]
    for item in items:
        leads = [(a["lead"], a["row"], a["column"]) for a in annotated[item.page_id] if a["category_id"] == 1]
        assert leads == [(lead.lead, lead.row, lead.column) for lead in item.labels.leads]
        texts = {a["text"] for a in annotated[item.page_id] if "text" in a}
        assert {text.text for text in item.labels.texts if text.kind == "lead-name"} <= texts


@pytest.mark.filterwarnings("ignore:__array__ implementation")
def test_coco_as_its_own_tools_read_it(exported, items, capsys):
    from pycocotools.coco import COCO

    seen = 0
    for path in (exported("coco") / "annotations").glob("instances_*.json"):
        data = COCO(str(path))
        for image_id in data.getImgIds():
            (image,) = data.loadImgs(image_id)
            item = next(item for item in items if item.page_id == image["page_id"])
            leads = data.loadAnns(data.getAnnIds(image_id, catIds=data.getCatIds(catNms=["lead"])))
            instances = lead_instances(item.labels, item.truth, item.map, item.size, item.hidden)
            for annotation, instance in zip(leads, instances, strict=True):
                mask = np.zeros(item.size[::-1], bool)
                x, y = instance.corner
                mask[y : y + instance.amodal.shape[0], x : x + instance.amodal.shape[1]] = instance.amodal
                assert np.array_equal(data.annToMask(annotation), mask)
                seen += 1
            for annotation in data.loadAnns(data.getAnnIds(image_id)):
                assert data.annToMask(annotation).sum() == pytest.approx(annotation["area"], rel=0.35, abs=30)
    assert seen == sum(len(item.labels.leads) for item in items)
    capsys.readouterr()  # it prints


def test_yolo(exported, items):
    folder = exported("yolo")
    data = yaml.safe_load((folder / "data.yaml").read_text())
    assert data["names"] == dict(enumerate(CLASSES))
    for item in items:
        split = {"validation": "val"}.get(item.split, item.split)
        images = folder / data[split]
        assert (images / item.name).read_bytes() == item.data
        # As YOLO finds labels: `labels` for `images` in the path, and the same stem.
        text = (folder / data[split].replace("images", "labels") / f"{Path(item.name).stem}.txt").read_text()
        table = np.array([line.split() for line in text.splitlines()], float)
        assert table.shape[1] == 5
        centre, size = table[:, 1:3], table[:, 3:]
        assert (size > 0).all()
        assert (centre - size / 2 >= -1e-6).all()
        assert (centre + size / 2 <= 1 + 1e-6).all()
        leads = table[table[:, 0] == 0]
        assert len(leads) == len(item.labels.leads)
        instances = lead_instances(item.labels, item.truth, item.map, item.size)
        for row, instance in zip(leads, instances, strict=True):
            x0, y0, x1, y1 = instance.box_px
            np.testing.assert_allclose(row[3:] * item.size, [x1 - x0, y1 - y0], atol=0.01)
            np.testing.assert_allclose(row[1:3] * item.size, [(x0 + x1 + 1) / 2, (y0 + y1 + 1) / 2], atol=0.01)


def test_masks(exported, items):
    folder = exported("masks")
    for item in items:
        mask = cv2.imread(str(folder / f"masks/{item.page_id}.png"), cv2.IMREAD_UNCHANGED)
        legend = json.loads((folder / f"masks/{item.page_id}.json").read_text())
        assert (mask.dtype, mask.shape) == (np.uint8, item.size[::-1])
        twin = cv2.imread(str(folder / f"twins/{item.page_id}.png"), cv2.IMREAD_UNCHANGED)
        assert twin.shape == mask.shape
        assert np.median(twin[mask > 0]) < 140  # strokes of little more than a pixel
        assert (twin[cv2.dilate((mask > 0).astype(np.uint8), np.ones((7, 7))) == 0] == 255).all()
        assert set(np.unique(mask)) == {0, *map(int, legend["instances"])}
        assert [entry["lead"] for entry in legend["instances"].values()] == [x.lead for x in item.labels.leads]
        assert (folder / "images" / legend["image"]).read_bytes() == item.data
        for k, lead in enumerate(item.labels.leads):
            # A lead's middle sample lies on its own mask, or on one that covers it.
            line = lead.centre_line_mm(item.truth[k].samples, item.truth[k].rate_hz)
            x, y = np.rint(item.map.apply(line[len(line) // 2][None])[0]).astype(int)
            assert mask[y - 1 : y + 2, x - 1 : x + 2].max() >= k + 1


def test_lines(exported, items):
    folder = exported("lines")
    table = pq.read_table(folder / "lines.parquet")
    assert json.loads(table.schema.metadata[b"states"]) == STATES
    rows, grids = table.to_pylist(), pq.read_table(folder / "grids.parquet").to_pylist()
    assert [row["page_id"] for row in grids] == [item.page_id for item in items]
    for item, grid in zip(items, grids, strict=True):
        assert (folder / "images" / grid["image"]).read_bytes() == item.data
        assert (grid["width_px"], grid["height_px"]) == item.size
        crossings = np.stack([grid["x_mm"], grid["y_mm"]], axis=1)
        assert len(crossings) > 500
        np.testing.assert_allclose(item.map.apply(crossings), np.stack([grid["x_px"], grid["y_px"]], axis=1))
        mine = [row for row in rows if row["page_id"] == item.page_id]
        assert [row["lead"] for row in mine] == [lead.lead for lead in item.labels.leads]
        for row, lead, stretch in zip(mine, item.labels.leads, item.truth, strict=True):
            # Back from the pixels to the signal: what the table is for.
            px = np.stack([row["x_px"], row["y_px"]], axis=1).astype(float)
            read = (lead.y0_mm - item.map.inverse(px)[:, 1]) / lead.gain_mm_mv
            np.testing.assert_allclose(read, stretch.samples, atol=1e-4)
            np.testing.assert_array_equal(np.float32(row["samples_mv"]), np.float32(stretch.samples))
            assert len(row["state"]) == len(px) and set(row["state"]) <= set(STATES.values())
            assert row["ceiling_db"] >= row["column_ceiling_db"] > 10


def test_challenge_2024(exported, items):
    """As the Challenge's example code reads it: header lines by blanks, the image from `# Image:`, signals by WFDB."""
    folder = exported("challenge2024")
    headers = sorted(folder.rglob("*.hea"))
    assert len(headers) == 3
    for item in items:
        header = folder / item.split / f"{item.page_id}.hea"
        lines = header.read_text().split("\n")
        name, channels, rate, length = lines[0].split(" ")[:4]
        assert name == item.page_id
        images = [line.removeprefix("# Image:").strip() for line in lines if line.startswith("# Image:")]
        assert images == [item.name]
        assert (header.parent / images[0]).read_bytes() == item.data
        fields = [line.split(" ") for line in lines[1 : 1 + int(channels)]]
        assert {field[0] for field in fields} == {f"{item.page_id}.dat"}
        signal, meta = wfdb.rdsamp(str(header.with_suffix("")))
        assert signal.shape == (int(length), int(channels))
        assert (float(rate), set(meta["units"])) == (item.truth[0].rate_hz, {"mV"})
        assert [field[8] for field in fields] == meta["sig_name"]
        seen = np.zeros(signal.shape, bool)
        for stretch in item.truth:
            column = meta["sig_name"].index(stretch.lead)
            first = round(stretch.start_s * stretch.rate_hz)
            part = slice(first, first + len(stretch.samples))
            if not seen[part, column].any():
                longest = max((s for s in item.truth if s.lead == stretch.lead), key=lambda s: len(s.samples))
                if longest is stretch:
                    np.testing.assert_allclose(signal[part, column], stretch.samples, atol=0.00051)
            seen[part, column] = True
        assert np.array_equal(np.isfinite(signal), seen)


def test_a_high_spike_and_a_silent_lead_survive_the_challenge_format(items, tmp_path):
    item = next(item for item in items if len(item.truth) == 2)
    spike = np.zeros(1000, np.float32)
    spike[500] = 80.0
    truth = [replace(item.truth[0], samples=spike), replace(item.truth[1], samples=np.full(1000, np.nan, np.float32))]
    FORMATS["challenge2024"](tmp_path).add(replace(item, truth=truth))
    signal, _ = wfdb.rdsamp(str(tmp_path / item.split / item.page_id))
    assert signal[500, 0] == pytest.approx(80, abs=0.005)
    assert np.isnan(signal[:, 1]).all()


def test_a_rhythm_strip_is_its_leads_column(items):
    item = next(item for item in items if len(item.truth) > 2)
    names, signals, rate = lead_signals(item)
    assert len(names) == len(set(names)) == 12
    assert np.isfinite(signals[:, names.index("II")]).all()
    assert np.isfinite(signals[:, names.index("V1")]).sum() == 2.5 * rate


def test_clean_pages_can_be_exported_too(dataset, tmp_path):
    args = ["export", "--results", dataset[1], "--format", "masks", "--input", "pages", "--out", tmp_path / "m"]
    result = CliRunner().invoke(cli, [str(arg) for arg in args])
    assert (result.exit_code, result.output) == (0, f"3 pages in {tmp_path / 'm'}\n")
    assert len(list((tmp_path / "m/masks").glob("*.png"))) == 3


def test_a_bad_image_is_left_out_and_told(dataset, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(dataset[1], copy)
    bad = sorted(copy.glob("scans/shard-*/*.jpg"))[0]
    bad.write_bytes(b"changed")
    args = ["export", "--results", copy, "--format", "yolo", "--out", tmp_path / "y"]
    result = CliRunner().invoke(cli, [str(arg) for arg in args])
    assert result.output == f"2 scans in {tmp_path / 'y'}; 1 left out, listed in {tmp_path / 'y/left-out.csv'}\n"
    assert (
        f"{bad.stem},scans/{bad.parent.name}/{bad.name}: the image is not the one"
        in (tmp_path / "y/left-out.csv").read_text()
    )
    for image in copy.glob("scans/shard-*/*.jpg"):
        image.write_bytes(b"changed")
    with pytest.raises(PapertraceError, match=r"none of its 3 scans .* first one: .* is not the one"):
        export(copy, "yolo", "scans", tmp_path / "z")
    assert not (tmp_path / "z").exists()


def test_images_that_were_not_kept_are_made_again_for_it(dataset, tmp_path):
    export(dataset[1], "coco", "scans", tmp_path / "kept")
    copy = tmp_path / "copy"
    shutil.copytree(dataset[1], copy)
    for image in copy.glob("scans/shard-*/*.jpg"):
        image.unlink()
    export(copy, "coco", "scans", tmp_path / "again")
    found = [{path.name: path.read_bytes() for path in (tmp_path / name).rglob("*.jpg")} for name in ("kept", "again")]
    assert len(found[0]) == 3
    assert found[0] == found[1]


def test_a_folder_with_files_is_not_touched(dataset, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(PapertraceError, match="is there already and not empty; name a new folder"):
        export(dataset[1], "coco", "scans", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_what_is_broken_off_leaves_nothing(dataset, tmp_path, monkeypatch):
    def fail(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(formats.Masks, "close", fail)
    with pytest.raises(KeyboardInterrupt):
        export(dataset[1], "masks", "scans", tmp_path / "m")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_dataset_is_one_sentence(tmp_path):
    args = ["export", "--results", tmp_path, "--format", "coco", "--out", tmp_path / "c"]
    result = CliRunner().invoke(cli, [str(arg) for arg in args])
    assert result.exit_code == 1
    assert result.stderr == f"papertrace: {tmp_path / 'scans'}: holds no shards; make them with `papertrace scans`\n"
