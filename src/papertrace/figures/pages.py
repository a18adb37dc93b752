"""Single pages as figures: the round trip of one, and the best, median and worst."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from papertrace.errors import PapertraceError
from papertrace.figures import plots
from papertrace.figures.data import Example, Results, page_image, read_example
from papertrace.figures.drawn import Drawn
from papertrace.figures.examples import pick
from papertrace.figures.overlay import OverlayTrace, draw_overlay
from papertrace.io import write_bytes

_OVERLAY_WIDTH_PX = 1500


def draw(data: Results, input_: str, digitizer: str, count: int, folder: Path) -> list[Drawn]:
    """Draw the round trip of the median page, and `count` best, median and worst pages of an input and digitizer.

    A page of which files are gone is listed with the reason.
    """
    ranked = data.ranked(input_, digitizer)
    if not ranked:
        return []
    # The page is the median one, neither the best nor the worst.
    drawn = [_round_trip(data, ranked[len(ranked) // 2].page_id, input_, digitizer, folder)]
    picked = pick(ranked, count)
    with tqdm(total=sum(map(len, picked.values())), desc="pages", unit="page", disable=None) as progress:
        for kind, pages in picked.items():
            for k, page in enumerate(pages, 1):
                drawn += _example(data, page.page_id, input_, digitizer, f"{kind}-{k}", folder)
                progress.update()
    return drawn


def around_tallest_wave(example: Example, width_mm: float = 36.0) -> tuple[float, ...]:
    """Return a box in px, 3 wide and 2 high, around the tallest wave of the page's first lead."""
    stretch = example.stretches[0]
    tallest = np.argmax(np.abs(stretch.truth_mv - np.median(stretch.truth_mv)))
    x, y = stretch.truth_px[tallest, 0], (stretch.truth_px[tallest, 1] + np.median(stretch.truth_px[:, 1])) / 2
    width = width_mm * example.labels.px_per_mm
    image_height, image_width = example.image.shape[:2]
    # Near an edge of the image the box is moved inwards rather than cut.
    x0 = np.clip(x - width / 2, 0, max(0, image_width - width))
    y0 = np.clip(y - width / 3, 0, max(0, image_height - width * 2 / 3))
    return float(x0), float(y0), float(x0 + width), float(y0 + width * 2 / 3)


def fit(image_bgr: np.ndarray, width: int) -> np.ndarray:
    """Return the image shrunk to at most `width` px across; a smaller one is left as it is."""
    factor = min(1.0, width / image_bgr.shape[1])
    if factor == 1.0:
        return image_bgr
    size = round(image_bgr.shape[1] * factor), max(1, round(image_bgr.shape[0] * factor))
    return cv2.resize(image_bgr, size, interpolation=cv2.INTER_AREA)


def overlay(example: Example, width: int) -> np.ndarray:
    """Draw an example's overlay `width` px across: shrunk first and drawn then, so that the lines stay crisp."""
    image = fit(example.image, width)
    sx, sy = image.shape[1] / example.image.shape[1], image.shape[0] / example.image.shape[0]
    # Integer coordinates are pixel centres, so the half pixel moves with the scale (papertrace.geometry).
    traces = [OverlayTrace((x + 0.5) * sx - 0.5, (y + 0.5) * sy - 0.5, label) for x, y, label in example.traces]
    return draw_overlay(image, traces)


def _round_trip(data: Results, page_id: str, input_: str, digitizer: str, folder: Path) -> Drawn:
    entry = Drawn("round-trip", "page", f"The round trip of page {page_id}")
    try:
        example = read_example(data, page_id, input_, digitizer)
        clean = page_image(data, page_id, "pages")
    except PapertraceError as error:
        return replace(entry, problem=str(error))
    return entry.save(plots.round_trip(clean, example, around_tallest_wave(example)), folder)


def _example(data: Results, page_id: str, input_: str, digitizer: str, name: str, folder: Path) -> list[Drawn]:
    curves = Drawn(name, "page", f"Truth, trace and residual of page {page_id}")
    drawn = Drawn(f"{name}-overlay", "overlay", f"Page {page_id} with the recovered traces drawn over it; PNG only")
    try:
        example = read_example(data, page_id, input_, digitizer)
    except PapertraceError as error:
        return [replace(curves, problem=str(error)), replace(drawn, problem=str(error))]
    png = cv2.imencode(".png", overlay(example, _OVERLAY_WIDTH_PX))[1].tobytes()
    write_bytes(png, folder / f"{drawn.name}.png")
    return [curves.save(plots.truth_and_trace(example.stretches), folder), drawn]
