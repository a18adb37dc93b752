"""F10, F11, F14 and F17: how a page of the run is read, and how sure the digitizer is of it."""

from __future__ import annotations

import cv2
import numpy as np
from matplotlib.axes import Axes

from papertrace.figures import plots
from papertrace.figures.data import Stretch
from papertrace.figures.study.data import Study
from papertrace.figures.study.pages import show
from papertrace.figures.study.plate import AbsentError, Item, Plate
from papertrace.figures.study.style import INPUTS, around, number, page_figure, panels
from papertrace.io import read_table

_CROP_MM = (90.0, 45.0)
_BEFORE_MM = 14.0  # of the crop, left of where the row begins
_CROP_SCALE = 8
_SECONDS = 2.5


def grid_removal(study: Study) -> Plate:
    """F10: text painted over, grid taken away; before and after."""
    from papertrace.geometry import PixelMap
    from papertrace.traces.dncnn.network import clean
    from papertrace.traces.dncnn.text import find_text, paint_over
    from papertrace.traces.ink import Light, ink_map
    from papertrace.traces.lattice import MAX_PIXELS, NoLatticeError, reduce_image, reduction
    from papertrace.traces.network.digitizer import Seen
    from papertrace.traces.network.models import BLOCK, read_view
    from papertrace.traces.sheet import sheet_of
    from papertrace.traces.strips import VIEW_SCALE, Window

    example = study.example
    image = reduce_image(example.image, reduction(example.image.shape, MAX_PIXELS))
    try:
        sheet = sheet_of(image)
    except NoLatticeError as error:
        raise AbsentError(f"page {example.page_id}: {error}") from None
    pitch = (sheet.px_per_mm_x + sheet.px_per_mm_y) / 2
    boxes, other = find_text(image, pitch)
    painted = paint_over(image, boxes, other, pitch)
    darkness = clean(painted)
    light = Light.of(image)
    page = ink_map(image, sheet, light, 6)
    seen = Seen.of(image, light, page, pitch, VIEW_SCALE)
    height, width = (-(-int(side / page.scale * VIEW_SCALE) // (2 * BLOCK)) * 2 * BLOCK for side in page.ink.shape)
    network = read_view(seen.strip(Window(0.0, 0.0, width, height, VIEW_SCALE, time_scale=VIEW_SCALE))[:3])

    size_mm = np.array(page.ink.shape[::-1]) / page.scale
    rows = example.stretches[0].truth_px / (example.image.shape[1] / image.shape[1])
    curve = page.map.inverse(rows[np.isfinite(rows).all(axis=1)])
    corner = np.array([curve[:, 0].min() - _BEFORE_MM, curve[:, 1].mean() - _CROP_MM[1] / 2])
    x0, y0 = np.clip(corner, 0, np.maximum(0, size_mm - _CROP_MM)).tolist()
    to_page = PixelMap(np.array([[1 / _CROP_SCALE, 0, x0], [0, 1 / _CROP_SCALE, y0], [0, 0, 1.0]]))

    def rectified(picture: np.ndarray) -> np.ndarray:
        columns, lines = (round(side * _CROP_SCALE) for side in _CROP_MM)
        points = np.stack(np.meshgrid(np.arange(columns), np.arange(lines)), axis=-1).reshape(-1, 2).astype(float)
        px = page.map.apply(to_page.apply(points)).reshape(lines, columns, 2).astype(np.float32)
        return cv2.remap(picture, px[..., 0], px[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

    def cut(values: np.ndarray, scale: float) -> np.ndarray:
        top, left = round(y0 * scale), round(x0 * scale)
        return values[top : top + round(_CROP_MM[1] * scale), left : left + round(_CROP_MM[0] * scale)]

    def on_white(share: np.ndarray) -> np.ndarray:
        return np.rint(255 * (1 - np.clip(share, 0, 1))).astype(np.uint8)

    shown = (
        ("scan" if example.input == "scans" else "page", rectified(image)),
        ("text painted over (Telea)", rectified(painted)),
        ("grid removed by DnCNN", rectified(on_white(darkness))),
        ("ink, by colour and cell mean", on_white(cut(page.ink, page.scale))),
        ("traces, as the page network sees them", on_white(cut(network, VIEW_SCALE * network.shape[1] / width))),
    )
    figure = page_figure(3 * 7.2 / 2 / 2 + 0.6)
    axes = figure.subplots(3, 2).ravel()
    for ax, (title, picture) in zip(axes, shown, strict=False):
        show(ax, picture, title)
    zoom = study.example.stretches[0]
    _overlay(axes[5], zoom)
    axes[5].set_title(f"read from it by {study.digitizer}: lead {zoom.lead}")
    panels(axes)
    caption = (
        f"Part of page {example.page_id}, rectified, before and after (a-c) the study's steps and (d, e) those of the "
        "network digitizer; (f) the result of the digitizer that is shown."
    )
    return Plate(figure, caption)


def overlays(study: Study) -> Plate:
    """F11: recovered over true, of the best, the median and the worst page."""
    from papertrace.figures.data import read_example

    ranked = study.results.ranked(study.input, study.digitizer)
    if not ranked:
        raise AbsentError(f"{study.digitizer} read no page")
    places = dict.fromkeys((len(ranked) - 1, len(ranked) // 2, 0))
    names = {len(ranked) - 1: "best", 0: "worst"}
    figure = page_figure(1.75 * len(places) + 0.3)
    axes = figure.subplots(len(places), 1, squeeze=False)[:, 0]
    told = []
    for ax, place in zip(axes, places, strict=True):
        page = ranked[place]
        example = read_example(study.results, page.page_id, study.input, study.digitizer)
        stretch = example.stretches[0]
        _overlay(ax, stretch, None)
        name = names.get(place, "median")
        ax.set_title(f"{name}: {page.page_id}, lead {stretch.lead}; SNR of the page {number(page.snr_db)} dB")
        told.append(f"{name} {page.page_id}")
    axes[-1].set_xlabel("time on the page (s)")
    axes[0].legend(loc="upper right", ncols=3)
    panels(axes)
    caption = (
        f"Recovered trace over what was drawn, first lead of three pages ({plots.INPUT_NAMES[study.input]}, "
        f"{study.digitizer}) by their median SNR: {', '.join(told)}. Below each: trace less truth, at the same scale."
    )
    return Plate(figure, caption)


def _overlay(ax: Axes, stretch: Stretch, seconds: float | None = _SECONDS) -> None:
    """Draw truth, trace and residual of a lead, of its first seconds or the whole."""
    residual = stretch.residual_mv()
    spread = np.nanmax(stretch.truth_mv) - np.nanmin(stretch.truth_mv)
    below = np.nanmin(stretch.truth_mv) - 0.35 * max(spread, 0.1)
    ax.plot(stretch.truth_s, stretch.truth_mv, color=plots.TRUTH, lw=2.2, alpha=0.35, label="truth")
    ax.plot(stretch.trace_s, stretch.trace_mv, color=plots.TRACE, lw=0.7, label="trace")
    ax.plot(stretch.truth_s, residual + below, color=INPUTS["pages"], lw=0.6, label="trace \N{MINUS SIGN} truth")
    ax.axhline(below, color=plots.MUTED, lw=0.4)
    start = stretch.truth_s[0]
    ax.set(xlabel="" if seconds is None else "time on the page (s)", ylabel="mV")
    ax.set_xlim(start, start + seconds if seconds else stretch.truth_s[-1])
    room = 0.25 * max(spread, 0.1)
    ax.set_ylim(below - room, np.nanmax(stretch.truth_mv) + room)


def reliability(study: Study) -> Plate:
    """F17: expected against measured SNR of pages."""
    import pandas as pd

    parts = []
    for shard in sorted(set(study.results.shard_of.values())):
        table = read_table(
            study.folder / f"traces/{shard}.parquet", ["page_id", "input", "digitizer", "expected_snr_db", "confidence"]
        )
        parts.append(table.to_pandas())
    told = pd.concat(parts, ignore_index=True)
    pages = study.results.pages.select(["page_id", "input", "digitizer", "split", "snr_aligned_db"]).to_pandas()
    both = told.merge(pages, on=["page_id", "input", "digitizer"]).dropna(subset=["expected_snr_db", "snr_aligned_db"])
    both = study.of_split(both[both["digitizer"] == study.digitizer])
    if len(both) < 2:
        raise AbsentError(f"{study.digitizer} tells no SNR that it expects")
    figure = page_figure(3.1)
    scatter, bins = figure.subplots(1, 2)
    limits = around(both[["expected_snr_db", "snr_aligned_db"]].to_numpy().ravel())
    summary = []
    for input_ in study.inputs:
        mine = both[both["input"] == input_]
        if mine.empty:
            continue
        x, y = mine["expected_snr_db"].to_numpy(), mine["snr_aligned_db"].to_numpy()
        colour, name = INPUTS[input_], plots.INPUT_NAMES[input_]
        scatter.scatter(
            x, y, s=6, color=colour, alpha=float(np.clip(120 / len(x), 0.04, 0.8)), linewidths=0, rasterized=True
        )
        scatter.scatter([], [], s=10, color=colour, label=f"{name}, n = {number(len(x), 0)}")
        groups = [
            part for part in np.array_split(np.argsort(x, kind="stable"), min(10, max(1, len(x) // 5))) if len(part)
        ]
        middle = [x[part].mean() for part in groups]
        quartiles = np.array([np.quantile(y[part], [0.1, 0.5, 0.9]) for part in groups])
        bins.fill_between(middle, quartiles[:, 0], quartiles[:, 2], color=colour, alpha=0.2, lw=0)
        bins.plot(middle, quartiles[:, 1], "o-", color=colour, ms=3, label=f"{name}: median, 10th to 90th pct.")
        off = x - y
        summary.append(
            f"{name}: expected \N{MINUS SIGN} measured {number(off.mean(), 1, True)} ± {number(off.std())} dB"
        )
    for ax in (scatter, bins):
        ax.plot(limits, limits, color=plots.MUTED, lw=0.7, ls=(0, (4, 3)))
        ax.set(xlim=limits, ylim=limits, xlabel="expected SNR of the page (dB)", ylabel="measured SNR, aligned (dB)")
        ax.legend(loc="upper left")
    panels((scatter, bins))
    caption = (
        f"Reliability of the confidence: the SNR that {study.digitizer} expects of a page from its pixels alone, "
        f"against the one measured (median of the leads, aligned); (b) in tenths of the pages. {'; '.join(summary)}."
    )
    return Plate(figure, caption)


ITEMS = (
    Item("F10", "grid-removal", "Text and grid removed: before and after", grid_removal),
    Item("F11", "overlays", "Recovered traces over the truth", overlays),
    Item("F17", "reliability", "Reliability of the confidence", reliability, scored=True),
)
