"""The list of a dataset's figures: ``figures/figures.csv``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from papertrace.figures import plots


@dataclass(frozen=True)
class Drawn:
    """A figure of the list.

    Attributes
    ----------
    name : str
        Its files' path without suffix, from the list's folder.
    kind : str
        What it is about, such as ``snr``: the report shows figures of a kind together.
    title : str
        What it shows.
    problem : str
        Empty, or why there is no such figure.
    caption : str
        What a reader of the figure has to know; empty where the title says it all.

    """

    name: str
    kind: str
    title: str
    problem: str = ""
    caption: str = ""

    def save(self, figure: Figure, folder: Path) -> Drawn:
        """Write the figure to `folder` as PNG and PDF and return its entry."""
        plots.save(figure, folder / self.name)
        return self


def file_stem(digitizer: str) -> str:
    """Return a digitizer's name as a file may be called: ``network:weights=/a/b`` is ``network-weights-a-b``."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", digitizer)
