"""Calibration pulses in the ink beside rows that do not hold them."""

import cv2
import numpy as np
import pytest

from papertrace.traces.ink import InkMap
from papertrace.traces.layout import Row
from papertrace.traces.pulse_ink import pulses_in_ink

SCALE = 8
START, END = 40.0, 240.0
CENTRES = (50.0, 90.0)


@pytest.fixture(scope="session")
def make_page(flat_row):
    """Draw two flat rows with a 0.35 mm pen; beside each a pulse's corners, mm from the row's start and mm above it."""

    def made(pulse: list[tuple[float, float]] | None, noise: float = 0.0, scale: int = SCALE) -> tuple[InkMap, list]:
        ink = np.zeros((130 * scale, 280 * scale), np.float32)
        for centre in CENTRES:
            curves = [np.array([(START, centre), (END, centre)])]
            if pulse is not None:
                curves.append(np.array([(START + dx, centre - up) for dx, up in pulse]))
            for curve in curves:
                points = np.rint(curve * scale * 16).astype(np.int32)
                cv2.polylines(ink, [points], False, 1.0, max(1, round(0.35 * scale)), cv2.LINE_8, 4)
        ink += np.random.default_rng(0).normal(0, noise, ink.shape).astype(np.float32)
        rows = [flat_row(START, END, centre) for centre in CENTRES]
        return InkMap(ink, scale, None, noise, np.zeros((1, 1), bool)), rows

    return made


def plain(left: float, width: float, height: float) -> list[tuple[float, float]]:
    right = left + width
    return [(left - 2, 0), (left, 0), (left, height), (right, height), (right, 0), (right + 2, 0)]


@pytest.mark.parametrize("scale", [6, 8, 11])
@pytest.mark.parametrize("width", [2.5, 5.0, 10.0])
@pytest.mark.parametrize("height", [2.5, 5.0, 10.0, 20.0])
@pytest.mark.parametrize("side", ["left", "right"])
def test_plain_pulse(make_page, side, height, width, scale):
    left = -3.5 - width if side == "left" else END - START + 3.5
    page, rows = make_page(plain(left, width, height), noise=0.05, scale=scale)
    pulses = pulses_in_ink(page, rows)
    assert [pulse.foot_mm for pulse in pulses] == pytest.approx(CENTRES, abs=0.1)
    for pulse in pulses:
        assert (pulse.height_mm, pulse.last_mm) == (height, None)
        assert (pulse.left_mm, pulse.right_mm) == pytest.approx((START + left, START + left + width), abs=0.4)


@pytest.mark.parametrize(("first", "last"), [(10.0, 5.0), (5.0, 10.0), (20.0, 10.0)])
def test_stepped_pulse(make_page, first, last):
    corners = [(-10.5, 0), (-8.5, 0), (-8.5, first), (-6, first), (-6, last), (-3.5, last), (-3.5, 0), (-1.5, 0)]
    pulses = pulses_in_ink(*make_page(corners))
    assert [(pulse.height_mm, pulse.last_mm) for pulse in pulses] == [(first, last)] * 2


@pytest.mark.parametrize(
    "corners",
    [
        None,
        [(-8.5, 0), (-8.5, 10), (-3.5, 10)],
        [(-8.5, 0), (-3.5, 0), (-3.5, 5), (-8.5, 5), (-8.5, -5), (-3.5, -5), (-3.5, 0)],
        [(-6, 0), (-5, 10), (-4, 0)],
    ],
    ids=["nothing", "two sides of three", "a ladder", "a spike"],
)
def test_no_pulse(make_page, corners):
    assert pulses_in_ink(*make_page(corners)) == []


def test_rows_at_the_edge_of_the_page(make_page):
    page, rows = make_page(None)
    page.ink[: 100 * SCALE, :] = page.ink[30 * SCALE :, :]
    part = InkMap(page.ink[:, round(START * SCALE) :], SCALE, None, 0.0, np.zeros((1, 1), bool))
    at_edge = [Row(row.x_mm - START, row.y_mm, row.doubt_mm, row.inked_mm - START) for row in rows]
    assert pulses_in_ink(part, at_edge) == []
