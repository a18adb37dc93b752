import numpy as np
import pytest

from papertrace.geometry import PixelMap
from papertrace.scans.surface import creases, light, printed_text

GREY = np.full((340, 440, 3), 160, np.uint8)


def test_print_lies_in_its_box():
    line = {"text": "sinus rhythm", "x_mm": 10.0, "baseline_mm": 20.0, "size_mm": 4.0, "face": "sans", "weight": 400}
    image, labels = printed_text(GREY, 8.0, [line | {"colour": [0, 0, 0]}, line | {"colour": [0, 0, 0], "x_mm": 90.0}])
    assert [(label.text, label.kind) for label in labels] == [("sinus rhythm", "printed")]  # the second is off the page
    changed = (image != GREY).any(axis=2)
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    (x0, y0), (x1, y1) = PixelMap.of_page(8.0).apply(np.reshape(labels[0].box_mm, (2, 2)))
    np.testing.assert_allclose([x0, x1], [columns[0] - 0.5, columns[-1] + 0.5], atol=1.01)
    np.testing.assert_allclose([y0, y1], [rows[0] - 0.5, rows[-1] + 0.5], atol=1.01)
    assert (GREY == 160).all()


@pytest.mark.parametrize("degrees", [0, 90])
def test_a_crease_is_a_groove_with_a_bright_flank(degrees):
    line = {"degrees": degrees, "offset_mm": 20.0, "width_mm": 1.0, "strength": 0.3}
    seen = creases(GREY, 8.0, [line])[..., 0].astype(float)
    profile = seen.mean(axis=0) if degrees == 0 else seen.mean(axis=1)
    assert abs(profile.argmin() - (20 * 8 - 0.62 * 8)) < 3  # the shading's minimum, (1 - sqrt 5) / 2
    assert 160 * 0.75 < profile.min() < 160 * 0.85
    assert 160 * 1.01 < profile.max() < 160 * 1.06
    assert profile[:100] == pytest.approx(160, abs=1) and profile[220:] == pytest.approx(160, abs=1)


def test_light_falls_off_in_its_direction():
    seen = light(GREY, degrees=0.0, strength=0.4, bend=0.0)[..., 0].astype(float)
    assert seen[:, 0] == pytest.approx(160, abs=2) and seen[:, -1] == pytest.approx(96, abs=2)
    assert (np.diff(seen.mean(axis=0)) <= 0.01).all()
    assert np.ptp(seen, axis=0).max() <= 1
    round_light = light(GREY, degrees=0.0, strength=0.4, bend=1.0)[..., 0].astype(float)
    assert round_light[170, 220] == pytest.approx(160, abs=2)
    assert round_light[0, 0] == pytest.approx(96, abs=8)
