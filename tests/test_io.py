"""Files are whole or absent, and the same rows give the same bytes."""

from __future__ import annotations

import pyarrow as pa
import pytest

from papertrace.io import (
    atomic_folder,
    atomic_path,
    read_rows,
    sha256_bytes,
    shard_folder,
    write_bytes,
    write_table,
    write_text,
)

SCHEMA = pa.schema([("a", pa.int32()), ("b", pa.list_(pa.float32()))])


class _Broken(Exception):
    pass


def test_an_error_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    target = tmp_path / "deep/file.txt"
    write_text("old", target)
    with pytest.raises(_Broken), atomic_path(target) as beside:
        beside.write_text("half")
        raise _Broken
    assert target.read_text() == "old"
    assert list(target.parent.iterdir()) == [target]


def test_an_error_leaves_no_new_file(tmp_path):
    with pytest.raises(_Broken), atomic_path(tmp_path / "file.txt") as beside:
        beside.write_text("half")
        raise _Broken
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("atomic", [atomic_path, atomic_folder])
def test_an_error_of_the_disk_names_the_file(tmp_path, atomic):
    with pytest.raises(OSError) as caught, atomic(tmp_path / "target"):
        raise OSError(28, "No space left on device")  # as Arrow says it
    assert caught.value.filename == str(tmp_path / "target")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_takes_the_place_of_the_old_one(tmp_path):
    target = tmp_path / "shard-00000"
    for name in ("first", "second"):
        with atomic_folder(target) as folder:
            (folder / name).touch()
            assert name == "first" or (target / "first").exists()
    assert [path.name for path in target.iterdir()] == ["second"]
    assert list(tmp_path.iterdir()) == [target]


def test_an_error_leaves_the_old_folder(tmp_path):
    target = tmp_path / "shard-00000"
    with atomic_folder(target) as folder:
        (folder / "whole").touch()
    with pytest.raises(_Broken), atomic_folder(target) as folder:
        (folder / "half").touch()
        raise _Broken
    assert [path.name for path in target.iterdir()] == ["whole"]
    assert list(tmp_path.iterdir()) == [target]


def test_what_a_killed_run_left_is_swept(tmp_path):
    target = tmp_path / "shard-00000"
    left_over, others = tmp_path / ".shard-00000.dead0000.part", tmp_path / ".shard-00001.dead0000.part"
    for folder in (left_over, others):
        folder.mkdir()
        (folder / "half.png").touch()
    with atomic_folder(target):
        assert not left_over.exists()
    assert others.exists()


def test_tables_read_back_and_the_same_rows_give_the_same_bytes(tmp_path):
    rows = [{"a": 1, "b": [0.5, 1.5]}, {"a": None, "b": None}]
    for name in ("one", "two"):
        write_table(rows, SCHEMA, tmp_path / f"{name}.parquet")
    assert read_rows(tmp_path / "one.parquet") == rows
    assert read_rows(tmp_path / "one.parquet", ["a"]) == [{"a": 1}, {"a": None}]
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_an_empty_table_keeps_its_columns(tmp_path):
    write_table([], SCHEMA, tmp_path / "t.parquet")
    assert read_rows(tmp_path / "t.parquet", ["a", "b"]) == []


@pytest.mark.parametrize("row", [{"a": 1}, {"a": 1, "b": [], "c": 2}])
def test_a_row_with_other_columns_is_refused(tmp_path, row):
    with pytest.raises(ValueError, match="row columns differ"):
        write_table([row], SCHEMA, tmp_path / "t.parquet")
    assert list(tmp_path.iterdir()) == []


def test_bytes_and_their_hash(tmp_path):
    write_bytes(b"abc", tmp_path / "f")
    # FIPS 180-2, appendix B.1.
    assert (
        sha256_bytes((tmp_path / "f").read_bytes())
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


def test_the_folder_of_a_shard(tmp_path):
    assert shard_folder(tmp_path / "pages/shard-00003.parquet") == tmp_path / "pages/shard-00003"
