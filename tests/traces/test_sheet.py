"""The sheet's geometry: maps there and back, turned, moved, and images made straight by them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from papertrace.geometry import Displacement, PixelMap
from papertrace.traces.lattice import NoLatticeError
from papertrace.traces.phases import smooth, smooth_along
from papertrace.traces.sheet import Sheet, rectified, sheet_of
from papertrace.traces.warp import reached

MATRIX = np.array([[6.1, 0.2, 40.0], [-0.1, 6.3, 30.0], [1e-4, -5e-5, 1.0]])


def bent(amplitude: float = 0.8, seed: int = 0) -> Sheet:
    """Return a sheet of about 160 mm x 120 mm with a smooth random displacement of this SD in mm."""
    values = np.random.default_rng(seed).normal(0, 1, (20, 26, 2))
    values = cv2.GaussianBlur(values, (0, 0), 2)
    values *= amplitude / values.std()
    displacement = Displacement((-5.0, -10.0), 7.0, values)
    return Sheet(PixelMap(MATRIX, displacement), 6.2, 6.4, 0.7, 0.1, 9.0)


def some_points(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).uniform((-20, -20), (190, 140), (300, 2))


@pytest.mark.parametrize("sheet", [Sheet(PixelMap(MATRIX), 6.2, 6.4, 0.7, 0.1, 9.0), bent()], ids=["flat", "bent"])
def test_there_and_back(sheet):
    points = some_points()
    np.testing.assert_allclose(sheet.to_mm(sheet.to_px(points)), points, atol=1e-4)


@pytest.mark.parametrize("quarter", [-1, 0, 1, 2, 3, 5])
def test_turned_axes_name_the_same_pixels(quarter):
    sheet, points = bent(), some_points()
    turned = sheet.turned(quarter)
    angle = np.pi / 2 * quarter
    # a point's coordinates on axes turned clockwise, y being down
    x, y = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) @ points.T
    np.testing.assert_allclose(turned.to_px(np.stack([x, y], axis=1)), sheet.to_px(points), atol=1e-8)
    right = turned.to_px(np.array([[60.0, 50.0], [60.1, 50.0]]))
    heading = np.degrees(np.arctan2(*(right[1] - right[0])[::-1]))
    assert abs((heading - turned.rotation_deg + 180) % 360 - 180) < 25
    assert (turned.px_per_mm_x == 6.2) == (quarter % 2 == 0)


def test_four_quarters_are_none():
    sheet, points = bent(), some_points()
    there = sheet.turned(1).turned(1).turned(2)
    np.testing.assert_allclose(there.to_px(points), sheet.to_px(points), atol=1e-8)
    assert there.rotation_deg == pytest.approx(sheet.rotation_deg)


@given(x=st.floats(-300, 300), y=st.floats(-300, 300))
@settings(max_examples=20, deadline=None, derandomize=True)
def test_moved_origin(x, y):
    sheet, points = bent(), some_points()
    np.testing.assert_allclose(sheet.moved(x, y).to_px(points - (x, y)), sheet.to_px(points), atol=1e-6)


@pytest.mark.parametrize("bends", [False, True])
@pytest.mark.parametrize("px_per_mm", [1.0, 4.0, 8.0, 11.3])
def test_rectified_pixels_show_their_millimetres(bends, px_per_mm):
    sheet = bent() if bends else Sheet(PixelMap(MATRIX), 6.2, 6.4, 0.7, 0.1, 9.0)
    # an image whose values are its own coordinates
    image = np.stack(np.meshgrid(np.arange(1100.0), np.arange(800.0)), axis=-1).astype(np.float32)
    size = (int(100 * px_per_mm) + 3, int(80 * px_per_mm) - 5)
    flat = rectified(image, sheet.map, (12.0, 9.0), px_per_mm, size, cv2.INTER_LINEAR)
    assert flat.shape == (size[1], size[0], 2)
    x, y = np.meshgrid(12 + np.arange(size[0]) / px_per_mm, 9 + np.arange(size[1]) / px_per_mm)
    wanted = sheet.to_px(np.stack([x.ravel(), y.ravel()], axis=1)).reshape(flat.shape)
    # OpenCV interpolates at whole 32nds of a pixel; its cubic bends a slope a little
    assert np.abs(sheet.rectify(image, (12.0, 9.0), px_per_mm, size) - wanted).max() < 0.09
    assert np.abs(flat - wanted).max() < 0.05


def test_what_lies_beyond_the_image():
    image = np.full((50, 50), 200, np.uint8)
    flat = rectified(image, bent().map, (-100.0, -100.0), 4.0, (40, 30), cv2.INTER_LINEAR, 7)
    assert (flat == 7).all()


def test_a_grid_is_found(draw_grid, place_grid):
    shape = (800, 1100)
    truth = place_grid(shape, 6.1, 6.3, 1.0, (0.02, 0.01))
    sheet = sheet_of(draw_grid(shape, truth))
    corners = np.array([[0.0, 0], [1099, 0], [1099, 799], [0, 799]])
    away = sheet.to_mm(corners) - cv2.perspectiveTransform(corners[None], truth)[0]
    assert np.abs(away - np.round(away)).max() < 0.02
    assert (sheet.px_per_mm_x, sheet.px_per_mm_y) == pytest.approx((6.1, 6.3), rel=5e-4)
    assert sheet.rotation_deg == pytest.approx(1.0, abs=0.02)


def bend_image(image: np.ndarray, amplitude: float, length: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return an image bent by waves (px), and which of its pixels, from 60 px inside, show which of the old ones."""
    h, w = image.shape[:2]
    x, y = np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32))
    source_x = x + amplitude * np.sin(2 * np.pi * (x + 0.6 * y) / length)
    source_y = y + amplitude * np.cos(2 * np.pi * (0.5 * x - y) / length)
    bent_image = cv2.remap(image, source_x, source_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    some = (slice(60, -60, 20), slice(60, -60, 20))
    pixels, sources = (np.stack([a[some].ravel(), b[some].ravel()], axis=1) for a, b in ((x, y), (source_x, source_y)))
    return bent_image, pixels.astype(float), sources.astype(float)


@pytest.mark.parametrize(("amplitude", "length", "allowed"), [(1.0, 500.0, 0.06), (6.0, 900.0, 0.06)])
def test_a_warp_is_followed(draw_grid, place_grid, amplitude, length, allowed):
    truth = place_grid((900, 1200), 6.1, 6.1, 1.0)
    image, pixels, sources = bend_image(draw_grid((900, 1200), truth, noise=2.0), amplitude, length)
    sheet = sheet_of(image)
    away = sheet.to_mm(pixels) - cv2.perspectiveTransform(sources[None], truth)[0]
    away -= np.round(np.median(away, axis=0))
    assert np.sqrt(np.mean(away**2)) * 6.1 < allowed
    assert sheet.residual_px < 0.1


@pytest.mark.parametrize("noise", [0.0, 12.0])
def test_a_flat_page_stays_flat(draw_grid, place_grid, noise):
    truth = place_grid((900, 1200), 6.1, 6.1, 1.0, (0.02, 0.01))
    assert sheet_of(draw_grid((900, 1200), truth, noise=noise)).map.displacement is None


@pytest.mark.parametrize("degrees", [60.0, -50.0, 12.0])
def test_axes_are_those_nearest_to_the_image(draw_grid, place_grid, degrees):
    shape = (800, 1000)
    sheet = sheet_of(draw_grid(shape, place_grid(shape, 6.1, 6.1, degrees)))
    assert abs(sheet.rotation_deg) <= 45
    assert (sheet.rotation_deg - degrees + 45) % 90 - 45 == pytest.approx(0, abs=0.02)
    right, origin = sheet.to_mm(np.array([[501.0, 400.0], [500.0, 400.0]]))
    assert right[0] - origin[0] > 0.1


@pytest.mark.parametrize(("kind", "level"), [("both", 200), ("major", 195)])
def test_black_and_white(draw_grid, place_grid, kind, level):
    # what a threshold leaves of a grid that stands a little askew: dots and dashes, as black as the trace
    pitch, shape = 7.31, (1000, 1500)
    grey = draw_grid(shape, place_grid(shape, pitch, pitch, 0.4), kind, noise=4.0)
    image = np.where(grey < level, 0, 255).astype(np.uint8)
    x = np.arange(shape[1])
    for centre in (400, 700):
        curve = np.stack([x, centre + 60 * np.sin(x / 13) ** 5], axis=1).round().astype(np.int32)
        cv2.polylines(image, [curve], False, (0, 0, 0), 3)
    sheet = sheet_of(image)
    assert (sheet.px_per_mm_x, sheet.px_per_mm_y) == pytest.approx((pitch, pitch), rel=1e-3)


def text_page(lines: list[str]) -> np.ndarray:
    image = np.full((900, 1200, 3), 255, np.uint8)
    for k, words in enumerate(lines):
        cv2.putText(image, words, (20, 30 + 24 * k), 0, 0.8, (0, 0, 0), 1, cv2.LINE_AA)
    return image


def test_text_is_no_grid():
    rng = np.random.default_rng(0)
    with pytest.raises(NoLatticeError):
        sheet_of(text_page(["".join(rng.choice(list("abcdefgh ijklm nop"), 60)) for _ in range(36)]))


def test_lines_all_alike_are_no_clear_grid():
    # they repeat in both directions, so that there may be a lattice; but none that a page of an ECG would have
    try:
        contrast = sheet_of(text_page(["the quick brown fox jumps"] * 36)).contrast
    except NoLatticeError:
        contrast = 0.0
    assert contrast < 3


def test_blocks_on_another_harmonic_have_no_vote_until_the_plate_reaches_them():
    weight = np.zeros((1, 8, 12))
    weight[0, :, 6:] = 0.9
    weight[0, :, 4:6] = 0.3  # beside what is right: the plate may go on there
    weight[0, 2:5, 0:3] = 0.25  # coherent, weakly: the sheet's curled side, seen with too coarse a comb
    found = reached(weight)
    assert not found[0, :, :5].any()
    assert (found[0, :, 5] == 0.3).all()
    assert (found[0, :, 6:] == 0.9).all()
    weight[0, :, 1] = 0.8  # beyond a fold, as strong as the rest
    assert np.array_equal(reached(weight)[0, 2:5, 0:3], weight[0, 2:5, 0:3])


@pytest.mark.parametrize("step", [0.0, 0.1, 0.35])
def test_phases_that_go_up_evenly_are_averaged_without_loss(step):
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:12, :16]
    turns = step * x - 0.6 * step * y
    fields = np.exp(2j * np.pi * turns)[None]
    inner = (0, slice(2, -2), slice(2, -2))
    assert np.allclose(smooth_along(fields)[inner], fields[inner], atol=1e-6)
    noisy = fields * np.exp(2j * np.pi * rng.normal(0, 0.05, fields.shape))
    off = np.angle(smooth_along(noisy)[inner] / fields[inner]) / (2 * np.pi)
    assert np.std(off) < 0.03


def test_noise_seldom_agrees():
    rng = np.random.default_rng(2)
    noise = rng.normal(size=(1, 40, 40)) + 1j * rng.normal(size=(1, 40, 40))
    agreement = np.abs(smooth_along(noise)) / smooth(np.abs(noise))
    assert np.mean(agreement > 0.8) < 0.2
