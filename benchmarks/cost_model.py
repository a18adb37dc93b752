"""Measure what papertrace's cost model says: ``python benchmarks/cost_model.py DATA`` writes cost_model.yaml anew.

In    DATA: folder of the public databases, ``qtdb`` and ``ptbxl`` in it.
Out   src/papertrace/cost_model.yaml, of which `papertrace.cost_model` tells the meaning.

Each measurement is a command of papertrace in a process of its own, as the workflow runs it: CPU time (user and system)
and peak memory of the process, and the files it leaves. Datasets differ in pages, leads and resolution; a quantity's
terms (a job, a page, a lead, a megapixel) are fitted to all of them, none below zero, each measurement weighted by its
own size. Summary, figures and report are measured on tables that are copied to be large (`report_scale`). Takes a
quarter of an hour of one core.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import report_scale
import yaml

from papertrace.config import load_config
from papertrace.cost_model import DATA_FILE
from papertrace.io import read_table, shard_folder
from papertrace.provenance import git_commit
from papertrace.scans.presets import PresetName
from papertrace.threads import limit_threads

_IMAGES = {".png", ".jpg", ".jpeg", ".webp"}


@dataclass(frozen=True)
class Dataset:
    """Pages that are measured: so many of a database, drawn at a resolution."""

    name: str
    database: str
    pages: int
    dpi: int


FEW, MANY = 2, 100
TAIL = (200, 20_000)  # pages of the runs that are summarized
STUDY = 21_801
FOLDERS = {"summary": "scores", "figures": "figures", "report": "report"}
DATASETS = (
    Dataset("few", "qtdb", FEW, 200),
    Dataset("small", "qtdb", 8, 100),
    Dataset("large", "qtdb", 6, 300),
    Dataset("some", "qtdb", 24, 200),
    Dataset("many", "qtdb", MANY, 200),
    Dataset("twelve", "ptbxl", 8, 200),
)
TAIL_OF = next(dataset for dataset in DATASETS if dataset.name == "many")
"""Ten seconds a lead: more beats, and so more memory, than the 2.5 s of most leads on a page of twelve."""
DIGITIZERS_OF_TAIL = 3  # as config/qtdb.yaml has: figures are drawn of each
FORMATS = ("png", "jpeg", "webp")
# dncnn takes seconds a page and hardly less for another: fewer of them will do
DIGITIZERS = {"network": MANY, "classical": 24, "dncnn": 6}


@dataclass
class Measured:
    """What a command took, and how much there was to do."""

    counts: dict[str, float]
    cpu_s: float
    peak_mib: float
    files_mb: float = 0.0
    images_mb: float = 0.0


@dataclass
class Bench:
    """Runs commands and keeps what they took, by what is measured."""

    folder: Path
    data: Path
    found: dict[str, list[Measured]] = field(default_factory=lambda: defaultdict(list))

    def config(self, dataset: Dataset, **keys: object) -> Path:
        """Write the config of a dataset, some of whose keys are other than by default."""
        records = {"source": "folder", "folder": str(self.data / dataset.database), "database": dataset.database}
        path = self.folder / f"{dataset.name}.yaml"
        given = {
            "dataset": dataset.name,
            "results": str(self.folder),
            "shard_size": min(dataset.pages, 10_000),
            "limit": dataset.pages,
            "records": records,
            "pages": {"dpi": dataset.dpi},
        }
        path.write_text(yaml.safe_dump(given | keys))
        return path

    def run(self, what: str | None, counts: dict[str, float], *command: object) -> Measured:
        """Run a command and keep what it took under the name of what is measured, if it has one."""
        process = subprocess.Popen([sys.executable, "-m", "papertrace", *map(str, command)], stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        if status:
            raise SystemExit(f"papertrace {' '.join(map(str, command))}: ended in status {status}")
        measured = Measured({"job": 1.0, **counts}, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
        if what:
            self.found[what].append(measured)
            print(f"{what}: {counts}: {measured.cpu_s:.2f} s, {measured.peak_mib:.0f} MiB", file=sys.stderr, flush=True)
        return measured

    def run_shard(self, what: str | None, counts: dict[str, float], out: Path, *command: object) -> Measured:
        """Run a command that writes a shard; its files are weighed, too."""
        measured = self.run(what, counts, *command, "--shard", 0)
        files = [out, *(path for path in shard_folder(out).rglob("*") if path.is_file())]
        measured.images_mb = sum(file.stat().st_size for file in files if file.suffix in _IMAGES) / 1e6
        measured.files_mb = sum(file.stat().st_size for file in files if file.suffix not in _IMAGES) / 1e6
        return measured


def measure(bench: Bench) -> None:
    """Run everything."""
    measure_lists(bench)
    for dataset in DATASETS:
        measure_shard(bench, dataset)
    measure_tail(bench)


def measure_shard(bench: Bench, dataset: Dataset) -> None:
    """Run a dataset of one shard from its records to its scores."""
    config, folder = bench.config(dataset), bench.folder / dataset.name
    bench.run(None, {}, "records", "--config", config)
    bench.run("manifest", {"page": dataset.pages}, "manifest", "--config", config)
    pages, scans = (folder / f"{stage}/shard-00000.parquet" for stage in ("pages", "scans"))
    drawn = bench.run_shard("pages", {}, pages, "pages", "--config", config)
    counts = counts_of(read_table(pages))
    drawn.counts |= counts
    if dataset.name in ("few", "large", "some"):
        for preset in PresetName.__args__[1:]:
            config = bench.config(dataset, scans={"preset": preset})
            bench.run_shard(f"scans/{preset}", counts, scans, "scans", "--config", config)
    if dataset.name == "small":
        # the format by default last, so that what follows has it
        for stage, what, last in (("pages", pages, "png"), ("scans", scans, "jpeg")):
            for kind in sorted(FORMATS, key=last.__eq__):
                config = bench.config(dataset, **{stage: {"format": kind}})
                bench.run_shard(f"{stage}.{kind}", counts, what, stage, "--config", config)
    bench.run_shard("scans/kit", counts, scans, "scans", "--config", bench.config(dataset))
    measure_readings(bench, dataset, counts)


def measure_tail(bench: Bench) -> None:
    """Run summary, figures and report on the tables of `TAIL_OF`, copied to be large."""
    for pages in TAIL:
        folder = bench.folder / f"tail-{pages}"
        folder.mkdir()
        config = load_config(bench.config(TAIL_OF))
        costs = report_scale.measure(config, folder, pages, DIGITIZERS_OF_TAIL)
        readings = float(read_table(folder / "large/scores/scores.parquet", ["page_id"]).num_rows)
        for cost in costs:
            # of the summary what lies beside the shards' tables, which are the scores'
            every = (folder / "large" / FOLDERS[cost.command]).rglob("*.*")
            files = sum(path.stat().st_size for path in every if "shard-" not in str(path.relative_to(folder)))
            counts = {"job": 1.0, "page": float(pages), "reading": readings}
            bench.found[cost.command].append(Measured(counts, cost.cpu_s, cost.peak_mb, files / 1e6))
            print(f"{cost.command}: {counts}: {cost.cpu_s:.2f} s, {cost.peak_mb:.0f} MiB", file=sys.stderr, flush=True)


def measure_lists(bench: Bench) -> None:
    """List and check records, short and long, and make some; plan the study's pages."""
    for database in ("qtdb", "ptbxl"):
        dataset = Dataset(f"list-{database}", database, 1, 200)
        out = bench.run("records", {}, "records", "--config", bench.config(dataset))
        out.counts |= samples_of(bench.folder / dataset.name)
    dataset = Dataset("list-qtdb", "qtdb", STUDY, 200)
    config = bench.config(dataset, manifest={"recipe": "qtdb-21801"})
    bench.run("manifest", {"page": STUDY}, "manifest", "--config", config)
    for count in (2, 20):
        dataset = Dataset(f"simulated-{count}", "qtdb", 1, 200)
        made = {"source": "simulation", "simulation": {"two_lead": count, "twelve_lead": count}}
        out = bench.run("records/simulation", {}, "records", "--config", bench.config(dataset, records=made))
        out.counts |= samples_of(bench.folder / dataset.name)


def samples_of(folder: Path) -> dict[str, float]:
    """Return how many records a dataset has, and how many samples."""
    table = read_table(folder / "records/records.parquet", ["n_samples", "leads"])
    columns = (table[name].to_pylist() for name in table.column_names)
    samples = sum(n * len(leads) for n, leads in zip(*columns, strict=True))
    return {"record": float(table.num_rows), "megasample": samples / 1e6}


def counts_of(pages: pa.Table) -> dict[str, float]:
    """Return how much there is on the pages of a shard."""
    leads = sum(len(json.loads(labels)["leads"]) for labels in pages["labels"].to_pylist())
    megapixels = sum(pages["width_px"].to_numpy() * pages["height_px"].to_numpy()) / 1e6
    size = megapixels / pages.num_rows
    return {"page": float(pages.num_rows), "lead": float(leads), "megapixel": float(megapixels), "size": float(size)}


def measure_readings(bench: Bench, dataset: Dataset, counts: dict[str, float]) -> None:
    """Digitize and score the dataset's pages and scans, by each digitizer."""
    folder = bench.folder / dataset.name
    out, scores = (folder / f"{stage}/shard-00000.parquet" for stage in ("traces", "scores"))
    for digitizer, most in DIGITIZERS.items():
        share = min(1.0, most / dataset.pages)
        for kind in ("pages", "scans"):
            traces = {"digitizers": [digitizer], "inputs": [kind], "shares": {digitizer: {kind: share}}}
            config = bench.config(dataset, traces=traces)
            measured = bench.run_shard(f"traces/{digitizer}/{kind}", {}, out, "traces", "--config", config)
            table = read_table(out)
            if "failed" in table["status"].to_pylist():
                raise SystemExit(f"{dataset.name}: {digitizer} failed on {kind}: what that takes is no measurement")
            read = table.num_rows / dataset.pages
            measured.counts |= {name: count * (1 if name == "size" else read) for name, count in counts.items()}
            if read == 1:
                bench.run_shard("scores", counts | {"reading": counts["lead"]}, scores, "scores", "--config", config)
    config = bench.config(dataset, traces={"digitizers": ["classical"]})
    bench.run_shard(None, counts, out, "traces", "--config", config)
    bench.run_shard("scores", counts | {"reading": 2 * counts["lead"]}, scores, "scores", "--config", config)


def fitted(runs: list[Measured], quantity: str, terms: Iterable[str]) -> dict[str, float]:
    """Return what each term adds to a quantity, none below zero (least squares of relative errors).

    Of peaks a job is given so much that no run lies above the model: a worker's memory grows over its first dozens of
    pages, until it hands some back (`papertrace.memory`), so that a hundred pages take more than eight, and no less
    than two hundred.
    """
    from scipy.optimize import nnls

    names = [name for name in terms if any(run.counts.get(name) for run in runs)]
    kept = [run for run in runs if getattr(run, quantity) > 0]
    if not kept:
        return {}
    weights = np.array([[1 / getattr(run, quantity)] for run in kept])
    counts = np.array([[run.counts.get(name, 0.0) for name in names] for run in kept])
    found, _ = nnls(counts * weights, np.ones(len(kept)))
    if quantity == "peak_mib":
        found[names.index("job")] += max(0.0, max(1 / weights[:, 0] - counts @ found))
    return {name: float(f"{value:.3g}") for name, value in zip(names, found, strict=True) if value > 0}


# What a quantity of a stage is a sum of; where a stage is not named, that of ``*``.
TERMS = {
    "cpu_s": {
        "records": ("job", "record", "megasample"),
        "manifest": ("job", "page"),
        "scans": ("job", "megapixel"),
        "scores": ("job", "lead", "reading"),
        "*": ("job", "page", "lead", "megapixel"),
        **dict.fromkeys(FOLDERS, ("job", "reading")),
    },
    "peak_mib": {
        "records": ("job",),
        "manifest": ("job", "page"),
        "*": ("job", "size"),
        **dict.fromkeys(FOLDERS, ("job", "reading")),
    },
    "files_mb": {
        "scans": ("job", "page"),
        "scores": ("job", "lead", "reading"),
        "*": ("job", "page", "lead"),
        **dict.fromkeys(FOLDERS, ("job", "reading")),
    },
    "images_mb": {"*": ("megapixel",)},
}


def told(bench: Bench) -> dict[str, dict]:
    """Return the model's stages."""
    stages: dict[str, dict] = {}
    for name, runs in bench.found.items():
        if "." in name:
            continue
        stage = name.split("/")[0]
        quantities = {
            quantity: fitted(runs, quantity, terms.get(stage, terms["*"])) for quantity, terms in TERMS.items()
        }
        stages[name] = {quantity: found for quantity, found in quantities.items() if found}
    return dict(sorted(stages.items()))


def formats(bench: Bench) -> dict[str, dict[str, float]]:
    """Return how large a stage's images are in each format, as a share of those in its own."""
    sizes = {name: runs[0].images_mb for name, runs in bench.found.items() if "." in name}
    own = {"pages": sizes["pages.png"], "scans": sizes["scans.jpeg"]}
    return {
        stage: {kind: round(sizes[f"{stage}.{kind}"] / own[stage], 3) for kind in FORMATS}
        for stage in ("pages", "scans")
    }


def machine() -> str:
    """Return what the figures were measured on."""
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").is_file() else ""
    found = re.search(r"model name\s*:\s*(.+)", text)
    return f"{found[1] if found else platform.machine()}, {os.cpu_count()} virtual cores"


def main() -> None:
    """Measure, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=DATA_FILE)
    parser.add_argument("--tail", action="store_true", help="summary, figures and report alone; the rest stays")
    given = parser.parse_args()
    limit_threads()
    before = yaml.safe_load(DATA_FILE.read_text(encoding="utf-8"))
    if given.tail and before["measured"]["machine"] != machine():
        sys.exit(f"{DATA_FILE}: its figures are of another machine ({before['measured']['machine']}); measure all anew")
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name), given.data.resolve())
        if given.tail:
            measure_shard(bench, TAIL_OF)
            measure_tail(bench)
            tail = {name: costs for name, costs in told(bench).items() if name in FOLDERS}
            model = {**before, "stages": before["stages"] | tail}
        else:
            measure(bench)
            model = renewed(before, {"stages": told(bench), "formats": formats(bench)})
    given.out.write_text(yaml.safe_dump(model, sort_keys=False))


def renewed(before: dict, measured: dict) -> dict:
    """Return the model's file with what was measured now; what this benchmark does not measure stays as it was.

    That is Snakemake's own start and share of each job (`workflow`), which runs of any size tell: ``make scaling``.
    """
    return {**before, "measured": {"machine": machine(), "commit": git_commit()}, **measured}


if __name__ == "__main__":
    main()
