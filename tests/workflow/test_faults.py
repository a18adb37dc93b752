"""What goes wrong while and after a run is made good by the same command; the whole campaign is `make faults`."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

STAGES = ("records", "manifest", "pages", "scans", "traces", "scores")


def jobs(said: str) -> dict[str, int]:
    """Return how many jobs of each rule a run planned."""
    listed = said.partition("Job stats:")[2].partition("total")[0]
    return {name: int(count) for name, count in re.findall(r"^(\w+) +(\d+)$", listed, re.MULTILINE)}


@pytest.fixture
def copy(tiny, workspace):
    """A copy of the tiny dataset, Snakemake's notes and the files' times with it."""
    shutil.copytree(tiny.folder, workspace.folder, dirs_exist_ok=True)
    return workspace


def cut_short(path: Path) -> None:
    """Halve a file, and leave its time as it was, as a power cut may."""
    times = path.stat()
    os.truncate(path, times.st_size // 2)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_what_was_cut_short_or_lost_since_is_made_anew_with_what_hangs_on_it_and_no_more(tiny, tiny_config, copy):
    folder = copy.folder / "results/tiny"
    image = min((folder / "scans/shard-00000").iterdir())
    torn = [image, folder / "traces/shard-00000/signals.parquet", folder / "scores/shard-00001.parquet"]
    for path in torn:
        cut_short(path)
    (folder / "pages/shard-00001.parquet").unlink()
    result = copy.run("--configfile", copy.configure(tiny_config))
    assert result.returncode == 0, result.stderr
    for path in torn:
        assert f"{path.relative_to(copy.folder)}: " in result.stderr
    made = jobs(result.stdout + result.stderr)
    anew = {"pages": 1, "scans": 2, "traces": 2, "scores": 2, "summary": 1, "check": 1, "figures": 1, "report": 1}
    assert {name: count for name, count in made.items() if name != "default"} == anew
    assert copy.hashes(*STAGES) == tiny.hashes(*STAGES)


@pytest.mark.parametrize(
    ("name", "first"), [("scores/summary.csv", "summary"), ("manifest/manifest.parquet", "manifest")]
)
def test_what_no_shard_holds_is_made_anew_too(tiny_config, copy, name, first):
    cut_short(copy.folder / "results/tiny" / name)
    result = copy.run("-n", "--configfile", copy.configure(tiny_config))
    made = jobs(result.stdout + result.stderr)
    assert made[first] == 1
    assert {"figures", "report"} < set(made)
