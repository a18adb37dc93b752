"""What can go wrong with a run, done to it on purpose: each function is one trial, and returns what came of it."""

from __future__ import annotations

import csv
import json
import os
import random
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fault_records import BROKEN, ODD, mend, spoil
from fault_runs import Place, Run, can_mount, mounted, twice

from papertrace.checksums import checksums
from papertrace.io import read_rows, write_text
from papertrace.verify import find_damage, remove_tables

DAY_S = 86_400


@dataclass(frozen=True)
class Outcome:
    """What came of a trial.

    Attributes
    ----------
    fault, detail : str
        What was done.
    ended : str
        How the disturbed run ended: its sentence, or what there is to say.
    before, anew, doubled : int
        Jobs that were finished before, that the same command made then, and of those the ones that an earlier run had
        finished and nothing had damaged.
    wrong : str
        What is not as it should be; empty where the same command ended with the same files.
    """

    fault: str
    detail: str
    ended: str
    before: int
    anew: int
    doubled: int
    wrong: str


@dataclass(frozen=True)
class Undisturbed:
    """A run that nobody disturbed: where it lies, and what the others must come to."""

    place: Place
    run: Run
    sums: dict[str, str]

    @property
    def jobs(self) -> Counter[str]:
        """How many jobs of each rule there are."""
        return self.run.finished


def undisturbed(place: Place) -> Undisturbed:
    """Run a config to its end, and again, which must make nothing; a campaign that goes on takes what it has."""
    kept = place.logs / "undisturbed.json"
    if not kept.is_file():
        run, again = place.run(), place.run()
        if run.status or again.status or again.finished:
            raise RuntimeError(f"the undisturbed run did not go as it should; see {place.logs}")
        write_text(json.dumps(vars(run)), kept)
    return Undisturbed(place, Run(**json.loads(kept.read_text(encoding="utf-8"))), checksums(place.results))


# ------------------------------------------------------------------------------------------------ while it runs


def kill_snakemake(whole: Undisturbed, folder: Path, rng: random.Random) -> Outcome:
    """`kill -9` of Snakemake alone at a random moment, and at once the same command."""
    place, moment = Place(folder, whole.place.config), rng.uniform(0.05, 0.95) * whole.run.seconds
    while not (running := place.start()).wait_until(moment):
        # the machine is faster than when nobody disturbed it: a moment within this run
        shutil.rmtree(folder)
        place, moment = Place(folder, whole.place.config), moment / 2
    alive = running.kill()
    outcome = _again(whole, place, [running.end()], "`kill -9` of Snakemake", f"at {moment:.1f} s", "killed")
    return _worse(outcome, f"{alive} workers lived on" if alive else "")


def kill_worker(whole: Undisturbed, folder: Path, rng: random.Random) -> Outcome:
    """`kill -9` of a worker at a random moment, or of the first one after it; the run goes on to its end."""
    place, moment = Place(folder, whole.place.config), rng.uniform(0.05, 0.9) * whole.run.seconds
    running = place.start()
    ended = "ended before"
    waiting = running.wait_until(moment)
    while waiting:
        if workers := running.workers():
            victim = rng.choice(workers)
            stage = victim.cmdline()[2]
            victim.kill()
            ended = f"a worker of {stage} killed"
            break
        waiting = running.wait_until(moment := moment + 0.05)
    first = running.end()
    ended += ", the run made the rest" if first.status else ", the run made it again"
    return _again(whole, place, [first], "`kill -9` of a worker", f"at {moment:.1f} s", ended)


def two_at_once(whole: Undisturbed, folder: Path, delay_s: float) -> Outcome:
    """Two runs of the same command in the same folder, the second some time after the first."""
    place = Place(folder, whole.place.config)
    one = place.start()
    one.wait_until(delay_s)
    two = place.start()
    runs = [one.end(), two.end()]
    refused = [run for run in runs if run.status and any("another run is at work" in said for said in run.sentences)]
    done = [run for run in runs if run.status == 0]
    wrong = "" if len(refused) == 1 and len(done) == 1 else f"ended with {[run.status for run in runs]}"
    ended = refused[0].sentences[0] if refused else "none was refused"
    outcome = _again(whole, place, runs, "two runs at once", f"the second {delay_s:.1f} s later", ended)
    return _worse(outcome, wrong)


def disk_full(whole: Undisturbed, folder: Path, share: float) -> Outcome:
    """A disk with room for a share of what the run writes; then a larger one."""
    need = sum(path.stat().st_size for path in whole.place.folder.rglob("*") if path.is_file())
    folder.mkdir(parents=True)
    with mounted("-t", "tmpfs", "-o", f"size={int(need * share)}", "none", str(folder)):
        place = Place(folder, whole.place.config)
        first = place.run()
        subprocess.run(["mount", "-o", f"remount,size={need * 3}", str(folder)], check=True)
        # where the log's disk is full as well, Snakemake alone can say so
        said = first.sentences or first.saying("No space left")
        wrong = "" if first.status and said else "the run said nothing of it"
        wrong = wrong or ("a traceback" if first.traceback else "")
        outcome = _again(whole, place, [first], "disk full", f"{share:.0%} of the room it needs", _first(said, place))
    return _worse(outcome, wrong)


def read_only(whole: Undisturbed, folder: Path) -> Outcome:
    """A folder of results that cannot be written to, halfway; then one that can."""
    place = Place(folder, whole.place.config)
    half = place.run("--until", "scans")
    results = str(place.results)
    with mounted("--bind", results, results):
        subprocess.run(["mount", "-o", "remount,ro,bind", results], check=True)
        refused = place.run()
    said = refused.sentences or refused.saying("Read-only")
    wrong = "" if refused.status and said and not refused.traceback else "no sentence"
    outcome = _again(whole, place, [half, refused], "results read-only", "from traces on", _first(said, place))
    return _worse(outcome, wrong)


# -------------------------------------------------------------------------------------------- after it was written


def cut_short(whole: Undisturbed, folder: Path, name: str, keep_time: bool) -> Outcome:
    """A file of a finished dataset cut to half its size."""
    place = whole.place.copy(folder)
    path = place.results / name
    times = path.stat()
    os.truncate(path, times.st_size // 2)
    if keep_time:
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    detail = f"`{name}`, {'its time kept' if keep_time else 'as of now'}"
    return _remade(whole, place, "cut short", detail)


def changed_bits(whole: Undisturbed, folder: Path, names: list[str]) -> Outcome:
    """A bit changed in several files of a finished dataset: `papertrace verify` must name each of them."""
    place = whole.place.copy(folder)
    for name in names:
        _flip(place.results / name)
    named = _verify(place, names)
    return _worse(_remade(whole, place, "a bit changed", f"{len(names)} files, `verify --remove`"), named)


def changed_image(whole: Undisturbed, folder: Path, name: str) -> Outcome:
    """A bit changed in a page's image before it is scanned: a counted failure, until its shard is made anew."""
    place = Place(folder, whole.place.config)
    half = place.run("--until", "pages")
    _flip(place.results / name)
    first = place.run()
    with (place.results / "scores/failures.csv").open(newline="") as file:
        reasons = [row["reason"] for row in csv.DictReader(file) if Path(name).name in row["reason"]]
    wrong = _verify(place, [name]) if reasons else "not counted as failed"
    ended = f"counted as failed: {reasons[0]}" if reasons else "not noticed"
    outcome = _again(whole, place, [half, first], "a bit changed", f"`{name}`, before scans", ended, remade=True)
    return _worse(outcome, wrong)


def clock(whole: Undisturbed, folder: Path, days: float) -> Outcome:
    """The first half of a run made while the clock was wrong: its files' times lie in the future, or long ago."""
    place = Place(folder, whole.place.config)
    half = place.run("--until", "scans")
    for path in place.results.rglob("*"):
        _shift(path, days)
    detail = f"pages and scans {abs(days):g} day {'in the future' if days > 0 else 'ago'}"
    outcome = _again(whole, place, [half], "clock wrong", detail, "")
    more = place.run()
    return _worse(outcome, f"then {sum(more.finished.values())} jobs again" if more.finished else "")


def scrambled_times(whole: Undisturbed, folder: Path, rng: random.Random) -> Outcome:
    """All times of a finished dataset at random, as a copy or a backup may leave them."""
    place = whole.place.copy(folder)
    for path in place.results.rglob("*"):
        _shift(path, rng.uniform(-1, 1))
    return _remade(whole, place, "clock wrong", "all files' times at random, ± 1 day")


def broken_records(whole: Undisturbed, folder: Path, records: Path) -> Outcome:
    """One in ten records broken or odd, each in another way; then mended, and `RECORDS` written anew."""
    spoilt = folder.with_name(f"{folder.name}-records")
    shutil.copytree(records, spoilt)
    which = spoil(spoilt)
    config = {**whole.place.config, "records": {**whole.place.config["records"], "folder": str(spoilt)}}
    place = Place(folder, config)
    first = place.run()
    rows = {row["record"]: row for row in read_rows(place.results / "records/records.parquet")}
    wrong = [kind for kind in BROKEN if (rows[which[kind]]["reason"] or "").find(BROKEN[kind]) < 0]
    wrong += [kind for kind in ODD if rows[which[kind]]["status"] != "ok"]
    with (place.results / "scores/failures.csv").open(newline="") as file:
        counted = {row["record"] for row in csv.DictReader(file) if row["page_lost"] == "True"}
    wrong += [kind for kind in BROKEN if which[kind] not in counted]
    touched = set(which.values())
    lost = [
        row["page_id"]
        for table in sorted((place.results / "pages").glob("shard-*.parquet"))
        for row in read_rows(table, ["page_id", "status", "sha256"])
        if row["page_id"].rsplit("_", 1)[0] not in touched
        and whole.sums.get(f"pages/{table.stem}/{row['page_id']}.png") != row["sha256"]
    ]
    wrong += [f"{len(lost)} sound pages are other ones"] if lost else []
    ended = _first([said for said in first.sentences if "max_failure_share" in said], place)
    mend(records, spoilt)
    detail = f"{len(BROKEN)} broken, {len(ODD)} odd of {len(rows)}; mended"
    outcome = _again(whole, place, [first], "records broken", detail, ended, remade=True)
    return _worse(outcome, ", ".join(wrong))


# ------------------------------------------------------------------------------------------------------ the parts


def _again(
    whole: Undisturbed, place: Place, runs: list[Run], fault: str, detail: str, ended: str, remade: bool = False
) -> Outcome:
    """Run the same command again, and compare."""
    last = place.run()
    before = sum((run.finished for run in runs), Counter())
    doubled = 0 if remade else twice([*runs, last], whole.jobs)
    wrong = place.unlike(whole.sums) if last.status == 0 else f"the same command failed: {last.sentences[:1]}"
    if doubled:
        wrong = ", ".join(filter(None, [wrong, f"{doubled} finished jobs done again"]))
    return Outcome(fault, detail, ended, sum(before.values()), sum(last.finished.values()), doubled, wrong)


def _remade(whole: Undisturbed, place: Place, fault: str, detail: str) -> Outcome:
    """Run the command in a finished and damaged dataset, which makes anew what is damaged, and compare."""
    run = place.run()
    wrong = place.unlike(whole.sums) if run.status == 0 else f"the same command failed: {run.sentences[:1]}"
    made, before = sum(run.finished.values()), sum(whole.jobs.values())
    return Outcome(fault, detail, _first(run.sentences, place), before, made, 0, wrong)


def _verify(place: Place, names: list[str]) -> str:
    """Have `papertrace verify --remove` look through a dataset; say which of the files it did not name."""
    damages = list(find_damage(place.results))
    said = "\n".join(damage.sentence for damage in damages)
    remove_tables(damages)
    missed = [name for name in names if f"{place.results / name}: " not in said]
    return f"verify did not name {', '.join(missed)}" if missed else ""


def _worse(outcome: Outcome, wrong: str) -> Outcome:
    return Outcome(**{**vars(outcome), "wrong": ", ".join(filter(None, [outcome.wrong, wrong]))})


def _first(sentences: list[str], place: Place) -> str:
    """Return the first sentence, without the names of folders that differ from trial to trial."""
    return sentences[0].replace(f"{place.folder}/", "") if sentences else "no sentence"


def _flip(path: Path) -> None:
    """Change a bit in the middle of a file, and leave its size and time."""
    times = path.stat()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def _shift(path: Path, days: float) -> None:
    if path.is_file():
        times = path.stat()
        os.utime(path, (times.st_atime + days * DAY_S, times.st_mtime + days * DAY_S))


def trials(
    whole: Undisturbed, many: Undisturbed | None, work: Path, count: int, seed: int
) -> Iterator[tuple[str, Callable[[], Outcome]]]:
    """Yield the trials of the campaign, named.

    Parameters
    ----------
    whole, many : Undisturbed
        A dataset of a few shards; one of enough records to break one in ten, or None.
    work : Path
        Where they may work.
    count : int
        Moments at which Snakemake is killed, and as many at which a worker is.
    seed : int
        Of the moments.
    """
    results = whole.place.results
    image = {stage: min((results / stage / "shard-00001").glob("*.[pj]*g")).name for stage in ("pages", "scans")}
    torn = [
        "manifest/manifest.parquet",
        "pages/shard-00001.parquet",
        f"pages/shard-00001/{image['pages']}",
        "pages/shard-00001/truth.parquet",
        "scans/shard-00001.parquet",
        f"scans/shard-00001/{image['scans']}",
        "traces/shard-00001.parquet",
        "traces/shard-00001/signals.parquet",
        "scores/shard-00001.parquet",
        "scores/shard-00001/beats.parquet",
        "scores/scores.parquet",
        "scores/beats.parquet",
        "scores/summary.csv",
    ]
    flipped = [torn[k] for k in (1, 2, 5, 7, 8, 11, 12)]
    for k in range(count):
        rng = random.Random(f"{seed} {k}")
        yield f"snakemake-{k}", lambda k=k, rng=rng: kill_snakemake(whole, work / f"snakemake-{k}", rng)
        yield f"worker-{k}", lambda k=k, rng=rng: kill_worker(whole, work / f"worker-{k}", rng)
    for k, delay in enumerate((0.0, 1.5, whole.run.seconds / 3)):
        yield f"two-{k}", lambda k=k, delay=delay: two_at_once(whole, work / f"two-{k}", delay)
    if can_mount():
        for share in (0.2, 0.5, 0.8):
            yield f"full-{share}", lambda share=share: disk_full(whole, work / f"full-{share}", share)
        yield "read-only", lambda: read_only(whole, work / "read-only")
    for k, name in enumerate(torn):
        yield f"torn-{k}", lambda k=k, name=name: cut_short(whole, work / f"torn-{k}", name, keep_time=True)
    for k in (1, 5, 7, 10):
        yield f"torn-now-{k}", lambda k=k: cut_short(whole, work / f"torn-now-{k}", torn[k], keep_time=False)
    yield "bits", lambda: changed_bits(whole, work / "bits", flipped)
    yield "image", lambda: changed_image(whole, work / "image", torn[2])
    for days in (1, -1):
        yield f"clock-{days}", lambda days=days: clock(whole, work / f"clock-{days}", days)
    yield "times", lambda: scrambled_times(whole, work / "times", random.Random(f"{seed} times"))
    if many is not None:
        folder = Path(many.place.config["records"]["folder"])
        yield "records", lambda: broken_records(many, work / "records", folder)
