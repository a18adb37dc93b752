"""What a page costs: an image in a fresh process, and the table."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from digitizer_sets import SETS
from digitizer_speed import BARS_S, CASES, Costs, in_a_fresh_process, measure, table


def test_a_page_is_timed_in_a_process_of_its_own():
    blank = cv2.imencode(".png", np.full((400, 600, 3), 255, np.uint8))[1].tobytes()
    costs = in_a_fresh_process(measure, "classical", "clean", [blank, blank])
    assert len(costs.cpu_s) == len(costs.wall_s) == 2
    assert costs.first_cpu_s > max(costs.cpu_s)  # its imports
    assert 30 < costs.peak_mb < 1500


def test_bars_are_for_the_median_page_and_the_peak():
    slow = Costs("slow", "12-lead", [0.5, 1.25, 3.0], [1.0, 2.0, 4.0], 5.0, 1600.0)
    [line] = table([slow]).splitlines()[2:]
    assert line == (
        "| 12 leads, kit | slow | 3 | 1.25 | 2.65 | 2.00 | 5.00 | 1600 | ≤ 1 s: missed; ≤ 1500 MB: missed |"
    )
    quick = Costs("quick", "kit", [0.5], [0.5], 1.0, 1500.0)
    assert "≤ 0.5 s: met; ≤ 1500 MB: met" in table([quick])


@pytest.mark.parametrize("case", CASES)
def test_every_case_is_a_set_with_a_bar(case):
    assert case in SETS and case in BARS_S
