"""The records stage: a config in, the table of checked records out (and the records themselves, if simulated)."""

from __future__ import annotations

from pathlib import Path

from papertrace import tables
from papertrace.config import Config
from papertrace.errors import RecordError
from papertrace.io import write_table
from papertrace.records.checks import check_record, record_digest
from papertrace.records.folds import Person, read_folds
from papertrace.records.header import read_header
from papertrace.records.listing import RecordRef, list_records, records_root
from papertrace.records.sources import source_database


def run(config: Config, out: Path) -> None:
    """List and check the dataset's records and write the table `papertrace.tables.RECORDS`.

    Simulated records are written as WFDB to ``wfdb/`` beside the table first. A record that cannot be used
    becomes a row with status ``failed`` and the reason.

    Parameters
    ----------
    config : Config
        Its keys `seed` and `records` are used.
    out : Path
        The table to write.

    Raises
    ------
    ConfigError
        There are no records to list.
    """
    from tqdm import tqdm

    refs = list_records(config)
    root = records_root(config, out)
    simulated = config.records.source == "simulation"
    if simulated:
        from papertrace.records.simulation import write_records

        write_records(config, root)
    database = "simulation" if simulated else config.records.database
    people = read_folds(root) if database == "ptbxl" else {}
    rows = [
        examine(root, ref, database, people.get(ref.path))
        for ref in tqdm(refs, desc="records", unit="record", disable=None)
    ]
    write_table(rows, tables.RECORDS, out, holds=[root] if simulated else [])


def examine(root: Path, ref: RecordRef, database: str, person: Person | None = None) -> dict:
    """Return a record's row of the table: what its header says, what is odd, and whether it can be used."""
    row = {
        **dict.fromkeys(tables.RECORDS.names),
        "record": ref.record,
        "path": ref.path,
        "database": database,
        "source_database": source_database(database, ref.path),
        "patient": person.patient if person else None,
        "fold": person.fold if person else None,
        "status": "ok",
    }
    try:
        header = read_header(root, ref.path)
        row |= {"rate_hz": header.rate_hz, "n_samples": header.n_samples, "leads": header.leads}
        row["lead_issues"] = check_record(root, header)
        row["sha256"] = record_digest(root, header)
    except RecordError as error:
        row |= {"status": "failed", "reason": str(error)}
    return row
