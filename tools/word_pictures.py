"""Make src/papertrace/traces/{names,scale_text}.npz: how words look in typefaces that are free to use.

    python tools/word_pictures.py [names] [scale_text]

Typefaces: Rubik (in OpenCV, SIL OFL 1.1), DejaVu, STIX and Computer
Modern (in matplotlib; Bitstream Vera licence, SIL OFL 1.1, public domain), Liberation (Debian `fonts-liberation`,
SIL OFL 1.1). Every word becomes a picture of its ink, `NAME_PX` high and as wide as one of `WIDTHS_PX`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from papertrace.traces.names import NAMES
from papertrace.traces.scale_text import SCALE_WORDS
from papertrace.traces.words import GREYS, NAME_PX, Vocabulary, nearest_width, picture_width

_MATPLOTLIB = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
_LIBERATION = Path("/usr/share/fonts/truetype/liberation")
_SIZE = 160
_FILES = (
    *(_MATPLOTLIB / f"{name}.ttf" for name in ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique")),
    *(_MATPLOTLIB / f"{name}.ttf" for name in ("DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSansMono")),
    *(_MATPLOTLIB / f"{name}.ttf" for name in ("STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic", "cmss10")),
    *(_LIBERATION / f"Liberation{name}.ttf" for name in ("Sans-Regular", "Sans-Bold", "Sans-BoldItalic")),
    *(_LIBERATION / f"Liberation{name}.ttf" for name in ("SansNarrow-Regular", "Mono-Regular", "Serif-Bold")),
)
_RUBIK = (("sans", 300), ("sans", 600), ("italic", 300), ("italic", 600))


def main() -> None:
    """Make the assets that are named on the command line, or all."""
    for vocabulary in (NAMES, SCALE_WORDS):
        if not sys.argv[1:] or vocabulary.asset.stem in sys.argv[1:]:
            make(vocabulary)


def make(vocabulary: Vocabulary) -> None:
    """Draw every word of a vocabulary in every typeface and write the asset."""
    pictures, faces, words, widths, capitals = [], [], [], [], []
    for face, draw in _typefaces():
        capital = _crop(draw("V")).shape[0]
        for index, word in enumerate(vocabulary.printed):
            ink = _crop(draw(word))
            width = nearest_width(ink.shape[1] / ink.shape[0])
            picture = cv2.resize(ink, (picture_width(width), NAME_PX), interpolation=cv2.INTER_AREA)
            pictures.append(np.rint(picture * (GREYS / 255)).astype(np.uint8).ravel())
            faces.append(face)
            words.append(index)
            widths.append(width)
            capitals.append(capital / ink.shape[0])
    names, index = np.unique(faces, return_inverse=True)
    np.savez_compressed(
        vocabulary.asset,
        pictures=np.concatenate(pictures),
        face_names=names,
        face=index.astype(np.uint8),
        word=np.array(words, np.uint8),
        width=np.array(widths, np.uint8),
        capital=np.array(capitals, np.float32),
    )
    print(f"{vocabulary.asset.stem}: {len(words)} pictures, {vocabulary.asset.stat().st_size / 1000:.0f} kB")


def _typefaces() -> Iterator[tuple[str, Callable[[str], np.ndarray]]]:
    for face, weight in _RUBIK:
        yield f"Rubik-{face}-{weight}", _built_in(face, weight)
    for path in _FILES:
        yield path.stem, _from_file(path)


def _built_in(face: str, weight: int) -> Callable[[str], np.ndarray]:
    font = cv2.FontFace(face)

    def draw(word: str) -> np.ndarray:
        canvas = np.zeros((3 * _SIZE, _SIZE * (2 + len(word)), 3), np.uint8)
        cv2.putText(canvas, word, (_SIZE, 2 * _SIZE), (255, 255, 255), font, _SIZE, weight)
        return canvas[..., 0]

    return draw


def _from_file(path: Path) -> Callable[[str], np.ndarray]:
    # OpenCV draws files too, but confuses the glyphs of several of them (5.0.0)
    font = ImageFont.truetype(str(path), _SIZE)

    def draw(word: str) -> np.ndarray:
        canvas = Image.new("L", (_SIZE * (2 + len(word)), 3 * _SIZE))
        ImageDraw.Draw(canvas).text((_SIZE, _SIZE), word, fill=255, font=font)
        return np.asarray(canvas)

    return draw


def _crop(ink: np.ndarray) -> np.ndarray:
    rows, columns = np.flatnonzero(ink.max(axis=1) > 100), np.flatnonzero(ink.max(axis=0) > 100)
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


if __name__ == "__main__":
    main()
