"""Files that are whole or absent: everything is written beside its place and then renamed.

Tables are Parquet, written so that the same rows give the same bytes. A table carries its own SHA-256; a stage's table,
which is written last, also has size and SHA-256 of every file that belongs to it, by which `papertrace.verify` tells
what was damaged since.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import shutil
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from papertrace.errors import PapertraceError

_HELD = b"papertrace_files"
_SIGNED = b"papertrace sha256:"
_DIGEST_BYTES = 32


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


def write_table(rows: list[dict], schema: pa.Schema, path: Path | str, holds: Iterable[Path] = ()) -> None:
    """Write `rows` as Parquet under `schema`, atomically; every row must have exactly the schema's columns.

    `holds` is as in `write_arrow`.
    """
    names = set(schema.names)
    for row in rows:
        if set(row) != names:
            raise ValueError(f"{path}: row columns differ from the schema: {sorted(set(row) ^ names)}")
    write_arrow(pa.Table.from_pylist(rows, schema=schema), path, holds)


def write_arrow(table: pa.Table, path: Path | str, holds: Iterable[Path] = ()) -> None:
    """Write a table as Parquet, atomically.

    Parameters
    ----------
    table : pyarrow.Table
        The rows.
    path : Path
        The file to write.
    holds : iterable of Path
        Files that belong to the table, and folders of such files, below the table's own folder. They are whole by now;
        the table takes their sizes and SHA-256 along (`held_files`).
    """
    base = Path(path).parent
    files = sorted(file for each in holds for file in (each.rglob("*") if each.is_dir() else [each]) if file.is_file())
    held = {file.relative_to(base).as_posix(): [file.stat().st_size, sha256_file(file)] for file in files}
    if held:
        table = table.replace_schema_metadata({_HELD: json.dumps(held, separators=(",", ":"))})
    with atomic_path(path) as beside:
        pq.write_table(table, beside, compression="zstd")
        _sign(beside)


def held_files(path: Path | str) -> dict[str, tuple[int, str]]:
    """Return size in bytes and SHA-256 of the files that belong to a stage's table, by path beside it.

    Raises
    ------
    PapertraceError
        The table is damaged.
    """
    with _whole(path):
        metadata = pq.read_metadata(path).metadata or {}
    return {name: tuple(told) for name, told in json.loads(metadata.get(_HELD, b"{}")).items()}


def read_table(path: Path | str, columns: list[str] | None = None) -> pa.Table:
    """Read a Parquet table that a stage wrote.

    Raises
    ------
    PapertraceError
        The table is damaged.
    """
    with _whole(path):
        if not _as_signed(path):
            raise pa.ArrowInvalid("not what was written")
        table = pq.read_table(Path(path), columns=columns, partitioning=None)
    return table.replace_schema_metadata(None)


@contextlib.contextmanager
def _whole(path: Path | str) -> Iterator[None]:
    """Turn what Arrow says of a damaged file into a sentence; errors of the system stay what they are."""
    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        # what Arrow finds wrong with a file has no number, what the system finds has one
        if getattr(error, "errno", None) is not None or isinstance(error, (FileNotFoundError, MemoryError)):
            raise
        raise PapertraceError(
            f"{path}: is damaged or cut short; `papertrace verify --remove` clears away what is, "
            "and the next run makes it anew"
        ) from None


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


def sha256_file(path: Path | str) -> str:
    """Return the SHA-256 of a file as 64 hex digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sign(path: Path) -> None:
    """Put a Parquet file's SHA-256 between its data and its footer, where readers go by offsets and see nothing of it.

    Parquet's own checksums cover neither dictionaries nor the footer.
    """
    digest = bytes.fromhex(sha256_file(path))
    with path.open("r+b") as file:
        start, footer = _footer(file)
        file.seek(start)
        file.write(_SIGNED + digest + footer)


def _as_signed(path: Path | str) -> bool:
    """Whether a Parquet file is what it was when it was signed, if it was."""
    with Path(path).open("rb") as file:
        start, footer = _footer(file)
        data = start - len(_SIGNED) - _DIGEST_BYTES
        if data < 0:
            return True
        file.seek(data)
        signed, digest = file.read(len(_SIGNED)), file.read(_DIGEST_BYTES)
        if signed != _SIGNED:
            return True
        found = hashlib.sha256()
        file.seek(0)
        while data > 0 and (block := file.read(min(data, 1 << 22))):
            found.update(block)
            data -= len(block)
    found.update(footer)
    return found.digest() == digest


def _footer(file: BinaryIO) -> tuple[int, bytes]:
    """Return where a Parquet file's footer begins, and the footer to the file's end: metadata, their length, PAR1."""
    end = file.seek(0, io.SEEK_END)
    file.seek(max(end - 8, 0))
    tail = file.read()
    start = end - 8 - int.from_bytes(tail[:4], "little")
    if start < 4 or tail[4:] != b"PAR1":
        raise pa.ArrowInvalid("no Parquet file, or the end of it is gone")
    file.seek(start)
    return start, file.read()


def sha256_bytes(data: bytes) -> str:
    """Return the SHA-256 of `data` as 64 hex digits."""
    return hashlib.sha256(data).hexdigest()
