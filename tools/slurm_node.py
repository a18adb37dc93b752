"""A Slurm cluster of one node, for as long as a command runs.

    python tools/slurm_node.py sinfo
    python tools/slurm_node.py --cpus 4 bash

munge, slurmctld and slurmd come from Debian's packages and are fetched with apt-get where they are missing. They need
no systemd, no cgroups and, once the packages are there, no root. All they write lies in one temporary folder that goes
when the command has ended, and the daemons with it; ports and munge's socket are their own, so another Slurm on the
machine is not disturbed. `SLURM_CONF` tells the command, and all it starts, which cluster it is on.

A job is ended as on a cluster: when it takes more memory than it has asked for (Slurm looks every second), when its
time is over, or by `scancel`. Accounts are not kept: `sacct` has nothing to say, ask `squeue`.
"""

from __future__ import annotations

import argparse
import contextlib
import getpass
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PACKAGES = ("munge", "slurm-client", "slurm-wlm-basic-plugins", "slurmctld", "slurmd")
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "sinfo", "scancel")
_SEARCH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])

# linuxproc, task/none: processes are found through /proc, and nothing is bound or put into a cgroup.
# OverMemoryKill: without cgroups it is this plugin that ends a job which takes more memory than it was given.
# MinJobAge: so long `squeue` still tells how a job ended; without accounts it is the only one that does.
# EnforcePartLimits: what no node can ever run is refused at once, instead of waiting for ever.
_CONFIG = """\
ClusterName=papertrace
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=batch_sched_delay=0,sched_interval=2,sched_min_interval=0
EnforcePartLimits=ALL
MinJobAge=600
KillWait=2
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory_mb} State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=1-00:00:00 State=UP
"""


def install() -> None:
    """Fetch the packages where a program is missing; says so, as it needs root and a network."""
    missing = [name for name in PROGRAMS if shutil.which(name, path=_SEARCH) is None]
    if not missing:
        return
    packages = " ".join(PACKAGES)
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        sys.exit(
            f"slurm_node: {', '.join(missing)}: not found; have an administrator install {packages} (Debian's names)"
        )
    print(f"slurm_node: {', '.join(missing)}: not found; installing {packages}", file=sys.stderr)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *PACKAGES]):
        done = subprocess.run(["apt-get", "--quiet=2", *command], env=quiet, stdout=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            sys.exit(f"slurm_node: `apt-get {' '.join(command)}` failed; what it said stands above")


@contextlib.contextmanager
def slurm_node(cpus: int, memory_mb: int) -> Iterator[dict[str, str]]:
    """Start a cluster of this machine, and stop it and remove its files at the end.

    Parameters
    ----------
    cpus, memory_mb : int
        What jobs can book. More CPUs than the machine has are shared among the jobs.

    Yields
    ------
    dict of str
        The environment in which Slurm's commands find the cluster.
    """
    with tempfile.TemporaryDirectory(prefix="slurm-node-") as name, contextlib.ExitStack() as daemons:
        folder = Path(name)
        folder.chmod(0o755)  # munge refuses a socket that others could not reach
        config = folder / "slurm.conf"
        host = socket.gethostname().partition(".")[0]
        config.write_text(
            _CONFIG.format(
                host=host, user=getpass.getuser(), folder=folder, ports=_free_ports(2), cpus=cpus, memory_mb=memory_mb
            )
        )
        key = folder / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(secrets.token_bytes(128))
        environment = {**os.environ, "SLURM_CONF": str(config), "PATH": f"{_own_srun(config)}:{os.environ['PATH']}"}

        own = [f"--{what}-file={folder}/munge.{what}" for what in ("key", "log", "pid", "seed")]
        for command in (["munged", "--foreground", f"--socket={folder}/munge.socket", *own], ["slurmctld", "-D"]):
            daemons.enter_context(_daemon(command, folder, environment))
        daemons.enter_context(_daemon(["slurmd", "-D"], folder, environment))
        _wait_until_idle(folder, environment)
        try:
            yield environment
        finally:
            _end_jobs(environment)


def _own_srun(config: Path) -> Path:
    """Write an `srun` that knows its cluster; return its folder.

    Inside a job, Snakemake's plugin hides from `srun` most variables of Slurm, `SLURM_CONF` among them.
    """
    folder = config.parent / "bin"
    folder.mkdir()
    srun = folder / "srun"
    srun.write_text(f'#!/bin/sh\nSLURM_CONF={config} exec {shutil.which("srun", path=_SEARCH)} "$@"\n')
    srun.chmod(0o755)
    return folder


@contextlib.contextmanager
def _daemon(command: list[str], folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """Keep a daemon running; the kernel ends it when this process dies in whatever way."""
    program = shutil.which(command[0], path=_SEARCH)
    with (folder / f"{command[0]}.out").open("wb") as out:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", program, *command[1:]],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the command; the daemons are still needed to end its jobs
        )
        try:
            if command[0] == "munged":
                _wait(lambda: (folder / "munge.socket").exists() or process.poll() is not None, 10)
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_idle(folder: Path, environment: dict[str, str]) -> None:
    def idle() -> bool:
        return _says(["sinfo", "--noheader", "--format=%T"], environment) == "idle"

    if not _wait(idle, 30):
        said = "\n".join(f"{path.name}: {path.read_text()[-2000:]}" for path in sorted(folder.glob("*.out")))
        sys.exit(f"slurm_node: the cluster did not come up in 30 s; its daemons said:\n{said}")


def _end_jobs(environment: dict[str, str]) -> None:
    """Cancel what still runs, and wait for its processes to end: slurmd is needed for that."""
    subprocess.run(["scancel", f"--user={getpass.getuser()}"], env=environment, check=False)
    states = "--states=PENDING,RUNNING,COMPLETING,SUSPENDED"
    _wait(lambda: _says(["squeue", "--noheader", states], environment) == "", 30)


def _says(command: list[str], environment: dict[str, str]) -> str | None:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def _wait(condition, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return met


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _memory_mb() -> int:
    """Return nine tenths of the machine's memory in MiB."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") * 9 // 10 // 2**20


def main() -> int:
    """Run the command given on the command line on a cluster of its own; return its status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cpus", type=int, default=os.cpu_count(), help="that jobs can book [all there are]")
    parser.add_argument("--memory-mb", type=int, default=_memory_mb(), help="that jobs can book [90 %% of all]")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="what to run, with its arguments")
    arguments = parser.parse_args()
    if not arguments.command:
        parser.error("name a command to run")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    install()
    with slurm_node(arguments.cpus, arguments.memory_mb) as environment:
        process = subprocess.Popen(arguments.command, env=environment)
        try:
            return process.wait()
        except (KeyboardInterrupt, SystemExit):
            process.terminate()
            process.wait()
            raise


if __name__ == "__main__":
    sys.exit(main())
