"""Real runs of the workflow, each in a folder of its own."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Workspace:
    """A folder to run the workflow in, as a clone of the repository would be."""

    folder: Path

    def command(self, *args: object, cores: int = 2) -> list[str]:
        """Return the command that a person would type, with the repository's paths written out."""
        profile = ["--snakefile", ROOT / "Snakefile", "--profile", ROOT / "profiles/default"]
        return [str(part) for part in (sys.executable, "-m", "snakemake", *profile, "--cores", cores, *args)]

    def configure(self, config: dict) -> Path:
        """Write a config file and return its path."""
        path = self.folder / "config.yaml"
        path.write_text(yaml.safe_dump(config))
        return path

    def run(
        self, *args: object, cores: int = 2, timeout: float = 600, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run the workflow to its end and return what it said and its status."""
        return subprocess.run(
            self.command(*args, cores=cores),
            cwd=self.folder,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def make(self, config: dict, *targets: str, cores: int = 2) -> Path:
        """Make the targets, or all there is, which must succeed; return the dataset's folder."""
        result = self.run(*targets, "--configfile", self.configure(config), cores=cores)
        assert result.returncode == 0, result.stderr
        return self.folder / "results" / config["dataset"]

    def hashes(self, *stages: str) -> dict[str, str]:
        """Return the SHA-256 of every image, table and record under the datasets' stages, by path."""
        kinds = {".parquet", ".png", ".jpg", ".jpeg", ".csv", ".hea", ".dat"}
        return {
            path.relative_to(self.folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for stage in stages
            for path in sorted(self.folder.glob(f"results/*/{stage}/**/*"))
            if path.suffix in kinds
        }


@pytest.fixture(scope="session")
def workspaces(tmp_path_factory) -> Callable[[str], Workspace]:
    """Return a function that makes a new workspace, by name."""
    return lambda name: Workspace(tmp_path_factory.mktemp(name))


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    """An empty workspace."""
    return Workspace(tmp_path)


@pytest.fixture(scope="session")
def tiny_config() -> dict:
    """Four pages of two layouts in two shards; small, so that a run takes seconds."""
    return {
        "dataset": "tiny",
        "shard_size": 2,
        "max_failure_share": 1,
        "records": {"simulation": {"two_lead": 3, "twelve_lead": 1, "duration_s": 10}},
        "pages": {"dpi": 100},
        "figures": {"examples": 1, "study": False},
        "report": {"examples": 1},
    }


@pytest.fixture(scope="session")
def tiny(workspaces, tiny_config) -> Workspace:
    """A workspace in which the tiny dataset has been made with two cores; to look at, not to change."""
    made = workspaces("tiny")
    made.make(tiny_config)
    return made
