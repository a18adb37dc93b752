"""``scores/agreement.csv``: how truth and trace agree on each clinical parameter, per lead and per beat, by group.

*Per lead* compares the medians of a stretch's beats, as they stand in the scores; *per beat* the matched beats one by
one, where a missed beat counts as absent. Measurements are added up per record, input, digitizer and group before
anything is resampled, so that twenty thousand pages cost what their records do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from papertrace.errors import PapertraceError
from papertrace.io import read_table
from papertrace.scores.agreement import SUMS, agreement, group_sums
from papertrace.tables import CLINICAL

if TYPE_CHECKING:
    import pandas as pd

PLACE = ("page_id", "input", "digitizer", "row", "column")
"""What a stretch and its beats share."""

_MEASURED = ("truth", "trace")


def agreement_table(
    frame: pd.DataFrame, beats: Path, groups: tuple[str, ...], margins: Mapping[str, float]
) -> pd.DataFrame:
    """Return how truth and trace agree.

    Parameters
    ----------
    frame : DataFrame
        Rows of `papertrace.tables.SCORES`.
    beats : Path
        Parquet file of `papertrace.tables.BEATS`, of the same stretches; read two columns at a time.
    groups : tuple of str
        Columns of `frame` by whose values the stretches are told apart; rows without a value are in no group of it.
    margins : mapping of str to float
        Of parameters: what bias is of no matter.

    Returns
    -------
    DataFrame
        A row per `input`, `digitizer`, `group` (``all`` or one of `groups`), `value`, `per` (``lead`` or ``beat``) and
        `parameter` of which there is any measurement; the other columns are those of
        `papertrace.scores.agreement.agreement`.
    """
    import pandas as pd

    keys = ["input", "digitizer"]
    cells = frame[[*keys, "record", *groups]].reset_index(drop=True)
    # One number for all that have everything in common; what differs in no group needs no sums of its own.
    cell = cells.groupby(list(cells), sort=True, dropna=False).ngroup().to_numpy()
    cells = cells.assign(cell=cell).drop_duplicates("cell").sort_values("cell").reset_index(drop=True)
    records = pd.factorize(cells["record"], sort=True)[0]
    pooled = []
    for group in ("all", *groups):
        value = pd.Series("all", cells.index) if group == "all" else cells[group]
        members = cells[keys].assign(group=group, value=value.map(group_text, na_action="ignore"))
        for key, rows in members[value.notna()].groupby([*keys, "group", "value"], sort=True).indices.items():
            pooled.append((key, members.index[value.notna()].to_numpy()[rows]))
    rows = []
    for per, parameter, truth, trace, of_cell in _measurements(frame, cell, beats):
        sums = group_sums(truth, trace, of_cell, len(cells))
        for key, members in pooled:
            mine = sums[members]
            if mine[:, :3].any():
                figures = agreement(_by(records[members], mine), margins.get(parameter, np.nan))
                rows.append(
                    dict(zip((*keys, "group", "value"), key, strict=True))
                    | {"per": per, "parameter": parameter}
                    | figures
                )
    columns = [*keys, "group", "value", "per", "parameter", *agreement(np.zeros((0, SUMS)))]
    table = pd.DataFrame(rows, columns=columns)
    order = [("all", *groups).index(group) for group in table["group"]]
    return (
        table.assign(order=order)
        .sort_values([*keys, "order", "value"], kind="stable", ignore_index=True)
        .drop(columns="order")
    )


def group_text(value: object) -> str:
    """Return how tables write a group's value: 200, not 200.0."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _by(record: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """Add up each record's sums, in the records' order."""
    _, index = np.unique(record, return_inverse=True)
    added = np.zeros((index.max() + 1, sums.shape[1]))
    np.add.at(added, index, sums)
    return added


def _measurements(
    frame: pd.DataFrame, cell: np.ndarray, beats: Path
) -> Iterator[tuple[str, str, np.ndarray, np.ndarray, np.ndarray]]:
    """Yield per what, which parameter, its values on truth and trace, and the cell of each."""
    for name in CLINICAL:
        yield "lead", name, *(frame[f"{name}_{which}"].to_numpy(float) for which in _MEASURED), cell
    row = stretch_of_beats(frame, read_table(beats, list(PLACE)))
    of_beat = cell[row]
    for name in CLINICAL:
        both = read_table(beats, [f"{name}_{which}" for which in _MEASURED])
        yield "beat", name, *(both[f"{name}_{which}"].to_numpy().astype(float) for which in _MEASURED), of_beat


def stretch_of_beats(frame: pd.DataFrame, beats: pa.Table) -> np.ndarray:
    """Return which row of the scores each beat is of.

    Parameters
    ----------
    frame : DataFrame
        Rows of `papertrace.tables.SCORES`.
    beats : pyarrow.Table
        The columns `PLACE` of `papertrace.tables.BEATS`.

    Returns
    -------
    ndarray of int, shape (beats,)

    Raises
    ------
    PapertraceError
        If a beat's stretch is not among the scores.
    """
    known = np.zeros(len(frame), np.int64)
    wanted = np.zeros(beats.num_rows, np.int64)
    for name in PLACE:
        values = pc.unique(pa.array(frame[name], beats.schema.field(name).type, from_pandas=True))
        ours = pa.array(frame[name], values.type, from_pandas=True)
        for codes, column in ((known, ours), (wanted, beats[name])):
            place = pc.fill_null(pc.index_in(column, values), -1).to_numpy()
            codes *= len(values) + 1
            codes += place + 1
    order = np.argsort(known, kind="stable")
    found = order[np.minimum(np.searchsorted(known, wanted, sorter=order), len(known) - 1)] if len(known) else wanted
    if len(wanted) and (not len(known) or (known[found] != wanted).any()):
        raise PapertraceError(
            "there are beats of stretches that the scores do not have; run scores for all shards again"
        )
    return found
