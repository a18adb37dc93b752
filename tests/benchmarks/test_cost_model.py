"""The fit behind `papertrace plan`: sums of terms, and peaks that no run lies above."""

import cost_model as benchmark
import pytest


def runs(grown_mib=0.0):
    """Runs of 1.5 s and 0.25 s a page, 200 MiB and 20 a megapixel; workers of many pages have grown."""
    made = []
    for pages, size in ((2, 3.74), (24, 3.74), (6, 8.4)):
        counts = {"job": 1.0, "page": float(pages), "size": size}
        peak = 200 + 20 * size + (grown_mib if pages > 10 else 0.0)
        made.append(benchmark.Measured(counts, cpu_s=1.5 + 0.25 * pages, peak_mib=peak))
    return made


def test_terms_are_found():
    assert benchmark.fitted(runs(), "cpu_s", ("job", "page")) == pytest.approx({"job": 1.5, "page": 0.25})
    assert benchmark.fitted(runs(), "peak_mib", ("job", "size")) == pytest.approx({"job": 200, "size": 20})


def test_what_was_not_there_has_no_term():
    assert set(benchmark.fitted(runs(), "cpu_s", ("job", "page", "lead"))) == {"job", "page"}
    assert benchmark.fitted(runs(), "images_mb", ("page",)) == {}


def test_no_run_has_a_higher_peak_than_the_model():
    measured = runs(grown_mib=90.0)
    found = benchmark.fitted(measured, "peak_mib", ("job", "size"))
    left = [sum(found[name] * run.counts[name] for name in found) - run.peak_mib for run in measured]
    assert min(left) == pytest.approx(0, abs=1.0)
