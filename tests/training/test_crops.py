"""What the networks learn from: the curve they are told of lies on the ink that they are shown."""

import numpy as np
import pytest

from papertrace.config import validate_config
from papertrace.geometry import PixelMap
from papertrace.pages.config import PagesConfig
from papertrace.pages.render import render_page
from papertrace.records.reader import Signal
from papertrace.seeds import generator
from papertrace.training.crops import CROP, KINDS, VIEW, crops_of_page, views_of_page
from papertrace.training.samples import HIGHEST, LOWEST, to_bytes, write_round


@pytest.fixture(scope="module")
def page():
    t = np.arange(5000) / 500.0
    samples = np.stack([0.8 * np.sin(2 * np.pi * 1.3 * t), 0.5 * np.sin(2 * np.pi * 2.1 * t + 1)], axis=1)
    signal = Signal(samples=samples, rate_hz=500.0, leads=["MLII", "V5"])
    config = PagesConfig(pulse_probability=1.0, stroke_mm=(0.4, 0.4), black_and_white_probability=1.0)
    return render_page(signal, "2x1", config, generator(1))


def test_told_heights_lie_on_ink(page):
    crops = list(
        crops_of_page(page.image, PixelMap.of_page(page.labels.px_per_mm), page.labels, page.truth, generator(2), 20)
    )
    assert len(crops) > 10
    seen = []
    for crop in crops:
        assert crop.strip.shape == (4, *CROP)
        assert crop.height.shape == crop.present.shape == (2 * CROP[1],)
        known = np.flatnonzero(np.isfinite(crop.height))
        rows = np.rint(crop.height[known] + (CROP[0] - 1) / 2).astype(int)
        seen.append(crop.strip[1, rows, known // 2])
        assert (crop.present[known] == 1).all()
    ink = np.concatenate(seen)
    assert len(ink) > 2000
    assert (ink > 0.4).mean() > 0.99


def test_beside_the_row_nothing_is_told(page):
    pixel_map = PixelMap.of_page(page.labels.px_per_mm)
    crops = list(crops_of_page(page.image, pixel_map, page.labels, page.truth, generator(2), 40))
    absent = np.concatenate([crop.present == 0 for crop in crops])
    heights = np.concatenate([crop.height for crop in crops])
    assert 0.02 < absent.mean() < 0.5
    assert np.isnan(heights[absent]).all()


def test_masks_of_a_view_lie_on_what_they_name(page):
    pixel_map = PixelMap.of_page(page.labels.px_per_mm)
    for view, masks in views_of_page(page.image, pixel_map, page.labels, page.truth, generator(5), 4):
        assert view.shape == (3, *VIEW)
        assert masks.shape == (len(KINDS), VIEW[0] // 2, VIEW[1] // 2)
        dark = view[1].reshape(VIEW[0] // 2, 2, VIEW[1] // 2, 2).max(axis=(1, 3))
        for kind, least in ((0, 0.95), (1, 0.9)):
            if masks[kind].any():
                assert (dark[masks[kind] > 0] > 0.25).mean() > least


def test_bytes_hold_the_values_to_half_a_step():
    values = np.linspace(LOWEST, HIGHEST, 1001, dtype=np.float32)
    back = to_bytes(values) * ((HIGHEST - LOWEST) / 255) + LOWEST
    assert np.abs(back - values).max() <= 0.51 * (HIGHEST - LOWEST) / 255


def test_a_round_is_the_same_each_time_and_differs_from_the_next(tmp_path):
    config = validate_config(
        {
            "training": {
                "strips_per_page": 2,
                "views_per_page": 1,
                "sources": [{"pages_per_round": 2, "config": {"records": {"simulation": {"two_lead": 4}}}}],
            }
        }
    )
    for number, name in ((0, "a"), (0, "b"), (1, "c")):
        write_round(config.training, config.seed, number, "train", tmp_path / name)
    first, again, other = (np.load(tmp_path / name / "strips.npy") for name in "abc")
    assert np.array_equal(first, again)
    assert first.shape != other.shape or not np.array_equal(first, other)
    assert np.load(tmp_path / "a" / "masks.npy").max() == 1
