"""The report in a real browser: headless Chromium, where there is one."""

from __future__ import annotations

import shutil

import pytest

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed (apt-get install chromium)")
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (make venv)")


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-quic"])
        yield browser
        browser.close()


@pytest.fixture
def visit(browser):
    """Open a page without a network: visit(path, **context); at the end nothing may have gone wrong."""
    problems, contexts = [], []

    def go(path, **options):
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, "offline": True, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "request",
            lambda request: (
                problems.append(request.url) if not request.url.startswith(("file:", "data:", "blob:")) else None
            ),
        )
        page.problems = problems
        page.goto(path.as_uri())
        return page

    yield go
    for context in contexts:
        context.close()


def column(page, name):
    """The cells of a column of the table, as they are shown."""
    place = page.locator("#pages thead button").evaluate_all(
        "(all, name) => all.findIndex((b) => b.dataset.sort === name)", name
    )
    return page.locator(f"#pages tbody td:nth-child({place + 1})").all_inner_texts()


def numbers(cells):
    return [float(cell.replace("\N{MINUS SIGN}", "-")) for cell in cells if cell != "\N{EN DASH}"]


def test_it_opens_without_error_or_request(report, visit):
    page = visit(report)
    assert "signal-to-noise ratio" in page.inner_text("#summary")
    assert page.locator("#pages tbody tr").count() == 14
    assert page.inner_text('[data-part="count"]').startswith("14 of 14 readings")
    page.wait_for_load_state("networkidle")
    assert page.problems == []


def test_the_table_sorts_by_any_column(report, visit):
    page = visit(report)
    snr = numbers(column(page, "snr_db"))
    assert snr == sorted(snr) and len(snr) == 10
    assert column(page, "snr_db")[10:] == ["\N{EN DASH}"] * 4  # what has none comes last
    page.click('[data-sort="snr_db"]')
    assert numbers(column(page, "snr_db")) == snr[::-1]
    assert column(page, "snr_db")[10:] == ["\N{EN DASH}"] * 4
    assert page.get_attribute('th:has([data-sort="snr_db"])', "aria-sort") == "descending"
    page.click('[data-sort="qt_ms_error"]')
    errors = [abs(value) for value in numbers(column(page, "qt_ms_error"))]
    assert errors == sorted(errors, reverse=True) and errors[0] > errors[-1]
    assert page.get_attribute('th:has([data-sort="snr_db"])', "aria-sort") == "none"
    page.keyboard.press("Enter")  # the button keeps the focus
    assert [abs(value) for value in numbers(column(page, "qt_ms_error"))] == errors[::-1]
    assert page.problems == []


def test_the_table_is_filtered_by_words_and_columns(report, visit):
    page = visit(report)
    page.select_option('[data-filter="status"]', "failed")
    assert set(column(page, "status")) == {"failed"} and len(column(page, "status")) == 4
    page.fill('[data-part="words"]', "GRID rec0")
    page.wait_for_function("document.querySelectorAll('#pages tbody tr').length === 2")
    assert all(reason.startswith("no grid was found") for reason in column(page, "reason"))
    page.click('[data-part="reset"]')
    assert page.locator("#pages tbody tr").count() == 14 and page.input_value('[data-part="words"]') == ""
    page.select_option('[data-filter="input"]', "scans")
    scans = numbers(column(page, "snr_db"))
    assert page.inner_text('[data-part="count"]').startswith("7 of 14")
    place = page.locator("#pages thead button").evaluate_all(
        "(all) => all.findIndex((b) => b.dataset.sort === 'snr_db')"
    )
    median = float(page.locator("#pages tfoot tr > *").nth(place).inner_text())
    assert median == pytest.approx(sorted(scans)[2], abs=0.051)
    page.goto(report.as_uri() + "#pages?status=failed&input=pages")
    page.reload()
    assert set(column(page, "status")) == {"failed"} and set(column(page, "input")) == {"pages"}
    assert page.problems == []


def test_columns_are_chosen_and_rows_saved(report, visit, tmp_path):
    page = visit(report)
    page.click("#pages summary")
    page.check('[data-column="rmse_mv"]')
    page.uncheck('[data-column="preset"]')
    page.select_option('[data-filter="input"]', "pages")
    with page.expect_download() as download:
        page.click('[data-part="save"]')
    download.value.save_as(tmp_path / "pages.csv")
    lines = (tmp_path / "pages.csv").read_text().splitlines()
    names = lines[0].split(",")
    assert "rmse_mv" in names and "preset" not in names and len(lines) == 8
    assert {line.split(",")[names.index("input")] for line in lines[1:]} == {"pages"}


def test_a_page_opens_with_scan_overlay_residual_and_errors(report, visit):
    page = visit(report)
    page.select_option('[data-filter="input"]', "scans")
    page.locator("#pages tbody a").first.click()
    first = page.inner_text("#page-title")
    page.wait_for_selector(".overlay img")
    assert page.locator(".overlay img").evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 300
    assert page.locator(".overlay g.truth polyline").count() == 2
    assert page.locator(".overlay g.trace polyline").count() == 2
    assert page.locator(".panels path.residual").count() == 2
    assert page.locator(".panels path.residual").first.get_attribute("d").count("L") > 900
    facts = page.inner_text('[data-part="facts"]')
    for piece in (
        "The page",
        "What the digitizer said",
        "Fidelity",
        "Clinical parameters",
        "rotation",
        "QT error (ms)",
    ):
        assert piece in facts
    assert "aligned SNR (dB)" in page.inner_text('[data-part="details"]')
    page.uncheck('[data-layer="trace"]')
    assert not page.locator(".overlay g.trace").is_visible()
    page.click(".overlay")
    assert "full" in page.get_attribute(".overlay", "class")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("(title) => document.getElementById('page-title').textContent !== title", arg=first)
    page.click('.readings a:has-text("pages")')
    page.wait_for_selector('.readings a[aria-current]:has-text("pages")')
    assert page.url.endswith("/pages/network")
    page.keyboard.press("Escape")
    assert not page.locator("#page-view").is_visible()
    page.go_back()
    assert page.problems == []


def test_a_page_that_is_not_shown_names_the_command(write_results, write_report, config, visit, tmp_path):
    settings = config.model_copy(update={"report": config.report.model_copy(update={"examples": 1})})
    folder = write_results(tmp_path / "tiny", settings, 7)
    page = visit(write_report(settings, folder, tmp_path))
    shown = page.evaluate("[...papertrace.shown]")
    links = page.locator("#pages tbody a")
    hidden = next(
        href
        for href in links.evaluate_all("(all) => all.map((a) => a.hash)")
        if "/".join(href.split("/")[1:3]).replace("/", ".") not in shown
    )
    page.click(f'#pages tbody a[href="{hidden}"]')
    command = page.inner_text('[data-part="pictures"] pre')
    assert command == f"papertrace report-page --results {folder} {hidden.split('/')[1]}"
    assert page.problems == []


def test_without_its_folder_it_says_so(report, visit, tmp_path):
    alone = tmp_path / "report.html"
    alone.write_bytes(report.read_bytes())
    page = visit(alone)
    assert "the folder report-files" in page.inner_text("#pages")
    assert "signal-to-noise ratio" in page.inner_text("#summary")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(report, visit, scheme):
    page = visit(report, color_scheme=scheme)
    page.locator("#pages tbody a").first.click()
    contrast = page.evaluate("""() => {
      const parse = (text) => text.match(/[\\d.]+/g).map(Number);
      const light = ([r, g, b]) => {
        const linear = (v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
        const [x, y, z] = [r, g, b].map((v) => linear(v / 255));
        return 0.2126 * x + 0.7152 * y + 0.0722 * z;
      };
      const ground = (node) => {
        for (; node; node = node.parentElement) {
          const colour = parse(getComputedStyle(node).backgroundColor);
          if (colour.length === 3 || colour[3] > 0.9) return colour;
        }
        return [255, 255, 255];
      };
      const low = [];
      for (const node of document.querySelectorAll("p, td, th, a, dt, dd, button, summary, span, h2, figcaption")) {
        if (!node.innerText?.trim() || node.disabled) continue;
        const [a, b] = [light(parse(getComputedStyle(node).color)), light(ground(node))].sort((x, y) => y - x);
        const ratio = (a + 0.05) / (b + 0.05);
        if (ratio < 4.5) low.push(`${node.tagName} ${node.innerText.slice(0, 30)} ${ratio.toFixed(2)}`);
      }
      return low;
    }""")
    assert contrast == []


@pytest.mark.parametrize("width", [390, 820])
def test_it_fits_a_phone_and_a_tablet(report, visit, width):
    page = visit(report, viewport={"width": width, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("#pages tbody a").first.click()
    page.wait_for_selector(".overlay img")
    assert page.evaluate("document.getElementById('page-view').scrollWidth") <= width


def test_the_visit_sees_errors_and_requests(visit, tmp_path):
    bad = tmp_path / "bad.html"
    bad.write_text(
        "<img src='https://nowhere.invalid/a.png'><script>console.error('boo'); nothing()</script>", encoding="utf-8"
    )
    page = visit(bad)
    page.wait_for_load_state("networkidle")
    assert "boo" in page.problems and "https://nowhere.invalid/a.png" in page.problems
    assert any("nothing is not defined" in problem for problem in page.problems)
