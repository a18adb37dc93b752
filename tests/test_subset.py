"""Shares of the pages: even, nested, and told by an id alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from papertrace.subset import is_read, share_of, within
from papertrace.traces.config import TracesConfig


def windows(share: float, record: str = "sel100", count: int = 208) -> list[int]:
    return [window for window in range(count) if within(f"{record}_{window:05d}", share)]


@given(st.sampled_from((0.01, 0.02, 0.05, 0.1, 0.3, 0.5)), st.from_regex(r"[a-z0-9_]{1,12}", fullmatch=True))
def test_a_records_windows_are_spread_over_it(share, record):
    """Three distances of the golden section are all there are: none is longer than 2.7 times the mean."""
    chosen = windows(share, record, 2000)
    assert abs(len(chosen) - 2000 * share) <= 5
    assert max(np.diff([-1, *chosen, 2000])) <= 2.7 / share


def test_where_a_record_has_one_window_the_share_is_one_of_records():
    chosen = sum(within(f"{k:05d}_hr_00000", 0.05) for k in range(20_000))
    assert abs(chosen - 1000) < 5 * np.sqrt(950)


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 10_000))
def test_a_smaller_share_is_part_of_a_larger_one(one, other, window):
    page_id = f"sel_100_{window:05d}"
    assert within(page_id, min(one, other)) <= within(page_id, max(one, other))


@given(st.integers(0, 10_000))
def test_none_and_all(window):
    assert not within(f"a_{window:05d}", 0)
    assert within(f"a_{window:05d}", 1)


def test_the_config_says_who_reads_what():
    config = TracesConfig(digitizers=["network", "dncnn"], shares={"dncnn": {"pages": 0, "scans": 0.05}})
    assert share_of(config, "scans", "network") == 1
    assert share_of(config, "scans", "dncnn") == 0.05
    assert [is_read(config, "not-an-id", "scans", "network"), is_read(config, "a_00000", "pages", "dncnn")] == [
        True,
        False,
    ]
    assert [k for k in range(208) if is_read(config, f"sel100_{k:05d}", "scans", "dncnn")] == windows(0.05)


def test_pages_chosen_of_the_whole_database_are_those_of_a_part():
    whole = windows(0.05)
    assert whole == pytest.approx(windows(0.05, count=1000)[: len(whole)])
