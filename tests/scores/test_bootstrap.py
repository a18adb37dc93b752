"""Intervals by drawing clusters, not their members."""

from __future__ import annotations

import math

import numpy as np
import pytest

from papertrace.scores.bootstrap import clustered_mean


def test_the_bootstrap_draws_records_not_stretches():
    rng = np.random.default_rng(1)
    effects = rng.normal(1.0, 2.0, 40)
    sums, sizes = 50 * effects, np.full(40, 50)
    mean, low, high = clustered_mean(sums, sizes)
    half = 1.96 * effects.std() / math.sqrt(40)
    assert mean == pytest.approx(effects.mean())
    assert (low, high) == pytest.approx((mean - half, mean + half), abs=0.1)


def test_of_one_cluster_there_is_a_mean_and_no_interval():
    mean, *interval = clustered_mean(np.array([6.0]), np.array([3]))
    assert mean == 2.0 and np.isnan(interval).all()
    assert np.isnan(clustered_mean(np.zeros(0), np.zeros(0))).all()
