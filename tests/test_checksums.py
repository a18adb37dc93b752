"""Two runs are compared by what they made, and by nothing that tells of the run."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from click.testing import CliRunner

from papertrace.cli import cli

FILES = {
    "records/records.parquet": b"r",
    "pages/shard-00000.parquet": b"p",
    "pages/shard-00000/a.png": b"a",
    "scores/checked.txt": b"c",
}
OF_THE_RUN = ("logs/pages/shard-00000.log", "benchmarks/pages/shard-00000.tsv", "config/pages.json", "report/x.png")
LEFT_OVER = ("pages/.shard-00001.0a1b2c3d.part/b.png", "scores/.scores.parquet.0a1b2c3d.part")


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def run(*args: object):
    return CliRunner().invoke(cli, ["checksums", *map(str, args)])


@pytest.fixture
def one(tmp_path) -> Path:
    return write(tmp_path / "one", FILES)


def test_what_tells_of_the_run_is_left_out(one):
    write(one, dict.fromkeys([*OF_THE_RUN, *LEFT_OVER], b"x"))
    listed = "".join(f"{hashlib.sha256(FILES[name]).hexdigest()}  {name}\n" for name in sorted(FILES))
    assert run("--results", one).output == listed


def test_the_same_files_are_the_same_run(one, tmp_path):
    listed = tmp_path / "listed"
    listed.write_text(run("--results", one).output)
    for other in (listed, write(tmp_path / "other", FILES)):
        result = run("--results", one, "--against", other)
        assert (result.exit_code, result.output) == (0, f"4 files, the same as in {other}\n")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"pages/shard-00000/a.png": b"b"}, "1 changed (pages/shard-00000/a.png)"),
        ({"pages/shard-00000/b.png": b"b", "pages/shard-00000/c.png": b""}, "2 missing (pages/shard-00000/b.png)"),
        ({"pages/shard-00000/a.png": None}, "1 added (pages/shard-00000/a.png)"),
    ],
)
def test_what_differs_is_named(one, tmp_path, change, said):
    files = {name: data for name, data in {**FILES, **change}.items() if data is not None}
    other = write(tmp_path / "other", files)
    result = run("--results", one, "--against", other)
    assert result.exit_code == 1
    assert result.stderr == f"papertrace: {one}: of 4 files, beside {other}: {said}\n"


def test_a_folder_without_a_dataset_is_one_sentence(one, tmp_path):
    sentence = f"papertrace: {tmp_path / 'x'}: holds no tables or images; name the folder of a dataset\n"
    assert run("--results", tmp_path / "x").stderr == sentence
    assert run("--results", one, "--against", tmp_path / "x").stderr == sentence


def test_a_file_that_lists_no_checksums_is_one_sentence(one, tmp_path):
    (tmp_path / "notes").write_text("hello\n")
    result = run("--results", one, "--against", tmp_path / "notes")
    assert result.exit_code == 1
    assert "notes, line 1: no SHA-256 and path" in result.stderr
