"""Workers end with whoever started them, by `kill -9` too."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from papertrace.lifeline import VARIABLE, this_process

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="pidfd_open(2) is Linux's own")

WORKER = """
import os, time
from papertrace.lifeline import end_with_run
end_with_run()
print(os.getpid(), flush=True)
time.sleep(60)
"""
# As Snakemake does: start the worker through a shell, and be killed.
RUN = f"""
import os, subprocess, sys
from papertrace.lifeline import this_process
os.environ[{VARIABLE!r}] = this_process()
subprocess.run(["bash", "-c", sys.executable + " worker.py; true"])
"""
POOL = """
import os, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from papertrace.lifeline import end_with_parent
if __name__ == "__main__":
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=end_with_parent) as pool:
        print(pool.submit(os.getpid).result(), flush=True)
        time.sleep(60)
"""


def gone(pid: int, seconds: float = 20) -> bool:
    """Wait until a process has ended; nobody may have reaped it yet."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("script", [RUN, POOL], ids=["run", "pool"])
def test_a_worker_does_not_outlive_its_killed_parent(script, tmp_path):
    (tmp_path / "worker.py").write_text(WORKER)
    (tmp_path / "parent.py").write_text(script)
    parent = subprocess.Popen([sys.executable, "parent.py"], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    worker = int(parent.stdout.readline())
    os.kill(worker, 0)
    parent.kill()
    assert parent.wait() == -signal.SIGKILL
    assert gone(worker)


def started(named: str) -> subprocess.CompletedProcess[str]:
    """Run a worker that is told to end with a process."""
    code = "from papertrace.lifeline import end_with_run; end_with_run(); import time; time.sleep(0.2); print('done')"
    environment = os.environ | {VARIABLE: named}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)


HERE = this_process().partition("@")[2]
NOBODY = 2**30  # no kernel gives such an id


@pytest.mark.parametrize("named", ["", "nobody", str(NOBODY), f"{NOBODY}@", f"{NOBODY}@another machine", f"@{HERE}"])
def test_without_a_process_to_end_with_work_goes_on(named):
    assert started(named).stdout == "done\n"


def test_a_worker_does_not_begin_after_its_run_was_killed():
    assert started(this_process()).stdout == "done\n"
    late = started(f"{NOBODY}@{HERE}")
    assert (late.returncode, late.stdout) == (1, "")


def test_every_pool_of_ours_ends_with_its_parent():
    root = Path(__file__).resolve().parents[1]
    files = [file for folder in ("src", "benchmarks") for file in (root / folder).rglob("*.py")]
    pools = [file for file in files if "ProcessPoolExecutor(" in file.read_text(encoding="utf-8")]
    assert len(pools) > 5
    assert [file.name for file in pools if "end_with_parent" not in file.read_text(encoding="utf-8")] == []
