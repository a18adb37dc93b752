import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from papertrace.scans.bend import SURFACES, Light, cone, folded, least_area, level, lit, risen, seen_from, shading, worn

SIZE = (280.0, 216.0)
GRID = np.stack(np.meshgrid(np.arange(0, 280, 0.5), np.arange(0, 216, 0.5)), axis=-1)
ABOVE = Light(0.0, 90.0, 0.0)


@given(
    st.floats(0, 360),
    st.tuples(st.floats(0, 280), st.floats(0, 216)),
    st.sampled_from([-1, 1]),
    st.floats(250, 3000),
    st.one_of(st.none(), st.floats(300, 5000)),
)
def test_paper_rolls_up_without_stretch(degrees, vertex, side, radius, apex):
    coarse = GRID[::8, ::8]

    def surface(points):
        return cone(points, degrees, vertex, side * radius, apex)

    step = 1e-3
    here = surface(coarse)
    right, down = (surface(coarse + shift) - here for shift in ([step, 0], [0, step]))
    if apex is not None:  # beyond the apex there is no cone
        angle = np.radians(degrees)
        inside = (coarse - vertex) @ [np.cos(angle), np.sin(angle)] > 20 - apex
        right, down = right[inside], down[inside]
    np.testing.assert_allclose(np.linalg.norm(right, axis=-1) / step, 1, atol=2e-5)
    np.testing.assert_allclose(np.linalg.norm(down, axis=-1) / step, 1, atol=2e-5)
    np.testing.assert_allclose(np.sum(right * down, axis=-1) / step**2, 0, atol=4e-5)


def test_a_cone_with_a_far_apex_is_a_cylinder():
    far, cylinder = (cone(GRID, 30.0, (100, 90), -300.0, apex) for apex in (1e7, None))
    np.testing.assert_allclose(far, cylinder, atol=0.02)


def test_a_cylinder_is_a_circle_across():
    points = np.stack([np.full(200, 50.0), np.linspace(0, 216, 200)], axis=1)
    places = cone(points, 0.0, (140, 108), 300.0, None)
    np.testing.assert_allclose(np.hypot(places[:, 1] - 108, 300 - places[:, 2]), 300)
    assert places[0, 2] == pytest.approx(300 * (1 - np.cos(108 / 300)))


def test_what_is_nearer_looks_larger():
    places = np.array([[140.0, 108.0, 50.0], [150.0, 108.0, 0.0], [150.0, 108.0, 100.0], [150.0, 118.0, -300.0]])
    seen = seen_from(places, (140, 108), 300.0)
    np.testing.assert_allclose(seen, [[140, 108], [150, 108], [155, 108], [145, 113]])


def test_a_tilted_sheet_has_lamberts_cosine():
    def roof(points):
        return risen(points, 0.25 * np.abs(points[..., 0] - 140))

    gain = shading(roof, SIZE, Light(0.0, 30.0, 0.2))
    towards, away = np.cos(np.radians(30)) * -0.25, np.cos(np.radians(30)) * 0.25
    direct = (np.array([away, towards]) + np.sin(np.radians(30))) / np.hypot(1, 0.25) / np.sin(np.radians(30))
    wanted = 0.2 + 0.8 * direct
    # Light from the right: what rises to the right turns away from it.
    assert gain[100, 40] == pytest.approx(1, abs=1e-6)
    assert gain[100, 240] == pytest.approx(wanted[1] / wanted[0], abs=1e-6)


def test_light_from_above_sees_how_steep_a_curl_is():
    item = {"degrees": 90.0, "vertex_mm": [140, 108], "radius_mm": 250.0, "apex_mm": None}
    surface = SURFACES["page_curl"](item, SIZE)
    gain = shading(surface, SIZE, ABOVE)
    x = (np.arange(gain.shape[1]) + 0.5) * SIZE[0] / gain.shape[1]
    np.testing.assert_allclose(gain, np.broadcast_to(np.cos((x - 140) / 250), gain.shape), atol=1e-3)
    image = np.full((216, 280, 3), 200, np.uint8)
    seen = lit(image, 1.0, item | {"artifact": "page_curl", "light": {"degrees": 0, "elevation": 90, "ambient": 0}})
    assert seen[100, 140, 0] == 200 and seen[100, 2, 0] == pytest.approx(200 * np.cos(138 / 250), abs=2)


def test_a_surface_is_levelled():
    heights = level(lambda points: risen(points, 7 + 0.1 * points[..., 0]), SIZE)(GRID)[..., 2]
    assert heights.mean() == pytest.approx(0, abs=0.1)


def test_a_sheet_that_hides_a_part_of_itself_has_no_area_left():
    def area(radius):
        item = {"degrees": 90.0, "vertex_mm": [140, 108], "radius_mm": radius, "apex_mm": None}
        return least_area(SURFACES["page_curl"](item, SIZE), SIZE, 400.0)

    assert area(1e9) == pytest.approx(1, abs=1e-4)
    assert 0.3 < area(-250.0) < 0.9
    assert area(-100.0) < 0


FOLD = {"offset_mm": 100.0, "angle_degrees": 12.0, "width_mm": 4.0, "worn": 1.0, "worn_mm": 1.0}


@given(st.floats(0, 180), st.lists(st.tuples(st.floats(40, 200), st.floats(-20, 20)), min_size=1, max_size=4))
def test_a_fold_stretches_nothing_across_it(degrees, lines):
    lines = [FOLD | {"offset_mm": offset, "angle_degrees": angle} for offset, angle in lines]
    normal = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
    points = np.array([140.0, 108.0]) + np.linspace(-100, 100, 1001)[:, None] * normal
    places = folded(points, [{"degrees": degrees, "lines": lines}], SIZE)
    assert np.linalg.norm(np.diff(places, axis=0), axis=1) == pytest.approx(0.2, rel=2e-3)


def test_a_fold_turns_by_its_angle_within_its_width():
    points = np.stack([np.linspace(0, 280, 2801), np.full(2801, 50.0)], axis=1)
    places = folded(points, [{"degrees": 0.0, "lines": [FOLD]}], SIZE)
    slope = np.degrees(np.arctan2(*np.diff(places[:, [2, 0]], axis=0).T))
    assert slope[-1] - slope[0] == pytest.approx(12, abs=0.01)
    turned = (slope - slope[0]) / 12
    within = points[:-1, 0][(turned > 0.12) & (turned < 0.88)]
    assert within.min() == pytest.approx(98, abs=0.5) and within.max() == pytest.approx(102, abs=0.5)
    assert places[-1, 2] == pytest.approx(places[0, 2], abs=0.2)
    assert points[places[:, 2].argmin(), 0] == pytest.approx(100, abs=1)  # of a valley the line lies lowest


def test_folds_that_cross_add_up():
    across, down = ({"degrees": degrees, "lines": [FOLD]} for degrees in (0.0, 90.0))
    both, one, other = (folded(GRID, families, SIZE) for families in ([across, down], [across], [down]))
    flat = risen(GRID, np.zeros(GRID.shape[:-1]))
    np.testing.assert_allclose(both - flat, one - flat + other - flat, atol=1e-9)


@pytest.mark.parametrize("degrees", [2.0, 91.0, 40.0])
def test_wear_is_along_the_fold_and_nowhere_else(degrees):
    grey = np.full((1728, 2240, 3), 128, np.uint8)
    seen = worn(grey, 8.0, [{"degrees": degrees, "lines": [FOLD]}], 1)
    assert (grey == 128).all()
    rows, columns = np.nonzero((seen != 128).any(axis=2))
    normal = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
    away = ((np.stack([columns, rows], axis=1) + 0.5) / 8) @ normal - 100
    assert np.abs(away).max() < 1.4 and np.median(np.abs(away)) < 0.5
    assert seen.max() > 230 and seen.min() < 100
    assert np.array_equal(worn(grey, 8.0, [{"degrees": degrees, "lines": [FOLD]}], 1), seen)
