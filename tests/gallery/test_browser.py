"""The gallery in a real browser: headless Chromium, where there is one."""

from __future__ import annotations

import shutil
import subprocess

import pytest

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed (apt-get install chromium)")

FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--enable-logging=stderr"),
    "--host-resolver-rules=MAP * ~NOTFOUND",  # the browser's own calls home end here
]

# A person's clicks; what is seen after each goes into the page's title.
CLICKS = """
<script>
addEventListener("load", () => {
  const seen = [];
  const look = (what) => seen.push(`${what}=${getComputedStyle(document.querySelector(".thumb .labels")).display}`);
  look("before");
  document.getElementById("show-labels").click();
  look("on");
  const tile = document.querySelectorAll(".thumb")[3];
  tile.click();
  const image = document.getElementById("viewer-image");
  image.decode().then(() => {
    seen.push(`open=${document.getElementById("viewer").open}`, `same=${image.src === tile.href}`);
    seen.push(`wide=${image.naturalWidth === Number(tile.dataset.size.split(",")[0])}`);
    document.querySelector('[data-step="1"]').click();
    seen.push(`next=${image.src === document.querySelectorAll(".thumb")[4].href}`);
    dispatchEvent(new KeyboardEvent("keydown", { key: "l" }));
    look("off");
    document.getElementById("viewer-close").click();
    seen.push(`closed=${!document.getElementById("viewer").open}`);
    document.title = seen.join(" ");
  });
});
</script></body>
"""


def visit(path, folder, size="1400,900"):
    flags = [*FLAGS, f"--user-data-dir={folder / 'profile'}", f"--window-size={size}", "--virtual-time-budget=4000"]
    done = subprocess.run(
        [BROWSER, *flags, "--dump-dom", path.as_uri()], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout, [line for line in done.stderr.splitlines() if ":CONSOLE" in line]


def test_it_opens_without_error(gallery, tmp_path):
    dom, console = visit(gallery / "index.html", tmp_path)
    assert console == []
    assert dom.rstrip().endswith("</html>") and 'id="artifacts-blur"' in dom


def test_labels_and_viewer_answer_to_clicks(gallery, tmp_path):
    page = gallery / "clicked.html"
    page.write_text((gallery / "index.html").read_text(encoding="utf-8").replace("</body>", CLICKS), encoding="utf-8")
    try:
        dom, console = visit(page, tmp_path)
    finally:
        page.unlink()
    assert console == []
    title = "before=none on=block open=true same=true wide=true next=true off=none closed=true"
    assert f"<title>{title}</title>" in dom


@pytest.mark.parametrize("width", [500, 1000, 1800])
def test_it_fits_the_window(gallery, tmp_path, width):
    probe = "<script>document.title = 'wide ' + (document.documentElement.scrollWidth > innerWidth)</script></body>"
    page = gallery / f"probe-{width}.html"
    page.write_text((gallery / "index.html").read_text(encoding="utf-8").replace("</body>", probe), encoding="utf-8")
    try:
        dom, _ = visit(page, tmp_path, f"{width},900")
    finally:
        page.unlink()
    assert "<title>wide false</title>" in dom
