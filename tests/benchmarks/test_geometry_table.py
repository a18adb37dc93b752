"""The figures of `make geometry`."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from papertrace.geometry import Displacement, PixelMap
from papertrace.labels import LeadLabel, PageLabels
from papertrace.traces.sheet import Sheet

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
TRUTH = PixelMap.of_page(8.0)
SIZE = (2200, 1700)


@pytest.fixture(scope="module")
def geometry():
    sys.path.insert(0, str(BENCHMARKS))
    try:
        import geometry as module

        yield module
    finally:
        sys.path.remove(str(BENCHMARKS))
        sys.modules.pop("geometry", None)


@pytest.fixture(scope="module")
def labels() -> PageLabels:
    boxes = [(20.0, 20.0, 270.0, 80.0), (20.0, 120.0, 270.0, 180.0)]
    leads = [LeadLabel("II", k, 0, 0.0, 10.0, 20.0, box[1] + 30, 25.0, 10.0, 0.3, box) for k, box in enumerate(boxes)]
    return PageLabels("2x1", "letter", 200, 8.0, 275.0, 212.5, None, leads)


def sheet(pixel_map: PixelMap) -> Sheet:
    return Sheet(pixel_map, 8.0, 8.0, 0.0, 0.0, 9.0)


def test_a_shift_is_no_error(geometry, labels):
    found = geometry.errors(sheet(TRUTH).moved(7, -3), TRUTH, labels, SIZE)
    assert max(abs(value) for value in vars(found).values()) < 1e-9


def test_scale_and_turn(geometry, labels):
    wider = PixelMap(TRUTH.matrix @ np.diag([1 / 1.001, 1 / 0.999, 1]))
    found = geometry.errors(sheet(wider), TRUTH, labels, SIZE)
    assert (found.scale_x, found.scale_y) == pytest.approx((0.001, -0.001), rel=1e-6)
    # 250 mm from end to end: a ramp of 0.25 mm, 10 ms
    assert found.most_ms == pytest.approx(5.0, rel=1e-3)
    assert found.shift_ms == pytest.approx(10 / 12**0.5, rel=0.02)
    angle = np.radians(0.1)
    turn = np.array([[np.cos(angle), np.sin(angle), 0], [-np.sin(angle), np.cos(angle), 0], [0, 0, 1.0]])
    assert geometry.errors(sheet(PixelMap(TRUTH.matrix @ turn)), TRUTH, labels, SIZE).turn_deg == pytest.approx(0.1)


def test_a_local_error_is_local(geometry, labels):
    values = np.zeros((30, 40, 2))
    values[4, 10] = 1.0
    bent = PixelMap(TRUTH.matrix, Displacement((0.0, 0.0), 10.0, values))
    found = geometry.errors(sheet(bent), TRUTH, labels, SIZE)
    assert 0.2 < found.rms_px < 1
    assert abs(found.scale_x) < 1e-3
    assert found.most_ms > 30


def test_the_table_says_how_many_have_no_grid(geometry):
    some = geometry.Errors(0.0002, -0.0001, 0.01, 0.5, 1.5, 0.1, 0.25)
    found = [geometry.Found("kit", "a", "warped", some, True, 9.0, 0.2)]
    found.append(geometry.Found("kit", "b", "warped", None, True, float("nan"), 0.3))
    cells = [cell.strip() for cell in geometry.table(found).splitlines()[2].strip("|").split("|")]
    assert cells[:5] == ["kit", "2", "warped", "0.0200 / 0.0200", "0.0100 / 0.0100"]
    assert cells[-2:] == ["1", "0.25"]
    with_errors, without = geometry.rows(found)
    assert set(with_errors) == set(without)
