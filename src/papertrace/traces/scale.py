"""A page's scale: paper speed and gain, and what told them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from papertrace.traces.beats import beat_size, speed_odds
from papertrace.traces.layout import Row
from papertrace.traces.pulses import PULSE_GAINS
from papertrace.traces.scale_text import ScaleText

SOURCES = ("pulse", "text", "length", "convention")
"""What can tell a speed or a gain: the calibration pulse's sides, print, the rows' and the beats' length, usage."""

SPEEDS = (12.5, 25.0, 50.0)
"""Paper speeds in mm/s."""
PULSE_S = 0.2
"""How long a calibration pulse lasts."""
_USUAL_SPEED, _USUAL_GAIN = 25.0, 10.0
_PRIOR = np.log([0.05, 0.75, 0.20])  # of `SPEEDS`
_SURE = np.log(2.0)  # odds at which beats tell a speed
# odds, as a logarithm, of a speed at which rows last the usual 10 s; within this share
_TEN_SECONDS, _WHOLE = 2.7, 0.01
_PULSE_WIDTH = 0.2  # how far, as a logarithm, a pulse's width may be from that of a speed

_CHEST_LEAD = re.compile(r"V[1-9]R?")


@dataclass(frozen=True)
class PageScale:
    """Paper speed in mm/s and gain in mm/mV, of the limb leads and of the chest leads, and what told them."""

    speed_mm_s: float
    speed_from: str
    gain_mm_mv: float
    chest_gain_mm_mv: float
    gain_from: str

    def gain_of(self, lead: str | None) -> float:
        """Return the gain of a lead."""
        return self.chest_gain_mm_mv if is_chest_lead(lead) else self.gain_mm_mv


def is_chest_lead(lead: str | None) -> bool:
    """Tell whether a lead is one of the chest: V1 to V9, V3R and the like."""
    return lead is not None and _CHEST_LEAD.fullmatch(lead) is not None


def find_speed(rows: list[Row], text: ScaleText) -> tuple[float, str]:
    """Return the paper speed in mm/s, and what told it: the first of `SOURCES` that does.

    Parameters
    ----------
    rows : list of Row
        With what was found out of their pulses.
    text : ScaleText
        What the print says.
    """
    pulses = [row.pulse for row in rows if row.pulse is not None and row.pulse.height_mm is not None]
    widths = [pulse.right_mm - pulse.left_mm for pulse in pulses]
    if widths:
        away = np.abs(np.log(np.median(widths) / (PULSE_S * np.array(SPEEDS))))
        if away.min() < _PULSE_WIDTH:
            return SPEEDS[int(away.argmin())], "pulse"
    if text.speed_mm_s is not None:
        return text.speed_mm_s, "text"
    size = beat_size(rows)
    if size is not None:
        length = float(np.median([row.end_mm - row.start_mm for row in rows]))
        ten_seconds = np.abs(length / (10 * np.array(SPEEDS)) - 1) < _WHOLE
        odds = speed_odds(size, SPEEDS) + _PRIOR + _TEN_SECONDS * ten_seconds
        first, second = np.argsort(-odds)[:2]
        if odds[first] - odds[second] > _SURE:
            return SPEEDS[int(first)], "length"
    return _USUAL_SPEED, "convention"


def find_gain(rows: list[Row], leads: list[list[str | None]], text: ScaleText) -> tuple[float, float, str]:
    """Return the gain of limb and of chest leads in mm/mV, and what told them: the first of `SOURCES` that does.

    A plain pulse shows the gain of the lead that it stands beside, a stepped one that of its row's limb leads and then
    of its chest leads. What no pulse shows of the chest leads the print may tell; else they have the others' gain.

    Parameters
    ----------
    rows : list of Row
        With what was found out of their pulses.
    leads : list of list of str or None
        The leads of each row from left to right.
    text : ScaleText
        What the print says.
    """
    limb, chest = [], []
    for row, names in zip(rows, leads, strict=True):
        for lead, height in _shown(row, names):
            (chest if is_chest_lead(lead) else limb).append(height)
    told_limb, told_chest = text.gain_mm_mv, text.chest_gain_mm_mv or text.gain_mm_mv
    if limb or chest:
        by_limb, by_chest = _nearest(limb), _nearest(chest)
        if by_limb is not None:
            # print that agrees with the pulses on one kind of lead is believed on the other
            other = told_chest if by_limb == told_limb and told_chest is not None else by_limb
            return by_limb, by_chest or other, "pulse"
        if by_chest is not None:
            other = told_limb if by_chest == told_chest and told_limb is not None else by_chest
            return other, by_chest, "pulse"
    if told_limb is not None and told_chest is not None:
        return told_limb, told_chest, "text"
    return _USUAL_GAIN, _USUAL_GAIN, "convention"


def _shown(row: Row, names: list[str | None]) -> list[tuple[str | None, float]]:
    """Return the leads that a row's pulse stands for, and its height for each in mm."""
    pulse = row.pulse
    if pulse is None or pulse.height_mm is None:
        return []
    if pulse.last_mm is not None:
        return [(names[0], pulse.height_mm), (names[-1], pulse.last_mm)]
    return [(names[0] if pulse.left_mm < row.start_mm else names[-1], pulse.height_mm)]


def _nearest(heights: list[float]) -> float | None:
    """Return the gain that most of the pulses' heights are nearest to."""
    if not heights:
        return None
    return float(min(PULSE_GAINS, key=lambda gain: abs(np.log(np.median(heights) / gain))))
