"""The pictures that are not ECGs: the same from the same seed, and a fast choice of them is rejected."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from papertrace.traces.registry import get_digitizer

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def modules():
    """Return the pictures' module and the benchmark's, imported as the script imports them."""
    sys.path.insert(0, str(BENCHMARKS))
    try:
        yield importlib.import_module("not_ecg_images"), importlib.import_module("not_ecgs")
    finally:
        sys.path.remove(str(BENCHMARKS))


def test_there_are_more_than_sixty(modules):
    images, _ = modules
    assert len(images.IMAGES) >= 70
    assert not set(images.IMAGES) & set(images.NEAR_MISSES)


def test_a_seed_makes_the_same_picture_again(modules):
    images, _ = modules
    for name in ("form 1", "plot, strips", "clouds"):
        image, again, other = (images.draw(name, seed) for seed in (3, 3, 4))
        np.testing.assert_array_equal(image, again)
        assert image.shape[2] == 3
        assert not np.array_equal(image, other)


@pytest.mark.parametrize(
    "name",
    [
        "text page 1",
        "plot, stock",
        "crossword",
        "bricks",
        "chessboard of 40 px",
        "squared paper with notes 1",
        "ECG paper, clean",
        "ECG paper with handwriting",
        "millimetre paper, lines",
    ],
)
def test_what_is_no_ecg_is_rejected(modules, tmp_path, name):
    _, benchmark = modules
    [row] = benchmark.judge(get_digitizer("classical"), [name], 1, tmp_path)
    assert row["status"] == "rejected"
    assert row["reason"]
    assert len(list(tmp_path.glob("*.png"))) == 1


def test_table_names_what_was_accepted(modules):
    _, benchmark = modules
    rows = [
        {"image": "form 1", "near_miss": False, "status": "rejected"},
        {"image": "face 1", "near_miss": False, "status": "ok"},
        {"image": "EEG", "near_miss": True, "status": "failed"},
    ]
    assert benchmark.markdown(rows).splitlines()[2:] == [
        "| not ECGs | 2 | 1 | 0 | 1 |",
        "| accepted | face 1 | | | |",
        "| near misses | 1 | 0 | 1 | 0 |",
    ]
