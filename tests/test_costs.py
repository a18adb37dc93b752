"""Benchmark files folded into one row a stage."""

from __future__ import annotations

import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from papertrace.costs import StageCost, busy_seconds, stage_costs, to_csv, to_markdown
from papertrace.errors import PapertraceError

HEADER = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"


@pytest.fixture
def results(tmp_path):
    """A dataset of 5 pages in two shards; the second job of pages ended before its memory was sampled."""
    for name, seconds, rss, load in (
        ("pages/shard-00000", 2.0, "300.5", 50.0),
        ("pages/shard-00001", 1.0, "NA", 0.0),
        ("manifest/manifest", 0.5, "-", "NA"),
    ):
        path = tmp_path / f"benchmarks/{name}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{HEADER}{seconds}\t0:00:01\t{rss}\t1\t1\t1\t0\t0\t{load}\t0\n")
    for name, rows in (("manifest/manifest", 5), ("pages/shard-00000", 3), ("pages/shard-00001", 2)):
        path = tmp_path / f"{name}.parquet"
        path.parent.mkdir(exist_ok=True)
        pq.write_table(pa.table({"page_id": list(range(rows))}), path)
    return tmp_path


def test_a_row_a_stage_in_the_order_of_the_round_trip(results):
    assert stage_costs(results) == [
        StageCost(
            "manifest",
            1,
            5,
            seconds=0.5,
            seconds_per_page=0.1,
            cpu_seconds=0.5,
            peak_rss_mb=None,
            disk_mb=size(results, "manifest"),
        ),
        StageCost(
            "pages",
            2,
            5,
            seconds=3.0,
            seconds_per_page=0.6,
            cpu_seconds=2.0,
            peak_rss_mb=300.5,
            disk_mb=size(results, "pages"),
        ),
    ]


def size(results, stage):
    return sum(path.stat().st_size for path in (results / stage).iterdir()) / 1e6


def test_shards_that_are_no_more_do_not_count(results):
    stale = results / "benchmarks/pages/shard-00002.tsv"
    stale.write_text(f"{HEADER}99\t0:00:99\t999\t1\t1\t1\t0\t0\t0\t0\n")
    assert stage_costs(results)[1].jobs == 2


def test_markdown_and_csv(results):
    rows = stage_costs(results)
    assert to_markdown(rows).splitlines() == [
        "| stage | jobs | pages | s | s per page | CPU s | peak MiB | MB on disk |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
        "| manifest | 1 | 5 | 0.5 | 0.100 | 0.5 | - | 0.0 |",
        "| pages | 2 | 5 | 3.0 | 0.600 | 2.0 | 300 | 0.0 |",
    ]
    assert to_csv(rows).splitlines()[2].startswith("pages,2,5,3.0,0.6,2.0,300.5,0.00")


def test_pauses_between_runs_are_no_time_of_the_run(results):
    """Jobs of 2 and 1 s that overlap by half a second; the third ran an hour before."""
    for name, end in (("pages/shard-00000", 10_000.0), ("pages/shard-00001", 10_000.5), ("manifest/manifest", 6400.0)):
        os.utime(results / f"benchmarks/{name}.tsv", (end, end))
    assert busy_seconds(results) == pytest.approx(2.5 + 0.5)


def test_no_benchmarks_is_one_sentence(tmp_path):
    with pytest.raises(PapertraceError, match="holds no benchmarks; name the folder of a dataset"):
        stage_costs(tmp_path)
