"""What of a dataset was damaged after it was written: cut short, changed or lost.

Snakemake goes by the times of files and would not notice. Every stage's table tells the sizes and the SHA-256 of the
files that belong to it (`papertrace.io.held_files`) and holds checksums of its own.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from papertrace.errors import PapertraceError
from papertrace.io import held_files, read_table, sha256_file

_TABLES = (
    "download/download.parquet",
    "records/records.parquet",
    "manifest/manifest.parquet",
    *(f"{stage}/shard-*.parquet" for stage in ("pages", "scans", "traces", "scores")),
    "scores/scores.parquet",
)
_IMAGES = (".png", ".jpg", ".webp")  # of papertrace.encoding, which the workflow should not wait for


@dataclass(frozen=True)
class Damage:
    """A damaged file."""

    table: Path
    """The stage's table that it belongs to, or is: without it, its rule runs again and makes all of its files anew."""
    sentence: str
    """Which file it is, and what is wrong with it."""


def find_damage(results: Path, contents: bool = True) -> Iterator[Damage]:
    """Yield the damaged files of a dataset, in the order of the stages.

    Parameters
    ----------
    results : Path
        The dataset's folder.
    contents : bool
        Read every file; otherwise go by the ends of tables and by sizes alone, which finds what was cut short, as by a
        power cut. Images that are gone are nothing to mend: a run need not `keep` them, and makes them again.
    """
    for pattern in _TABLES:
        for table in sorted(results.glob(pattern)):
            held: dict[str, tuple[int, str]] = {}
            try:
                held = held_files(table)
                if contents:
                    read_table(table)
            except PapertraceError:
                yield Damage(table, f"{table}: the table is damaged or cut short")
            for name, (size, sha256) in held.items():
                file = table.parent / name
                what = _wrong(file, size, sha256 if contents else None)
                if what:
                    yield Damage(table, f"{file}: {what}")


def _wrong(file: Path, size: int, sha256: str | None) -> str:
    """Say what is wrong with a file, if anything is; without a digest, see `find_damage` with ``contents=False``."""
    try:
        found = file.stat().st_size
    except FileNotFoundError:
        return "" if file.suffix in _IMAGES else "is missing"
    if found != size:
        return f"has {found:,} bytes in place of {size:,}"
    if sha256 is not None and sha256_file(file) != sha256:
        return "is not what was written"
    return ""


def remove_tables(damages: list[Damage]) -> list[Path]:
    """Remove the tables that damaged files belong to, so that their rules run again; return them."""
    tables = list(dict.fromkeys(damage.table for damage in damages))
    for table in tables:
        table.unlink(missing_ok=True)
    return tables


def sweep(results: Path) -> None:
    """Remove half-written tables that a killed run left; nobody else may be at work in the folder."""
    for left_over in results.glob("*/.*.part"):
        if left_over.is_file():
            left_over.unlink(missing_ok=True)


def settle_times(results: Path) -> int:
    """Bring times that lie in the future, as a clock that was ahead leaves them, back to now; return how many.

    Snakemake refuses what is older than what it was made of. All are moved by the same amount, so that their order
    remains, among themselves and after what was made before the clock was changed.
    """
    now = time.time()
    files = [file for pattern in ("*/*", "*/*/.snakemake_timestamp") for file in results.glob(pattern)]
    ahead = {file: modified for file in files if (modified := file.stat().st_mtime) > now}
    for file, modified in ahead.items():
        moved = modified - (max(ahead.values()) - now)
        os.utime(file, (moved, moved))
    return len(ahead)
