"""Contact sheets: all pictures of the gallery, or one of each entry, in one image."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from papertrace.gallery.picture import Picture, fit
from papertrace.gallery.tiles import SEVERITIES, Section
from papertrace.pages.text import draw_text

_INK, _MUTED = (41, 51, 31)[::-1], (115, 103, 91)
_BACKGROUND, _FRAME = (255, 255, 255), (222, 218, 214)


@dataclass(frozen=True)
class Style:
    """Measures of a sheet in pixels: columns of tiles, a tile's width and height, its loupe's side, sizes of type."""

    columns: int
    tile: tuple[int, int]
    loupe: int
    type_px: int
    heading_px: int
    gap: int = 12


FULL = Style(columns=9, tile=(250, 194), loupe=96, type_px=16, heading_px=34, gap=16)
SMALL = Style(columns=8, tile=(146, 113), loupe=52, type_px=13, heading_px=24, gap=10)


@dataclass(frozen=True)
class Cell:
    """A picture on a sheet and the line below it."""

    picture: Picture
    caption: str


def chapters(shown: list[tuple[Section, list[list[Picture]]]]) -> list[tuple[str, list[Cell]]]:
    """Return title and cells of each chapter: all pictures."""
    found = []
    for section, entries in shown:
        cells = [
            Cell(picture, " · ".join(dict.fromkeys([_spaced(entry.name), picture.tile.title])))
            for entry, pictures in zip(section.entries, entries, strict=True)
            for picture in pictures
            if picture.problem is None
        ]
        found.append((section.title, cells))
    return found


def overview(shown: list[tuple[Section, list[list[Picture]]]]) -> list[tuple[str, list[Cell]]]:
    """Return title and cells of a small sheet: the last picture of each layout, artifact and preset."""
    titles = {
        "layouts": "Layouts",
        "artifacts": f"Artifacts, each at severity {SEVERITIES[-1]} of 5",
        "presets": "Presets",
    }
    found = []
    for section, entries in shown:
        if section.key in titles:
            last = [
                (entry.name, [picture for picture in pictures if picture.problem is None][-1:])
                for entry, pictures in zip(section.entries, entries, strict=True)
            ]
            found.append(
                (titles[section.key], [Cell(picture, _spaced(name)) for name, some in last for picture in some])
            )
    return found


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def draw_sheet(chapters: list[tuple[str, list[Cell]]], folder: Path, style: Style) -> np.ndarray:
    """Draw a sheet from the thumbnails and details in `folder`.

    Parameters
    ----------
    chapters : list
        See `chapters`.
    folder : Path
        Of the gallery.
    style : Style
        Measures.

    Returns
    -------
    ndarray, uint8, shape (h, w, 3)
        Blue, green, red.
    """
    step_x, step_y = style.tile[0] + style.gap, style.tile[1] + style.type_px + style.gap + 8
    heading = 2 * style.heading_px
    width = style.columns * step_x + style.gap
    heights = [heading + -(-len(cells) // style.columns) * step_y for _, cells in chapters]
    sheet = np.full((sum(heights) + style.gap, width, 3), _BACKGROUND, np.uint8)
    top = 0
    for (title, cells), height in zip(chapters, heights, strict=True):
        _write(sheet, title, style.gap, top + heading - 0.5 * style.heading_px, style.heading_px, _INK, 500)
        for place, cell in enumerate(cells):
            row, column = divmod(place, style.columns)
            x, y = style.gap + column * step_x, top + heading + row * step_y
            _place(sheet, cell, folder, style, x, y)
        top += height
    return sheet


def _place(sheet: np.ndarray, cell: Cell, folder: Path, style: Style, x: int, y: int) -> None:
    """Put a thumbnail with its caption on the sheet; on that of a scan lies a loupe with a part of its detail."""
    name = f"{cell.picture.tile.name}.jpg"
    thumb = fit(cv2.imread(str(folder / "thumbs" / name)), style.tile)
    left, top = x + (style.tile[0] - thumb.shape[1]) // 2, y + (style.tile[1] - thumb.shape[0]) // 2
    right, bottom = left + thumb.shape[1], top + thumb.shape[0]
    sheet[top:bottom, left:right] = thumb
    cv2.rectangle(sheet, (left - 1, top - 1), (right, bottom), _FRAME, 1)
    if cell.picture.tile.scans is not None:
        detail = cv2.imread(str(folder / "details" / name))
        free = np.maximum(np.subtract(detail.shape[1::-1], style.loupe), 0)
        first_x, first_y = np.clip(np.subtract(cell.picture.focus, style.loupe // 2), 0, free)
        loupe = detail[first_y:, first_x:][: style.loupe, : style.loupe]
        right, bottom = right - 4, bottom - 4
        x0, y0 = right - loupe.shape[1], bottom - loupe.shape[0]
        cv2.rectangle(sheet, (x0 - 2, y0 - 2), (right + 1, bottom + 1), (255, 255, 255), -1)
        cv2.rectangle(sheet, (x0 - 3, y0 - 3), (right + 2, bottom + 2), _MUTED, 1)
        sheet[y0:bottom, x0:right] = loupe
    _write(sheet, cell.caption, x, y + style.tile[1] + style.type_px + 3, style.type_px, _INK)


def _write(
    sheet: np.ndarray, text: str, x: float, baseline: float, size: int, colour: tuple, weight: int = 400
) -> None:
    y0, y1 = max(0, int(baseline - 1.3 * size)), int(baseline + 0.5 * size)
    band = np.zeros((y1 - y0, sheet.shape[1]), np.float32)
    draw_text(band, text, x, baseline - y0, size, weight=weight)
    part = sheet[y0:y1].astype(np.float32)
    sheet[y0:y1] = np.rint(part + band[..., None] * (np.array(colour, np.float32) - part)).astype(np.uint8)


def encode_sheet(sheet: np.ndarray, colours: int | None = None) -> bytes:
    """Return a sheet as PNG; with a palette of its own, of so many colours, where it has to be small."""
    if colours is None:
        return cv2.imencode(".png", sheet, [cv2.IMWRITE_PNG_COMPRESSION, 4])[1].tobytes()
    import io

    from PIL import Image

    picture = Image.fromarray(cv2.cvtColor(sheet, cv2.COLOR_BGR2RGB))
    # A ninth of the pixels tells the palette.
    palette = picture.resize((sheet.shape[1] // 3, sheet.shape[0] // 3), Image.Resampling.NEAREST)
    palette = palette.quantize(colours - 1, Image.Quantize.MEDIANCUT, kmeans=4)
    places = np.array(picture.quantize(palette=palette, dither=Image.Dither.NONE))
    # The sheet's own white, which no mean of colours is.
    levels = palette.getpalette()
    places[(sheet == _BACKGROUND).all(axis=2)] = len(levels) // 3
    small = Image.fromarray(places, "P")
    small.putpalette([*levels, *_BACKGROUND])
    data = io.BytesIO()
    small.save(data, "PNG", optimize=True)
    return data.getvalue()
