"""A Slurm of this machine, and the workflow on it: ``make test-slurm``."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow


def on_slurm(*command: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command on a Slurm of its own."""
    node = [sys.executable, ROOT / "tools/slurm_node.py"]
    return subprocess.run([*map(str, [*node, *command])], cwd=cwd, capture_output=True, text=True, check=False)


def processes() -> list[str]:
    """Return the command lines of all daemons of Slurm on this machine."""
    lines = (path.read_bytes().split(b"\0")[0].decode() for path in Path("/proc").glob("[0-9]*/cmdline"))
    return sorted(line for line in lines if Path(line).name in {"munged", "slurmctld", "slurmd"})


def test_a_node_runs_jobs_ends_greedy_ones_and_leaves_nothing_behind(tmp_path):
    before = processes(), sorted(Path("/tmp").glob("slurm-node-*"))
    greedy = "python3 -c 'import time; held = bytearray(300 << 20); time.sleep(60)'"
    result = on_slurm(
        *("sh", "-c", 'echo "$SLURM_CONF"; srun echo done; sbatch --wait --mem=100 --wrap "$1"; cat slurm-*.out'),
        *("sh", greedy),
        cwd=tmp_path,
    )
    config, done, *_ = result.stdout.splitlines()
    assert done == "done", result.stderr
    assert "Exceeded job memory limit" in result.stdout
    assert not Path(config).parent.exists()
    assert (processes(), sorted(Path("/tmp").glob("slurm-node-*"))) == before


def test_the_status_is_that_of_the_command(tmp_path):
    assert on_slurm("sh", "-c", "exit 3", cwd=tmp_path).returncode == 3


@pytest.mark.skipif(
    importlib.util.find_spec("snakemake_executor_plugin_slurm") is None,
    reason="needs the Slurm plugin of Snakemake: make test-slurm",
)
def test_jobs_that_are_ended_on_purpose_are_tried_again_and_give_the_bytes_of_the_local_run(shared_data, tmp_path):
    campaign = [sys.executable, ROOT / "benchmarks/slurm_campaign.py", shared_data]
    result = on_slurm(*campaign, "--pages", 24, "--shard-size", 2, "--each", 1, "--work", tmp_path, cwd=tmp_path)
    said = "".join(path.read_text()[-3000:] for path in tmp_path.glob("*.log"))
    assert result.returncode == 0, result.stderr + said
    for name in ("cancelled", "out of memory", "out of time", "killed", "requeued", "Snakemake killed"):
        assert f"| {name} |" in result.stdout
    assert "| 1 | CANCELLED 1 | 1 ended well;" in result.stdout
    assert "| 1 | TIMEOUT 1 | 1 ended well;" in result.stdout
    assert "the same bytes as of the local run" in result.stdout
