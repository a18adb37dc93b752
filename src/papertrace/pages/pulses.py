"""Calibration pulses: which rows have one, and its shape in millimetres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from papertrace.labels import LeadLabel
from papertrace.pages.printing import Code
from papertrace.pages.recipe import PULSE_FLAT_MM, PULSE_GAP_MM, PULSE_MV, PULSE_S, PageRecipe


@dataclass(frozen=True)
class Step:
    """A level of a pulse: 1 mV at one gain; from its foot on the baseline to its far edge, (x, y) in mm."""

    gain_mm_mv: float
    width_s: float
    corners_mm: np.ndarray


@dataclass(frozen=True)
class Pulse:
    """A row's pulse: the line that the pen draws, shape (n, 2) in mm, and its steps."""

    row: int
    line_mm: np.ndarray
    steps: tuple[Step, ...]


def pulses_of(recipe: PageRecipe, leads: list[LeadLabel]) -> list[Pulse]:
    """Return a page's pulses.

    A row's pulse is as high as 1 mV of the trace that it stands beside; a stepped one shows each gain of its row in
    turn, from left to right. Where rows are closer than their pulses are high, a row whose pulse would cross the one
    above it has none; nor has one whose pulse would cross a QR code.

    Parameters
    ----------
    recipe : PageRecipe
        Of the page.
    leads : list of LeadLabel
        The leads that were drawn.
    """
    if not recipe.pulse:
        return []
    pulses: list[Pulse] = []
    for row, y_mm in enumerate(recipe.row_y_mm):
        gains = _gains(recipe, [lead for lead in leads if lead.row == row])
        above_mm = recipe.row_y_mm[pulses[-1].row] + 2 * recipe.stroke_mm if pulses else -np.inf
        pulse = _pulse(recipe, row, gains)
        if y_mm - PULSE_MV * max(gains) > above_mm and not any(_cross(pulse, code) for code in recipe.codes):
            pulses.append(pulse)
    return pulses


def _cross(pulse: Pulse, code: Code) -> bool:
    x0, y0, x1, y1 = code.box_mm
    (left, top), (right, bottom) = pulse.line_mm.min(axis=0), pulse.line_mm.max(axis=0)
    return left < x1 and right > x0 and top < y1 and bottom > y0


def _gains(recipe: PageRecipe, leads: list[LeadLabel]) -> list[float]:
    gains = [lead.gain_mm_mv for lead in sorted(leads, key=lambda lead: lead.column)] or [recipe.gain_mm_mv]
    if recipe.pulse_style == "stepped":
        return list(dict.fromkeys(gains))
    return gains[:1] if recipe.pulse_side == "left" else gains[-1:]


def _pulse(recipe: PageRecipe, row: int, gains: list[float]) -> Pulse:
    y, width_mm = recipe.row_y_mm[row], PULSE_S * recipe.speed_mm_s
    x1 = recipe.x_left_mm - PULSE_GAP_MM - PULSE_FLAT_MM
    if recipe.pulse_side == "right":
        x1 = recipe.x_left_mm + recipe.row_s * recipe.speed_mm_s + PULSE_GAP_MM + PULSE_FLAT_MM + width_mm
    edges = np.linspace(x1 - width_mm, x1, len(gains) + 1)
    steps, line = [], [(edges[0] - PULSE_FLAT_MM, y), (edges[0], y)]
    for left, right, gain in zip(edges[:-1], edges[1:], gains, strict=True):
        top = y - PULSE_MV * gain
        line += [(left, top), (right, top)]
        steps.append(Step(gain, PULSE_S / len(gains), np.array([(left, y), (left, top), (right, top), (right, y)])))
    return Pulse(row, np.array([*line, (x1, y), (x1 + PULSE_FLAT_MM, y)]), tuple(steps))
