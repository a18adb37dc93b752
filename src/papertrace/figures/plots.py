"""The plots: each function takes arrays and returns a matplotlib figure, no pyplot, no global state."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path

import cv2
import matplotlib
import matplotlib.lines
import matplotlib.patches
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from papertrace.figures.data import Example, Stretch
from papertrace.io import write_bytes

# Okabe & Ito (2008): told apart with any colour vision, and by lightness in grey print.
INK = "#1f2933"
MUTED = "#66727f"
TRUTH = "#1f2933"
TRACE = "#d55e00"
INPUT_COLOURS = {"pages": "#0072b2", "scans": "#d55e00"}
INPUT_NAMES = {"pages": "clean pages", "scans": "scans"}
CLINICAL_NAMES = {"rr_ms": "RR interval", "qrs_ms": "QRS width", "qt_ms": "QT interval"}
_ROOM = 1.25
"""How much finer than print an image is kept: its place is known but nearly before the layout is made."""

_STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelcolor": INK,
    "axes.edgecolor": "#9aa5b1",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e4e7eb",
    "grid.linewidth": 0.6,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "text.color": INK,
    "legend.frameon": False,
    "figure.facecolor": "white",
    "figure.dpi": 100,
    "savefig.dpi": 200,
    "svg.hashsalt": "papertrace",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
}
# Nothing in a figure's file tells when or by which build it was made: the same numbers give the same bytes.
_NO_METADATA = {
    "png": {"Software": None},
    "pdf": {"Creator": None, "Producer": None, "CreationDate": None},
    "svg": {"Creator": None, "Date": None, "Format": None, "Type": None},
}


@contextlib.contextmanager
def style() -> Iterator[None]:
    """Apply the house's look to the figures made and saved inside."""
    with matplotlib.rc_context(_STYLE):
        yield


def render(figure: Figure, kind: str) -> bytes:
    """Return the figure as ``png``, ``pdf`` or ``svg``; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, metadata=_NO_METADATA[kind])
    return buffer.getvalue()


def save(figure: Figure, stem: Path) -> bytes:
    """Write the figure as ``<stem>.png`` and ``<stem>.pdf`` and return the PNG."""
    png = render(_laid_out(figure), "png")
    write_bytes(png, stem.with_name(f"{stem.name}.png"))
    write_bytes(render(figure, "pdf"), stem.with_name(f"{stem.name}.pdf"))
    return png


def show(axes: Axes, image: np.ndarray) -> None:
    """Show an image without axes; their coordinates are the image's pixels, whole numbers pixel centres.

    It is shrunk to what its place will have in print: Matplotlib takes a second to do so with a page.

    Parameters
    ----------
    axes : Axes
        In their place in the figure, or near it where the layout is still to be made.
    image : ndarray of uint8, shape (height, width) or (height, width, 3)
        Grey or BGR.
    """
    height, width = image.shape[:2]
    inches = axes.get_window_extent().size / axes.figure.dpi
    factor = _ROOM * matplotlib.rcParams["savefig.dpi"] * float(min(inches / (width, height)))
    shown = image
    if factor < 1:
        size = max(1, round(width * factor)), max(1, round(height * factor))
        shown = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    axes.imshow(
        shown if image.ndim == 2 else shown[..., ::-1], cmap="gray", vmin=0, vmax=255, interpolation="antialiased",
        extent=(-0.5, width - 0.5, height - 0.5, -0.5),
    )  # fmt: skip
    axes.axis("off")


def snr_histogram(snr_db: dict[str, np.ndarray], title: str, form: str) -> Figure:
    """Histogram of the leads' SNR by input, with the medians marked.

    Parameters
    ----------
    snr_db : dict of input name to ndarray, shape (n,)
        SNR in dB, NaN where a lead has none.
    title : str
        The plot's title.
    form : str
        Which SNR it is, for the axis: strict, aligned.

    """
    snr_db = {name: values[~np.isnan(values)] for name, values in snr_db.items()}
    every = np.concatenate([*snr_db.values(), np.empty(0)])
    figure = Figure(figsize=(5.6, 3.6), layout="constrained")
    axes = figure.add_subplot()
    finite = every[np.isfinite(every)]
    if len(finite):
        # A few hopeless or perfect leads must not flatten the rest: the outermost bins collect what lies beyond.
        low, high = np.floor(np.percentile(finite, 0.5)) - 1, np.ceil(np.percentile(finite, 99.5)) + 1
        step = max(0.5, float(np.ceil((high - low) / 60 * 2) / 2))
        edges = np.arange(low, high + step, step)
        for name, values in snr_db.items():
            if not len(values):
                continue
            colour, label = INPUT_COLOURS[name], INPUT_NAMES[name]
            clipped = np.clip(values, edges[0], edges[-1] - step / 2)
            median = float(np.median(values))
            axes.hist(clipped, edges, histtype="stepfilled", color=colour, alpha=0.28, lw=0)
            axes.hist(clipped, edges, histtype="step", color=colour, lw=1.4)
            axes.plot([], [], color=colour, lw=2, label=f"{label}: median {median:.1f} dB, n = {len(values)}")
            axes.axvline(np.clip(median, edges[0], edges[-1]), color=colour, lw=1.2, ls=(0, (4, 2)), ymax=0.78)
        axes.set_ylim(0, axes.get_ylim()[1] * 1.28)
        axes.legend(loc="upper left", fontsize=8, handlelength=1.2)
    else:
        _say(axes, "no lead was scored")
    axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set(xlabel=f"SNR, {form} (dB)", ylabel="leads")
    axes.set_title(title)
    return _laid_out(figure)


def clinical_scatter(pairs: dict[str, tuple[np.ndarray, np.ndarray]], name: str) -> Figure:
    """Scatter of a clinical parameter measured on the trace against the same on the truth.

    Parameters
    ----------
    pairs : dict of input name to (truth, trace), each ndarray of shape (n,)
        Measurements in ms, NaN where there is none.
    name : str
        The parameter's name for title and axes.

    """
    figure = Figure(figsize=(3.9, 3.9))
    axes = figure.add_axes((0.16, 0.13, 0.81, 0.81))  # the same in every plot, so that they line up side by side
    measured = {}
    for input_, (truth, trace) in pairs.items():
        both = np.isfinite(truth) & np.isfinite(trace)
        measured[input_] = truth[both], trace[both]
    every = np.concatenate([values for pair in measured.values() for values in pair] + [np.empty(0)])
    if len(every):
        low, high = float(every.min()), float(every.max())
        margin = 0.05 * (high - low) or 0.05 * high or 1.0
        limits = low - margin, high + margin
        axes.plot(limits, limits, color=MUTED, lw=0.8, ls=(0, (4, 3)), zorder=1)
        # Scans lie wider, so they go beneath the pages.
        for input_, (truth, trace) in sorted(measured.items(), reverse=True):
            alpha = float(np.clip(60 / max(len(truth), 1), 0.06, 0.75))
            label = f"{INPUT_NAMES[input_]}, n = {len(truth)}"
            style = {"s": 14, "alpha": alpha, "linewidths": 0, "color": INPUT_COLOURS[input_], "rasterized": True}
            axes.scatter(truth, trace, marker="o" if input_ == "pages" else "^", **style)
            axes.scatter(
                [], [], marker="o" if input_ == "pages" else "^", s=18, color=INPUT_COLOURS[input_], label=label
            )
        axes.set(xlim=limits, ylim=limits)
        axes.legend(loc="lower right", fontsize=8, handletextpad=0.2, borderaxespad=0.2)
    else:
        _say(axes, "could not be measured")
    axes.xaxis.set_major_locator(MaxNLocator(5, prune="both"))
    axes.yaxis.set_major_locator(MaxNLocator(5, prune="both"))
    axes.set(xlabel=f"{name} on the truth (ms)", ylabel=f"{name} on the trace (ms)")
    axes.set_title(name)
    return figure


def truth_and_trace(stretches: list[Stretch], width_in: float = 11.0) -> Figure:
    """Time plot of truth and trace in mV with the residual beneath, placed like the leads on the page.

    Parameters
    ----------
    stretches : list of Stretch
        At least one.
    width_in : float
        Width of the figure in inches; its height follows from the number of rows.

    """
    rows = [[s for s in stretches if s.row == row] for row in sorted({s.row for s in stretches})]
    columns = max(stretch.column for stretch in stretches) + 1
    figure = Figure(figsize=(width_in, 0.6 + 1.65 * len(rows)), layout="constrained")
    figure.get_layout_engine().set(h_pad=0.03, w_pad=0.03, hspace=0.02, wspace=0.02)
    grid = figure.add_gridspec(2 * len(rows), columns, height_ratios=[3, 1] * len(rows))
    for k, row in enumerate(rows):
        # The row below shares the time axis where it is divided into as many stretches.
        last_of_its_kind = k + 1 == len(rows) or len(rows[k + 1]) != len(row)
        first = None
        for stretch in row:
            place = slice(None) if len(row) == 1 else stretch.column
            upper = figure.add_subplot(grid[2 * k, place], sharey=first and first[0])
            lower = figure.add_subplot(grid[2 * k + 1, place], sharex=upper, sharey=first and first[1])
            _plot_stretch(upper, lower, stretch)
            lower.tick_params(labelbottom=last_of_its_kind)
            if last_of_its_kind:
                lower.set_xlabel("time on the page (s)")
            if first is None:
                first = upper, lower
                upper.set_ylabel("mV")
                lower.set_ylabel("Δ mV")
            else:
                upper.tick_params(labelleft=False)
                lower.tick_params(labelleft=False)
    handles = [
        matplotlib.lines.Line2D([], [], color=TRUTH, lw=2.6, alpha=0.35, label="truth (drawn)"),
        matplotlib.lines.Line2D([], [], color=TRACE, lw=1.1, label="trace (recovered)"),
        matplotlib.patches.Patch(color=INPUT_COLOURS["pages"], alpha=0.6, lw=0, label="trace minus truth"),
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=3, fontsize=8)
    return _laid_out(figure)


def zoom(example: Example, box_px: tuple[float, ...]) -> Figure:
    """Draw truth and trace over a cut-out of the image they share, to see them apart by fractions of a pixel.

    Parameters
    ----------
    example : Example
        The page.
    box_px : tuple
        x0, y0, x1, y1 of the cut-out in px.

    """
    figure = Figure(figsize=(6.4, 4.2))
    _draw_zoom(figure.add_axes((0, 0, 1, 1)), example, box_px)
    return figure


def round_trip(clean: np.ndarray, example: Example, box_px: tuple[float, ...]) -> Figure:
    """Draw the round trip of one page in one figure: clean page, scan, truth and trace enlarged, time plot.

    Parameters
    ----------
    clean : ndarray of uint8, shape (height, width, 3)
        The clean page, BGR.
    example : Example
        The page as it was digitized.
    box_px : tuple
        What to enlarge; see `zoom`.

    """
    figure = Figure(figsize=(11, 8.2), layout="constrained")
    grid = figure.add_gridspec(3, 2, height_ratios=[2.2, 1.2, 0.5])
    images = [("page", clean), ("scan", example.image)]
    for k, (title, image) in enumerate(images if example.input == "scans" else images[:1]):
        axes = figure.add_subplot(grid[0, k])
        show(axes, image)
        axes.set_title(title)
    axes = figure.add_subplot(grid[1:, 0])
    _draw_zoom(axes, example, box_px)
    axes.set_title("trace over truth, enlarged")
    upper = figure.add_subplot(grid[1, 1])
    lower = figure.add_subplot(grid[2, 1], sharex=upper)
    _plot_stretch(upper, lower, example.stretches[0])
    snr = np.array([row["snr_db"] for row in example.scores], float)
    upper.set_title(f"lead {example.stretches[0].lead}; median SNR of the page {np.nanmedian(snr):.1f} dB")
    upper.set_ylabel("mV")
    lower.set(ylabel="Δ mV", xlabel="time on the page (s)")
    return _laid_out(figure)


def _draw_zoom(axes, example: Example, box_px: tuple[float, ...]) -> None:
    height, width = example.image.shape[:2]
    x0, y0 = (max(0, int(np.floor(value))) for value in box_px[:2])
    x1, y1 = min(width, int(np.ceil(box_px[2]))), min(height, int(np.ceil(box_px[3])))
    cut = example.image[y0:y1, x0:x1, ::-1].astype(float)
    axes.imshow((255 - (255 - cut) * 0.5).astype(np.uint8), extent=(x0 - 0.5, x1 - 0.5, y1 - 0.5, y0 - 0.5))
    for stretch in example.stretches:
        axes.plot(*stretch.truth_px.T, color=TRUTH, lw=3.4, alpha=0.5, solid_joinstyle="round")
        axes.plot(*stretch.trace_px.T, color=TRACE, lw=1.2, solid_joinstyle="round")
    axes.set(xlim=(x0 - 0.5, x1 - 0.5), ylim=(y1 - 0.5, y0 - 0.5))
    axes.axis("off")


def _plot_stretch(upper, lower, stretch: Stretch) -> None:
    upper.plot(stretch.truth_s, stretch.truth_mv, color=TRUTH, lw=2.6, alpha=0.35, solid_joinstyle="round")
    upper.plot(stretch.trace_s, stretch.trace_mv, color=TRACE, lw=0.9)
    upper.set_title(stretch.lead, fontsize=9, pad=2)
    upper.tick_params(labelbottom=False, length=0, labelsize=8)
    residual = stretch.residual_mv()
    if np.isfinite(residual).any():
        lower.fill_between(stretch.truth_s, residual, color=INPUT_COLOURS["pages"], alpha=0.6, lw=0)
    else:
        _say(lower, "not recovered")
    lower.axhline(0, color=MUTED, lw=0.5)
    lower.tick_params(length=0, labelsize=8)
    lower.yaxis.set_major_locator(MaxNLocator(3, symmetric=True))
    upper.yaxis.set_major_locator(MaxNLocator(4))
    upper.margins(x=0.005)


def _laid_out(figure: Figure) -> Figure:
    """Lay the figure out once and for all; it would be done anew for each of PNG, PDF and SVG, at half their cost."""
    if figure.get_layout_engine() is not None:
        figure.get_layout_engine().execute(figure)
        figure.set_layout_engine("none")
    return figure


def _say(axes, sentence: str) -> None:
    axes.text(0.5, 0.5, sentence, transform=axes.transAxes, ha="center", va="center", color=MUTED)
