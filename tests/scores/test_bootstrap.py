"""The bootstrap over records: known answers, coverage, and what it does not promise."""

import math

import numpy as np
import pytest

from papertrace.scores.bootstrap import (
    MOST_CLUSTERS,
    RESAMPLES,
    batches,
    clustered_mean,
    interval,
    resampled,
    weights,
)


def test_the_bootstrap_draws_records_not_stretches():
    rng = np.random.default_rng(1)
    effects = rng.normal(1.0, 2.0, 40)
    sums, sizes = 50 * effects, np.full(40, 50)
    mean, low, high = clustered_mean(sums, sizes)
    half = 1.96 * effects.std() / math.sqrt(40)
    assert mean == pytest.approx(effects.mean())
    assert (low, high) == pytest.approx((mean - half, mean + half), abs=0.1)
    assert all(math.isnan(value) for value in clustered_mean(np.zeros(0), np.zeros(0)))


def test_intervals_hold_the_mean_as_often_as_they_say():
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(200):
        # The members of a record share most of what they are off: 30 records tell as much as 30 members.
        sizes = rng.integers(1, 20, 30)
        sums = sizes * rng.normal(0, 1, 30) + rng.normal(0, 0.1, 30) * np.sqrt(sizes)
        _, low, high = clustered_mean(sums, sizes)
        held += low <= 0 <= high
    assert 0.86 <= held / 200 <= 0.99  # percentile intervals of 30 clusters hold a little less than 95 %


def test_resamples_are_whole_clusters_and_the_same_every_time():
    drawn = weights(7)
    assert drawn.shape == (RESAMPLES, 7)
    assert (drawn.sum(axis=1) == 7).all() and (drawn == drawn.round()).all()
    assert drawn.mean() == pytest.approx(1) and drawn.var(axis=0) == pytest.approx(np.full(7, 6 / 7), abs=0.1)
    sums = np.arange(14.0).reshape(7, 2)
    assert (resampled(sums) == resampled(sums.copy())).all()
    assert (resampled(sums, seed=1) != resampled(sums)).any()
    with pytest.raises(ValueError, match="read-only"):
        drawn[0, 0] = 1


def test_many_clusters_are_drawn_in_batches_of_like_size():
    assert batches(5).tolist() == [0, 1, 2, 3, 4] and len(batches(0)) == 0
    sizes = np.bincount(batches(21_801))
    assert len(sizes) == MOST_CLUSTERS and set(sizes) <= {43, 44}
    drawn = resampled(np.ones((21_801, 1)))
    assert drawn.mean() == pytest.approx(21_801, rel=1e-3) and drawn.std() < 0.5 * math.sqrt(MOST_CLUSTERS)


def test_of_one_cluster_there_is_a_mean_and_no_interval():
    mean, *ends = clustered_mean(np.array([6.0]), np.array([3]))
    assert mean == 2.0 and np.isnan(ends).all()


def test_an_interval_needs_nearly_all_resamples():
    values = np.tile(np.arange(101.0)[:, None], 3)
    values[:3, 1], values[:30, 2] = np.nan, np.nan
    low, high = interval(values, 0.9)
    assert (low[0], high[0]) == pytest.approx((5, 95))
    assert low[1] == pytest.approx(3 + 0.05 * 97) and math.isnan(low[2]) and math.isnan(high[2])
