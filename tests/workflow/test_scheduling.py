"""What Snakemake's own process does while jobs run: nothing that grows with the jobs that have ended."""

from __future__ import annotations

import subprocess

import pytest

COUNTED = """
import atexit, sys
from snakemake.cli import main
from snakemake.scheduling.job_scheduler import JobScheduler

begun = []
schedule_again = JobScheduler._schedule_reevalutation
JobScheduler._schedule_reevalutation = lambda self, delay: (begun.append(delay), schedule_again(self, delay))
atexit.register(lambda: print("looks that were to come:", len(begun)))
main()
"""


@pytest.mark.parametrize(("options", "looks"), [([], False), (["--max-jobs-per-timespan", "50/1s"], True)])
def test_only_a_limit_that_was_asked_for_has_snakemake_look_again(workspace, tiny_config, options, looks):
    targets = [f"results/{tiny_config['dataset']}/config/{stage}.json" for stage in ("records", "pages", "scans")]
    command = workspace.command(*targets, *options, "--configfile", workspace.configure(tiny_config))
    counted = [command[0], "-c", COUNTED, *command[command.index("snakemake") + 1 :]]
    result = subprocess.run(counted, cwd=workspace.folder, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    assert all((workspace.folder / target).is_file() for target in targets)
    said = int(result.stdout.rsplit("looks that were to come:", 1)[1])
    assert (said > 0) == looks
