"""Print on a page: where words are, and which of a vocabulary they look like.

Ink that is not trace -> connected parts -> words -> the vocabulary's nearest picture, by the directions of its
strokes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from papertrace.spans import spans_of
from papertrace.traces.ink import InkMap
from papertrace.traces.layout import Row

NAME_PX = 24
"""Height of a picture."""
_CELL_PX = 3
_NARROW_PX = 18
_PAD_PX = 3
_BLUR_PX = 1.0
GREYS = 7
"""Ink of a picture is 0 ... GREYS."""
WIDTHS_PX = (3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 36, 42, 48, 54, 63, 72, 84, 96, 111, 126, 147, 168, 195)

# words are so high
_HEIGHT_MM = (1.2, 6.0)
_INK = 0.3
# more is noise
_MOST_PARTS = 1500
_HOPELESS = 0.5

Box = tuple[int, int, int, int]
"""x0, y0, x1, y1 in canonical pixels; the last two are beyond the ink."""


@dataclass(frozen=True)
class Vocabulary:
    """Words and their pictures.

    Attributes
    ----------
    asset : Path
        The pictures, made by `tools/word_pictures.py`.
    meaning : tuple of (str, str)
        Each word as it is printed, and what it says: ``AVR`` is aVR.
    """

    asset: Path
    meaning: tuple[tuple[str, str], ...]

    @property
    def printed(self) -> tuple[str, ...]:
        """The words as they are printed."""
        return tuple(word for word, _ in self.meaning)

    @property
    def texts(self) -> tuple[str, ...]:
        """What they say, each once."""
        return tuple(dict.fromkeys(text for _, text in self.meaning))


@dataclass(frozen=True)
class _Templates:
    """Pictures of one width: features, squared features summed over channels, and what each one shows."""

    values: np.ndarray
    squares: np.ndarray
    text: np.ndarray
    capital: np.ndarray


def nearest_width(aspect: float) -> int:
    """Return which of `WIDTHS_PX` comes nearest to a ratio of width to height."""
    return min(WIDTHS_PX, key=lambda width: abs(np.log(width / (NAME_PX * aspect))))


def picture_width(width: int) -> int:
    """Return how wide, in pixels, a word is shown: narrow ones twice as wide, or two strokes would share a cell."""
    return 2 * width if width <= _NARROW_PX else width


@lru_cache(maxsize=4)
def _asset(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as file:
        return {key: file[key] for key in file.files}


@lru_cache(maxsize=4 * len(WIDTHS_PX))
def _templates(vocabulary: Vocabulary, width: int, without: tuple[str, ...]) -> _Templates | None:
    """Return the pictures of one width, leaving out typefaces whose names contain one of `without`."""
    asset = _asset(vocabulary.asset)
    shown = picture_width(width)
    ends = NAME_PX * np.cumsum([picture_width(int(each)) for each in asset["width"]])
    left_out = [k for k, name in enumerate(asset["face_names"]) if any(part in name for part in without)]
    which = np.flatnonzero((asset["width"] == width) & ~np.isin(asset["face"], left_out))
    if len(which) == 0:
        return None
    pictures = np.stack([asset["pictures"][ends[k] - shown * NAME_PX : ends[k]] for k in which])
    pictures = pictures.reshape(-1, NAME_PX, shown).astype(np.float32) / GREYS
    values = np.stack([_features(picture) for picture in np.pad(pictures, ((0, 0), (_PAD_PX,) * 2, (_PAD_PX,) * 2))])
    text = np.array([vocabulary.texts.index(vocabulary.meaning[k][1]) for k in asset["word"][which]])
    return _Templates(values.reshape(len(values), -1), (values**2).sum(axis=2), text, asset["capital"][which])


def _features(picture: np.ndarray) -> np.ndarray:
    """Return how much edge of which direction lies in each cell of a picture, shape (cells, 4)."""
    gx = cv2.filter2D(picture, -1, np.array([[-1.0, 0.0, 1.0]]), borderType=cv2.BORDER_REPLICATE)
    gy = cv2.filter2D(picture, -1, np.array([[-1.0], [0.0], [1.0]]), borderType=cv2.BORDER_REPLICATE)
    size = cv2.magnitude(gx, gy) + 1e-6
    # the doubled angle makes both edges of a stroke one direction
    even, odd = (gx * gx - gy * gy) / size, 2 * gx * gy / size
    # blurred, so that an edge may be a little off its place
    channels = cv2.GaussianBlur(np.maximum(cv2.merge([even, -even, odd, -odd]), 0), (0, 0), _BLUR_PX)
    height, width = picture.shape
    cells = cv2.resize(channels, (width // _CELL_PX, height // _CELL_PX), interpolation=cv2.INTER_AREA)
    return cells.reshape(-1, 4)


def covered_by(page: InkMap, rows: list[Row], grow_mm: float = 0.12) -> np.ndarray:
    """Return where the traces run, uint8 of 0 or 1, a little wider than their strokes."""
    mask = np.zeros(page.ink.shape, np.uint8)
    for row in rows:
        known = np.isfinite(row.y_mm)
        pen = _pen_mm(page, row)
        width = max(1, round((pen + 2 * grow_mm) * page.scale))
        points = np.stack([row.x_mm, row.y_mm], axis=1) * (page.scale * 16)
        curves = [np.rint(points[first:end]).astype(np.int32) for first, end in spans_of(known)]
        cv2.polylines(mask, curves, False, 1, width, cv2.LINE_8, 4)
    return mask


def _pen_mm(page: InkMap, row: Row) -> float:
    """Return how thick a row's stroke is: the ink above and below its flat parts."""
    flat = np.flatnonzero(np.isfinite(row.y_mm))[:: max(1, len(row.x_mm) // 200)]
    x = np.clip(np.rint(row.x_mm[flat] * page.scale).astype(int), 0, page.ink.shape[1] - 1)
    y = np.rint(row.y_mm[flat] * page.scale).astype(int)
    reach = round(0.8 * page.scale)
    around = np.clip(y[:, None] + np.arange(-reach, reach + 1), 0, page.ink.shape[0] - 1)
    return float(np.percentile(np.clip(page.ink[around, x[:, None]], 0, 1).sum(axis=1), 30)) / page.scale


def _parts(free: np.ndarray, scale: int) -> np.ndarray:
    """Return the boxes (x0, y0, x1, y1, in px) of connected ink that letters or parts of them can be."""
    # of OpenCV's algorithms the one that is fastest on pages: a third of the usual one's time
    _, _, stats, _ = cv2.connectedComponentsWithStatsWithAlgorithm(free, 8, cv2.CV_32S, cv2.CCL_BBDT)
    x, y, w, h, area = stats[1:].T
    keep = (h <= 7 * scale) & (w <= 16 * scale) & (area >= 0.12 * scale**2) & (np.maximum(w, h) >= 0.35 * scale)
    return np.stack([x, y, x + w, y + h], axis=1)[keep]


def _groups(boxes: np.ndarray, scale: int, gap: float) -> list[tuple[int, int, int, int]]:
    """Join parts that stand side by side, no farther apart than `gap` times their height, into words."""
    height = boxes[:, 3] - boxes[:, 1]
    tall = height >= 1.2 * scale
    size = np.maximum(height[:, None], height[None, :])
    apart = np.maximum(boxes[:, None, 0], boxes[None, :, 0]) - np.minimum(boxes[:, None, 2], boxes[None, :, 2])
    shared = np.minimum(boxes[:, None, 3], boxes[None, :, 3]) - np.maximum(boxes[:, None, 1], boxes[None, :, 1])
    beside = (apart <= gap * size) & (shared >= 0.5 * np.minimum(height[:, None], height[None, :]))
    # a dot stands above its i
    dot = (apart <= 0) & (shared < 0) & (-shared <= 0.5 * size) & (tall[:, None] != tall[None, :])
    linked = (beside | dot) & (tall[:, None] | tall[None, :])
    label = np.arange(len(boxes))
    while True:
        lower = np.where(linked, label[None, :], len(boxes)).min(axis=1)
        lower = np.minimum(label, lower)
        if (lower == label).all():
            break
        label = lower
    words = []
    for value in np.unique(label[tall]):
        part = boxes[label == value]
        words.append((*part[:, :2].min(axis=0).tolist(), *part[:, 2:].max(axis=0).tolist()))
    return words


def find_words(
    page: InkMap,
    covered: np.ndarray,
    area_mm: tuple[float, float, float, float],
    gaps: tuple[float, ...],
    widest: float,
) -> list[Box]:
    """Return the boxes of what may be a word in a part of the page.

    Parameters
    ----------
    page : InkMap
        The page's ink.
    covered : ndarray of uint8
        As `covered_by` gives it.
    area_mm : tuple of float
        x0, y0, x1, y1 of the part.
    gaps : tuple of float
        How far apart letters of a word may stand, in parts of their height; words are formed with each.
    widest : float
        The longest word, in mm.
    """
    scale = page.scale
    height, width = page.ink.shape
    x0, y0, x1, y1 = (int(np.clip(v * scale, 0, most)) for v, most in zip(area_mm, (width, height) * 2, strict=True))
    if x0 >= x1 or y0 >= y1:
        return []  # a row at the image's edge leaves no room beyond it, and OpenCV crashes on what is empty
    free = page.ink[y0:y1, x0:x1] > max(_INK, 5 * page.noise)
    free &= covered[y0:y1, x0:x1] == 0
    boxes = _parts(free.view(np.uint8), scale) + np.array([x0, y0, x0, y0])
    if len(boxes) == 0 or len(boxes) > _MOST_PARTS:
        return []
    words = {word for gap in gaps for word in _groups(boxes, scale, gap)}
    low, high = _HEIGHT_MM[0] * scale, _HEIGHT_MM[1] * scale
    return sorted(w for w in words if low <= w[3] - w[1] <= high and w[2] - w[0] <= widest * scale)


def compare(
    page: InkMap, covered: np.ndarray, box: Box, vocabulary: Vocabulary, without: tuple[str, ...] = ()
) -> tuple[np.ndarray, np.ndarray]:
    """Compare a word with the pictures of about its width, but for what traces hide of it.

    Returns
    -------
    likeness : ndarray, shape (len(vocabulary.texts),)
        The best picture's, for each text: cosine of the features that can be seen, 0 ... 1.
    capital : ndarray, shape (len(vocabulary.texts),)
        Height of that picture's capitals in parts of its own.
    """
    likeness, capital = np.zeros(len(vocabulary.texts), np.float32), np.ones(len(vocabulary.texts), np.float32)
    nearest = WIDTHS_PX.index(nearest_width((box[2] - box[0]) / (box[3] - box[1])))
    for place in (nearest, nearest - 1, nearest + 1):
        pictures = _templates(vocabulary, WIDTHS_PX[place], without) if 0 <= place < len(WIDTHS_PX) else None
        if pictures is None:
            continue
        seen, cells = _look(page.ink, covered, box, picture_width(WIDTHS_PX[place]))
        norm = np.sqrt((pictures.squares @ cells) * (seen**2).sum()) + 1e-6
        values = (pictures.values @ seen.ravel()) / norm
        order = np.argsort(values)
        order = order[values[order] > likeness[pictures.text[order]]]
        likeness[pictures.text[order]] = values[order]
        capital[pictures.text[order]] = pictures.capital[order]
        if likeness.max() < _HOPELESS:
            break
    return likeness, capital


def _look(ink: np.ndarray, covered: np.ndarray, box: Box, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a word's features, 0 where hidden, and which cells (0 or 1) can be seen."""
    seen = _crop(ink, box, width)
    hidden = _crop(covered, box, width)
    free = seen[hidden == 0]
    level = max(float(np.partition(free, -1 - len(free) // 50)[-1 - len(free) // 50]), 0.2) if len(free) else 1.0
    open_cells = cv2.dilate(hidden, np.ones((3, 3), np.uint8)) == 0
    cells = open_cells.reshape(open_cells.shape[0] // _CELL_PX, _CELL_PX, -1, _CELL_PX).all(axis=(1, 3)).ravel()
    cells = cells.astype(np.float32)
    return _features(np.clip(seen / level, 0, 1)) * cells[:, None], cells


def _crop(image: np.ndarray, word: tuple[int, int, int, int], width: int) -> np.ndarray:
    """Cut out a word and some of what surrounds it, NAME_PX high without the surroundings."""
    x0, y0, x1, y1 = word
    to = np.array([[(x1 - x0) / width, 0, x0], [0, (y1 - y0) / NAME_PX, y0]])
    # pixel centres, and the padding
    shift = to[:, :2] @ np.array([0.5 - _PAD_PX, 0.5 - _PAD_PX]) - 0.5
    to[:, 2] += shift
    size = (width + 2 * _PAD_PX, NAME_PX + 2 * _PAD_PX)
    return cv2.warpAffine(image, to, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderValue=0)


def behind_traces(covered: np.ndarray, box: Box) -> list[Box]:
    """Return the boxes a word has if it goes on behind a trace that runs along its left or right end."""
    x0, y0, x1, y1 = box
    reach = y1 - y0
    hidden = covered[y0:y1, max(0, x0 - 2 * reach) : x1 + 2 * reach].mean(axis=0) > 0.4
    at = x0 - max(0, x0 - 2 * reach)
    left, right = _hidden_length(hidden[:at][::-1], reach), _hidden_length(hidden[at + x1 - x0 :], reach)
    boxes = [(x0 - left, y0, x1, y1), (x0, y0, x1 + right, y1), (x0 - left, y0, x1 + right, y1)]
    return [other for other in dict.fromkeys(boxes) if other != box]


def _hidden_length(hidden: np.ndarray, reach: int) -> int:
    """Return how far, from its first element on, what is hidden extends; 0 where it begins farther away than a gap."""
    places = np.flatnonzero(hidden[: round(1.2 * reach)])
    if len(places) == 0 or places[0] > 0.4 * reach:
        return 0
    return int(places[-1]) + 1
