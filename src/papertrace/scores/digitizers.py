"""Digitizers compared on the same stretches of the same images: what one reads better than the other.

Means of two digitizers over what each of them read are of different stretches: who gives up on the hard ones looks
better. Here both answer for every stretch. What was not read counts as 0 dB, and is counted; of clinical parameters
both must have a value, and how often one lacks it is told beside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, Any

import numpy as np

from papertrace.scores.bootstrap import interval, resampled
from papertrace.tables import CLINICAL

if TYPE_CHECKING:
    import pandas as pd

FIGURES = ("snr_db", "snr_aligned_db", "challenge_snr_db")
GROUPS = ("split", "layout")
_PLACE = ["page_id", "row", "column"]


@dataclass(frozen=True)
class _Reading:
    """What one digitizer made of the stretches of an input, in the order of all.

    Attributes
    ----------
    given, read : ndarray of bool, shape (stretches,)
        Whether there is a row of it at all, and whether that is ok.
    figures : ndarray, shape (stretches, figures)
        As `FIGURES`, 0 where it was not read.
    errors : ndarray, shape (stretches, parameters)
        Size of trace - truth, as `CLINICAL`; NaN where either has none.
    """

    given: np.ndarray
    read: np.ndarray
    figures: np.ndarray
    errors: np.ndarray

    @classmethod
    def of(cls, rows: pd.DataFrame, stretches: int) -> _Reading:
        """Take the rows of a digitizer, with their `stretch`, out of a table."""
        place = rows["stretch"].to_numpy()
        given, read = np.zeros((2, stretches), bool)
        figures, errors = np.full((stretches, len(FIGURES)), np.nan), np.full((stretches, len(CLINICAL)), np.nan)
        given[place], read[place] = True, rows["status"] == "ok"
        figures[place] = rows[list(FIGURES)].to_numpy(float)
        errors[place] = np.abs(_parameters(rows, "trace") - _parameters(rows, "truth"))
        return cls(given, read, np.where(read[:, None], figures, 0.0), errors)


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

    needed = [*_PLACE, "input", "digitizer", "record", "status", *GROUPS, *FIGURES, *_both(CLINICAL)]
    rows = [
        {"input": name, "group": group, "value": value, **row}
        for name, of_input in frame.loc[frame["lead"].notna(), needed].groupby("input", sort=True)
        for group, value, row in _compared(of_input)
    ]
    return pd.DataFrame(rows, columns=_columns())


def _compared(frame: pd.DataFrame) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Compare the digitizers of one input, in each group."""
    frame = frame.assign(stretch=frame.groupby(_PLACE, sort=True).ngroup())
    stretches = frame.drop_duplicates("stretch").sort_values("stretch")
    measurable = np.isfinite(_parameters(stretches, "truth"))
    readings = {
        name: _Reading.of(rows, len(stretches)) for name, rows in frame.groupby("digitizer", sort=True, observed=True)
    }
    groups = [("all", "all", np.ones(len(stretches), bool))]
    for group in GROUPS:
        of_group = stretches[group]
        groups += [(group, value, (of_group == value).to_numpy()) for value in sorted(of_group.dropna().unique())]
    for group, value, inside in groups:
        for one, other in permutations(readings, 2):
            both = inside & readings[one].given & readings[other].given
            row = _pair(readings[one], readings[other], stretches[both], both, measurable[both])
            yield group, value, {"digitizer": one, "against": other, **row}


def _pair(
    one: _Reading, other: _Reading, stretches: pd.DataFrame, both: np.ndarray, measurable: np.ndarray
) -> dict[str, Any]:
    """Compare two digitizers on those stretches that `both` marks, of which `stretches` tells page and record."""
    mine, theirs = (np.hstack([reading.figures, reading.errors])[both] for reading in (one, other))
    # a stretch without power has no SNR, whoever reads it; a parameter must be there on both sides
    compared = np.isfinite(mine) & np.isfinite(theirs)
    counts = compared.sum(axis=0)
    with np.errstate(invalid="ignore"):
        means = [np.where(compared, values, 0.0).sum(axis=0) / counts for values in (mine, theirs)]
        better = (compared & (mine > theirs)).sum(axis=0) / counts
    difference = np.where(compared, mine - theirs, 0.0)
    told = np.stack([*means, means[0] - means[1], *_interval(difference, compared, stretches["record"])])
    row: dict[str, Any] = {
        "records": stretches["record"].nunique(),
        "pages": stretches["page_id"].nunique(),
        "stretches": len(stretches),
        "unread": int((~one.read[both]).sum()),
        "unread_against": int((~other.read[both]).sum()),
    }
    for k, name in enumerate(FIGURES):
        row |= dict(zip(_of(name), told[:, k].tolist(), strict=True)) | {f"{name}_better": float(better[k])}
    for k, name in enumerate(CLINICAL):
        missing = [int((measurable[:, k] & ~np.isfinite(reading.errors[both, k])).sum()) for reading in (one, other)]
        row |= {f"{name}_n": int(counts[len(FIGURES) + k])}
        row |= dict(zip((f"{name}_missing", f"{name}_missing_against"), missing, strict=True))
        row |= dict(zip(_of(f"{name}_mae"), told[:, len(FIGURES) + k].tolist(), strict=True))
    return row


def _interval(values: np.ndarray, counted: np.ndarray, records: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of the interval of each column's mean over what is counted, drawn over records; none of one."""
    names, cluster = np.unique(records.to_numpy(str), return_inverse=True)
    if len(names) < 2:
        low, high = np.full((2, values.shape[1]), np.nan)
        return low, high
    columns = np.hstack([values, counted]).T
    sums = np.stack([np.bincount(cluster, column, len(names)) for column in columns], axis=1)
    drawn, sizes = np.hsplit(resampled(sums), 2)
    with np.errstate(invalid="ignore"):
        return interval(drawn / sizes)


def _parameters(rows: pd.DataFrame, which: str) -> np.ndarray:
    return rows[[f"{name}_{which}" for name in CLINICAL]].to_numpy(float)


def _both(names: tuple[str, ...]) -> list[str]:
    return [f"{name}_{which}" for name in names for which in ("truth", "trace")]


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
