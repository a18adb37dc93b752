"""PhysioNet on loopback: a real HTTP server that lays out a folder as PhysioNet does, and misbehaves on demand."""

from __future__ import annotations

import hashlib
import shutil
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

Fault = Callable[["_Handler", bytes], None]
"""What is done in place of a right answer, given the file's bytes."""


@dataclass
class PhysioNet:
    """A server that is up.

    Attributes
    ----------
    root : Path
        What is served: ``<database>/<version>/<file>`` below it.
    asked : list of str
        Paths that were asked for, in order; ``path bytes=N-`` where a range was.
    faults : dict
        The next answers to a path (``*``: to any), first to last; None stands for a right one. A fault that stands
        alone, and not in a list, is for ever.
    """

    root: Path
    address: str = ""
    asked: list[str] = field(default_factory=list)
    faults: dict[str, list[Fault | None] | Fault] = field(default_factory=lambda: defaultdict(list))
    ranges: bool = True
    waited: list[float] = field(default_factory=list)

    @property
    def counts(self) -> Counter[str]:
        """How often each file was asked for."""
        return Counter(line.split()[0].rpartition("/")[2] for line in self.asked)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    net: PhysioNet

    def do_GET(self) -> None:
        path = self.path.lstrip("/")
        wanted = self.headers.get("Range", "")
        self.net.asked.append(f"{path} {wanted}".strip())
        self.net.waited.append(time.monotonic())
        faults = self.net.faults.get(path.rpartition("/")[2]) or self.net.faults.get("*") or []
        fault = faults if callable(faults) else faults.pop(0) if faults else None
        file = self.net.root / path
        data = file.read_bytes() if file.is_file() else None
        if fault is not None:
            fault(self, data or b"")
        elif data is None:
            self.answer(404, b"<h1>Not Found</h1>")
        else:
            self.right(data)

    def right(self, data: bytes) -> None:
        """Answer as it should be."""
        if self.headers.get("Range") and self.net.ranges:
            start = self.start()
            if start >= len(data):
                self.answer(416, b"", {"Content-Range": f"bytes */{len(data)}"})
            else:
                self.answer(206, data[start:], {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"})
        else:
            self.answer(200, data)

    def answer(
        self, status: int, data: bytes, headers: dict[str, str] | None = None, length: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data) if length is None else length))
        self.end_headers()
        self.wfile.write(data)

    def start(self) -> int:
        return int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request, address) -> None:
        """Say nothing of clients that are gone: they were killed, or had enough."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, address)


def status(code: int, **headers: str) -> Fault:
    """Answer with a status and nothing else."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler, data: handler.answer(code, b"<h1>sorry</h1>", named)


def cut(share: float) -> Fault:
    """Promise the whole file, send a share of it, and cut the connection; ranges are kept to."""

    def fault(handler: _Handler, data: bytes) -> None:
        start = handler.start()
        end = start + max(int((len(data) - start) * share), 1)
        headers = {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"} if start else {}
        handler.answer(206 if start else 200, data[start:end], headers, length=len(data) - start)
        handler.close_connection = True

    return fault


def short(share: float) -> Fault:
    """Send a share of the file as if it were all, without a length, to the connection's end."""

    def fault(handler: _Handler, data: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(data[: int(len(data) * share)])
        handler.close_connection = True

    return fault


def hang(seconds: float) -> Fault:
    """Take the request and say nothing."""

    def fault(handler: _Handler, data: bytes) -> None:
        time.sleep(seconds)
        handler.close_connection = True

    return fault


def trickle(seconds: float, every_s: float = 0.05) -> Fault:
    """Send a byte now and then, so that no read ever times out."""

    def fault(handler: _Handler, data: bytes) -> None:
        handler.answer(200, b"", length=len(data))
        handler.close_connection = True
        ends = time.monotonic() + seconds
        for k in range(len(data)):
            if time.monotonic() > ends:
                return
            handler.wfile.write(data[k : k + 1])
            handler.wfile.flush()
            time.sleep(every_s)

    return fault


def wrong_bytes(handler: _Handler, data: bytes) -> None:
    """Send as many bytes, one of them another."""
    start = handler.start()
    damaged = (bytes([data[0] ^ 1]) + data[1:])[start:]
    headers = {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"} if start else {}
    handler.answer(206 if start else 200, damaged, headers)


def other_range(handler: _Handler, data: bytes) -> None:
    """Answer to a range with another one."""
    handler.answer(206, data[1:], {"Content-Range": f"bytes 1-{len(data) - 1}/{len(data)}"})


def chunked(handler: _Handler, data: bytes) -> None:
    """Send the file in chunks, its length untold."""
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for start in range(0, len(data), 1000):
        block = data[start : start + 1000]
        handler.wfile.write(f"{len(block):x}\r\n".encode() + block + b"\r\n")
    handler.wfile.write(b"0\r\n\r\n")


def redirect(to: str) -> Fault:
    """Send on to another address."""
    return lambda handler, data: handler.answer(302, b"", {"Location": to})


def login(user: str, password: str) -> Fault:
    """Ask for a login, and answer as right only to this one."""
    import base64

    expected = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    def fault(handler: _Handler, data: bytes) -> None:
        if handler.headers.get("Authorization") == expected:
            handler.answer(200, data)
        else:
            handler.answer(401, b"", {"WWW-Authenticate": 'Basic realm="PhysioNet"'})

    return fault


@contextmanager
def serve(root: Path) -> Iterator[PhysioNet]:
    """Serve a folder on a free port of loopback."""
    net = PhysioNet(root)
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"net": net}))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    net.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield net
    finally:
        server.shutdown()
        server.server_close()


def publish(folder: Path, root: Path, name: str, version: str = "1.0.0") -> Path:
    """Lay a folder of WFDB records out as PhysioNet does, with its list and checksums, and return where.

    The list is the folder's own if it has one.
    """
    tree = root / name / version
    shutil.copytree(folder, tree)
    if not (tree / "RECORDS").is_file():
        records = sorted(path.relative_to(tree).with_suffix("").as_posix() for path in tree.rglob("*.hea"))
        (tree / "RECORDS").write_text("".join(f"{record}\n" for record in records))
    write_checksums(tree)
    return tree


def write_checksums(tree: Path) -> None:
    """Write SHA256SUMS.txt as PhysioNet does: digest, one space, path."""
    files = sorted(path for path in tree.rglob("*") if path.is_file() and path.name != "SHA256SUMS.txt")
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()} {path.relative_to(tree).as_posix()}\n" for path in files]
    (tree / "SHA256SUMS.txt").write_text("".join(lines))
