"""What was damaged after it was written is found, named and made anew; what was not is left alone."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from papertrace.cli import cli
from papertrace.encoding import SUFFIXES
from papertrace.errors import PapertraceError
from papertrace.io import atomic_folder, held_files, read_table, sha256_file, write_table
from papertrace.verify import _IMAGES, find_damage, remove_tables, settle_times, sweep

SCHEMA = pa.schema([("page_id", pa.string()), ("samples", pa.list_(pa.float32()))])
ROWS = [{"page_id": f"p{k}", "samples": [float(k), 0.5] * 40} for k in range(200)]
IMAGE, TRUTH = "scans/shard-00000/p0.jpg", "scans/shard-00000/truth.parquet"
TABLE = "scans/shard-00000.parquet"


@pytest.fixture
def results(tmp_path) -> Path:
    """A dataset of one shard that holds an image and a table, and of a manifest."""
    table = tmp_path / TABLE
    with atomic_folder(table.with_suffix("")) as folder:
        (folder / "p0.jpg").write_bytes(bytes(range(256)) * 20)
        write_table(ROWS, SCHEMA, folder / "truth.parquet")
    write_table(ROWS, SCHEMA, table, holds=[table.with_suffix("")])
    write_table(ROWS, SCHEMA, tmp_path / "manifest/manifest.parquet")
    return tmp_path


def cut_short(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def flip_a_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def found(results: Path, contents: bool = True) -> list[tuple[str, str]]:
    return [
        (damage.table.relative_to(results).as_posix(), damage.sentence.removeprefix(f"{results}/"))
        for damage in find_damage(results, contents)
    ]


def test_a_table_tells_of_the_files_that_belong_to_it(results):
    held = held_files(results / TABLE)
    assert list(held) == ["shard-00000/p0.jpg", "shard-00000/truth.parquet"]
    for name, (size, digest) in held.items():
        file = results / "scans" / name
        assert (size, digest) == (file.stat().st_size, sha256_file(file))
    assert held_files(results / "manifest/manifest.parquet") == {}
    assert read_table(results / TABLE).schema.metadata is None


@pytest.mark.parametrize("contents", [True, False])
def test_what_is_whole_is_not_touched(results, contents):
    assert found(results, contents) == []


@pytest.mark.parametrize("damage", [cut_short, empty, flip_a_bit])
@pytest.mark.parametrize("file", [TABLE, TRUTH, "manifest/manifest.parquet"])
def test_a_damaged_table_is_not_read(results, damage, file):
    damage(results / file)
    with pytest.raises(PapertraceError, match=rf"{file}: is damaged or cut short; `papertrace verify --remove` clears"):
        read_table(results / file)


def test_any_changed_bit_of_a_table_is_found(tmp_path):
    path = tmp_path / "t.parquet"
    # few different texts: Arrow keeps them in a dictionary, whose checksum no reader of Parquet compares
    write_table([{"page_id": "ok" if k % 3 else "failed", "samples": []} for k in range(300)], SCHEMA, path)
    whole = path.read_bytes()
    signed = whole.index(b"papertrace sha256:")
    for place in (k for k in range(len(whole)) if not signed <= k < signed + len("papertrace sha256:")):
        data = bytearray(whole)
        data[place] ^= 1 << place % 8
        path.write_bytes(bytes(data))
        with pytest.raises(PapertraceError, match="is damaged or cut short"):
            read_table(path)


def test_others_read_our_tables_and_we_read_theirs(tmp_path):
    path = tmp_path / "t.parquet"
    write_table(ROWS, SCHEMA, path)
    assert pq.read_table(path).equals(read_table(path))
    pq.write_table(read_table(path), tmp_path / "theirs.parquet")
    assert read_table(tmp_path / "theirs.parquet").equals(read_table(path))


def test_a_table_that_is_not_there_is_not_called_damaged(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_table(tmp_path / "t.parquet")


@pytest.mark.parametrize("contents", [True, False])
@pytest.mark.parametrize("damage", [cut_short, empty])
def test_what_is_cut_short_is_named(results, damage, contents):
    for file in (IMAGE, TRUTH, "manifest/manifest.parquet"):
        damage(results / file)
    sizes = {file: (results / file).stat().st_size for file in (IMAGE, TRUTH)}
    told = held_files(results / TABLE)
    assert found(results, contents) == [
        ("manifest/manifest.parquet", "manifest/manifest.parquet: the table is damaged or cut short"),
        *(
            (TABLE, f"{file}: has {sizes[file]:,} bytes in place of {told[file.removeprefix('scans/')][0]:,}")
            for file in (IMAGE, TRUTH)
        ),
    ]


def test_a_changed_bit_is_found_by_reading(results):
    for file in (IMAGE, "manifest/manifest.parquet"):
        flip_a_bit(results / file)
    assert found(results) == [
        ("manifest/manifest.parquet", "manifest/manifest.parquet: the table is damaged or cut short"),
        (TABLE, f"{IMAGE}: is not what was written"),
    ]


def test_every_kind_of_image_is_known_for_one():
    assert set(_IMAGES) == set(SUFFIXES.values())


def test_an_image_that_is_gone_is_no_damage(results):
    (results / IMAGE).unlink()
    assert found(results) == []
    assert found(results, contents=False) == []
    (results / TRUTH).unlink()
    assert found(results, contents=False) == [(TABLE, f"{TRUTH}: is missing")]


def test_tables_of_damaged_files_are_removed_once_and_no_others(results):
    cut_short(results / IMAGE)
    cut_short(results / TRUTH)
    assert remove_tables(list(find_damage(results))) == [results / TABLE]
    assert not (results / TABLE).exists()
    assert (results / "manifest/manifest.parquet").exists()


def test_sweeping_takes_half_written_tables_and_nothing_else(results):
    kept = sorted(results.rglob("*"))
    for name in ("scans/.shard-00001.parquet.dead0000.part", "manifest/.manifest.parquet.dead0000.part"):
        (results / name).write_bytes(b"half")
    sweep(results)
    assert sorted(results.rglob("*")) == kept


def test_the_command_names_damage_and_removes_it_when_told_to(results):
    def verify(*options: str):
        return CliRunner().invoke(cli, ["verify", "--results", str(results), *options])

    assert verify().output == f"{results}: all files are what was written\n"
    flip_a_bit(results / IMAGE)
    named = verify()
    assert named.exit_code == 1
    assert f"{results / IMAGE}: is not what was written" in named.output
    assert f"1 files in {results} are damaged; --remove" in named.output
    assert (results / TABLE).exists()
    removed = verify("--remove")
    assert removed.exit_code == 0
    assert f"{results / TABLE}: removed; the next run makes it anew" in removed.output
    assert not (results / TABLE).exists()


def test_the_command_asks_for_a_folder_that_is_there(tmp_path):
    result = CliRunner().invoke(cli, ["verify", "--results", str(tmp_path / "none")])
    assert result.exit_code == 1
    assert "none: no such folder" in result.output


def test_times_in_the_future_are_brought_back_in_their_order(results):
    now = time.time()
    names = ("manifest/manifest.parquet", TABLE, "scans/later.parquet", "scans/latest.parquet")
    for name, modified in zip(names, (now - 50, now + 1000, now + 1010, now + 1020), strict=True):
        (results / name).touch()
        os.utime(results / name, (modified, modified))
    assert settle_times(results) == 3
    times = [(results / name).stat().st_mtime for name in names]
    assert times[0] == pytest.approx(now - 50, abs=0.01)
    assert times[3] == pytest.approx(time.time(), abs=5)
    assert [times[3] - earlier for earlier in times[1:3]] == pytest.approx([20, 10], abs=0.01)
    assert settle_times(results) == 0
