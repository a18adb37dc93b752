"""Take the documentation's picture of a report, in headless Chromium: ``make docs-figures``."""

from __future__ import annotations

import argparse
import io
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

WINDOW = {"width": 1280, "height": 860}


def main() -> None:
    """Write one picture: the table of pages, and below it a page that is open."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path, help="report.html, as the workflow leaves it")
    parser.add_argument("out", type=Path, help="PNG to write")
    given = parser.parse_args()
    browser_path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page(viewport=WINDOW)
        page.goto(given.report.resolve().as_uri())
        page.evaluate("document.getElementById('pages').scrollIntoView()")
        table = shot(page)
        page.locator('#pages tbody tr:has-text("scans") a:has-text("twelve")').last.click()
        page.wait_for_selector(".overlay img")
        page.evaluate("document.querySelector('.overlay img').decode()")
        page.evaluate("document.getElementById('page-view').scrollTop = 610")
        opened = shot(page)
        browser.close()
    whole = Image.new("RGB", (table.width, table.height + opened.height), "white")
    whole.paste(table, (0, 0))
    whole.paste(opened, (0, table.height))
    small = whole.resize((whole.width * 7 // 10, whole.height * 7 // 10), Image.Resampling.LANCZOS)
    small.quantize(128, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(given.out, optimize=True)


def shot(page: Page) -> Image.Image:
    """Return what the window shows."""
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


if __name__ == "__main__":
    main()
