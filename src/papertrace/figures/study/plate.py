"""What a figure of the study is, before it is drawn and after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

if TYPE_CHECKING:
    import pandas as pd

    from papertrace.figures.study.data import Study


class AbsentError(Exception):
    """A run does not have what a figure shows; its sentence says what that is, and what would make it."""


@dataclass(frozen=True)
class Plate:
    """A figure as drawn.

    Attributes
    ----------
    figure : Figure
        At the size it is to be printed in.
    caption : str
        What it shows, with the numbers of this run.
    rows : DataFrame, optional
        Of a table: its cells, written beside it as CSV.
    """

    figure: Figure
    caption: str
    rows: pd.DataFrame | None = None


@dataclass(frozen=True)
class Item:
    """A figure of the list.

    Attributes
    ----------
    number : str
        F1 … F17, T1 … T5.
    slug : str
        With the number, the name of its files.
    title : str
        What it shows, in a few words.
    draw : callable
        Draws it from a run; raises `AbsentError` where the run lacks what it shows.
    scored : bool
        It shows scores: those of the split that `figures.split` names.
    """

    number: str
    slug: str
    title: str
    draw: Callable[[Study], Plate]
    scored: bool = False

    @property
    def name(self) -> str:
        """Its files' name without suffix, such as ``F12-snr``."""
        return f"{self.number}-{self.slug}"
