"""The table of `make pitch`."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

from papertrace.traces.pitch import NoPitchError

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def pitch():
    sys.path.insert(0, str(BENCHMARKS))
    try:
        return runpy.run_path(str(BENCHMARKS / "pitch.py"))
    finally:
        sys.path.remove(str(BENCHMARKS))


def test_errors_of_a_set(pitch):
    found = [pitch["Found"]("kit", "spectrum", error, 0.2) for error in (0.0002, -0.0003, 0.001, 0.02, None)]
    found += [pitch["Found"]("kit", "lattice", 0.00001, 0.1)] * 5
    head, _, *lines = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in pitch["table"](found).splitlines()
    ]
    assert head == ["images", "n", "spectrum", "lattice"]
    assert lines == [["kit", "5", "0.100 / none / 1", "0.001 / 0.001 / 0"], ["CPU s", "", "0.20", "0.10"]]


def test_an_estimate_is_judged_by_its_share_of_the_truth(pitch):
    image = np.zeros((8, 8, 3), np.uint8)
    assert pitch["judge"]("kit", "x", lambda _: 8.0, image, 10.0).error == pytest.approx(-0.2)

    def blind(_):
        raise NoPitchError("nothing")

    assert pitch["judge"]("kit", "x", blind, image, 10.0).error is None
