"""Tables as a journal prints them: three rules, no boxes; drawn, so that they go wherever a figure goes."""

from __future__ import annotations

import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from papertrace.figures.study.style import PAGE_IN

_ROW_IN, _PAD_IN, _SIZE = 0.17, 0.11, 7
_MOST = 90
"""Rows that are drawn; the CSV beside has all."""


def table_figure(table: pd.DataFrame) -> Figure:
    """Draw a table of text as wide as its cells are.

    Parameters
    ----------
    table : DataFrame
        Cells as they are to be read. Columns of numbers are set flush right; a cell of the first two columns that says
        what the one above it says is left blank.
    """
    shown = table.head(_MOST).astype(str)
    more = len(table) - len(shown)
    probe = Figure(figsize=(PAGE_IN, 1))
    FigureCanvasAgg(probe)
    renderer, dpi = probe.canvas.get_renderer(), probe.dpi

    def width(text: str, bold: bool = False) -> float:
        drawn = probe.text(0, 0, text, size=_SIZE, weight="bold" if bold else "normal")
        inches = drawn.get_window_extent(renderer).width / dpi
        drawn.remove()
        return inches

    heads = [_folded(str(name)) for name in table]
    widths = [
        max([width(head, True), *map(width, set(shown[name]))]) + 2 * _PAD_IN
        for head, name in zip(heads, table, strict=True)
    ]
    head_lines = max(head.count("\n") for head in heads) + 1
    lines = len(shown) + bool(more)
    total, height = sum(widths), _ROW_IN * (lines + head_lines + 0.6)
    figure = Figure(figsize=(total, height))

    def y(line: float) -> float:
        return 1 - _ROW_IN * (line + 0.3) / height

    def rule(line: float, weight: float) -> None:
        figure.add_artist(_line(y(line), weight))

    left = 0.0
    for head, name, wide in zip(heads, table, widths, strict=True):
        right = all(_is_number(cell) for cell in shown[name])
        x, side = ((left + wide - _PAD_IN) / total, "right") if right else ((left + _PAD_IN) / total, "left")
        figure.text(x, y(head_lines - 0.25), head, size=_SIZE, weight="bold", ha=side, va="bottom")
        before = None
        for k, cell in enumerate(shown[name]):
            repeated = cell == before and name in table.columns[:2] and len(table.columns) > 3
            if not repeated:
                figure.text(x, y(head_lines + k + 0.5), cell, size=_SIZE, ha=side, va="center")
            before = cell
        left += wide
    if more:
        figure.text(
            _PAD_IN / total, y(head_lines + len(shown) + 0.5), f"… {more} more rows in the CSV", size=_SIZE, va="center"
        )
    rule(0, 1.0)
    rule(head_lines, 0.5)
    rule(head_lines + lines, 1.0)
    return figure


def _line(y: float, weight: float):
    from matplotlib.lines import Line2D

    return Line2D([0, 1], [y, y], color="#111820", lw=weight)


def _folded(head: str) -> str:
    """Break a long column's title once, before its unit or in its middle."""
    if len(head) < 12:
        return head
    for mark in (" (", " [", ", ", " "):
        place = head.find(mark)
        if place > 0:
            return f"{head[:place]}\n{head[place:].strip(', ')}"
    return head


def _is_number(cell: str) -> bool:
    return (
        cell in ("\N{EN DASH}", "")
        or cell.lstrip("+\N{MINUS SIGN}").replace("\u202f", "").replace(".", "", 1).isdigit()
    )
