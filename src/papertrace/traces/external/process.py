"""One run of somebody else's program: no shell, one thread, a time limit, and nothing left of it afterwards."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from papertrace.threads import one_thread

_GUARD = Path(__file__).with_name("guard.py")
_KEPT_BYTES = 8192
_TEMPORARY = ("TMPDIR", "TEMP", "TMP")


@dataclass(frozen=True)
class Ending:
    """How a program ended.

    Attributes
    ----------
    status : int or None
        Its exit status; the negative number of the signal that killed it; None where the time was up.
    said : str
        The end of what it wrote to stdout and stderr, in the order it wrote it.
    not_started : str or None
        Why it could not be started, where it could not.
    """

    status: int | None
    said: str = ""
    not_started: str | None = None

    @property
    def trouble(self) -> str | None:
        """What was wrong with it, in words that follow the program's name; None where it ended well."""
        if self.not_started is not None:
            return f"could not be started ({self.not_started})"
        if self.status is None:
            return "had not ended when its time was up"
        if self.status < 0:
            return f"was killed by signal {-self.status} ({_signal_name(-self.status)})"
        return f"ended with status {self.status}" if self.status else None


def run_program(words: list[str], folder: Path, limit_s: float) -> Ending:
    """Run a program to its end or to its time limit.

    It and whatever it started are gone when this returns, also by an exception, and soon after this process is killed.

    Parameters
    ----------
    words : list of str
        The program and its arguments.
    folder : Path
        Where it works, and what is removed with it if this process is killed. Its temporary files go there too.
    limit_s : float
        Wall-clock time that it has.

    Returns
    -------
    Ending
    """
    report, report_end = os.pipe()
    environment = os.environ | one_thread() | dict.fromkeys(_TEMPORARY, str(folder))
    # -I and -S: the guard needs nothing that the environment or site-packages could bring, and starts in 30 ms
    guard = [sys.executable, "-I", "-S", str(_GUARD), str(report_end), str(limit_s), str(folder)]
    process = subprocess.Popen(
        guard + words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=folder,
        env=environment,
        pass_fds=(report_end,),
        start_new_session=True,  # an interrupt at the terminal is this process's to pass on, by closing stdin
    )
    os.close(report_end)
    with os.fdopen(report, "rb") as told, process:
        said = b""
        try:
            while chunk := os.read(process.stdout.fileno(), 1 << 16):
                said = (said + chunk)[-_KEPT_BYTES:]
        finally:
            process.stdin.close()
        ending = told.read()
    # without a report the guard itself was killed, as the system does where memory is short
    ended = json.loads(ending) if ending else {"status": process.returncode}
    text = said.decode("utf-8", "replace").strip()
    return Ending(ended.get("status"), text, ended.get("not_started"))


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "real-time"
