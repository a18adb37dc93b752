"""What is printed on a page beside its traces, and where: header, measurements, statements, scale, codes, pacing."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from papertrace.labels import Box
from papertrace.pages.beats import heart_rate
from papertrace.pages.codes import MODULES
from papertrace.pages.text import text_width
from papertrace.pages.words import Header, draw_intervals, draw_machine, interval_lines, statement_lines

if TYPE_CHECKING:
    from papertrace.pages.config import PagesConfig

LEAST_TYPE_PX = 3.5
"""Type smaller than this is not printed: it is grey dust."""

_HEADER_TYPE_MM, _SCALE_TYPE_MM, _BLOCK_TYPE_MM = 3.4, 3.2, 3.2
_NARROW_MM = 265.0  # the header's columns need so much; below, its type shrinks
_SIDE_MM = 5.0  # from print to the paper's edge
_BLOCK_TOP_MM, _LINE_PITCH, _BLOCK_GAP_MM = 6.5, 1.3, 7.0  # the pitch of lines in sizes of the type
_BASELINE_MM = 4.0  # of the scale, above the lower edge
_CODE_TOP_MM, _CODE_GAP_MM = 3.5, 4.0
_BAR_HEIGHT_MM, _BAR_GAP_MM = 5.5, 3.0
_LEAST_BAR_MM = 0.19  # the narrowest module that is printed
_LEAST_MODULE_PX = {"qr": 2.5, "barcode": 1.5}  # what a reader still resolves


@dataclass(frozen=True)
class Window:
    """What is known of a page's window beside its samples.

    `page_id` goes into codes; `age` and `sex` are those of the record's header, None where it tells none; `beats_s` are
    the moments of its beats from its first sample, where they are wanted; `duration_s` is its length.
    """

    page_id: str = ""
    age: int | None = None
    sex: str | None = None
    beats_s: tuple[float, ...] = ()
    duration_s: float = float("inf")


UNKNOWN = Window()
"""A window of which nothing is known."""


@dataclass(frozen=True)
class Print:
    """A line of print: `kind` as in `papertrace.labels.TextLabel`, left end of its baseline, size of the type."""

    text: str
    kind: str
    x_mm: float
    baseline_mm: float
    size_mm: float


@dataclass(frozen=True)
class Code:
    """A QR code (`kind` ``qr``) or bar code (``barcode``) of a text; the box is without quiet zones."""

    text: str
    kind: str
    box_mm: Box


@dataclass(frozen=True)
class Pacing:
    """Pacing marks at these moments of the window.

    A ``marker`` stands `offset_mm` below the row's 0 mV, a ``spike`` on the trace, from which it rises by most of
    `height_mm`.
    """

    style: str
    times_s: tuple[float, ...]
    height_mm: float
    offset_mm: float


@dataclass(frozen=True)
class Scale:
    """Paper speed, gain of limb and chest leads, and where the line that tells them begins."""

    speed_mm_s: float
    gain_mm_mv: float
    chest_gain_mm_mv: float
    x_mm: float


@dataclass(frozen=True)
class Paper:
    """The sheet that print is placed on, its type and its resolution."""

    width_mm: float
    height_mm: float
    px_per_mm: float
    typeface: str
    type_weight: int

    def width_of(self, text: str, size_mm: float) -> float:
        """Return how wide a line of text is in mm."""
        return text_width(text, size_mm, self.typeface, self.type_weight)


def place_print(
    paper: Paper,
    config: PagesConfig,
    rng: np.random.Generator,
    window: Window,
    header: Header | None,
    scale: Scale | None,
) -> tuple[tuple[Print, ...], tuple[Code, ...]]:
    """Return all print of a page and its codes.

    Parameters
    ----------
    paper : Paper
        What it is printed on.
    config : PagesConfig
        Its probabilities are used.
    rng : numpy.random.Generator
        The only source of randomness.
    window : Window
        What the print may tell.
    header : Header or None
        The header, where the page has one.
    scale : Scale or None
        Speed and gains, where they are printed.
    """
    wanted = {
        name: rng.random() < getattr(config, f"{name}_probability")
        for name in ("intervals", "statements", "qr", "barcode")
    }
    long = config.scale_style[int(rng.integers(len(config.scale_style)))] == "long"
    words, codes = rng.spawn(2)
    qr = _qr_code(window.page_id, paper, codes) if wanted["qr"] else None
    # The QR code's strip at the right is left to it.
    width_mm = paper.width_mm if qr is None else qr.box_mm[0] - _CODE_GAP_MM
    found = draw_intervals(words, heart_rate(np.array(window.beats_s)))
    blocks = [("interval", interval_lines(found, words))] if wanted["intervals"] else []
    if wanted["statements"]:
        blocks.append(("statement", statement_lines(found, words)))
    if header is not None and blocks:
        blocks.insert(0, ("header", [header.number, header.person, header.body, header.moment, header.hospital]))
    prints = _blocks(blocks, width_mm, paper) if blocks else _columns(header, width_mm) if header else []
    line = None
    if scale is not None:
        line = _long_scale(scale, header, paper, words) if long else _short_scale(scale, paper)
        prints.append(line)
    bars = _bar_code(window.page_id, line, paper, codes) if wanted["barcode"] else None
    return tuple(prints), tuple(code for code in (qr, bars) if code is not None)


def draw_pacing(window: Window, config: PagesConfig, room_mm: float, rng: np.random.Generator) -> Pacing | None:
    """Draw whether a page has pacing marks, and where.

    They come before the record's own beats: 50 ms in the ventricle, 200 ms in the atrium, or both; of a record without
    beats at a rate of their own. They are print, as electrocardiographs mark what their filters take out of the signal:
    the truth does not hold them.

    Parameters
    ----------
    window : Window
        Its beats and its length are used.
    config : PagesConfig
        Its probability and styles are used.
    room_mm : float
        From row to row.
    rng : numpy.random.Generator
        The only source of randomness.
    """
    if rng.random() >= config.pacing_probability:
        return None
    style = config.pacing_style[int(rng.integers(len(config.pacing_style)))]
    before = ((0.05,), (0.2,), (0.05, 0.2))[int(rng.integers(3))]
    height_mm, offset_mm, rate = rng.uniform(2.5, 8), rng.uniform(5, 10), rng.uniform(55, 90)
    beats = np.array(window.beats_s)
    if len(beats) < 2:
        beats = np.arange(rng.uniform(0.2, 0.9), min(window.duration_s, 60.0), 60 / rate)
    times = np.sort(np.concatenate([beats - early for early in before]))
    if style == "marker":
        offset_mm = min(offset_mm, 0.3 * room_mm)
        height_mm = min(height_mm, 0.4 * room_mm)
    return Pacing(style, tuple(round(float(time), 4) for time in times[times >= 0]), height_mm, offset_mm)


def _columns(header: Header, width_mm: float) -> list[Print]:
    """Return a header in three columns, as it is where nothing else is printed above the traces."""
    size_mm = _HEADER_TYPE_MM * min(1.0, width_mm / _NARROW_MM)
    columns = (
        (0.04, (header.number, header.person, header.body)),
        (0.36, (header.moment, header.hospital)),
        (0.68, (header.filters, header.remark)),
    )
    return [
        Print(text, "header", share * width_mm, 7.0 + 5.0 * line, size_mm)
        for share, texts in columns
        for line, text in enumerate(texts)
    ]


def _blocks(blocks: list[tuple[str, list[str]]], width_mm: float, paper: Paper) -> list[Print]:
    """Return blocks of lines side by side, what is left over spread between them; the type shrinks at need."""
    wide = [max(paper.width_of(line, _BLOCK_TYPE_MM) for line in lines) for _, lines in blocks]
    room_mm = width_mm - 2 * _SIDE_MM - _BLOCK_GAP_MM * (len(blocks) - 1)
    share = min(1.0, room_mm / sum(wide))
    gap_mm = _BLOCK_GAP_MM + max(room_mm - sum(wide), 0.0) / len(blocks)
    prints, x_mm = [], _SIDE_MM
    for width, (kind, lines) in zip(wide, blocks, strict=True):
        for number, line in enumerate(lines):
            baseline_mm = _BLOCK_TOP_MM + number * _LINE_PITCH * _BLOCK_TYPE_MM * share
            prints.append(Print(line, kind, x_mm, baseline_mm, _BLOCK_TYPE_MM * share))
        x_mm += width * share + gap_mm
    return prints


def _short_scale(scale: Scale, paper: Paper) -> Print:
    chest = "" if scale.chest_gain_mm_mv == scale.gain_mm_mv else f"/{scale.chest_gain_mm_mv:g}"
    text = f"{scale.speed_mm_s:g} mm/s    {scale.gain_mm_mv:g}{chest} mm/mV"
    x_mm = min(scale.x_mm, max(paper.width_mm - 75.0, 4.0))
    return Print(text, "scale", x_mm, paper.height_mm - _BASELINE_MM, _SCALE_TYPE_MM)


def _long_scale(scale: Scale, header: Header | None, paper: Paper, rng: np.random.Generator) -> Print:
    """Return the scale as a long line from the left edge: machine, speed, gains, filter."""
    parts = [
        draw_machine(rng),
        f"Speed: {scale.speed_mm_s:g} mm/sec",
        f"Limb: {scale.gain_mm_mv:g} mm/mV",
        f"Chest: {scale.chest_gain_mm_mv:g} mm/mV",
    ]
    text = "   ".join([*parts, *([header.filters] if header else [])])
    share = min(1.0, (paper.width_mm - 2 * _SIDE_MM) / paper.width_of(text, _SCALE_TYPE_MM))
    return Print(text, "scale", _SIDE_MM, paper.height_mm - _BASELINE_MM, _SCALE_TYPE_MM * share)


def _qr_code(text: str, paper: Paper, rng: np.random.Generator) -> Code | None:
    """Return a QR code in the upper right corner; None where the page is too coarse for it, or there is no text."""
    side_mm = rng.uniform(13, 18)
    if not text or side_mm / len(MODULES["qr"](text)) * paper.px_per_mm < _LEAST_MODULE_PX["qr"]:
        return None
    right_mm = paper.width_mm - _SIDE_MM
    return Code(text, "qr", (right_mm - side_mm, _CODE_TOP_MM, right_mm, _CODE_TOP_MM + side_mm))


def _bar_code(text: str, scale: Print | None, paper: Paper, rng: np.random.Generator) -> Code | None:
    """Return a bar code at the lower edge, beside the scale; None where it does not fit or is too fine for the page."""
    wanted_mm = rng.uniform(0.25, 0.38)
    if not text:
        return None
    n_modules = MODULES["barcode"](text).shape[1]
    taken = [(-_SIDE_MM, 0.0), (paper.width_mm, paper.width_mm + _SIDE_MM)]
    if scale is not None:
        taken.insert(1, (scale.x_mm, scale.x_mm + paper.width_of(scale.text, scale.size_mm)))
    gaps = [(right[0] - left[1] - _SIDE_MM - _BAR_GAP_MM, left[1] + _SIDE_MM) for left, right in pairwise(taken)]
    room_mm, x_mm = max(gaps)
    module_mm = min(wanted_mm, room_mm / n_modules)
    if module_mm < max(_LEAST_BAR_MM, _LEAST_MODULE_PX["barcode"] / paper.px_per_mm):
        return None
    y1 = paper.height_mm - 2.0
    return Code(text, "barcode", (x_mm, y1 - _BAR_HEIGHT_MM, x_mm + n_modules * module_mm, y1))
