"""Parts of a dataset that were made in several places, put together into one.

Every part has the whole manifest, so that a page is the same wherever it was made; a part (`part` in the config) makes
the shards from its first to its last. The parts must be of the same dataset, lack nothing and not contradict each
other.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from papertrace.errors import PapertraceError
from papertrace.exports.rebuild import kept_keys
from papertrace.io import atomic_folder, read_table, sha256_file, shard_folder
from papertrace.plan import shard_name
from papertrace.verify import find_damage

_WHOLE = ("records/records.parquet", "manifest/manifest.parquet")
_STAGES = ("pages", "scans", "traces", "scores")


def merge(parts: Sequence[Path], out: Path) -> int:
    """Put parts of a dataset together.

    Files are copied; where parts overlap, their tables must be the same. The copies' times are in the order of the
    stages, so that the workflow takes them for finished and goes on with the summary.

    Parameters
    ----------
    parts : sequence of Path
        Folders of the parts' results.
    out : Path
        Folder of the whole; new.

    Returns
    -------
    int
        How many pages the dataset has.

    Raises
    ------
    PapertraceError
        The parts are not of one dataset, a file is damaged, two parts contradict each other, or shards are missing; the
        sentence names the first of them. Nothing is written then.
    """
    if out.exists():
        raise PapertraceError(f"{out}: is there already; name a new folder")
    for part in parts:
        _check_whole(part, parts[0])
    manifest = read_table(parts[0] / _WHOLE[1], ["page_id"])["page_id"].to_pylist()
    size = kept_keys(parts[0])["shard_size"]
    stages = [stage for stage in _STAGES if any((part / stage).is_dir() for part in parts)]
    chosen = {
        f"{stage}/{shard_name(k)}.parquet": _one_of(parts, f"{stage}/{shard_name(k)}.parquet")
        for stage in stages
        for k in range(-(-len(manifest) // size))
    }
    missing = [name for name, part in chosen.items() if part is None]
    if missing:
        rest = f" and {len(missing) - 1:,} more tables" if len(missing) > 1 else ""
        raise PapertraceError(f"{missing[0]}{rest}: in none of the parts; let the part that makes it run to its end")
    for name, part in chosen.items():
        k = int(Path(name).stem.removeprefix("shard-"))
        _check_pages(part / name, manifest[k * size : (k + 1) * size])
    with atomic_folder(out) as beside:
        for place, stage in enumerate(("config", "records", "manifest", *stages)):
            if stage in stages:
                for name in (name for name in chosen if name.startswith(f"{stage}/")):
                    _copy_shard(chosen[name], beside, name)
            else:
                shutil.copytree(parts[0] / stage, beside / stage)
            _date(beside / stage, place - len(stages) - 3)
    return len(manifest)


def _check_whole(part: Path, first: Path) -> None:
    """Find out whether a part is sound and of the same dataset as the first one."""
    for name in (*_WHOLE, *(f"config/{stage}.json" for stage in ("records", "manifest", *_STAGES))):
        mine, theirs = part / name, first / name
        if not mine.is_file():
            raise PapertraceError(f"{mine}: no such file; name the folder of a part's results, such as results/qtdb")
        told = sha256_file if name in _WHOLE else _keys
        if told(mine) != told(theirs):
            raise PapertraceError(
                f"{mine}: is not the same as {theirs}; make all parts with the same config, records and version"
            )
    for damage in find_damage(part, contents=False):
        raise PapertraceError(f"{damage.sentence}; run the part again, which makes it anew")


def _keys(path: Path) -> dict:
    """Return a stage's config but for where the records lie; that these are the same, their table says."""
    return {key: value for key, value in json.loads(path.read_text(encoding="utf-8")).items() if key != "records"}


def _one_of(parts: Sequence[Path], name: str) -> Path | None:
    """Return the first part that has a table; those of other parts must be the same."""
    found = [part for part in parts if (part / name).is_file()]
    for other in found[1:]:
        if sha256_file(other / name) != sha256_file(found[0] / name):
            raise PapertraceError(
                f"{other / name}: is not the same as {found[0] / name}; make one of the parts anew, or name only one"
            )
    return found[0] if found else None


def _check_pages(table: Path, planned: list[str]) -> None:
    """Find out whether a table's pages are those of its shard, each of them there."""
    pages = dict.fromkeys(read_table(table, ["page_id"])["page_id"].to_pylist())
    stage = table.parent.name
    # a page may have many rows in traces and scores, or none where only a share is read; of images each has one
    wrong = list(pages) != planned if stage in ("pages", "scans") else not set(pages) <= set(planned)
    if wrong:
        raise PapertraceError(f"{table}: its pages are not those of the manifest; make this shard anew")


def _copy_shard(part: Path, out: Path, name: str) -> None:
    target = out / name
    target.parent.mkdir(exist_ok=True)
    shutil.copyfile(part / name, target)
    if shard_folder(part / name).is_dir():
        shutil.copytree(shard_folder(part / name), shard_folder(target))
    benchmark = Path("benchmarks", name).with_suffix(".tsv")
    if (part / benchmark).is_file():
        (out / benchmark).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(part / benchmark, out / benchmark)


def _date(folder: Path, seconds: float) -> None:
    """Give all files of a folder the same time, so many seconds from now."""
    moment = time.time() + seconds
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (moment, moment))
