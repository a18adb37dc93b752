"""Where labels lie in the image: made-up pages whose answers are known, and random maps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from papertrace.exports.dataset import Item, read_items
from papertrace.exports.dense import (
    CLIPPED,
    GAP,
    OFF_IMAGE,
    VISIBLE,
    centre_lines,
    grid_intersections,
    page_corners,
    pulse_boxes,
    text_boxes,
)
from papertrace.exports.instances import gridless_twin, label_image, lead_instances
from papertrace.geometry import PixelMap

SIZE = (800, 480)
PAGE = PixelMap.of_page(8.0)


def shifted(x: float, y: float) -> PixelMap:
    return PAGE.then(np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]]))


def test_every_sample_says_what_became_of_it(sheet):
    samples = np.zeros(500)
    samples[100:110], samples[200] = np.nan, 5.0
    labels, truth = sheet(samples)
    line = centre_lines(labels, truth, shifted(-100, 0), SIZE)[0]
    # 10 mm + k * 0.1 mm at 8 px/mm, from the paper's edge at -0.5 and 100 px further left.
    np.testing.assert_allclose(line.points_px[:3, 0], [79.5 - 100, 80.3 - 100, 81.1 - 100])
    assert line.points_px[0, 1] == 20 * 8 - 0.5
    expected = np.full(500, VISIBLE)
    expected[:25] = OFF_IMAGE  # up to 99.5 px of the page
    expected[100:110], expected[200] = GAP, CLIPPED  # 5 mV are 50 mm, the paper's edge is 20 mm above
    np.testing.assert_array_equal(line.visibility, expected)
    assert np.isnan(line.points_px[100:110]).all()
    assert np.isfinite(np.delete(line.points_px, slice(100, 110), axis=0)).all()


def test_boxes_are_cut_at_the_images_edge(sheet):
    labels, _ = sheet(np.zeros(10))
    box = text_boxes(labels, [], shifted(-120, 0), SIZE)[0]
    assert (box.text, box.kind) == ("aVR", "lead-name")
    np.testing.assert_allclose(box.box_px, (-0.5, 39.5, 39.5, 71.5))
    assert box.share == pytest.approx(0.5, abs=1e-4)
    assert [b.text for b in text_boxes(labels, [], shifted(-200, 0), SIZE)] == ["x"]
    (pulse,) = pulse_boxes(labels, PAGE, SIZE)
    np.testing.assert_allclose(pulse.box_px, (15.5, 79.5, 55.5, 159.5))
    assert (pulse.share, len(pulse_boxes(labels, shifted(-60, 0), SIZE))) == (pytest.approx(1), 0)


def test_texts_that_the_scan_added_are_there_too(sheet):
    labels, _ = sheet(np.zeros(10))
    added = [type(labels.texts[0])("stamp", "printed", (30.0, 30.0, 40.0, 33.0))]
    assert [b.text for b in text_boxes(labels, added, PAGE, SIZE)] == ["aVR", "x", "stamp"]


def test_grid_intersections_and_corners(sheet):
    labels, _ = sheet(np.zeros(10))
    mm, px = grid_intersections(labels, PAGE, SIZE)
    assert len(mm) == 21 * 13
    np.testing.assert_allclose(px, mm * 8 - 0.5)
    mm, _ = grid_intersections(labels, shifted(-400, 0), SIZE, pitch_mm=1)
    assert (len(mm), mm[:, 0].min(), mm[:, 0].max()) == (51 * 61, 50, 100)
    corners, seen = page_corners(labels, shifted(-400, 0), SIZE)
    np.testing.assert_allclose(corners[2], [399.5, 479.5])
    assert seen.tolist() == [False, True, True, False]
    bare = type(labels)(**{**vars(labels), "grid_box_mm": None})
    assert [len(points) for points in grid_intersections(bare, PAGE, SIZE)] == [0, 0]


def test_a_flat_stroke_has_its_width(sheet):
    labels, truth = sheet(np.zeros(501))
    (instance,) = lead_instances(labels, truth, PAGE, SIZE)
    # 50 mm long, 0.3 mm = 2.4 px wide about 159.5: rows 158.3 … 160.7 hold two whole pixel rows and two by a fifth.
    assert instance.amodal.any(axis=1).sum() == 2
    assert instance.amodal.sum() == pytest.approx(2 * 400, abs=6)
    np.testing.assert_allclose(instance.box_px, (79.5, 158.5, 479.5, 160.5), atol=2)


def test_a_lead_drawn_later_covers_an_earlier_one(sheet):
    rising = np.linspace(0, -1.0, 501)  # 10 mm down, across the lead that lies 5 mm below
    labels, truth = sheet(rising, np.zeros(501), row_mm=5.0)
    first, second = lead_instances(labels, truth, PAGE, SIZE)
    assert np.array_equal(second.modal, second.amodal)
    assert not (first.modal & ~first.amodal).any()
    lost = first.amodal & ~first.modal
    assert 5 <= lost.sum() <= 60
    image = label_image([first, second], SIZE)
    assert (image == 1).sum() == first.modal.sum()
    assert (image == 2).sum() == second.amodal.sum()
    x, y = first.corner
    assert set(image[y : y + lost.shape[0], x : x + lost.shape[1]][lost]) == {2}


def test_nothing_is_drawn_beyond_the_paper_or_in_a_gap(sheet):
    samples = np.zeros(501)
    samples[200:300], samples[400:420] = np.nan, 9.0
    labels, truth = sheet(samples)
    (instance,) = lead_instances(labels, truth, shifted(0, 100), (800, 700))
    image = label_image([instance], (800, 700))
    assert not image[:98].any()
    assert not image[:, 242:317].any()
    assert image[100:150, 395:425].any()


def test_the_twin_of_a_clean_page_is_the_one_that_pages_draw():
    from papertrace.pages.config import PagesConfig
    from papertrace.pages.recipe import draw_recipe
    from papertrace.pages.render import render
    from papertrace.records.reader import Signal

    t = np.arange(2500) / 250
    samples = np.stack([np.sin(7 * t), 2.5 * np.sin(30 * t)], axis=1)
    samples[700:800, 0] = np.nan
    recipe = draw_recipe("2x1", PagesConfig(), np.random.default_rng(3), 100, 25, 10)
    page = render(Signal(samples, 250.0, ["A", "B"]), recipe, twin=True)
    size = page.image.shape[1::-1]
    twin = gridless_twin(page.labels, page.truth, PixelMap.of_page(page.labels.px_per_mm), size)
    assert (page.twin < 128).sum() > 2000
    assert np.abs(twin.astype(int) - page.twin).max() <= 2


def test_a_stroke_out_of_sight_is_no_instance(sheet):
    labels, truth = sheet(np.zeros(50), np.full(50, np.nan))
    assert lead_instances(labels, truth, shifted(0, -400), SIZE) == [None, None]


@settings(max_examples=25, deadline=None)
@given(st.floats(-8, 8), st.floats(-1e-4, 1e-4), st.floats(-1e-4, 1e-4), st.floats(0.6, 1.6), st.floats(-80, 80))
def test_masks_and_boxes_follow_any_warp(degrees, px, py, zoom, shift):
    c, s = zoom * np.cos(np.radians(degrees)), zoom * np.sin(np.radians(degrees))
    warp = PAGE.then(np.array([[c, -s, shift], [s, c, -shift], [px, py, 1.0]]))
    labels, truth = _two_rows()
    lines = centre_lines(labels, truth, warp, SIZE)
    boxes = text_boxes(labels, [], warp, SIZE)
    for line, instance in zip(lines, lead_instances(labels, truth, warp, SIZE), strict=True):
        seen = line.points_px[line.visibility == VISIBLE]
        if len(seen) == 0:
            continue
        x, y = instance.corner
        mask = np.pad(instance.amodal, 1)
        at = np.rint(seen).astype(int) - (x, y) + 1
        near = np.zeros(len(at), bool)
        for dx in (-1, 0, 1):
            for dy in (-1, 0, 1):
                column = np.clip(at[:, 0] + dx, 0, mask.shape[1] - 1)
                near |= mask[np.clip(at[:, 1] + dy, 0, mask.shape[0] - 1), column]
        assert near.mean() >= 0.99
        x0, y0, x1, y1 = instance.box_px
        assert (seen >= (x0 - 1, y0 - 1)).all()
        assert (seen <= (x1 + 1, y1 + 1)).all()
    for box in boxes:
        text = next(t for t in labels.texts if t.text == box.text)
        middle = warp.apply(np.array([[np.mean(text.box_mm[::2]), np.mean(text.box_mm[1::2])]]))[0]
        if box.share > 0.999:
            assert box.box_px[0] < middle[0] < box.box_px[2]
            assert box.box_px[1] < middle[1] < box.box_px[3]


def _two_rows():
    from papertrace.labels import LeadLabel, PageLabels, TextLabel
    from papertrace.pages.render import Stretch

    t = np.arange(750) / 250
    waves = [np.sin(2 * np.pi * 1.3 * t), 0.4 * np.sin(2 * np.pi * 7 * t)]
    truth = [Stretch(f"L{k}", k, 0, 0.0, 250.0, "mV", 0, 0.0, w.astype(np.float32)) for k, w in enumerate(waves)]
    leads = [
        LeadLabel(f"L{k}", k, 0, 0.0, 3.0, 10.0, 20.0 + 15 * k, 25.0, 10.0, 0.3, (10, 8, 85, 50)) for k in range(2)
    ]
    texts = [TextLabel("aVR", "lead-name", (10.0, 5.0, 20.0, 9.0))]
    return PageLabels("2x1", "letter", 200.0, 8.0, 100.0, 60.0, (0, 0, 100, 60), leads, texts), truth


@pytest.mark.parametrize("kind", ["pages", "scans"])
def test_masks_lie_on_the_ink_of_real_images(dataset, kind):
    """Under its mask an image is darker than around it, and every image of the dataset is read."""
    import cv2

    items = list(read_items(dataset[1], kind))
    assert len(items) == 3
    for item in items:
        assert isinstance(item, Item)
        grey = cv2.imdecode(np.frombuffer(item.data, np.uint8), cv2.IMREAD_GRAYSCALE).astype(float)
        assert grey.shape == item.size[::-1]
        mask = label_image(lead_instances(item.labels, item.truth, item.map, item.size), item.size) > 0
        off = np.roll(mask, (9, 0), axis=(0, 1)) & ~cv2.dilate(mask.astype(np.uint8), np.ones((5, 5))).astype(bool)
        assert grey[mask].mean() < grey[off].mean() - 60
