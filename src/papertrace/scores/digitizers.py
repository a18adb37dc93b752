"""Digitizers compared on the same stretches of the same images: what one reads better than the other.

Means of two digitizers over what each of them read are of different stretches: who gives up on the hard ones looks
better. Here both answer for every stretch. What was not read counts as 0 dB, and is counted; of clinical parameters
both must have a value, and how often one lacks it is told beside.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import TYPE_CHECKING, Any

import numpy as np

from papertrace.scores.bootstrap import clustered_mean
from papertrace.tables import CLINICAL

if TYPE_CHECKING:
    import pandas as pd

FIGURES = ("snr_db", "snr_aligned_db", "challenge_snr_db")
GROUPS = ("split", "layout")
_PLACE = ["page_id", "row", "column"]


def compare(frame: pd.DataFrame) -> pd.DataFrame:
    """Compare every digitizer with every other.

    Parameters
    ----------
    frame : DataFrame
        Rows of `papertrace.tables.SCORES`.

    Returns
    -------
    DataFrame
        One row per input, group, value of the group, digitizer and the one it is compared with; columns as in
        docs/tables.md. Intervals are of 95 %, by `papertrace.scores.bootstrap` over records. Empty where there is one
        digitizer only.
    """
    import pandas as pd

    rows = [
        {"input": name, "group": group, "value": value, **row}
        for name, of_input in frame[frame["lead"].notna()].groupby("input", sort=True)
        for group, value, part in _groups(of_input)
        for row in _pairs(part)
    ]
    return pd.DataFrame(rows, columns=_columns())


def _groups(frame: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    yield "all", "all", frame
    for group in GROUPS:
        for value, part in frame.groupby(group, sort=True):
            yield group, value, part


def _pairs(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Compare the digitizers of one input, each way round."""
    by_name = {name: part.set_index(_PLACE).sort_index() for name, part in frame.groupby("digitizer", sort=True)}
    for one, other in permutations(by_name, 2):
        there = by_name[one].index.intersection(by_name[other].index)
        yield {"digitizer": one, "against": other, **_pair(by_name[one].loc[there], by_name[other].loc[there])}


def _pair(mine: pd.DataFrame, theirs: pd.DataFrame) -> dict[str, Any]:
    pages = mine.index.get_level_values("page_id")
    counts = {"records": mine["record"].nunique(), "pages": pages.nunique(), "stretches": len(mine)}
    row: dict[str, Any] = {
        **counts,
        "unread": int((mine["status"] != "ok").sum()),
        "unread_against": int((theirs["status"] != "ok").sum()),
    }
    for name in FIGURES:
        # a stretch without power has no SNR, whoever reads it
        scored = ~((mine["status"] == "ok") & mine[name].isna() | (theirs["status"] == "ok") & theirs[name].isna())
        a, b = (np.where(part["status"] == "ok", part[name], 0.0)[scored] for part in (mine, theirs))
        row |= _difference(name, a, b, mine["record"][scored])
        row[f"{name}_better"] = float(np.mean(a > b)) if len(a) else np.nan
    for name in CLINICAL:
        a, b = ((part[f"{name}_trace"] - part[f"{name}_truth"]).abs() for part in (mine, theirs))
        both = a.notna() & b.notna()
        measurable = mine[f"{name}_truth"].notna()
        row[f"{name}_n"] = int(both.sum())
        row[f"{name}_missing"] = int((measurable & a.isna()).sum())
        row[f"{name}_missing_against"] = int((measurable & b.isna()).sum())
        row |= _difference(f"{name}_mae", a[both].to_numpy(), b[both].to_numpy(), mine["record"][both])
    return row


def _difference(name: str, mine: np.ndarray, theirs: np.ndarray, records: pd.Series) -> dict[str, float]:
    """Return both means, and their difference with its interval, drawn over records."""
    _, cluster = np.unique(records.to_numpy(), return_inverse=True)
    mean, low, high = clustered_mean(np.bincount(cluster, mine - theirs), np.bincount(cluster))
    means = [float(values.mean()) if len(values) else np.nan for values in (mine, theirs)]
    return dict(zip(_of(name), [*means, mean, low, high], strict=True))


def _of(name: str) -> list[str]:
    return [name, *(f"{name}_{what}" for what in ("against", "difference", "low", "high"))]


def _columns() -> list[str]:
    columns = ["input", "group", "value", "digitizer", "against", "records", "pages", "stretches", "unread"]
    columns.append("unread_against")
    for name in FIGURES:
        columns += [*_of(name), f"{name}_better"]
    for name in CLINICAL:
        columns += [f"{name}_n", f"{name}_missing", f"{name}_missing_against", *_of(f"{name}_mae")]
    return columns
