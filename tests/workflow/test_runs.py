"""Whole runs: the same bytes however they were made, and only what is stale is made again."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import papertrace

STAGES = ("records", "manifest", "pages", "scans", "traces", "scores")
ALL_SCORES = "results/tiny/scores/scores.parquet"


def rows(folder: Path, pattern: str) -> pa.Table:
    """Return the rows of all shards' tables, sorted by page and what each row is of."""
    table = pa.concat_tables([pq.read_table(path, partitioning=None) for path in sorted(folder.glob(pattern))])
    keys = ("page_id", "input", "digitizer", "row", "column", "start_s")
    return table.sort_by([(key, "ascending") for key in keys if key in table.column_names]).combine_chunks()


def same_rows(folder: Path, other: Path, pattern: str) -> bool:
    """Compare all shards' rows as text: NaN is unlike NaN."""
    return str(rows(folder, pattern).to_pylist()) == str(rows(other, pattern).to_pylist())


def planned(result: subprocess.CompletedProcess) -> set[str]:
    """Return the rules that a dry run would run."""
    assert result.returncode == 0, result.stdout + result.stderr
    said = result.stdout + result.stderr
    return {name for name, _ in re.findall(r"^([a-z_]+) +(\d+)$", said, re.MULTILINE)} - {"total", "default"}


def test_every_page_ends_as_a_trace_or_as_a_failure_with_a_reason(tiny):
    folder = tiny.folder / "results/tiny"
    manifest = pq.read_table(folder / "manifest/manifest.parquet")
    traces = rows(folder, "traces/shard-*.parquet")
    assert sorted(traces["page_id"].to_pylist()) == sorted(manifest["page_id"].to_pylist() * 2)
    for status, reason in zip(traces["status"].to_pylist(), traces["reason"].to_pylist(), strict=True):
        assert (status == "ok") == (reason is None)
    assert "ok" in traces["status"].to_pylist()


def test_the_report_and_the_summary_are_there(tiny):
    folder = tiny.folder / "results/tiny"
    report = (folder / "report/report.html").read_text(encoding="utf-8")
    assert "tiny" in report
    assert not re.search(r'(src|href)="https?://[^"]*\.(js|css|png|woff2?)"', report), (
        "the report must be readable offline"
    )
    assert (folder / "scores/summary.csv").read_text().startswith("input,digitizer,")


def test_the_same_command_again_makes_nothing(tiny, tiny_config):
    before = {path: path.stat().st_mtime_ns for path in tiny.folder.rglob("results/**/*") if path.is_file()}
    result = tiny.run("--configfile", tiny.configure(tiny_config))
    assert "Nothing to be done" in result.stderr + result.stdout
    after = {path: path.stat().st_mtime_ns for path in tiny.folder.rglob("results/**/*") if path.is_file()}
    assert before == after


def test_one_core_gives_the_same_bytes_as_two(tiny, tiny_config, workspace):
    workspace.make(tiny_config, ALL_SCORES, cores=1)
    assert workspace.hashes(*STAGES) == tiny.hashes(*STAGES)


def test_another_shard_size_gives_the_same_images_and_rows(tiny, tiny_config, workspace):
    other = workspace.make({**tiny_config, "shard_size": 3}, ALL_SCORES)
    folder = tiny.folder / "results/tiny"

    def images(made):
        return {
            Path(path).name: value for path, value in made.hashes("pages", "scans").items() if ".parquet" not in path
        }

    assert images(workspace) == images(tiny)
    assert len(images(tiny)) == 8
    for pattern in ("pages/shard-*", "scans/shard-*", "traces/shard-*", "scores/shard-*"):
        assert same_rows(other, folder, f"{pattern}.parquet")
    for pattern in ("pages/*/truth.parquet", "traces/*/signals.parquet"):
        assert same_rows(other, folder, pattern)
    whole = ("records", "manifest", "scores")
    here, there = ({k: v for k, v in made.hashes(*whole).items() if "shard-" not in k} for made in (workspace, tiny))
    assert here == there


def kill_9(workspace, command, sign_of_life: str, workers: bool) -> None:
    """Start a run, and kill Snakemake, or Snakemake and its workers with it, once a file is there."""
    process = subprocess.Popen(
        command, cwd=workspace.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    deadline = time.monotonic() + 120
    while not list(workspace.folder.glob(f"results/tiny/{sign_of_life}")):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    (os.killpg if workers else os.kill)(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def test_after_kill_9_the_same_command_gives_the_same_bytes(tiny, tiny_config, workspace):
    command = workspace.command(ALL_SCORES, "--configfile", workspace.configure(tiny_config))
    # Where Snakemake alone is killed, what its workers go on to write meets what the next run writes.
    kill_9(workspace, command, "pages/shard-*.parquet", workers=False)
    kill_9(workspace, command, "logs/traces/shard-*.log", workers=True)
    kill_9(workspace, command, "traces/shard-*.parquet", workers=True)
    assert not (workspace.folder / ALL_SCORES).exists()
    workspace.make(tiny_config, ALL_SCORES)
    assert workspace.hashes(*STAGES) == tiny.hashes(*STAGES)


def test_two_runs_do_not_work_in_the_same_folder(tiny_config, workspace):
    folder = workspace.folder / "results/tiny"
    folder.mkdir(parents=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = workspace.run("--configfile", workspace.configure(tiny_config))
    assert result.returncode != 0
    assert "results/tiny: another run is at work here; wait for its end, or name another `dataset`" in result.stderr
    assert not (folder / "records/records.parquet").exists()


def test_a_folder_that_cannot_be_written_to_is_one_sentence(tiny_config, workspace):
    (workspace.folder / "results/tiny/.lock").mkdir(parents=True)
    result = workspace.run("--configfile", workspace.configure(tiny_config))
    assert result.returncode != 0
    assert "results/tiny: cannot be written to (Is a directory); make it writable for you, or name" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("change", "stale"),
    [
        ("max_failure_share=0.5", {"stage_config", "check", "report"}),
        ("figures={examples: 2}", {"stage_config", "figures", "report"}),
        ("report={examples: 2}", {"stage_config", "report"}),
        ("scores={clinical: false}", {"stage_config", "scores", "summary", "check", "figures", "report"}),
        ("traces={rate_hz: 250}", {"stage_config", "traces", "scores", "summary", "check", "figures", "report"}),
    ],
)
def test_a_changed_key_makes_stale_what_it_concerns(tiny, tiny_config, change, stale):
    assert planned(tiny.run("-n", "--configfile", tiny.configure(tiny_config), "--config", change)) == stale


def test_changed_code_makes_stale_what_it_concerns(tiny, tiny_config, tmp_path):
    shutil.copytree(
        Path(papertrace.__file__).parent, tmp_path / "papertrace", ignore=shutil.ignore_patterns("__pycache__")
    )
    arguments = ("-n", "--configfile", tiny.configure(tiny_config))
    assert planned(tiny.run(*arguments, PYTHONPATH=str(tmp_path))) == set()
    stage = tmp_path / "papertrace/scores/stage.py"
    stage.write_text(stage.read_text() + "\n# changed\n")
    assert planned(tiny.run(*arguments, PYTHONPATH=str(tmp_path))) == {
        "scores",
        "summary",
        "check",
        "figures",
        "report",
    }
