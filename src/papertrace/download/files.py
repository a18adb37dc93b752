"""Many files at a time: those that are there are verified, the others are fetched."""

from __future__ import annotations

import fcntl
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from types import TracebackType
from typing import IO

from papertrace.download.client import Client, FetchError
from papertrace.io import sha256_file

_GIVE_UP_AFTER = 10
"""So many files in a row that cannot be had, and the others are not tried."""


class Files:
    """The files of a database in its folder; a context, because other downloads into the folder wait for its end.

    Parameters
    ----------
    client : Client
        Fetches them.
    folder : Path
        Where they lie.
    sums : dict
        The SHA-256 of each file of the database, by path.
    connections : int
        How many to fetch at a time.

    Attributes
    ----------
    sizes : dict
        Bytes of each file that is there and right, by path.
    fetched : int
        How many of them had to be fetched.
    failures : dict
        Why a file is not there, by path.
    """

    def __init__(self, client: Client, folder: Path, sums: dict[str, str], connections: int) -> None:
        self.sizes: dict[str, int] = {}
        self.fetched = 0
        self.failures: dict[str, str] = {}
        self._client = client
        self._folder = folder
        self._sums = sums
        self._connections = connections
        self._lock: IO[str] | None = None
        self._locking = threading.Lock()

    def __enter__(self) -> Files:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._lock is not None:
            self._lock.close()

    def fetch(self, paths: Sequence[str], what: str) -> None:
        """See to it that files are there and right; what cannot be had is told on stderr and kept in `failures`.

        Raises
        ------
        OSError
            A file cannot be written; the disk may be full.
        """
        from tqdm import tqdm

        if not paths:
            return
        # In a log a line now and then is enough.
        often = {"mininterval": 0.5} if sys.stderr.isatty() else {"mininterval": 20, "ascii": True, "ncols": 80}
        bar = tqdm(total=len(paths), desc=f"download: {what}", unit="file", **often)
        in_a_row = 0
        pool = ThreadPoolExecutor(self._connections)
        try:
            done = {pool.submit(self._one, path): path for path in dict.fromkeys(paths)}
            for future in as_completed(done):
                path = done[future]
                try:
                    self.sizes[path], came = future.result()
                    self.fetched += came
                    in_a_row = 0
                except FetchError as error:
                    in_a_row += 1
                    if error.everywhere or in_a_row == _GIVE_UP_AFTER:
                        self._client.stop.set()
                    if not error.skipped:
                        _say(f"papertrace: {error}")
                    self.failures[path] = str(error)
                bar.update()
        except BaseException:  # a full disk, or Ctrl-C: nothing more is begun
            self._client.stop.set()
            raise
        finally:
            pool.shutdown(cancel_futures=True)
            bar.close()

    def _one(self, path: str) -> tuple[int, bool]:
        """Return a file's size and whether it was fetched."""
        target = self._folder / path

        def right() -> bool:
            return target.is_file() and sha256_file(target) == self._sums[path]

        if path not in self._sums:
            raise FetchError(
                f"{target}: is not listed in SHA256SUMS.txt; where that is an old or broken copy, remove it"
            )
        fetched = False
        if not right():
            self._wait_for_others()
            if not right():
                self._client.fetch(path, target, self._sums[path])
                fetched = True
        return target.stat().st_size, fetched

    def _wait_for_others(self) -> None:
        """Wait until no other download is at work in the folder; the kernel drops the lock with the process."""
        with self._locking:
            if self._lock is not None:
                return
            self._lock = (self._folder / ".lock").open("w")
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                _say(f"papertrace: {self._folder}: another download is at work here; waiting for its end")
                fcntl.flock(self._lock, fcntl.LOCK_EX)


def _say(sentence: str) -> None:
    """Put a line on stderr, above the bar of progress that may be there."""
    from tqdm import tqdm

    tqdm.write(sentence, file=sys.stderr)
