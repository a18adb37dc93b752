"""The look of the study's figures: a journal's column widths, small print, colours that any eye tells apart."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from papertrace.figures import plots

COLUMN_IN, PAGE_IN = 3.5, 7.2
"""Width of one column and of two in inches: 89 and 183 mm."""

# Okabe & Ito (2008) without yellow, which is lost on white; an order in which neighbours differ in lightness.
CYCLE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#1f2933")
INPUTS = plots.INPUT_COLOURS
MANY = 3000
"""Above so many points a scatter is a heap, and densities are drawn instead."""

_SMALL = {
    "font.size": 7,
    "axes.titlesize": 7.5,
    "axes.labelsize": 7,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "legend.fontsize": 6.5,
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.0,
    "savefig.dpi": 300,
}

UNITS = {
    "rr_ms": ("RR interval", "ms"), "hr_bpm": ("heart rate", "1/min"), "p_ms": ("P duration", "ms"),
    "pr_ms": ("PR interval", "ms"), "qrs_ms": ("QRS width", "ms"), "qt_ms": ("QT interval", "ms"),
    "qtc_bazett_ms": ("QTc (Bazett)", "ms"), "qtc_fridericia_ms": ("QTc (Fridericia)", "ms"),
    "st_mv": ("ST level", "mV"), "r_mv": ("R amplitude", "mV"), "t_mv": ("T amplitude", "mV"),
}  # fmt: skip
"""What a clinical parameter is called, and its unit."""


@contextlib.contextmanager
def style() -> Iterator[None]:
    """Apply the look to what is drawn and saved inside; on top of `papertrace.figures.plots.style`."""
    with plots.style(), matplotlib.rc_context(_SMALL):
        yield


def panels(axes: Sequence[Axes]) -> None:
    """Letter the panels a, b, c …."""
    for letter, ax in zip("abcdefghijklmnopqrstuvwxyz", axes, strict=False):
        ax.annotate(
            letter, (0, 1), (-4, 4), "axes fraction", "offset points", weight="bold", size=9, ha="right", va="bottom"
        )  # fmt: skip


def cloud(axes: Axes, x: np.ndarray, y: np.ndarray, colour: str, extent: tuple[float, float, float, float]) -> None:
    """Draw points: one by one where they are few, else as a density on a logarithmic scale.

    Parameters
    ----------
    axes : Axes
        Where to.
    x, y : ndarray, shape (n,)
        Finite values.
    colour : str
        Of the points, and of where they are densest.
    extent : tuple of float
        Left, right, bottom and top of what is seen.
    """
    if len(x) <= MANY:
        alpha = float(np.clip(120 / max(len(x), 1), 0.15, 0.8))
        axes.scatter(x, y, s=5, color=colour, alpha=alpha, linewidths=0, rasterized=True)
    else:
        shades = matplotlib.colors.LinearSegmentedColormap.from_list("shades", ["#e8edf2", colour, "#111820"])
        inside = (x >= extent[0]) & (x <= extent[1]) & (y >= extent[2]) & (y <= extent[3])
        axes.hexbin(
            x[inside], y[inside], gridsize=48, bins="log", mincnt=1, extent=extent, cmap=shades, linewidths=0,
            rasterized=True,
        )  # fmt: skip
    axes.set(xlim=extent[:2], ylim=extent[2:])


def around(values: np.ndarray, share: float = 0.005, margin: float = 0.08) -> tuple[float, float]:
    """Return limits that show all but a share of the values at either end, with a margin; (0, 1) of none."""
    values = values[np.isfinite(values)]
    if not len(values):
        return 0.0, 1.0
    low, high = np.quantile(values, [share, 1 - share])
    room = margin * (high - low) or abs(high) * margin or 1.0
    return float(low - room), float(high + room)


def page_figure(height_in: float) -> Figure:
    """Return an empty figure two columns wide."""
    return Figure(figsize=(PAGE_IN, height_in), layout="constrained")


def number(value: float, decimals: int = 1, sign: bool = False) -> str:
    """Return a number for print: a real minus, a dash where there is none."""
    if not np.isfinite(value):
        return "\N{EN DASH}"
    return f"{round(value, decimals) + 0.0:{'+' if sign else ''},.{decimals}f}".replace("-", "\N{MINUS SIGN}").replace(
        ",", "\u202f"
    )
