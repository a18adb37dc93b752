"""Broken records cost their own pages and no others: each is counted, with a reason, and the rest is done."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

RATE_HZ = 250


def beats(seconds: float = 10.0) -> np.ndarray:
    """Return two leads of triangular beats in mV, one a second, 1 mV high: nothing a page could not show."""
    t = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    wave = np.clip(1 - np.abs((t % 1) - 0.5) / 0.04, 0, None)
    return np.stack([wave, -0.5 * wave], axis=1)


def write_record(folder: Path, name: str, samples: np.ndarray) -> None:
    """Write a two-lead WFDB record of samples in mV, shape (n, 2)."""
    import wfdb

    wfdb.wrsamp(
        name,
        fs=RATE_HZ,
        units=["mV", "mV"],
        sig_name=["MLII", "V5"],
        p_signal=samples,
        fmt=["16", "16"],
        adc_gain=[200.0, 200.0],
        baseline=[0, 0],
        write_dir=os.fspath(folder),
    )


@pytest.fixture(scope="module")
def records(tmp_path_factory) -> Path:
    """A folder of two sound records, three odd ones that can be used, and one of each kind that cannot."""
    folder = tmp_path_factory.mktemp("records")
    for name in ("sound-1", "sound-2", "no-dat", "short-dat", "changed-dat", "odd-rate", "all-nan"):
        write_record(folder, name, beats())
    write_record(folder, "offset", beats() + 4.8)
    flat = beats()
    flat[:, 1] = 0
    write_record(folder, "one-flat", flat)
    some_nan = beats()
    some_nan[500:700, 0] = np.nan
    write_record(folder, "some-nan", some_nan)
    write_record(folder, "all-nan", np.full_like(beats(), np.nan))

    (folder / "no-dat.dat").unlink()
    whole = (folder / "short-dat.dat").read_bytes()
    (folder / "short-dat.dat").write_bytes(whole[: len(whole) // 3])
    changed = bytearray((folder / "changed-dat.dat").read_bytes())
    changed[1000] ^= 0x10
    (folder / "changed-dat.dat").write_bytes(bytes(changed))
    header = (folder / "odd-rate.hea").read_text()
    (folder / "odd-rate.hea").write_text(header.replace("odd-rate 2 250 ", "odd-rate 2 250/360 ", 1))
    (folder / "no-header.hea").write_text("this is no header\n")
    names = sorted(path.stem for path in folder.glob("*.hea"))
    (folder / "RECORDS").write_text("\n".join([*names, "not-there"]) + "\n")
    return folder


SOUND = {"sound-1", "sound-2", "offset", "one-flat", "some-nan", "odd-rate"}
BROKEN = {
    "no-dat": "no-dat.dat",
    "short-dat": "short-dat.dat",
    "changed-dat": "checksum",
    "no-header": "no-header.hea",
    "not-there": "not-there.hea",
    "all-nan": "no lead has a valid sample",
}


@pytest.fixture(scope="module")
def made(workspaces, records):
    """The workspace of a run over all of them, and the result of that run: more fail than are allowed."""
    workspace = workspaces("broken")
    config = {
        "dataset": "broken",
        "shard_size": 6,
        "records": {"source": "folder", "folder": str(records)},
        "pages": {"dpi": 100},
        "scores": {"clinical": False},
        "figures": {"examples": 1},
        "report": {"examples": 1},
    }
    return workspace, workspace.run("--configfile", workspace.configure(config))


def test_sound_and_odd_records_become_pages_and_scans(made):
    folder = made[0].folder / "results/broken"
    for stage in ("pages", "scans"):
        tables = [pq.read_table(path).to_pylist() for path in sorted((folder / stage).glob("shard-*.parquet"))]
        status = {row["page_id"].rsplit("_", 1)[0]: row["status"] for table in tables for row in table}
        assert {name for name, value in status.items() if value == "ok"} == SOUND
        assert set(status) == SOUND | set(BROKEN)


@pytest.mark.parametrize("record", BROKEN)
def test_a_broken_record_is_counted_with_its_reason(made, record):
    with (made[0].folder / "results/broken/scores/failures.csv").open(newline="") as file:
        failures = [row for row in csv.DictReader(file) if row["record"] == record]
    assert {row["input"] for row in failures} == {"pages", "scans"}
    for row in failures:
        assert row["status"] == "failed"
        assert BROKEN[record] in row["reason"]


def test_the_run_ends_in_an_error_that_says_so_and_the_report_is_there(made):
    workspace, result = made
    assert result.returncode == 1
    assert (
        "of the pages could not be made or read, more than the 2.00% that `max_failure_share` allows" in result.stderr
    )
    assert "Traceback" not in result.stderr
    assert (workspace.folder / "results/broken/report/report.html").is_file()
    assert not (workspace.folder / "results/broken/scores/checked.txt").exists()
