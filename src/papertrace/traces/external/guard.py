"""Run one program and leave nothing of it behind: a script of its own, started by `papertrace.traces.external.process`.

    python guard.py REPORT_FD LIMIT_S FOLDER PROGRAM [ARGUMENT ...]

The program is given LIMIT_S seconds of wall-clock time. When it has ended, however it did, everything it started is
killed: its process group, and what left that group and thereby became the guard's own child (Linux: the guard is a
subreaper, prctl(2)). How it ended is one line of JSON on REPORT_FD. If whoever started the guard is gone, which the end
of the guard's stdin tells, the program is killed and FOLDER removed: nobody else would do it.

It uses nothing but the standard library and starts in a fraction of papertrace's time.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
_ENDING = threading.Lock()  # whoever has it ends this process, the other waits for that


def main() -> None:
    """Run the program of the command line, end what is left of it, and report."""
    report_fd, limit_s, folder, *command = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        program = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    except OSError as error:
        report = {"not_started": error.strerror or str(error)}
    else:
        threading.Thread(target=_outlive_nobody, args=(program.pid, folder), daemon=True).start()
        try:
            report = {"status": program.wait(float(limit_s))}
        except subprocess.TimeoutExpired:
            report = {"status": None}
        _ENDING.acquire()
        end_all(program.pid)
    os.write(int(report_fd), json.dumps(report).encode())
    os._exit(0)  # the thread that waits on stdin is not to be waited for


def end_all(group: int) -> None:
    """Kill a process group and every child of this process, and wait until all of them are gone."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
    while True:
        # Children of a killed child become ours, so each round may find some that were not there before.
        for child in _children():
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        try:
            os.wait()
        except ChildProcessError:
            return


def _children() -> list[int]:
    """Return the processes whose parent this one is; none where the system does not tell."""
    told = Path("/proc/self/task").glob("*/children")
    return [int(pid) for file in told for pid in file.read_text().split()]


def _outlive_nobody(group: int, folder: str) -> None:
    os.read(0, 1)  # ends when whoever started the guard closes it, or is gone
    _ENDING.acquire()
    end_all(group)
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


if __name__ == "__main__":
    main()
