"""Which lead stands where on a page, as data: ``layouts.yaml``, and layouts of a config's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, StrictInt, StrictStr, StringConstraints, TypeAdapter, ValidationError

from papertrace.errors import ConfigError
from papertrace.section import Section

PAGE_SECONDS = 10.0
"""What one row of a page holds where nothing else is said: 10 s, 250 mm at 25 mm/s."""

_Lead = Annotated[StrictStr, StringConstraints(pattern=r"^-?[^\s-][^\n]{0,23}$")] | Annotated[StrictInt, Field(ge=0)]
_Row = Annotated[tuple[_Lead, ...], Field(min_length=1, max_length=12)]


class Layout(Section):
    """Rows of cells; a row's cells share its seconds equally.

    A cell is a lead's standard name, the same with a minus sign (drawn upside down, as Cabrera's -aVR), or the
    place of the lead in the record, from 0, where names are not standard.
    """

    rows: Annotated[tuple[_Row, ...], Field(min_length=1, max_length=15)] = Field(
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


Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]{0,31}$")]
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
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        message = first["msg"][0].lower() + first["msg"][1:]
        raise ConfigError(
            f"{path}: {place} is no layout ({message}); write `name: {{rows: [[I, V1], [II, V2]]}}`"
        ) from None


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
