"""Smooth fields through measurements."""

from __future__ import annotations

import numpy as np
import pytest

from papertrace.traces.plate import Plate


def waves(shape: tuple[int, int]) -> np.ndarray:
    y, x = np.indices(shape)
    return 0.3 * np.sin(x / 6) + 0.2 * np.cos(y / 5 + x / 9)


@pytest.mark.parametrize("shape", [(20, 33), (33, 20), (3, 3)])
def test_solution_has_no_gradient(shape):
    rng = np.random.default_rng(0)
    weight, values = rng.uniform(0.1, 1, shape), rng.normal(0, 1, (2, *shape))
    plate = Plate(shape)

    def cost(field):
        bending = np.sum(np.diff(field, 2, axis=0) ** 2) + np.sum(np.diff(field, 2, axis=1) ** 2)
        bending += 2 * np.sum(np.diff(np.diff(field, axis=0), axis=1) ** 2)
        return np.sum(weight * (field - values[0]) ** 2) + 0.7 * bending

    found = plate.solve(weight, values, 0.7)[0]
    for _ in range(10):
        step = 1e-3 * rng.normal(0, 1, shape)
        assert cost(found + step) > cost(found)
        assert cost(found + step) - cost(found) == pytest.approx(cost(found - step) - cost(found), rel=1e-5)


def test_a_plane_is_free():
    y, x = np.indices((15, 20))
    plane = 3 + 0.1 * x - 0.2 * y
    weight = np.zeros((15, 20))
    weight[3:8, 5:12] = 1
    found = Plate((15, 20)).solve(weight, (weight * plane)[None], 100.0)[0]
    np.testing.assert_allclose(found, plane, atol=1e-4)


def test_noise_is_not_followed():
    values = np.random.default_rng(1).normal(0, 0.1, (30, 40))
    found, spread = Plate((30, 40)).probable(np.ones((30, 40)), values, 0.0, 1e-4, 6)
    assert np.std(found) < 0.01
    assert spread == pytest.approx(0.1, rel=0.4)


def test_a_field_is_followed_through_noise_and_what_is_wrong():
    rng = np.random.default_rng(2)
    true = waves((30, 40))
    values = true + rng.normal(0, 0.02, true.shape)
    values[rng.random(true.shape) < 0.08] += 3
    plate, weight = Plate(true.shape), np.ones(true.shape)
    found, _ = plate.probable(weight, values, 0.0, 1e-4, 6)
    assert np.sqrt(np.mean((found - true) ** 2)) < 0.015
    assert np.sqrt(np.mean((plate.robust(weight, values, 1e-4, 6) - true) ** 2)) < 0.02
