"""Disturb the workflow in every way that is likely, and see what the same command makes of it: ``make faults``.

In    nothing: small simulated records, written once.
Out   a line of JSON a trial in --out, on stderr as they come; a Markdown table on stdout, or in the file of --into
      between its markers. Trials that --out holds, of this version of the code, are not made again: a campaign that
      was stopped goes on.

After each fault the same command is run again, and must end with the same SHA-256 of every table, image and record as
a run that nobody disturbed (`papertrace checksums`), nothing half-written left, and no finished job done twice. What
cannot be so (a broken record, a full disk) must end in a counted failure or a sentence that gives the reason.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

from digitizers import renewed
from fault_kinds import Outcome, Undisturbed, trials, undisturbed
from fault_records import BROKEN, ODD, write_records
from fault_runs import DATASET, ROOT, Place

from papertrace.io import sha256_bytes, write_text

CONFIG = {
    "dataset": DATASET,
    "max_failure_share": 0.5,
    "pages": {"dpi": 100},
    "scans": {"preset": "flatbed"},
    "traces": {"digitizers": ["classical"], "inputs": ["scans"]},
    "scores": {"clinical": False},
    "figures": {"examples": 1, "study": False},
    "report": {"examples": 1},
}


def main() -> int:
    """Run the campaign and return the exit status: 1 if a trial did not end as it should."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=10, help="random moments of kills, of Snakemake and of a worker")
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    parser.add_argument("--only", action="append", default=[], help="trials whose names begin so; all by default")
    parser.add_argument("--out", type=Path, default=Path("results/faults.jsonl"))
    parser.add_argument("--into", type=Path, help="Markdown file whose table is made anew")
    parser.add_argument("--tables", action="store_true", help="make the table of what --out holds, disturb nothing")
    parser.add_argument("--work", type=Path, help="folder to work in, kept, to go on in; a temporary one by default")
    given = parser.parse_args()
    if not given.tables:
        if given.work is not None:
            campaign(given.work, given)
        else:
            with tempfile.TemporaryDirectory(prefix="papertrace-faults-") as work:
                campaign(Path(work), given)
    outcomes = read(given.out)
    made = {"faults": table(outcomes)}
    if given.into:
        write_text(renewed(given.into.read_text(encoding="utf-8"), made), given.into)
    else:
        print(made["faults"], end="")
    return any(outcome.wrong for outcome in outcomes)


def campaign(work: Path, given: argparse.Namespace) -> None:
    """Make the trials that are not made yet, and keep what came of them."""
    work = work.resolve()
    whole = dataset(work, "whole", records=12, shard_size=4)
    many = None
    if not given.only or any("records".startswith(name) for name in given.only):
        # clean pages are read, so that those that cannot be are the broken records'
        clean = {"max_failure_share": 0.02, "traces": {**CONFIG["traces"], "inputs": ["pages"]}}
        many = dataset(work, "many", records=10 * len(BROKEN) + 10 * len(ODD), shard_size=38, **clean)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    code = source_code()
    done = {line["trial"] for line in lines(given.out) if line["code"] == code}
    for name, trial in trials(whole, many, work, given.kills, given.seed):
        if name in done or (given.only and not name.startswith(tuple(given.only))):
            continue
        clear(work, name)
        since = time.monotonic()
        outcome = trial()
        line = {"trial": name, "code": code, "seconds": round(time.monotonic() - since, 1), **vars(outcome)}
        with given.out.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        print(f"{name}: {outcome.wrong or 'as it should be'} ({line['seconds']} s)", file=sys.stderr, flush=True)
        if not outcome.wrong:
            clear(work, name)


def clear(work: Path, name: str) -> None:
    """Remove what a trial left."""
    for suffix in ("", "-said", "-records"):
        shutil.rmtree(work / f"{name}{suffix}", ignore_errors=True)


def dataset(work: Path, name: str, records: int, shard_size: int, **keys) -> Undisturbed:
    """Write records and make a dataset of them, undisturbed."""
    folder = work / f"{name}-records"
    if not folder.is_dir():
        write_records(folder, records)
    config = {**CONFIG, "shard_size": shard_size, "records": {"source": "folder", "folder": str(folder)}, **keys}
    return undisturbed(Place(work / name, config))


def source_code() -> str:
    """Return what tells this version of package and workflow from others."""
    files = sorted(path for folder in ("src", "workflow", "profiles") for path in (ROOT / folder).rglob("*"))
    files = [path for path in files if path.suffix in (".py", ".smk", ".yaml") or path.name == "Snakefile"]
    return sha256_bytes(b"".join(path.read_bytes() for path in files))[:12]


def lines(path: Path) -> list[dict]:
    """Return what a campaign kept, a mapping a trial."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []


def read(path: Path) -> list[Outcome]:
    """Return the last outcome of each trial."""
    last = {line["trial"]: line for line in lines(path)}
    return [Outcome(**{key: line[key] for key in Outcome.__annotations__}) for line in last.values()]


def table(outcomes: list[Outcome]) -> str:
    """Return the outcomes as a Markdown table, in the order of the faults."""
    head = ("fault", "", "how it ended", "jobs before", "made then", "twice", "same files")
    rows = [f"| {' | '.join(head)} |", "|---|---|---|--:|--:|--:|---|"]
    for fault in dict.fromkeys(outcome.fault for outcome in outcomes):
        for each in (outcome for outcome in outcomes if outcome.fault == fault):
            figures = f"{each.before} | {each.anew} | {each.doubled}"
            rows.append(f"| {fault} | {each.detail} | {each.ended or 'whole'} | {figures} | {each.wrong or 'yes'} |")
    good = sum(not outcome.wrong for outcome in outcomes)
    return "\n".join([*rows, "", f"{good} of {len(outcomes)} trials ended as they should.", ""])


if __name__ == "__main__":
    sys.exit(main())
