"""What machines do to a sheet: fading print, photocopies, fax, the streaks of a flatbed, WebP."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from papertrace.encoding import encode_webp
from papertrace.scans.items import Point, Streak
from papertrace.scans.shading import cloud, coarse_cells, shade
from papertrace.seeds import generator

_MM_PER_INCH = 25.4
_PALEST_INK = 0.98  # of the light of the paper about it
_LEAST_BLACK = 0.001  # share of a fax's dots; a trace is three times that


def fading(image: np.ndarray, strength: float, patches: float, seed: int) -> np.ndarray:
    """Let ink fade, or run low while it is printed.

    Parameters
    ----------
    image : ndarray, uint8, shape (h, w, 3)
        The page.
    strength : float
        Share of the ink that is gone where it has faded most.
    patches : float
        0 fades evenly; 1 leaves all the ink in places and takes most in others, in upright bands as a print head does.
    seed : int
        Of the patches.
    """
    shape, rng = coarse_cells(image), generator(seed)
    uneven = 0.5 * cloud(shape, 12, rng) + 0.5 * cloud((1, shape[1]), 8, rng)
    gone = strength * ((1 - patches) + patches * uneven)
    return cv2.bitwise_not(shade(cv2.bitwise_not(image), (1 - gone).astype(np.float32)))


def photocopy(image: np.ndarray, generations: int, contrast: float, blur_px: float, specks: float, seed: int):
    """Copy a copy: each generation is grey, a little softer, harder in contrast and dirtier.

    Parameters
    ----------
    image : ndarray, uint8, shape (h, w, 3)
        The page.
    generations : int
        How often it was copied.
    contrast : float
        Slope of the tone curve at mid-grey in each generation; 1 keeps the tones.
    blur_px : float
        Standard deviation of each generation's blur in pixels.
    specks : float
        Share of the pixels that toner falls on in each generation.
    seed : int
        Of the specks.
    """
    grey, rng = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), generator(seed)
    levels = np.arange(256) / 255
    # A power of the odds keeps black, mid-grey and white; its exponent is the slope at mid-grey.
    curve = levels**contrast / (levels**contrast + (1 - levels) ** contrast)
    curve = np.rint(255 * curve).astype(np.uint8)
    for _ in range(generations):
        if blur_px > 0:
            grey = cv2.GaussianBlur(grey, (0, 0), blur_px, borderType=cv2.BORDER_REPLICATE)
        grey = cv2.LUT(grey, curve)
        count = int(rng.poisson(specks * grey.size))
        rows, columns = rng.integers(0, grey.shape[0], count), rng.integers(0, grey.shape[1], count)
        grey[rows, columns] = rng.integers(0, 120, count)
    return cv2.merge([grey] * 3)


def fax(image: np.ndarray, px_per_mm: float, dpi: Point, threshold: int) -> np.ndarray:
    """Send a page by fax: black and white at the machine's resolution (ITU-T T.4: 204 × 98 or 204 × 196 dpi).

    The received page is given at the size that was sent, so that every place keeps its coordinates.

    Parameters
    ----------
    image : ndarray, uint8, shape (h, w, 3)
        The scan.
    px_per_mm : float
        Its scale.
    dpi : sequence of float
        The machine's dots an inch across and down.
    threshold : int
        Grey levels below it become black, once uneven light has been evened out; raised, as machines do by
        themselves, where next to nothing would be.
    """
    height, width = image.shape[:2]
    size = tuple(max(round(n / px_per_mm / _MM_PER_INCH * d), 1) for n, d in zip((width, height), dpi, strict=True))
    dots = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), size, interpolation=cv2.INTER_AREA)
    paper = cv2.resize(dots, (max(size[0] // 16, 1), max(size[1] // 16, 1)), interpolation=cv2.INTER_AREA)
    paper = cv2.resize(cv2.dilate(paper, np.ones((5, 5), np.uint8)), size, interpolation=cv2.INTER_LINEAR)
    black = dots.astype(np.uint16) * 255 < np.uint16(threshold) * paper.astype(np.uint16)
    wanted = round(_LEAST_BLACK * black.size)
    if np.count_nonzero(black) < wanted:
        share = dots / np.maximum(paper, 1).astype(np.float32)
        darkest = np.partition(share, wanted, axis=None)[wanted]
        if darkest < _PALEST_INK:  # a blank page stays blank
            black = share < 0.75 * darkest + 0.25  # a quarter of the way from ink to paper
    dots = np.where(black, np.uint8(0), np.uint8(255))
    return cv2.merge([cv2.resize(dots, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)] * 3)


def streaks(image: np.ndarray, ripple: float, lines: Sequence[Streak], seed: int) -> np.ndarray:
    """Scan on a flatbed whose sensor cells differ and whose glass is dusty: every column has its own gain.

    Parameters
    ----------
    image : ndarray, uint8, shape (h, w, 3)
        The scan; the sensor's line lies across and moves down.
    ripple : float
        Standard deviation of the columns' gains.
    lines : sequence of dict
        The streaks under specks of dust, each with ``x`` (share of the width), ``width_px`` and ``change`` (of gain).
    seed : int
        Of the columns' gains.
    """
    width = image.shape[1]
    gain = 1 + ripple * np.clip(generator(seed).standard_normal(width), -3, 3)
    places = np.arange(width)
    for line in lines:
        gain[np.abs(places - line["x"] * width) <= line["width_px"] / 2] += line["change"]
    return shade(image, np.clip(gain, 0, 1.5)[None].astype(np.float32))


def webp(image: np.ndarray, qualities: Sequence[int]) -> np.ndarray:
    """Save and load a scan as lossy WebP, once for each of the qualities."""
    for quality in qualities:
        image = cv2.imdecode(np.frombuffer(encode_webp(image, quality), np.uint8), cv2.IMREAD_COLOR)
    return image
