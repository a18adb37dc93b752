"""From a cleaned page to rows: darkest pixels and connected components."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from papertrace.traces.dncnn.trace import find_curves

PITCH = 8.0
SHAPE = (800, 2000)


def draw(*lines, width=3, shape=SHAPE):
    darkness = np.zeros(shape, np.uint8)
    for x, y in lines:
        points = np.rint(np.stack([x, y], axis=1) * 16).astype(np.int32)
        cv2.polylines(darkness, [points], False, 255, width, cv2.LINE_AA, 4)
    return darkness.astype(np.float32) / 255


def wave(middle, first=100, last=1900, height=30.0):
    x = np.arange(first, last + 1, dtype=float)
    return x, middle + height * np.sin(x / 40)


def test_two_rows_from_the_top():
    lower, upper = wave(600), wave(200)
    curves = find_curves(draw(lower, upper), PITCH)
    assert len(curves) == 2
    for curve, (x, y) in zip(curves, (upper, lower), strict=True):
        expected = np.interp(curve.x_px, x, y)
        # but for the pen's round ends
        assert np.abs(curve.y_px - expected)[4:-4].max() < 1.01
        assert curve.first == pytest.approx(x[0], abs=3)
        assert curve.x_px[-1] == pytest.approx(x[-1], abs=3)
        assert 3 <= curve.thick_px <= 6  # on a slope a column cuts the stroke at a slant


def test_a_steep_limb_is_read_at_its_middle():
    x = np.array([100.0, 1000.0, 1000.0, 1900.0])
    y = np.array([600.0, 600.0, 300.0, 300.0])
    (curve,) = find_curves(draw((x, y)), PITCH)
    assert curve.y_px[1000 - curve.first] == pytest.approx(450, abs=2)


def test_pieces_of_a_row_are_joined_and_the_gap_stays_open():
    (x, y), cut = wave(400), slice(900, 960)
    darkness = draw((x, y))
    darkness[:, cut] = 0
    (curve,) = find_curves(darkness, PITCH)
    missing = np.isnan(curve.y_px)
    assert missing.sum() == 60
    assert np.flatnonzero(missing)[0] + curve.first == 900


def test_specks_and_short_strokes_make_no_row():
    darkness = draw(wave(400), (np.array([50.0, 120.0]), np.array([700.0, 700.0])))
    darkness[100:104, 500:504] = 1
    assert len(find_curves(darkness, PITCH)) == 1


def test_the_darkest_pixel_wins_over_its_own_fringe():
    darkness = np.zeros((100, 600), np.float32)
    darkness[48:53] = np.array([0.6, 0.7, 0.8, 0.95, 0.6])[:, None]
    (curve,) = find_curves(darkness, 4.0)
    assert np.all(curve.y_px == 51)


def test_pale_strokes_are_strokes_and_their_noise_is_none():
    darkness = 0.5 * draw(wave(400)) + np.random.default_rng(0).normal(0, 0.03, SHAPE).astype(np.float32)
    (curve,) = find_curves(darkness, PITCH)
    assert len(curve.y_px) > 1790 and np.isfinite(curve.y_px).mean() > 0.99


def test_a_blank_page_has_no_rows():
    assert find_curves(np.zeros((200, 300), np.float32), PITCH) == []
    assert find_curves(np.ones((200, 300), np.float32), PITCH)[0].thick_px == 200
