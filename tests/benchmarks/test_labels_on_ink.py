"""The check of the labels: that they hold on real records, and that labels that do not hold are found."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from papertrace.pages.layouts import LAYOUTS
from papertrace.scans.presets import ArtifactName

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def benchmark():
    """The script, as a module."""
    spec = importlib.util.spec_from_file_location("labels_on_ink", ROOT / "benchmarks/labels_on_ink.py")
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)  # dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


def line_image(height_px: float, width_px: float, shape=(60, 200)) -> np.ndarray:
    """Light that a level stroke takes: the share of each row that it covers."""
    rows = np.arange(shape[0])
    covered = np.clip(width_px / 2 + 0.5 - np.abs(rows - height_px), 0, 1)
    return np.repeat(covered[:, None], shape[1], axis=1).astype(np.float32)


@pytest.mark.parametrize("shift", [-2.5, 0.0, 0.4, 3.0])
def test_the_middle_of_ink_is_found(benchmark, shift):
    points = np.stack([np.arange(20, 180.0), np.full(160, 30.3)], axis=1)
    taken = line_image(30.3 + shift, 2.4)
    assert np.median(benchmark.ink_offsets(taken, points)) == pytest.approx(shift, abs=0.06)
    assert benchmark.on_ink(benchmark.strokes(taken), points).all() == (abs(shift) < 1.5)


def test_a_pale_stroke_is_ink_and_its_rim_is_not(benchmark):
    taken = 0.2 * line_image(30.0, 3.0)
    assert np.flatnonzero(benchmark.strokes(taken)[:, 100]).tolist() == [29, 30, 31]
    assert not benchmark.strokes(np.full((9, 9), 0.02, np.float32)).any()


# A sample, at half the resolution; `make labels` does all of them.
@pytest.mark.parametrize(("layout", "names"), [("2x1", ["kit", "photo", "damaged"]), ("3x4+1", ["photo"])])
def test_labels_of_real_records_hold(benchmark, shared_data, layout, names):
    found = list(benchmark.check(shared_data, [layout], names, dpi=100))
    assert {name for _, name, _, _ in found} == set(names)
    assert [(row[1], row[2], row[3]) for row in found if not row[3].holds] == []


@pytest.mark.parametrize("layout", ["2x1", "3x4+1"])
def test_labels_a_pixel_and_a_half_off_are_found(benchmark, shared_data, layout):
    found = list(benchmark.check(shared_data, [layout], ["kit"], shift_px=1.5, dpi=100))
    assert not any(each.holds for *_, each in found)
    assert all(abs(each.offset_px) == pytest.approx(1.5, abs=0.3) for *_, each in found)


def test_texts_out_of_their_boxes_are_found(benchmark, shared_data):
    from dataclasses import replace

    signal, page = benchmark.page_of(shared_data, "2x1", 0, 100)
    assert benchmark.inspect(signal, page, []).holds
    moved = [replace(text, box_mm=tuple(np.add(text.box_mm, [0, 3, 0, 3]))) for text in page.labels.texts]
    assert moved
    wrong = replace(page, labels=replace(page.labels, texts=moved))
    assert not benchmark.inspect(signal, wrong, []).holds


def test_every_layout_preset_and_artifact_is_planned(benchmark):
    plans = benchmark.plans()
    assert {(name, k) for name in ArtifactName.__args__ for k in range(1, 6)} < {plan[:2] for plan in plans}
    assert len(LAYOUTS) >= 12


@pytest.mark.slow
@pytest.mark.parametrize("layout", list(LAYOUTS))
def test_all_labels_hold(benchmark, shared_data, layout):
    found = benchmark.check(shared_data, [layout])
    assert [(name, severity, each) for _, name, severity, each in found if not each.holds] == []
