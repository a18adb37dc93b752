"""Agreement: published examples, closed forms, and what is absent."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from papertrace.scores.agreement import FIGURES, SUMS, agreement, group_sums, statistics


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def of(truth, trace, record=None, margin=np.nan):
    truth, trace = np.asarray(truth, float), np.asarray(trace, float)
    record = np.arange(len(truth)) if record is None else np.asarray(record)
    return agreement(group_sums(truth, trace, record, max(record, default=0) + 1), margin)


# Bland & Altman 1986, table 1: peak expiratory flow in l/min, large and mini meter, first measurements.
WRIGHT = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
MINI = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]


def test_bland_and_altmans_own_example():
    figures = of(MINI, WRIGHT)
    # "The mean difference is -2.1 l/min and the standard deviation 38.8"; limits -79.7 and 75.5 with 2 SD; r = 0.94.
    assert (figures["bias"], figures["sd"]) == pytest.approx((-2.1, 38.8), abs=0.05)
    assert figures["loa_low"] == pytest.approx(-2.12 - 1.96 * 38.77, abs=0.05)
    assert figures["loa_high"] == pytest.approx(-2.12 + 1.96 * 38.77, abs=0.05)
    assert figures["r"] == pytest.approx(0.94, abs=0.005)
    assert (figures["n_truth"], figures["n"], figures["n_absent"], figures["failure_rate"]) == (17, 17, 0, 0)


def icc_2_1(x, y):
    """ICC(2,1) by the table of mean squares that Shrout & Fleiss write down."""
    table = np.stack([x, y], axis=1)
    n, k = table.shape
    grand = table.mean()
    rows = k * ((table.mean(axis=1) - grand) ** 2).sum() / (n - 1)
    columns = n * ((table.mean(axis=0) - grand) ** 2).sum() / (k - 1)
    left = table - table.mean(axis=1, keepdims=True) - table.mean(axis=0) + grand
    error = (left**2).sum() / ((n - 1) * (k - 1))
    return (rows - error) / (rows + (k - 1) * error + k * (columns - error) / n)


def test_icc_is_that_of_the_table_of_mean_squares():
    # Two of the four judges of Shrout & Fleiss 1979, table 2.
    x, y = np.array([9, 6, 8, 7, 10, 6.0]), np.array([2, 1, 4, 1, 5, 2.0])
    assert of(x, y)["icc"] == pytest.approx(icc_2_1(x, y))
    rng = np.random.default_rng(0)
    truth = rng.normal(400, 30, 5000)
    shifted = of(truth, truth + 30 + rng.normal(0, 10, 5000))
    # A bias lowers the ICC and not r: variances 900, and 900 + 100; the bias counts 30^2 / 2.
    assert shifted["icc"] == pytest.approx(900 / (900 + 50 + 450), abs=0.02)
    assert shifted["r"] == pytest.approx(math.sqrt(900 / 1000), abs=0.01)


@given(st.lists(st.tuples(st.floats(-500, 500), st.floats(-500, 500)), min_size=3, max_size=30))
def test_figures_are_those_of_the_pairs(pairs):
    x, y = (np.array(values).round(3) for values in zip(*pairs, strict=True))
    figures, d = of(x, y), y - x
    assert figures["bias"] == pytest.approx(d.mean(), abs=1e-6)
    assert figures["sd"] == pytest.approx(d.std(ddof=1), abs=1e-3)
    assert figures["mae"] == pytest.approx(np.abs(d).mean(), abs=1e-6)
    if x.std() > 0.1 and y.std() > 0.1:
        assert figures["r"] == pytest.approx(np.corrcoef(x, y)[0, 1], abs=1e-4)
        assert figures["icc"] == pytest.approx(icc_2_1(x, y), abs=1e-4)


def test_what_is_absent_counts_as_a_failure_and_in_no_mean():
    figures = of([800, 810, np.nan, 700, np.nan], [801, np.nan, 900, np.nan, np.nan])
    counts = {name: figures[name] for name in ("records", "n_truth", "n", "n_absent", "n_extra")}
    assert counts == {"records": 4, "n_truth": 3, "n": 1, "n_absent": 2, "n_extra": 1}
    assert (figures["failure_rate"], figures["bias"], figures["mae"]) == (pytest.approx(2 / 3), 1, 1)
    assert all(math.isnan(figures[name]) for name in ("sd", "loa_low", "r", "icc"))


@pytest.mark.parametrize(
    ("truth", "trace"), [([], []), ([np.nan], [np.nan]), ([800.0], [np.nan]), ([400.0] * 4, [402.0] * 4)]
)
def test_degenerate_pairs_have_no_misleading_figures(truth, trace):
    figures = of(truth, trace, margin=1.0)
    assert math.isnan(figures["r"])
    if np.isfinite(np.array(trace, float)).any():
        assert (figures["bias"], figures["sd"], figures["bias_ci_low"], figures["bias_ci_high"]) == (2, 0, 2, 2)
        assert figures["equivalent"] is False
    else:
        assert math.isnan(figures["bias"]) and figures["n"] == 0 and figures["equivalent"] is None


def test_one_record_has_no_interval():
    figures = of([1.0, 2.0, 3.0], [1.0, 2.5, 3.0], [0, 0, 0], margin=1.0)
    assert figures["records"] == 1 and figures["bias"] == pytest.approx(1 / 6)
    assert math.isnan(figures["bias_ci_low"]) and figures["equivalent"] is None


def test_intervals_are_of_records_not_of_beats():
    rng = np.random.default_rng(2)
    record = np.repeat(np.arange(60), 40)
    truth = rng.normal(400, 20, len(record))
    off = rng.normal(1.0, 2.0, 60)
    figures = of(truth, truth + off[record], record)
    half = 1.96 * off.std() / math.sqrt(60)  # of the means of 60 records; of 2400 beats it would be a sixth of that
    low, high = figures["bias_ci_low"], figures["bias_ci_high"]
    assert (low, high) == pytest.approx((off.mean() - half, off.mean() + half), abs=0.12)
    assert figures["loa_low_ci_low"] < figures["loa_low"] < figures["loa_low_ci_high"]


@pytest.mark.parametrize(("bias", "margin", "equivalent"), [(0.0, 2.0, True), (1.9, 2.0, False), (5.0, 2.0, False)])
def test_equivalence_is_two_one_sided_tests(bias, margin, equivalent):
    rng = np.random.default_rng(3)
    truth = rng.normal(400, 20, 100)
    figures = of(truth, truth + bias + rng.normal(0, 4, 100), margin=margin)
    assert figures["equivalent"] is equivalent
    # 90 %: each of the two tests is one-sided at 5 %.
    half = 1.645 * 4 / 10
    assert figures["bias_ci90_high"] - figures["bias_ci90_low"] == pytest.approx(2 * half, rel=0.25)


def test_statistics_take_resamples_at_once():
    rng = np.random.default_rng(4)
    sums = group_sums(rng.normal(0, 1, 200), rng.normal(0, 1, 200), np.repeat(np.arange(5), 40), 5)
    assert sums.shape == (5, SUMS)
    together = statistics(sums)
    assert together.shape == (5, len(FIGURES))
    assert together[3] == pytest.approx(statistics(sums[3]))
