"""Cost of summary, figures and report of a large run: ``python benchmarks/report_scale.py CONFIG [--pages N] …``.

In    the config of a small dataset that has been made (``make demo``, or a few pages of the QT Database).
Out   a Markdown table on stdout: CPU time, wall clock and peak memory of `papertrace summary`, `figures` and `report`,
      each a process of its own, as in the workflow; then the sizes of what the report is.

The large run is the small one again and again: the same rows under other page ids and names of digitizers, their SNR
moved a little so that pages can be ranked. Images are links to those of the small run; truth and signals are written,
for whole shards, where the report and the figures will look for them.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import yaml

from papertrace import tables
from papertrace.config import Config, load_config
from papertrace.figures.data import read_results
from papertrace.io import read_table, shard_folder, write_arrow, write_text
from papertrace.plan import shard_name
from papertrace.report import content
from papertrace.report.shown import ranked_examples

SHARD_SIZE = 100
STUDY_PAGES = 8
"""The study's figures show the run's first page and measure the grid on as many, spread evenly over the run."""


@dataclass(frozen=True)
class Small:
    """The small run: its tables, the shards of a stage below each other, by ``stage`` or ``stage/table``."""

    folder: Path
    tables: dict[str, pa.Table]
    page_ids: list[str]
    digitizers: list[str]

    @classmethod
    def read(cls, folder: Path) -> Small:
        """Read the tables of a run."""

        def joined(stage: str, inner: str | None = None) -> pa.Table:
            paths = sorted((folder / stage).glob("shard-*.parquet"))
            return pa.concat_tables([read_table(shard_folder(path) / inner if inner else path) for path in paths])

        manifest = read_table(folder / "manifest/manifest.parquet")
        found = {stage: joined(stage) for stage in ("pages", "scans", "traces", "scores")}
        inner = (("pages", "truth"), ("traces", "signals"), ("scores", "beats"), ("scores", "experts"))
        found |= {f"{stage}/{name}": joined(stage, f"{name}.parquet") for stage, name in inner}
        digitizers = found["traces"]["digitizer"].unique().to_pylist()
        return cls(folder, {"manifest": manifest, **found}, manifest["page_id"].to_pylist(), digitizers)


@dataclass(frozen=True)
class Large:
    """The large run: page k is a copy of the small run's page ``base[k]``."""

    small: Small
    folder: Path
    page_ids: list[str]
    base: np.ndarray
    digitizers: int

    @classmethod
    def of(cls, small: Small, folder: Path, pages: int, digitizers: int) -> Large:
        """Name the pages, in the order of the manifest."""
        copies = -(-pages // len(small.page_ids))
        named = sorted((f"{page_id}-{c:05d}", k) for k, page_id in enumerate(small.page_ids) for c in range(copies))
        named = named[:pages]
        return cls(small, folder, [name for name, _ in named], np.array([k for _, k in named]), digitizers)

    def shards(self) -> list[slice]:
        """Return which pages each shard holds."""
        return [slice(k, k + SHARD_SIZE) for k in range(0, len(self.page_ids), SHARD_SIZE)]

    def rows(self, name: str, shard: slice) -> pa.Table:
        """Return a shard's rows of one of the small run's tables, under the names of the large run."""
        table = self.small.tables[name]
        of_page = {page_id: [] for page_id in self.small.page_ids}
        for row, page_id in enumerate(table["page_id"].to_pylist()):
            of_page[page_id].append(row)
        picked, ids = [], []
        for page_id, k in zip(self.page_ids[shard], self.base[shard], strict=True):
            rows = of_page[self.small.page_ids[k]]
            picked += rows
            ids += [page_id] * len(rows)
        taken = _replaced(table.take(pa.array(picked, pa.int64())), "page_id", pa.array(ids, pa.string()))
        if "digitizer" not in table.column_names:
            return taken
        parts = []
        for d in range(self.digitizers):
            name_of_base = self.small.digitizers[d % len(self.small.digitizers)]
            part = taken.filter(pc.equal(taken["digitizer"], name_of_base))
            name_here = name_of_base if d < len(self.small.digitizers) else f"{name_of_base}-{d}"
            parts.append(_replaced(part, "digitizer", pa.array([name_here] * part.num_rows, pa.string())))
        return pa.concat_tables(parts)

    def write_tables(self) -> None:
        """Write manifest, records and every shard's tables, and link the images."""
        shutil.copytree(self.small.folder / "records", self.folder / "records", ignore=shutil.ignore_patterns("wfdb"))
        write_arrow(self.rows("manifest", slice(None)), self.folder / "manifest/manifest.parquet")
        rng = np.random.default_rng(1)
        for k, shard in enumerate(self.shards()):
            for stage in ("pages", "scans", "traces", "scores"):
                rows = self.rows(stage, shard)
                if stage == "scores":
                    rows = _moved(rows, rng)
                write_arrow(rows, self.folder / stage / f"{shard_name(k)}.parquet")
            for name in ("beats", "experts"):
                write_arrow(self.rows(f"scores/{name}", shard), self.folder / f"scores/{shard_name(k)}/{name}.parquet")

    def write_curves(self, page_ids: set[str]) -> None:
        """Write truth and signals of the shards that these pages lie in, and link their images."""
        for k, shard in enumerate(self.shards()):
            if not page_ids & set(self.page_ids[shard]):
                continue
            for name in ("pages/truth", "traces/signals"):
                stage, table = name.split("/")
                write_arrow(self.rows(name, shard), self.folder / stage / shard_name(k) / f"{table}.parquet")
            for stage in ("pages", "scans"):
                (self.folder / stage / shard_name(k)).mkdir(parents=True, exist_ok=True)
                for folder in (self.small.folder / stage).glob("shard-*/"):
                    for image in (path for path in folder.iterdir() if path.suffix != ".parquet"):
                        (self.folder / stage / shard_name(k) / image.name).symlink_to(image.resolve())


def _replaced(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, values)


def _moved(scores: pa.Table, rng: np.random.Generator) -> pa.Table:
    """Move the SNR of every lead a little, so that no two pages are alike."""
    for name in ("snr_db", "snr_aligned_db"):
        moved = scores[name].to_numpy() + rng.normal(0, 2, scores.num_rows)
        scores = _replaced(scores, name, pa.array(moved, tables.SCORES.field(name).type))
    return scores


@dataclass(frozen=True)
class Cost:
    """What a command took."""

    command: str
    cpu_s: float
    wall_s: float
    peak_mb: float


def run(command: list[str]) -> Cost:
    """Run a command of papertrace in a process of its own."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "papertrace", *command])
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"papertrace {command[0]}: ended in status {os.waitstatus_to_exitcode(status)}")
    wall = time.perf_counter() - start
    return Cost(command[0], used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024)


def measure(config: Config, folder: Path, pages: int, digitizers: int) -> list[Cost]:
    """Make the large run in `folder` and return what summary, figures and report take of it."""
    small = Small.read(Path(config.results) / config.dataset)
    results = folder / "large"
    large = Large.of(small, results, pages, digitizers)
    large.write_tables()
    keys = config.model_dump(mode="json") | {"dataset": "large", "results": str(folder), "shard_size": SHARD_SIZE}
    path = folder / "large.yaml"
    write_text(yaml.safe_dump(keys | {"limit": pages}), path)
    shards = [str(results / "scores" / f"{shard_name(k)}.parquet") for k in range(len(large.shards()))]
    scores = str(results / "scores/scores.parquet")
    costs = [run(["summary", "--config", str(path), "--out", scores, *shards])]
    data = read_results(results, SHARD_SIZE)
    shown = ranked_examples(data, content.build(data).methods, max(config.report.examples, config.figures.examples))
    of_study = {large.page_ids[k] for k in np.linspace(0, pages - 1, STUDY_PAGES).astype(int)}
    large.write_curves({example.image.page_id for example in shown} | of_study)
    costs += [run([command, "--config", str(path), "--results", str(results)]) for command in ("figures", "report")]
    return costs


def told(costs: list[Cost], report: Path) -> str:
    """Return costs and sizes as Markdown."""
    every = Cost("all", sum(c.cpu_s for c in costs), sum(c.wall_s for c in costs), max(c.peak_mb for c in costs))
    lines = ["| command | CPU s | wall s | peak MiB |", "|---|--:|--:|--:|"]
    lines += [f"| {c.command} | {c.cpu_s:.0f} | {c.wall_s:.0f} | {c.peak_mb:.0f} |" for c in (*costs, every)]
    files = [path for path in report.parent.rglob("*") if path.is_file()]
    table = report.parent / "report-files/table.js"
    images = [path for path in files if path.parent.name == "images" and path.suffix == ".js"]
    lines.append(
        f"\nThe report is {sum(path.stat().st_size for path in files) / 1e6:.0f} MB in {len(files)} files: "
        f"{table.stat().st_size / 1e6:.0f} MB of table, {len(images)} images."
    )
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("config", type=Path, help="config of the small dataset")
    parser.add_argument("--pages", type=int, default=21_801)
    parser.add_argument("--digitizers", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="folder to make the large run in, and to leave it; new or empty")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = given.keep or Path(name)
        costs = measure(load_config(given.config), folder, given.pages, given.digitizers)
        print(told(costs, folder / "large/report/report.html"))


if __name__ == "__main__":
    main()
