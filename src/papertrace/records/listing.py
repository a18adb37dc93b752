"""Which records a dataset holds, told from names alone: no header is opened and nothing heavy is imported.

The workflow calls this while it plans, to know how many pages and shards there will be.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from papertrace.errors import ConfigError

if TYPE_CHECKING:
    from papertrace.config import Config


@dataclass(frozen=True, order=True)
class RecordRef:
    """A record's id within the dataset, and its WFDB path relative to the root, without suffix."""

    record: str
    path: str


def list_records(config: Config) -> list[RecordRef]:
    """Return the dataset's records, sorted by id.

    A folder's records are those its ``RECORDS`` file lists (a line that ends in ``/`` names a folder with a
    ``RECORDS`` of its own); without one, all headers below the folder. Simulated records are known from the config;
    of a database of PhysioNet the list alone must have been downloaded (`papertrace.download.stage.fetch_lists`).

    Raises
    ------
    ConfigError
        The folder is missing, holds no records, or its ``RECORDS`` leads out of it.
    """
    if config.records.source == "simulation":
        simulation = config.records.simulation
        names = [f"two-lead-{k:04d}" for k in range(simulation.two_lead)]
        names += [f"twelve-lead-{k:04d}" for k in range(simulation.twelve_lead)]
        if not names:
            raise ConfigError("`records.simulation`: two_lead and twelve_lead are both 0; ask for at least one record")
        return make_refs(names)
    folder = config.records.location
    if config.records.source == "physionet" and not (folder / "RECORDS").is_file():
        raise ConfigError(
            f"{folder}: does not hold the list of the records of {config.records.physionet} yet; "
            "fetch them with `papertrace download`"
        )
    if folder is None or not folder.is_dir():
        raise ConfigError(
            f"`records.folder` is {config.records.folder!r}: no such folder, name the one of WFDB records"
        )
    paths = list(_listed(folder, folder)) if (folder / "RECORDS").is_file() else list(_found(folder))
    if config.records.database == "ptbxl" and any(path.endswith("_hr") for path in paths):
        # PTB-XL lists each recording twice, at 500 Hz (_hr) and at 100 Hz (_lr).
        paths = [path for path in paths if path.endswith("_hr")]
    if not paths:
        raise ConfigError(f"{folder}: holds no records; `records.folder` must hold a RECORDS file or .hea files")
    return make_refs(paths)


def records_root(config: Config, records_table: Path) -> Path:
    """Return the folder that the records' paths are relative to.

    Parameters
    ----------
    config : Config
        Its key `records` is used.
    records_table : Path
        The table that the records stage writes; simulated records lie in ``wfdb/`` beside it.
    """
    if config.records.source == "simulation":
        return Path(records_table).parent / "wfdb"
    return config.records.location or Path()


def make_refs(paths: Iterable[str]) -> list[RecordRef]:
    """Give each path an id: its last part, with its folders joined by ``-`` where last parts collide.

    Examples
    --------
    >>> [ref.record for ref in make_refs(["data/7", "a/x", "b/x"])]
    ['7', 'a-x', 'b-x']
    """
    paths = sorted(set(paths))
    short = {path: _clean(PurePosixPath(path).name) for path in paths}
    names = _lengthen_collisions(short, {path: _clean(path) for path in paths})
    # Cleaning may still join two paths (a/b and a-b): number them, in the order of their paths.
    numbered = {path: f"{_clean(path)}-{place}" for place, path in enumerate(paths)}
    names = _lengthen_collisions(names, numbered)
    return sorted(RecordRef(name, path) for path, name in names.items())


def _lengthen_collisions(names: dict[str, str], longer: dict[str, str]) -> dict[str, str]:
    counts = Counter(names.values())
    return {path: name if counts[name] == 1 else longer[path] for path, name in names.items()}


def _clean(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "-", name.replace("/", "-"))


def _listed(root: Path, folder: Path) -> Iterator[str]:
    """Yield the record paths that a RECORDS file and those it points to list."""
    file = folder / "RECORDS"
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"{file}: cannot be read as text; list one record path a line, or remove the file") from None
    for line in text.splitlines():
        entry = line.strip().removeprefix("./")
        if not entry:
            continue
        parts = PurePosixPath(entry.replace("\\", "/")).parts
        if parts[0] == "/" or ".." in parts:
            raise ConfigError(f"{file}: {entry!r} leads out of the folder; list paths relative to it")
        path = folder.joinpath(*parts)
        if entry.endswith("/") and (path / "RECORDS").is_file():
            yield from _listed(root, path)
        elif entry.endswith("/"):
            yield from (f"{path.relative_to(root).as_posix()}/{found}" for found in _found(path))
        else:
            yield path.relative_to(root).as_posix().removesuffix(".hea")


def _found(folder: Path) -> Iterator[str]:
    """Yield the paths of all headers below a folder, hidden places left out."""
    for header in folder.rglob("*.hea"):
        path = header.relative_to(folder)
        if not any(part.startswith(".") for part in path.parts):
            yield path.with_suffix("").as_posix()
