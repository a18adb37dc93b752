"""Which files of a database papertrace needs: headers, signals, experts' marks, and little else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from papertrace.errors import RecordError
from papertrace.records.annotations import mark_suffixes
from papertrace.records.folds import TABLE
from papertrace.records.header import read_header, segment_paths, signal_files

ALWAYS = ("LICENSE.txt", TABLE)
"""Files that are fetched wherever a database has them: its licence, and the table of patients of PTB-XL."""

_LINE = re.compile(r"([0-9a-fA-F]{64})\s+\*?(\S.*)")


def parse_checksums(text: str) -> dict[str, str]:
    """Return the SHA-256 of each file by its path, of the text of a ``SHA256SUMS.txt``.

    Paths that lead out of the database's folder are left out.

    Examples
    --------
    >>> parse_checksums("00ff" * 16 + " data/1.hea")
    {'data/1.hea': '00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff'}
    """
    found = (_LINE.fullmatch(line.strip()) for line in text.splitlines())
    sums = {PurePosixPath(line[2]).as_posix(): line[1].lower() for line in found if line}
    return {path: digest for path, digest in sums.items() if path[0] != "/" and ".." not in PurePosixPath(path).parts}


@dataclass(frozen=True)
class Needs:
    """What a record's header leads to: WFDB paths of its segments, files of its signals, files that may hold marks."""

    segments: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()


def named_by_header(root: Path, path: str) -> Needs:
    """Return what a record needs besides its header, which must be there.

    A header that cannot be read leads to nothing: the records stage says what is wrong with it.

    Parameters
    ----------
    root : Path
        Folder of the database.
    path : str
        WFDB path, without suffix.
    """
    try:
        if segments := segment_paths(root, path):
            return Needs(segments=tuple(segments))
        header = read_header(root, path)
    except RecordError:
        return Needs()
    suffixes = {suffix for lead in header.leads for suffix in mark_suffixes(lead).values()}
    return Needs(
        signals=tuple(map(header.beside, signal_files(header))),
        marks=tuple(f"{path}.{suffix}" for suffix in sorted(suffixes)),
    )
