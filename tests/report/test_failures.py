"""Failures by reason."""

import pytest

from papertrace.figures.data import Failure
from papertrace.report.failures import by_reason, pattern_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("sel100.dat: holds 10 samples where", "sel31.dat: holds 2,250 samples where"),
        ("only 3.5 of 12 leads", "only 11 of 12 leads"),
        ("/a/b/x1: no such file", "y/z.hea: no such file"),
    ],
)
def test_sentences_that_differ_in_names_and_numbers_are_alike(one, other):
    assert pattern_of(one) == pattern_of(other)


def test_sentences_that_differ_in_words_are_not():
    assert pattern_of("no grid was found: too faint") != pattern_of("no row was found: too faint")


def test_the_most_frequent_comes_first_and_digitizers_are_told_apart():
    def failed(item, digitizer, reason):
        return Failure("traces", item, "scans", digitizer, None, "failed", reason)

    failures = [failed("a", "x", "no grid"), *(failed(f"p{k}", "y", f"only {k} rows") for k in range(30))]
    failures.append(failed("b", "y", "no grid"))
    reasons = by_reason(failures)
    assert [(r.digitizer, r.count, r.example.item) for r in reasons] == [("y", 30, "p0"), ("x", 1, "a"), ("y", 1, "b")]
    assert sum(r.count for r in reasons) == len(failures)
    assert len(reasons[0].first) == 20
