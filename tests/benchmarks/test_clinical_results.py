"""The benchmark of clinical parameters: its table of known differences."""

from pathlib import Path

import numpy as np
from clinical_results import Pairs, outliers, table
from digitizer_sets import Job

from papertrace.tables import CLINICAL


def page(record, late_ms, lost=False):
    truth = np.full((2, len(CLINICAL)), 100.0) + np.array([[0], [50]])
    trace = truth + late_ms
    if lost:
        trace[1] = np.nan
    return Pairs(
        Job("clean", Path(), {"record": record, "page_id": f"{record}_00000"}), "ok", (truth, trace), (truth, trace)
    )


def test_bias_losses_and_outliers_of_known_differences():
    measured = {"clean": [page("a", 2.0), page("b", 4.0, lost=True)]}
    [row] = [line.split("|") for line in table(measured).splitlines() if "| lead | QRS (ms)" in line]
    assert [cell.strip() for cell in row[4:7]] == ["3", "1", "0"]
    assert row[7].split()[0] == "+2.7"
    assert row[12].strip() == "2, 8"
    assert "2 clean pages of 2 records, 0 of them not read" in table(measured).lower()
    assert outliers(measured["clean"], 1)[1] == "qrs_ms: b_00000 lead 0 +4.0"


def test_a_page_that_was_not_read_is_lost_not_left_out():
    nothing = page("a", np.nan)
    [row] = [line.split("|") for line in table({"kit": [nothing]}).splitlines() if "| beat | QT (ms)" in line]
    assert [cell.strip() for cell in row[4:7]] == ["0", "2", "0"]
    assert "nan" in row[7]
