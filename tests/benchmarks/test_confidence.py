"""The benchmark of confidence: its bins and its fit, on errors drawn from a known scale."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def benchmark():
    sys.path.insert(0, str(BENCHMARKS))
    try:
        yield importlib.import_module("confidence")
    finally:
        sys.path.remove(str(BENCHMARKS))


def reading(benchmark, expected_mv, scale_mv, slope=0.0, residual_mm=0.0, seed=1):
    actual = np.abs(np.random.default_rng(seed).laplace(0, 1, len(expected_mv))) * scale_mv
    confidence = 1 - np.exp(-0.05 / expected_mv)
    slope = np.full(len(expected_mv), slope)
    return benchmark.Reading("page", expected_mv, actual, confidence, slope, 20.0, 18.0, residual_mm, 10.0)


def test_honest_errors_lie_on_the_diagonal(benchmark):
    expected = np.random.default_rng(0).uniform(0.01, 0.2, 50_000)
    report = benchmark.summary([reading(benchmark, expected, expected)])
    assert len(report["errors"]) == len(report["confidences"]) == benchmark.BINS
    for row in report["errors"]:
        assert row["actual_mv"] == pytest.approx(row["expected_mv"], rel=0.05)
    for row in report["confidences"]:
        assert row["within"] == pytest.approx(row["confidence"], abs=0.03)
    assert report["bias_db"] == 2
    assert "| 1 | 2.0 dB | 0.0 dB | 2.0 dB |  |" in benchmark.markdown(report)


def test_fit_finds_the_four_terms(benchmark):
    rng = np.random.default_rng(2)
    pages = []
    for k, (slope, residual) in enumerate([(0.0, 0.0), (1.0, 0.0), (0.0, 0.01), (1.0, 0.02)]):
        edges = rng.exponential(0.1, 20_000)
        scale = 0.02 + 0.4 * edges + 0.03 * slope + 5.0 * residual
        # with a bare doubt what a page expects is the edges' disagreement and the map's part
        expected = (edges + benchmark.ERROR_PER_RESIDUAL * residual) / 10
        pages.append(reading(benchmark, expected, scale / 10, slope, residual, seed=k))
    found = benchmark.fitted(pages)
    assert found["least_mm"] == pytest.approx(0.02, rel=0.1)
    assert found["per_edge"] == pytest.approx(0.4, rel=0.1)
    assert found["per_slope"] == pytest.approx(0.03, rel=0.1)
    assert found["ERROR_PER_RESIDUAL"] == pytest.approx(5.0, rel=0.1)
