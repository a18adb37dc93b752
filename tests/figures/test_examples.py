from hypothesis import given
from hypothesis import strategies as st

from papertrace.figures.examples import PageScore, pick, rank


def _pages(values):
    return rank([PageScore(f"p{k:03d}", value) for k, value in enumerate(values)])


def test_best_median_and_worst_of_nine():
    picked = pick(_pages(range(9)), 1)
    assert {kind: [page.snr_db for page in pages] for kind, pages in picked.items()} == {
        "best": [8],
        "median": [4],
        "worst": [0],
    }


def test_equal_scores_are_ordered_by_page_id():
    assert [page.page_id for page in rank([PageScore("b", 1.0), PageScore("a", 1.0)])] == ["a", "b"]


@given(st.lists(st.floats(-50, 50), max_size=40), st.integers(1, 20))
def test_no_page_is_shown_twice_and_kinds_are_in_order(values, count):
    picked = pick(_pages(values), count)
    shown = [page for pages in picked.values() for page in pages]
    assert len({page.page_id for page in shown}) == len(shown)
    assert all(len(pages) <= count for pages in picked.values())
    assert bool(shown) == bool(values)
    ends = [[page.snr_db for page in picked[kind]] for kind in ("worst", "median", "best")]
    for lower, higher in ((ends[0], ends[1]), (ends[1], ends[2]), (ends[0], ends[2])):
        assert not lower or not higher or max(lower) <= min(higher)
