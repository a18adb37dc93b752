"""Planning is fast at full scale, and takes the config it is given and no other."""

from __future__ import annotations

import re
import resource
from pathlib import Path

import pytest

from papertrace.config import load_config
from papertrace.forecast import forecast

ROOT = Path(__file__).resolve().parents[2]


def jobs(result) -> dict[str, int]:
    """Return how many jobs of each rule a dry run plans."""
    assert result.returncode == 0, result.stdout + result.stderr
    said = result.stdout + result.stderr
    return {name: int(count) for name, count in re.findall(r"^([a-z_]+) +(\d+)$", said, re.MULTILINE)}


def cpu_seconds_of_children() -> float:
    """Other jobs on the machine make a run longer, not dearer."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.fixture
def qtdb(tmp_path) -> Path:
    """A folder that lists 105 records; planning opens none."""
    folder = tmp_path / "qtdb"
    folder.mkdir()
    (folder / "RECORDS").write_text("".join(f"sel{k:03d}\n" for k in range(105)))
    return folder


def test_21801_pages_are_planned_in_seconds_and_in_under_a_thousand_jobs(workspace, qtdb):
    before = cpu_seconds_of_children()
    result = workspace.run("-n", "--configfile", ROOT / "config/qtdb.yaml", "--config", f"records={{folder: {qtdb}}}")
    seconds = cpu_seconds_of_children() - before
    planned = jobs(result)
    assert planned["pages"] == planned["scans"] == planned["traces"] == planned["scores"] == 73
    assert planned["total"] < 1000
    config = load_config(ROOT / "config/qtdb.yaml", [f"records={{folder: {qtdb}}}"])
    assert planned["total"] == forecast(config).jobs
    assert seconds < 15


def test_a_limit_on_the_command_line_plans_fewer(workspace, qtdb):
    fewer = (f"records={{folder: {qtdb}}}", "limit=210", "shard_size=21")
    result = workspace.run("-n", "--configfile", ROOT / "config/qtdb.yaml", "--config", *fewer)
    assert jobs(result)["pages"] == 10


def test_the_demo_is_planned_where_no_config_is_named(workspace):
    (workspace.folder / "config").symlink_to(ROOT / "config")
    result = workspace.run("-n")
    assert jobs(result)["pages"] == 2
    assert not (workspace.folder / "results").exists()


def test_keys_of_the_demo_do_not_leak_into_another_config(workspace):
    """The demo sets `records.simulation.two_lead` to 4; the default is 4 and 2 records, in one shard of 100."""
    (workspace.folder / "config").symlink_to(ROOT / "config")
    result = workspace.run(
        "-n", "results/other/records/records.parquet", "--configfile", workspace.configure({"dataset": "other"})
    )
    assert jobs(result)["records"] == 1
    result = workspace.run("-n", "--configfile", workspace.configure({"dataset": "other"}))
    assert jobs(result)["pages"] == 1


def test_a_training_keeps_its_checkpoints_among_the_results(workspace):
    result = workspace.run("-n", "-p", "train", "--configfile", ROOT / "config/train-tiny.yaml")
    assert jobs(result)["training_fit"] == 2
    for words in ("--work results/train-tiny/training/trace ", "papertrace curves results/train-tiny/training "):
        assert words in result.stdout + result.stderr
