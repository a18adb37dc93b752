"""The benchmark of delineators: windows that hold every mark once, and figures that follow from known errors."""

import numpy as np
import pytest
from experts import Compared, table, windows

from papertrace.scores.fiducials import Beats
from papertrace.tables import FIDUCIALS


@pytest.mark.parametrize("peaks_s", [np.arange(0.3, 35, 0.83), np.array([890.0, 899.7]), np.array([5.0])])
def test_every_marked_beat_is_in_one_window_that_shows_it(peaks_s):
    seen = []
    for start, inner in windows(Beats(peaks_s), 900.0):
        assert 0 <= start <= 890
        assert (inner.r_peak_s >= start).all()
        assert (inner.r_peak_s <= start + 10).all()
        seen += list(inner.r_peak_s)
    np.testing.assert_array_equal(seen, peaks_s)


def compared():
    """Three beats of two records, two leads: T end 10 and -20 ms off, in the first lead once not found."""
    errors = np.full((2, 3, len(FIDUCIALS)), np.nan)
    errors[0, :, -1], errors[1, :, -1] = [10, 10, np.nan], [-20, -20, -20]
    marked = np.zeros((3, len(FIDUCIALS)), bool)
    marked[:, -1] = True
    return Compared(errors, marked, np.array(["a", "a", "b"]), 4.0)


def test_best_lead_is_the_nearer_one_and_each_counts_all():
    text = table({"ours": compared()}, best=True)
    best, each = [line.split("|") for line in text.splitlines() if "T end" in line]
    assert [cell.strip() for cell in best[2:6]] == ["best", "T end", "3", "100.0 %"]
    assert best[6].split()[0] == "+0.0"
    assert best[9].strip() == "13.3"
    assert [cell.strip() for cell in each[2:6]] == ["each", "T end", "6", "83.3 %"]
    assert each[6].split()[0] == "-8.0"
    assert "30.6" in best[10]
    assert "-1.6 ± 18.1" in best[11]
    assert "ours 4.0 ms" in text
    assert "best" not in table({"ours": compared()}, best=False)


def test_points_that_no_one_marked_have_no_row():
    assert "QRS" not in table({"ours": compared()}, best=True)
