import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from papertrace.geometry import PixelMap
from papertrace.labels import LeadLabel, PageLabels
from papertrace.scans.compose import BENDING, GEOMETRY, compose
from papertrace.scans.config import ScansConfig
from papertrace.scans.presets import ArtifactName
from papertrace.scans.recipe import draw_recipe
from papertrace.scans.warp import _sources, corners, fit_canvas, perspective, rotation, warp

SCALE = 8.0
SIZE = (1120, 864)  # 140 x 108 mm
SHEET = PageLabels("none", "letter", 203.2, SCALE, SIZE[0] / SCALE, SIZE[1] / SCALE, None)
OFF = dict.fromkeys(ArtifactName.__args__, 0)
AMONG = np.stack(np.meshgrid(np.arange(0.25, 140, 0.5), np.arange(0.25, 108, 0.5)), axis=-1).reshape(-1, 2)

severities = st.dictionaries(st.sampled_from(GEOMETRY), st.integers(1, 5), min_size=1)


def draw(severity: dict[str, int], seed: int) -> list[dict]:
    config = ScansConfig.model_validate({"severity": OFF | severity})
    return draw_recipe(config, SHEET, SIZE, np.random.default_rng(seed))


def shuffled(recipe: list[dict], seed: int) -> list[dict]:
    return [recipe[k] for k in np.random.default_rng(seed).permutation(len(recipe))]


def areas(scan: PixelMap, points_mm: np.ndarray, step: float = 1e-3) -> np.ndarray:
    """Return how many square pixels a square millimetre has at points; negative where it is turned over."""
    here = scan.apply(points_mm)
    (a, c), (b, d) = ((scan.apply(points_mm + shift) - here).T / step for shift in ([step, 0], [0, step]))
    return a * d - b * c


@settings(max_examples=25, deadline=None)
@given(severities, st.integers(0, 2**32 - 1))
def test_any_chain_has_an_inverse_and_folds_nothing_over(severity, seed):
    recipe = shuffled(draw(severity, seed), seed)
    composed = compose(recipe, SIZE, SCALE)
    scan = composed.map(SCALE)
    seen = scan.apply(AMONG)
    assert np.isfinite(seen).all() and min(composed.size) > 50
    assert np.abs(scan.apply(scan.inverse(seen)) - seen).max() < 0.02
    assert (areas(scan, AMONG) > 0.02 * SCALE**2).all()
    # Every pixel comes from one place, those beside the sheet from beside it.
    x, y = np.meshgrid(np.linspace(-0.5, composed.size[0] - 0.5, 40), np.linspace(-0.5, composed.size[1] - 0.5, 40))
    pixels = np.stack([x, y], axis=-1).reshape(-1, 2)
    assert np.abs(scan.apply(scan.inverse(pixels)) - pixels).max() < 0.02


@pytest.fixture(scope="module")
def dotted() -> tuple[np.ndarray, np.ndarray]:
    """A sheet with dots: its image and where they are in mm."""
    rng = np.random.default_rng(0)
    at = np.stack(np.meshgrid(np.arange(4, 138, 8.0), np.arange(4, 106, 8.0)), axis=-1).reshape(-1, 2)
    at += rng.uniform(-1.5, 1.5, at.shape)
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    dark = np.zeros(SIZE[::-1])
    for px, py in PixelMap.of_page(SCALE).apply(at):
        near = np.s_[int(py) - 12 : int(py) + 13, int(px) - 12 : int(px) + 13]
        dark[near] += 230 * np.exp(-0.5 * ((x[near] - px) ** 2 + (y[near] - py) ** 2) / 2.0**2)
    return np.repeat(np.rint(255 - dark).astype(np.uint8)[..., None], 3, axis=2), at


@settings(max_examples=25, deadline=None)
@given(severity=severities, seed=st.integers(0, 2**32 - 1))
def test_dots_are_where_the_map_says(dotted, severity, seed):
    image, at = dotted
    composed = compose(shuffled(draw(severity, seed), seed), SIZE, SCALE)
    scan = composed.map(SCALE)
    seen = warp(image, composed.matrix, composed.size, (255, 255, 255), composed.displacement_px(SCALE))
    dark = 255.0 - seen[..., 0]
    expected = scan.apply(at)
    inside = ((expected > 14) & (expected < np.array(composed.size) - 15)).all(axis=1)
    for point in expected[inside]:
        x, y = np.rint(point).astype(int)
        window = dark[y - 12 : y + 13, x - 12 : x + 13]
        rows, columns = np.indices(window.shape) - 12
        mass = np.where(np.hypot(rows, columns) <= 12, window, 0)
        centre = np.array([np.sum(columns * mass), np.sum(rows * mass)]) / mass.sum() + [x, y]
        assert np.hypot(*(centre - point)) < 0.15


def test_without_bends_the_map_is_the_homography_it_always_was():
    shifts = np.random.default_rng(0).uniform(-0.02, 0.02, (4, 2)).tolist()
    recipe = [
        {"artifact": "rotation", "degrees": 2.0},
        {"artifact": "perspective", "shifts": shifts},
        {"artifact": "crop", "pixels": [3, 5, 7, 11]},
    ]
    matrix, (width, height) = fit_canvas(perspective(SIZE, shifts) @ rotation(SIZE, 2.0), corners(SIZE))
    matrix[:2] -= np.outer([3, 5], matrix[2])
    composed = compose(recipe, SIZE, SCALE)
    assert composed.displacement is None and composed.size == (width - 10, height - 16)
    assert np.array_equal(composed.matrix, matrix / matrix[2, 2])


def test_a_lens_moves_the_corners_by_k1_and_leaves_the_middle():
    composed = compose([{"artifact": "lens", "k1": -0.1, "k2": 0.02}], SIZE, SCALE)
    scan = composed.map(SCALE)
    middle, corner = scan.apply(np.array([[70.0, 54.0], [0.0, 0.0]]))
    half = 0.5 * np.hypot(*SIZE)
    assert np.hypot(*(corner - middle)) == pytest.approx(half * (1 - 0.1 + 0.02), abs=0.05)
    beside = scan.apply(np.array([[71.0, 54.0]]))[0] - middle
    np.testing.assert_allclose(beside, [SCALE, 0], atol=0.01)


def test_a_carriage_stretches_and_wanders_down_the_page():
    waves = [{"amplitude_mm": 0.4, "period_mm": 50.0, "phase": 0.0}]
    scan = compose([{"artifact": "anisotropic_dpi", "stretch": 0.02, "waves": waves}], SIZE, SCALE).map(SCALE)
    y = np.linspace(5, 100, 300)
    x_px, y_px = (scan.apply(np.stack([np.full(300, 30.0), y], axis=1)) - scan.apply(np.array([[30.0, 5.0]]))).T
    np.testing.assert_allclose(x_px, 0, atol=0.01)
    even = 1.02 * SCALE * (y - 5)
    carriage = 0.4 * SCALE * np.sin(2 * np.pi * 1.02 * y / 50)
    np.testing.assert_allclose(y_px - even, carriage - carriage[0], atol=0.1)  # the canvas begins within a pixel


def test_a_part_of_the_page_is_what_was_asked_for():
    composed = compose([{"artifact": "partial_page", "shares": [0.25, 0.0, 0.0, 0.5]}], SIZE, SCALE)
    assert composed.size == (840, 432)
    np.testing.assert_allclose(composed.map(SCALE).apply(np.array([[35.0, 0.0]])), [[-0.5, -0.5]])


def test_a_part_of_the_page_stays_one_behind_a_lens():
    recipe = [
        {"artifact": "partial_page", "shares": [0.25, 0.0, 0.0, 0.5]},
        {"artifact": "lens", "k1": -0.1, "k2": 0.0},
    ]
    width, height = compose(recipe, SIZE, SCALE).size
    assert 700 < width < 840 and 350 < height < 432


def test_a_bend_is_of_the_sheet_wherever_it_stands_in_the_recipe():
    recipe = draw({"page_curl": 4, "rotation": 3}, 1)
    a, b = (compose(items, SIZE, SCALE) for items in (recipe, recipe[::-1]))
    assert a.size == b.size and np.array_equal(a.map(SCALE).apply(AMONG), b.map(SCALE).apply(AMONG))


def test_bends_share_one_camera_and_one_light():
    fold, curl, *_ = draw({"page_curl": 4, "folds": 3}, 1)
    assert (fold["artifact"], curl["artifact"]) == ("folds", "page_curl")
    assert fold["light"] == curl["light"] and fold["distance_mm"] == curl["distance_mm"]


def test_what_is_stored_is_what_was_used():
    composed = compose(draw({"page_curl": 5, "folds": 5, "lens": 5}, 1), SIZE, SCALE)
    values = composed.displacement.values
    assert np.array_equal(values, values.astype(np.float32).astype(float))


@pytest.mark.parametrize("artifact", BENDING)
def test_the_warp_keeps_to_the_exact_map(artifact):
    size, scale = (2200, 1700), 7.874  # a letter at 200 dpi
    sheet = dataclasses.replace(SHEET, px_per_mm=scale, width_mm=size[0] / scale, height_mm=size[1] / scale)
    config = ScansConfig.model_validate({"severity": OFF | {artifact: 5}})
    for seed in (1, 2):
        composed = compose(draw_recipe(config, sheet, size, np.random.default_rng(seed)), size, scale)
        scan = PixelMap(composed.matrix, composed.displacement_px(scale))
        x, y = np.random.default_rng(seed).integers([0, 0], composed.size, (40_000, 2)).T
        source = _sources(scan, composed.size)[y, x]
        on_sheet = ((source > 0) & (source < np.subtract(size, 1))).all(axis=1)
        error = np.hypot(*(scan.apply(source[on_sheet]) - np.stack([x, y], axis=1)[on_sheet]).T)
        assert on_sheet.mean() > 0.5 and error.max() <= 0.05


@pytest.mark.parametrize("seed", range(3))
def test_a_long_strip_does_not_hide_a_part_of_itself(seed):
    size = (4800, 600)
    strip = dataclasses.replace(SHEET, px_per_mm=4.0, width_mm=1200.0, height_mm=150.0)
    config = ScansConfig.model_validate({"severity": OFF | {"folds": 5, "page_curl": 4}})
    scan = compose(draw_recipe(config, strip, size, np.random.default_rng(seed)), size, 4.0).map(4.0)
    points = np.random.default_rng(seed).uniform([0, 0], [1200, 150], (20_000, 2))
    assert (areas(scan, points) > 0).all()


@pytest.mark.parametrize("side", range(8))
def test_some_trace_is_seen_on_a_part_of_a_page(side):
    """One short trace near an edge, and more than half of the sheet missing, whichever sides they are."""
    places = [(5.0, 50.0), (115.0, 50.0), (60.0, 6.0), (60.0, 100.0)]
    x, y = places[side % 4]
    lead = LeadLabel("II", 0, 0, 0, 0.8, x, y, 25, 10, 0.3, (x, y - 2, x + 20, y + 2))
    sheet = dataclasses.replace(SHEET, leads=[lead])
    config = ScansConfig.model_validate(
        {"severity": OFF, "partial_page": {"probability": 1, "share": [0.6, 0.6]}, "rotation": {"probability": 1}}
    )
    for seed in range(side // 4, 40, 2):
        recipe = draw_recipe(config, sheet, SIZE, np.random.default_rng(seed))
        composed = compose(recipe, SIZE, SCALE)
        seen = composed.map(SCALE).apply(np.stack([np.linspace(x, x + 20, 9), np.full(9, y)], axis=1))
        assert ((seen > 0) & (seen < np.array(composed.size) - 1)).all(axis=1).any()


def test_perspective_of_a_turned_roll_keeps_the_horizon_away():
    roll = PageLabels("none", "roll", 81.28, 3.2, 1534.0, 66.0, None)
    size = (4909, 211)
    config = ScansConfig.model_validate(
        {"severity": OFF, "rotation": {"probability": 1, "degrees": [30, 44]},
         "perspective": {"probability": 1, "shift": [0.15, 0.2]}}
    )  # fmt: skip
    middle = np.array([[767.0, 33.0], [1.0, 33.0], [1533.0, 33.0]])
    for seed in range(30):
        composed = compose(draw_recipe(config, roll, size, np.random.default_rng(seed)), size, 3.2)
        seen = composed.map(3.2).apply(middle)
        assert ((seen > 0) & (seen < composed.size)).all()
