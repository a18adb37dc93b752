"""The study's three estimators of the pitch, on grids of known pitch."""

from __future__ import annotations

import numpy as np
import pytest

from papertrace.traces.pitch import (
    ESTIMATORS,
    NoPitchError,
    marginal_pitch,
    matched_pitch,
    spectral_pitch,
    study_pitch,
)

WITHIN = {"marginal intensity": 0.02, "power spectrum": 0.002, "matched filter": 0.03}


def page(draw_grid, place_grid, pitch_x, pitch_y=None, degrees=0.0, kind="both", noise=2.0):
    shape = (round(200 * pitch_x), round(279 * pitch_x))
    return draw_grid(shape, place_grid(shape, pitch_x, pitch_y or pitch_x, degrees), kind, noise=noise)


@pytest.mark.parametrize("name", list(ESTIMATORS))
@pytest.mark.parametrize("pitch", [5.8, 7.87])
def test_a_straight_grid(draw_grid, place_grid, name, pitch):
    x, y = ESTIMATORS[name](page(draw_grid, place_grid, pitch))
    assert x == pytest.approx(pitch, rel=WITHIN[name])
    assert y == pytest.approx(pitch, rel=WITHIN[name])


@pytest.mark.parametrize("estimate", [marginal_pitch, spectral_pitch, matched_pitch])
def test_lines_every_five_millimetres_alone(draw_grid, place_grid, estimate):
    x, y = estimate(page(draw_grid, place_grid, 7.3, kind="major"))
    assert (x, y) == pytest.approx((7.3, 7.3), rel=0.02)


def test_the_spectrum_sees_both_axes_apart(draw_grid, place_grid):
    x, y = spectral_pitch(page(draw_grid, place_grid, 7.4, 7.1))
    assert (x, y) == pytest.approx((7.4, 7.1), rel=0.002)


def test_ink_does_not_move_the_spectrum(draw_grid, place_grid):
    image = page(draw_grid, place_grid, 7.4)
    columns = np.arange(image.shape[1])
    rows = (image.shape[0] // 2 + 60 * np.sin(columns / 23)).astype(int)
    for thick in range(-2, 3):
        image[rows + thick, columns] = 10
    assert spectral_pitch(image) == pytest.approx((7.4, 7.4), rel=0.003)


def test_a_turned_grid_smears_the_marginal_and_not_the_spectrum(draw_grid, place_grid):
    image = page(draw_grid, place_grid, 7.4, degrees=2.5)
    # along x a turned grid repeats more slowly, by the cosine of the angle
    assert spectral_pitch(image) == pytest.approx((7.4, 7.4), rel=0.005)
    try:
        off = abs(marginal_pitch(image)[0] / 7.4 - 1)
    except NoPitchError:
        off = np.inf
    assert off > 0.005


def test_the_study_takes_the_spectrum_where_there_is_one(draw_grid, place_grid):
    image = page(draw_grid, place_grid, 6.4)
    assert study_pitch(image) == spectral_pitch(image)


@pytest.mark.parametrize("estimate", [*ESTIMATORS.values(), study_pitch])
def test_blank_paper_has_no_pitch(estimate):
    with pytest.raises(NoPitchError):
        estimate(np.full((600, 900, 3), 240, np.uint8))


@pytest.mark.parametrize("estimate", [*ESTIMATORS.values(), study_pitch])
@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 500, 3), (40, 40, 3)])
def test_images_too_small_for_a_grid(estimate, shape):
    with pytest.raises(NoPitchError):
        estimate(np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8))
