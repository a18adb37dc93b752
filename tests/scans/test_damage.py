import numpy as np
import pytest

from papertrace.scans.damage import mould, punch_holes, stains, staples, torn_corners

PAPER = np.full((800, 1000, 3), 240, np.uint8)  # 100 x 125 mm at 8 px a mm
BLOT = {
    "x_mm": 60.0,
    "y_mm": 50.0,
    "radius_mm": 20.0,
    "colour": [100, 150, 200],
    "strength": 0.5,
    "rim": 1.0,
    "seed": 4,
}


def test_a_stain_is_coloured_uneven_and_has_a_dark_rim():
    seen = stains(PAPER, 8.0, [BLOT]).astype(float)
    blue, green, red = seen[400, 480]
    assert blue < green < red < 240
    assert 240 * (1 - 0.5 * 155 / 255) - 3 <= blue <= 240 * (1 - 0.5 * 0.75 * 155 / 255) + 3
    assert (seen[:40] == 240).all() and (seen[:, :160] == 240).all()
    area = np.count_nonzero(seen[..., 0] < 230) / 64
    assert area == pytest.approx(np.pi * 20**2, rel=0.25)
    rim = seen[400, 560:720, 0].min()
    assert rim < blue - 10


def test_mould_is_spots_about_its_colonies():
    colony = {"x_mm": 60.0, "y_mm": 50.0, "radius_mm": 8.0, "spots": 300, "colour": [60, 75, 70]}
    seen = mould(PAPER, 8.0, [colony | {"strength": 0.5, "seed": 4}])[..., 0].astype(float)
    rows, columns = np.nonzero(seen < 225)
    assert 0.005 < len(rows) / seen.size < 0.2
    assert rows.mean() / 8 == pytest.approx(50, abs=4) and columns.mean() / 8 == pytest.approx(60, abs=4)
    assert rows.std() / 8 == pytest.approx(8, rel=0.4)
    assert seen.min() >= 240 * (1 - 0.5) - 3


def test_a_hole_shows_the_desk():
    seen = punch_holes(PAPER, 8.0, [[12.0, 30.0], [12.0, 70.0]], 6.0, [10, 20, 30])
    assert tuple(seen[240, 96]) == tuple(seen[560, 96]) == (10, 20, 30)
    area = np.count_nonzero(seen[..., 0] < 120) / 64 / 2
    assert area == pytest.approx(np.pi * 3**2, rel=0.05)
    assert (PAPER == 240).all()


def test_a_staple_is_a_wire_of_its_length():
    wire = {"x_mm": 50.0, "y_mm": 30.0, "degrees": 0.0, "length_mm": 12.0, "width_mm": 0.5}
    rows, columns = np.nonzero((staples(PAPER, 8.0, [wire]) != 240).any(axis=2))
    assert np.ptp(columns) / 8 == pytest.approx(12.75, abs=0.5)
    assert np.ptp(rows) / 8 < 1.5 and rows.mean() / 8 == pytest.approx(30, abs=0.5)


@pytest.mark.parametrize("corner", range(4))
def test_no_more_is_torn_off_than_was_drawn(corner):
    torn = {"corner": corner, "width_mm": 20.0, "height_mm": 30.0, "seed": 1}
    gone = torn_corners(PAPER, 8.0, [torn], [10, 20, 30])[..., 0] < 100
    rows, columns = np.nonzero(gone)
    x = columns / 8 if corner in (0, 3) else (999 - columns) / 8
    y = rows / 8 if corner in (0, 1) else (799 - rows) / 8
    assert (x / 20 + y / 30).max() < 1.02
    assert 0.6 * 300 < gone.sum() / 64 <= 300
