"""The print that tells speed and gain."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from papertrace.pages.text import TYPEFACES, draw_text
from papertrace.traces.ink import InkMap
from papertrace.traces.layout import Row
from papertrace.traces.scale_text import ASSET, SCALE_WORDS, ScaleText, read_scale

SCALE = 8


def make_page(height_mm: float = 120.0, noise: float = 0.0) -> tuple[InkMap, list[Row]]:
    """Two rows with a spike every 20 mm."""
    x = np.arange(15.0, 265.0, 1 / (4 * SCALE))
    rows = []
    ink = np.zeros((int(height_mm * SCALE), 280 * SCALE), np.float32)
    for centre in (40.0, 80.0):
        y = centre - 10 * np.clip(1 - np.abs(x % 20 - 10) / 0.8, 0, None)
        rows.append(Row(x, y, np.zeros(len(x)), np.array([[x[0], x[-1]]])))
        points = np.rint(np.stack([x, y], axis=1) * SCALE * 16).astype(np.int32)
        cv2.polylines(ink, [points], False, 1.0, round(0.4 * SCALE), cv2.LINE_8, 4)
    ink += np.random.default_rng(0).normal(0, noise, ink.shape).astype(np.float32)
    return InkMap(ink, SCALE, None, noise, np.zeros((1, 1), bool)), rows


def read(text: str, size_mm: float = 3.2, baseline_mm: float = 112.0, noise: float = 0.0, **face) -> ScaleText:
    page, rows = make_page(noise=noise)
    draw_text(page.ink, text, 20 * SCALE, baseline_mm * SCALE, size_mm * SCALE, **face)
    return read_scale(page, rows)


@pytest.mark.parametrize("face", TYPEFACES)
@pytest.mark.parametrize("speed", ["12.5", "25", "50"])
@pytest.mark.parametrize("gain", ["5", "10", "20"])
def test_the_usual_line(speed, gain, face):
    found = read(f"{speed} mm/s    {gain} mm/mV", face=face, noise=0.03)
    assert found == ScaleText(float(speed), float(gain), None)


@pytest.mark.parametrize("weight", [300, 700])
@pytest.mark.parametrize(
    ("text", "scale"),
    [
        ("50 mm/s    10/5 mm/mV", ScaleText(50, 10, 5)),
        ("25 mm/s    20/10 mm/mV", ScaleText(25, 20, 10)),
        ("25mm/s 10mm/mV 0.05-150Hz", ScaleText(25, 10, None)),
        (
            "CardioPrint 3  v2.11   Speed: 25 mm/sec   Limb: 10 mm/mV   Chest: 5 mm/mV   Filter 0.05-40 Hz   AC 50 Hz",
            ScaleText(25, 10, 5),
        ),
        ("Filter 0.05-40 Hz    25 mm/s", ScaleText(25, None, None)),
    ],
)
def test_other_wordings(text, scale, weight):
    assert read(text, weight=weight) == scale


@pytest.mark.parametrize("text", ["ID 251050   25 years   10 kg", "25 cm  10 V  50 s", "2025-10-20  12:50", ""])
def test_other_print_tells_nothing(text):
    assert read(text) == ScaleText()


def test_the_line_may_stand_above_the_rows():
    assert read("50 mm/s    5 mm/mV", baseline_mm=18.0) == ScaleText(50, 5, None)


def test_asset_holds_the_vocabulary():
    assert ASSET.stat().st_size < 500_000
    with np.load(ASSET) as asset:
        assert set(asset["word"].tolist()) == set(range(len(SCALE_WORDS.printed)))


def test_rows_at_the_image_s_very_edges_leave_no_room_for_print():
    page, rows = make_page()
    for up in (-36.0, 36.0):
        moved = [replace(row, y_mm=row.y_mm + up) for row in rows]
        assert read_scale(page, moved) == ScaleText(None, None, None)
