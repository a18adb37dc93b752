"""What a fictional electrocardiograph prints: wording from ``words.yaml``, numbers drawn, no person's name.

Age and sex may be those that a record's header tells, and the heart rate is that of the record where it is known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import yaml


@dataclass(frozen=True)
class Header:
    """What is printed of the person, the moment and the place."""

    number: str
    person: str
    body: str
    moment: str
    hospital: str
    filters: str
    remark: str


def draw_header(rng: np.random.Generator, age: int | None = None, sex: str | None = None) -> Header:
    """Draw a header; age and sex are printed as they are given, and drawn where they are None."""
    day, month, year = int(rng.integers(1, 29)), int(rng.integers(1, 13)), int(rng.integers(1990, 2025))
    hour, minute = int(rng.integers(0, 24)), int(rng.integers(0, 60))
    number = f"ID {rng.integers(100_000, 1_000_000)}"
    drawn_age, drawn_sex = rng.integers(18, 96), rng.choice(["male", "female"])
    return Header(
        number=number,
        person=f"{drawn_age if age is None else age} years   {sex or drawn_sex}",
        body=f"{rng.integers(150, 196)} cm   {rng.integers(48, 110)} kg",
        moment=f"{year:04d}-{month:02d}-{day:02d}  {hour:02d}:{minute:02d}",
        hospital=str(rng.choice(_words()["hospitals"])),
        filters=f"Filter 0.05-{rng.choice([40, 100, 150])} Hz   AC {rng.choice([50, 60])} Hz",
        remark=str(rng.choice(_words()["remarks"])),
    )


@dataclass(frozen=True)
class Intervals:
    """Measurements as an electrocardiograph prints them: /min, ms and degrees in the frontal plane."""

    rate: int
    rr: int
    pr: int
    qrs: int
    qt: int
    qtc: int
    p: int
    r: int
    t: int


def draw_intervals(rng: np.random.Generator, rate_bpm: float | None = None) -> Intervals:
    """Draw measurements that agree with each other: QTc is QT by Bazett's formula, and P, QRS and T fit into a beat.

    Parameters
    ----------
    rng : numpy.random.Generator
        The only source of randomness.
    rate_bpm : float, optional
        The heart rate; 48 to 118 a minute is drawn where None.

    References
    ----------
    .. [1] Bazett H C, "An analysis of the time-relations of electrocardiograms", Heart 7, 353-370 (1920).
    """
    drawn = rng.uniform(48, 118)
    rate = max(round(drawn if rate_bpm is None else rate_bpm), 1)
    rr = round(60_000 / rate)
    corrected = np.clip(rng.normal(418, 22), 360, 500)
    qt = round(min(corrected * math.sqrt(rr / 1000), 0.7 * rr))
    qrs = int(np.clip(rng.normal(94, 14), 70, 150))
    r = int(np.clip(rng.normal(35, 35), -75, 120))
    return Intervals(
        rate=rate,
        rr=rr,
        pr=int(min(np.clip(rng.normal(160, 24), 105, 240), max(0.95 * (rr - qt), 60))),
        qrs=min(qrs, qt // 2),
        qt=qt,
        qtc=round(qt / math.sqrt(rr / 1000)),
        p=int(np.clip(rng.normal(50, 18), -10, 90)),
        r=r,
        t=r + int(rng.normal(5, 22)),
    )


def interval_lines(found: Intervals, rng: np.random.Generator) -> list[str]:
    """Return the block of measurements, in one of the ways that machines lay it out."""
    ways = _words()["intervals"]
    return [line.format(**vars(found)) for line in ways[int(rng.integers(len(ways)))]]


def statement_lines(found: Intervals, rng: np.random.Generator) -> list[str]:
    """Return a reading of measurements: rhythm, what they show, a verdict, and who has seen it."""
    rhythm = "slow" if found.rate < 60 else "fast" if found.rate > 100 else "normal"
    shown = {
        "long pr": found.pr > 200,
        "wide qrs": found.qrs >= 120,
        "long qt": found.qtc > 470,
        "left": found.r < -30,
        "right": found.r > 90,
    }
    findings = [finding for finding, is_so in shown.items() if is_so][:2]
    kinds = [rhythm, *findings]
    if rng.random() < 0.3:
        kinds.append("asides")
    kinds += ["something" if len(kinds) > 1 or rhythm != "normal" else "nothing", "endings"]
    return [str(rng.choice(_words()["statements"][kind])) for kind in kinds]


def draw_machine(rng: np.random.Generator) -> str:
    """Draw the name of a machine and the version of its program."""
    return f"{rng.choice(_words()['machines'])}  v{rng.integers(1, 9)}.{rng.integers(0, 40):02d}"


@cache
def _words() -> dict[str, Any]:
    return yaml.safe_load(resources.files(__package__).joinpath("words.yaml").read_text(encoding="utf-8"))
