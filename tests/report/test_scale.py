"""A run of 21,801 pages, each clean and scanned and read by three digitizers: does the report still do?"""

from __future__ import annotations

import shutil

import pytest
import report_scale

PAGES, DIGITIZERS = 21_801, 3
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="module")
def large(results, config, tmp_path_factory):
    settings = config.model_copy(update={"results": str(results.parent)})
    folder = tmp_path_factory.mktemp("scale")
    return folder, report_scale.measure(settings, folder, PAGES, DIGITIZERS)


@pytest.mark.slow
def test_summary_figures_and_report_take_minutes_and_little_memory(large):
    costs = large[1]
    assert [cost.command for cost in costs] == ["summary", "figures", "report"]
    assert sum(cost.cpu_s for cost in costs) < 300
    assert max(cost.peak_mb for cost in costs) < 2048


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed (apt-get install chromium)")
def test_the_table_answers_while_one_waits(large):
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (make venv)")
    report = large[0] / "large/report/report.html"
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(report.as_uri())
        assert f"of {PAGES * 2 * DIGITIZERS:_} readings".replace("_", "\u202f") in page.inner_text(
            '[data-part="count"]'
        )
        sort = page.evaluate(
            "() => { const start = performance.now();"
            " document.querySelector('[data-sort=snr_aligned_db]').click(); return performance.now() - start; }"
        )
        filtered = page.evaluate(
            "() => { const start = performance.now(), select = document.querySelector('[data-filter=status]');"
            " select.value = 'failed'; select.dispatchEvent(new Event('change')); return performance.now() - start; }"
        )
        loaded = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
        print(f"loaded {loaded:.0f} ms, sorted {sort:.0f} ms, filtered {filtered:.0f} ms")
        assert loaded < 15_000 and sort < 3_000 and filtered < 3_000
        browser.close()
