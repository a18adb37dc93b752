"""Workers that end with whoever started them.

`kill -9` of Snakemake, or of the parent of a pool, ends that one process. Its workers would go on: they would hold
cores and memory, and write into folders where the next run is at work already.
"""

from __future__ import annotations

import multiprocessing
import os
import select
import threading
from multiprocessing.connection import wait
from pathlib import Path

VARIABLE = "PAPERTRACE_LIFELINE"
"""Environment variable: the process to end with, as `this_process` tells it."""


def this_process() -> str:
    """Return this process's id and where it holds: on this start of this machine, in this container."""
    return f"{os.getpid()}@{_where()}"


def end_with_run() -> None:
    """End this process when the one that the environment names has ended, however it did, or if it has ended already.

    The workflow names its Snakemake; where nothing is named, on another machine or in another container than it was
    named in, and on systems other than Linux, nothing happens.
    """
    named, _, where = os.environ.get(VARIABLE, "").partition("@")
    if not named.isdecimal() or not where or where != _where():
        return
    try:
        process = os.pidfd_open(int(named))
    except ProcessLookupError:
        # killed while this worker was starting
        os._exit(1)
    except OSError:
        # a kernel before 5.3, or one that does not let us: better an orphan than no work done
        return
    poll = select.poll()
    poll.register(process, select.POLLIN)  # readable once the process has ended: pidfd_open(2)
    _end_after(poll.poll)


def end_with_parent() -> None:
    """End this worker of a `multiprocessing` pool when the pool's process has ended.

    A worker waits for work at a pipe whose other end it holds too, and would wait for ever.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        _end_after(lambda: wait([parent.sentinel]))


def _where() -> str:
    """Return what tells this start of this machine, and this space of process ids, from any other; "" if nothing."""
    try:
        return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _end_after(event) -> None:
    def end() -> None:
        event()
        os._exit(1)  # nothing to be tidied: what is half-written lies beside its place

    threading.Thread(target=end, daemon=True, name="lifeline").start()
