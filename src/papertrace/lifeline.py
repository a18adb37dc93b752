"""Workers that end with whoever started them.

`kill -9` of Snakemake, or of the parent of a pool, ends that one process. Its workers would go on: they would hold
cores and memory, and write into folders where the next run is at work already.
"""

from __future__ import annotations

import multiprocessing
import os
import select
import sys
import threading
from multiprocessing.connection import wait

VARIABLE = "PAPERTRACE_LIFELINE"
"""Environment variable: id of the process to end with."""


def end_with_run() -> None:
    """End this process when the one that the environment names has ended, however it did.

    The workflow names its Snakemake; where nothing is named, and on systems other than Linux, nothing happens.
    """
    named = os.environ.get(VARIABLE, "")
    if not named.isdecimal() or sys.platform != "linux":
        return
    try:
        process = os.pidfd_open(int(named))
    except OSError:
        # another container's id, or a kernel before 5.3: better an orphan than no work done
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


def _end_after(event) -> None:
    def end() -> None:
        event()
        os._exit(1)  # nothing to be tidied: what is half-written lies beside its place

    threading.Thread(target=end, daemon=True, name="lifeline").start()
