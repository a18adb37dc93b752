"""Ink on grids of known colour, under light of known fall-off."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from papertrace.traces.ink import Light, ink_map, ink_weights, paper_colour, sample_deficits
from papertrace.traces.sheet import sheet_of

SHAPE = (800, 1100)
PITCH = 6.0
COLOURS = {"pink": (150, 150, 235), "green": (160, 210, 160), "grey": (175, 175, 175), "blue": (235, 190, 150)}


def page(place_grid, draw_grid, grid: tuple[int, int, int], light: np.ndarray | None = None, noise: float = 0.0):
    """Return a page with a sine on a coloured grid, its lattice's truth, and the sine's heights (px) per column."""
    truth = place_grid(SHAPE, PITCH, PITCH)
    share = (245.0 - draw_grid(SHAPE, truth)[:, :, :1]) / 60.0
    image = 245.0 - share * (245.0 - np.array(grid, float))
    x = np.arange(SHAPE[1])
    height = 400 + 60 * np.sin(2 * np.pi * x / 220)
    y = np.arange(SHAPE[0])[:, None]
    slope = 60 * 2 * np.pi / 220 * np.cos(2 * np.pi * x / 220)
    # a stroke 2.4 px wide, a pixel's share of it across the stroke
    pen = np.clip(1.7 - np.abs(y - height) / np.hypot(1, slope), 0, 1)[:, :, None]
    image = image * (1 - pen) + np.array([40.0, 30.0, 35.0]) * pen
    if light is not None:
        image = image * light[:, :, None]
    if noise:
        image = image + np.random.default_rng(1).normal(0, noise, image.shape)
    return np.clip(np.round(image), 0, 255).astype(np.uint8), height


def on_canonical(found, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the ink at places of the image, given in px."""
    points = (found.map.inverse(np.stack([x, y], axis=1)) * found.scale).astype(np.float32)
    return cv2.remap(found.ink, points[:, 0], points[:, 1], cv2.INTER_LINEAR)[:, 0]


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("noise", [0.0, 6.0])
def test_trace_is_ink_and_grid_is_not(draw_grid, place_grid, colour, noise):
    image, height = page(place_grid, draw_grid, COLOURS[colour], noise=noise)
    found = ink_map(image, sheet_of(image), Light.of(image))
    x = np.arange(100, 1000, dtype=float)
    trace = on_canonical(found, x, height[100:1000])
    beside = np.concatenate([on_canonical(found, x, height[100:1000] + away) for away in (-25, -12, 12, 25)])
    assert np.percentile(trace, 2) > 0.6
    assert np.percentile(beside, 99.5) < 0.35
    assert abs(np.median(beside)) < 0.05


@pytest.mark.parametrize("colour", ["pink", "grey"])
def test_light_that_falls_off_to_a_third(draw_grid, place_grid, colour):
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    light = 1 - 0.65 * x / SHAPE[1] + 0.0 * y
    image, height = page(place_grid, draw_grid, COLOURS[colour], light)
    found = ink_map(image, sheet_of(image), Light.of(image))
    places = np.arange(100, 1000, dtype=float)
    assert np.percentile(on_canonical(found, places, height[100:1000]), 2) > 0.55
    assert np.percentile(on_canonical(found, places, height[100:1000] + 15), 99) < 0.4


def test_paper_colour_follows_the_light():
    light = np.linspace(0.5, 1, 800)[None, :, None] * np.ones((600, 1, 1))
    image = (light * np.array([200, 220, 240])).astype(np.uint8)
    image[100:500:40, 50:750] = 20
    paper, desk = paper_colour(image)
    full = cv2.resize(paper, (800, 600))
    assert desk.sum() == 0
    np.testing.assert_allclose(full[300, 100:700], (light * [200, 220, 240])[300, 100:700], rtol=0.04)


def test_desk_is_no_paper():
    image = np.full((600, 800, 3), 230, np.uint8)
    image[:, :160] = 50
    _, desk = paper_colour(image)
    full = cv2.resize(desk, (800, 600), interpolation=cv2.INTER_NEAREST)
    assert full[:, :150].mean() > 0.95
    assert full[:, 200:].mean() == 0


def test_weights_see_ink_as_one_and_a_coloured_grid_as_nothing():
    rng = np.random.default_rng(5)
    grid, ink = np.array([0.4, 0.4, 0.05]), np.array([0.85, 0.87, 0.86])
    share = rng.uniform(0, 1, 100_000) * (rng.random(100_000) < 0.3)
    deficit = grid[:, None] * share + rng.normal(0, 0.01, (3, 100_000))
    deficit[:, :600] = ink[:, None] + rng.normal(0, 0.01, (3, 600))
    weights = ink_weights(deficit.astype(np.float32))
    assert weights @ ink == pytest.approx(1, abs=0.05)
    assert abs(weights @ grid) < 0.05


def test_samples_are_the_deficit():
    image = np.full((400, 500, 3), 200, np.uint8)
    image[100:300, 100:400] = (100, 150, 50)
    paper = np.full((50, 62, 3), 200, np.uint8)
    desk = np.zeros((50, 62), np.uint8)
    deficit = sample_deficits(image, paper, desk)
    np.testing.assert_allclose(np.percentile(deficit, 1, axis=1), 0, atol=1e-6)
    np.testing.assert_allclose(np.percentile(deficit, 99, axis=1), [0.5, 0.25, 0.75], atol=1e-6)
    desk[:, :31] = 1
    assert sample_deficits(image, paper, desk).shape[1] == pytest.approx(deficit.shape[1] / 2, rel=0.02)


def test_fine_images_are_averaged_and_mapped_back(draw_grid, place_grid):
    shape = (1901, 2403)
    truth = place_grid(shape, 24.0, 24.0, 0.5)
    image = draw_grid(shape, truth)
    cv2.circle(image, (1200, 900), 30, (20, 20, 20), -1, cv2.LINE_AA)
    cv2.line(image, (100, 1500), (2300, 1500), (20, 20, 20), 8, cv2.LINE_AA)
    found = ink_map(image, sheet_of(image), Light.of(image))
    assert found.scale == 12
    corner = found.map.inverse(np.array([[1100.0, 800], [1300, 1000]])) * found.scale
    (left, top), (right, bottom) = corner.astype(int)
    spot = np.clip(found.ink[top:bottom, left:right], 0, 1)
    y, x = np.mgrid[top:bottom, left:right]
    centre = np.average(x, weights=spot), np.average(y, weights=spot)
    back = found.map.apply(np.array([centre]) / found.scale)[0]
    np.testing.assert_allclose(back, (1200, 900), atol=0.5)


def test_edge_cells_lie_at_the_images_edge(draw_grid, place_grid):
    image, _ = page(place_grid, draw_grid, COLOURS["pink"])
    edge = ink_map(image, sheet_of(image), Light.of(image)).edge
    assert edge[:, :3].all()
    assert not edge[20:-20, 20:-20].any()
