import cv2
import numpy as np
import pytest

from papertrace.geometry import PixelMap
from papertrace.scans.background import TEXTURES, lay
from papertrace.scans.config import ScansConfig
from papertrace.scans.presets import ArtifactName
from papertrace.scans.recipe import draw_recipe
from papertrace.scans.scan import scan_page

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


def scanned(page, **severity):
    off = dict.fromkeys(ArtifactName.__args__, 0)
    config = ScansConfig.model_validate({"severity": off | severity, "background": {"kind": ["wood", "laminate"]}})
    return scan_page(page.image, page.labels, config, np.random.default_rng(3))


def test_a_scan_reaches_beyond_its_sheet_by_the_margins(page):
    scan = scanned(page, background=4)
    drawn = {item["artifact"]: item for item in scan.recipe}
    left, top, right, bottom = drawn["background"]["margins"]
    height, width = page.image.shape[:2]
    assert scan.image.shape[:2] == (height + top + bottom, width + left + right) and left + top + right + bottom > 100
    np.testing.assert_array_equal(scan.image[top : top + height, left : left + width], page.image)
    np.testing.assert_allclose(scan.map.apply(np.array([[0.0, 0.0]])), [[left - 0.5, top - 0.5]], atol=1e-9)


def test_holes_and_torn_corners_show_what_the_sheet_lies_on(page):
    whole, damaged = scanned(page, background=4), scanned(page, background=4, punch_holes=3, torn_corners=3)
    drawn = {item["artifact"]: item for item in damaged.recipe}
    assert drawn["background"] == next(item for item in whole.recipe if item["artifact"] == "background")
    places = [[x, y] for x, y in drawn["punch_holes"]["centres_mm"]]
    size = (page.labels.width_mm, page.labels.height_mm)
    for torn in drawn["torn_corners"]["corners"]:
        x, y = 0.15 * torn["width_mm"], 0.15 * torn["height_mm"]
        places.append([x if torn["corner"] in (0, 3) else size[0] - x, y if torn["corner"] in (0, 1) else size[1] - y])
    for x, y in np.rint(damaged.map.apply(np.array(places))).astype(int):
        patch = damaged.image[y - 4 : y + 5, x - 4 : x + 5].astype(float)
        assert np.abs(patch - whole.image[y - 4 : y + 5, x - 4 : x + 5]).max() > 10
        assert patch.std(axis=(0, 1)).max() > 1  # grain, where a desk of one colour has none


def test_a_side_with_a_margin_is_not_cropped(page):
    config = ScansConfig.model_validate(
        {"preset": "photo", "background": {"probability": 1}, "crop": {"probability": 1}}
    )
    seen = 0
    for seed in range(12):
        recipe = draw_recipe(config, page.labels, page.recipe.size_px, np.random.default_rng(seed))
        drawn = {item["artifact"]: item for item in recipe}
        margins, crops = np.array(drawn["background"]["margins"]), np.array(drawn["crop"]["pixels"])
        assert (crops[margins > 0] == 0).all()
        assert drawn["desk"]["colour"] == drawn["background"]["colour"]
        seen += (margins > 0).sum()
    assert seen > 5
