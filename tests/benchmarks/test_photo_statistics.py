"""The figures of generated and real photos: each measured on images of which it is known."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import cv2
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
PX_PER_MM = 5.0


@pytest.fixture(scope="module")
def benchmark():
    """The script, as a module."""
    spec = importlib.util.spec_from_file_location("photo_statistics", ROOT / "benchmarks/photo_statistics.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def page(blur: float = 0.0, noise: float = 0.0, ink: int = 40, line: tuple[int, int, int] = (170, 170, 230), fall=0.0):
    """Return a sheet of 200 x 120 mm with a wavy trace, grid lines of 0.4 and 0.2 mm, and light that falls off."""
    height, width = round(120 * PX_PER_MM), round(200 * PX_PER_MM)
    fine = 4
    image = np.full((height * fine, width * fine, 3), (225, 230, 235), np.uint8)
    step = PX_PER_MM * fine
    for every, wide, colour in ((1, 0.2, (200, 205, 235)), (5, 0.4, line)):
        for axis, length in ((0, height), (1, width)):
            for k in range(0, round(length / PX_PER_MM), every):
                at = np.s_[round(k * step) : round((k + wide) * step)]
                image[(at, slice(None)) if axis == 0 else (slice(None), at)] = colour
    x = np.arange(width * fine)
    for middle in (20, 45, 70, 95):
        points = np.stack([x, (middle + 3 * np.sin(x / step / 6)) * step], axis=1)
        cv2.polylines(image, [np.rint(points).astype(np.int32)], False, (ink, ink, ink), round(0.5 * step))
    image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    if blur:
        image = cv2.GaussianBlur(image, (0, 0), blur)
    image *= np.linspace(1, 1 - fall, width, dtype=np.float32)[None, :, None]
    image += np.random.default_rng(1).normal(0, noise, (height, width, 1)) if noise else 0
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def test_scale_contrast_and_colour_are_those_of_the_page(benchmark):
    found = benchmark.statistics(page())
    assert found["px_per_mm"] == pytest.approx(PX_PER_MM, rel=0.002)
    assert found["rotation_deg"] < 0.05 and found["scale_ratio"] < 1.01
    assert found["ink_contrast"] == pytest.approx(1 - 40 / 231, abs=0.03)
    assert found["stroke_mm"] == pytest.approx(0.5, abs=0.2)
    lab = cv2.cvtColor(np.float32([[[225, 230, 235], [170, 170, 230]]]) / 255, cv2.COLOR_BGR2LAB)[0]
    np.testing.assert_allclose([found["paper_l"], found["paper_a"], found["paper_b"]], lab[0], atol=2)
    assert found["line_chroma"] == pytest.approx(np.hypot(*(lab[1] - lab[0])[1:]), rel=0.4)


def test_blur_widens_edges_and_takes_detail(benchmark):
    sharp, soft = benchmark.statistics(page()), benchmark.statistics(page(blur=1.5))
    assert soft["edge_px"] > 1.5 * sharp["edge_px"]
    assert soft["detail"] < 0.6 * sharp["detail"]
    assert soft["edge_mm"] == pytest.approx(soft["edge_px"] / PX_PER_MM, rel=0.01)


def test_noise_is_its_standard_deviation(benchmark):
    quiet = benchmark.statistics(page(blur=2.0))["noise"]
    assert quiet < 0.6
    for sigma in (4, 8):
        assert benchmark.statistics(page(blur=2.0, noise=sigma))["noise"] == pytest.approx(sigma, rel=0.2)


def test_uneven_light_counts_as_such_and_as_nothing_else(benchmark):
    even, uneven = benchmark.statistics(page()), benchmark.statistics(page(fall=0.4))
    assert even["unevenness"] < 0.03
    assert uneven["unevenness"] == pytest.approx(0.9 * 0.9 * 0.4 / 0.8, rel=0.25)
    assert uneven["line_contrast"] == pytest.approx(even["line_contrast"], rel=0.25)
    assert uneven["ink_contrast"] == pytest.approx(even["ink_contrast"], abs=0.03)


def test_an_image_without_a_grid_has_no_figures(benchmark):
    assert benchmark.statistics(np.full((400, 600, 3), 200, np.uint8)) is None


def test_the_distance_is_that_of_kolmogorov_and_smirnov(benchmark):
    a, b = np.arange(10.0), np.arange(10.0) + 5
    assert benchmark.distance(a, a) == 0
    assert benchmark.distance(a, b) == pytest.approx(0.5)
    assert benchmark.distance(a, a + 100) == 1


def test_photos_are_generated_and_put_into_a_table(benchmark, shared_data):
    made = benchmark.generate(shared_data / "ptbxl", 3, "photo")
    again = benchmark.generate(shared_data / "ptbxl", 3, "photo")
    assert all(np.array_equal(a, b) and p == q for (a, p), (b, q) in zip(made, again, strict=True))
    assert all(0.5 < share <= 1 for _, share in made)
    rows = [benchmark.statistics(image) | {"sheet_share": share} for image, share in made]
    text = benchmark.markdown(rows, rows, 4)
    assert text.count("| 0.00 |\n") == len(benchmark.FIGURES)
    assert "In 1 of 4 generated images no grid was found" in text
