"""Signals to draw, and the check that a label lies on ink."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from papertrace.geometry import PixelMap
from papertrace.pages.render import Page, render
from papertrace.records.reader import Signal

TWELVE = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"]


def beats(n: int, rate_hz: float, amplitude_mv: float = 1.2) -> np.ndarray:
    """A made-up rhythm: narrow QRS-like spikes and rounded T-like waves, 75 a minute."""
    phase = (np.arange(n) / rate_hz) % 0.8
    qrs = amplitude_mv * np.exp(-0.5 * ((phase - 0.2) / 0.011) ** 2)
    qrs -= 0.3 * amplitude_mv * np.exp(-0.5 * ((phase - 0.235) / 0.012) ** 2)
    return qrs + 0.25 * np.exp(-0.5 * ((phase - 0.45) / 0.04) ** 2)


@pytest.fixture
def two_leads() -> Signal:
    return Signal(np.stack([beats(2500, 250) + 4.8, beats(2500, 250, 0.7) - 1.3], axis=1), 250.0, ["ECG1", "ECG2"])


@pytest.fixture
def twelve_leads() -> Signal:
    return Signal(np.stack([beats(5000, 500, 0.4 + 0.1 * k) for k in range(12)], axis=1), 500.0, TWELVE)


def without_ink(signal: Signal, page: Page) -> np.ndarray:
    """The same page with no trace on it."""
    blank = replace(signal, samples=np.full_like(signal.samples, np.nan))
    return render(blank, page.recipe).image


def share_on_ink(page: Page, blank: np.ndarray, shift_px: float = 0.0) -> float:
    """The share of the labels' centre-line points within 0.7 px of ink, their own stroke's half width aside."""
    darker = blank.astype(np.int16).min(axis=2) - page.image.astype(np.int16).min(axis=2)
    radius = 0.7 + 0.5 * page.recipe.stroke_mm * page.recipe.px_per_mm
    hits = []
    for lead, stretch in zip(page.labels.leads, page.truth, strict=True):
        line = PixelMap.of_page(page.labels.px_per_mm).apply(lead.centre_line_mm(stretch.samples, stretch.rate_hz))
        hits.append(near_ink(darker, line + np.array([0, shift_px]), radius))
    return float(np.concatenate(hits).mean())


def near_ink(darker: np.ndarray, points: np.ndarray, radius: float, least: int = 25) -> np.ndarray:
    """Whether each point within the image has a pixel centre darkened by at least `least` within the radius."""
    height, width = darker.shape
    points = points[np.isfinite(points).all(axis=1)]
    points = points[(points > 0).all(axis=1) & (points[:, 0] < width - 1) & (points[:, 1] < height - 1)]
    reach = np.arange(-int(radius + 1), int(radius + 1) + 1)
    offsets = np.stack(np.meshgrid(reach, reach), axis=-1).reshape(-1, 2)
    pixels = np.rint(points)[:, None, :].astype(int) + offsets
    close = np.hypot(*np.moveaxis(pixels - points[:, None, :], -1, 0)) <= radius
    pixels = np.clip(pixels, 0, [width - 1, height - 1])
    return ((darker[pixels[..., 1], pixels[..., 0]] >= least) & close).any(axis=1)


@pytest.fixture
def ink_share():
    """Function (signal, page, shift_px) -> share of label points on ink."""
    return lambda signal, page, shift_px=0.0: share_on_ink(page, without_ink(signal, page), shift_px)
