import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from papertrace.pages.colours import Palette
from papertrace.pages.grid import draw_grid, line_coverage

PALETTE = Palette("test", (250, 250, 250), (200, 200, 250), (120, 120, 240), (0, 0, 0))


@given(pitch=st.floats(2, 60), share=st.floats(0.01, 0.9), origin=st.floats(-5, 5))
def test_lines_cover_their_width_at_their_place(pitch, share, origin):
    width = share * pitch
    coverage = line_coverage(400, pitch, width, origin)
    fine = (np.arange(400 * 50) + 0.5) / 50 - 0.5
    brute = (np.abs((fine - origin + pitch / 2) % pitch - pitch / 2) < width / 2).reshape(400, 50).mean(axis=1)
    np.testing.assert_allclose(coverage, brute, atol=0.05)
    assert coverage.mean() == pytest.approx(share, abs=pitch / 400)


def test_major_lines_stand_every_five_millimetres():
    px_per_mm = 6.137
    image = draw_grid(60, 1200, px_per_mm, PALETTE, 0.0, 0.3)
    darkness = 250.0 - image[20, :, 0]
    errors = []
    for k in range(1, 37):
        expected = 5 * k * px_per_mm - 0.5
        near = slice(round(expected) - 4, round(expected) + 5)
        centre = np.average(np.arange(1200)[near], weights=darkness[near])
        errors.append(centre - expected)
        assert darkness[near].sum() == pytest.approx(130 * 0.3 * px_per_mm, rel=0.02)
    # A line's centroid wanders with its place among the pixels; the lattice does not.
    assert np.abs(errors).max() < 0.06
    assert abs(np.mean(errors)) < 0.01


def test_minor_lines_lie_under_major_lines():
    image = draw_grid(100, 100, 10.0, PALETTE, 0.2, 0.4)
    assert image[5, 5].tolist() == [250, 250, 250]  # between the lines
    assert image[5, 9].tolist() == [200, 200, 250]  # 1 mm line, at 9.5 px, 2 px wide
    assert image[5, 49].tolist() == [120, 120, 240]  # 5 mm line, at 49.5 px
    assert image[9, 49].tolist() == [120, 120, 240]  # and where the two cross
