"""The images that digitizers are measured on: which records, which windows, drawn and scanned how.

No set is a folder of files: an image is made in memory, of its record and its seed, where it is wanted, and is byte for
byte the one that the workflow would write. A record's window looks the same in every set but for what the set is about,
so that sets can be compared image by image.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from papertrace.config import Config, validate_config
from papertrace.errors import PapertraceError
from papertrace.manifest.stage import plan, splits_of
from papertrace.records.folds import read_folds
from papertrace.records.header import read_header
from papertrace.records.listing import list_records
from papertrace.records.sources import source_database
from papertrace.scans.presets import ArtifactName, at_severity

FOREIGN = frozenset(map(str, (15, 19, 22, 28, 40, 42, 45, 74, 81, 94, 102, 124)))
"""Records of LUDB that are drawn on the foreign pages, and take part in no other set."""

WINDOWS = {"qtdb": 2, "ludb": 1, "ptbxl": 1}
"""Databases, and how many windows a record; those of LUDB and PTB-XL are 10 s long."""

PRESETS = ("kit", "photo", "stained", "damaged", "mould", "photocopy", "fax")
SEVERITIES = range(1, 6)


@dataclass(frozen=True)
class ImageSet:
    """Images of one kind.

    Attributes
    ----------
    name : str
    kind : str
        ``pages``, as drawn, or ``scans``.
    keys : dict
        Keys of the config, where they are not the defaults.
    databases : tuple of str
        Of `WINDOWS`.
    split : str
        Of the records, by the default shares: digitizers were trained on ``train`` and chosen on ``validation``.
    """

    name: str
    kind: str = "pages"
    keys: dict[str, Any] = field(default_factory=dict)
    databases: tuple[str, ...] = ("qtdb",)
    split: str = "test"

    @property
    def config(self) -> Config:
        """The config that its images are made with, but for the records."""
        return validate_config(self.keys, f"image set {self.name}")


@dataclass(frozen=True)
class Job:
    """One image: its set by name, the database and its folder, its row of `papertrace.tables.MANIFEST`."""

    image_set: str
    root: Path
    row: dict[str, Any]

    @property
    def image(self) -> tuple[str, str]:
        """What tells it from all others."""
        return self.image_set, self.row["page_id"]


SETS: dict[str, ImageSet] = {
    image_set.name: image_set
    for image_set in (
        ImageSet("clean"),
        *(ImageSet(name, "scans", {"scans": {"preset": name}}) for name in PRESETS),
        ImageSet("12-lead", "scans", {"scans": {"preset": "kit"}}, ("ludb", "ptbxl"), "validation"),
        ImageSet("100 dpi", keys={"pages": {"dpi": 100}}),
        ImageSet("300 dpi", keys={"pages": {"dpi": 300}}),
        ImageSet("50 mm/s", keys={"pages": {"speed_mm_s": 50}}),
        ImageSet("5 mm/mV", keys={"pages": {"gain_mm_mv": 5}}),
        ImageSet("20 mm/mV", keys={"pages": {"gain_mm_mv": 20}}),
    )
}
"""The sets of issue 4's table; those of one artifact at a severity are `severity_set`'s."""

SCALES = ("100 dpi", "300 dpi", "50 mm/s", "5 mm/mV", "20 mm/mV")


@cache
def image_set(name: str) -> ImageSet:
    """Return a set by its name: one of `SETS`, or an artifact at a severity such as ``blur 3``.

    Raises
    ------
    PapertraceError
        There is none of that name.
    """
    artifact, _, severity = name.rpartition(" ")
    if name in SETS:
        return SETS[name]
    if artifact in (*ArtifactName.__args__, "nothing") and severity in "012345":
        return severity_set(artifact, int(severity))
    raise PapertraceError(f"image set {name!r} is not known; use one of {', '.join(SETS)}, or an artifact and 1 to 5")


def severity_set(artifact: str, severity: int) -> ImageSet:
    """Return scans that have one artifact, at a severity, and no other; ``nothing`` is the scan that has none."""
    scans: dict[str, Any] = {name: {"probability": 0.0} for name in ArtifactName.__args__}
    if artifact != "nothing":
        scans[artifact] = at_severity(artifact, severity)
    return ImageSet(f"{artifact} {severity}", "scans", {"scans": scans})


def jobs(wanted: ImageSet, data: Path, count: int | None = None) -> list[Job]:
    """Return the images of a set, or the first of them: the fewer are among the more.

    Their order is that of a hash of the record, first windows first, so that few images are of many records.

    Parameters
    ----------
    wanted : ImageSet
        The set.
    data : Path
        Folder of the databases: ``qtdb``, ``ludb``, ``ptbxl``.
    count : int, optional
        How many at most; all by default.

    Raises
    ------
    PapertraceError
        A database is missing.
    """
    found = []
    for database in wanted.databases:
        root = data / database
        among = {row["record"] for row in records_of(root, database, wanted.split)}
        found += [Job(wanted.name, root, row) for row in planned(wanted, root, database) if row["record"] in among]
    found.sort(key=lambda job: (job.row["window"], hashlib.sha256(job.row["page_id"].encode()).digest()))
    return found[:count]


def planned(wanted: ImageSet, root: Path, database: str) -> list[dict[str, Any]]:
    """Return the manifest's rows of a set on one database."""
    keys = wanted.keys | {"manifest": {"windows_per_record": WINDOWS[database]}}
    return plan(validate_config(keys), record_rows(root, database))


def records_of(root: Path, database: str, split: str) -> list[dict[str, Any]]:
    """Return of `record_rows` those of a split, as the manifest splits; without LUDB's that the foreign pages show."""
    rows = record_rows(root, database)
    chosen = [row for row, found in zip(rows, splits_of(Config(), rows), strict=True) if found == split]
    return [row for row in chosen if database != "ludb" or row["record"] not in FOREIGN]


@cache
def record_rows(root: Path, database: str) -> list[dict[str, Any]]:
    """Return what the manifest needs to know of a database's records, from their headers."""
    config = validate_config({"records": {"source": "folder", "folder": str(root), "database": database}})
    folds = read_folds(root) if database == "ptbxl" else {}
    rows = []
    for reference in list_records(config):
        header = read_header(root, reference.path)
        rows.append(
            {
                "record": reference.record,
                "path": reference.path,
                "database": database,
                "source_database": source_database(database, reference.path),
                "rate_hz": header.rate_hz,
                "n_samples": header.n_samples,
                "leads": header.leads,
                "fold": folds[reference.path].fold if reference.path in folds else None,
                "status": "ok",
                "reason": None,
            }
        )
    return rows
