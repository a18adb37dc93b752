"""A dataset in another program's format: the whole folder or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from papertrace.errors import PapertraceError
from papertrace.exports.dataset import count_images, read_items
from papertrace.exports.formats import FORMATS
from papertrace.exports.item import LeftOut
from papertrace.io import atomic_folder


@dataclass(frozen=True)
class Exported:
    """How many images were written, and what was left out."""

    images: int
    left_out: list[LeftOut]


def export(results: Path, name: str, kind: str, out: Path) -> Exported:
    """Write a dataset's images and labels in another program's format.

    Parameters
    ----------
    results : Path
        Folder of the dataset.
    name : str
        One of `papertrace.exports.formats.FORMATS`.
    kind : str
        Which images: ``pages`` or ``scans``.
    out : Path
        Folder to write; it must be new or empty, and appears whole or not at all. Images that could not be exported
        are listed in ``left-out.csv`` in it.

    Raises
    ------
    PapertraceError
        The dataset is not there, `out` holds files, or no image could be exported.
    """
    import csv

    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise PapertraceError(f"{out}: is there already and not empty; name a new folder")
    total = count_images(results, kind)
    left_out: list[LeftOut] = []
    with atomic_folder(out) as folder:
        writer = FORMATS[name](folder)
        for item in tqdm(read_items(results, kind), desc=name, total=total, unit="image", disable=None):
            if isinstance(item, LeftOut):
                left_out.append(item)
            else:
                writer.add(item)
        writer.close()
        if len(left_out) == total:
            reason = f"; the first one: {left_out[0].reason}" if left_out else ""
            raise PapertraceError(f"{results}: none of its {total} {kind} could be exported{reason}")
        if left_out:
            with (folder / "left-out.csv").open("w", newline="", encoding="utf-8") as file:
                rows = csv.writer(file, lineterminator="\n")
                rows.writerow(["page_id", "reason"])
                rows.writerows([item.page_id, item.reason] for item in left_out)
    return Exported(total - len(left_out), left_out)
