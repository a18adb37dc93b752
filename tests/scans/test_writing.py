import numpy as np
import pytest

from papertrace.geometry import PixelMap
from papertrace.scans.draws import words_of_cardiology
from papertrace.scans.writing import alphabet, handwriting, stamps

PAPER = np.full((800, 1000, 3), 240, np.uint8)
LINE = {"text": "Sinus 72 / min", "x_mm": 10.0, "baseline_mm": 40.0, "size_mm": 3.0, "degrees": 5.0, "slant": 0.2}
PEN = {"width_mm": 0.5, "colour": [140, 50, 25], "seed": 5}
STAMP = {"text": "COPY", "x_mm": 60.0, "y_mm": 50.0, "size_mm": 5.0, "degrees": 20.0, "colour": [150, 60, 40]}


def test_writing_lies_in_its_box_and_has_its_colour():
    image, labels = handwriting(PAPER, 8.0, [{**LINE, **PEN, "underlined": True}], [])
    assert [(label.text, label.kind) for label in labels] == [("Sinus 72 / min", "handwritten")]
    rows, columns = np.nonzero((image != 240).any(axis=2))
    (x0, y0), (x1, y1) = PixelMap.of_page(8.0).apply(np.reshape(labels[0].box_mm, (2, 2)))
    np.testing.assert_allclose([columns.min(), rows.min(), columns.max(), rows.max()], [x0, y0, x1, y1], atol=3)
    darkest = image.reshape(-1, 3)[image.sum(axis=2).argmin()]
    np.testing.assert_allclose(darkest, np.array([140, 50, 25]) * 240 / 255, atol=2)
    assert (PAPER == 240).all()


def test_every_word_can_be_written():
    for word in [*words_of_cardiology(), "72 / min"]:
        assert set(word.capitalize()) | set(word) <= alphabet()


def test_ink_hides_no_trace():
    page = PAPER.copy()
    page[300:304] = 20
    image, _ = handwriting(page, 8.0, [{**LINE, **PEN, "underlined": True}], [])
    assert (image <= page).all()


@pytest.mark.parametrize("kind", ["circle", "underline", "caliper"])
def test_marks_stay_about_their_box(kind):
    mark = {"kind": kind, "box_mm": [30.0, 40.0, 60.0, 50.0], **PEN}
    rows, columns = np.nonzero((handwriting(PAPER, 8.0, [], [mark])[0] != 240).any(axis=2))
    assert columns.min() / 8 == pytest.approx(30, abs=3) and columns.max() / 8 == pytest.approx(60, abs=3)
    assert rows.min() / 8 > 36 and rows.max() / 8 < 54
    assert np.ptp(rows) / 8 > 8 or kind == "underline"


def test_an_unknown_mark_is_told():
    with pytest.raises(ValueError, match="arrow"):
        handwriting(PAPER, 8.0, [], [{"kind": "arrow", "box_mm": [1, 1, 9, 9], **PEN}])


@pytest.mark.parametrize("round_frame", [True, False])
def test_a_stamp_lies_in_its_box(round_frame):
    image, labels = stamps(PAPER, 8.0, [{**STAMP, "round": round_frame, "strength": 0.8, "seed": 1}])
    assert [(label.text, label.kind) for label in labels] == [("COPY", "stamp")]
    rows, columns = np.nonzero((image < 230).any(axis=2))
    x0, y0, x1, y1 = np.multiply(labels[0].box_mm, 8)
    assert x0 <= columns.min() and columns.max() <= x1 and y0 <= rows.min() and rows.max() <= y1
    assert columns.mean() / 8 == pytest.approx(60, abs=2) and rows.mean() / 8 == pytest.approx(50, abs=2)
    assert (image <= PAPER).all() and image[..., 0].min() > image[..., 1].min()  # blue ink


def test_a_stamp_beside_the_sheet_prints_nothing():
    image, labels = stamps(PAPER, 8.0, [{**STAMP, "x_mm": 300.0, "round": False, "strength": 0.8, "seed": 1}])
    assert labels == [] and np.array_equal(image, PAPER)
