"""The benchmark of digitizers: which images it takes, what it keeps of them, and what it makes of the figures."""

from __future__ import annotations

import argparse
import json
import math
import sys

import digitizer_scores
import numpy as np
import pytest
from digitizer_choices import add_options, chosen
from digitizer_scores import latest, lead_scores, measure, read_entries, run
from digitizer_sets import FOREIGN, SETS, image_set, jobs, severity_set
from digitizer_tables import (
    ALIGNED,
    BARS,
    Bar,
    ablation_table,
    lead_frame,
    lost_table,
    page_frame,
    paired,
    paired_table,
    scale_table,
    summary,
    two_lead_table,
)
from digitizers import renewed, tables

from papertrace.errors import ConfigError, PapertraceError
from papertrace.pages.ceiling import Readable
from papertrace.pages.render import Stretch
from papertrace.scans.presets import ArtifactName
from papertrace.traces.config import name_of
from papertrace.traces.digitizer import PageTraces, Trace


def lead(value: float | None, name_read: bool = True, **over) -> dict:
    """A stretch of a lead of some aligned SNR, 1 dB less in strict and 10 dB more in median form; None is unread."""
    figures = {ALIGNED: value, "snr_db": value and value - 1, "snr_aligned_median_db": value and value + 10}
    status = "failed" if value is None else "ok"
    place = {"lead": "I", "row": 0, "column": 0, "status": status, "name_read": name_read and value is not None}
    return {**place, **figures, "ceiling_db": 60.0, "column_ceiling_db": 35.0} | over


def entry(page: int, values: list, digitizer: str = "classical", of: str = "clean", **over) -> dict:
    """What a digitizer made of a page of a record: a page a record, one row a value."""
    leads = [lead(value) | {"row": row} for row, value in enumerate(values)]
    right = dict.fromkeys(("speed_right", "gain_right", "layout_right", "speed_told", "gain_told"), True)
    key = {"version": "v", "commit": "abc", "digitizer": digitizer, "set": of, "page_id": f"r{page}_0"}
    told = {"record": f"r{page}", "status": "ok", "reason": None, "cpu_s": 0.5, "confidence": 0.9}
    return {**key, **told, **right, "leads": leads} | over


def test_test_records_only_and_no_foreign_page(shared_data):
    two_lead = jobs(SETS["kit"], shared_data)
    records = [job.row["record"] for job in two_lead]
    assert {job.row["split"] for job in two_lead} == {"test"}
    assert len(two_lead) == 2 * 26  # a quarter of 105 records
    assert len(set(records[:26])) == 26  # every record once before any comes again
    twelve = jobs(SETS["12-lead"], shared_data)
    assert {job.row["split"] for job in twelve} == {"validation"}
    assert {job.row["database"] for job in twelve} == {"ludb", "ptbxl"}
    assert not {job.row["record"] for job in twelve if job.row["database"] == "ludb"} & FOREIGN
    assert {job.row["layout"] for job in twelve} == {"3x4+1"}


def test_sets_differ_in_what_they_are_about_and_few_images_are_among_many(shared_data):
    few, many = (jobs(SETS["clean"], shared_data, count) for count in (3, 10))
    assert many[:3] == few
    fine = jobs(SETS["300 dpi"], shared_data, 3)
    assert [job.row["page_id"] for job in fine] == [job.row["page_id"] for job in few]
    assert [job.row["seed_pages"] for job in fine] == [job.row["seed_pages"] for job in few]
    assert {job.row["dpi"] for job in fine} == {300.0}
    assert {job.row["speed_mm_s"] for job in jobs(SETS["50 mm/s"], shared_data, 3)} == {50.0}


@pytest.mark.parametrize("artifact", ArtifactName.__args__)
def test_a_severity_set_has_one_artifact_and_no_other(artifact):
    scans = severity_set(artifact, 3).config.scans
    certain = {name: getattr(scans, name).probability for name in ArtifactName.__args__}
    assert certain == {name: float(name == artifact) for name in ArtifactName.__args__}
    assert image_set(f"{artifact} 3") == severity_set(artifact, 3)


def test_a_set_that_there_is_not_is_one_sentence():
    with pytest.raises(PapertraceError, match="'coffee 3' is not known"):
        image_set("coffee 3")


def test_a_page_read_ten_percent_too_high_is_20_db():
    samples = np.sin(np.arange(2500) / 30).astype(np.float32)
    truth = [
        Stretch("II", 0, 0, 0.0, 250.0, "mV", 0, 0.0, samples),
        Stretch("V1", 1, 0, 0.0, 250.0, "mV", 0, 0.0, samples),
    ]
    nothing = np.zeros(2500, np.float32)
    trace = Trace("II", 0, 0, 0.0, 250.0, 1.1 * samples, nothing, nothing, nothing)
    ceilings = [Readable(samples, samples, 61.0, 33.0), Readable(samples, samples, 62.0, math.nan)]
    first, second = lead_scores(truth, PageTraces("ok", traces=[trace]), ceilings)
    assert (first["snr_db"], first["name_read"], first["column_ceiling_db"]) == (20.0, True, 33.0)
    assert (second["status"], second["snr_db"], second["column_ceiling_db"]) == ("failed", None, None)
    rejected = lead_scores(truth, PageTraces("rejected", "no page", traces=[trace]), ceilings)
    assert [row["status"] for row in rejected] == ["rejected"] * 2


def test_an_image_is_made_read_and_scored(shared_data):
    [job] = jobs(SETS["clean"], shared_data, 1)
    [one] = measure(job, ["classical"])
    assert (one["set"], one["page_id"], one["status"]) == ("clean", job.row["page_id"], "ok")
    assert [row["snr_aligned_db"] > 15 for row in one["leads"]] == [True, True]
    assert all(row["ceiling_db"] > row["column_ceiling_db"] > 15 for row in one["leads"])
    assert one["gain_right"] and one["speed_right"] and one["layout_right"]
    assert json.loads(json.dumps(one, allow_nan=False)) == one


@pytest.fixture
def fake(monkeypatch, shared_data):
    """Jobs, and a `measure` in this process that keeps what it was asked."""
    asked = []

    def measured(waiting, workers):
        for job, names in waiting:
            names = [name_of(one) for one in names]
            asked.extend((name, *job.image) for name in names)
            made = [entry(0, [20.0], name, job.image_set) | {"page_id": job.row["page_id"]} for name in names]
            yield [{key: value for key, value in one.items() if key not in ("version", "commit")} for one in made]

    monkeypatch.setattr(digitizer_scores, "_measured", measured)
    monkeypatch.setattr(digitizer_scores, "_digitizer", lambda name: name)
    return jobs(SETS["clean"], shared_data, 3), asked


def test_a_run_goes_on_where_it_stopped(fake, tmp_path):
    wanted, asked = fake
    out = tmp_path / "scores.jsonl"
    assert len(run(wanted[:2], ["classical"], out, 1)) == 2
    with out.open("a") as file:
        file.write('{"digitizer": "classical", "se')  # killed while it wrote
    assert len(run(wanted, ["classical", "network"], out, 1)) == 6
    assert len(asked) == len(set(asked)) == 6
    assert len(read_entries(out)) == 6
    run(wanted, ["classical", "network"], out, 1)
    assert len(asked) == 6


def test_another_version_of_the_code_reads_anew(fake, tmp_path, monkeypatch):
    wanted, asked = fake
    out = tmp_path / "scores.jsonl"
    run(wanted, ["classical", "network"], out, 1)
    monkeypatch.setattr(digitizer_scores, "code_version", lambda: "next")
    run(wanted[:1], ["network"], out, 1)
    assert len(asked) == 7
    kept = [(e["digitizer"], e["version"]) for e in latest(read_entries(out))]
    assert sorted(kept) == [("classical", kept[0][1])] * 3 + [("network", "next")]


def test_a_digitizer_that_there_is_not_is_told_before_anything_is_made(tmp_path):
    with pytest.raises(ConfigError, match="'nosuch' is not known"):
        run([], ["nosuch"], tmp_path / "scores.jsonl", 1)
    assert not list(tmp_path.iterdir())


PROGRAM = """
import csv, math, sys, time
while time.process_time() < 0.4:
    pass
with open(sys.argv[2], "w", newline="") as file:
    writer = csv.writer(file)
    writer.writerow(["time_s", "row1", "row2"])
    writer.writerows([k / 250, math.sin(k), math.cos(k)] for k in range(2500))
"""


def chosen_by(*words: str) -> list:
    """Return what a command line of these words asks for."""
    parser = argparse.ArgumentParser()
    add_options(parser)
    return chosen(parser.parse_args(words))


def test_somebody_elses_program_is_measured_on_the_same_images(shared_data, tmp_path):
    (tmp_path / "tool.py").write_text(PROGRAM)
    command = f"mine={sys.executable} -S {tmp_path}/tool.py {{image}} {{output}}"
    choices = chosen_by("--digitizer", "classical", "--digitizer-command", command)
    [job] = jobs(SETS["clean"], shared_data, 1)
    ours, mine = measure(job, choices)
    assert (ours["digitizer"], mine["digitizer"], mine["status"]) == ("classical", "mine", "ok")
    assert [row["status"] for row in mine["leads"]] == ["ok", "ok"]
    assert mine["leads"][0]["snr_aligned_db"] < 3 < ours["leads"][0]["snr_aligned_db"]
    assert mine["cpu_s"] > 0.35  # its own time counts
    assert (ours["gain_right"], mine["gain_right"]) == (True, None)  # it does not tell
    assert "| - | - | - | - |" in scale_table([ours, mine]).splitlines()[-1]
    assert json.loads(json.dumps(mine, allow_nan=False)) == mine


def test_a_changed_program_is_measured_anew(fake, tmp_path):
    wanted, asked = fake
    tool = tmp_path / "tool.py"
    tool.write_text("1")
    choices = chosen_by("--digitizer-command", f"mine=python3 {tool} {{image}} {{output}}")
    for _ in range(2):
        run(wanted, choices, tmp_path / "scores.jsonl", 1)
    assert len(asked) == 3
    tool.write_text("2")
    run(wanted, choices, tmp_path / "scores.jsonl", 1)
    assert len(asked) == 6


def test_digitizers_of_a_config_are_known_by_name(tmp_path):
    config = tmp_path / "c.yaml"
    config.write_text("traces: {digitizers: [{name: mine, command: 'mytool {image} {output}', output: wfdb}]}")
    [mine] = chosen_by("--config", str(config), "--digitizer", "mine")
    assert (mine.name, mine.output) == ("mine", "wfdb")
    assert chosen_by() == ["classical"]


def test_figures_are_of_what_was_read_and_count_what_was_not():
    flat = lead(None, ceiling_db=None, column_ceiling_db=None)
    entries = [
        entry(0, [20.0, 30.0]),
        entry(1, [40.0, None], gain_right=False),
        entry(2, [None], status="rejected", gain_right=False, gain_told=False),
        entry(3, [10.0]) | {"leads": [lead(10.0, name_read=False), flat]},
    ]
    figures = summary(lead_frame(entries), page_frame(entries))
    assert (figures["pages"], figures["failed"], figures["rejected"], figures["lost (%)"]) == (4, 0, 1, 25.0)
    assert (figures["stretches"], figures["unread"]) == (6, 2)
    assert figures["mean"] == pytest.approx(25.0)
    assert figures["mean, unread 0"] == pytest.approx(100 / 6)
    assert figures["SD"] == pytest.approx(np.std([20, 30, 40, 10], ddof=1))
    assert (figures["strict mean"], figures["form gap"], figures["distance"]) == pytest.approx((24.0, 10.0, 10.0))
    assert (figures["gain (%)"], figures["gain where told (%)"]) == pytest.approx((50.0, 200 / 3))
    assert figures["all names (%)"] == 25.0  # of two pages a stretch was not read, of the last a name is wrong


def test_a_difference_is_over_the_same_stretches_and_silence_is_0_db():
    leads = lead_frame(
        [
            entry(0, [20.0, 22.0]),
            entry(0, [25.0, 27.0], "network"),
            entry(1, [20.0]),
            entry(1, [None], "network"),
            entry(2, [90.0]),  # the other was not given this image
        ]
    )
    difference = paired(leads, "network", "classical")
    assert (difference["stretches"], difference["records"]) == (3, 2)
    assert difference["mean"] == pytest.approx((5 + 5 - 20) / 3)
    assert difference["low"] == pytest.approx(-20) and difference["high"] == pytest.approx(5)


def test_bars_are_told_met_or_missed():
    assert Bar("mean", 27).told(27.0) == "mean ≥ 27: met"
    assert Bar("SD", 5, True).told(5.01) == "SD ≤ 5: missed"
    assert Bar("mean", 27).told(math.nan) == "mean ≥ 27: missed"
    assert set(BARS) == set(SETS)


def test_every_figure_a_bar_asks_for_is_measured():
    for name, bars in BARS.items():
        entries = [entry(0, [25.0], of=of) for of in {"clean", name}]
        text = "".join(tables(entries).values())
        assert all(f"{bar.figure} {'≤' if bar.at_most else '≥'} {bar.limit:g}: " in text for bar in bars)


def test_tables():
    entries = [
        *(entry(k, [28.0, 26.0], of=of) for k in range(3) for of in ("clean", "kit", "100 dpi")),
        *(entry(k, [31.0, 33.0], "network") for k in range(3)),
        *(entry(k, [29.0, 30.0], "network:no-warp") for k in range(3)),
    ]
    text = two_lead_table(entries)
    assert "| clean | network | 3 | 0, 0 | 0/6 | 32.00 ± 1.10 | 32.00 | 31.00 | 32.00 | 31.00 | 31.00 | 10.00 |" in text
    assert "| mean ≥ 30: met; strict mean ≥ 27: met |" in text
    assert "no-warp" not in text
    assert "| 100 dpi | classical | 3 | 0, 0 | 27.00 | 35.00 | 8.00 | 0.00 | 100.00 |" in scale_table(entries)
    assert "| clean | network | 3 | 6 | +5.00 [+5.00, +5.00] | +5.00 " in paired_table(entries, "classical")
    assert ablation_table(entries, "network").splitlines()[2:] == [
        "| network | 32.00 |",
        "| no-warp | -2.50 [-2.50, -2.50] |",
    ]
    assert ablation_table(entries, "classical") == ""


def test_what_was_not_read_is_counted_over_all_sets_with_its_reasons():
    lost = {"status": "rejected", "reason": "no page"}
    text = lost_table(
        [
            entry(0, [20.0]),
            entry(1, [None], **lost),
            entry(1, [None], of="kit", **lost),
            entry(2, [20.0], of="kit"),
            entry(0, [20.0], "network"),
        ]
    )
    assert "| classical | 4 | 0 | 2 | 50.00 % | lost (%) ≤ 0.5: missed |" in text
    assert "| network | 1 | 0 | 0 | 0.00 % | lost (%) ≤ 0.5: met |" in text
    assert text.endswith("\n* classical, rejected (clean 1, kit 1): no page\n")


def test_tables_take_their_place_in_a_text():
    text = "Head\n<!-- a: begin -->\nold\n<!-- a: end -->\nmiddle\n<!-- b: begin -->\nold\n<!-- b: end -->\ntail\n"
    new = renewed(text, {"a": "| new |\n", "b": ""})
    assert new == text.replace("old", "| new |", 1).replace("old", "Not measured yet.")
    assert renewed(new, {"a": "| new |\n", "b": ""}) == new
    with pytest.raises(PapertraceError, match="no place for table 'c'"):
        renewed(text, {"c": "| new |\n"})
