"""A database from a server on loopback: what is fetched, kept, resumed, refused and told."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import physionet
import pytest
import yaml

from papertrace import tables
from papertrace.download import stage
from papertrace.errors import ConfigError, PapertraceError
from papertrace.io import read_rows, read_table
from papertrace.records.listing import list_records


def held(folder: Path) -> list[str]:
    """The files of a folder but hidden ones and lists."""
    files = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(file for file in files if file not in ("RECORDS", "SHA256SUMS.txt") and "/." not in f"/{file}")


def asked_for(net) -> list[str]:
    """The files that were asked for, lists aside."""
    return sorted(
        line.split()[0].removeprefix("tiny/1.0.0/") for line in net.asked if not line.endswith(("RECORDS", ".txt"))
    )


def test_what_is_needed_comes_and_nothing_else(net, config, tmp_path, needed, capsys):
    stage.run(config(), tmp_path / "download.parquet")
    assert held(tmp_path / "data") == needed
    assert f"papertrace: {len(needed)} files of tiny/1.0.0 are in " in (said := capsys.readouterr().err)
    assert said.endswith(f"data and right, {len(needed)} of them were fetched now\n")
    assert read_table(tmp_path / "download.parquet").schema.equals(tables.DOWNLOAD)
    rows = read_rows(tmp_path / "download.parquet")
    assert [row["path"] for row in rows] == needed
    tree = net.root / "tiny/1.0.0"
    assert all((tmp_path / "data" / name).read_bytes() == (tree / name).read_bytes() for name in needed)
    assert {row["path"]: row["bytes"] for row in rows} == {name: (tree / name).stat().st_size for name in needed}
    assert len(net.asked) == len(set(net.asked)) == len(needed) + 2
    assert [ref.path for ref in list_records(config())] == ["sel1", "sel2", "more/sel3"]


def test_a_second_run_asks_nothing_and_lists_the_same(net, config, tmp_path):
    stage.run(config(), tmp_path / "a.parquet")
    net.asked.clear()
    stage.run(config(server="http://127.0.0.1:9"), tmp_path / "b.parquet")
    assert not net.asked
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_planning_asks_for_the_list_and_only_once(net, config):
    for _ in range(2):
        stage.fetch_lists(config())
        assert len(list_records(config())) == 3
    assert net.asked == ["tiny/1.0.0/RECORDS"]


def test_before_that_the_list_is_missed_in_a_sentence(config):
    with pytest.raises(
        ConfigError, match=r"does not hold the list of the records of tiny/1\.0\.0 yet; fetch them with"
    ):
        list_records(config())


def test_what_is_lost_or_damaged_is_fetched_again(net, config, tmp_path):
    stage.run(config(), tmp_path / "download.parquet")
    net.asked.clear()
    (tmp_path / "data/sel2.dat").unlink()
    damaged = tmp_path / "data/more/sel3.dat"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    stage.run(config(), tmp_path / "download.parquet")
    assert asked_for(net) == ["more/sel3.dat", "sel2.dat"]
    assert damaged.read_bytes() == (net.root / "tiny/1.0.0/more/sel3.dat").read_bytes()


def test_a_copy_without_write_access_is_verified(net, config, tmp_path, monkeypatch):
    stage.run(config(), tmp_path / "download.parquet")
    opened = Path.open

    def read_only(path, mode="r", *args, **kwargs):
        if "r" not in mode and path.is_relative_to(tmp_path / "data"):
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, mode, *args, **kwargs)

    monkeypatch.setattr(Path, "open", read_only)
    stage.run(config(server="http://127.0.0.1:9"), tmp_path / "again.parquet")
    assert (tmp_path / "again.parquet").read_bytes() == (tmp_path / "download.parquet").read_bytes()


def test_missing_files_are_counted_and_the_others_stay(net, config, tmp_path, capsys, needed):
    (net.root / "tiny/1.0.0/sel2.dat").unlink()
    net.faults["sel1.dat"] = physionet.wrong_bytes
    with pytest.raises(PapertraceError) as raised:
        stage.run(config(), tmp_path / "download.parquet")
    assert "2 files of tiny/1.0.0 are missing (" in str(raised.value)
    assert f"), {len(needed) - 2} are in {tmp_path / 'data'} and stay there; run the same" in str(raised.value)
    said = capsys.readouterr().err
    assert "sel2.dat: not found (404)" in said and "sel1.dat: has another checksum" in said
    assert not (tmp_path / "download.parquet").exists()
    assert held(tmp_path / "data") == sorted(set(needed) - {"sel1.dat", "sel2.dat"})


def test_a_header_that_nobody_can_read_is_left_to_the_records_stage(net, config, tmp_path, needed):
    tree = net.root / "tiny/1.0.0"
    (tree / "sel2.hea").write_text("sel2 two signals\n")
    physionet.write_checksums(tree)
    stage.run(config(), tmp_path / "download.parquet")
    assert held(tmp_path / "data") == sorted(set(needed) - {"sel2.dat"})


def test_segments_are_followed(net, config, tmp_path):
    tree = net.root / "tiny/1.0.0"
    (tree / "RECORDS").write_text("long\n")
    (tree / "long.hea").write_text("long/3 2 250 40100\nsel1 20000\n~ 100\nsel2 20000\n")
    physionet.write_checksums(tree)
    stage.run(config(), tmp_path / "download.parquet")
    assert held(tmp_path / "data") == sorted(
        ["LICENSE.txt", "long.hea", "sel1.hea", "sel1.dat", "sel2.hea", "sel2.dat", "sel1.q1c", "sel1.v5"]
    )


def test_lists_of_folders_are_followed(net, config, tmp_path):
    tree = net.root / "tiny/1.0.0"
    (tree / "RECORDS").write_text("more/\n../../secret/\n")
    (tree / "more/RECORDS").write_text("sel3\n")
    stage.fetch_lists(config())
    assert sorted(net.asked) == ["tiny/1.0.0/RECORDS", "tiny/1.0.0/more/RECORDS"]
    (tree / "RECORDS").write_text("more/\n")
    (tmp_path / "data/RECORDS").write_text("more/\n")
    physionet.write_checksums(tree)
    stage.run(config(), tmp_path / "download.parquet")
    assert held(tmp_path / "data") == ["LICENSE.txt", "more/RECORDS", "more/sel3.dat", "more/sel3.hea"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"source": "folder"}, "`records.source` is 'folder': nothing to download; with source 'physionet' name a "),
        ({"physionet": "tiny/2.0"}, ": holds tiny/1.0.0 and not tiny/2.0; name another folder in `records.folder`"),
    ],
)
def test_the_wrong_records(config, tmp_path, change, sentence):
    stage.fetch_lists(config())
    other = config().model_copy(update={"records": config().records.model_copy(update=change)})
    with pytest.raises(ConfigError) as raised:
        stage.run(other, tmp_path / "download.parquet")
    assert sentence in str(raised.value)


def test_a_list_of_ones_own_is_refused(config, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/RECORDS").write_text("sel1\n")
    with pytest.raises(ConfigError, match=r"is not the list of tiny/1\.0\.0 that SHA256SUMS\.txt beside it tells of"):
        stage.run(config(), tmp_path / "download.parquet")


def test_checksums_that_are_none_or_lack_a_file(net, config, tmp_path):
    sums = net.root / "tiny/1.0.0/SHA256SUMS.txt"
    whole = sums.read_text()
    sums.write_text("nothing\n")
    with pytest.raises(PapertraceError, match=r"SHA256SUMS\.txt: holds no checksums; remove it and run the same"):
        stage.run(config(), tmp_path / "download.parquet")
    (tmp_path / "data/SHA256SUMS.txt").write_text(
        "".join(line for line in whole.splitlines(True) if "l2.h" not in line)
    )
    with pytest.raises(PapertraceError, match=r"sel2\.hea: is not listed in SHA256SUMS\.txt; where that is an old or"):
        stage.run(config(), tmp_path / "download.parquet")


def test_paths_that_lead_out_are_not_followed(net, config, tmp_path):
    tree = net.root / "tiny/1.0.0"
    (tree / "RECORDS").write_text("../out\n")
    physionet.write_checksums(tree)
    with pytest.raises(ConfigError, match=r"'\.\./out' leads out of the folder"):
        stage.run(config(), tmp_path / "download.parquet")


def test_a_server_that_breaks_down_is_given_up_soon(net, config, tmp_path):
    stage.fetch_lists(config())
    net.faults["*"] = [None] + [physionet.status(404)] * 1000
    tree = net.root / "tiny/1.0.0"
    (tree / "RECORDS").write_text("".join(f"r{k}\n" for k in range(200)))
    (tree / "SHA256SUMS.txt").write_text("".join(f"{k:064x} r{k}.hea\n" for k in range(200)))
    (tmp_path / "data/RECORDS").write_text((tree / "RECORDS").read_text())
    with pytest.raises(PapertraceError, match=r"^200 files of tiny/1\.0\.0 are missing "):
        stage.run(config(), tmp_path / "download.parquet")
    assert len(net.asked) < 30


def test_a_full_disk_ends_it(config, tmp_path, monkeypatch):
    from papertrace.download import client

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(client.Client, "_copy", full)
    with pytest.raises(OSError, match="No space left on device") as raised:
        stage.run(config(), tmp_path / "download.parquet")
    assert raised.value.filename.startswith(str(tmp_path / "data"))


def test_not_more_at_a_time_than_allowed(net, config, tmp_path, needed):
    busy, most, lock = [0], [0], threading.Lock()

    def count(handler, data):
        with lock:
            busy[0] += 1
            most[0] = max(most[0], busy[0])
        time.sleep(0.1)
        handler.answer(200, data)
        with lock:
            busy[0] -= 1

    for name in needed:
        net.faults[name.rpartition("/")[2]] = count
    stage.run(config(connections=2, timeout_s=5), tmp_path / "download.parquet")
    assert most[0] == 2


def command(config, tmp_path) -> list[str]:
    file = tmp_path / "config.yaml"
    file.write_text(yaml.safe_dump(config.model_dump(mode="json", exclude_unset=True)))
    return [sys.executable, "-m", "papertrace", "download", "--config", str(file), "--out", str(tmp_path / "d.parquet")]


def test_after_kill_9_it_goes_on_where_it_was(net, config, tmp_path, needed):
    half = threading.Event()

    def stall(handler, data):
        handler.answer(200, data[: len(data) // 2], length=len(data))
        handler.wfile.flush()
        half.set()
        time.sleep(30)

    net.faults["sel2.dat"] = [stall]
    run = command(config(timeout_s=60), tmp_path)
    process = subprocess.Popen(run, stderr=subprocess.DEVNULL)
    assert half.wait(30)
    (part,) = wait_for(lambda: [path for path in tmp_path.glob("data/.sel2.dat.*.part") if path.stat().st_size])
    came = part.stat().st_size
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    net.asked.clear()
    subprocess.run(run, check=True, stderr=subprocess.DEVNULL)
    assert f"tiny/1.0.0/sel2.dat bytes={came}-" in net.asked
    assert "sel1.hea" not in net.counts
    assert held(tmp_path / "data") == needed
    assert (tmp_path / "data/sel2.dat").read_bytes() == (net.root / "tiny/1.0.0/sel2.dat").read_bytes()


def wait_for(found, seconds=10.0):
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if result := found():
            return result
        time.sleep(0.01)
    raise AssertionError("it did not come")


def test_two_downloads_into_one_folder_wait_for_each_other(net, config, tmp_path, needed):
    stage.fetch_lists(config())
    with (tmp_path / "data/.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = subprocess.Popen(command(config(), tmp_path), stderr=subprocess.PIPE, text=True)
        assert any("another download is at work here; waiting for its end" in line for line in process.stderr)
        assert net.asked == ["tiny/1.0.0/RECORDS", "tiny/1.0.0/SHA256SUMS.txt"]
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert held(tmp_path / "data") == needed


@pytest.mark.parametrize(
    ("download", "status", "sentence"),
    [
        ({"server": "http://127.0.0.1:9"}, 1, "papertrace: 127.0.0.1:9: cannot be reached; check the network and "),
        (
            {},
            1,
            "papertrace: {address}/tiny/9.9/RECORDS: not found (404); check database and version in ",
        ),
    ],
)
def test_the_command_ends_in_one_sentence(net, config, tmp_path, download, status, sentence):
    wrong = config(**download)
    if not download:
        wrong = wrong.model_copy(update={"records": wrong.records.model_copy(update={"physionet": "tiny/9.9"})})
    result = subprocess.run(command(wrong, tmp_path), capture_output=True, text=True, check=False)
    assert result.returncode == status and result.stdout == ""
    first, last = result.stderr.splitlines()
    assert first.startswith("papertrace: fetching the list of the records of tiny/")
    assert last.startswith(sentence.format(address=net.address))


def test_the_qt_database(shared_data, tmp_path, needed):
    """Real headers, marks and published checksums: 105 records need 326 files, and no other one is fetched."""
    (tmp_path / "net").mkdir()
    (tmp_path / "net/qtdb").mkdir()
    (tmp_path / "net/qtdb/1.0.0").symlink_to(shared_data / "qtdb")
    with physionet.serve(tmp_path / "net") as net:
        config = stage.Config.model_validate(
            {
                "records": {"source": "physionet", "physionet": "qtdb/1.0.0", "folder": str(tmp_path / "data")},
                "download": {"server": net.address},
            }
        )
        stage.run(config, tmp_path / "download.parquet")
        rows = read_rows(tmp_path / "download.parquet")
        asked = len(net.asked)
        stage.run(config, tmp_path / "download.parquet")
        assert len(net.asked) == asked == 105 * 3 + 11 + 2
    assert len(rows) == 105 * 3 + 11
    assert {row["path"].rpartition(".")[2] for row in rows} == {"hea", "dat", "q1c", "q2c"}
    assert sum(row["bytes"] for row in rows) == sum((shared_data / "qtdb" / row["path"]).stat().st_size for row in rows)
