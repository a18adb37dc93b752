"""The SHA-256 of what a run made: two runs of the same config and code have the same, however they were made.

Counted is what follows from config, records and code alone: tables, images, truth, signals and simulated records of
the stages from `records` to `scores`. Left out is what tells of the run itself: ``logs/``, ``benchmarks/``; what tells
of them or of the installation (``figures/`` and ``report/`` show costs and versions, ``config/`` where things lie); and
what killed jobs leave behind, whose names begin with a dot.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from papertrace.errors import PapertraceError
from papertrace.io import sha256_file

_STAGES = ("records", "manifest", "pages", "scans", "traces", "scores")
_SUFFIXES = (".parquet", ".png", ".jpg", ".jpeg", ".webp", ".hea", ".dat", ".csv", ".txt")
_LINE = re.compile(r"([0-9a-f]{64})  (.+)")


@dataclass(frozen=True)
class Difference:
    """How the files of one run differ from those of another; each a tuple of paths within the dataset, sorted."""

    missing: tuple[str, ...]
    added: tuple[str, ...]
    changed: tuple[str, ...]

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return bool(self.missing or self.added or self.changed)


def checksums(results: Path) -> dict[str, str]:
    """Return the SHA-256 of every table, image and simulated record of a dataset, by path within it, sorted.

    Raises
    ------
    PapertraceError
        The folder holds none of them.
    """
    names = sorted(
        path.relative_to(results).as_posix()
        for stage in _STAGES
        for path in (results / stage).rglob("*")
        if path.suffix in _SUFFIXES and not any(part.startswith(".") for part in path.relative_to(results).parts)
    )
    if not names:
        raise PapertraceError(f"{results}: holds no tables or images; name the folder of a dataset")
    return {name: sha256_file(results / name) for name in tqdm(names, desc="checksums", unit="file", disable=None)}


def difference(sums: dict[str, str], wanted: dict[str, str]) -> Difference:
    """Compare checksums with those that are wanted.

    Examples
    --------
    >>> difference({"a": "1", "b": "2"}, {"a": "1", "b": "3", "c": "4"})
    Difference(missing=('c',), added=(), changed=('b',))
    """
    return Difference(
        missing=tuple(sorted(wanted.keys() - sums.keys())),
        added=tuple(sorted(sums.keys() - wanted.keys())),
        changed=tuple(name for name in sorted(sums.keys() & wanted.keys()) if sums[name] != wanted[name]),
    )


def to_text(sums: dict[str, str]) -> str:
    """Return checksums as ``sha256sum`` prints them."""
    return "".join(f"{digest}  {name}\n" for name, digest in sums.items())


def from_text(path: Path) -> dict[str, str]:
    """Read checksums that `to_text` or ``sha256sum`` wrote.

    Raises
    ------
    PapertraceError
        A line is not one of theirs.
    """
    sums = {}
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise PapertraceError(f"{path}, line {number}: no SHA-256 and path; write it with `papertrace checksums`")
        sums[match[2]] = match[1]
    return sums
