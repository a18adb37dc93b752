# What all rules share.
#
# In    Snakemake's `config`, after --configfile and --config.
# Out   SETTINGS, the checked config; RESULTS, the dataset's folder; SHARDS, the shards' names.
# Steps 1. check the config: anything wrong with it ends here, in one sentence;
#       2. of a database that is not there yet, fetch the list of its records: all else follows from it;
#       3. plan the shards (reads names of records, opens no record and no table);
#       4. clear away what was cut short since it was written: it is made anew; bring times in the future back to now;
#       5. one run at a time in a dataset's folder, whose workers end with it.

import fcntl
import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

from papertrace.config import STAGE_SECTIONS, stage_config_text, validate_config
from papertrace.errors import PapertraceError
from papertrace.forecast import needs
from papertrace.lifeline import VARIABLE as LIFELINE, this_process
from papertrace.plan import shard_names
from papertrace.sources import source_version
from papertrace.traces.registry import files_behind
from papertrace.verify import find_damage, remove_tables, settle_times, sweep

try:
    SETTINGS = validate_config(config, " + ".join(map(os.path.relpath, workflow.configfiles)) or "config")
    if SETTINGS.records.source == "physionet":
        from papertrace.download.stage import fetch_lists

        fetch_lists(SETTINGS)
    SHARDS = shard_names(SETTINGS)
except PapertraceError as error:
    sys.exit(f"papertrace: {error}")

RESULTS = f"{SETTINGS.results}/{SETTINGS.dataset}"

# Rules find the `papertrace` that stands beside this Snakemake, whether its environment is activated or not.
os.environ.update(PATH=os.pathsep.join([str(Path(sys.executable).parent), *os.get_exec_path()]))

# They end when this process does, even by `kill -9`: none of them is still writing when the same command runs again.
os.environ[LIFELINE] = this_process()


# Where results lie in a storage such as S3, only what rules declare travels between the machines: then they declare the
# folders beside the tables too. On a disk they do not: Snakemake looks after one file a shard and stage, and no more.
STORED_AWAY = workflow.storage_settings.default_storage_provider is not None


SIMULATED = "<results>/records/wfdb" if SETTINGS.records.source == "simulation" else None


def folder(path):
    """Return the folder beside a table as an input with a name, where results are stored away; else nothing."""
    return {f"{path.split('/')[1]}_folder": path} if STORED_AWAY and path else {}


def made_folder(path):
    """Return the folder beside a table as an output with a name, where results are stored away; else nothing."""
    return {name: directory(made) for name, made in folder(path).items()}


# What a job of each stage needs, by the cost model and the shards' size; a job that is tried again gets as much more.
NEEDS = needs(SETTINGS)


def memory(stage):
    """Return what `mem_mb` takes."""
    return lambda wildcards, attempt: attempt * NEEDS[stage].mem_mb


def minutes(stage):
    """Return what `runtime` takes."""
    return lambda wildcards, attempt: attempt * NEEDS[stage].minutes


def records_list():
    """Return what the table of records goes by besides the config.

    That is the list that a folder of records holds, if it does: records run again when it changes. A database is what
    it is: once it has been downloaded, nothing is stale because somebody verifies it again, or names another mirror.
    """
    if SETTINGS.records.source == "physionet":
        return [ancient("<results>/download/download.parquet")]
    listed = Path(SETTINGS.records.folder or "", "RECORDS")
    return [local(str(listed))] if SETTINGS.records.source == "folder" and listed.is_file() else []


def hold_folder(folder):
    """Refuse to run beside another run in the same folder.

    The kernel drops this lock with the process that holds it, so a killed run leaves nothing to unlock;
    Snakemake's own lock outlives a `kill -9`, which is why the profiles turn it off.
    """
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        lock = Path(folder, ".lock").open("w")
    except OSError as error:
        raise WorkflowError(
            f"{folder}: cannot be written to ({error.strerror}); make it writable for you, or name another `results`"
        ) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise WorkflowError(
            f"{folder}: another run is at work here; wait for its end, or name another `dataset`"
        ) from None
    return lock


def clear_damaged(folder):
    """Remove the tables of shards that were cut short or lost files since they were written: they are made anew.

    Snakemake goes by the times of files, which tell nothing of this. Files appear whole, so that those of another run
    are in no danger. Their contents are not read: that does `papertrace verify`.
    """
    damages = list(find_damage(Path(folder), contents=False))
    for damage in damages:
        print(f"papertrace: {damage.sentence}; its shard is made anew", file=sys.stderr)
    remove_tables(damages)


# Not in the jobs that a cluster's nodes run.
if workflow.is_main_process:
    clear_damaged(RESULTS)
    settle_times(Path(RESULTS))


def drop_default_job_rate():
    """Run without the default limit of 100 jobs a second; another, which somebody asked for, stays.

    With a limit, each look at the jobs has Snakemake look again a second later, and each job that ends begins another
    such chain, which lasts as long as the run (9.27; its issue 2967 is of this): after 100 jobs they take a tenth of a
    core, after 450 more than a third.
    """
    limit = workflow.scheduler.job_rate_limiter
    if limit is not None and (limit.max_jobs, limit.timespan) == (100, 1):
        workflow.scheduler.job_rate_limiter = None


onstart:
    workflow.globals["_lock"] = hold_folder(RESULTS)
    sweep(Path(RESULTS))
    drop_default_job_rate()
