"""docs/scaling.md, and the table of `make scaling`."""

from __future__ import annotations

from pathlib import Path

import scaling
import scaling_tables
from digitizers import renewed

ROOT = Path(__file__).resolve().parents[2]


def test_the_document_has_the_figures_of_the_cost_model():
    text = (ROOT / "docs/scaling.md").read_text(encoding="utf-8")
    made = {name: f"{table()}\n" for name, table in scaling_tables.TABLES.items()}
    assert renewed(text, made) == text, "run `make scaling-tables`"


def test_a_page_is_compared_with_the_first_run_and_cores_with_the_fewest_on_as_many_pages():
    runs = [
        scaling.Run(100, 1, 8, wall_s=100.0, jobs_s=95.0, own_s=5.0, startup_s=0.0),
        scaling.Run(100, 2, 8, wall_s=62.5, jobs_s=105.0, own_s=5.0, startup_s=6.0),
        scaling.Run(1000, 2, 80, wall_s=600.0, jobs_s=990.0, own_s=10.0, startup_s=40.0),
    ]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in scaling.table(runs).splitlines()[2:]]
    assert rows[0][4:] == ["1.000", "+0.0 %", "5.0", "5.0", "1.00"]
    assert rows[1][4:] == ["1.100", "+10.0 %", "4.5", "10.0", "0.80"]
    assert rows[2][4:] == ["1.000", "+0.0 %", "1.0", "5.0", "1.00"]


def test_cores_are_compared_with_the_mean_of_the_runs_on_the_fewest_whatever_their_order():
    walls = ((2, 50.0), (1, 90.0), (2, 60.0), (1, 110.0))
    runs = [scaling.Run(100, cores, 8, wall_s=wall, jobs_s=95.0, own_s=5.0, startup_s=0.0) for cores, wall in walls]
    assert [line.split("|")[-2].strip() for line in scaling.table(runs).splitlines()[2:]] == [
        "1.00",
        "1.11",
        "0.83",
        "0.91",
    ]
