"""Which database a record came from first, told from its name."""

from __future__ import annotations

import re

# `sel` is followed by the name of the record in its source. The counts are the published ones: 15 from the
# MIT-BIH Arrhythmia Database, 6 ST Change, 13 Supraventricular, 10 Normal Sinus Rhythm, 24 sudden death, 33 European
# ST-T, 4 Long-Term. 17152 looks like a normal sinus rhythm record, but that database has none of this name, and
# without it the sudden death records are 23 (P. Laguna et al., Computers in Cardiology 24:673-676, 1997).
_QTDB = [
    (r"sel17152", "sddb"),
    (r"sele\d{4}", "edb"),
    (r"sel(14046|14157|14172|15814)", "ltdb"),
    (r"sel1[67]\d{3}", "nsrdb"),
    (r"sel[12]\d{2}", "mitdb"),
    (r"sel3\d{2}", "stdb"),
    (r"sel8\d{2}", "svdb"),
    (r"sel[345]\d", "sddb"),
]


def source_database(database: str, path: str) -> str:
    """Return the database that a record was first published in.

    Parameters
    ----------
    database : str
        The database that the record is read from: qtdb, ludb, ptbxl, simulation or other.
    path : str
        WFDB path of the record.

    Examples
    --------
    >>> source_database("qtdb", "sele0104"), source_database("ludb", "data/1")
    ('edb', 'ludb')
    """
    if database != "qtdb":
        return database
    name = path.rsplit("/", 1)[-1]
    return next((source for pattern, source in _QTDB if re.fullmatch(pattern, name)), "qtdb")
