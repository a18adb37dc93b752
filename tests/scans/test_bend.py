import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from papertrace.scans.bend import SURFACES, Light, cone, least_area, level, lit, risen, seen_from, shading

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
