"""One file from a server that does all that servers do."""

from __future__ import annotations

import socket
import threading
import time

import physionet
import pytest

from papertrace.download.client import Client, FetchError
from papertrace.download.config import DownloadConfig
from papertrace.io import sha256_file

DATA = bytes(range(256)) * 400  # 102,400 bytes
NAME = "x/1.0/a.dat"


@pytest.fixture
def net(tmp_path):
    (tmp_path / "net/x/1.0").mkdir(parents=True)
    (tmp_path / "net" / NAME).write_bytes(DATA)
    with physionet.serve(tmp_path / "net") as server:
        yield server


@pytest.fixture
def fetch(net, tmp_path):
    """A function that fetches the file, with two retries and next to no waiting, and returns what came."""
    sha256 = sha256_file(tmp_path / "net" / NAME)

    def run(path="a.dat", sha256=sha256, **options):
        options = {"timeout_s": 0.3, "retries": 2, **options}
        with Client(f"{net.address}/x/1.0", DownloadConfig(**options), backoff_s=0.01) as client:
            client.fetch(path, tmp_path / "here/a.dat", sha256)
        return (tmp_path / "here/a.dat").read_bytes()

    return run


def parts(tmp_path):
    return sorted(tmp_path.glob("here/.*.part"))


@pytest.mark.parametrize(
    "faults",
    [
        [],
        [physionet.status(503), physionet.status(500)],
        [physionet.status(429, Retry_After="0")],
        [physionet.hang(0.6)],
        [physionet.cut(0.5), physionet.cut(0.5), physionet.cut(0.5), physionet.cut(0.5)],
        [physionet.cut(0.00001), physionet.cut(0.00001)],
        [physionet.short(0.5)],
        [physionet.wrong_bytes, physionet.wrong_bytes],
        [physionet.other_range],
        [physionet.cut(0.5), physionet.other_range],
        [physionet.cut(0.5), physionet.wrong_bytes],
        [physionet.trickle(1.5)],
        [physionet.chunked],
    ],
    ids=[
        "nothing",
        "5xx",
        "told to wait",
        "hang",
        "cut with progress, more often than there are retries",
        "cut without progress",
        "truncated without a length",
        "wrong bytes",
        "a range that was not asked for",
        "another range",
        "wrong bytes after a resume",
        "trickle",
        "chunks",
    ],
)
def test_the_file_comes_in_spite_of(net, fetch, tmp_path, faults):
    net.faults["a.dat"] = faults
    assert fetch() == DATA
    assert not net.faults["a.dat"], "every fault was met"
    assert not parts(tmp_path)


def test_a_cut_is_gone_on_with_and_not_begun_again(net, fetch):
    net.faults["a.dat"] = [physionet.cut(0.5), physionet.cut(0.5)]
    assert fetch() == DATA
    assert net.asked == [NAME, f"{NAME} bytes=51200-", f"{NAME} bytes=76800-"]


def test_a_server_without_ranges_sends_all_again(net, fetch):
    net.ranges = False
    net.faults["a.dat"] = [physionet.cut(0.5)]
    assert fetch() == DATA
    assert net.asked == [NAME, f"{NAME} bytes=51200-"]


@pytest.mark.parametrize("held", [50_000, len(DATA)], ids=["half", "whole, but not yet renamed"])
def test_what_a_killed_process_left_is_gone_on_with(net, fetch, tmp_path, held):
    net.faults["a.dat"] = physionet.cut(0.5)
    with pytest.raises(FetchError, match="broke off again and again"):
        fetch(retries=0)
    (part,) = parts(tmp_path)
    part.write_bytes(DATA[:held])
    net.asked.clear()
    net.faults["a.dat"] = []
    assert fetch() == DATA
    assert net.asked == [f"{NAME} bytes={held}-"]


@pytest.mark.parametrize("left", [DATA + b"too long", b"\0" * len(DATA), b"\0" * 1000])
def test_a_wrong_part_costs_another_fetch_and_no_more(net, fetch, tmp_path, left):
    net.faults["a.dat"] = physionet.cut(0.5)
    with pytest.raises(FetchError):
        fetch(retries=0)
    (part,) = parts(tmp_path)
    part.write_bytes(left)
    net.faults["a.dat"] = []
    net.asked.clear()
    assert fetch() == DATA
    assert len(net.asked) == 2


def test_the_part_of_another_version_is_left_alone(net, fetch, tmp_path):
    (tmp_path / "here").mkdir()
    other = tmp_path / "here" / f".a.dat.{'0' * 16}.part"
    other.write_bytes(b"\0" * 1000)
    assert fetch() == DATA
    assert net.asked == [NAME]


def test_a_redirect_is_followed(net, fetch):
    net.faults["a.dat"] = [physionet.redirect("/elsewhere/b.dat")]
    (net.root / "elsewhere").mkdir()
    (net.root / "elsewhere/b.dat").write_bytes(DATA)
    assert fetch() == DATA


def test_a_server_that_says_how_long_to_wait_is_given_that_time(net, fetch):
    net.faults["a.dat"] = [physionet.status(503, Retry_After="1")]
    fetch()
    assert net.waited[1] - net.waited[0] >= 0.99


def test_waits_grow(net, fetch, tmp_path):
    net.faults["a.dat"] = physionet.cut(0.00001)
    with (
        pytest.raises(FetchError),
        Client(f"{net.address}/x/1.0", DownloadConfig(retries=4, timeout_s=1), backoff_s=0.05) as client,
    ):
        client.fetch("a.dat", tmp_path / "here/a.dat", "0" * 64)
    waits = [later - earlier for earlier, later in zip(net.waited, net.waited[1:], strict=False)]
    assert len(waits) == 4
    assert waits[1] >= 0.2 and waits[2] >= 0.4 and waits[3] >= 0.8


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (physionet.status(503), "a.dat: the server answers 503 Service Unavailable, again and again; try again later"),
        (physionet.status(404), "a.dat: not found (404); check database and version in `records.physionet`"),
        (
            physionet.status(403),
            "a.dat: access refused (403); where PhysioNet asks for an account or a signed agreement",
        ),
        (physionet.status(401), "a.dat: access refused (401); "),
        (physionet.hang(1), "a.dat: no answer ("),
        (physionet.cut(0.1), "a.dat: broke off again and again ("),
        (physionet.trickle(9), " bytes a second); try again later, it goes on where it was"),
        (physionet.wrong_bytes, "a.dat: has another checksum than SHA256SUMS.txt says, 3 times; "),
        (physionet.redirect("/x/1.0/a.dat"), "a.dat: sent on and on to other addresses; "),
    ],
)
def test_what_does_not_come_is_told_in_a_sentence(net, fetch, tmp_path, fault, sentence):
    net.faults["a.dat"] = fault
    with pytest.raises(FetchError) as raised:
        fetch(retries=1)
    assert sentence in str(raised.value) and "\n" not in str(raised.value)
    assert not (tmp_path / "here/a.dat").exists()
    assert not raised.value.everywhere


def test_what_is_refused_for_good_is_asked_for_once(net, fetch):
    for code in (401, 403, 404):
        net.faults["a.dat"] = physionet.status(code)
        with pytest.raises(FetchError):
            fetch()
    assert len(net.asked) == 3


def test_a_file_that_was_there_stays_where_the_new_one_does_not_come(net, fetch, tmp_path):
    fetch()
    net.faults["a.dat"] = physionet.wrong_bytes
    with pytest.raises(FetchError):
        fetch(sha256="1" * 64)
    assert (tmp_path / "here/a.dat").read_bytes() == DATA
    assert not parts(tmp_path)


def fetch_from(address, tmp_path):
    with (
        pytest.raises(FetchError) as raised,
        Client(address, DownloadConfig(timeout_s=1, retries=1), backoff_s=0.01) as client,
    ):
        client.fetch("a.dat", tmp_path / "a.dat", "0" * 64)
    assert raised.value.everywhere and "\n" not in str(raised.value)
    return str(raised.value)


def test_nobody_at_the_address(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    assert fetch_from(f"http://127.0.0.1:{port}", tmp_path).startswith(
        f"127.0.0.1:{port}: cannot be reached; check the "
    )


def test_no_such_name(tmp_path):
    assert fetch_from("http://nobody.invalid", tmp_path).startswith("nobody.invalid: no such name is known; check the ")


def test_no_safe_connection(net, tmp_path):
    sentence = fetch_from(net.address.replace("http:", "https:"), tmp_path)
    assert ": no safe connection (" in sentence and "REQUESTS_CA_BUNDLE" in sentence


def test_a_proxy_that_refuses(net, tmp_path, monkeypatch):
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv("HTTPS_PROXY", net.address)
    assert "the proxy does not let it through" in fetch_from("https://physionet.invalid", tmp_path)


def test_a_login_of_netrc_is_used(net, fetch, tmp_path, monkeypatch):
    net.faults["a.dat"] = physionet.login("me", "secret")
    with pytest.raises(FetchError, match="access refused"):
        fetch()
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert fetch() == DATA


def test_nothing_is_begun_after_a_stop_and_what_was_begun_ends(net, tmp_path):
    net.faults["a.dat"] = physionet.trickle(20, every_s=0.01)
    with Client(f"{net.address}/x/1.0", DownloadConfig(timeout_s=30), backoff_s=0.01) as client:
        threading.Timer(0.2, client.stop.set).start()
        began = time.monotonic()
        with pytest.raises(FetchError) as raised:
            client.fetch("a.dat", tmp_path / "a.dat", "0" * 64)
        assert raised.value.skipped and time.monotonic() - began < 5


def test_a_list_that_is_a_web_page_is_none(net, tmp_path):
    (net.root / "x/1.0/RECORDS").write_text("<!DOCTYPE html><p>Log in")
    with (
        pytest.raises(FetchError, match="is a web page and not a list; check "),
        Client(f"{net.address}/x/1.0", DownloadConfig()) as client,
    ):
        client.fetch_list("RECORDS", tmp_path / "RECORDS")
    assert list(tmp_path.iterdir()) == [net.root]


def test_a_list_is_never_put_together_of_two_answers(net, tmp_path):
    (net.root / "x/1.0/RECORDS").write_text("sel1\n" * 100)
    net.faults["RECORDS"] = [physionet.cut(0.5)]
    with Client(f"{net.address}/x/1.0", DownloadConfig()) as client:
        client.fetch_list("RECORDS", tmp_path / "RECORDS")
    assert (tmp_path / "RECORDS").read_text() == "sel1\n" * 100
    assert net.asked == ["x/1.0/RECORDS"] * 2
