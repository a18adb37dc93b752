"""All figures and tables of the study: drawn, listed, and where one could not be made, why."""

from __future__ import annotations

from pathlib import Path

from tqdm import tqdm

from papertrace.errors import PapertraceError
from papertrace.figures import plots
from papertrace.figures.drawn import Drawn
from papertrace.figures.study import artifacts, clinical, costs, diagrams, experts, fidelity, pages, pitch, reading
from papertrace.figures.study.data import Study
from papertrace.figures.study.plate import AbsentError, Item
from papertrace.figures.study.style import style
from papertrace.io import write_text
from papertrace.scores.summary import to_csv

FOLDER = "study"
"""Within the folder of the figures."""


def items() -> list[Item]:
    """Return the whole list, figures before tables, each in order of its number."""
    rooms = (diagrams, pages, artifacts, reading, pitch, fidelity, clinical, experts, costs)
    return sorted(
        (item for room in rooms for item in room.ITEMS), key=lambda item: (item.number[0], int(item.number[1:]))
    )


def draw(study: Study, folder: Path) -> list[Drawn]:
    """Draw what the run has the data for.

    Parameters
    ----------
    study : Study
        The run.
    folder : Path
        Figures go to ``<folder>/study/`` as PNG and PDF, cells of tables as CSV; so does ``index.md``, which shows them
        with their captions and says of each one that is not there why.

    Returns
    -------
    list of Drawn
        The whole list; `problem` tells why one is not there.
    """
    drawn = []
    for item in tqdm(items(), desc="study", unit="figure", disable=None):
        entry = {"name": f"{FOLDER}/{item.name}", "kind": "study", "title": f"{item.number}: {item.title}"}
        try:
            with style():
                plate = item.draw(study)
                plots.save(plate.figure, folder / entry["name"])
        except (AbsentError, PapertraceError) as error:
            drawn.append(Drawn(**entry, problem=str(error)))
            continue
        if plate.rows is not None:
            write_text(to_csv(plate.rows), folder / f"{entry['name']}.csv")
        whose = f" Scores of the {study.split} split alone." if item.scored and study.split != "all" else ""
        drawn.append(Drawn(**entry, caption=plate.caption + whose))
    write_text(_index(drawn, study), folder / FOLDER / "index.md")
    return drawn


def leave_out(folder: Path) -> None:
    """Write an index that says that nothing was wanted."""
    write_text("Nothing was drawn: `figures.study` is off.\n", folder / FOLDER / "index.md")


def _index(drawn: list[Drawn], study: Study) -> str:
    """Return the list as Markdown."""
    lines = [f"# Figures and tables: {study.folder.name}", ""]
    for figure in drawn:
        file = Path(figure.name).name
        lines += [f"## {figure.title}", ""]
        if figure.problem:
            lines += [f"Not made: {figure.problem}.", ""]
        else:
            files = f"[PNG]({file}.png), [PDF]({file}.pdf)" + (f", [CSV]({file}.csv)" if file[0] == "T" else "")
            lines += [f"![{figure.title}]({file}.png)", "", f"{figure.caption} {files}", ""]
    return "\n".join(lines)
