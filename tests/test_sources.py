"""A stage's version covers the files it imports, and no others."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import papertrace
from papertrace.sources import source_files, source_version

PACKAGE = Path(papertrace.__file__).parent
STAGES = ("records", "manifest", "pages", "scans", "traces", "scores", "scores.summary", "figures", "report")


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_covers_its_own_package_and_what_writes_its_tables(stage):
    files = {path.relative_to(PACKAGE).as_posix() for path in source_files(stage)}
    assert f"{stage.split('.')[0]}/__init__.py" in files
    assert ("scores/summary.py" if stage == "scores.summary" else f"{stage}/stage.py") in files
    assert {"io.py", "errors.py"} <= files
    assert not {"cli.py", "options.py", "config.py"} & files


def test_traces_know_nothing_of_how_pages_are_made():
    files = {path.relative_to(PACKAGE).as_posix() for path in source_files("traces")}
    assert not {file for file in files if file.startswith(("pages/", "scans/", "manifest/", "scores/"))}


def test_imports_are_followed_and_a_stage_that_is_not_there_is_an_error():
    with pytest.raises(FileNotFoundError, match="nosuch"):
        source_version("nosuch")


def versions_of(package: Path) -> dict[str, str]:
    code = f"from papertrace.sources import source_version\nfor s in {STAGES}: print(s, source_version(s))"
    printed = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(package.parent)},
    ).stdout
    return dict(line.split() for line in printed.splitlines())


def test_a_changed_file_changes_the_versions_that_cover_it(tmp_path):
    copy = tmp_path / "papertrace"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    before = versions_of(copy)
    assert before == {stage: source_version(stage) for stage in STAGES}

    def changed_by(file: str) -> set[str]:
        path = copy / file
        path.write_text(path.read_text() + "\n# changed\n")
        after = versions_of(copy)
        stale = {stage for stage in STAGES if before[stage] != after[stage]}
        before.update(after)
        return stale

    assert changed_by("io.py") == set(STAGES)
    assert changed_by("cli.py") == set()
    assert changed_by("scans/config.py") == set()
    assert "scans" in changed_by("scans/stage.py")
    assert "pages" not in changed_by("traces/stage.py")
    assert changed_by("report/templates/report.css") == {"report"}
