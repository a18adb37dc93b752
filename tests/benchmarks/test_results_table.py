"""The Markdown table of docs/results.md, from what `summary` writes."""

from __future__ import annotations

import runpy
from pathlib import Path

import pyarrow as pa

from papertrace.scores.summary import summarise, to_csv
from papertrace.tables import SCORES

ROOT = Path(__file__).resolve().parents[2]


def scored(page: str, snr_db: float | None, **figures) -> dict:
    """Return a row of the scores; without an SNR the lead was not read."""
    status = "failed" if snr_db is None else "ok"
    row = {"page_id": page, "input": "scans", "digitizer": "classical", "lead": "I", "status": status, "snr_db": snr_db}
    return dict.fromkeys(SCORES.names) | row | figures


def test_the_table_counts_failures_and_leaves_absent_figures_nan(tmp_path):
    rows = [
        scored("a", 10.0, qt_ms_truth=400.0, qt_ms_trace=401.0),
        scored("b", 20.0, qt_ms_truth=400.0, qt_ms_trace=403.0),
        scored("c", 30.0),
        scored("d", None),
    ]
    frame = pa.Table.from_pylist(rows, schema=SCORES).to_pandas()
    (tmp_path / "summary.csv").write_text(to_csv(summarise(frame)))
    head, _, line = runpy.run_path(ROOT / "benchmarks/results_table.py")["table"](tmp_path / "summary.csv").splitlines()
    cells = dict(zip(head.strip("| ").split(" | "), line.strip("| ").split(" | "), strict=True))
    assert (cells["input"], cells["pages"], cells["failed"], cells["leads read"]) == ("scans", "4", "1 (25.0%)", "3/4")
    assert (cells["strict SNR: mean"], cells["median"], cells["10th pct."]) == ("20.00", "20.00", "12.00")
    assert cells["QT bias ± SD (ms)"] == "+2.00 ± 1.41"
    assert cells["RR bias ± SD (ms)"] == "+nan ± nan"
