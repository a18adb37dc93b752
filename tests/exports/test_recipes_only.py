"""A dataset that stores recipes alone is as good as one that stores images."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import yaml
from click.testing import CliRunner

from papertrace.cli import cli
from papertrace.config import load_config, validate_config
from papertrace.errors import ConfigError
from papertrace.exports.dataset import read_items
from papertrace.exports.stream import Rendered, stream
from papertrace.io import read_rows, sha256_bytes
from papertrace.scans import stage as scans_stage
from papertrace.traces import stage as traces_stage


@pytest.fixture(scope="module")
def bare(dataset, make_dataset, tmp_path_factory):
    """The same dataset without images: its config and its folder."""
    root = tmp_path_factory.mktemp("bare")
    data = yaml.safe_load(dataset[0].read_text()) | {"results": str(root / "results")}
    data["pages"] |= {"store": "recipes"}
    data["scans"] |= {"store": "recipes"}
    path = root / "tiny.yaml"
    path.write_text(yaml.safe_dump(data))
    return path, make_dataset(path)


def every_row(results, stage):
    return [row for path in sorted((results / stage).glob("*.parquet")) for row in read_rows(path)]


@pytest.mark.parametrize("stage", ["pages", "scans"])
def test_its_tables_tell_the_same_and_no_image_is_there(dataset, bare, stage):
    stored, kept = every_row(dataset[1], stage), every_row(bare[1], stage)
    assert {row["image"] for row in kept} == {None}
    assert [row | {"image": None} for row in stored] == kept
    assert {path.suffix for path in (bare[1] / stage).rglob("*") if path.is_file()} == {".parquet"}


@pytest.mark.parametrize("kind", ["pages", "scans"])
def test_its_items_are_the_same(dataset, bare, kind):
    pairs = list(zip(read_items(dataset[1], kind), read_items(bare[1], kind), strict=True))
    assert len(pairs) == 3
    for one, other in pairs:
        assert one.data == other.data and one.name == other.name and one.size == other.size
        assert one.labels == other.labels and one.texts == other.texts and one.recipe == other.recipe
        assert one.page_recipe["prints"] == [dict(line) for line in other.page_recipe["prints"]]
        np.testing.assert_array_equal(one.map.matrix, other.map.matrix)
        for a, b in zip(one.truth, other.truth, strict=True):
            np.testing.assert_array_equal(a.samples, b.samples)
            assert a.start_s == b.start_s
        if kind == "scans":
            np.testing.assert_array_equal(one.hidden, other.hidden)


def test_an_image_comes_by_its_id_and_an_export_is_made(bare, tmp_path):
    row = every_row(bare[1], "scans")[1]
    args = ["scans", "--results", bare[1], "--id", row["page_id"], "--out", tmp_path / "a.jpg"]
    assert CliRunner().invoke(cli, [str(arg) for arg in args]).exit_code == 0
    assert sha256_bytes((tmp_path / "a.jpg").read_bytes()) == row["sha256"]
    args = ["export", "--results", bare[1], "--format", "yolo", "--out", tmp_path / "y"]
    assert CliRunner().invoke(cli, [str(arg) for arg in args]).output == f"3 scans in {tmp_path / 'y'}\n"
    result = CliRunner().invoke(cli, ["datasheet", "--results", str(bare[1])])
    assert result.exit_code == 0
    assert "| scans | 3 | 0 | not stored |" in (bare[1] / "DATASHEET.md").read_text()


def test_images_come_in_any_order_from_the_manifest_alone(dataset, bare):
    whole = {row["page_id"]: row["sha256"] for row in every_row(dataset[1], "scans")}
    images = pickle.loads(pickle.dumps(Rendered(bare[1])))
    assert len(images) == 3
    for place in (2, 0, 1, 0):
        item = images[place]
        assert sha256_bytes(item.data) == whole[item.page_id]
        assert item.image.shape == (*item.size[::-1], 3)
    with pytest.raises(IndexError):
        images[3]
    assert [item.page_id for item in images] == list(whole)


def test_workers_share_an_epoch_and_epochs_differ(bare):
    ids = [item.page_id for worker in range(2) for item in stream(bare[1], shuffle=5, worker=worker, workers=2)]
    assert sorted(ids) == sorted(row["page_id"] for row in every_row(bare[1], "scans"))
    first, again = ([item.data for item in stream(bare[1], epoch=1)] for _ in range(2))
    assert first == again
    own = [item.data for item in stream(bare[1])]
    assert all(a != b for a, b in zip(first, own, strict=True))
    splits = [item.split for item in stream(bare[1], split="train")]
    assert set(splits) == {"train"} and len(splits) < 3


def test_scans_that_are_stored_can_be_made_of_pages_that_are_not(dataset, bare, tmp_path):
    config = load_config(dataset[0])
    out = tmp_path / "scans/shard-00000.parquet"
    scans_stage.run(config, bare[1] / "manifest/manifest.parquet", bare[1] / "pages/shard-00000.parquet", out)
    assert out.read_bytes() == (dataset[1] / "scans/shard-00000.parquet").read_bytes()
    for row in read_rows(out):
        assert sha256_bytes((out.with_suffix("") / row["image"]).read_bytes()) == row["sha256"]


def test_it_is_not_digitized(bare, tmp_path):
    config = load_config(bare[0])
    assert not config.digitizes
    assert validate_config({"traces": {"inputs": ["pages"]}, "scans": {"store": "recipes"}}).digitizes
    shard = [bare[1] / f"{stage}/shard-00000.parquet" for stage in ("pages", "scans")]
    with pytest.raises(ConfigError, match=r"pages/shard-00000\.parquet: holds recipes and no images.*`traces.inputs`"):
        traces_stage.run(config, *shard, tmp_path / "traces/shard-00000.parquet")


def test_pages_that_lose_something_as_files_are_refused():
    with pytest.raises(ConfigError, match=r"`pages.format` is 'jpeg', .* set `pages.format` to png"):
        validate_config({"pages": {"store": "recipes", "format": "jpeg"}})
