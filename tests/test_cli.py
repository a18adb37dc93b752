"""The command line: what it says, and the status it ends with."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from click.testing import CliRunner

from papertrace.cli import cli

ROOT = Path(__file__).resolve().parents[1]
STAGES = ("records", "manifest", "pages", "scans", "traces", "scores", "summary", "check", "figures", "report")


def run(*args: object):
    return CliRunner().invoke(cli, [str(arg) for arg in args])


@pytest.fixture
def config(tmp_path) -> Path:
    """The config of two small simulated records, with its results under `tmp_path`."""
    path = tmp_path / "tiny.yaml"
    simulation = {"two_lead": 2, "twelve_lead": 0, "duration_s": 10}
    data = {
        "dataset": "tiny",
        "results": str(tmp_path / "results"),
        "shard_size": 1,
        "records": {"simulation": simulation},
    }
    path.write_text(yaml.safe_dump(data))
    return path


@pytest.mark.parametrize(
    "command", [*STAGES, "report-page", "digitize", "export", "datasheet", "checksums", "gallery", "costs"]
)
def test_help_has_an_example(command):
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"papertrace {command} " in result.output
    assert "Example" in result.output


@pytest.mark.parametrize("command", STAGES)
def test_a_wrong_config_ends_in_status_2_and_one_sentence(tmp_path, command):
    path = tmp_path / "c.yaml"
    path.write_text("shard_size: 0\n")
    result = run(command, "--config", path)
    assert result.exit_code == 2
    assert result.stderr == f"papertrace: {path}: `shard_size` is 0: input should be greater than or equal to 1\n"


@pytest.mark.parametrize(
    "args",
    [
        ("pages",),
        ("pages", "--config", ROOT / "config/demo.yaml", "--shard", "-1"),
        ("nosuch",),
        ("digitize", "a.png"),
        ("digitize", "--out", "x"),
        ("digitize", "a.png", "--out", "x", "--rate", "1"),
    ],
)
def test_wrong_usage_ends_in_status_2(args):
    result = run(*args)
    assert result.exit_code == 2
    assert "Usage: " in result.stderr


@pytest.mark.parametrize(
    ("command", "missing", "made_by"),
    [
        ("manifest", "records/records.parquet", "records"),
        ("pages", "manifest/manifest.parquet", "manifest"),
        ("scans", "manifest/manifest.parquet", "manifest"),
        ("traces", "pages/shard-00000.parquet", "pages"),
        ("scores", "manifest/manifest.parquet", "manifest"),
        ("summary", "scores/shard-00000.parquet", "scores"),
        ("check", "scores/scores.parquet", "summary"),
        ("figures", "scores/scores.parquet", "summary"),
        ("report", "scores/scores.parquet", "summary"),
    ],
)
def test_a_missing_table_names_the_command_that_makes_it(config, command, missing, made_by):
    result = run(command, "--config", config)
    path = config.parent / "results/tiny" / missing
    assert result.exit_code == 1
    assert result.stderr == f"papertrace: {path}: no such file; make it with `papertrace {made_by}`\n"


def test_the_round_trip_by_hand_makes_every_shard(config):
    for command in STAGES:
        result = run(command, "--config", config)
        assert result.exit_code == 0, result.stderr
    folder = config.parent / "results/tiny"
    for stage in ("pages", "scans", "traces", "scores"):
        made = sorted(path.name for path in (folder / stage).glob("shard-*.parquet"))
        assert made == ["shard-00000.parquet", "shard-00001.parquet"]
    assert (folder / "report/report.html").is_file()
    page_id = pq.read_table(folder / "manifest/manifest.parquet")["page_id"][0].as_py()
    result = run("report-page", page_id, "--results", folder, "--config", config)
    assert result.exit_code == 0, result.stderr
    assert (folder / f"report/report-files/images/{page_id}.pages.js").is_file()
    result = run("report-page", "nosuch", "--results", folder, "--config", config)
    assert (result.exit_code, result.stderr) == (
        1,
        f"papertrace: nosuch: no such page in {folder}; the ids are in manifest/manifest.parquet\n",
    )


def test_a_stage_config_does_not_tell_the_shards(config):
    from papertrace.config import load_config, stage_config_text
    from papertrace.io import write_text

    folder = config.parent / "results/tiny"
    for stage in ("records", "manifest", "pages"):
        write_text(stage_config_text(load_config(config), stage), folder / f"config/{stage}.json")
    assert run("records", "--config", folder / "config/records.json").exit_code == 0
    assert run("manifest", "--config", folder / "config/manifest.json").exit_code == 0
    result = run("pages", "--config", folder / "config/pages.json")
    assert (result.exit_code, "name the --shard" in result.stderr) == (2, True)
    assert run("pages", "--config", folder / "config/pages.json", "--shard", "1").exit_code == 0
    assert [path.name for path in (folder / "pages").glob("*.parquet")] == ["shard-00001.parquet"]


@pytest.mark.parametrize(
    ("number", "remedy"),
    [(errno.ENOSPC, "free some space"), (errno.EACCES, "make it readable and writable"), (errno.EROFS, "name a place")],
)
def test_a_full_or_closed_disk_is_one_sentence(config, monkeypatch, number, remedy):
    import papertrace.records.stage as stage

    def fail(*_, **__):
        raise OSError(number, os.strerror(number), "/full/records.parquet")

    monkeypatch.setattr(stage, "write_table", fail)
    result = run("records", "--config", config)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"papertrace: /full/records.parquet: {os.strerror(number)}; {remedy}")
    assert result.stderr.count("\n") == 1


def write_scores(folder: Path, failed: int, total: int) -> Path:
    """Write a table of scores of `total` pages with two leads each, of which `failed` were not read."""
    rows = [
        {"page_id": f"p{k}", "input": "pages", "digitizer": "classical", "status": "failed" if k < failed else status}
        for k in range(total)
        for status in ("ok", "failed")
    ]
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), folder / "scores.parquet")
    return folder / "scores.parquet"


def test_check_allows_a_share_of_failed_pages(tmp_path, config):
    scores = write_scores(tmp_path / "scores", failed=1, total=50)
    result = run("check", "--config", config, "--scores", scores)
    assert (result.exit_code, result.output) == (0, "2.00% of the pages could not be made or read; 2.00% are allowed\n")


def test_check_ends_in_an_error_above_it(tmp_path, config):
    scores = write_scores(tmp_path / "scores", failed=2, total=50)
    result = run("check", "--config", config, "--scores", scores)
    assert result.exit_code == 1
    assert result.stderr == (
        "papertrace: 4.00% of the pages could not be made or read, more than the 2.00% that `max_failure_share` "
        f"allows; the reasons are in {scores.with_name('failures.csv')}\n"
    )


def test_digitize_ends_in_status_1_if_an_image_cannot_be_read(tmp_path):
    (tmp_path / "no-image.png").write_bytes(b"not a PNG")
    result = run("digitize", tmp_path / "no-image.png", tmp_path / "missing.jpg", "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "of 2 images 0 were read, 2 failed and 0 were rejected" in result.stderr
    assert "Traceback" not in result.output


def test_digitize_reads_the_good_image_beside_the_bad_one(config, tmp_path):
    for command in ("records", "manifest", "pages"):
        assert run(command, "--config", config).exit_code == 0
    page = next(tmp_path.glob("results/tiny/pages/shard-00000/*_00000.png"))
    (tmp_path / "bad.png").write_bytes(b"not a PNG")
    result = run("digitize", tmp_path / "bad.png", page, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "of 2 images 1 were read, 1 failed" in result.stderr
    suffixes = (".csv", ".dat", ".hea", ".json", ".overlay.png")
    made = {path.name for path in (tmp_path / "out").iterdir()}
    assert made == {"bad.json", *(f"{page.stem}{suffix}" for suffix in suffixes)}
    assert (tmp_path / f"out/{page.stem}.csv").read_text().startswith("time_s,")
    again = run("digitize", page, "--out", tmp_path / "again")
    assert (again.exit_code, again.stderr) == (0, "")


def test_help_starts_without_the_science():
    heavy = {"numpy", "pandas", "cv2", "pyarrow", "scipy", "wfdb", "neurokit2", "matplotlib", "pydantic", "snakemake"}
    code = f"import sys, papertrace.cli; print(sorted({heavy} & set(sys.modules)))"
    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert printed.strip() == "[]"


def test_the_module_runs_like_the_command():
    result = subprocess.run(
        [sys.executable, "-m", "papertrace", "--version"], check=True, capture_output=True, text=True
    )
    assert result.stdout.startswith("papertrace, version ")


def test_the_schema_is_json(config):
    import json

    assert json.loads(run("schema").output)["additionalProperties"] is False
