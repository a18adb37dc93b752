"""The Markdown tables of docs/generator.md."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def cells_of(table: str) -> dict[str, list[str]]:
    return {
        line.split("|")[1].strip(): [cell.strip() for cell in line.strip("| ").split("|")]
        for line in table.splitlines()
    }


def test_what_a_page_and_a_scan_cost():
    speed = runpy.run_path(str(BENCHMARKS / "generator_speed.py"))
    clean = speed["Costs"]("clean", [0.04, 0.05, 0.09], [0.04, 0.05, 0.09], [0.05, 0.06, 0.2], peak_mb=200.4)
    kit = speed["Costs"]("kit", [0.04, 0.05, 0.06], [0.1, 0.2, 0.15], [0.1, 0.2, 0.15], peak_mb=250.0)
    clean.steps["page: grid"] += [0.010, 0.012, 0.011]
    kit.steps |= {"page: grid": [1.0], "warp": [0.060, 0.066]}
    totals = cells_of(speed["totals"]([clean, kit]))
    assert totals["clean"][1:3] == ["3", "0.050"] and totals["clean"][5:] == ["0.06", "0.050", "200"]
    assert totals["kit"][2] == "0.150" and totals["kit"][6] == "0.210"
    steps = [line.split("|")[1:-1] for line in speed["breakdown"]([clean, kit]).splitlines()[2:]]
    assert [[cell.strip() for cell in line] for line in steps] == [
        ["clean", "page: grid", "1.00", "11.0", "11.0"],
        ["kit", "warp", "0.67", "63.0", "42.0"],
    ]


def test_formats_are_compared_with_png_record_by_record():
    formats = runpy.run_path(str(BENCHMARKS / "image_formats.py"))
    loss = {"a": 0.1, "b": 0.3}
    every = [
        {
            name: {
                "record": record,
                "bytes": 2_000_000 if name == "PNG" else 1_000_000,
                "times": (10.0, 20.0),
                "snr": {(0, 0): 30.0 - (0 if name == "PNG" else loss[record]), (1, 0): None if record == "b" else 20.0},
            }
            for name in formats["FORMATS"]
        }
        for record in loss
    ]
    lines = cells_of(formats["table"](every))
    assert lines["PNG"][1:] == ["2.00", "43.6", "10", "20", "3/4", "26.67", "+0.000 ± 0.000"]
    # Record a loses 0.1 and 0 dB, record b 0.3 dB: -0.05 and -0.3.
    mean, half = lines["JPEG 90"][7].split(" ± ")
    assert float(mean) == pytest.approx(-0.175) and float(half) == pytest.approx(0.125 * 12.706, abs=0.01)
