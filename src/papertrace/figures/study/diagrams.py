"""F1 and F9: the round trip, and a digitizer's steps, as block diagrams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from papertrace.figures.study.data import Study
from papertrace.figures.study.plate import Item, Plate
from papertrace.figures.study.style import PAGE_IN

_EDGE = "#111820"
_DATA, _STEP, _NETWORK, _CHECK = "#e8edf2", "#cfe3f1", "#f6d9c6", "#d3eee3"


@dataclass(frozen=True)
class Block:
    """A box: its middle and size in inches, its title, what is in it, its colour."""

    x: float
    y: float
    title: str
    text: str = ""
    colour: str = _STEP
    width: float = 1.18
    height: float = 0.62

    def draw(self, ax: Axes) -> None:
        """Draw it."""
        corner = self.x - self.width / 2, self.y - self.height / 2
        box = FancyBboxPatch(
            corner, self.width, self.height, boxstyle="round,pad=0,rounding_size=0.06", fc=self.colour, ec=_EDGE, lw=0.7
        )
        ax.add_patch(box)
        up = 0.035 + 0.05 * self.text.count("\n") if self.text else 0
        ax.text(
            self.x,
            self.y + up + (0.02 if self.text else 0),
            self.title,
            ha="center",
            va="bottom" if self.text else "center",
            size=7,
            weight="bold",
        )
        ax.text(self.x, self.y + up - 0.01, self.text, ha="center", va="top", size=5.8, linespacing=1.15)


def _canvas(height_in: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(PAGE_IN, height_in))
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, PAGE_IN), ylim=(0, height_in))
    ax.axis("off")
    return figure, ax


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    ax.add_patch(
        FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=7, lw=0.8, color=_EDGE, shrinkA=0, shrinkB=0)
    )


def _chain(ax: Axes, blocks: Sequence[Block]) -> None:
    """Draw blocks that follow each other from left to right, with arrows between them."""
    for block in blocks:
        block.draw(ax)
    for one, other in pairwise(blocks):
        _arrow(ax, (one.x + one.width / 2, one.y), (other.x - other.width / 2, other.y))


def round_trip(study: Study) -> Plate:
    """F1: record, page, scan, trace, score."""
    figure, ax = _canvas(2.0)
    xs = [0.68 + 1.46 * k for k in range(5)]
    top = [
        Block(xs[0], 1.5, "record", "WFDB database or\nsimulation; windows,\nsplit by record", _DATA),
        Block(xs[1], 1.5, "page", "layout, grid, ink,\ntext, pulses;\nlabels in mm"),
        Block(xs[2], 1.5, "scan", "artifacts of paper,\ngeometry, sensor;\nlabels carried along"),
        Block(xs[3], 1.5, "trace", "a digitizer reads\npixels, nothing else:\nmV, s, confidence", _NETWORK),
        Block(xs[4], 1.5, "score", "fidelity, clinical\nparameters, beats,\nagreement", _CHECK),
    ]
    _chain(ax, top)
    truth = Block(xs[1], 0.42, "truth", "what was drawn, in mV and s;\nthe database's own marks", _DATA, width=1.5)
    truth.draw(ax)
    _arrow(ax, (xs[1], top[1].y - top[1].height / 2), (xs[1], truth.y + truth.height / 2))
    ax.plot([xs[1] + truth.width / 2, xs[4]], [truth.y, truth.y], color=_EDGE, lw=0.8)
    _arrow(ax, (xs[4], truth.y), (xs[4], top[4].y - top[4].height / 2))
    ax.text(xs[3], truth.y + 0.04, "not seen by the digitizer", ha="center", va="bottom", size=5.8, style="italic")
    caption = (
        "The round trip of an ECG. Each stage writes tables and images that the next one reads; the truth goes round "
        "the digitizer, which is given an image and nothing else."
    )
    return Plate(figure, caption)


def digitizers(study: Study) -> Plate:
    """F9: the steps of the digitizer, and those of the study's."""
    figure, ax = _canvas(2.75)
    xs = [0.64 + 1.185 * k for k in range(6)]
    wide = {"width": 1.06, "height": 0.66}
    ours = [
        Block(xs[0], 2.08, "image", "photo or scan", _DATA, **wide),
        Block(xs[1], 2.08, "sheet", "grid as a lattice:\nhomography, then\na smooth warp", **wide),
        Block(xs[2], 2.08, "rows", "page network at\n4 px/mm; chains of\nits ink runs", _NETWORK, **wide),
        Block(xs[3], 2.08, "trace", "trace network on\nrectified strips; height\nas an expectation", _NETWORK, **wide),
        Block(xs[4], 2.08, "layout", "names, pulses, gain,\nspeed, columns,\ntime zero", **wide),
        Block(xs[5], 2.08, "leads", "mV and s, limb leads\nmade to agree;\nconfidence", _CHECK, **wide),
    ]
    study_ = [
        Block(xs[0], 0.78, "image", "photo or scan", _DATA, **wide),
        Block(xs[1], 0.78, "text", "boxes of print,\ninpainted (Telea)", **wide),
        Block(xs[2], 0.78, "DnCNN", "grid and noise taken\naway by residual\nlearning", _NETWORK, **wide),
        Block(xs[3], 0.78, "trace", "darkest pixel per\ncolumn of connected\ncomponents", **wide),
        Block(xs[4], 0.78, "pitch", "of a 5 mm box, by\nspectrum, marginals\nor matched filter", **wide),
        Block(xs[5], 0.78, "leads", "mV and s at\n25 mm/s, 10 mm/mV", _CHECK, **wide),
    ]
    _chain(ax, ours)
    _chain(ax, study_)
    ax.text(0.1, 2.53, "a   network", size=8, weight="bold")
    ax.text(0.1, 1.23, "b   dncnn: the study's method, as far as it is known", size=8, weight="bold")
    caption = (
        "Two digitizers, step by step: (a) the network digitizer, (b) the study's method (Shivashankara et al. "
        "2024), as far as it is known. Orange: trained networks."
    )
    return Plate(figure, caption)


ITEMS = (
    Item("F1", "round-trip", "The round trip of an ECG", round_trip),
    Item("F9", "digitizers", "Digitizers step by step", digitizers),
)
