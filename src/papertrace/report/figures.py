"""The dataset's figures as the report shows them: all of ``figures/figures.csv``, by what they are about."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import cv2

from papertrace.errors import PapertraceError
from papertrace.figures.data import read_image
from papertrace.figures.drawn import Drawn
from papertrace.figures.pages import fit
from papertrace.io import write_bytes

_LOSSLESS = 101  # how OpenCV is asked for it
_QUALITY = 90  # of the study's figures, many of which are photos
_STUDY_WIDTH_PX = 1600
_SHOWN_ELSEWHERE = {"page", "overlay"}  # the report draws pages itself


@dataclass(frozen=True)
class Figure:
    """A figure of the report: its file, beside the report's, and its size in px; or the problem why it is not there."""

    title: str
    file: str
    width: int
    height: int
    problem: str
    caption: str


def show_figures(listed: Path, folder: Path) -> dict[str, list[Figure]]:
    """Copy the figures that are listed to the report's folder, as WebP, and return them by their kind.

    Those of the study are for print and large: here they are shrunk, and not lossless.

    Raises
    ------
    PapertraceError
        If the list or one of its figures is missing.

    """
    try:
        with listed.open(encoding="utf-8", newline="") as file:
            drawn = [Drawn(**row) for row in csv.DictReader(file)]
    except FileNotFoundError:
        raise PapertraceError(f"{listed}: no such list of figures; make it with `papertrace figures`") from None
    kinds: dict[str, list[Figure]] = {}
    for figure in drawn:
        if figure.kind in _SHOWN_ELSEWHERE:
            continue
        width = height = 0
        if not figure.problem:
            image, quality = read_image(listed.parent / f"{figure.name}.png"), _LOSSLESS
            if figure.kind == "study":
                image, quality = fit(image, _STUDY_WIDTH_PX), _QUALITY
            height, width = image.shape[:2]
            # A third of the PNG, and of thousands of points a tenth of an SVG.
            coded = cv2.imencode(".webp", image, [cv2.IMWRITE_WEBP_QUALITY, quality])[1].tobytes()
            write_bytes(coded, folder / f"{figure.name}.webp")
        kinds.setdefault(figure.kind, []).append(
            Figure(figure.title, f"{figure.name}.webp", width, height, figure.problem, figure.caption)
        )
    return kinds
