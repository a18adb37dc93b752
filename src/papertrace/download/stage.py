"""The download stage: a database's files from PhysioNet or a mirror, as far as they are not there already.

A database lies in one folder, which any number of datasets share. Its list of records (``RECORDS``) is fetched while
the workflow plans, all else by the stage; where everything is there and right, nothing is asked of the network.
"""

from __future__ import annotations

import sys
from pathlib import Path, PurePosixPath

from papertrace import tables
from papertrace.config import Config
from papertrace.download.client import Client
from papertrace.download.files import Files
from papertrace.download.selection import ALWAYS, named_by_header, parse_checksums
from papertrace.errors import ConfigError, PapertraceError
from papertrace.io import atomic_path, sha256_file, write_table, write_text
from papertrace.records.listing import list_records

CHECKSUMS = "SHA256SUMS.txt"
LIST = "RECORDS"
OWNER = ".physionet"
"""File that says which database and version a folder was filled with."""


def run(config: Config, out: Path) -> None:
    """Fetch what is missing of a dataset's database, verify all of it, and write `papertrace.tables.DOWNLOAD`.

    Files that are there and right are not fetched again; those that are there and wrong are replaced once the right
    ones have come. What came stays, whatever happens to the others.

    Parameters
    ----------
    config : Config
        Its keys `records` and `download` are used.
    out : Path
        The table to write: one row a file, only if all are there.

    Raises
    ------
    ConfigError
        The dataset's records are not those of a database of PhysioNet.
    PapertraceError
        Files are missing; one sentence counts them, each has been named on stderr.
    """
    folder = _folder(config)
    fetch_lists(config)
    with _client(config) as client:
        if not (folder / CHECKSUMS).is_file():
            client.fetch_list(CHECKSUMS, folder / CHECKSUMS)
        sums = _checksums(folder)
        _check_lists(config, folder, sums)
        with Files(client, folder, sums, config.download.connections) as files:
            _fetch_records(files, [ref.path for ref in list_records(config)], folder, sums)
    if files.failures:
        raise PapertraceError(_count(config, files))
    print(
        f"papertrace: {len(files.sizes):,} files of {config.records.physionet} are in {folder} and right, "
        f"{files.fetched:,} of them were fetched now",
        file=sys.stderr,
    )
    rows = [{"path": path, "bytes": size, "sha256": sums[path]} for path, size in sorted(files.sizes.items())]
    write_table(rows, tables.DOWNLOAD, out)


def _fetch_records(files: Files, paths: list[str], folder: Path, sums: dict[str, str]) -> None:
    """Fetch what the records at `paths` need: headers first, since they name the rest."""
    files.fetch([path for path in ALWAYS if path in sums], "papers")
    signals: list[str] = []
    while paths:
        files.fetch([f"{path}.hea" for path in paths], "headers")
        needs = [named_by_header(folder, path) for path in paths if f"{path}.hea" in files.sizes]
        signals += [file for need in needs for file in need.signals]
        # Which records have marks is known from the list of checksums alone.
        signals += [file for need in needs for file in need.marks if file in sums]
        paths = [segment for need in needs for segment in need.segments]
    files.fetch(signals, "signals")


def fetch_lists(config: Config) -> None:
    """Fetch the list of a database's records, unless it is there: all that planning needs.

    Raises
    ------
    ConfigError
        The dataset's records are not those of a database of PhysioNet, or its folder holds another one.
    FetchError
        The list cannot be had.
    """
    folder = _folder(config)
    database = str(config.records.physionet)
    held = (folder / OWNER).read_text(encoding="utf-8").strip() if (folder / OWNER).is_file() else database
    if held != database:
        raise ConfigError(f"{folder}: holds {held} and not {database}; name another folder in `records.folder`")
    if (folder / LIST).is_file():
        return
    with _client(config) as client:
        print(f"papertrace: fetching the list of the records of {database}, {client.base}/{LIST}", file=sys.stderr)
        _fetch_list(client, folder, PurePosixPath())
    write_text(f"{database}\n", folder / OWNER)


def _fetch_list(client: Client, folder: Path, below: PurePosixPath) -> None:
    """Fetch a list of records, and those of the folders that it names, before it is put in its place."""
    if (folder / below / LIST).is_file():
        return
    with atomic_path(folder / below / LIST) as beside:
        client.fetch_list((below / LIST).as_posix(), beside)
        for line in beside.read_text(encoding="utf-8", errors="replace").splitlines():
            inner = below / line.strip()
            if line.strip().endswith("/") and not inner.is_absolute() and ".." not in inner.parts:
                _fetch_list(client, folder, inner)


def _folder(config: Config) -> Path:
    if config.records.source != "physionet" or config.records.location is None:
        raise ConfigError(
            f"`records.source` is {config.records.source!r}: nothing to download; with source 'physionet' name a "
            "database and its version in `records.physionet`"
        )
    return config.records.location


def _client(config: Config) -> Client:
    return Client(f"{config.download.server.rstrip('/')}/{config.records.physionet}", config.download)


def _checksums(folder: Path) -> dict[str, str]:
    text = (folder / CHECKSUMS).read_text(encoding="utf-8", errors="replace")
    sums = parse_checksums(text)
    if not sums:
        raise PapertraceError(f"{folder / CHECKSUMS}: holds no checksums; remove it and run the same command again")
    return sums


def _check_lists(config: Config, folder: Path, sums: dict[str, str]) -> None:
    """Refuse a list of records that is not the database's own: pages and shards were planned by it."""
    for path in sums:
        file = folder / path
        if file.name == LIST and file.is_file() and sha256_file(file) != sums[path]:
            raise ConfigError(
                f"{file}: is not the list of {config.records.physionet} that {CHECKSUMS} beside it tells of; remove "
                "both and run the same command again, or take records of your own choice with `records.source: folder`"
            )


def _count(config: Config, files: Files) -> str:
    """Return the sentence that counts what is missing."""
    first = next(iter(files.failures.values()))
    return (
        f"{len(files.failures):,} files of {config.records.physionet} are missing ({first}), {len(files.sizes):,} are "
        f"in {config.records.location} and stay there; run the same command again to fetch the rest"
    )
