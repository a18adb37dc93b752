"""Which lead stands in which column of a row, told from the names read beside the rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from papertrace.traces.layout import Row
from papertrace.traces.names import CABRERA, CHEST, LIMB, LeadName

_COLUMN_COUNTS = (1, 2, 3, 4, 6)
# names that make a format; share of names that counts as most; likeness that tells the true one of two equal names
_AGREEING, _MOSTLY, _CLEARLY = 3, 0.6, 0.06
_COLUMN_MM, _SAME_COLUMN_MM = 10.0, 7.0


@dataclass(frozen=True)
class RowLeads:
    """A row's columns from left to right.

    Attributes
    ----------
    leads : tuple of str or None
        One for each column; None where neither the name nor the format of the page is known.
    read : tuple of bool
        Whether the name was read there; the others follow from the format that the read ones agree with.
    """

    leads: tuple[str | None, ...]
    read: tuple[bool, ...]


def assign_columns(names: list[LeadName], rows: list[Row], start_mm: float, length_mm: float) -> list[RowLeads | None]:
    """Tell from the names' places how many columns each row has, and which lead stands in which.

    A name stands near the beginning of its column, at about the same distance in every column of a page, so the
    number of columns is the smallest of 1, 2, 3, 4 and 6 that puts a column's beginning at most names. Where more
    columns would do as well, most of the fewer ones' names must have been read.

    A row with a name at its beginning and nowhere else has one column (a rhythm strip) where most other names of the
    page were read. Elsewhere no lead occurs twice. If the names agree with a usual 12-lead format, those few that do
    not are misread and left out, and those not read follow from it.

    Parameters
    ----------
    names : list of LeadName
        As `read_lead_names` gives them.
    rows : list of Row
        The page's rows from the top.
    start_mm, length_mm : float
        Where the page's time begins, and how long it is.

    Returns
    -------
    list of RowLeads or None
        One for each row; None where its names do not tell.
    """
    if not names:
        return [None] * len(rows)
    count, offset = _column_count(names, start_mm, length_mm)
    by_row = _cells(names, len(rows), count, start_mm + offset, length_mm / count)
    strips = _rhythm_strips(by_row)
    if not _is_count_sure([row for index, row in enumerate(by_row) if index not in strips]) or _may_be_more(by_row):
        return [None] * len(rows)
    form = _usual_format(by_row)
    if form:
        strips = set(range(len(form), len(rows)))
    grid = list(range(len(form))) if form else [index for index in range(len(rows)) if index not in strips]
    result: list[RowLeads | None] = [None] * len(rows)
    for index in strips:
        # a row below a format is a strip also where its name was not read
        name = by_row[index][0]
        result[index] = RowLeads((None if name is None else name.text,), (name is not None,))
    for place, (index, row) in enumerate(zip(grid, _unique([by_row[index] for index in grid]), strict=True)):
        if form:
            leads = form[place]
            result[index] = RowLeads(leads, tuple(a is not None and a == b for a, b in zip(leads, row, strict=True)))
        elif any(row) and (count == 1 or any(row[1:])):
            # a dash before aVR may be anything but where the other names are in Cabrera order
            leads = tuple(None if lead == "-aVR" else lead for lead in row)
            result[index] = RowLeads(leads, tuple(lead is not None for lead in leads))
    return result


def _column_count(names: list[LeadName], start_mm: float, length_mm: float) -> tuple[int, float]:
    """Return how many columns explain most names, and how far behind a column's beginning its name stands."""
    best = (0.0, 1, 0.0)
    x = np.array([name.x_mm for name in names]) - start_mm
    for count in _COLUMN_COUNTS:
        width = length_mm / count
        for offset in x - np.rint(x / width) * width:
            if abs(offset) > _COLUMN_MM:
                continue
            column = np.rint((x - offset) / width)
            near = np.abs(x - offset - column * width) < _SAME_COLUMN_MM
            near &= (column >= 0) & (column < count)
            # more columns explain more names by chance
            rating = near.sum() - 0.15 * count - 0.05 * abs(offset) / _COLUMN_MM
            if rating > best[0]:
                best = (float(rating), count, float(offset))
    return best[1:]


def _cells(
    names: list[LeadName], n_rows: int, count: int, first_mm: float, width_mm: float
) -> list[list[LeadName | None]]:
    """Return by row and column the name that stands there."""
    cells: list[list[LeadName | None]] = [[None] * count for _ in range(n_rows)]
    for name in sorted(names, key=lambda name: name.score):
        column = round((name.x_mm - first_mm) / width_mm)
        if 0 <= column < count and abs(name.x_mm - first_mm - column * width_mm) < _SAME_COLUMN_MM:
            cells[name.row][column] = name
    return cells


def _is_strip(row: list[LeadName | None]) -> bool:
    return row[0] is not None and not any(row[1:])


def _rhythm_strips(by_row: list[list[LeadName | None]]) -> set[int]:
    """Return the lowest rows if they have a name at their beginning only, and the others' names were mostly read."""
    if len(by_row[0]) == 1:
        return set()
    wide = [index for index, row in enumerate(by_row) if any(row[1:])]
    if not wide or np.mean([name is not None for index in wide for name in by_row[index]]) < _MOSTLY:
        return set()
    return {index for index in range(wide[-1] + 1, len(by_row)) if _is_strip(by_row[index])}


def _is_count_sure(by_row: list[list[LeadName | None]]) -> bool:
    """Tell whether no larger number of columns is as likely, with names of theirs that were not read."""
    if not by_row:
        return False
    read = np.array([[name is not None for name in row] for row in by_row])
    count = read.shape[1]
    if count == 1 and len(by_row) <= 2:
        # two rows are no 12-lead format
        return True
    if count > 1 and int(read.any(axis=0).sum()) < 2:
        return False
    return bool(read.mean() >= _MOSTLY) or not any(more > count and more % count == 0 for more in _COLUMN_COUNTS)


def _may_be_more(by_row: list[list[LeadName | None]]) -> bool:
    """Tell whether a usual format with more columns explains the names as well, had none of the others been read.

    The first and the third column of four stand where two columns do, and the first of any where one does.
    """
    texts = [row[0].text for row in by_row if row[0] is not None]
    count = len(by_row[0])
    if count == 1 and (len(by_row) <= 2 or len(set(texts)) == len(by_row)):
        # no 12-lead format, or a lead for each row and none beside it
        return False
    explained = max((agree for agree, _ in _rated_formats(by_row)), default=0)
    for more in _COLUMN_COUNTS:
        if more > count and more % count == 0:
            apart = more // count
            spread = [[row[k // apart] if k % apart == 0 else None for k in range(more)] for row in by_row]
            if max((agree for agree, _ in _rated_formats(spread, least=1)), default=-1) >= explained:
                return True
    return False


def _unique(rows: list[list[LeadName | None]]) -> list[list[str | None]]:
    """Return the texts, without those that occur twice but for one that looks clearly more like it."""
    everything = [name for row in rows for name in row if name is not None]

    def text(name: LeadName | None) -> str | None:
        if name is None:
            return None
        rivals = [other.score for other in everything if other is not name and other.text == name.text]
        return name.text if all(name.score >= score + _CLEARLY for score in rivals) else None

    return [[text(name) for name in row] for row in rows]


def _formats(columns: int) -> list[list[tuple[str, ...]]]:
    """Return the usual 12-lead formats with this many columns, row by row: standard and Cabrera order."""
    if columns not in (1, 2, 4):
        return []
    result = []
    for limb in (LIMB, *CABRERA):
        leads = (*limb, *CHEST[:6])
        height = len(leads) // columns
        result.append([leads[row::height] for row in range(height)])
    return result


def _rated_formats(
    by_row: list[list[LeadName | None]], least: int = _AGREEING
) -> list[tuple[int, list[tuple[str, ...]]]]:
    """Return the usual formats that `least` names agree with, but for few that are misread, and how many do.

    Rows below the format's may be rhythm strips.
    """
    rated = []
    for form in _formats(len(by_row[0])):
        if len(by_row) < len(form) or any(any(row[1:]) for row in by_row[len(form) :]):
            continue
        texts = _unique(by_row[: len(form)])
        pairs = [pair for row, usual in zip(texts, form, strict=True) for pair in zip(row, usual, strict=True)]
        agree = sum(lead == usual for lead, usual in pairs)
        against = sum(lead is not None and lead != usual for lead, usual in pairs)
        if agree >= least and agree >= 3 * against:
            rated.append((agree, form))
    return rated


def _usual_format(by_row: list[list[LeadName | None]]) -> list[tuple[str | None, ...]]:
    """Return the usual format that most names agree with; empty where there is none.

    Leads in which equally good formats differ are None.
    """
    rated = _rated_formats(by_row)
    best = [form for agree, form in rated if agree == max(agree for agree, _ in rated)]
    return [
        tuple(leads[0] if len(set(leads)) == 1 else None for leads in zip(*rows, strict=True))
        for rows in zip(*best, strict=True)
    ]
