"""The map from millimetres on the page to pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from papertrace import tables
from papertrace.geometry import Displacement, PixelMap
from papertrace.io import read_rows, write_table

SMALL = st.floats(-0.05, 0.05)
POINTS_MM = np.array([[0.0, 0.0], [279.4, 0.0], [0.0, 215.9], [279.4, 215.9], [140.1, 33.3]])


def homographies():
    """Rotations, shears and perspectives as strong as a scan's, and shifts."""
    return st.tuples(SMALL, SMALL, SMALL, SMALL, st.floats(-200, 200), st.floats(-200, 200)).map(
        lambda v: np.array([[1 + v[0], v[1], v[4]], [v[2], 1 + v[3], v[5]], [v[0] * 1e-3, v[2] * 1e-3, 1.0]])
    )


def test_a_page_at_10_px_per_mm():
    page = PixelMap.of_page(10.0)
    # Pixel centres are whole numbers, so that the paper's corner is the outer corner of the first pixel.
    np.testing.assert_allclose(
        page.apply(np.array([[0.0, 0.0], [0.05, 0.05], [1.0, 2.0]])), [[-0.5, -0.5], [0, 0], [9.5, 19.5]]
    )


def test_a_quarter_turn_follows_the_page():
    turned = PixelMap.of_page(10.0).then(np.array([[0.0, -1.0, 99.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]))
    np.testing.assert_allclose(turned.apply(np.array([[1.0, 2.0]])), [[99 - 19.5, 9.5]])


@given(st.floats(3, 30), homographies())
def test_there_and_back(px_per_mm, matrix):
    scan = PixelMap.of_page(px_per_mm).then(matrix)
    np.testing.assert_allclose(scan.inverse(scan.apply(POINTS_MM)), POINTS_MM, atol=1e-6)


@given(st.floats(3, 30), homographies(), homographies())
def test_one_map_after_another_is_their_composition(px_per_mm, first, second):
    page = PixelMap.of_page(px_per_mm)
    stepwise = PixelMap(second).apply(PixelMap(first).apply(page.apply(POINTS_MM)))
    np.testing.assert_allclose(page.then(first).then(second).apply(POINTS_MM), stepwise, rtol=1e-9, atol=1e-6)


@given(st.floats(3, 30), homographies())
def test_the_list_in_tables_reads_back_exactly(px_per_mm, matrix):
    scan = PixelMap.of_page(px_per_mm).then(matrix)
    assert len(scan.to_list()) == 9
    assert np.array_equal(PixelMap.from_list(scan.to_list()).matrix, scan.matrix)


def waves(spacing: float = 3.0, amplitude: float = 2.0) -> Displacement:
    """Waves in x and y over a page of 280 x 216 mm, in steps that float32 holds."""
    x, y = np.meshgrid(spacing * np.arange(-1, 96), spacing * np.arange(-1, 74))
    values = amplitude * np.stack([np.sin(x / 25 + y / 40), np.cos(x / 30 - y / 20)], axis=-1)
    return Displacement((-spacing, -spacing), spacing, np.round(values * 4096) / 4096)


def bent(matrix: np.ndarray) -> PixelMap:
    return PixelMap(PixelMap.of_page(8.0).then(matrix).matrix, waves())


def test_a_displacement_passes_through_its_values_and_its_slopes_are_continuous():
    field = waves()
    nodes = np.stack(np.meshgrid(3.0 * np.arange(-1, 96), 3.0 * np.arange(-1, 74)), axis=-1)
    np.testing.assert_allclose(field.at(nodes.reshape(-1, 2)), field.values.reshape(-1, 2), atol=1e-12)
    rng = np.random.default_rng(0)
    points = rng.uniform([-8, -8], [290, 225], (3000, 2))
    points[:500, 0] = 3.0 * rng.integers(-3, 98, 500)  # on the seams of the cells
    _, after_x, after_y = field.with_slopes(points)
    for slope, step in ((after_x, [1e-5, 0]), (after_y, [0, 1e-5])):
        on_either_side = (field.at(points + step) - field.at(points - step)) / 2e-5
        np.testing.assert_allclose(on_either_side, slope, atol=1e-5)


def test_a_displacement_is_close_to_the_wave_it_samples():
    x, y = np.random.default_rng(0).uniform([0, 0], [280, 210], (1000, 2)).T
    wave = 2 * np.stack([np.sin(x / 25 + y / 40), np.cos(x / 30 - y / 20)], axis=1)
    assert np.abs(waves().at(np.stack([x, y], axis=1)) - wave).max() < 5e-4


def test_a_displacement_goes_on_beyond_its_nodes():
    field = waves()
    np.testing.assert_allclose(field.at(np.array([[-900.0, -800.0], [5e4, -30.0]])), field.values[0, [0, -1]])
    assert np.isnan(field.at(np.array([[np.nan, 1.0], [1.0, 1.0]]))).tolist() == [[True, True], [False, False]]


def test_a_displacement_in_pixels_is_that_in_millimetres():
    points = np.array([[1.0, 2.0], [100.3, 77.7]])
    page = PixelMap.of_page(8.0)
    in_px = waves().scaled(8.0, -0.5).at(page.apply(points))
    np.testing.assert_allclose(in_px, 8.0 * waves().at(points), atol=1e-9)


@settings(max_examples=30)
@given(homographies(), st.integers(0, 2**32 - 1))
def test_a_bent_map_goes_there_and_back(matrix, seed):
    scan = bent(matrix)
    points = np.random.default_rng(seed).uniform([-40, -40], [320, 260], (400, 2))
    np.testing.assert_allclose(scan.inverse(scan.apply(points)), points, atol=1e-4)


def test_a_gap_stays_a_gap():
    scan = bent(np.eye(3))
    points = scan.inverse(scan.apply(np.array([[20.0, np.nan], [20.0, 30.0]])))
    assert np.isnan(points[0]).all()
    np.testing.assert_allclose(points[1], [20, 30], atol=1e-4)


def test_a_page_that_is_folded_over_is_told():
    with pytest.raises(ArithmeticError, match="folds it over"):
        PixelMap(np.eye(3), waves(amplitude=60.0)).inverse(np.random.default_rng(0).uniform(0, 200, (500, 2)))


@given(homographies())
def test_a_bent_map_is_followed_by_a_homography(matrix):
    there = bent(np.eye(3)).then(matrix)
    np.testing.assert_allclose(there.apply(POINTS_MM), PixelMap(matrix).apply(bent(np.eye(3)).apply(POINTS_MM)))


@pytest.mark.parametrize("scan", [bent(np.eye(3)), PixelMap.of_page(7.3)], ids=["bent", "flat"])
def test_a_row_of_the_table_reads_back_exactly(scan, tmp_path):
    row = dict.fromkeys(tables.SCANS.names) | scan.to_row()
    write_table([row], tables.SCANS, tmp_path / "scans.parquet")
    again = PixelMap.from_row(read_rows(tmp_path / "scans.parquet")[0])
    assert np.array_equal(again.apply(POINTS_MM), scan.apply(POINTS_MM))
    assert (again.displacement is None) == (scan.displacement is None)


def test_a_guess_from_beyond_the_horizon_does_no_harm():
    rng = np.random.default_rng(5)
    bent = Displacement((0.0, 0.0), 6.0, np.round(rng.uniform(-0.4, 0.4, (30, 40, 2)), 3))
    moved = np.concatenate([rng.uniform(0, 170, (50, 2)), rng.uniform(-1e6, 1e6, (50, 2))])
    guess = moved + rng.choice([-1, 1], (100, 2)) * 10 ** rng.uniform(0, 7, (100, 2))
    found = bent.undo(moved, guess)
    assert np.abs(found + bent.at(found) - moved).max() < 0.002
