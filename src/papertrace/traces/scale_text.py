"""The line that tells paper speed and gain: ``25 mm/s  10 mm/mV`` and its variants, as machines print it.

Words are compared with pictures as lead names are (`papertrace.traces.words`): first a unit is found, then which
number stands before it; where both run into each other, number and unit as one word.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from papertrace.traces.ink import InkMap
from papertrace.traces.layout import Row
from papertrace.traces.words import Box, Vocabulary, compare, covered_by, find_words

ASSET = Path(__file__).with_name("scale_text.npz")
"""Pictures of units, numbers and both together, made by `tools/word_pictures.py`."""

_SPEEDS, _GAINS = ("12.5", "25", "50"), ("2.5", "5", "10", "20")
_PAIRS = ("5/2.5", "10/5", "20/10", "10/2.5", "5/10", "5/20", "10/20", "2.5/5", "2.5/10", "2.5/20", "20/5", "20/2.5")
_LONG = {"5.0": "5", "10.0": "10", "20.0": "20", "25.0": "25", "50.0": "50", "10.00": "10"}
_UNITS = {"mm/s": "mm/s", "mm/sec": "mm/s", "mm/mV": "mm/mV", "mm/s,": "mm/s", "mm/mV,": "mm/mV"}
_VALUES = {"mm/s": _SPEEDS, "mm/mV": (*_GAINS, *_PAIRS)}


def _phrases() -> dict[str, str]:
    """Return number and unit in one, with and without a space, and what they say."""
    numbers = {"mm/s": _SPEEDS, "mm/sec": _SPEEDS, "mm/mV": (*_GAINS, "5/2.5", "10/5", "20/10")}
    return {
        f"{n}{gap}{unit}": f"{n} {_UNITS[unit]}" for unit, each in numbers.items() for n in each for gap in (" ", "")
    }


_WORDS = {**_UNITS, **{n: n for n in (*_SPEEDS, *_GAINS, *_PAIRS)}, **_LONG, **_phrases()}
SCALE_WORDS = Vocabulary(ASSET, tuple(_WORDS.items()))

# gaps between letters in parts of their height: set close, and spaced
_GAPS = (0.2, 0.35, 0.55)
_WIDEST_MM = 30.0
# width to height of a unit and of a number with its unit
_ASPECT = (1.8, 8.0)
# likeness of a unit, of a number beside it, and how much more so than of any other number
_UNIT, _NUMBER, _MARGIN = 0.75, 0.75, 0.015
# how much less like itself a longer number may be than its last digits: 2.5 than 5
_LONGER = 0.12
# how far before its unit a number stands, in parts of its height
_BEFORE = 1.6
# beyond the outermost rows
_ABOVE_MM, _BELOW_MM = 5.0, 3.0


@dataclass(frozen=True)
class ScaleText:
    """What a page's print says of its scale; None where it says nothing that can be read.

    Attributes
    ----------
    speed_mm_s, gain_mm_mv, chest_gain_mm_mv : float or None
        The last is None too where the print does not tell the chest leads' gain apart.
    """

    speed_mm_s: float | None = None
    gain_mm_mv: float | None = None
    chest_gain_mm_mv: float | None = None


@dataclass(frozen=True)
class _Reading:
    unit: str
    number: str
    box: Box
    score: float


def read_scale(page: InkMap, rows: list[Row], covered: np.ndarray | None = None) -> ScaleText:
    """Read paper speed and gain below the rows, or else above them.

    Parameters
    ----------
    page : InkMap
        The page's ink.
    rows : list of Row
        The page's rows from the top; at least one.
    covered : ndarray, optional
        What `covered_by` gives of these, if it is known.
    """
    covered = covered_by(page, rows) if covered is None else covered
    height, width = (side / page.scale for side in page.ink.shape)
    below = (0.0, rows[-1].centre_mm + _BELOW_MM, width, height)
    above = (0.0, 0.0, width, rows[0].centre_mm - _ABOVE_MM)
    speed: list[_Reading] = []
    gains: list[_Reading] = []
    for area in (below, above):
        readings = _readings(page, covered, area)
        speed = speed or [reading for reading in readings if reading.unit == "mm/s"]
        gains = gains or [reading for reading in readings if reading.unit == "mm/mV"]
        if speed and gains:
            break
    best = max(speed, key=lambda reading: reading.score, default=None)
    return ScaleText(None if best is None else float(best.number), *_limb_and_chest(gains))


def _limb_and_chest(gains: list[_Reading]) -> tuple[float | None, float | None]:
    """Return what gains from left to right say: one for all leads, ``10/5``, or a number each."""
    numbers = [float(n) for reading in sorted(gains, key=lambda r: r.box[0]) for n in reading.number.split("/")]
    return (numbers[0] if numbers else None), (numbers[1] if len(numbers) == 2 else None)


def _readings(page: InkMap, covered: np.ndarray, area_mm: tuple[float, float, float, float]) -> list[_Reading]:
    """Return the numbers with units that are found in a part of the page, each once."""
    boxes = find_words(page, covered, area_mm, _GAPS, _WIDEST_MM)
    found: list[_Reading] = []
    for box in boxes:
        if not _ASPECT[0] <= (box[2] - box[0]) / (box[3] - box[1]) <= _ASPECT[1]:
            continue
        likeness = dict(zip(SCALE_WORDS.texts, compare(page, covered, box, SCALE_WORDS)[0].tolist(), strict=True))
        text = max(likeness, key=likeness.__getitem__)
        unit = text.split(" ")[-1]
        if likeness[text] < _UNIT or unit not in _VALUES:
            continue
        if text == unit:
            found += [r for number in _before(box, boxes) if (r := _number(page, covered, box, number, unit))]
        elif (number := _told(likeness, unit, " " + unit)) is not None:
            found.append(_Reading(unit, number, box, likeness[text]))
    # the same words are found with several gaps between their letters
    best: list[_Reading] = []
    for reading in sorted(found, key=lambda r: (-r.score, r.box)):
        if any(_longer(other, reading) for other in found):
            continue
        if not any(_overlap(reading, other) for other in best):
            best.append(reading)
    return best


def _overlap(a: _Reading, b: _Reading) -> bool:
    (ax0, ay0, ax1, ay1), (bx0, by0, bx1, by1) = a.box, b.box
    return min(ax1, bx1) > max(ax0, bx0) and min(ay1, by1) > max(ay0, by0)


def _longer(a: _Reading, b: _Reading) -> bool:
    """Tell whether a reading goes on to the left of another one and is about as good."""
    wider = b.box[0] - a.box[0] > 0.15 * (b.box[3] - b.box[1])
    return _overlap(a, b) and wider and a.score > b.score - _LONGER


def _before(unit: Box, boxes: list[Box]) -> list[Box]:
    """Return the words that stand just before a unit, on its line."""
    height = unit[3] - unit[1]
    return [
        box
        for box in boxes
        if -0.1 * height <= unit[0] - box[2] <= _BEFORE * height
        and min(box[3], unit[3]) - max(box[1], unit[1]) > 0.6 * (box[3] - box[1])
        and 0.5 * height < box[3] - box[1] < 1.3 * height
    ]


def _number(page: InkMap, covered: np.ndarray, unit_box: Box, box: Box, unit: str) -> _Reading | None:
    likeness = dict(zip(SCALE_WORDS.texts, compare(page, covered, box, SCALE_WORDS)[0].tolist(), strict=True))
    number = _told(likeness, unit, "")
    if number is None or likeness[number] < _NUMBER:
        return None
    whole = (box[0], min(box[1], unit_box[1]), unit_box[2], max(box[3], unit_box[3]))
    return _Reading(unit, number, whole, likeness[number])


def _told(likeness: dict[str, float], unit: str, tail: str) -> str | None:
    """Return the number of a unit that is clearly more like a word than any other number of that unit."""
    values = {n: likeness.get(n + tail, 0.0) for n in _VALUES[unit]}
    first, second = sorted(values.values())[:-3:-1]
    return max(values, key=values.__getitem__) if first - second >= _MARGIN else None
