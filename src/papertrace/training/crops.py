"""Crops of generated pages with what the networks are to tell of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from papertrace.geometry import PixelMap
from papertrace.labels import LeadLabel, PageLabels, TextLabel
from papertrace.pages.ink import smooth_curve
from papertrace.pages.render import Stretch
from papertrace.traces.ink import Light
from papertrace.traces.strips import SCALE, TIME_SCALE, VIEW_SCALE, Window, read_strip, reduced

CROP = (448, 320)
"""Height and width of a crop of a row, in strip pixels: 56 x 32 mm; the tallest R wave and the row's middle fit in."""
VIEW = (512, 512)
"""Height and width of a crop of a page: 128 x 128 mm."""
KINDS = ("trace", "pulse", "text")
"""What the page network tells apart."""

_BEYOND_MM = 18.0  # how far left and right of a row crops are taken: pulses, names, bare paper
_ELSEWHERE = 0.06  # share of crops from anywhere on the page: mostly nothing to read
_BEGINNINGS = 0.25  # share of crops about where a lead begins: its name, a pulse and a separator lie there
_STEP_PX = 0.25


@dataclass(frozen=True)
class Crop:
    """One example for the trace network.

    Attributes
    ----------
    strip : ndarray of float32, shape (4, h, w)
        See `papertrace.traces.strips.read_strip`.
    height : ndarray of float32, shape (2 w,)
        The curve's distance below the crop's middle in strip pixels, twice a column; NaN where it is unknown.
    present : ndarray of float32, shape (2 w,)
        1 where the row's curve is, 0 where it is not, NaN where that is not to be learned.
    """

    strip: np.ndarray
    height: np.ndarray
    present: np.ndarray


def crops_of_page(
    image: np.ndarray,
    pixel_map: PixelMap,
    labels: PageLabels,
    truth: list[Stretch],
    rng: np.random.Generator,
    count: int,
) -> Iterator[Crop]:
    """Cut crops along the rows of an image, as a digitizer that knows the geometry all but exactly would see them.

    The wanted curve is that of the row whose middle is nearest to the crop's.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w, 3)
        Blue, green, red.
    pixel_map : PixelMap
        Of the image.
    labels, truth
        Of the page.
    rng : numpy.random.Generator
        The only source of randomness.
    count : int
        How many.
    """
    image, factor = reduced(image, labels.px_per_mm, SCALE)
    light = Light.of(image)
    curves: dict[int, list[np.ndarray]] = {}
    unknown: dict[int, list[tuple[float, float]]] = {}
    for lead, stretch in zip(labels.leads, truth, strict=True):
        curves.setdefault(lead.row, []).extend(_curve(lead, stretch, labels))
        unknown.setdefault(lead.row, []).extend(_clipped(lead, stretch))
    curves = {row: pieces for row, pieces in curves.items() if pieces}
    middles = {row: float(np.median(np.concatenate(pieces)[:, 1])) for row, pieces in curves.items()}
    height, width = CROP
    rows = list(curves)
    for _ in range(count if rows else 0):
        row = rows[int(rng.integers(len(rows)))]
        others = [abs(middles[row] - y) for other, y in middles.items() if other != row]
        sway = min(4.0, 0.25 * min(others, default=16.0))
        line = np.concatenate(curves[row])
        low, high = float(line[:, 0].min()) - _BEYOND_MM, float(line[:, 0].max()) + _BEYOND_MM
        x = float(rng.uniform(low, max(high - width / TIME_SCALE, low + 1)))
        if rng.random() < _BEGINNINGS:
            begins = [lead.x0_mm for lead in labels.leads if lead.row == row]
            x = begins[int(rng.integers(len(begins)))] - float(rng.uniform(3, width / TIME_SCALE - 6))
        y = middles[row] + float(rng.uniform(-sway, sway))
        wanted: list[np.ndarray] = curves[row]
        if rng.random() < _ELSEWHERE:
            x, y = float(rng.uniform(-10, labels.width_mm)), float(rng.uniform(-10, labels.height_mm + 10))
            if min(abs(y - middle) for middle in middles.values()) < height / SCALE / 2:
                continue
            wanted = []
        window = Window(x, y - (height - 1) / SCALE / 2, width, height)
        # what a fitted lattice may be wrong by: a little turn, shear and scale about the crop's middle
        centre = np.array([x + width / TIME_SCALE / 2, y])
        wrong = np.eye(2) + rng.normal(0, 0.002, (2, 2))

        def to_px(points: np.ndarray, centre: np.ndarray = centre, wrong: np.ndarray = wrong) -> np.ndarray:
            return (pixel_map.apply((points - centre) @ wrong.T + centre) + 0.5) / factor - 0.5

        strip = read_strip(image, light, to_px, window)
        seen = [(piece - centre) @ np.linalg.inv(wrong).T + centre for piece in wanted]
        below, present = _targets(seen, window)
        for first, end in unknown[row]:
            at = window.columns_mm()
            below[(at > first) & (at < end)] = present[(at > first) & (at < end)] = np.nan
        yield Crop(strip, below, present)


def _curve(lead: LeadLabel, stretch: Stretch, labels: PageLabels) -> list[np.ndarray]:
    """Return the drawn curve's unbroken pieces, each shape (n, 2) in mm."""
    page_map = PixelMap.of_page(labels.px_per_mm)
    line = page_map.apply(lead.centre_line_mm(stretch.samples, stretch.rate_hz))
    return [page_map.inverse(piece) for piece in smooth_curve(line, _STEP_PX)]


def _clipped(lead: LeadLabel, stretch: Stretch) -> list[tuple[float, float]]:
    """Return where, in mm, the paper does not show the samples."""
    step = lead.speed_mm_s / stretch.rate_hz
    return [(lead.x0_mm + (first - 1) * step, lead.x0_mm + end * step) for first, end in lead.clipped]


def _targets(pieces: list[np.ndarray], window: Window) -> tuple[np.ndarray, np.ndarray]:
    x = window.columns_mm()
    below = np.full(len(x), np.nan, np.float32)
    present = np.zeros(len(x), np.float32)
    middle = (window.height - 1) / 2
    for piece in pieces:
        inside = (x >= piece[0, 0]) & (x <= piece[-1, 0])
        if not inside.any():
            continue
        steps = np.maximum.accumulate(piece[:, 0])
        row = (np.interp(x[inside], steps, piece[:, 1]) - window.y_mm) * window.scale - middle
        here = np.abs(row) <= middle
        below[inside] = np.where(here, row, np.nan)
        present[inside] = np.where(here, 1.0, np.nan)
    return below, present


def views_of_page(
    image: np.ndarray,
    pixel_map: PixelMap,
    labels: PageLabels,
    truth: list[Stretch],
    rng: np.random.Generator,
    count: int,
    texts: list[TextLabel] = (),
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Cut crops of an image at `VIEW_SCALE`, in a scale and direction that are a little wrong.

    Parameters
    ----------
    image, pixel_map, labels, truth, rng, count
        See `crops_of_page`.
    texts : list of TextLabel
        Print that the scan added.

    Yields
    ------
    view : ndarray of float32, shape (3, h, w)
        See `papertrace.traces.strips.read_strip`, without its last channel.
    masks : ndarray of uint8, shape (3, h / 2, w / 2)
        Where the `KINDS` are, 0 or 1.
    """
    image, factor = reduced(image, labels.px_per_mm, VIEW_SCALE)
    light = Light.of(image)
    curves = [
        piece for lead, stretch in zip(labels.leads, truth, strict=True) for piece in _curve(lead, stretch, labels)
    ]
    height, width = VIEW
    for _ in range(count):
        grow = float(np.exp(rng.normal(0, 0.03))) if rng.random() < 0.7 else float(rng.uniform(0.75, 1.3))
        x = float(rng.uniform(-10, max(labels.width_mm + 10 - width / VIEW_SCALE / grow, -9)))
        y = float(rng.uniform(-10, max(labels.height_mm + 10 - height / VIEW_SCALE / grow, -9)))
        centre = np.array([x, y])
        wrong = (np.eye(2) + rng.normal(0, 0.004, (2, 2))) / grow
        back = np.linalg.inv(wrong)

        def to_px(points: np.ndarray, centre: np.ndarray = centre, wrong: np.ndarray = wrong) -> np.ndarray:
            return (pixel_map.apply((points - centre) @ wrong.T + centre) + 0.5) / factor - 0.5

        def cells(points: np.ndarray, centre: np.ndarray = centre, back: np.ndarray = back) -> np.ndarray:
            seen = ((np.asarray(points) - centre) @ back.T * VIEW_SCALE + 0.5) / 2 - 0.5
            return np.rint(seen * 16).astype(np.int32)  # sixteenths, as cv2 draws them with shift 4

        masks = np.zeros((len(KINDS), height // 2, width // 2), np.uint8)
        for curve in curves:
            cv2.polylines(masks[0], [cells(curve)], False, 1, 1, cv2.LINE_8, 4)
        for pulse in labels.pulses:
            x0, y0, x1, y1 = pulse.box_mm
            cv2.polylines(masks[1], [cells([(x0, y1), (x0, y0), (x1, y0), (x1, y1)])], False, 1, 1, cv2.LINE_8, 4)
        for text in (*labels.texts, *texts):
            x0, y0, x1, y1 = text.box_mm
            cv2.fillPoly(masks[2], [cells([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])], 1, cv2.LINE_8, 4)
        yield read_strip(image, light, to_px, Window(x, y, width, height, VIEW_SCALE, time_scale=VIEW_SCALE))[:3], masks
