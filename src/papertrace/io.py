"""Files that are whole or absent: everything is written beside its place and then renamed.

Tables are Parquet, written so that the same rows give the same bytes.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


@contextlib.contextmanager
def atomic_path(target: Path | str) -> Iterator[Path]:
    """Yield a path beside `target`; on success it replaces `target`, on error it is removed."""
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        yield beside
        beside.replace(target)
    except OSError as error:
        _name(error, target)
        raise
    finally:
        with contextlib.suppress(FileNotFoundError):
            beside.unlink()


@contextlib.contextmanager
def atomic_folder(target: Path | str) -> Iterator[Path]:
    """Yield a fresh folder beside `target`; on success it takes `target`'s place, on error it is removed.

    Left-overs of killed runs (``.<name>.*.part``) are swept first; a shard has one writer at a time.
    """
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    for left_over in target.parent.glob(f".{target.name}.*.part"):
        if left_over.is_dir():
            shutil.rmtree(left_over, ignore_errors=True)
    beside = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.part")
    beside.mkdir()
    try:
        yield beside
        if target.exists():
            shutil.rmtree(target)
        beside.replace(target)
    except OSError as error:
        _name(error, target)
        raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _name(error: OSError, target: Path) -> None:
    """Say which file it was: neither Arrow nor a full disk in mid-write does."""
    if error.filename is None:
        error.filename = str(target)


def shard_folder(table_path: Path | str) -> Path:
    """Return the folder that belongs to a shard's table: ``shard-00003.parquet`` -> ``shard-00003/``."""
    return Path(table_path).with_suffix("")


def write_table(rows: list[dict], schema: pa.Schema, path: Path | str) -> None:
    """Write `rows` as Parquet under `schema`, atomically; every row must have exactly the schema's columns."""
    names = set(schema.names)
    for row in rows:
        if set(row) != names:
            raise ValueError(f"{path}: row columns differ from the schema: {sorted(set(row) ^ names)}")
    write_arrow(pa.Table.from_pylist(rows, schema=schema), path)


def write_arrow(table: pa.Table, path: Path | str) -> None:
    """Write a table as Parquet, atomically."""
    with atomic_path(path) as beside:
        pq.write_table(table, beside, compression="zstd")


def read_table(path: Path | str, columns: list[str] | None = None) -> pa.Table:
    """Read a Parquet table that a stage wrote."""
    return pq.read_table(Path(path), columns=columns, partitioning=None)


def read_rows(path: Path | str, columns: list[str] | None = None) -> list[dict]:
    """Read a Parquet table as a list of plain dicts."""
    return read_table(path, columns).to_pylist()


def write_text(text: str, path: Path | str) -> None:
    """Write a UTF-8 text file, atomically."""
    with atomic_path(path) as beside:
        beside.write_text(text, encoding="utf-8")


def write_bytes(data: bytes, path: Path | str) -> None:
    """Write a binary file, atomically."""
    with atomic_path(path) as beside:
        beside.write_bytes(data)


def sha256_bytes(data: bytes) -> str:
    """Return the SHA-256 of `data` as 64 hex digits."""
    return hashlib.sha256(data).hexdigest()
