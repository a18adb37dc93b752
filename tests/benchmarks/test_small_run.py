"""The tables of docs/results/qtdb-210.md, made of a run of four pages: as they are kept, and as its scores say."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import results_table
import yaml
from documents import ROOT, cells_of

from papertrace.config import validate_config
from papertrace.io import read_table

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    """The run of small-run.yaml, stage by stage as the workflow makes it."""
    from papertrace.manifest import stage as manifest
    from papertrace.pages import stage as pages
    from papertrace.records import stage as records
    from papertrace.scans import stage as scans
    from papertrace.scores import stage as scores
    from papertrace.scores import summary
    from papertrace.traces import stage as traces

    keys = yaml.safe_load((HERE / "small-run.yaml").read_text(encoding="utf-8"))
    keys["traces"]["digitizers"][1]["command"] = (
        f"{sys.executable} {ROOT}/examples/my-digitizer/my_digitizer.py {{image}} {{output}}"
    )
    config, folder = validate_config(keys), tmp_path_factory.mktemp("small-run")
    listed, planned = folder / "records/records.parquet", folder / "manifest/manifest.parquet"
    stages = ("pages", "scans", "traces", "scores")
    page, scan, trace, score = (folder / stage / "shard-00000.parquet" for stage in stages)
    records.run(config, listed)
    manifest.run(config, listed, planned)
    pages.run(config, planned, listed, 0, page)
    scans.run(config, planned, page, scan)
    traces.run(config, page, scan, trace)
    scores.run(config, planned, page, trace, score)
    summary.run(config, [score], folder / "scores/scores.parquet")
    return folder


@pytest.fixture(scope="module")
def made(run) -> dict[str, list[dict[str, str]]]:
    return {name: rows_of(table) for name, table in results_table.tables(run).items()}


def rows_of(table: str) -> list[dict[str, str]]:
    """Return a table's rows, under its titles; a title that is there twice is numbered."""
    head, _, *lines = table.splitlines()
    titles: list[str] = []
    for title in cells_of(head):
        titles.append(title if title not in titles else f"{title} {titles.count(title) + 1}")
    return [dict(zip(titles, cells_of(line), strict=True)) for line in lines]


@pytest.mark.parametrize("name", results_table.TABLES)
def test_a_table_is_as_it_is_kept(made, name):
    kept = (HERE / "small-run.md").read_text(encoding="utf-8")
    text = kept.partition(f"<!-- {name}: begin -->\n")[2].partition(f"<!-- {name}: end -->")[0]
    before = rows_of(text)
    assert len(before) == len(made[name]) > 0
    for old, new in zip(before, made[name], strict=True):
        assert list(old) == list(new)
        for title in old:
            assert parts(new[title])[0] == parts(old[title])[0], (title, old, new)
            np.testing.assert_allclose(parts(new[title])[1], parts(old[title])[1], rtol=0.005, atol=0.06)


def parts(cell: str) -> tuple[str, list[float]]:
    """Return a cell's words and its numbers: other versions of numerical libraries move the last digits."""
    number = r"[+-]?\d+(?:\.\d+)?"
    return re.sub(number, "#", cell), [float(text) for text in re.findall(number, cell)]


@pytest.fixture(scope="module")
def leads(run) -> pd.DataFrame:
    return read_table(run / "scores/scores.parquet").to_pandas()


def group(leads: pd.DataFrame, row: dict[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of the scores that a row of a table is of, and those of them that were read."""
    mine = leads[(leads["input"] == row["input"]) & (leads["digitizer"] == row["digitizer"])]
    return mine, mine[mine["status"] == "ok"]


def test_signal_to_noise_is_that_of_the_scores(made, leads):
    assert {(row["input"], row["digitizer"]) for row in made["snr"]} == {
        (input_, digitizer) for input_ in ("pages", "scans") for digitizer in ("classical", "my-digitizer")
    }
    for row in made["snr"]:
        mine, read = group(leads, row)
        lost = int((~mine.assign(ok=mine["status"] == "ok").groupby("page_id")["ok"].any()).sum())
        assert row["pages"] == str(mine["page_id"].nunique()) == "4"
        assert row["failed"] == f"{lost} ({lost / 4:.1%})"
        assert row["leads read"] == f"{len(read)}/{len(mine)}"
        assert float(row["strict: mean"]) == pytest.approx(read["snr_db"].mean(), abs=0.006)
        assert float(row["median"]) == pytest.approx(read["snr_db"].median(), abs=0.006)
        assert float(row["10th pct."]) == pytest.approx(np.percentile(read["snr_db"], 10), abs=0.006)
        assert float(row["aligned: mean"]) == pytest.approx(read["snr_aligned_db"].mean(), abs=0.006)
        assert float(row["median 2"]) == pytest.approx(read["snr_aligned_db"].median(), abs=0.006)
        assert float(row["median form: median"]) == pytest.approx(read["snr_median_db"].median(), abs=0.006)


def test_what_others_score_is_that_of_the_scores(made, leads):
    for row in made["others"]:
        mine, read = group(leads, row)
        assert float(row["Challenge 2024: SNR"]) == pytest.approx(read["challenge_snr_db"].mean(), abs=0.006)
        assert float(row["unread as 0"]) == pytest.approx(read["challenge_snr_db"].sum() / len(mine), abs=0.006)
        assert float(row["KS"]) == pytest.approx(read["challenge_ks"].mean(), abs=6e-5)
        assert float(row["ASCI"]) == pytest.approx(read["challenge_asci"].mean(), abs=6e-4)
        assert float(row["WAD (µV)"]) == pytest.approx(1000 * read["challenge_wad_mv"].mean(), abs=0.11)
        powers = mine[mine["kaggle_signal_mv2"].notna()]
        noise = powers["kaggle_noise_mv2"].fillna(powers["kaggle_signal_mv2"])
        images = powers.assign(noise=noise).groupby("page_id")[["kaggle_signal_mv2", "noise"]].sum()
        ratios = (images["kaggle_signal_mv2"] / images["noise"]).clip(upper=384)
        ratios[powers.groupby("page_id")["kaggle_noise_mv2"].count() == 0] = 0
        assert float(row["Kaggle 2025: score"]) == pytest.approx(10 * np.log10(ratios.mean()), abs=0.006)
        assert float(row["mean of images"]) == pytest.approx((10 * np.log10(ratios[ratios > 0])).mean(), abs=0.006)
        below = read["column_ceiling_db"] - read["snr_db"]
        assert float(row["below the column ceiling: mean"]) == pytest.approx(below.mean(), abs=0.006)


def test_clinical_differences_are_those_of_the_scores(made, leads):
    for row in made["clinical"]:
        late = [
            group(leads, row)[1].eval(f"{name}_trace - {name}_truth").dropna() for name in ("rr_ms", "qrs_ms", "qt_ms")
        ]
        assert row["of leads"] == ", ".join(str(len(each)) for each in late)
        for title, each in zip(("RR", "QRS", "QT"), late, strict=True):
            bias, sd = map(float, row[f"{title} bias ± SD (ms)"].split(" ± "))
            assert (bias, sd) == pytest.approx((each.mean(), each.std()), abs=0.006)


def test_differences_are_over_the_same_stretches(made, leads):
    for row in made["against"]:
        mine, other = (group(leads, {**row, "digitizer": name})[0] for name in (row["digitizer"], row["against"]))
        place = ["page_id", "row", "column"]
        figures = [frame.set_index(place)["snr_db"].where(lambda f: f.notna(), 0.0) for frame in (mine, other)]
        assert row["stretches"] == str(len(figures[0]))
        assert float(row["difference"].split()[0]) == pytest.approx((figures[0] - figures[1]).mean(), abs=0.06)


def test_pages_can_be_left_out(run, leads):
    first = sorted(leads["page_id"].unique())[0]
    [row, *_] = rows_of(results_table.tables(run, [first])["snr"])
    mine, _ = group(leads[leads["page_id"] != first], row)
    assert row["pages"] == "3"
    assert row["leads read"].endswith(f"/{len(mine)}")
