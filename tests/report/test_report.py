"""The report: whole, offline, and its numbers are the tables'."""

import base64
import csv
import html.parser
import re
import xml.etree.ElementTree as ET
from urllib.parse import unquote

import pytest

from papertrace import tables
from papertrace.costs import stage_costs
from papertrace.errors import PapertraceError
from papertrace.io import read_rows, write_bytes, write_table, write_text
from papertrace.report import content, stage
from papertrace.scores import summary

VOID = {"meta", "link", "img", "br", "hr", "input"}


class Page(html.parser.HTMLParser):
    """Collects what a reader sees, and everything a browser would fetch."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.fetched, self.numbers, self.cells, self.texts = [], [], [], {}, []
        self.summary, self.failures, self.badly_nested = "", 0, []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.fetched += [
            attributes[name] for name in ("src", "srcset", "data", "poster", "action") if name in attributes
        ]
        if "href" in attributes:
            self.fetched.append(attributes["href"])
        self.failures += attributes.get("class") == "failure"
        if tag not in VOID:
            self.open.append((tag, attributes))

    def handle_endtag(self, tag):
        if self.open.pop()[0] != tag:
            self.badly_nested.append((tag, self.getpos()))

    def handle_data(self, data):
        inside = [attributes for _, attributes in self.open]
        if any(attributes.get("id") == "summary" for attributes in inside):
            self.summary += data
        if inside and "data-number" in inside[-1]:
            self.numbers.append((inside[-1]["data-number"], data))
        if inside and "data-cell" in inside[-1]:
            self.cells[inside[-1]["data-cell"]] = data
        self.texts.append(data)


@pytest.fixture(scope="session")
def page(report):
    return Page(report.read_text(encoding="utf-8"))


def test_markup_is_well_nested(page):
    assert not page.badly_nested and not page.open


def test_nothing_is_fetched_from_outside_its_folder(report, page):
    local = [uri for uri in page.fetched if not uri.startswith(("data:", "#"))]
    assert len(local) == 2 + 5 + 8  # scripts, figures, cards
    for uri in local:
        assert uri.startswith("report-files/") and (report.parent / unquote(uri)).is_file()
    for path in (report, *report.parent.rglob("*.js")):
        # the config that is shown names PhysioNet, which is text
        text = re.sub(r"data:image/[^\"]*|<pre>.*?</pre>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert set(re.findall(r"(?:https?|ftp):[^\"]*|file:/|@import|url\(", text)) <= {"http://www.w3.org/2000/svg"}


def test_images_are_whole(report, page):
    import cv2
    import numpy as np

    embedded = [uri for uri in page.fetched if uri.startswith("data:image/")]
    assert len(embedded) == 4
    files = [path.read_bytes() for path in report.parent.rglob("*.webp")]
    files += [base64.b64decode(uri.split(",", 1)[1]) for uri in embedded if uri.startswith("data:image/webp")]
    assert len(files) >= 20
    for data in files:
        assert cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR).shape[1] >= 300
    for uri in embedded:
        if uri.startswith("data:image/svg"):
            assert ET.fromstring(base64.b64decode(uri.split(",", 1)[1])).tag.endswith("svg")


def test_every_number_of_the_summary_is_in_the_tables(page, results):
    with (results / "scores/summary.csv").open(newline="") as file:
        summary = {(r["digitizer"], r["input"], r["group"], r["value"]): r for r in csv.DictReader(file)}
    checked = 0
    for key, text in page.numbers:
        if key.startswith("count/"):
            continue
        *row, column = key.split("/")
        decimals = 0 if column.startswith("leads") else 1
        shown = float(text.replace("\N{MINUS SIGN}", "-"))
        assert shown == pytest.approx(float(summary[tuple(row)][column]), abs=0.5001 * 10.0**-decimals)
        checked += 1
    assert checked >= 12
    # No number stands in the summary that was not looked up.
    looked_up = [text for _, text in page.numbers]
    for text in re.findall(r"[+\N{MINUS SIGN}]?\d[\d.\u202f]*", page.summary):
        assert text.rstrip(".") in looked_up


def test_counts_are_those_of_the_folder(page):
    counts = dict(page.numbers)
    assert {
        key: counts[f"count/{key}"] for key in ("all/records", "pages/ok", "scans/ok", "traces/ok", "scores/ok")
    } == {
        "all/records": "3",
        "pages/ok": "6",
        "scans/ok": "6",
        "traces/ok": "10",
        "scores/ok": "20",
    }
    # One page not drawn, one page not read from either image; neither is told twice.
    assert counts["count/all/failures"] == "3" == str(page.failures)
    assert counts["count/all/pages"] == "14"


def test_cells_hold_the_summary_table(page, results):
    with (results / "scores/summary.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["group"] == "split"]
    assert len(rows) == 4
    for row in rows:
        key = "/".join((row["digitizer"], row["input"], "split", row["value"], "snr_aligned_db_p10"))
        assert page.cells[key] == content.number(float(row["snr_aligned_db_p10"]))


def test_cells_hold_the_agreement(page, results):
    with (results / "scores/agreement.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if (row["group"], row["per"]) == ("all", "lead")]
    assert {row["input"] for row in rows} == {"pages", "scans"}
    for row in rows:
        key = "/".join((row["digitizer"], row["input"], "lead", row["parameter"]))
        decimals = 3 if row["parameter"].endswith("_mv") else 2
        assert page.cells[f"{key}/bias"] == content.number(float(row["bias"] or "nan"), decimals, sign=True)
        assert page.cells[f"{key}/n"] == row["n"]


def test_reasons_are_shown_and_escaped(report, page):
    assert "fetch the record <again>" in "".join(page.texts)
    assert "<again>" not in report.read_text(encoding="utf-8")
    assert "no grid was found" in "".join(page.texts)


def test_whole_config_seed_and_versions_are_shown(page):
    text = "".join(page.texts)
    for piece in ("dataset: tiny", "shard_size: 4", "examples_per_reason: 2", "numpy", "Python", "git commit"):
        assert piece in text


def test_costs_are_those_of_the_benchmarks(page, results):
    [cost] = stage_costs(results)
    cells = " ".join(page.texts).split()
    row = ["traces", "1", "12.5", f"{cost.seconds_per_page:.3f}", "321"]
    assert any(cells[k : k + len(row)] == row for k in range(len(cells)))


def test_same_results_same_bytes(results, config, report, tmp_path):
    stage.run(config, results, report.parents[1] / "figures/figures.csv", tmp_path / "report.html")
    names = sorted(path.relative_to(report.parent) for path in report.parent.rglob("*") if path.is_file())
    assert len(names) > 30
    assert names == sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    for name in names:
        assert (report.parent / name).read_bytes() == (tmp_path / name).read_bytes(), name


@pytest.mark.parametrize("pages", [1, 2])
def test_few_pages(write_results, write_report, config, tmp_path, pages):
    write_results(tmp_path / "tiny", config, pages)
    text = write_report(config, tmp_path / "tiny", tmp_path).read_text(encoding="utf-8")
    assert "Nothing failed." in text and text.count("<h3>Best</h3>") == 2
    assert text.count("<h3>Worst</h3>") == 2 * (pages - 1)


def test_no_page_was_read(write_results, write_report, config, tmp_path):
    failed = dict.fromkeys(range(2), ("traces", "rejected", "this is no ECG"))
    write_results(tmp_path / "tiny", config, 2, failed)
    page = Page(write_report(config, tmp_path / "tiny", tmp_path).read_text(encoding="utf-8"))
    text = " ".join("".join(page.texts).split())
    assert "On clean pages no lead was read" in text and "On scans no lead was read" in text
    assert "No page was read, so there is nothing to show" in text
    # Two pages, clean and scanned, for one and the same reason.
    assert page.failures == 2 and not page.badly_nested
    assert [page.cells[f"failures/{k}"] for k in range(2)] == ["2", "2"]


def test_missing_image_takes_one_example_not_the_report(write_results, write_report, config, tmp_path):
    folder = write_results(tmp_path / "tiny", config, 4)
    write_bytes(b"no image", folder / "scans/shard-00000/rec0_00000.png")
    text = write_report(config, folder, tmp_path).read_text(encoding="utf-8")
    assert "no readable image; run the stage that writes it again" in text
    assert "holds no benchmarks" in text
    assert text.count("report-files/images/") == 5  # of six


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("scores/scores.parquet", None, "scores.parquet: no such table; run the stages before this one first"),
        ("scores/scores.parquet", b"PAR1 torn", "scores.parquet: not the table it should be"),
        ("scores/summary.csv", None, "summary.csv: no such table"),
        ("scores/summary.csv", b"input,digitizer,group,value\npages,network,all,all\n", "summary.csv: has no column"),
        ("traces/shard-00000.parquet", None, "shard-00000.parquet: no such table"),
    ],
)
def test_missing_or_torn_table_is_one_sentence_and_no_report(
    write_results, write_report, config, tmp_path, name, data, sentence
):
    folder = write_results(tmp_path / "tiny", config, 1)
    figures = write_report(config, folder, tmp_path).parents[1] / "figures/figures.csv"
    (folder / name).unlink()
    if data is not None:
        (folder / name).write_bytes(data)
    with pytest.raises(PapertraceError, match=re.escape(sentence)):
        stage.run(config, folder, figures, tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()


def test_two_digitizers_stand_side_by_side(write_results, write_report, config, tmp_path):
    folder = write_results(tmp_path / "tiny", config, 2)
    rows = read_rows(folder / "scores/shard-00000.parquet")
    rows += [row | {"digitizer": "other", "snr_db": row["snr_db"] - 5} for row in rows]
    write_table(rows, tables.SCORES, folder / "scores/shard-00000.parquet")
    summary.run(config, [folder / "scores/shard-00000.parquet"], folder / "scores/scores.parquet")
    page = Page(write_report(config, folder, tmp_path).read_text(encoding="utf-8"))
    ours, theirs = (page.cells[f"{name}/scans/layout/2x1/snr_db_mean"] for name in ("network", "other"))
    assert float(ours) - float(theirs) == pytest.approx(5, abs=0.11)
    assert "network:" in page.summary and "other:" in page.summary


def test_figures_of_the_study_are_folded_away_with_their_captions(results, config, tmp_path):
    import cv2
    import numpy as np

    rows = [
        "name,kind,title,problem,caption",
        "study/F1-x,study,F1: The round trip,,What it shows.",
        "study/F4-y,study,F4: Twelve leads,no page has twelve,",
    ]
    write_text("\n".join(rows) + "\n", tmp_path / "figures/figures.csv")
    png = cv2.imencode(".png", np.full((900, 3200, 3), 200, np.uint8))[1].tobytes()
    write_bytes(png, tmp_path / "figures/study/F1-x.png")
    stage.run(config, results, tmp_path / "figures/figures.csv", tmp_path / "report/report.html")
    html = (tmp_path / "report/report.html").read_text(encoding="utf-8")
    section = html.partition('<section id="study">')[2].partition("</section>")[0]
    assert 'href="#study"' in html
    assert "1 of 2 could be made" in section
    assert section.count("<details") == section.count("<summary>") == 2
    assert "F1: The round trip. What it shows." in section
    assert "no page has twelve" in section and "(not made)" in section
    shown = tmp_path / "report/report-files/figures/study/F1-x.webp"
    assert cv2.imread(str(shown)).shape == (450, 1600, 3)
