"""The whole QT Database through a server that fails at every third request, and through twenty kills."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import physionet
import pytest
import yaml

from papertrace.io import read_rows, sha256_file

pytestmark = pytest.mark.slow
FILES = 105 * 3 + 11

FAULTS = [
    physionet.status(503),
    physionet.status(503, Retry_After="1"),
    physionet.status(500),
    physionet.hang(1.5),
    physionet.cut(0.5),
    physionet.cut(0.9),
    physionet.short(0.5),
    physionet.wrong_bytes,
    physionet.other_range,
    physionet.trickle(2),
    physionet.chunked,
]


@pytest.fixture
def net(shared_data, tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    (tmp_path / "net/qtdb").mkdir(parents=True)
    (tmp_path / "net/qtdb/1.0.0").symlink_to(shared_data / "qtdb")
    with physionet.serve(tmp_path / "net") as server:
        yield server


@pytest.fixture
def command(net, tmp_path) -> list[str]:
    records = {"source": "physionet", "physionet": "qtdb/1.0.0", "folder": str(tmp_path / "data"), "database": "qtdb"}
    download = {"server": net.address, "timeout_s": 1}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"records": records, "download": download}))
    arguments = ["download", "--config", str(tmp_path / "config.yaml"), "--out", str(tmp_path / "download.parquet")]
    return [sys.executable, "-m", "papertrace", *arguments]


def assert_all_is_there(tmp_path: Path, published: Path) -> None:
    rows = read_rows(tmp_path / "download.parquet")
    assert len(rows) == FILES
    assert all(sha256_file(tmp_path / "data" / row["path"]) == sha256_file(published / row["path"]) for row in rows)
    assert not list(tmp_path.rglob("data/.*.part"))


def test_through_a_server_that_fails_at_every_third_request(net, command, tmp_path, shared_data):
    rng = random.Random(1)
    met = []

    def now_and_then(handler, data):
        # faults are of files that a checksum tells; lists have tests of their own
        if rng.random() < 1 / 3 and not handler.path.endswith(("RECORDS", ".txt")):
            met.append(fault := rng.choice(FAULTS))
            fault(handler, data)
        else:
            handler.right(data)

    net.faults["*"] = now_and_then
    runs = 0
    while not (tmp_path / "download.parquet").exists():
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert "Traceback" not in result.stderr
        assert (result.returncode == 0) == (tmp_path / "download.parquet").exists(), result.stderr[-1000:]
        runs += 1
    print(f"{len(net.asked)} requests, {len(met)} faults, {runs} runs")
    assert len(met) > 100 and set(met) == set(FAULTS) and runs <= 3
    assert_all_is_there(tmp_path, shared_data / "qtdb")


def test_through_twenty_kills(net, command, tmp_path, shared_data):
    rng = random.Random(2)

    def slowly(handler, data):
        time.sleep(0.4)
        handler.right(data)

    net.faults["*"] = slowly
    killed = 0
    for _ in range(20):
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0.6, 3))
        killed += process.poll() is None
        process.kill()
        process.wait()
    net.faults.clear()
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    print(f"{killed} kills, {len(net.asked)} requests")
    assert killed >= 18
    # each kill costs at most the answers that were under way; lists come once, or again if cut short
    assert len(net.asked) <= FILES + 2 + 20 * 5
    assert_all_is_there(tmp_path, shared_data / "qtdb")
    net.asked.clear()
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    assert not net.asked
