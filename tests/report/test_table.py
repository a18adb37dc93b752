"""The table of pages, packed for the browser, against the tables it is made of."""

import json

import numpy as np
import pyarrow as pa
import pytest

from papertrace.figures.data import read_results
from papertrace.report import table
from papertrace.report.columns import by_magnitude, group_of, title_of
from papertrace.report.table import Column


def unpacked(packed):
    """Do what data.js does: a mapping of every row's cells."""
    rows = []
    for row in range(packed["rows"]):
        page = packed["pageOf"][row]
        cells = {"page_id": packed["pageIds"][page]}
        for column in packed["columns"]:
            k = page if column["perPage"] else row
            if column["kind"] == "number":
                value = column["values"][k]
                cells[column["name"]] = None if value is None else value / 10 ** column["decimals"]
            else:
                code = column["codes"][k]
                cells[column["name"]] = None if code < 0 else column["texts"][code]
        rows.append(cells)
    return rows


@pytest.fixture(scope="module")
def data(results, config):
    return read_results(results, config.shard_size)


@pytest.fixture(scope="module")
def packed(config, data):
    return json.loads(table.build(config, data).to_json())


def test_every_reading_has_its_scores(packed, data):
    rows = unpacked(packed)
    given = data.pages.to_pylist()
    assert len(rows) == len(given) == 14
    for told, row in zip(rows, given, strict=True):
        for name in ("page_id", "input", "digitizer", "status", "record", "split", "layout"):
            assert told[name] == row[name] or name in ("split", "record")  # those are the manifest's
        for name in ("snr_db", "snr_aligned_db", "qt_ms_error"):
            assert told[name] is None if row[name] is None else told[name] == pytest.approx(row[name], abs=0.051)


def test_reasons_presets_and_artifacts_are_the_readings(packed):
    told = {(row["page_id"], row["input"]): row for row in unpacked(packed)}
    assert told["rec0_00001", "scans"]["reason"].startswith("no grid was found")
    assert told["rec0_00000", "scans"]["reason"] is None
    assert (told["rec0_00000", "scans"]["artifacts"], told["rec0_00000", "pages"]["artifacts"]) == ("rotation", None)
    assert (told["rec0_00000", "scans"]["preset"], told["rec0_00000", "pages"]["preset"]) == ("as configured", "clean")


def test_a_column_that_is_new_to_the_report_is_in_it(config, data):
    more = data.pages.append_column("pr_mv_error", pa.array(np.linspace(-0.5, 0.5, data.pages.num_rows)))
    told = json.loads(table.build(config, data.__class__(**{**vars(data), "pages": more})).to_json())
    [column] = [column for column in told["columns"] if column["name"] == "pr_mv_error"]
    assert (column["title"], column["group"], column["decimals"]) == ("PR error (mV)", "clinical", 4)
    assert column["magnitude"] and not column["shown"]
    assert column["values"][0] == -5000


def test_numbers_are_whole_and_absent_ones_null():
    told = Column("snr_db", "SNR", "fidelity", False, np.array([1.26, np.nan, -np.inf, np.inf])).encoded()
    assert told["decimals"] == 1
    assert told["values"] == [13, None, -(2**31 - 1), 2**31 - 1]
    assert Column("leads", "leads", "reading", False, np.array([2.0, np.nan])).encoded()["values"] == [2, None]


def test_texts_are_sorted_and_absent_ones_minus_one():
    told = Column("split", "split", "page", True, ["train", None, "test", "train"]).encoded()
    assert (told["texts"], told["codes"]) == (["test", "train"], [1, -1, 0, 1])
    assert Column("reason", "reason", "reading", False, [None, None]).encoded()["codes"] == [-1, -1]


@pytest.mark.parametrize(
    ("name", "title", "group", "magnitude"),
    [
        ("snr_aligned_db", "aligned SNR (dB)", "fidelity", False),
        ("challenge_snr_db", "Challenge SNR (dB)", "others", False),
        ("qtc_bazett_ms_error", "QTc Bazett error (ms)", "clinical", True),
        ("hr_bpm_error", "heart rate error (/min)", "clinical", True),
        ("speed_mm_s", "paper speed (mm/s)", "fidelity", False),
        ("rmse_qrs_mv", "RMSE QRS (mV)", "anatomy", True),
        ("rmse_mv", "RMSE (mV)", "fidelity", True),
        ("gain_error_percent", "gain error (%)", "anatomy", True),
        ("spikes_per_s", "spikes (1/s)", "anatomy", False),
        ("lag_ms", "lag (ms)", "fidelity", True),
        ("r", "Pearson r", "fidelity", False),
    ],
)
def test_names_become_titles(name, title, group, magnitude):
    assert (title_of(name), group_of(name), by_magnitude(name)) == (title, group, magnitude)
