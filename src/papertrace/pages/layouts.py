"""Which lead stands where on a page, as data."""

from __future__ import annotations

from dataclasses import dataclass

PAGE_SECONDS = 10.0
"""What one row of a page holds: 10 s, 250 mm at 25 mm/s."""


@dataclass(frozen=True)
class Layout:
    """Rows of cells; a row's cells share its 10 s equally, so column k shows its own stretch of the record.

    A cell is a lead's standard name, or the place of the lead in the record where names are not standard.
    """

    name: str
    rows: tuple[tuple[str | int, ...], ...]

    def cells(self) -> list[Cell]:
        """Return the cells row by row, from left to right."""
        return [
            Cell(row, column, lead, column * PAGE_SECONDS / len(leads), PAGE_SECONDS / len(leads))
            for row, leads in enumerate(self.rows)
            for column, lead in enumerate(leads)
        ]


@dataclass(frozen=True)
class Cell:
    """One place for a stretch of a lead: `start_s` from the page's first moment, and how long it is."""

    row: int
    column: int
    lead: str | int
    start_s: float
    duration_s: float


LAYOUTS = {
    layout.name: layout
    for layout in (
        Layout("1x1", ((0,),)),
        Layout("2x1", ((0,), (1,))),
        Layout(
            "3x4+1",
            (("I", "aVR", "V1", "V4"), ("II", "aVL", "V2", "V5"), ("III", "aVF", "V3", "V6"), ("II",)),
        ),
    )
}
"""Holter pages of one or two leads, and the standard 12-lead page with lead II as rhythm strip."""


def find_lead(lead: str | int, names: list[str]) -> int | None:
    """Return which of a record's leads a cell shows: by place, or by name in any case; None where it is absent."""
    if isinstance(lead, int):
        return lead if lead < len(names) else None
    folded = [name.strip().upper() for name in names]
    return folded.index(lead.upper()) if lead.upper() in folded else None
