"""Patients and recommended folds of PTB-XL, from its table ``ptbxl_database.csv``."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from papertrace.errors import ConfigError

TABLE = "ptbxl_database.csv"
"""File in the database's folder."""


@dataclass(frozen=True)
class Person:
    """Whose record it is, and the fold that the database's authors put that person's records in."""

    patient: str
    fold: int


def read_folds(root: Path | str) -> dict[str, Person]:
    """Return patient and fold of each record of PTB-XL, by its WFDB path; empty where there is no table.

    The ten folds are stratified by diagnoses, and a patient's records are all in one of them; 9 and 10 went through
    at least one human evaluation and are recommended for validation and test [1]_.

    Parameters
    ----------
    root : Path
        Folder of the database.

    Raises
    ------
    ConfigError
        The table is there and cannot be read.

    References
    ----------
    .. [1] Wagner P et al., "PTB-XL, a large publicly available electrocardiography dataset", Sci Data 7:154, 2020.
    """
    file = Path(root) / TABLE
    if not file.is_file():
        return {}
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            rows = csv.DictReader(stream)
            # patients are written as floats: 15709.0
            return {
                row[name]: Person(str(int(float(row["patient_id"]))), int(row["strat_fold"]))
                for row in rows
                for name in ("filename_lr", "filename_hr")
            }
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise ConfigError(
            f"{file}: cannot be read as PTB-XL's table of records ({type(error).__name__}: {error}); fetch it again, "
            "or take it away to split by record"
        ) from None
