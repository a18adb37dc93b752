import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from papertrace.geometry import Displacement, PixelMap
from papertrace.scans.warp import _sources, corners, fit_canvas, perspective, project, rotation, translation, warp

SIZE = (220, 170)
shift = st.floats(-0.1, 0.1)


def test_a_quarter_turn_is_clockwise_about_the_middle():
    matrix = rotation((101, 101), 90)
    np.testing.assert_allclose(
        project(matrix, np.array([[50, 50], [100, 50], [50, 0]])), [[50, 50], [50, 100], [100, 50]]
    )


@given(shifts=st.lists(st.tuples(shift, shift), min_size=4, max_size=4))
def test_perspective_moves_the_corners_and_nothing_else_by_hand(shifts):
    matrix = perspective(SIZE, shifts)
    expected = corners(SIZE) + np.array(shifts) * SIZE
    np.testing.assert_allclose(project(matrix, corners(SIZE)), expected, atol=1e-6)
    source, target = corners(SIZE).astype(np.float32), expected.astype(np.float32)
    np.testing.assert_allclose(matrix, cv2.getPerspectiveTransform(source, target), atol=1e-3, rtol=1e-3)


@given(degrees=st.floats(-30, 30), shifts=st.lists(st.tuples(shift, shift), min_size=4, max_size=4))
def test_the_canvas_holds_the_whole_sheet_and_little_more(degrees, shifts):
    matrix, (width, height) = fit_canvas(perspective(SIZE, shifts) @ rotation(SIZE, degrees), corners(SIZE))
    seen = project(matrix, corners(SIZE))
    assert (seen >= -0.5 - 1e-6).all() and (seen <= np.array([width, height]) - 0.5 + 1e-6).all()
    assert (seen.min(axis=0) < 0.5 + 1e-6).all() and (seen.max(axis=0) > np.array([width, height]) - 1.5 - 1e-6).all()


@pytest.mark.parametrize("seed", range(5))
def test_a_dot_lands_where_the_homography_says(seed):
    rng = np.random.default_rng(seed)
    point = rng.uniform([50, 50], [170, 120])
    y, x = np.mgrid[:170, :220]
    spot = 255 - 200 * np.exp(-((x - point[0]) ** 2 + (y - point[1]) ** 2) / 8)
    image = np.repeat(np.rint(spot).astype(np.uint8)[..., None], 3, axis=2)
    matrix = perspective(SIZE, rng.uniform(-0.05, 0.05, (4, 2))) @ rotation(SIZE, rng.uniform(-10, 10))
    matrix, canvas = fit_canvas(matrix, corners(SIZE))
    seen = warp(image, matrix, canvas, (255, 255, 255))[..., 0]
    dark = 255.0 - seen
    y, x = np.indices(seen.shape)
    centre = [np.average(x, weights=dark), np.average(y, weights=dark)]
    np.testing.assert_allclose(centre, project(matrix, point[None])[0], atol=0.03)


def test_a_crop_alone_moves_pixels_unchanged():
    image = np.random.default_rng(0).integers(0, 256, (170, 220, 3), dtype=np.uint8)
    assert np.array_equal(warp(image, translation(-7, -3), (200, 150), (0, 0, 0)), image[3:153, 7:207])


def test_beside_the_sheet_lies_the_desk():
    image = np.full((170, 220, 3), 255, np.uint8)
    matrix, canvas = fit_canvas(rotation(SIZE, 20), corners(SIZE))
    seen = warp(image, matrix, canvas, (10, 20, 30))
    assert seen[0, 0].tolist() == [10, 20, 30]
    assert seen[seen.shape[0] // 2, seen.shape[1] // 2].tolist() == [255, 255, 255]


def waves(amplitude: float) -> Displacement:
    """Waves of some 30 px slope length, in the pixels of an image of SIZE; slopes up to amplitude / 25."""
    x, y = np.meshgrid(8.0 * np.arange(-4, 32), 8.0 * np.arange(-4, 27))
    return Displacement((-32.0, -32.0), 8.0, amplitude * np.stack([np.sin(x / 25 + y / 40), np.cos(x / 30)], axis=-1))


@pytest.mark.parametrize("seed", range(3))
def test_a_dot_lands_where_a_bent_map_says(seed):
    rng = np.random.default_rng(seed)
    point = rng.uniform([50, 50], [170, 120])
    y, x = np.mgrid[:170, :220]
    spot = 255 - 200 * np.exp(-((x - point[0]) ** 2 + (y - point[1]) ** 2) / 8)
    image = np.repeat(np.rint(spot).astype(np.uint8)[..., None], 3, axis=2)
    matrix, canvas = fit_canvas(rotation(SIZE, rng.uniform(-10, 10)), corners(SIZE))
    seen = 255.0 - warp(image, matrix, canvas, (255, 255, 255), waves(1.0))[..., 0]
    y, x = np.indices(seen.shape)
    centre = [np.average(x, weights=seen), np.average(y, weights=seen)]
    np.testing.assert_allclose(centre, PixelMap(matrix, waves(1.0)).apply(point[None])[0], atol=0.05)


def test_the_sources_of_pixels_are_close_to_the_exact_inverse():
    bent = PixelMap(rotation((2200, 1700), 3.0), waves(2.0).scaled(8.0, 0.0))
    sources = _sources(bent, (2190, 1690))
    assert sources.shape == (1690, 2190, 2) and sources.dtype == np.float32
    x, y = np.random.default_rng(0).integers([0, 0], [2190, 1690], (5000, 2)).T
    exact = bent.inverse(np.stack([x, y], axis=1))
    on_sheet = (exact > 0).all(axis=1) & (exact < [1760, 1360]).all(axis=1)
    error = np.hypot(*(sources[y, x] - exact).T)
    assert on_sheet.sum() > 2000 and error[on_sheet].max() < 0.02


def test_a_displacement_of_nothing_changes_nothing_but_by_resampling():
    image = np.random.default_rng(0).integers(0, 256, (170, 220, 3), dtype=np.uint8)
    still = Displacement((0.0, 0.0), 10.0, np.zeros((18, 23, 2)))
    assert np.array_equal(warp(image, np.eye(3), SIZE, (0, 0, 0), still), image)
