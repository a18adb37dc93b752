"""The map from millimetres on the page to pixels."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from papertrace.geometry import PixelMap

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
