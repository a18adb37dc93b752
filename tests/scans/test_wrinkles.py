import numpy as np
import pytest

from papertrace.scans.wrinkles import crumpled, wrinkles

GREY = np.full((680, 880, 3), 150, np.uint8)  # 110 x 85 mm at 8 px a mm
DRAWN = {"scale_mm": 15.0, "slope": 0.08, "degrees": 30.0, "elevation": 45.0, "seed": 3}


def shading(**keys):
    return wrinkles(GREY, 8.0, **DRAWN | keys).astype(float)[..., 0] / 150 - 1


def test_wrinkles_shade_as_lambert_says():
    # With 60 % of the light at 45 degrees, a small slope s towards the lamp gives 0.6 s more light; half of the mean
    # square of the slope lies along any one direction.
    for slope in (0.04, 0.08):
        assert shading(slope=slope).std() == pytest.approx(0.6 * slope / np.sqrt(2), rel=0.3)
    low = shading(elevation=25.0, slope=0.04).std() / shading(elevation=60.0, slope=0.04).std()
    assert low == pytest.approx(np.tan(np.radians(60)) / np.tan(np.radians(25)), rel=0.15)
    assert abs(shading().mean()) < 0.03


def test_the_opposite_lamp_swaps_light_and_dark():
    one, other = shading(), shading(degrees=210.0)
    assert np.corrcoef(one.ravel(), other.ravel())[0, 1] < -0.95


def test_wrinkles_grow_with_their_scale_and_repeat():
    def grain(field):
        """Return the root mean square of the slopes over that of their change from cell to cell."""
        slope = np.diff(field, axis=1)
        return slope.std() / np.diff(slope, axis=1).std()

    rough, smooth = (crumpled((300, 400), scale, np.random.default_rng(1)) for scale in (15, 45))
    assert 1.4 < grain(smooth) / grain(rough) < 2.1  # the curvature sits in kinks, so about the square root of 3
    assert np.array_equal(rough, crumpled((300, 400), 15, np.random.default_rng(1)))
    assert not np.array_equal(shading(), shading(seed=4))


def test_a_fold_is_sharp_across_and_the_sheet_whole():
    # One long fold: on its two sides the slopes are opposite, and there is no step in the height.
    field = crumpled((80, 80), 400.0, np.random.default_rng(2))
    assert np.ptp(field) > 10
    assert np.abs(np.diff(field, axis=0)).max() < 0.1 * np.ptp(field)
    down = np.diff(field, axis=0)
    assert np.abs(np.diff(down, axis=0)).max() > 10 * np.median(np.abs(np.diff(down, axis=0)))


def test_the_page_is_left_as_it_was_and_a_flat_sheet_is_flat():
    before = GREY.copy()
    shading()
    assert np.array_equal(GREY, before)
    assert np.abs(shading(slope=0.0)).max() < 0.01
