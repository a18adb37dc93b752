"""Pages made on a Slurm cluster while its jobs are ended on purpose, beside the same pages made on this machine.

    python tools/slurm_node.py python benchmarks/slurm_campaign.py DATA --pages 2000 --into docs/results/cluster.md

In    a Slurm cluster within reach (`tools/slurm_node.py` makes one of this machine); DATA/qtdb, the QT Database.
Out   Markdown on stdout, or in the file of --into between its markers; status 1 if anything was lost or other bytes
      came out.

The run is the workflow to its end with `profiles/slurm`. Faults hit running or waiting jobs of shards, drawn at random:
cancelled; given less memory than they need; hung, until their time is over; killed; requeued, as after the failure of a
node. In the middle Snakemake itself is killed, its jobs are cancelled by their name, and the same command is run again.
"""

from __future__ import annotations

import argparse
import atexit
import base64
import functools
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from papertrace.checksums import checksums, difference
from papertrace.io import write_text
from papertrace.provenance import git_commit

ROOT = Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- slurm-campaign -->", "<!-- /slurm-campaign -->"
PREFIX = "papertrace"  # slurm-jobname-prefix of profiles/slurm
POLL_S = 1.0


@dataclass(frozen=True)
class Job:
    """A job as Slurm tells of it, and its shard: nothing for the few jobs that are none's (records, summary …)."""

    number: str
    state: str
    shard: str
    memory: str


@dataclass(frozen=True)
class Fault:
    """A way in which a job can end; `stage` does it, and returns whether it could."""

    name: str
    how: str
    state: str
    stage: Callable[[Job], bool]


@dataclass
class Log:
    """What was seen while the campaign ran: the last state of every job, and who was hit by what."""

    jobs: dict[str, Job] = field(default_factory=dict)
    hit: list[tuple[Fault, Job]] = field(default_factory=list)

    def retry(self, job: Job) -> Job | None:
        """Return the last job of the same shard; `job` itself, where Slurm ran it again under its number."""
        same = [other for other in self.jobs.values() if other.shard == job.shard]
        return max(same, key=lambda other: int(other.number), default=None)


def slurm(*command: str) -> str:
    """Run one of Slurm's commands; return what it prints."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def queue() -> list[Job]:
    """Return the jobs of `profiles/slurm` that Slurm still tells of."""
    lines = slurm("squeue", "--noheader", "--me", "--states=all", "--format=%i|%T|%m|%j").splitlines()
    parts = [line.split("|") for line in lines]
    return [Job(number, state, shard_of(number), memory) for number, state, memory, name in parts if PREFIX in name]


@functools.cache
def shard_of(number: str) -> str:
    """Return the shard that a job was submitted for, or nothing; its name does not tell, its script does.

    After a kill of Snakemake a shard's job may have fewer stages than before: those that were not finished.
    """
    script = subprocess.run(
        ["scontrol", "write", "batch_script", number, "-"], capture_output=True, text=True, check=False
    )
    return " ".join(sorted(set(re.findall(r"--target-jobs.*?'\w+:shard=(shard-\d+)'", script.stdout))))


def worker(job: Job) -> int | None:
    """Return the process of `papertrace` in a job that runs on this machine; None while there is none."""
    listed = subprocess.run(["scontrol", "listpids", job.number], capture_output=True, text=True, check=False).stdout
    for pid in (int(line.split()[0]) for line in listed.splitlines()[1:]):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except FileNotFoundError:
            continue
        if any(word.endswith(b"/papertrace") for word in words[:2]):
            return pid
    return None


def cancel(job: Job) -> bool:
    """End a job as a person or an administrator does."""
    slurm("scancel", job.number)
    return True


def starve(job: Job) -> bool:
    """Let a job that waits have less memory than it will take: Slurm kills it when it notices."""
    return _asked("scontrol", "update", f"JobId={job.number}", "MinMemoryNode=64")


def hang(job: Job) -> bool:
    """Stop a job's work, as a disk does that no longer answers, and leave it a minute."""
    pid = worker(job)
    if pid is None or not _asked("scontrol", "update", f"JobId={job.number}", "TimeLimit=1"):
        return False
    return _signalled(pid, signal.SIGSTOP)


def kill(job: Job) -> bool:
    """Kill a job's work, as the kernel does when memory runs out."""
    pid = worker(job)
    return pid is not None and _signalled(pid, signal.SIGKILL)


def requeue(job: Job) -> bool:
    """Let Slurm put a running job back into the queue, as it does after the failure of a node."""
    return worker(job) is not None and _asked("scontrol", "requeue", job.number)


FAULTS = (
    Fault("cancelled", "`scancel`", "RUNNING", cancel),
    Fault("out of memory", "64 MB booked; Slurm kills what takes more", "PENDING", starve),
    Fault("out of time", "stopped (SIGSTOP) with a limit of one minute", "RUNNING", hang),
    Fault("killed", "SIGKILL to `papertrace`", "RUNNING", kill),
    Fault("requeued", "`scontrol requeue`", "RUNNING", requeue),
)


def _asked(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _signalled(pid: int, number: int) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


@dataclass(frozen=True)
class Campaign:
    """Where the two runs lie and what they make."""

    work: Path
    dataset: str
    config: Path
    shards: int

    def results(self, where: str) -> Path:
        """Return the dataset's folder of a run."""
        return self.work / where / "results" / self.dataset

    def command(self, *options: str) -> list[str]:
        """Return the command of a run, but for what tells where it runs."""
        snakemake = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
        return [*snakemake, "--configfile", str(self.config), *options]

    def start(self, where: str, *options: str) -> subprocess.Popen:
        """Start a run; what it says is added to ``<where>.log``."""
        (self.work / where).mkdir(parents=True, exist_ok=True)
        with (self.work / f"{where}.log").open("ab") as log:
            process = subprocess.Popen(self.command(*options), cwd=self.work / where, stdout=log, stderr=log)
        atexit.register(process.terminate)
        return process

    def start_on_slurm(self) -> subprocess.Popen:
        """Start, or take up, the run on the cluster; polls oftener than a real site would like."""
        accounts = () if _asked("sacct") else ("--slurm-status-command", "squeue")
        return self.start(
            *("slurm", "--workflow-profile", str(ROOT / "profiles/slurm"), *accounts),
            *("--slurm-init-seconds-before-status-checks", "5", "--latency-wait", "10"),
        )

    def finished(self) -> dict[Path, int]:
        """Return the shards that the run on the cluster knows to be finished, and when they were written.

        Snakemake keeps a note of every file whose job has not ended as far as it knows, named after it in base64.
        """
        open_files = {path.name for path in (self.work / "slurm/.snakemake/incomplete").rglob("*")}
        found = self.results("slurm").glob("scores/shard-*.parquet")
        return {
            path: path.stat().st_mtime_ns
            for path in found
            if base64.b64encode(str(path.relative_to(self.work / "slurm")).encode()).decode() not in open_files
        }


def watch(campaign: Campaign, process: subprocess.Popen, waiting: list[Fault], log: Log, until: Callable[[], bool]):
    """Stage the faults that wait, one a job, until all is done or `until` says so."""
    while process.poll() is None and not until():
        for job in queue():
            log.jobs[job.number] = job
            if not job.shard or job.shard in {other.shard for _, other in log.hit}:
                continue
            fault = next((fault for fault in waiting if fault.state == job.state), None)
            if fault is not None and fault.stage(job):
                log.hit.append((fault, job))
                waiting.remove(fault)
        time.sleep(POLL_S)


def run_on_slurm(campaign: Campaign, each: int, seed: int) -> tuple[Log, list[str], float]:
    """Run the workflow on the cluster through all faults.

    Returns
    -------
    tuple
        What was seen; the Markdown row of the kill of Snakemake; seconds of wall clock in all.
    """
    log = Log()
    waiting = [fault for fault in FAULTS for _ in range(each)]
    random.Random(seed).shuffle(waiting)
    began = time.monotonic()

    process = campaign.start_on_slurm()
    watch(campaign, process, waiting, log, lambda: len(campaign.finished()) >= campaign.shards // 2)
    if process.poll() is not None:
        raise SystemExit(f"slurm_campaign: the run ended in status {process.returncode}; see {campaign.work}/slurm.log")
    process.kill()
    process.wait()
    left = [job.number for job in queue() if job.state in ("PENDING", "RUNNING")]
    slurm("scancel", *left)
    while any(job.state in ("PENDING", "RUNNING", "COMPLETING") for job in queue()):
        time.sleep(POLL_S)
    before = campaign.finished()

    process = campaign.start_on_slurm()
    watch(campaign, process, waiting, log, lambda: False)
    for job in queue():
        log.jobs[job.number] = job
    if process.returncode != 0:
        raise SystemExit(f"slurm_campaign: the run ended in status {process.returncode}; see {campaign.work}/slurm.log")
    if waiting:
        raise SystemExit(f"slurm_campaign: too few jobs for all faults; left over: {[f.name for f in waiting]}")
    after = campaign.finished()
    again = sum(after[path] != written for path, written in before.items())
    if again:
        raise SystemExit(
            f"slurm_campaign: {again} shards that were finished were made again after Snakemake was killed"
        )
    kept = f"{len(before)} finished shards kept, none made again"
    row = (
        f"| Snakemake killed | SIGKILL; its {len(left)} jobs cancelled by name; the same command again | 1 | | {kept} |"
    )
    return log, [row], time.monotonic() - began


def rows_of(log: Log) -> list[str]:
    """Return a Markdown row a fault: how often, how Slurm called it, and what became of the jobs."""
    rows = []
    for fault in FAULTS:
        hit = [job for other, job in log.hit if other is fault]
        ends = Counter(log.jobs[job.number].state for job in hit)
        retries = [log.retry(job) for job in hit]
        whole = [retry for retry in retries if retry is not None and retry.state == "COMPLETED"]
        if len(whole) < len(hit):
            raise SystemExit(
                f"slurm_campaign: {fault.name}: {len(hit) - len(whole)} jobs have no successor that ended well"
            )
        memory = Counter(f"{job.memory} → {retry.memory}" for job, retry in zip(hit, retries, strict=True))
        told = ", ".join(f"{state} {count}" for state, count in sorted(ends.items()))
        booked = ", ".join(sorted(memory))
        rows.append(f"| {fault.name} | {fault.how} | {len(hit)} | {told} | {len(whole)} ended well; booked {booked} |")
    return rows


def main() -> None:
    """Run the campaign."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder that holds qtdb/")
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--shard-size", type=int, help="pages a shard [a twentieth of all]")
    parser.add_argument("--each", type=int, help="how often each fault [one for 4 shards, 3 at most]")
    parser.add_argument("--digitizer", default="classical")
    parser.add_argument("--work", type=Path, default=Path("results/slurm-campaign"), help="folder of the runs")
    parser.add_argument("--cores", type=int, default=2, help="of the local run")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--into", type=Path, help="Markdown file whose table is made anew")
    given = parser.parse_args()
    if not _asked("sinfo"):
        raise SystemExit("slurm_campaign: no Slurm answers here; begin the command with `python tools/slurm_node.py`")

    size = given.shard_size or max(2, given.pages // 20)
    shards = -(-given.pages // size)
    dataset = f"campaign-{given.pages}"
    work = given.work.resolve()
    config = work / f"{dataset}.yaml"
    keys = {
        "dataset": dataset,
        "limit": given.pages,
        "shard_size": size,
        "records": {"source": "folder", "folder": str((given.data / "qtdb").resolve()), "database": "qtdb"},
        "manifest": {"recipe": "qtdb-21801"},
        "traces": {"digitizers": [given.digitizer]},
        "figures": {"study": False},
    }
    write_text(yaml.safe_dump(keys, sort_keys=False), config)
    campaign = Campaign(work, dataset, config, shards)

    began = time.monotonic()
    local = campaign.start("local", "--workflow-profile", str(ROOT / "profiles/default"), "--cores", str(given.cores))
    if local.wait() != 0:
        raise SystemExit(f"slurm_campaign: the local run ended in status {local.returncode}; see {work}/local.log")
    local_s = time.monotonic() - began
    each = given.each or min(3, max(1, shards // 4))
    log, killed, slurm_s = run_on_slurm(campaign, each, given.seed)

    sums = checksums(campaign.results("slurm"))
    differs = difference(sums, checksums(campaign.results("local")))
    if differs:
        raise SystemExit(f"slurm_campaign: {differs}")
    version = slurm("sinfo", "--version").strip()
    cpus = slurm("sinfo", "--noheader", "--format=%C").strip().rpartition("/")[2]
    text = "\n".join(
        [
            f"{given.pages:,} pages of the QT Database in {shards} shards of {size}, `{given.digitizer}`, at commit "
            f"`{(git_commit() or 'unknown')[:9]}`; {version}, {cpus} CPUs.",
            "",
            "| ended on purpose | how | jobs | Slurm says | and then |",
            "|---|---|--:|---|---|",
            *rows_of(log),
            *killed,
            "",
            f"{len(sums):,} files (`papertrace checksums`): the same bytes as of the local run. {len(log.jobs)} jobs "
            f"of Slurm in all. Wall clock: {local_s / 60:.1f} minutes on {given.cores} cores without Slurm, "
            f"{slurm_s / 60:.1f} on the cluster with all that happened there.",
        ]
    )
    if given.into is None:
        print(text)
    else:
        page = given.into.read_text(encoding="utf-8")
        before, _, rest = page.partition(BEGIN)
        after = rest.partition(END)[2]
        write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", given.into)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    main()
