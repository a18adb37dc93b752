"""The Markdown table of docs/results/qtdb-210.md, from what `summary` writes."""

from __future__ import annotations

import pyarrow as pa
import pytest
import results_table

from papertrace.errors import PapertraceError
from papertrace.io import write_text
from papertrace.scores.digitizers import compare
from papertrace.scores.summary import summarise, to_csv
from papertrace.tables import SCORES


def scored(page: str, snr_db: float | None, **figures) -> dict:
    """Return a row of the scores; without an SNR the lead was not read."""
    status = "failed" if snr_db is None else "ok"
    row = {"page_id": page, "input": "scans", "digitizer": "classical", "lead": "I", "row": 0, "column": 0}
    row |= {"status": status, "snr_db": snr_db}
    return dict.fromkeys(SCORES.names) | row | figures


def test_the_table_counts_failures_and_leaves_absent_figures_nan(tmp_path):
    rows = [
        scored("a", 10.0, qt_ms_truth=400.0, qt_ms_trace=401.0),
        scored("b", 20.0, qt_ms_truth=400.0, qt_ms_trace=403.0),
        scored("c", 30.0),
        scored("d", None),
    ]
    frame = pa.Table.from_pylist(rows, schema=SCORES).to_pandas()
    write_text(to_csv(summarise(frame)), tmp_path / "scores/summary.csv")
    write_text(to_csv(compare(frame)), tmp_path / "scores/digitizers.csv")
    made = results_table.tables(tmp_path)
    cells = cells_of(made["snr"])
    assert (cells["input"], cells["pages"], cells["failed"], cells["leads read"]) == ("scans", "4", "1 (25.0%)", "3/4")
    assert (cells["strict: mean"], cells["median"], cells["10th pct."]) == ("20.00", "20.00", "12.00")
    cells = cells_of(made["clinical"])
    assert cells["QT bias ± SD (ms)"] == "+2.00 ± 1.41"
    assert cells["RR bias ± SD (ms)"] == "+nan ± nan"
    assert cells["of leads"] == "0, 0, 2"
    assert not made["against"], "one digitizer alone"


def test_no_scores_is_one_sentence(tmp_path):
    with pytest.raises(PapertraceError, match=r"summary\.csv: no such table"):
        results_table.tables(tmp_path)


def cells_of(table):
    head, _, line = table.splitlines()
    return dict(zip(head.strip("| ").split(" | "), line.strip("| ").split(" | "), strict=True))
