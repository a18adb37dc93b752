"""The lattice, on grids whose geometry is known by construction."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from papertrace.traces import lattice as module
from papertrace.traces.lattice import (
    NoLatticeError,
    page_lattice,
)
from papertrace.traces.reduced import reduce_image, reduction, upscaling

SHAPE = (1000, 1400)


def errors(found, shape, truth):
    """Return the relative errors of the pitch in x and y, and the largest distance between the two lattices in px."""
    h, w = shape
    middle = np.array([[[(w - 1) / 2, (h - 1) / 2], [(w + 1) / 2, (h - 1) / 2], [(w - 1) / 2, (h + 1) / 2]]])
    pitches = []
    for matrix in (found.px_to_mm, truth):
        origin, right, down = cv2.perspectiveTransform(middle, matrix)[0]
        inverse = np.linalg.inv(np.stack([right - origin, down - origin], axis=1))
        pitches.append(np.hypot(*inverse))
    points = np.stack(np.meshgrid(np.linspace(0, w, 7), np.linspace(0, h, 7)), axis=-1).reshape(1, -1, 2)
    away = cv2.perspectiveTransform(points, found.px_to_mm)[0] - cv2.perspectiveTransform(points, truth)[0]
    # lattices are the same when they differ by whole millimetres
    away = away - np.round(np.median(away, axis=0))
    return np.abs(pitches[0] / pitches[1] - 1).max(), np.abs(away).max() * pitches[1].max()


@pytest.mark.parametrize("kind", ["both", "minor", "major", "dotted"])
@pytest.mark.parametrize("pitch", [3.94, 5.6, 7.87])
def test_kinds_of_grid(draw_grid, place_grid, kind, pitch):
    # 5 mm lines alone tell their millimetres only up to the width of the page
    shape = (round(170 * pitch), round(240 * pitch))
    truth = place_grid(shape, pitch, pitch, 0.7)
    found = page_lattice(draw_grid(shape, truth, kind))
    pitch_error, distance = errors(found, shape, truth)
    assert pitch_error < 2e-4
    assert distance < 0.2
    assert found.rotation_deg == pytest.approx(0.7, abs=0.01)


@pytest.mark.parametrize("dpi", [100, 200, 300, 600])
def test_resolutions(draw_grid, place_grid, dpi):
    pitch = dpi / 25.4
    shape = (round(120 * pitch), round(190 * pitch))
    truth = place_grid(shape, pitch, pitch, -1.3)
    pitch_error, distance = errors(page_lattice(draw_grid(shape, truth)), shape, truth)
    assert pitch_error < 1e-4
    assert distance < 0.05 * pitch


@pytest.mark.parametrize("degrees", [-15, -4.3, 0, 15])
def test_rotation(draw_grid, place_grid, degrees):
    truth = place_grid(SHAPE, 6.1, 6.1, degrees)
    found = page_lattice(draw_grid(SHAPE, truth))
    pitch_error, distance = errors(found, SHAPE, truth)
    assert pitch_error < 1e-4
    assert distance < 0.1
    assert found.rotation_deg == pytest.approx(degrees, abs=0.005)


def test_pitches_that_differ(draw_grid, place_grid):
    truth = place_grid(SHAPE, 5.7, 6.3)
    found = page_lattice(draw_grid(SHAPE, truth))
    assert found.px_per_mm == pytest.approx((5.7, 6.3), rel=1e-4)


@pytest.mark.parametrize("tilt", [(0.05, 0.0), (0.03, -0.06), (0.12, 0.1)])
def test_perspective(draw_grid, place_grid, tilt):
    truth = place_grid(SHAPE, 6.1, 6.1, 2.0, tilt)
    found = page_lattice(draw_grid(SHAPE, truth))
    pitch_error, distance = errors(found, SHAPE, truth)
    assert pitch_error < 1e-4
    assert distance < 0.15
    assert found.residual_px < 0.1


@pytest.mark.parametrize("kind", ["both", "minor", "major"])
def test_noise(draw_grid, place_grid, kind):
    truth = place_grid(SHAPE, 6.1, 6.1, 1.0)
    found = page_lattice(draw_grid(SHAPE, truth, kind, noise=25.0))
    pitch_error, distance = errors(found, SHAPE, truth)
    assert pitch_error < 3e-4
    assert distance < 0.4


def test_faint_grid(draw_grid, place_grid):
    truth = place_grid(SHAPE, 6.1, 6.1, 1.0)
    found = page_lattice(draw_grid(SHAPE, truth, contrast=8.0, noise=3.0))
    pitch_error, distance = errors(found, SHAPE, truth)
    assert pitch_error < 2e-4
    assert distance < 0.3


def test_ink_and_text_have_no_vote(draw_grid, place_grid):
    truth = place_grid(SHAPE, 6.1, 6.1, 1.0)
    image = draw_grid(SHAPE, truth)
    x = np.arange(SHAPE[1])
    for centre in (300, 600):
        curve = np.stack([x, centre + 80 * np.sin(x / 11) ** 5], axis=1).round().astype(np.int32)
        cv2.polylines(image, [curve], False, (30, 30, 30), 3, cv2.LINE_AA)
    for y in range(700, 980, 22):
        cv2.putText(image, "25 mm/s 10 mm/mV the quick brown fox", (20, y), 0, 0.7, (0, 0, 0), 1, cv2.LINE_AA)
    pitch_error, distance = errors(page_lattice(image), SHAPE, truth)
    assert pitch_error < 2e-4
    assert distance < 0.2


@pytest.mark.parametrize("cut", [(0, 0), (1, 1), (3, 2), (5, 7)])
def test_sizes_that_the_reduction_does_not_divide(draw_grid, place_grid, cut):
    # 12 px/mm are measured on an image reduced by 2, searched on one reduced by more
    shape = (1450 + cut[0], 2100 + cut[1])
    truth = place_grid(shape, 12.0, 12.0)
    pitch_error, distance = errors(page_lattice(draw_grid(shape, truth)), shape, truth)
    assert pitch_error < 5e-5
    assert distance < 0.15


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pitch=st.floats(4.1, 8.0),
    ratio=st.floats(0.93, 1.07),
    degrees=st.floats(-15, 15),
    tilt=st.tuples(st.floats(-0.06, 0.06), st.floats(-0.06, 0.06)),
)
def test_any_view(draw_grid, place_grid, pitch, ratio, degrees, tilt):
    shape = (700, 900)
    truth = place_grid(shape, pitch, pitch * ratio, degrees, tilt)
    pitch_error, distance = errors(page_lattice(draw_grid(shape, truth)), shape, truth)
    assert pitch_error < 4e-4
    assert distance < 0.3


def test_images_above_the_limit_are_reduced_and_mapped_back(draw_grid, place_grid, monkeypatch):
    truth = place_grid((1303, 1705), 7.0, 7.0, 1.0)
    image = draw_grid((1303, 1705), truth)
    whole = page_lattice(image)
    monkeypatch.setattr(module, "MAX_PIXELS", 700_000)
    assert reduction(image.shape, 700_000) == 2
    reduced = page_lattice(image)
    pitch_error, distance = errors(reduced, image.shape[:2], truth)
    assert pitch_error < 2e-4
    assert distance < 0.2
    assert reduced.px_per_mm == pytest.approx(whole.px_per_mm, rel=2e-4)


@given(factor=st.integers(1, 6), h=st.integers(6, 40), w=st.integers(6, 40))
@settings(deadline=None, derandomize=True)
def test_reduced_pixels_keep_their_places(factor, h, w):
    y, x = np.mgrid[:h, :w].astype(np.float32)
    small_x, small_y = reduce_image(x, factor), reduce_image(y, factor)
    rows, columns = np.mgrid[: small_x.shape[0], : small_x.shape[1]]
    mapped = upscaling(factor) @ np.stack([columns.ravel(), rows.ravel(), np.ones(columns.size)])
    np.testing.assert_allclose(mapped[0], small_x.ravel(), atol=1e-4)
    np.testing.assert_allclose(mapped[1], small_y.ravel(), atol=1e-4)


def no_grids() -> dict[str, np.ndarray]:
    """Return images without a grid, by name."""
    h, w = 850, 1100
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:h, :w].astype(np.float32)
    text = np.full((h, w), 255, np.uint8)
    for line in range(30, h, 18):
        words = "".join(rng.choice(list("abcdefgh ijklm nop"), 90))
        cv2.putText(text, words, (20, line), cv2.FONT_HERSHEY_SIMPLEX, 0.45, 0, 1, cv2.LINE_AA)
    trace = np.full((h, w), 255, np.uint8)
    curve = np.stack([np.arange(w), 300 + 40 * np.sin(np.arange(w) / 9)], axis=1).astype(np.int32)
    cv2.polylines(trace, [curve], False, 0, 2, cv2.LINE_AA)
    return {
        "blank": np.full((h, w), 250),
        "black": np.zeros((h, w)),
        "noise": rng.normal(200, 25, (h, w)),
        "gradient": 100 + 0.1 * x + 0.05 * y,
        "gradient with noise": 100 + 0.1 * x + 0.05 * y + rng.normal(0, 10, (h, w)),
        "clouds": 128 + 2000 * cv2.GaussianBlur(rng.normal(0, 1, (h, w)), (0, 0), 15),
        "text": text,
        "trace": trace,
        "vertical lines": np.where(x % 8 < 1, 180, 250),
        "horizontal lines": np.where(y % 8 < 1, 180, 250),
        "wide vertical lines": np.where(x % 40 < 2, 180, 250),
        "ruled paper": np.where(y % 30 < 2, 150, 250) + rng.normal(0, 3, (h, w)),
        "table": np.where((x % 110 < 2) | (y % 25 < 2), 0, 255),
        "small": rng.normal(200, 25, (64, 64)),
        "narrow": rng.normal(200, 25, (40, 900)),
        "one pixel": np.zeros((1, 1)),
    }


NO_GRIDS = no_grids()


@pytest.mark.parametrize("name", NO_GRIDS)
def test_no_grid(name):
    grey = np.clip(NO_GRIDS[name], 0, 255).astype(np.uint8)
    with pytest.raises(NoLatticeError):
        page_lattice(np.repeat(grey[:, :, None], 3, axis=2))


def test_grid_on_a_desk(draw_grid, place_grid):
    truth = place_grid(SHAPE, 6.1, 6.1, 3.0)
    image = draw_grid(SHAPE, truth)
    image[:, :300] = 60
    image[:150] = 60
    pitch_error, distance = errors(page_lattice(image), SHAPE, truth)
    assert pitch_error < 2e-4
    assert distance < 0.3


PHOTOS = {
    "ecg00002": 5.52,
    "ecg00005": 13.23,
    "ecg00008": 6.40,
    "ecg00013": 3.79,
    "ecg00016": 3.46,
    "ecg00028": 4.44,
    "ecg00029": 4.29,
    "ecg00030": 4.12,
    "ecg00034": 3.80,
    "ecg00041": 4.40,
    "ecg00045": 4.88,
}
"""Pitch in px/mm, the mean of x and y, checked by hand on the 5 mm lines."""


@pytest.mark.parametrize("name", PHOTOS)
def test_photos(shared_data, name):
    paths = sorted((shared_data / "real-photos").glob(f"{name}.*"))
    if not paths:
        pytest.skip("the photos are not in this copy of the data")
    found = page_lattice(cv2.imread(str(paths[0])))
    assert np.mean(found.px_per_mm) == pytest.approx(PHOTOS[name], rel=0.02)
    assert found.contrast > 3


@pytest.mark.parametrize("degrees", [30.0, 45.0, -38.0])
def test_any_direction(draw_grid, place_grid, degrees):
    # the diagonals of a grid are a grid, too
    shape = (800, 1000)
    truth = place_grid(shape, 6.1, 6.1, degrees)
    found = page_lattice(draw_grid(shape, truth, noise=3.0))
    assert found.px_per_mm == pytest.approx((6.1, 6.1), rel=2e-4)
    assert (found.rotation_deg - degrees + 45) % 90 - 45 == pytest.approx(0, abs=0.01)
