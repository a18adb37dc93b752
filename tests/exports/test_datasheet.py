"""The data sheet: checksums that hold, a schema that the recipes meet, figures that are those of the dataset."""

from __future__ import annotations

import json
import shutil
import subprocess

import jsonschema
import pytest
from click.testing import CliRunner

from papertrace.cli import cli
from papertrace.exports.datasheet import LICENCES, page_recipe_schema
from papertrace.io import read_rows

WRITTEN = ("SHA256SUMS", "page-recipe.schema.json", "scan-recipe.schema.json", "DATASHEET.md")


def run(results):
    return CliRunner().invoke(cli, ["datasheet", "--results", str(results)])


@pytest.fixture
def copy(dataset, tmp_path):
    shutil.copytree(dataset[1], tmp_path / "tiny")
    return tmp_path / "tiny"


def test_the_checksums_are_those_of_every_image_and_table(copy):
    result = run(copy)
    assert (result.exit_code, result.output.split()) == (0, [str(copy / name) for name in WRITTEN])
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=copy, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    listed = {line.split("  ")[1] for line in (copy / "SHA256SUMS").read_text().splitlines()}
    there = {
        path.relative_to(copy).as_posix()
        for path in copy.rglob("*")
        if path.is_file() and path.parent.name != "config" and path.name not in WRITTEN
    }
    assert listed == there
    assert len([name for name in listed if name.startswith("scans/") and name.endswith(".jpg")]) == 3


def test_the_licence_is_the_one_that_comes_with_the_data(shared_data):
    first = (shared_data / "ludb/LICENSE.txt").read_text().splitlines()[0]
    assert "ODC Attribution License" in first and "Open Data Commons Attribution License" in LICENCES["ludb"]


def test_the_recipes_meet_the_schema(dataset):
    schema = page_recipe_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    recipes = [
        json.loads(row["recipe"]) for path in dataset[1].glob("pages/*.parquet") for row in read_rows(path, ["recipe"])
    ]
    assert len(recipes) == 3
    for recipe in recipes:
        jsonschema.validate(recipe, schema)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(recipe | {"dpi": "fine"}, schema)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({key: value for key, value in recipe.items() if key != "palette"}, schema)


def test_the_sheet_counts_what_is_there(copy):
    run(copy)
    sheet = (copy / "DATASHEET.md").read_text()
    assert "| records | 3 | 0 |" in sheet
    size = sum(path.stat().st_size for path in copy.glob("scans/*/*.jpg"))
    assert f"| scans | 3 | 0 | {size:,} |" in sheet
    assert "layout 2x1 (2), 3x4+1 (1); dpi 100 (3)" in sheet
    manifest = read_rows(copy / "manifest/manifest.parquet")
    for split in ("train", "validation", "test"):
        pages = [row for row in manifest if row["split"] == split]
        assert f"| {split} | {len({row['record'] for row in pages})} | {len(pages)} |" in sheet
    assert "* 3 records, `simulation`: simulated by papertrace" in sheet
    assert "Seed of the dataset: 1;" in sheet
    assert "* numpy " in sheet
    assert "no record is in two splits" in sheet


def test_a_path_of_ones_own_disk_is_not_told(copy):
    records = json.loads((copy / "config/records.json").read_text())["records"]
    records |= {"source": "folder", "folder": "/home/someone/qtdb"}
    for stage in ("records", "manifest", "pages"):
        kept = json.loads((copy / f"config/{stage}.json").read_text()) | {"records": records}
        (copy / f"config/{stage}.json").write_text(json.dumps(kept))
    run(copy)
    sheet = (copy / "DATASHEET.md").read_text()
    assert '"folder": "qtdb"' in sheet
    assert "someone" not in sheet


def test_the_same_dataset_gives_the_same_sheet(copy):
    run(copy)
    before = [(copy / name).read_bytes() for name in WRITTEN]
    run(copy)
    assert [(copy / name).read_bytes() for name in WRITTEN] == before


def test_without_a_config_the_sheet_says_so(copy):
    shutil.rmtree(copy / "config")
    assert run(copy).exit_code == 0
    assert "The config is not kept in this folder" in (copy / "DATASHEET.md").read_text()


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("unlink", "is missing; make it again with `papertrace restore --results {}`"),
        ("write", "is not the image that was written; make its shard of scans anew"),
    ],
)
def test_a_damaged_dataset_is_not_certified(copy, change, what):
    image = sorted(copy.glob("scans/*/*.jpg"))[0]
    image.unlink() if change == "unlink" else image.write_bytes(b"other")
    result = run(copy)
    assert (result.exit_code, result.stderr) == (1, f"papertrace: {image}: {what.format(copy)}\n")
    assert not any((copy / name).exists() for name in WRITTEN)


def test_a_folder_without_a_dataset_is_one_sentence(tmp_path):
    result = run(tmp_path)
    path = tmp_path / "records/records.parquet"
    assert result.exit_code == 1
    assert result.stderr == f"papertrace: {path}: no such file; make it with `papertrace records`\n"
