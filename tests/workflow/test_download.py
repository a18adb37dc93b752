"""From PhysioNet (on loopback) to the table of records: planned, fetched once, killed, gone on with, then offline."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

import numpy as np
import physionet
import pyarrow.parquet as pq
import pytest
import wfdb

ROOT = Path(__file__).resolve().parents[2]
RECORDS = "results/net/records/records.parquet"
OFFLINE = {"server": "http://127.0.0.1:9", "retries": 0}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory) -> Path:
    """Four records of two leads, 20 s: noise, which the table of records takes for what it is."""
    folder = tmp_path_factory.mktemp("simulated")
    rng = np.random.default_rng(1)
    for k in range(4):
        wfdb.wrsamp(
            f"two-lead-{k}",
            fs=500,
            units=["mV"] * 2,
            sig_name=["MLII", "V5"],
            d_signal=rng.integers(-500, 500, (10_000, 2)),
            fmt=["16"] * 2,
            adc_gain=[200.0] * 2,
            baseline=[0] * 2,
            write_dir=str(folder),
        )
    return folder


@pytest.fixture
def net(simulated, tmp_path, monkeypatch):
    """The same as PhysioNet's sim/1.0.0."""
    monkeypatch.setenv("NO_PROXY", "*")
    physionet.publish(simulated, tmp_path / "net", "sim")
    with physionet.serve(tmp_path / "net") as server:
        yield server


def config(net, **download) -> dict:
    return {
        "dataset": "net",
        "shard_size": 2,
        "records": {"source": "physionet", "physionet": "sim/1.0.0", "folder": "data/sim"},
        "download": {"server": net.address, **download},
    }


def planned(result: subprocess.CompletedProcess) -> dict[str, int]:
    """Return how many jobs of each rule are planned or done."""
    assert result.returncode == 0, result.stdout + result.stderr
    said = result.stdout + result.stderr
    return {name: int(count) for name, count in re.findall(r"^([a-z_]+) +(\d+)$", said, re.MULTILINE)}


def test_from_the_server_to_the_records_and_then_never_again(net, workspace, simulated):
    file = workspace.configure(config(net))
    dry = workspace.run("-n", "--configfile", file)
    assert planned(dry)["download"] == planned(dry)["records"] == 1 and planned(dry)["pages"] == 2
    assert "papertrace: fetching the list of the records of sim/1.0.0, " in dry.stderr
    assert net.asked == ["sim/1.0.0/RECORDS"], "four records tell the shards"
    workspace.make(config(net), RECORDS)
    assert sorted(pq.read_table(workspace.folder / RECORDS)["status"].to_pylist()) == ["ok"] * 4
    files = pq.read_table(workspace.folder / "results/net/download/download.parquet")["path"].to_pylist()
    assert len(files) == 8
    assert len(net.asked) == len(files) + 2, "the list, the checksums, and each file once"

    net.asked.clear()
    for offline in (config(net), config(net, **OFFLINE)):
        again = workspace.run(RECORDS, "--configfile", workspace.configure(offline))
        assert again.returncode == 0, again.stderr
        assert not {"records", "manifest"} & planned(again).keys(), "another server makes no record stale"
    assert not net.asked
    everything = planned(workspace.run("-n", "--configfile", workspace.configure(config(net, **OFFLINE))))
    assert "download" not in everything and everything["pages"] == 2

    for name in files:
        assert (workspace.folder / "data/sim" / name).read_bytes() == (simulated / name).read_bytes()


def test_after_kill_9_in_the_middle_the_same_command_ends_it(net, workspace):
    half = threading.Event()

    def stall(handler, data):
        handler.answer(200, data[: len(data) // 2], length=len(data))
        handler.wfile.flush()
        half.set()
        time.sleep(60)

    net.faults["two-lead-1.dat"] = [stall]
    file = workspace.configure(config(net, timeout_s=60))
    process = subprocess.Popen(
        workspace.command(RECORDS, "--configfile", file),
        cwd=workspace.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert half.wait(60)
    while not any(part.stat().st_size for part in workspace.folder.glob("data/sim/.two-lead-1.dat.*.part")):
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    whole = {path.name for path in (workspace.folder / "data/sim").glob("*.*")}
    net.asked.clear()
    workspace.make(config(net), RECORDS)
    assert any(re.fullmatch(r"sim/1\.0\.0/two-lead-1\.dat bytes=\d+-", line) for line in net.asked)
    assert not whole & set(net.counts), "what was whole is not fetched again"
    assert pq.read_table(workspace.folder / RECORDS)["status"].to_pylist() == ["ok"] * 4


def test_without_a_network_it_says_so_in_one_sentence(net, workspace):
    result = workspace.run("-n", "--configfile", workspace.configure(config(net, **OFFLINE)))
    said = [line for line in result.stderr.splitlines() if line.startswith("papertrace: ")]
    assert result.returncode != 0 and "Traceback" not in result.stderr and "Job stats" not in result.stderr
    assert said[1:] == [
        "papertrace: 127.0.0.1:9: cannot be reached; check the network and `download.server`, or use a local copy with "
        "`records.source: folder`"
    ]


def test_a_file_that_cannot_be_had_ends_the_run_and_the_rest_is_kept(net, workspace):
    net.faults["two-lead-1.dat"] = physionet.wrong_bytes
    result = workspace.run(RECORDS, "--configfile", workspace.configure(config(net)))
    assert result.returncode != 0 and "Traceback" not in result.stderr
    assert "1 files of sim/1.0.0 are missing (" in result.stderr
    assert not (workspace.folder / RECORDS).exists()
    net.faults.clear()
    net.asked.clear()
    workspace.make(config(net), RECORDS)
    assert net.asked == ["sim/1.0.0/two-lead-1.dat"]


def test_a_local_copy_in_place_of_the_download(net, workspace, tmp_path):
    shutil.copytree(net.root / "sim/1.0.0", tmp_path / "copy")
    folder = f"records={{source: folder, folder: {tmp_path / 'copy'}}}"
    file = workspace.configure(config(net))
    assert "download" not in planned(workspace.run("-n", "--configfile", file, "--config", folder))
    assert not net.asked


@pytest.mark.parametrize(
    ("name", "pages", "size"),
    [("qtdb", 21_801, 300), ("ptbxl", 21_799, 100), ("ludb", 200, 100)],
    ids=["qtdb", "ptbxl", "ludb"],
)
def test_the_configs_at_hand_plan_by_the_list_alone(net, workspace, name, pages, size):
    lists = {
        "qtdb": ("qtdb/1.0.0", [f"sel{k}" for k in range(105)]),
        "ludb": ("ludb/1.0.1", [f"data/{k}" for k in range(1, 201)]),
        "ptbxl": ("ptb-xl/1.0.3", [f"records{rate}/{k // 1000:02d}000/{k:05d}_{s}" for k in range(1, 21_800)
                                   for rate, s in ((100, "lr"), (500, "hr"))]),
    }  # fmt: skip
    database, paths = lists[name]
    (net.root / database).mkdir(parents=True)
    (net.root / database / "RECORDS").write_text("".join(f"{path}\n" for path in paths))
    result = workspace.run(
        "-n", "--configfile", ROOT / f"config/{name}.yaml", "--config", f'download={{server: "{net.address}"}}'
    )
    jobs = planned(result)
    assert jobs["download"] == 1 and jobs["pages"] == -(-pages // size) and jobs["total"] < 1000
    assert net.asked == [f"{database}/RECORDS"]
