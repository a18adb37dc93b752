import cv2
import numpy as np
import pytest

from papertrace.geometry import PixelMap
from papertrace.scans.background import TEXTURES, lay

SIZE = (500, 400)  # 50 x 40 mm of canvas, on which a sheet of 30 x 20 mm lies 10 mm from its corner
MAP = PixelMap.of_page(10.0).then(np.array([[1.0, 0, 100], [0, 1, 100], [0, 0, 1]]))
NO_SHADOW = {"degrees": 0.0, "offset_mm": 0.0, "softness_mm": 1.0, "strength": 0.0}


def laid(kind="plain", colour=(90, 120, 160), sheets=(), shadow=NO_SHADOW, seed=1, hole=False):
    mask = np.zeros(SIZE[::-1], np.uint8)
    mask[100:300, 100:400] = 255
    if hole:
        cv2.circle(mask, (250, 200), 30, 0, cv2.FILLED)
    sheet = np.where(mask[..., None] > 0, np.uint8(240), np.array(colour, np.uint8))
    return lay(sheet, mask, MAP, (30.0, 20.0), kind=kind, colour=colour, sheets=sheets, shadow=shadow, seed=seed)


@pytest.mark.parametrize("kind", [*TEXTURES, "clipboard", "screen"])
def test_the_sheet_is_whole_and_around_it_is_the_background(kind):
    image = laid(kind)
    assert (image[100:300, 100:400] == 240).all()
    around = np.ones(SIZE[::-1], bool)
    around[98:302, 98:402] = False
    assert (np.abs(image[around].astype(int) - 240).max(axis=1) > 20).mean() > 0.9
    assert image[around].std(axis=0).max() > 1
    assert np.array_equal(image, laid(kind)) and not np.array_equal(image, laid(kind, seed=2))


@pytest.mark.parametrize("kind", TEXTURES)
def test_a_desk_has_its_colour_on_average(kind):
    around = laid(kind)[:95].reshape(-1, 3).mean(axis=0)
    np.testing.assert_allclose(around / around.sum(), np.array([90, 120, 160]) / 370, atol=0.01)
    assert 0.7 < around.sum() / 370 < 1.2


def test_background_shows_through_a_hole():
    image = laid("laminate", hole=True)
    assert (image[190:210, 240:260].mean(axis=(0, 1)) < 200).all()
    assert (image[150:160, 240:260] == 240).all()


def test_a_sheet_casts_its_shadow_to_the_side():
    shadow = {"degrees": 0.0, "offset_mm": 2.0, "softness_mm": 0.8, "strength": 0.5}
    ratio = laid(shadow=shadow).astype(float) / laid()
    assert ratio[200, 408, 0] == pytest.approx(0.5, abs=0.1)
    assert ratio[200, 480, 0] == pytest.approx(1, abs=0.02) and ratio[200, 60, 0] == pytest.approx(1, abs=0.02)
    assert ratio[200, 93, 0] > 0.93


def test_other_paper_lies_beneath():
    beneath = [{"x_mm": 5.0, "y_mm": 4.0, "degrees": 0.0, "colour": [200, 210, 220]}]
    image = laid(sheets=beneath)
    assert (image[100:300, 100:400] == 240).all()
    assert tuple(image[320, 430]) == (200, 210, 220)
    assert tuple(image[120, 430]) != (200, 210, 220)
