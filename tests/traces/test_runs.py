"""Runs of ink and the paths through them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from papertrace.traces.runs import Path, best_path, find_paths, find_runs

SCALE = 8


def stroke(shape: tuple[int, int], height: np.ndarray, radius: float, first: int = 0) -> np.ndarray:
    """Return ink of a horizontal-ish stroke: per column the exact share of each pixel between height -/+ radius."""
    ink = np.zeros(shape, np.float32)
    y = np.arange(shape[0])[:, None]
    share = np.clip(np.minimum(y + 0.5, height + radius) - np.maximum(y - 0.5, height - radius), 0, 1)
    ink[:, first : first + len(height)] = share
    return ink


@given(height=st.floats(5, 25), radius=st.floats(1.0, 4.0))
@settings(deadline=None, derandomize=True)
def test_ends_of_a_run_to_a_fraction_of_a_pixel(height, radius):
    runs = find_runs(stroke((32, 1), np.array([height]), radius))
    assert len(runs.column) == 1
    # half coverage lies within a quarter of a pixel of the edge; top and bottom err alike, so that the middle is exact
    assert runs.top[0] == pytest.approx(height - radius, abs=0.26)
    assert runs.bottom[0] == pytest.approx(height + radius, abs=0.26)


def test_ends_are_where_the_line_between_two_pixels_crosses_the_threshold():
    ink = np.array([[0, 0.2, 1.0, 1.0, 0.75, 0.25, 0]], np.float32).T
    runs = find_runs(ink, threshold=0.5)
    assert runs.top.tolist() == pytest.approx([1 + 0.3 / 0.8])
    assert runs.bottom.tolist() == pytest.approx([4.5])


def test_runs_of_each_column_are_listed_in_order():
    ink = np.zeros((20, 4), np.float32)
    ink[2:5, 0] = ink[8:10, 0] = ink[15:20, 2] = 1
    runs = find_runs(ink)
    assert runs.column.tolist() == [0, 0, 2]
    assert runs.first.tolist() == [0, 2, 2, 3, 3]
    # ink at the image's edge ends there
    assert runs.bottom[2] == pytest.approx(19.5)


def test_a_speck_of_paper_does_not_part_a_stroke():
    ink = np.zeros((40, 1), np.float32)
    ink[5:30] = 1
    ink[12] = 0
    assert len(find_runs(ink).column) == 1
    ink[12:18] = 0
    assert len(find_runs(ink).column) == 2


def test_no_ink():
    runs = find_runs(np.zeros((30, 50), np.float32))
    assert len(runs.column) == 0
    assert best_path(runs, np.ones(0, bool), 3.0, 0.6) is None
    assert find_paths(runs, SCALE) == []


def middles(path: Path, runs) -> np.ndarray:
    """Return the middle of a path's runs, NaN where it has none."""
    return np.where(path.runs >= 0, (runs.top[path.runs] + runs.bottom[path.runs]) / 2, np.nan)


def test_path_follows_a_sine_through_gaps_and_text():
    shape = (200, 900)
    x = np.arange(800)
    height = 100 + 40 * np.sin(x / 60)
    ink = stroke(shape, height, 1.5, first=50)
    for gap in (200, 431, 700):
        ink[:, gap : gap + 5] = 0
    rng = np.random.default_rng(0)
    # letters: short strokes far from the curve, in half of the columns
    for column in rng.choice(900, 450, replace=False):
        row = int(rng.choice([10, 14, 175, 185]))
        ink[row : row + int(rng.integers(2, 8)), column] = 1
    runs = find_runs(ink)
    path = best_path(runs, np.ones(len(runs.column), bool), 3.0, 0.6)
    assert path.x0 == pytest.approx(50, abs=3)
    assert path.x1 == pytest.approx(850, abs=3)
    truth = height[np.arange(path.x0, path.x1).clip(50, 849) - 50]
    off = np.abs(middles(path, runs) - truth)
    assert np.nanmax(off[10:-10]) < 0.3
    assert path.gap_share == pytest.approx(15 / 800, abs=0.01)


def test_path_climbs_a_spike_that_joins():
    shape = (200, 400)
    ink = stroke(shape, np.full(400, 150.0), 1.5)
    ink[40:151, 200:203] = 1
    runs = find_runs(ink)
    path = best_path(runs, np.ones(len(runs.column), bool), 3.0, 0.6)
    assert runs.top[path.runs[201 - path.x0]] == pytest.approx(39.5, abs=0.01)


def test_two_rows_are_two_paths_and_share_nothing():
    shape = (300, 900)
    x = np.arange(900)
    heights = 80 + 20 * np.sin(x / 40), 220 + 20 * np.cos(x / 55)
    ink = np.maximum(*(stroke(shape, h, 1.5) for h in heights))
    runs = find_runs(ink)
    paths = find_paths(runs, SCALE)
    assert len(paths) == 2
    used = [set(path.runs[path.runs >= 0].tolist()) for path in paths]
    assert not used[0] & used[1]
    means = sorted(float(np.nanmean(middles(path, runs))) for path in paths)
    assert means == pytest.approx([80, 220], abs=3)


def test_short_strokes_are_no_paths():
    ink = stroke((100, 900), np.full(200, 50.0), 1.5, first=100)
    runs = find_runs(ink)
    assert find_paths(runs, SCALE, minimum_mm=40) == []
    assert len(find_paths(runs, SCALE, minimum_mm=20)) == 1


@given(offset=st.integers(0, 60), seed=st.integers(0, 100))
@settings(deadline=None, derandomize=True, max_examples=25)
def test_paths_move_with_the_ink(offset, seed):
    rng = np.random.default_rng(seed)
    height = 60 + np.cumsum(rng.normal(0, 0.8, 500)).clip(-30, 30)
    one, other = (find_runs(stroke((200, 600), height + down, 1.5, first=20)) for down in (0, offset))
    first, second = (best_path(runs, np.ones(len(runs.column), bool), 3.0, 0.6) for runs in (one, other))
    assert (first.x0, first.x1) == (second.x0, second.x1)
    np.testing.assert_allclose(middles(second, other), middles(first, one) + offset, atol=1e-3)


def test_limbs_that_two_traces_share_join_both_and_lead_from_neither_to_the_other():
    ink = np.zeros((200, 600), np.float32)
    for row in (60, 140):
        ink[row : row + 3] = 1
    for x in range(40, 600, 80):  # a deep S wave of the upper trace that ends on the lower
        ink[60:143, x : x + 4] = 1
        ink[60:63, x + 4 : x + 8] = 0
    runs = find_runs(ink)
    common = runs.bottom - runs.top > 20
    paths = find_paths(runs, 2.0, jump_cost=1.0, common=common)
    assert len(paths) == 2
    for path, row in zip(
        sorted(paths, key=lambda path: np.median(runs.top[path.runs[path.runs >= 0]])), (61, 141), strict=True
    ):
        level = path.runs[(path.runs >= 0)]
        level = level[~common[level]]
        assert np.abs((runs.top[level] + runs.bottom[level]) / 2 - row).max() < 1
        assert path.x0 == 0
        assert path.x1 == 600
