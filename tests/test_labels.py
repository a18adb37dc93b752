"""What is drawn where, in millimetres."""

from __future__ import annotations

import dataclasses
import json

import numpy as np

from papertrace.labels import LeadLabel, PageLabels, PulseLabel, TextLabel

LEAD = LeadLabel(
    lead="II",
    row=1,
    column=0,
    start_s=2.5,
    duration_s=2.5,
    x0_mm=20.0,
    y0_mm=100.0,
    speed_mm_s=25.0,
    gain_mm_mv=10.0,
    stroke_mm=0.3,
    box_mm=(20.0, 80.0, 82.5, 120.0),
)
PAGE = PageLabels(
    layout="2x1",
    paper="letter",
    dpi=200.0,
    px_per_mm=7.874,
    width_mm=279.4,
    height_mm=215.9,
    grid_box_mm=None,
    leads=[LEAD, dataclasses.replace(LEAD, lead="V1", name_box_mm=(1.0, 2.0, 3.0, 4.0))],
    texts=[TextLabel("25 mm/s", "scale", (1.0, 2.0, 3.0, 4.0))],
    pulses=[PulseLabel((5.0, 90.0, 10.0, 100.0), 1.0, 0.2, 1)],
)


def test_a_millivolt_is_10_mm_up_and_a_second_25_mm_to_the_right():
    line = LEAD.centre_line_mm(np.array([0.0, 1.0, -0.5]), rate_hz=2.0)
    np.testing.assert_allclose(line, [[20.0, 100.0], [32.5, 90.0], [45.0, 105.0]])


def test_json_reads_back_the_same():
    assert PageLabels.from_json(PAGE.to_json()) == PAGE


def test_json_is_one_line_with_numbers_to_a_nanometre():
    odd = dataclasses.replace(PAGE, width_mm=0.1 + 0.2, grid_box_mm=(1 / 3, 0.0, 1.0, 1.0))
    text = odd.to_json()
    assert "\n" not in text
    assert json.loads(text)["width_mm"] == 0.3
    assert PageLabels.from_json(text).grid_box_mm == (0.333333, 0.0, 1.0, 1.0)
