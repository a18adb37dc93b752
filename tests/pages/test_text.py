import numpy as np
import pytest

from papertrace.pages.text import FACES, draw_text


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("text", ["aVR", "25 mm/s    10 mm/mV", "Ágy"])
def test_the_box_is_the_ink(face, text):
    coverage = np.zeros((120, 600), np.float32)
    x0, y0, x1, y1 = draw_text(coverage, text, 40.4, 60.2, 24.0, face)
    rows, columns = np.flatnonzero(coverage.max(axis=1) > 0.02), np.flatnonzero(coverage.max(axis=0) > 0.02)
    assert (x0, x1) == (columns[0] - 0.5, columns[-1] + 0.5)
    assert (y0, y1) == (rows[0] - 0.5, rows[-1] + 0.5)
    assert x1 - x0 > 20 and 10 < y1 - y0 < 40


def test_text_beyond_the_edge_is_cut_or_absent():
    coverage = np.zeros((60, 100), np.float32)
    assert draw_text(coverage, "II", 500, 30, 20) is None
    assert draw_text(coverage, " ", 10, 30, 20) is None
    assert coverage.max() == 0
    box = draw_text(coverage, "a long line of text", 50, 30, 20)
    assert box[2] == 99.5
