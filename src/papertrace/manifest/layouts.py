"""Which leads of a record go on a page, in which layout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from papertrace.pages.layouts import LAYOUTS, Layout

STANDARD_LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
_COUNTS = ("no", "one lead", "two leads", "three leads", "four leads", "five leads", "six leads")


@dataclass(frozen=True)
class LayoutChoice:
    """A layout's name and the leads that it shows, in their usual order and as the record names them."""

    name: str
    leads: list[str]


def choose_layout(wanted: str, leads: list[str], layouts: Mapping[str, Layout] = LAYOUTS) -> LayoutChoice | str:
    """Return the layout of a record's pages, or the sentence that says why it has none.

    Parameters
    ----------
    wanted : str
        A layout's name, or ``auto``: 3x4+1 for the twelve standard leads, else the first two leads below each
        other, else the one lead there is.
    leads : list of str
        The record's leads; upper and lower case are the same (LUDB writes ``avr``, PTB-XL ``AVR``).
    layouts : mapping
        Layouts by name.
    """
    by_name = {lead.strip().lower(): lead for lead in reversed(leads)}
    if wanted == "auto":
        twelve = all(lead.lower() in by_name for lead in STANDARD_LEADS)
        wanted = "3x4+1" if twelve else f"{min(2, len(leads))}x1"
    if wanted not in layouts:
        return f"layout {wanted!r} is not known; use one of {', '.join(layouts)}"
    cells = [lead for row in layouts[wanted].rows for lead in row]
    places = sorted({cell for cell in cells if isinstance(cell, int)})
    named = list(dict.fromkeys(cell.removeprefix("-") for cell in cells if isinstance(cell, str)))
    named.sort(key=lambda lead: STANDARD_LEADS.index(lead) if lead in STANDARD_LEADS else len(STANDARD_LEADS))
    missing = [lead for lead in named if lead.lower() not in by_name]
    if missing:
        needs = "the twelve standard leads" if set(named) == set(STANDARD_LEADS) else ", ".join(named)
        return f"layout {wanted} needs {needs}, and the record lacks {', '.join(missing)}; set `pages.layout` to auto"
    if places and places[-1] >= len(leads):
        wants = places[-1] + 1
        needs = _COUNTS[wants] if wants < len(_COUNTS) else f"{wants} leads"
        return f"layout {wanted} needs {needs}, and the record has only {', '.join(leads)}; set `pages.layout` to auto"
    shown = [leads[place] for place in places] + [by_name[lead.lower()] for lead in named]
    return LayoutChoice(wanted, list(dict.fromkeys(shown)))
