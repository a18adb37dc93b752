"""What hides a trace: one artifact at a time, whose place is known."""

from __future__ import annotations

import numpy as np
import pytest

from papertrace.exports.dense import OCCLUDED, VISIBLE, centre_lines
from papertrace.exports.instances import lead_instances
from papertrace.exports.occlusion import hidden
from papertrace.geometry import PixelMap

PALETTE = {"paper": (250, 252, 254), "ink": (60, 60, 60)}
SIZE = (800, 480)
PAGE = PixelMap.of_page(8.0)
PEN = {"width_mm": 2.0, "colour": [25, 20, 15], "seed": 1}


def states(sheet, recipe):
    """States of a flat line from 10 mm on at 20 mm height, 0.1 mm a sample."""
    labels, truth = sheet(np.zeros(500))
    (line,) = centre_lines(labels, truth, PAGE, SIZE, hidden(recipe, PALETTE, labels, truth))
    return line.visibility


def test_what_hides_nothing_hides_nothing(sheet):
    labels, truth = sheet(np.zeros(10))
    for recipe in (
        [],
        [{"artifact": "blur", "sigma_px": 2.5}],
        [{"artifact": "noise", "sigma": 28.0, "seed": 1}],
        [{"artifact": "fading", "strength": 0.65, "patches": 0.0, "seed": 1}],
        [{"artifact": "gamma", "exponent": 1.9}],
        [{"artifact": "temperature", "kelvin": 2500.0}],
    ):
        assert not hidden(recipe, PALETTE, labels, truth).any(), recipe


def test_a_pens_stroke_hides_what_is_below_it(sheet):
    mark = {"kind": "underline", "box_mm": [25.0, 10.0, 35.0, 20.0], **PEN}
    seen = states(sheet, [{"artifact": "handwriting", "lines": [], "marks": [mark]}])
    assert set(np.unique(seen)) == {VISIBLE, OCCLUDED}
    covered = np.flatnonzero(seen == OCCLUDED)
    assert covered.min() > 130 and covered.max() < 270  # the mark reaches from 25 to 35 mm
    assert len(covered) > 60


@pytest.mark.parametrize("strength", [0.15, 0.95])
def test_a_stain_hides_where_it_is_opaque(sheet, strength):
    spilt = {"x_mm": 30.0, "y_mm": 20.0, "radius_mm": 6.0, "colour": [0, 0, 0], "rim": 0.0, "seed": 3}
    seen = states(sheet, [{"artifact": "stains", "blots": [{**spilt, "strength": strength}]}])
    assert (seen[200] == OCCLUDED) == (strength > 0.5)
    assert seen[50] == seen[400] == VISIBLE


def test_holes_torn_corners_and_the_desk_show_no_ink(sheet):
    labels, truth = sheet(np.zeros(10))
    recipe = [
        {"artifact": "punch_holes", "centres_mm": [[30.0, 20.0]], "diameter_mm": 6.0, "colour": [90, 90, 90]},
        {
            "artifact": "torn_corners",
            "corners": [{"corner": 2, "width_mm": 20, "height_mm": 20, "seed": 1}],
            "colour": [40] * 3,
        },
        {"artifact": "rotation", "degrees": 5.0},
        {"artifact": "desk", "colour": [120, 120, 120]},
    ]
    from papertrace.scans.compose import compose

    composed = compose(recipe, SIZE, PAGE.matrix[0, 0])
    width, height = composed.size
    mask = hidden(recipe, PALETTE, labels, truth)
    assert mask.shape == (height, width)
    where = np.array([[30.0, 20.0], [99.0, 59.0], [-3.0, 30.0], [30.0, 30.0], [60.0, 20.0], [1.0, 1.0]])
    column, row = np.rint(PAGE.then(composed.matrix).apply(where)).astype(int).T
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    assert (
        mask[row[inside], column[inside]].tolist() == np.array([True, True, True, False, False, False])[inside].tolist()
    )


@pytest.mark.parametrize("threshold", [20, 200])
def test_fax_shows_ink_even_if_its_threshold_lies_below_all_of_it(sheet, threshold):
    seen = states(sheet, [{"artifact": "fax", "dpi": [204.0, 196.0], "threshold": threshold}])
    assert (seen == VISIBLE).all()


def test_fax_loses_strokes_that_have_faded(sheet):
    faded = {"artifact": "fading", "strength": 0.9, "patches": 1.0, "seed": 3}
    assert (states(sheet, [faded]) == VISIBLE).all()
    seen = states(sheet, [faded, {"artifact": "fax", "dpi": [204.0, 196.0], "threshold": 120}])
    assert 0.01 < (seen == OCCLUDED).mean() < 0.2


def test_modal_masks_leave_out_what_is_hidden(sheet):
    labels, truth = sheet(np.zeros(500))
    covered = np.zeros(SIZE[::-1], bool)
    covered[:, 200:240] = True
    (instance,) = lead_instances(labels, truth, PAGE, SIZE, covered)
    (alone,) = lead_instances(labels, truth, PAGE, SIZE)
    assert np.array_equal(instance.amodal, alone.amodal) and np.array_equal(alone.modal, alone.amodal)
    x = instance.corner[0]
    assert not instance.modal[:, 200 - x : 240 - x].any()
    assert np.array_equal(instance.modal[:, 240 - x :], alone.modal[:, 240 - x :])
