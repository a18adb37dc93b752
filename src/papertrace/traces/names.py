"""Lead names as printed on the page: found beside the traces, compared with how such names look in free typefaces.

Ink that is not trace -> connected parts -> words -> the vocabulary's nearest picture, by the directions of its
strokes -> only those words that agree with each other in size and in their place beside the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from papertrace.traces.ink import InkMap
from papertrace.traces.layout import Row

ASSET = Path(__file__).with_name("names.npz")
"""Pictures of the vocabulary, made by `tools/lead_name_templates.py`."""
NAME_PX = 24
"""Height of a picture."""
_CELL_PX = 3
_NARROW_PX = 18
_PAD_PX = 3
_BLUR_PX = 1.0
GREYS = 7
"""Ink of a picture is 0 ... GREYS."""
WIDTHS_PX = (3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 36, 42, 48, 54, 63, 72, 84, 96, 111, 126)

_LIMB = ("I", "II", "III", "aVR", "aVL", "aVF")
_CABRERA = (("aVL", "I", "-aVR", "II", "aVF", "III"), ("aVL", "I", "aVR", "II", "aVF", "III"))
_CHEST = tuple(f"V{k}" for k in range(1, 10))
_MONITOR = ("MLI", "MLII", "MLIII", "ML2", "ML5", "ECG1", "ECG2", "D1", "D2", "D3", "D4")
_MONITOR += ("CM1", "CM2", "CM4", "CM5", "CC5", "mod.V1", "V1-V2", "V2-V3", "V4-V5")
_RIGHT = ("V2R", "V3R", "V4R", "V5R", "V6R")
_CANONICAL = {name: name for name in (*_LIMB, "-aVR", *_CHEST, *_RIGHT, *_MONITOR)}
_CANONICAL |= {name.upper(): name for name in ("aVR", "aVL", "aVF")}
_CANONICAL |= {name.lower(): name for name in (*_LIMB, *_CHEST[:6])}
PRINTED = tuple(_CANONICAL)
"""The vocabulary as it is printed."""
TEXTS = tuple(dict.fromkeys(_CANONICAL.values()))
"""The vocabulary in canonical spelling."""

_BARS = ("I", "II", "III")
_RARE = np.array([0.0 if t in _LIMB or t in _CHEST[:6] or t in _MONITOR else 0.03 for t in TEXTS], np.float32)
"""What a rare text must look more alike to be taken for it."""

# where names are looked for, beyond the rows' beginnings and the first and last row's height
_BEFORE_MM, _ABOVE_MM, _BELOW_MM = 15.0, 22.0, 15.0
_HEIGHT_MM, _WIDEST_MM = (1.2, 6.0), 18.0
_INK = 0.3
# gaps between letters in parts of their height: set close, and spaced
_GAPS = (0.3, 0.9)
# more is noise
_MOST_PARTS = 1500
# a sure name is this much like its text, and this much less like any other; a hidden end costs some of that
_HOPELESS, _LEAST, _SURE, _MARGIN, _HIDDEN = 0.5, 0.6, 0.68, 0.02, 0.03
# how far names of one page differ: in height (log), in height above their row, in likeness
_SAME_HEIGHT, _SAME_OFFSET_MM, _WORSE = 0.16, 3.0, 0.15
# likeness beyond _LEAST, summed over a page's names
_EVIDENCE = 0.2
# dip between strokes in parts of the darkest; width to height of a single stroke
_STROKE, _LONE_STROKE = 0.2, 0.34
_IN_LINE_MM, _COLUMN_MM, _SAME_COLUMN_MM = 2.0, 10.0, 7.0
_COLUMN_COUNTS = (1, 2, 3, 4, 6)
# names that make a format; share of names that counts as most; likeness that tells the true one of two equal names
_AGREEING, _MOSTLY, _CLEARLY = 3, 0.6, 0.06


@dataclass(frozen=True)
class LeadName:
    """A lead's name as read from the page, in canonical millimetres.

    Attributes
    ----------
    text : str
        In canonical spelling (``aVR`` also where ``AVR`` or ``avr`` is printed).
    x_mm, y_mm : float
        Left end and middle height of its ink.
    height_mm : float
        Height of its capitals.
    row : int
        Row whose trace it belongs to, counted from the top.
    score : float
        0 … 1, how much it looks like that name.
    """

    text: str
    x_mm: float
    y_mm: float
    height_mm: float
    row: int
    score: float


Box = tuple[int, int, int, int]
"""x0, y0, x1, y1 in canonical pixels; the last two are beyond the ink."""


@dataclass(frozen=True)
class _Templates:
    """Pictures of one width: features, squared features summed over channels, and what each one shows."""

    values: np.ndarray
    squares: np.ndarray
    text: np.ndarray
    capital: np.ndarray


@dataclass(frozen=True)
class _Word:
    """A word as compared with the vocabulary: its best text, how alike, and how much more so than any other text."""

    box: Box
    row: int
    text: str
    score: float
    margin: float
    height_mm: float
    offset_mm: float


def nearest_width(aspect: float) -> int:
    """Return which of `WIDTHS_PX` comes nearest to a ratio of width to height."""
    return min(WIDTHS_PX, key=lambda width: abs(np.log(width / (NAME_PX * aspect))))


def picture_width(width: int) -> int:
    """Return how wide, in pixels, a word is shown: narrow ones twice as wide, or two strokes would share a cell."""
    return 2 * width if width <= _NARROW_PX else width


@lru_cache(maxsize=1)
def _asset() -> dict[str, np.ndarray]:
    with np.load(ASSET) as file:
        return {key: file[key] for key in file.files}


@lru_cache(maxsize=2 * len(WIDTHS_PX))
def _templates(width: int, without: tuple[str, ...]) -> _Templates | None:
    """Return the pictures of one width, leaving out typefaces whose names contain one of `without`."""
    asset = _asset()
    shown = picture_width(width)
    ends = NAME_PX * np.cumsum([picture_width(int(each)) for each in asset["width"]])
    left_out = [k for k, name in enumerate(asset["face_names"]) if any(part in name for part in without)]
    which = np.flatnonzero((asset["width"] == width) & ~np.isin(asset["face"], left_out))
    if len(which) == 0:
        return None
    pictures = np.stack([asset["pictures"][ends[k] - shown * NAME_PX : ends[k]] for k in which])
    pictures = pictures.reshape(-1, NAME_PX, shown).astype(np.float32) / GREYS
    values = np.stack([_features(picture) for picture in np.pad(pictures, ((0, 0), (_PAD_PX,) * 2, (_PAD_PX,) * 2))])
    text = np.array([TEXTS.index(_CANONICAL[PRINTED[k]]) for k in asset["word"][which]])
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


def _covered(page: InkMap, rows: list[Row], grow_mm: float = 0.12) -> np.ndarray:
    """Return where the traces run, uint8 of 0 or 1, a little wider than their strokes."""
    mask = np.zeros(page.ink.shape, np.uint8)
    for row in rows:
        known = np.isfinite(row.y_mm)
        pen = _pen_mm(page, row)
        width = max(1, round((pen + 2 * grow_mm) * page.scale))
        points = np.stack([row.x_mm, row.y_mm], axis=1) * (page.scale * 16)
        change = np.flatnonzero(np.diff(np.concatenate([[0], known.astype(np.int8), [0]])))
        curves = [np.rint(points[a:b]).astype(np.int32) for a, b in zip(change[0::2], change[1::2], strict=True)]
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
    _, _, stats, _ = cv2.connectedComponentsWithStats(free, connectivity=8, ltype=cv2.CV_32S)
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


def _words(page: InkMap, covered: np.ndarray, rows: list[Row]) -> list[Box]:
    """Return the boxes of what may be a word beside the rows."""
    scale = page.scale
    x0 = max(0, int((min(row.start_mm for row in rows) - _BEFORE_MM) * scale))
    x1 = int(max(row.end_mm for row in rows) * scale)
    y0 = max(0, int((rows[0].centre_mm - _ABOVE_MM) * scale))
    y1 = int((rows[-1].centre_mm + _BELOW_MM) * scale)
    free = page.ink[y0:y1, x0:x1] > max(_INK, 5 * page.noise)
    free &= covered[y0:y1, x0:x1] == 0
    boxes = _parts(free.view(np.uint8), scale) + np.array([x0, y0, x0, y0])
    if len(boxes) == 0 or len(boxes) > _MOST_PARTS:
        return []
    words = {word for gap in _GAPS for word in _groups(boxes, scale, gap)}
    low, high = _HEIGHT_MM[0] * scale, _HEIGHT_MM[1] * scale
    return sorted(w for w in words if low <= w[3] - w[1] <= high and w[2] - w[0] <= _WIDEST_MM * scale)


def _compare(page: InkMap, covered: np.ndarray, box: Box, without: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Compare a word with the pictures of about its width, but for what traces hide of it.

    Returns
    -------
    likeness : ndarray, shape (len(TEXTS),)
        The best picture's, for each text: cosine of the features that can be seen, 0 ... 1.
    capital : ndarray, shape (len(TEXTS),)
        Height of that picture's capitals in parts of its own.
    """
    likeness, capital = np.zeros(len(TEXTS), np.float32), np.ones(len(TEXTS), np.float32)
    nearest = WIDTHS_PX.index(nearest_width((box[2] - box[0]) / (box[3] - box[1])))
    for place in (nearest, nearest - 1, nearest + 1):
        pictures = _templates(WIDTHS_PX[place], without) if 0 <= place < len(WIDTHS_PX) else None
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


def _behind_traces(covered: np.ndarray, box: Box) -> list[Box]:
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


def _read(page: InkMap, covered: np.ndarray, box: Box, rows: list[Row], without: tuple[str, ...]) -> _Word | None:
    """Compare a word, and what it may be if part of it is hidden, with the vocabulary."""
    likeness, capital = _compare(page, covered, box, without)
    if likeness.max() < _LEAST:
        return None
    behind = _behind_traces(covered, box)
    for other in behind:
        more, its = _compare(page, covered, other, without)
        capital = np.where(more > likeness, its, capital)
        likeness = np.maximum(likeness, more)
    likeness = likeness - _RARE
    best, second = np.argsort(-likeness)[:2]
    margin = float(likeness[best] - likeness[second])
    if behind:
        margin -= _HIDDEN
    if TEXTS[best] in _BARS and (behind or TEXTS[best] != "I" * _bar_count(page, covered, box)):
        margin = 0.0
    y = (box[1] + box[3]) / 2 / page.scale
    row = int(np.argmin([abs(row.centre_mm - y) for row in rows]))
    return _Word(
        box,
        row,
        TEXTS[best],
        float(likeness[best]),
        margin,
        float((box[3] - box[1]) / page.scale * capital[best]),
        y - rows[row].centre_mm,
    )


def read_lead_names(page: InkMap, rows: list[Row], *, without: tuple[str, ...] = ()) -> list[LeadName]:
    """Read the names that are printed beside the traces.

    A name counts only if it looks like one word of the vocabulary and clearly less like any other, and if it agrees
    with the page's other names in the height of its type and its height above (or below) its row.

    Parameters
    ----------
    page : InkMap
        The page's ink.
    rows : list of Row
        The page's rows from the top, without calibration pulses.
    without : tuple of str
        Typefaces to do without (parts of their names), to measure what is read in a typeface never seen.

    Returns
    -------
    list of LeadName
        By row, then from left to right; empty where nothing can be read.
    """
    if not rows:
        return []
    covered = _covered(page, rows)
    boxes = _words(page, covered, rows)
    lone = [box for box in boxes if box[2] - box[0] < _LONE_STROKE * (box[3] - box[1])]
    words = _read_all(page, covered, [box for box in boxes if box not in lone], rows, without)
    chosen = _agreeing([word for word in words if not _part_of_longer(word, words)])
    if chosen:
        # strokes are many on a page: only those that could be an I beside the other names are looked at
        middle = float(np.median([(word.box[3] - word.box[1]) for word in chosen]))
        lone = [box for box in lone if abs(np.log((box[3] - box[1]) / middle)) < 2 * _SAME_HEIGHT]
        words += _read_all(page, covered, lone, rows, without)
        chosen = _agreeing([word for word in words if not _part_of_longer(word, words)])
    chosen = [word for word in chosen if _is_sure(word)]
    # one page is printed in one typeface and seen through one lens: its names are about equally like themselves
    usual = float(np.median([word.score for word in chosen])) if chosen else 0.0
    chosen = _without_stray_bars([word for word in chosen if word.score > usual - _WORSE], page.scale)
    names = [
        LeadName(w.text, w.box[0] / page.scale, (w.box[1] + w.box[3]) / 2 / page.scale, w.height_mm, w.row, w.score)
        for w in chosen
    ]
    return sorted(names, key=lambda name: (name.row, name.x_mm))


def _bar_count(page: InkMap, covered: np.ndarray, box: Box) -> int:
    """Return how many upright strokes stand side by side in a box; 0 where a trace hides some of it."""
    x0, y0, x1, y1 = box
    # a band so narrow that the strokes of italics stay apart, and serifs outside
    rows = slice(y0 + round(0.35 * (y1 - y0)), y1 - round(0.35 * (y1 - y0)))
    if covered[rows, x0:x1].any():
        return 0
    profile = np.concatenate([[0.0], page.ink[rows, x0:x1].mean(axis=0), [0.0]])
    step = _STROKE * profile.max()
    count, rising, turn = 0, True, 0.0
    for value in profile:
        turn = min(turn, value) if rising else max(turn, value)
        if rising and value > turn + step:
            count, rising, turn = count + 1, False, value
        elif not rising and value < turn - step:
            rising, turn = True, value
    return count


def _read_all(
    page: InkMap, covered: np.ndarray, boxes: list[Box], rows: list[Row], without: tuple[str, ...]
) -> list[_Word]:
    words = (_read(page, covered, box, rows, without) for box in boxes)
    return [word for word in words if word is not None]


def _is_sure(word: _Word) -> bool:
    return word.score >= _SURE and word.margin >= _MARGIN


def _part_of_longer(word: _Word, words: list[_Word]) -> bool:
    """Tell whether a word is a piece of one that reads about as well (II of III), or overlaps one that reads better."""
    for other in words:
        if other is word or not _overlap(word.box, other.box):
            continue
        longer = other.box[2] - other.box[0] - (word.box[2] - word.box[0])
        allowance = 0.1 if longer > 0 else -0.1 if longer < 0 else 0.0
        if (other.score + allowance, other.box) > (word.score, word.box):
            return True
    return False


def _overlap(a: Box, b: Box) -> bool:
    return min(a[2], b[2]) > max(a[0], b[0]) and min(a[3], b[3]) > max(a[1], b[1])


def _agreeing(words: list[_Word]) -> list[_Word]:
    """Return the best set of words in one size of type and at one height beside their rows; empty if it is poor."""
    best: list[_Word] = []
    most = _EVIDENCE
    for anchor in words:
        if anchor.text in _BARS or not _is_sure(anchor):
            continue
        group = [
            word
            for word in words
            if abs(np.log(word.height_mm / anchor.height_mm)) < _SAME_HEIGHT
            and abs(word.offset_mm - anchor.offset_mm) < _SAME_OFFSET_MM
        ]
        evidence = sum(word.score - _LEAST for word in group if _is_sure(word) and word.text not in _BARS)
        if evidence > most:
            best, most = group, evidence
    return best


def _without_stray_bars(words: list[_Word], scale: int) -> list[_Word]:
    """Leave out strokes taken for I, II or III.

    These stand above or below another limb lead, and never to the right of aVR, aVF or a chest lead.
    """
    reach = _IN_LINE_MM * scale
    later = [word.box[0] for word in words if word.text in ("aVR", "aVF", *_CHEST)]
    kept = []
    for word in words:
        others = [(o, abs(o.box[0] - word.box[0])) for o in words if o.text != word.text]
        in_line = any(o.text in _LIMB and o.row != word.row and apart < reach for o, apart in others)
        beside = any(o.text not in _BARS and o.row == word.row and apart < _COLUMN_MM * scale for o, apart in others)
        if word.text not in _BARS or (in_line and not beside and word.box[0] < min(later, default=np.inf) + reach):
            kept.append(word)
    return kept


@dataclass(frozen=True)
class RowLeads:
    """A row's columns from left to right.

    Attributes
    ----------
    leads : tuple of str or None
        One for each column; None where neither the name nor the format of the page is known.
    read : tuple of bool
        Whether the name was read there; the others follow from the format that the read ones agree with.
    """

    leads: tuple[str | None, ...]
    read: tuple[bool, ...]


def assign_columns(names: list[LeadName], rows: list[Row], start_mm: float, length_mm: float) -> list[RowLeads | None]:
    """Tell from the names' places how many columns each row has, and which lead stands in which.

    A name stands near the beginning of its column, at about the same distance in every column of a page, so the
    number of columns is the smallest of 1, 2, 3, 4 and 6 that puts a column's beginning at most names. Where more
    columns would do as well, most of the fewer ones' names must have been read.

    A row with a name at its beginning and nowhere else has one column (a rhythm strip) where most other names of the
    page were read. Elsewhere no lead occurs twice. If the names agree with a usual 12-lead format, those few that do
    not are misread and left out, and those not read follow from it.

    Parameters
    ----------
    names : list of LeadName
        As `read_lead_names` gives them.
    rows : list of Row
        The page's rows from the top.
    start_mm, length_mm : float
        Where the page's time begins, and how long it is.

    Returns
    -------
    list of RowLeads or None
        One for each row; None where its names do not tell.
    """
    if not names:
        return [None] * len(rows)
    count, offset = _column_count(names, start_mm, length_mm)
    by_row = _cells(names, len(rows), count, start_mm + offset, length_mm / count)
    strips = _rhythm_strips(by_row)
    if not _is_count_sure([row for index, row in enumerate(by_row) if index not in strips]) or _may_be_more(by_row):
        return [None] * len(rows)
    form = _usual_format(by_row)
    if form:
        strips = {index for index in range(len(form), len(rows)) if _is_strip(by_row[index])}
    grid = list(range(len(form))) if form else [index for index in range(len(rows)) if index not in strips]
    result: list[RowLeads | None] = [None] * len(rows)
    for index in strips:
        result[index] = RowLeads((by_row[index][0].text,), (True,))
    for place, (index, row) in enumerate(zip(grid, _unique([by_row[index] for index in grid]), strict=True)):
        if form:
            leads = form[place]
            result[index] = RowLeads(leads, tuple(a is not None and a == b for a, b in zip(leads, row, strict=True)))
        elif any(row) and (count == 1 or any(row[1:])):
            # a dash before aVR may be anything but where the other names are in Cabrera order
            leads = tuple(None if lead == "-aVR" else lead for lead in row)
            result[index] = RowLeads(leads, tuple(lead is not None for lead in leads))
    return result


def _column_count(names: list[LeadName], start_mm: float, length_mm: float) -> tuple[int, float]:
    """Return how many columns explain most names, and how far behind a column's beginning its name stands."""
    best = (0.0, 1, 0.0)
    x = np.array([name.x_mm for name in names]) - start_mm
    for count in _COLUMN_COUNTS:
        width = length_mm / count
        for offset in x - np.rint(x / width) * width:
            if abs(offset) > _COLUMN_MM:
                continue
            column = np.rint((x - offset) / width)
            near = np.abs(x - offset - column * width) < _SAME_COLUMN_MM
            near &= (column >= 0) & (column < count)
            # more columns explain more names by chance
            rating = near.sum() - 0.15 * count - 0.05 * abs(offset) / _COLUMN_MM
            if rating > best[0]:
                best = (float(rating), count, float(offset))
    return best[1:]


def _cells(
    names: list[LeadName], n_rows: int, count: int, first_mm: float, width_mm: float
) -> list[list[LeadName | None]]:
    """Return by row and column the name that stands there."""
    cells: list[list[LeadName | None]] = [[None] * count for _ in range(n_rows)]
    for name in sorted(names, key=lambda name: name.score):
        column = round((name.x_mm - first_mm) / width_mm)
        if 0 <= column < count and abs(name.x_mm - first_mm - column * width_mm) < _SAME_COLUMN_MM:
            cells[name.row][column] = name
    return cells


def _is_strip(row: list[LeadName | None]) -> bool:
    return row[0] is not None and not any(row[1:])


def _rhythm_strips(by_row: list[list[LeadName | None]]) -> set[int]:
    """Return the lowest rows if they have a name at their beginning only, and the others' names were mostly read."""
    if len(by_row[0]) == 1:
        return set()
    wide = [index for index, row in enumerate(by_row) if any(row[1:])]
    if not wide or np.mean([name is not None for index in wide for name in by_row[index]]) < _MOSTLY:
        return set()
    return {index for index in range(wide[-1] + 1, len(by_row)) if _is_strip(by_row[index])}


def _is_count_sure(by_row: list[list[LeadName | None]]) -> bool:
    """Tell whether no larger number of columns is as likely, with names of theirs that were not read."""
    if not by_row:
        return False
    read = np.array([[name is not None for name in row] for row in by_row])
    count = read.shape[1]
    if count == 1 and len(by_row) <= 2:
        # two rows are no 12-lead format
        return True
    if count > 1 and int(read.any(axis=0).sum()) < 2:
        return False
    return bool(read.mean() >= _MOSTLY) or not any(more > count and more % count == 0 for more in _COLUMN_COUNTS)


def _may_be_more(by_row: list[list[LeadName | None]]) -> bool:
    """Tell whether a usual format with more columns explains the names as well, had none of the others been read.

    The first and the third column of four stand where two columns do, and the first of any where one does.
    """
    texts = [row[0].text for row in by_row if row[0] is not None]
    count = len(by_row[0])
    if count == 1 and (len(by_row) <= 2 or len(set(texts)) == len(by_row)):
        # no 12-lead format, or a lead for each row and none beside it
        return False
    explained = max((agree for agree, _ in _rated_formats(by_row)), default=0)
    for more in _COLUMN_COUNTS:
        if more > count and more % count == 0:
            apart = more // count
            spread = [[row[k // apart] if k % apart == 0 else None for k in range(more)] for row in by_row]
            if max((agree for agree, _ in _rated_formats(spread, least=1)), default=-1) >= explained:
                return True
    return False


def _unique(rows: list[list[LeadName | None]]) -> list[list[str | None]]:
    """Return the texts, without those that occur twice but for one that looks clearly more like it."""
    everything = [name for row in rows for name in row if name is not None]

    def text(name: LeadName | None) -> str | None:
        if name is None:
            return None
        rivals = [other.score for other in everything if other is not name and other.text == name.text]
        return name.text if all(name.score >= score + _CLEARLY for score in rivals) else None

    return [[text(name) for name in row] for row in rows]


def _formats(columns: int) -> list[list[tuple[str, ...]]]:
    """Return the usual 12-lead formats with this many columns, row by row: standard and Cabrera order."""
    if columns not in (1, 2, 4):
        return []
    result = []
    for limb in (_LIMB, *_CABRERA):
        leads = (*limb, *_CHEST[:6])
        height = len(leads) // columns
        result.append([leads[row::height] for row in range(height)])
    return result


def _rated_formats(
    by_row: list[list[LeadName | None]], least: int = _AGREEING
) -> list[tuple[int, list[tuple[str, ...]]]]:
    """Return the usual formats that `least` names agree with, but for few that are misread, and how many do.

    Rows below the format's may be rhythm strips.
    """
    rated = []
    for form in _formats(len(by_row[0])):
        if len(by_row) < len(form) or any(any(row[1:]) for row in by_row[len(form) :]):
            continue
        texts = _unique(by_row[: len(form)])
        pairs = [pair for row, usual in zip(texts, form, strict=True) for pair in zip(row, usual, strict=True)]
        agree = sum(lead == usual for lead, usual in pairs)
        against = sum(lead is not None and lead != usual for lead, usual in pairs)
        if agree >= least and agree >= 3 * against:
            rated.append((agree, form))
    return rated


def _usual_format(by_row: list[list[LeadName | None]]) -> list[tuple[str | None, ...]]:
    """Return the usual format that most names agree with; empty where there is none.

    Leads in which equally good formats differ are None.
    """
    rated = _rated_formats(by_row)
    best = [form for agree, form in rated if agree == max(agree for agree, _ in rated)]
    return [
        tuple(leads[0] if len(set(leads)) == 1 else None for leads in zip(*rows, strict=True))
        for rows in zip(*best, strict=True)
    ]
