from __future__ import annotations

import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papertrace.config import Config
from papertrace.errors import ConfigError
from papertrace.manifest.recipes import (
    limited_windows,
    page_total,
    spread,
    window_length,
    window_start,
    windows_per_record,
)


def recipe(name, limit=None, **manifest) -> Config:
    return Config.model_validate({"limit": limit, "manifest": {"recipe": name, **manifest}})


def test_the_study_of_21801_pages():
    counts = windows_per_record(recipe("qtdb-21801"), 105)
    assert counts == [208] * 66 + [207] * 39
    assert page_total(recipe("qtdb-21801"), 105) == 66 * 208 + 39 * 207 == 21_801
    assert page_total(recipe("qtdb-disjoint"), 105) == 9_450
    assert windows_per_record(recipe("qtdb-disjoint"), 105) == [90] * 105
    assert page_total(recipe("ptbxl-21801"), 21_801) == 21_801


def test_strided_counts_and_limits():
    assert page_total(recipe("strided", windows_per_record=3), 7) == 21
    assert page_total(recipe("strided", limit=5, windows_per_record=3), 7) == 5
    assert page_total(recipe("strided", limit=99, windows_per_record=3), 7) == 21


@pytest.mark.parametrize(
    ("name", "records", "sentence"),
    [
        ("qtdb-21801", 104, r"`manifest.recipe` is 'qtdb-21801', which needs 105 records, not 104: .*QT Database"),
        ("qtdb-disjoint", 80, r"needs 105 records, not 80"),
        ("ptbxl-21801", 21_799, r"needs 21,801 records, not 21,799: .*PTB-XL 1\.0\.2"),
    ],
)
def test_recipes_assert_their_records(name, records, sentence):
    with pytest.raises(ConfigError, match=sentence):
        page_total(recipe(name), records)


def test_recipes_assert_their_window():
    with pytest.raises(ConfigError, match=r"`manifest.window_s` is 5, but recipe 'qtdb-21801' has windows of 10 s"):
        page_total(recipe("qtdb-21801", window_s=5), 105)


@given(st.integers(1, 400), st.data())
def test_spread_is_distinct_ordered_and_even(total, data):
    chosen = data.draw(st.integers(1, total))
    places = spread(total, chosen)
    assert len(places) == chosen
    assert places == sorted(set(places))
    assert 0 <= places[0] <= places[-1] < total
    gaps = {after - before for before, after in itertools.pairwise(places)}
    assert not gaps or max(gaps) - min(gaps) <= 1
    assert abs(places[0] - (total - 1 - places[-1])) <= 1, "as far from the start as from the end"


@given(st.integers(1, 30), st.integers(1, 12), st.integers(0, 30), st.data())
def test_a_limit_takes_all_records_as_evenly_as_possible(n_records, fewest, extra, data):
    counts = [fewest + (place < extra) for place in range(n_records)]
    limit = data.draw(st.none() | st.integers(1, sum(counts) + 3))
    order = data.draw(st.permutations(range(n_records)))
    windows = limited_windows(counts, order, limit)
    lengths = [len(chosen) for chosen in windows]
    assert sum(lengths) == (sum(counts) if limit is None else min(limit, sum(counts)))
    assert max(lengths) - min(lengths) <= 1
    for chosen, count in zip(windows, counts, strict=True):
        assert chosen == sorted(set(chosen))
        assert set(chosen) <= set(range(count))


@given(st.integers(1, 5000), st.integers(0, 250_000), st.integers(1, 300))
def test_windows_are_evenly_strided_from_start_to_end(length, free, n_windows):
    starts = [window_start(length + free, length, window, n_windows) for window in range(n_windows)]
    if n_windows == 1:
        assert starts == [free // 2]
        return
    assert (starts[0], starts[-1]) == (0, free)
    strides = Counter(after - before for before, after in itertools.pairwise(starts))
    assert max(strides) - min(strides) <= 1


@pytest.mark.parametrize(("n_record", "length"), [(225_000, 2500), (224_999, 2499), (224_993, 2499)])
def test_disjoint_windows_are_disjoint_in_records_a_few_samples_short(n_record, length):
    assert window_length(recipe("qtdb-disjoint"), n_record, 250.0, 90) == length
    starts = [window_start(n_record, length, window, 90) for window in range(90)]
    assert all(after - before >= length for before, after in itertools.pairwise(starts))
    assert starts[-1] + length == n_record


def test_window_length_at_odd_rates():
    assert window_length(recipe("strided"), 10_000, 128.5, 1) == 1285
    assert window_length(recipe("strided", window_s=2.5), 10_000, 360.0, 1) == 900
