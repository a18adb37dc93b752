"""Runs of the workflow to be disturbed: places to run it in, and what a run made, said and left behind."""

from __future__ import annotations

import collections
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import yaml

from papertrace.checksums import checksums, difference

ROOT = Path(__file__).resolve().parents[1]
DATASET = "faults"
_TARGET = "default"  # Snakemake's name of the job that makes nothing: the target's


@dataclass(frozen=True)
class Run:
    """A run that has ended.

    Attributes
    ----------
    status : int
        Exit status; negative, the signal that ended it.
    said : str
        What Snakemake wrote, with the logs of failed jobs.
    seconds : float
        Wall-clock time.
    """

    status: int
    said: str
    seconds: float

    @property
    def finished(self) -> Counter[str]:
        """How many jobs of each rule it finished."""
        return _without_target(re.findall(r"^Finished jobid: \d+ \(Rule: (\w+)\)", self.said, re.MULTILINE))

    @property
    def sentences(self) -> list[str]:
        """What papertrace said, each sentence once."""
        found = re.findall(r"^ *papertrace: (.+)$", self.said, re.MULTILINE)
        found += re.findall(r"^(\S+: another run is at work here.*)$", self.said, re.MULTILINE)
        return list(dict.fromkeys(found))

    def saying(self, words: str) -> list[str]:
        """Return the lines that hold some words."""
        return [line.strip() for line in self.said.splitlines() if words in line]

    @property
    def traceback(self) -> bool:
        """Whether a person was shown a traceback."""
        return "Traceback (most recent call last)" in self.said


@dataclass(frozen=True)
class Place:
    """A folder to run a config in, and a folder beside it for what the runs say."""

    folder: Path
    config: dict
    logs: Path = field(init=False)

    def __post_init__(self) -> None:
        """Make the folders and write the config."""
        object.__setattr__(self, "logs", self.folder.with_name(f"{self.folder.name}-said"))
        self.logs.mkdir(parents=True, exist_ok=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.logs / "config.yaml").write_text(yaml.safe_dump(self.config), encoding="utf-8")

    @property
    def results(self) -> Path:
        """The dataset's folder."""
        return self.folder / "results" / DATASET

    def copy(self, folder: Path) -> Place:
        """Return a copy, Snakemake's notes and the files' times with it."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Place(folder, self.config)

    def start(self, *arguments: str, cores: int = 2) -> Running:
        """Start the command that a person would type."""
        number = len(list(self.logs.glob("*.log")))
        log = self.logs / f"{number:02d}.log"
        command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--profile"]
        command += [ROOT / "profiles/default", "--cores", cores, "--configfile", self.logs / "config.yaml", *arguments]
        with log.open("wb") as file:
            process = subprocess.Popen(
                [str(part) for part in command],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
            )
        return Running(process, log, time.monotonic())

    def run(self, *arguments: str) -> Run:
        """Run the command to its end."""
        return self.start(*arguments).end()

    def unlike(self, wanted: dict[str, str]) -> str:
        """Say how tables, images and records differ from those of an undisturbed run, or what is left over."""
        found = difference(checksums(self.results), wanted)
        left = list(self.results.rglob(".*.part"))
        parts = [
            f"{len(names)} {what} ({names[0]})"
            for what, names in (
                ("missing", found.missing),
                ("added", found.added),
                ("changed", found.changed),
                ("half-written", left),
            )
            if names
        ]
        absent = [name for name in ("report/report.html", "figures/figures.csv") if not (self.results / name).is_file()]
        return ", ".join([*parts, *(f"no {name}" for name in absent)])


@dataclass(frozen=True)
class Running:
    """A run under way."""

    process: subprocess.Popen
    log: Path
    since: float

    def workers(self) -> list[psutil.Process]:
        """Return the workers, sorted by id: the `papertrace` processes below Snakemake, not the shells between."""
        found = []
        for child in _children(self.process.pid):
            try:
                if any(part.endswith("/papertrace") for part in child.cmdline()[:2]):
                    found.append(child)
            except psutil.Error:
                continue
        return sorted(found, key=lambda each: each.pid)

    def wait_until(self, seconds: float) -> bool:
        """Wait until so long after its start; return whether it is still running."""
        while (left := self.since + seconds - time.monotonic()) > 0:
            if self.process.poll() is not None:
                return False
            time.sleep(min(left, 0.05))
        return self.process.poll() is None

    def kill(self) -> int:
        """Kill Snakemake alone; return how many of its workers are alive 10 s later."""
        workers = _children(self.process.pid)
        self.process.kill()
        self.process.wait()
        _, alive = psutil.wait_procs(workers, timeout=10)
        for each in alive:
            each.kill()
        return len(alive)

    def end(self) -> Run:
        """Wait for the end."""
        status = self.process.wait()
        return Run(status, self.log.read_text(encoding="utf-8", errors="replace"), time.monotonic() - self.since)


def twice(runs: list[Run], total: Counter[str]) -> int:
    """Return how many jobs were finished more often than one undisturbed run has them."""
    done = sum((run.finished for run in runs), Counter())
    return sum((done - total).values())


@contextmanager
def mounted(*arguments: str) -> Iterator[None]:
    """Mount something, its place last among the arguments of mount(8), and unmount it at the end."""
    subprocess.run(["mount", *arguments], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", arguments[-1]], check=True)


def can_mount() -> bool:
    """Tell whether this process may mount; only root may."""
    return sys.platform == "linux" and os.geteuid() == 0 and shutil.which("mount") is not None


def _children(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _without_target(rules: list[str]) -> Counter[str]:
    return collections.Counter(rule for rule in rules if rule != _TARGET)
