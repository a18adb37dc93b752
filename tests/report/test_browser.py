"""The report in a real browser: headless Chromium, where there is one."""

import json
import shutil
import subprocess
from dataclasses import dataclass

import pytest

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed (apt-get install chromium)")

FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--enable-logging=stderr"),
    "--host-resolver-rules=MAP * ~NOTFOUND",  # the browser's own calls home end here
]


@dataclass
class Visit:
    dom: str
    console: list[str]
    requested: list[str]


def _visit(path, folder, size="1280,900"):
    log = folder / "net.json"
    flags = [*FLAGS, f"--user-data-dir={folder / 'profile'}", f"--log-net-log={log}", f"--window-size={size}"]
    done = subprocess.run(
        [BROWSER, *flags, "--dump-dom", path.as_uri()], capture_output=True, text=True, timeout=60, check=True
    )
    console = [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
    events = [event.get("params") for event in json.loads(log.read_text(encoding="utf-8"))["events"]]
    # What a page asks for carries the page's origin (that of a file is "null"), the browser's own calls carry none.
    of_page = [p for p in events if isinstance(p, dict) and p.get("initiator") not in (None, "not an origin")]
    return Visit(done.stdout, console, [p.get("url", "") for p in of_page])


def test_report_opens_without_error_or_request(report, tmp_path):
    visit = _visit(report, tmp_path)
    assert visit.console == []
    assert visit.requested == []
    assert 'id="summary"' in visit.dom and "signal-to-noise ratio" in visit.dom
    assert visit.dom.rstrip().endswith("</html>")


def test_report_fits_a_phone(report, tmp_path):
    probe = "<script>document.title = 'wide ' + (document.documentElement.scrollWidth > innerWidth)</script></body>"
    page = tmp_path / "phone.html"
    page.write_text(report.read_text(encoding="utf-8").replace("</body>", probe), encoding="utf-8")
    assert "<title>wide false</title>" in _visit(page, tmp_path, "500,900").dom


def test_the_visit_sees_errors_and_requests(tmp_path):
    page = tmp_path / "bad.html"
    page.write_text("<img src='https://nowhere.invalid/a.png'><script>console.error('boo')</script>", encoding="utf-8")
    visit = _visit(page, tmp_path)
    assert len(visit.console) == 1 and visit.requested == ["https://nowhere.invalid/a.png"]
