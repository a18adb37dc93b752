"""One image by its id, byte for byte."""

from __future__ import annotations

import shutil

import pytest
import yaml
from click.testing import CliRunner

from papertrace.cli import cli
from papertrace.io import read_rows, sha256_bytes


def run(*args: object):
    return CliRunner().invoke(cli, [str(arg) for arg in args])


def every_row(results, stage):
    return [row for path in sorted((results / stage).glob("*.parquet")) for row in read_rows(path)]


@pytest.fixture
def without_shards(dataset, tmp_path):
    """The dataset with nothing but its records, manifest and configs."""
    config, results = dataset
    copy = tmp_path / "copy"
    for part in ("records", "manifest", "config"):
        shutil.copytree(results / part, copy / part)
    return config, copy


@pytest.mark.parametrize("stage", ["pages", "scans"])
def test_every_image_comes_back_without_its_shard(dataset, without_shards, stage, tmp_path):
    results, (_, copy) = dataset[1], without_shards
    rows = every_row(results, stage)
    assert len(rows) == 3
    for row in reversed(rows):
        out = tmp_path / row["image"]
        result = run(stage, "--results", copy, "--id", row["page_id"], "--out", out)
        assert result.exit_code == 0, result.stderr
        assert sha256_bytes(out.read_bytes()) == row["sha256"]
    assert not (copy / stage).exists()


def test_a_config_does_as_well_as_the_folder(dataset, tmp_path):
    config, results = dataset
    row = every_row(results, "scans")[0]
    for name in (config, results / "config/scans.json"):
        out = tmp_path / "again.jpg"
        result = run("scans", "--config", name, "--id", row["page_id"], "--out", out)
        assert result.exit_code == 0, result.stderr
        assert sha256_bytes(out.read_bytes()) == row["sha256"]


def test_another_config_is_told_and_writes_nothing(dataset, tmp_path):
    config, results = dataset
    data = yaml.safe_load(config.read_text()) | {"pages": {"dpi": 100, "stroke_mm": [0.5, 0.5]}}
    other = tmp_path / "other.yaml"
    other.write_text(yaml.safe_dump(data))
    page_id = every_row(results, "pages")[0]["page_id"]
    result = run("pages", "--config", other, "--id", page_id, "--out", tmp_path / "page.png")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "is not the image that the table of pages" in result.stderr
    assert not (tmp_path / "page.png").exists()


def test_an_unknown_id_is_one_sentence(dataset, tmp_path):
    result = run("pages", "--results", dataset[1], "--id", "nobody_00000", "--out", tmp_path / "x.png")
    manifest = dataset[1] / "manifest/manifest.parquet"
    assert (
        result.stderr
        == f"papertrace: {manifest}: has no page 'nobody_00000'; its column `page_id` lists the 3 it has\n"
    )
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("--id", "a"), "name the image to write: --out FILE"),
        (("--id", "a", "--out", "x"), "name the dataset: --config FILE or --results FOLDER"),
        (("--id", "a", "--out", "x", "--shard", 0, "--results", "r"), "--shard does not go with --id"),
        (("--results", "r"), "--results goes with --id only"),
        ((), "Missing option '--config'"),
    ],
)
def test_wrong_usage_ends_in_status_2(args, sentence):
    result = run("scans", *args)
    assert (result.exit_code, sentence in result.stderr) == (2, True)


def test_a_folder_without_a_config_is_one_sentence(tmp_path):
    result = run("scans", "--results", tmp_path, "--id", "a", "--out", tmp_path / "x.png")
    assert result.exit_code == 2
    assert result.stderr.endswith("no such file; name the dataset's --config instead\n")
