"""The file of one image: what the browser draws is the truth and what was read."""

import json
import re

import numpy as np
import pytest

from papertrace.figures.data import read_example, read_results
from papertrace.report import stage
from papertrace.report.page import _pieces

PAGE = "rec0_00000"


def told_of(path):
    text = path.read_text(encoding="utf-8")
    stem, page = re.fullmatch(r"papertrace\.receivePage\((\"[^\"]+\"),(.*)\);\n", text, re.DOTALL).groups()
    assert json.loads(stem) == path.stem
    return json.loads(page)


@pytest.fixture(scope="module")
def page(report):
    return told_of(report.parent / f"report-files/images/{PAGE}.scans.js")


def test_curves_are_those_of_the_tables(page, results, config):
    example = read_example(read_results(results, config.shard_size), PAGE, "scans", "network")
    reading = page["readings"]["network"]
    for lead, read, stretch in zip(page["leads"], reading["microvolts"], example.stretches, strict=True):
        assert lead["lead"] == stretch.lead
        assert np.array(lead["microvolts"]) / 1000 == pytest.approx(stretch.truth_mv, abs=0.0006)
        residual = (np.array(read, float) - lead["microvolts"]) / 1000
        assert residual == pytest.approx(stretch.residual_mv(), abs=0.0012, nan_ok=True)


def test_the_truth_is_drawn_where_it_is(page, results, config):
    example = read_example(read_results(results, config.shard_size), PAGE, "scans", "network")
    factor = page["image"]["width"] / example.image.shape[1]
    for lead, stretch in zip(page["leads"], example.stretches, strict=True):
        [points] = lead["curves"]
        corners = np.array(points).reshape(-1, 2) / 10
        truth = (stretch.truth_px + 0.5) * factor - 0.5
        assert len(corners) < len(truth) / 2
        along = np.linspace(0, len(corners) - 1, 20 * len(corners))
        line = np.stack([np.interp(along, np.arange(len(corners)), corners[:, axis]) for axis in (0, 1)], 1)
        assert max(np.hypot(*(line - point).T).min() for point in truth) < 1


def test_a_curve_is_broken_where_nothing_was_read():
    points = np.array([[0, 0], [1, 0], [np.nan, 0], [3, 5], [4, np.nan], [5, 5], [6, 6]], float)
    assert _pieces(points, 1.0) == [[0, 0, 10, 0], [30, 50], [50, 50, 60, 60]]


def test_scores_are_all_there_are(page):
    scores = page["readings"]["network"]["scores"]
    assert [lead["lead"] for lead in scores] == ["ECG1", "ECG2"]
    assert {"snr_db", "lag_ms", "qt_ms_truth", "qt_ms_trace", "status"} <= set(scores[0])
    assert page["recipes"]["scan"] == [{"artifact": "rotation", "deg": 1.15}]


def test_pages_are_added_on_demand(write_results, write_report, config, tmp_path):
    settings = config.model_copy(update={"report": config.report.model_copy(update={"examples": 1})})
    folder = write_results(tmp_path / "tiny", settings, 7)
    report = write_report(settings, folder, tmp_path)
    images = report.parent / "report-files/images"
    missing = next(
        f"rec{k % 3}_{k // 3:05d}" for k in range(7) if not (images / f"rec{k % 3}_{k // 3:05d}.pages.js").exists()
    )
    assert missing not in (images.parent / "shown.js").read_text()
    assert stage.add_pages(settings, folder, report, [missing]) == []
    assert told_of(images / f"{missing}.pages.js")["leads"] and told_of(images / f"{missing}.scans.js")["leads"]
    assert f'"{missing}.scans"' in (images.parent / "shown.js").read_text()
