from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from papertrace.pages.ink import Pen, blend, smooth_curve, split_polyline


def draw(points, width_px, shape=(200, 400)):
    coverage = np.zeros(shape, np.float32)
    for curve in smooth_curve(np.asarray(points, float)):
        Pen(width_px).draw(coverage, curve)
    return coverage


@pytest.mark.parametrize("width_px", [0.6, 1.0, 1.7, 2.4, 3.3, 6.0])
def test_centroid_of_a_slow_sine_is_the_centre_line(width_px):
    x = np.arange(0, 400, 0.8)
    coverage = draw(np.stack([x, 100.3 + 20 * np.sin(2 * np.pi * x / 250)], axis=1), width_px)
    columns = np.arange(20, 380)
    ink = coverage[:, columns]
    centroid = (ink * np.arange(200)[:, None]).sum(axis=0) / ink.sum(axis=0)
    assert np.abs(centroid - (100.3 + 20 * np.sin(2 * np.pi * columns / 250))).max() < 0.01


@pytest.mark.parametrize("width_px", [0.6, 1.0, 1.7, 2.4, 3.3, 6.0])
def test_stroke_has_its_width(width_px):
    x = np.arange(0, 400, 0.8)
    slope = 20 * 2 * np.pi / 250 * np.cos(2 * np.pi * np.arange(20, 380) / 250)
    coverage = draw(np.stack([x, 100.3 + 20 * np.sin(2 * np.pi * x / 250)], axis=1), width_px)
    across = coverage[:, 20:380].sum(axis=0) / np.hypot(1, slope)
    np.testing.assert_allclose(across, width_px, rtol=0.01)


@settings(deadline=None, max_examples=40)
@given(
    angle=st.floats(-np.pi, np.pi),
    width_px=st.floats(1, 6),
    x=st.floats(-0.5, 0.5),
    y=st.floats(-0.5, 0.5),
)
def test_a_straight_stroke_has_the_area_of_its_rectangle_and_round_ends(angle, width_px, x, y):
    coverage = np.zeros((200, 200), np.float32)
    middle, half = np.array([100 + x, 100 + y]), 60 * np.array([np.cos(angle), np.sin(angle)])
    Pen(width_px).draw(coverage, split_polyline(np.array([middle - half, middle + half])))
    # A pixel beyond a thin stroke's end sees as much ink as one beside it: its round ends are up to 1 px² too large.
    assert coverage.sum() == pytest.approx(120 * width_px + np.pi * width_px**2 / 4, rel=0.01, abs=2.2)
    rows, columns = np.indices(coverage.shape)
    centroid = np.array([np.average(columns, weights=coverage), np.average(rows, weights=coverage)])
    across = np.array([-np.sin(angle), np.cos(angle)])
    assert abs((centroid - middle) @ across) < 0.01


def test_the_curve_passes_through_every_sample():
    rng = np.random.default_rng(0)
    points = np.stack([np.arange(300) * 0.8, rng.normal(0, 30, 300)], axis=1)
    curve = np.concatenate(list(smooth_curve(points)))
    gap = np.hypot(*(curve[:, None] - points[None]).transpose(2, 0, 1)).min(axis=0)
    assert gap.max() < 1e-9
    assert np.hypot(*np.diff(curve, axis=0).T).max() < 2


def test_noise_from_edge_to_edge_comes_in_pieces_that_join():
    points = np.stack([np.arange(200) * 0.8, np.where(np.arange(200) % 2, -1000.0, 1000.0)], axis=1)
    pieces = list(smooth_curve(points))
    assert len(pieces) > 5 and max(map(len, pieces)) < 60_000
    for before, after in pairwise(pieces):
        assert (before[-1] == after[0]).all()
    assert (pieces[0][0] == points[0]).all() and (pieces[-1][-1] == points[-1]).all()


def test_missing_samples_leave_a_gap():
    y = np.full(400, 100.0)
    y[150:250] = np.nan
    coverage = draw(np.stack([np.arange(400.0), y], axis=1), 2.0)
    assert coverage[:, 160:240].max() == 0
    assert coverage[:, :140].sum(axis=0) == pytest.approx(2.0)


def test_no_samples_no_ink_and_one_sample_a_dot():
    assert draw(np.array([[10.0, np.nan], [11.0, np.nan]]), 2.0).max() == 0
    dot = draw(np.array([[10.0, np.nan], [50.0, 60.0], [51.0, np.nan]]), 3.0)
    assert dot.sum() == pytest.approx(np.pi * 1.5**2, rel=0.1)
    assert dot[60, 50] == 1


def test_what_lies_outside_the_image_is_not_drawn():
    coverage = draw([[-50.0, 100.0], [50.0, -900.0], [150.0, 100.0], [250.0, 900.0], [900.0, 100.0]], 3.0)
    assert coverage.shape == (200, 400)
    assert 0 < coverage.sum() < 200 * 400


def test_a_line_on_the_edge_is_cut_in_half():
    coverage = np.zeros((50, 50), np.float32)
    Pen(4.0).draw(coverage, split_polyline(np.array([[-20.0, -0.5], [70.0, -0.5]])))
    assert coverage.sum(axis=0) == pytest.approx(2.0)


def test_blend_mixes_by_coverage():
    image = np.full((1, 3, 3), 200, np.uint8)
    blend(image, np.array([[0.0, 0.5, 1.0]], np.float32), (0, 100, 50))
    assert image[0].tolist() == [[200, 200, 200], [100, 150, 125], [0, 100, 50]]
