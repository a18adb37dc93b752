"""Which leads of a record go on a page, in which layout."""

from __future__ import annotations

from dataclasses import dataclass

STANDARD_LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")


@dataclass(frozen=True)
class LayoutChoice:
    """A layout's name and the leads that it shows, in its order and as the record names them."""

    name: str
    leads: list[str]


def choose_layout(wanted: str, leads: list[str]) -> LayoutChoice | str:
    """Return the layout of a record's pages, or the sentence that says why it has none.

    Parameters
    ----------
    wanted : str
        ``1x1``, ``2x1``, ``3x4+1``, or ``auto``: 3x4+1 for the twelve standard leads, else the first two leads
        below each other, else the one lead there is.
    leads : list of str
        The record's leads; upper and lower case are the same (LUDB writes ``avr``, PTB-XL ``AVR``).
    """
    by_name = {lead.lower(): lead for lead in reversed(leads)}
    missing = [lead for lead in STANDARD_LEADS if lead.lower() not in by_name]
    if wanted == "3x4+1" or (wanted == "auto" and not missing):
        if missing:
            return (
                f"layout 3x4+1 needs the twelve standard leads, and the record lacks {', '.join(missing)}; "
                "set `pages.layout` to auto"
            )
        return LayoutChoice("3x4+1", [by_name[lead.lower()] for lead in STANDARD_LEADS])
    if wanted == "2x1" and len(leads) < 2:
        return f"layout 2x1 needs two leads, and the record has only {leads[0]}; set `pages.layout` to auto"
    rows = 1 if wanted == "1x1" else min(2, len(leads))
    return LayoutChoice(f"{rows}x1", leads[:rows])
