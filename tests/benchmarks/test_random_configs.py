"""Configs drawn at random make whole pages and scans; a sample of `make random-configs`."""

from __future__ import annotations

import dataclasses
import json
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from papertrace.config import json_schema, validate_config
from papertrace.seeds import generator

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks/random_configs.py"
BENCHMARK = runpy.run_path(str(SCRIPT))
SAMPLE = 40
FIRST = 1_000_000  # not those of the slow run


@pytest.mark.parametrize("part", range(4))
def test_random_configs_make_whole_pages_and_scans(part):
    entries = [BENCHMARK["outcome"](FIRST + number) for number in range(part, SAMPLE, 4)]
    assert [entry for entry in entries if entry["status"] == "wrong"] == []
    assert sum(entry["status"] == "ok" for entry in entries) >= len(entries) / 2


def test_every_key_of_pages_and_scans_takes_part():
    drawn = [BENCHMARK["draw_config"](generator(number)) for number in range(300)]
    for data in drawn[:50]:
        validate_config(data)
    definitions = json_schema()["$defs"]
    for stage, name in (("pages", "PagesConfig"), ("scans", "ScansConfig")):
        keys = set().union(*(data[stage] for data in drawn))
        assert set(definitions[name]["properties"]) - keys <= {"layout_file"}


@pytest.fixture(scope="module")
def made() -> tuple:
    number = next(n for n in range(50) if BENCHMARK["outcome"](n)["status"] == "ok")
    return BENCHMARK["make"](number)


def test_what_is_wrong_is_found(made):
    _, signal, page, scan = made
    faults_of = BENCHMARK["faults_of"]
    assert faults_of(page, scan, signal) == []
    blank = dataclasses.replace(scan, image=np.full_like(scan.image, 255))
    assert faults_of(page, blank, signal) == ["scan: the image is empty"]
    lost = dataclasses.replace(page.labels.leads[0], x0_mm=float("nan"))
    no_number = dataclasses.replace(page, labels=dataclasses.replace(page.labels, leads=[lost, *page.labels.leads[1:]]))
    assert "labels: holds a number that is not finite" in faults_of(no_number, scan, signal)
    beside = dataclasses.replace(page.labels.leads[0], box_mm=(-5.0, 0.0, 10.0, 10.0))
    outside = dataclasses.replace(page, labels=dataclasses.replace(page.labels, leads=[beside, *page.labels.leads[1:]]))
    assert "labels: a box leaves the paper" in faults_of(outside, scan, signal)
    bare = dataclasses.replace(page, image=np.broadcast_to(page.image[:1, :1], page.image.shape))
    assert "page: no lead has ink in its box" in faults_of(bare, scan, signal)


def test_a_run_goes_on_where_it_stopped(tmp_path):
    out = tmp_path / "made.jsonl"
    out.write_text("".join(json.dumps({"number": k, "status": "ok", "told": ""}) + "\n" for k in (0, 1, 3)))
    command = [sys.executable, str(SCRIPT), "--count", "4", "--workers", "1", "--out", str(out)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert told.endswith(f"0 wrong ({out})\n")
    assert sorted(json.loads(line)["number"] for line in out.read_text().splitlines()) == [0, 1, 2, 3]
