"""Somebody else's program beside ours: the worked example, compared, failed and changed."""

from __future__ import annotations

import copy
import csv
import re
import shutil
import sys
from pathlib import Path

import pytest

from papertrace.config import load_config

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/my-digitizer/my_digitizer.py"
TABLE = "results/compare/scores/scores.parquet"


@pytest.fixture(scope="module")
def made(workspaces):
    """A run of the example's config on two small pages, with a copy of the program and one that breaks."""
    workspace = workspaces("compare")
    shutil.copy(EXAMPLE, workspace.folder / "program.py")
    command = f"{sys.executable} program.py {{image}} {{output}}"
    config = load_config(ROOT / "config/compare.yaml").model_dump(mode="json", exclude_unset=True)
    config["records"]["simulation"] |= {"two_lead": 1, "twelve_lead": 1}
    config["pages"] = {"dpi": 150}
    config["traces"]["digitizers"][0] = {"name": "broken", "command": f"{sys.executable} -c 1/0 {{image}} {{output}}"}
    config["traces"]["digitizers"][2]["command"] = command
    workspace.make(config, TABLE)
    return workspace, config


def rows(workspace, name: str) -> list[dict[str, str]]:
    with (workspace.folder / f"results/compare/scores/{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_example_uses_nothing_of_ours_and_is_short():
    text = EXAMPLE.read_text()
    assert not re.search(r"^(import|from) papertrace", text, re.MULTILINE)
    assert len(text.splitlines()) < 90


def test_one_table_compares_all_on_the_same_stretches(made):
    table = {
        (row["input"], row["digitizer"], row["against"]): row
        for row in rows(made[0], "digitizers")
        if row["group"] == "all"
    }
    assert len(table) == 2 * 6
    assert {row["stretches"] for row in table.values()} == {"15"}
    clean = table["pages", "my-digitizer", "classical"]
    assert clean["unread"] == clean["unread_against"] == "0"
    assert 5 < float(clean["snr_db"]) < float(clean["snr_db_against"])
    against_broken = table["pages", "my-digitizer", "broken"]
    assert (against_broken["unread_against"], float(against_broken["snr_db_against"])) == ("15", 0.0)


def test_a_program_that_breaks_fails_by_itself_and_the_log_tells_more(made):
    workspace, _ = made
    failures = [row for row in rows(workspace, "failures") if row["digitizer"] != "my-digitizer"]
    assert {(row["digitizer"], row["status"], row["reason"]) for row in failures} == {
        (
            "broken",
            "failed",
            "broken: the program ended with status 1; it said last: ZeroDivisionError: division by zero",
        )
    }
    assert len(failures) == 4 and {row["page_lost"] for row in failures} == {"True"}
    log = (workspace.folder / "results/compare/logs/traces/shard-00000.log").read_text()
    assert "Traceback (most recent call last):" in log


@pytest.mark.parametrize("changed", ["version", "program"])
def test_another_program_makes_traces_anew(made, changed):
    workspace, config = made
    arguments = ["-n", TABLE, "--configfile", workspace.configure(config)]
    assert "Nothing to be done" in workspace.run(*arguments).stdout
    if changed == "program":
        program = workspace.folder / "program.py"
        program.write_text(program.read_text() + "\n# changed\n")
    else:
        other = copy.deepcopy(config)
        other["traces"]["digitizers"][2]["version"] = "2"
        workspace.configure(other)
    said = workspace.run(*arguments)
    assert {name for name, _ in re.findall(r"^([a-z_]+) +(\d+)$", said.stdout + said.stderr, re.MULTILINE)} >= {
        "traces",
        "scores",
        "summary",
    }
