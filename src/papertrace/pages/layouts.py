"""Which lead stands where on a page, as data: ``layouts.yaml``, and layouts of a config's own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StrictInt,
    StrictStr,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from papertrace.errors import ConfigError
from papertrace.section import Section

PAGE_SECONDS = 10.0
"""What one row of a page holds where nothing else is said: 10 s, 250 mm at 25 mm/s."""

_LEAD = r"^-?[^\s-][^\n]{0,23}$"
_MOST_ROWS, _MOST_COLUMNS = 15, 12
_Lead = Annotated[StrictStr, StringConstraints(pattern=_LEAD)] | Annotated[StrictInt, Field(ge=0)]
_Row = Annotated[tuple[_Lead, ...], Field(min_length=1, max_length=_MOST_COLUMNS)]


def _told(rows: Any) -> Any:
    """Pass rows on, or tell what is wrong with them in words that pydantic does not have."""
    if not isinstance(rows, (list, tuple)) or not 1 <= len(rows) <= _MOST_ROWS:
        raise ValueError(f"write a list of 1 to {_MOST_ROWS} rows, such as [[I, V1], [II, V2]]")
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, (list, tuple)) or not 1 <= len(row) <= _MOST_COLUMNS:
            raise ValueError(f"row {number} is {row!r}: write a list of 1 to {_MOST_COLUMNS} leads, such as [I, V1]")
        for place, cell in enumerate(row, start=1):
            by_name = isinstance(cell, str) and re.match(_LEAD, cell)
            if not by_name and (not isinstance(cell, int) or isinstance(cell, bool) or cell < 0):
                raise ValueError(
                    f"cell {place} of row {number} is {cell!r}: write a lead's name such as V1 or -aVR, "
                    "or its place in the record from 0"
                )
    return rows


def _not_auto(name: str) -> str:
    if name == "auto":
        raise ValueError("auto is taken: give the layout another name")
    return name


class Layout(Section):
    """Rows of cells; a row's cells share its seconds equally.

    A cell is a lead's standard name, the same with a minus sign (drawn upside down, as Cabrera's -aVR), or the
    place of the lead in the record, from 0, where names are not standard.
    """

    rows: Annotated[tuple[_Row, ...], Field(min_length=1, max_length=_MOST_ROWS), BeforeValidator(_told)] = Field(
        description="rows from top to bottom; each a list of leads by name, or by place in the record from 0"
    )

    def cells(self, row_s: float = PAGE_SECONDS, simultaneous: bool = False) -> list[Cell]:
        """Return the cells row by row, from left to right; see `cells_of`."""
        return cells_of(self.rows, row_s, simultaneous)


@dataclass(frozen=True)
class Cell:
    """One place for a stretch of a lead.

    `place_s` is where on its row it begins, `start_s` which moment of the window it shows first; they differ
    where columns are simultaneous. Seconds, as is `duration_s`.
    """

    row: int
    column: int
    lead: str | int
    place_s: float
    start_s: float
    duration_s: float


def cells_of(
    rows: tuple[tuple[str | int, ...], ...], row_s: float = PAGE_SECONDS, simultaneous: bool = False
) -> list[Cell]:
    """Return the cells of a layout's rows, row by row, from left to right.

    Parameters
    ----------
    rows : tuple
        `Layout.rows`.
    row_s : float
        Seconds that a row holds.
    simultaneous : bool
        Every column shows the window's first seconds, instead of each the seconds after its neighbour's.
    """
    cells = []
    for row, leads in enumerate(rows):
        for column, lead in enumerate(leads):
            place_s = column * row_s / len(leads)
            cells.append(Cell(row, column, lead, place_s, 0.0 if simultaneous else place_s, row_s / len(leads)))
    return cells


Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]{0,31}$"), AfterValidator(_not_auto)]
"""The name of a layout."""

_FILE = TypeAdapter(dict[Name, Layout])


def read_layouts(path: Path) -> dict[str, Layout]:
    """Read a file of layouts, by name.

    Raises
    ------
    ConfigError
        The file cannot be read, or holds something else: one sentence that names the place.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        what = error.strerror if isinstance(error, OSError) else "it is not valid YAML"
        raise ConfigError(f"{path}: cannot be read as layouts ({what}); name a file of layouts") from None
    try:
        return _FILE.validate_python(data)
    except ValidationError as error:
        raise ConfigError(f"{path}: {_sentence(error)}") from None


def _sentence(error: ValidationError) -> str:
    """Return what is wrong with a file of layouts."""
    first = error.errors()[0]
    name, *rest = first["loc"] or (None,)
    if name is None:
        return "holds no layouts; write one a line, such as `name: {rows: [[I, V1], [II, V2]]}`"
    if first["type"] == "value_error":
        said = first["msg"].removeprefix("Value error, ")
        return said if rest == ["[key]"] else f"layout {name}: {said}"
    if rest == ["[key]"]:
        return f"{name!r} is no name for a layout: write up to 32 letters, digits and _ . + -, a number in quotes"
    if first["type"] == "extra_forbidden":
        return f"layout {name} has a key {rest[-1]!r}; only rows is known: `{name}: {{rows: [[I, V1], [II, V2]]}}`"
    if not rest or first["type"] == "missing":
        return f"layout {name} has no rows; write `{name}: {{rows: [[I, V1], [II, V2]]}}`"
    return f"layout {name} is no layout ({first['msg']}); write `{name}: {{rows: [[I, V1], [II, V2]]}}`"


LAYOUTS = read_layouts(Path(__file__).with_name("layouts.yaml"))
"""The layouts that papertrace brings along, by name."""


def known_layouts(own: Mapping[str, Layout]) -> dict[str, Layout]:
    """Return every layout that a config may name: papertrace's, and the config's own, which go first."""
    return {**LAYOUTS, **own}


def find_lead(lead: str | int, names: list[str]) -> int | None:
    """Return which of a record's leads a cell shows: by place, or by name in any case; None where it is absent."""
    if isinstance(lead, int):
        return lead if lead < len(names) else None
    folded = [name.strip().upper() for name in names]
    wanted = lead.removeprefix("-").upper()
    return folded.index(wanted) if wanted in folded else None


def sign_of(lead: str | int) -> int:
    """Return -1 for a cell that shows its lead upside down, else 1."""
    return -1 if isinstance(lead, str) and lead.startswith("-") else 1
