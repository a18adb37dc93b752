"""Text boxes of the baseline: print is found and painted over, the trace stays."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from papertrace.traces.dncnn.text import find_text, paint_over

PITCH = 8.0


@pytest.fixture
def page():
    """A pale grid, a sine and two words."""
    image = np.full((800, 1200, 3), 245, np.uint8)
    image[::40] = image[:, ::40] = (150, 170, 235)
    x = np.arange(100, 1100)
    line = np.stack([x, 500 + 60 * np.sin(x / 30)], axis=1)
    cv2.polylines(image, [np.rint(line).astype(np.int32)], False, (20, 20, 20), 3, cv2.LINE_AA)
    cv2.putText(image, "lead aVF", (150, 200), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (20, 20, 20), 2, cv2.LINE_AA)
    cv2.putText(image, "1998", (800, 700), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (20, 20, 20), 2, cv2.LINE_AA)
    return image


def dark(image):
    return image.max(axis=2) < 110


def test_words_are_found_and_the_trace_is_not(page):
    boxes, other = find_text(page, PITCH)
    for x0, y0, x1, y1 in boxes:
        assert y1 < 210 or y0 > 670
        assert not other[int(y0) : int(y1), int(x0) : int(x1)].any()
    covered = np.zeros(page.shape[:2], bool)
    for x0, y0, x1, y1 in boxes:
        covered[int(y0) : int(y1), int(x0) : int(x1)] = True
    words = dark(page)
    words[400:600] = False
    assert covered[words].mean() > 0.97
    assert other[400:600][dark(page)[400:600]].mean() > 0.9


def test_what_is_painted_over_looks_like_paper(page):
    boxes, other = find_text(page, PITCH)
    painted = paint_over(page, boxes, other, PITCH)
    assert painted.shape == page.shape and painted.dtype == np.uint8
    rest = dark(painted)
    assert rest[:400].sum() + rest[600:].sum() < 0.03 * (dark(page)[:400].sum() + dark(page)[600:].sum())
    assert np.array_equal(painted[400:600], page[400:600])


def test_a_trace_through_a_box_stays(page):
    _, other = find_text(page, PITCH)
    painted = paint_over(page, [(300.0, 430.0, 500.0, 570.0)], other, PITCH)
    part = np.s_[430:570, 300:500]
    assert dark(painted)[part].sum() > 0.95 * dark(page)[part].sum()
    # the grid is not ink and goes
    assert np.abs(painted[part].astype(int) - page[part]).max() > 40


def test_one_letter_alone_is_no_text(page):
    page[100:300] = page[650:] = 245
    cv2.putText(page, "I", (150, 200), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (20, 20, 20), 2, cv2.LINE_AA)
    boxes, other = find_text(page, PITCH)
    assert boxes == []
    assert paint_over(page, boxes, other, PITCH) is page


def test_blank_paper_has_no_text():
    boxes, other = find_text(np.full((300, 400, 3), 240, np.uint8), PITCH)
    assert boxes == [] and not other.any()
