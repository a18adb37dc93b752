# What all rules share.
#
# In    Snakemake's `config`, after --configfile and --config.
# Out   SETTINGS, the checked config; RESULTS, the dataset's folder; SHARDS, the shards' names.
# Steps 1. check the config: anything wrong with it ends here, in one sentence;
#       2. plan the shards (reads names of records, opens no record and no table);
#       3. one run at a time in a dataset's folder.

import fcntl
import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

from papertrace.config import STAGE_SECTIONS, stage_config_text, validate_config
from papertrace.errors import ConfigError
from papertrace.plan import shard_names
from papertrace.sources import source_version
from papertrace.traces.registry import files_behind

try:
    SETTINGS = validate_config(config, " + ".join(map(os.path.relpath, workflow.configfiles)) or "config")
    SHARDS = shard_names(SETTINGS)
except ConfigError as error:
    sys.exit(f"papertrace: {error}")

RESULTS = f"{SETTINGS.results}/{SETTINGS.dataset}"

# Rules find the `papertrace` that stands beside this Snakemake, whether its environment is activated or not.
os.environ.update(PATH=os.pathsep.join([str(Path(sys.executable).parent), *os.get_exec_path()]))


def records_list():
    """Return the list that a folder of records holds, if it does: records run again when it changes."""
    listed = Path(SETTINGS.records.folder or "", "RECORDS")
    return [str(listed)] if SETTINGS.records.source == "folder" and listed.is_file() else []


def hold_folder(folder):
    """Refuse to run beside another run in the same folder.

    The kernel drops this lock with the process that holds it, so a killed run leaves nothing to unlock;
    Snakemake's own lock outlives a `kill -9`, which is why the profiles turn it off.
    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    lock = Path(folder, ".lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise WorkflowError(
            f"{folder}: another run is at work here; wait for its end, or name another `dataset`"
        ) from None
    return lock


onstart:
    workflow.globals["_lock"] = hold_folder(RESULTS)
