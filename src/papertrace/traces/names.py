"""Lead names as printed on the page: found beside the traces, compared with how such names look in free typefaces.

Ink that is not trace -> connected parts -> words -> the vocabulary's nearest picture, by the directions of its
strokes -> only those words that agree with each other in size and in their place beside the rows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from papertrace.traces.ink import InkMap
from papertrace.traces.layout import Row
from papertrace.traces.words import Box, Vocabulary, behind_traces, compare, covered_by, find_words

ASSET = Path(__file__).with_name("names.npz")
"""Pictures of the vocabulary, made by `tools/word_pictures.py`."""
LIMB = ("I", "II", "III", "aVR", "aVL", "aVF")
CABRERA = (("aVL", "I", "-aVR", "II", "aVF", "III"), ("aVL", "I", "aVR", "II", "aVF", "III"))
CHEST = tuple(f"V{k}" for k in range(1, 10))
_MONITOR = ("MLI", "MLII", "MLIII", "ML2", "ML5", "ECG1", "ECG2", "D1", "D2", "D3", "D4")
_MONITOR += ("CM1", "CM2", "CM4", "CM5", "CC5", "mod.V1", "V1-V2", "V2-V3", "V4-V5")
_RIGHT = ("V2R", "V3R", "V4R", "V5R", "V6R")
_CANONICAL = {name: name for name in (*LIMB, "-aVR", *CHEST, *_RIGHT, *_MONITOR)}
_CANONICAL |= {name.upper(): name for name in ("aVR", "aVL", "aVF")}
_CANONICAL |= {name.lower(): name for name in (*LIMB, *CHEST[:6])}
NAMES = Vocabulary(ASSET, tuple(_CANONICAL.items()))
TEXTS = NAMES.texts
"""The vocabulary in canonical spelling."""

_BARS = ("I", "II", "III")
_RARE = np.array([0.0 if t in LIMB or t in CHEST[:6] or t in _MONITOR else 0.03 for t in TEXTS], np.float32)
"""What a rare text must look more alike to be taken for it."""

# where names are looked for, beyond the rows' beginnings and the first and last row's height
_BEFORE_MM, _ABOVE_MM, _BELOW_MM = 15.0, 22.0, 15.0
_WIDEST_MM = 18.0
# gaps between letters in parts of their height: set close, and spaced
_GAPS = (0.3, 0.9)
# a sure name is this much like its text, and this much less like any other; a hidden end costs some of that
_LEAST, _SURE, _MARGIN, _HIDDEN = 0.6, 0.68, 0.02, 0.03
# how far names of one page differ: in height (log), in height above their row, in likeness
_SAME_HEIGHT, _SAME_OFFSET_MM, _WORSE = 0.16, 3.0, 0.15
# likeness beyond _LEAST, summed over a page's names
_EVIDENCE = 0.2
# dip between strokes in parts of the darkest; width to height of a single stroke
_STROKE, _LONE_STROKE = 0.2, 0.34
_IN_LINE_MM, _COLUMN_MM = 2.0, 10.0


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


@dataclass(frozen=True)
class _Word:
    """A word as compared with the vocabulary: its best text, how alike, and how much more so than any other text."""

    box: Box
    text: str
    score: float
    margin: float
    height_mm: float
    y_mm: float
    row: int = -1
    offset_mm: float = 0.0


def read_lead_names(
    page: InkMap, rows: list[Row], covered: np.ndarray | None = None, *, without: tuple[str, ...] = ()
) -> list[LeadName]:
    """Read the names that are printed beside the traces.

    A name counts only if it looks like one word of the vocabulary and clearly less like any other, and if it agrees
    with the page's other names in the height of its type and its height above (or below) its row.

    Parameters
    ----------
    page : InkMap
        The page's ink.
    rows : list of Row
        The page's rows from the top, without calibration pulses.
    covered : ndarray, optional
        What `covered_by` gives of these, if it is known.
    without : tuple of str
        Typefaces to do without (parts of their names), to measure what is read in a typeface never seen.

    Returns
    -------
    list of LeadName
        By row, then from left to right; empty where nothing can be read.
    """
    if not rows:
        return []
    covered = covered_by(page, rows) if covered is None else covered
    area = (
        min(row.start_mm for row in rows) - _BEFORE_MM,
        rows[0].centre_mm - _ABOVE_MM,
        max(row.end_mm for row in rows),
        rows[-1].centre_mm + _BELOW_MM,
    )
    boxes = find_words(page, covered, area, _GAPS, _WIDEST_MM)
    lone = [box for box in boxes if box[2] - box[0] < _LONE_STROKE * (box[3] - box[1])]
    words = _read_all(page, covered, [box for box in boxes if box not in lone], without)
    chosen = max((_agreeing(placed) for placed in _placed(words, rows)), key=_evidence)
    if not chosen:
        return []
    # strokes are many on a page: only those that could be an I beside the other names are looked at
    middle = float(np.median([(word.box[3] - word.box[1]) for word in chosen]))
    lone = [box for box in lone if abs(np.log((box[3] - box[1]) / middle)) < 2 * _SAME_HEIGHT]
    words += _read_all(page, covered, lone, without)
    found = [_without_doubtful(_agreeing(placed), page.scale) for placed in _placed(words, rows)]
    chosen = max(found, key=lambda words: round(sum(word.score - _LEAST for word in words), 6))
    names = [LeadName(w.text, w.box[0] / page.scale, w.y_mm, w.height_mm, w.row, w.score) for w in chosen]
    return sorted(names, key=lambda name: (name.row, name.x_mm))


def _read_all(page: InkMap, covered: np.ndarray, boxes: list[Box], without: tuple[str, ...]) -> list[_Word]:
    words = (_read(page, covered, box, without) for box in boxes)
    return [word for word in words if word is not None]


def _read(page: InkMap, covered: np.ndarray, box: Box, without: tuple[str, ...]) -> _Word | None:
    """Compare a word, and what it may be if part of it is hidden, with the vocabulary."""
    likeness, capital = compare(page, covered, box, NAMES, without)
    if likeness.max() < _LEAST:
        return None
    behind = behind_traces(covered, box)
    for other in behind:
        more, its = compare(page, covered, other, NAMES, without)
        capital = np.where(more > likeness, its, capital)
        likeness = np.maximum(likeness, more)
    likeness = likeness - _RARE
    best, second = np.argsort(-likeness)[:2]
    margin = float(likeness[best] - likeness[second])
    if behind:
        margin -= _HIDDEN
    if TEXTS[best] in _BARS and (behind or TEXTS[best] != "I" * _bar_count(page, covered, box)):
        margin = 0.0
    height_mm = (box[3] - box[1]) / page.scale
    y_mm = (box[1] + box[3]) / 2 / page.scale
    return _Word(box, TEXTS[best], float(likeness[best]), margin, float(height_mm * capital[best]), y_mm)


def _placed(words: list[_Word], rows: list[Row]) -> list[list[_Word]]:
    """Return the words with the row that they belong to, for each place that names can have.

    On a page each name is nearer to its own row than to any other, or all stand above their rows, or all below. The
    true place is that at which most words agree.
    """
    centres = np.array([row.centre_mm for row in rows])
    placed = [
        [replace(w, row=row, offset_mm=w.y_mm - centres[row]) for w in words if (row := place(w, centres)) >= 0]
        for place in (_nearest, _next_below, _next_above)
    ]
    return [[word for word in each if not _part_of_longer(word, each)] for each in placed]


def _nearest(word: _Word, centres: np.ndarray) -> int:
    return int(np.argmin(np.abs(centres - word.y_mm)))


def _next_below(word: _Word, centres: np.ndarray) -> int:
    index = int(np.searchsorted(centres, word.y_mm))
    return index if index < len(centres) else -1


def _next_above(word: _Word, centres: np.ndarray) -> int:
    return int(np.searchsorted(centres, word.y_mm)) - 1


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
    """Return the best set of words in one size of type and at one height beside their rows; empty if it is poor.

    Strokes that look like I, II or III are found anywhere; alone they are names only as a column of limb leads.
    """
    groups = [
        [
            word
            for word in words
            if abs(np.log(word.height_mm / anchor.height_mm)) < _SAME_HEIGHT
            and abs(word.offset_mm - anchor.offset_mm) < _SAME_OFFSET_MM
        ]
        for anchor in words
        if _is_sure(anchor)
    ]
    best = max(groups, key=_evidence, default=[])
    return best if _evidence(best) > _EVIDENCE else []


def _evidence(group: list[_Word]) -> float:
    """Return the likeness beyond the least, summed over a group's sure words."""
    sure = [word for word in group if _is_sure(word)]
    told = [word for word in sure if word.text not in _BARS] or _column_of_bars(sure)
    return sum(word.score - _LEAST for word in told)


def _column_of_bars(words: list[_Word]) -> list[_Word]:
    """Return II and III where they stand one above the other on rows that follow each other, else nothing."""
    for two in words:
        for three in words:
            apart = abs(two.box[0] - three.box[0])
            if (two.text, three.text, three.row - two.row) == ("II", "III", 1) and apart < two.box[3] - two.box[1]:
                return [two, three]
    return []


def _without_doubtful(words: list[_Word], scale: int) -> list[_Word]:
    """Return the words that are sure, and about as like themselves as the others.

    One page is printed in one typeface and seen through one lens.
    """
    sure = [word for word in words if _is_sure(word)]
    usual = float(np.median([word.score for word in sure])) if sure else 0.0
    return _without_stray_bars([word for word in sure if word.score > usual - _WORSE], scale)


def _without_stray_bars(words: list[_Word], scale: int) -> list[_Word]:
    """Leave out strokes taken for I, II or III.

    These stand above or below another limb lead, and never to the right of aVR, aVF or a chest lead.
    """
    reach = _IN_LINE_MM * scale
    later = [word.box[0] for word in words if word.text in ("aVR", "aVF", *CHEST)]
    kept = []
    for word in words:
        others = [(o, abs(o.box[0] - word.box[0])) for o in words if o.text != word.text]
        in_line = any(o.text in LIMB and o.row != word.row and apart < reach for o, apart in others)
        beside = any(o.text not in _BARS and o.row == word.row and apart < _COLUMN_MM * scale for o, apart in others)
        if word.text not in _BARS or (in_line and not beside and word.box[0] < min(later, default=np.inf) + reach):
            kept.append(word)
    return kept
