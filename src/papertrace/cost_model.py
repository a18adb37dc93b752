"""What papertrace costs, as measured: seconds, memory and bytes of each stage, as sums of a few terms.

The figures are data (``cost_model.yaml``), written by ``make cost-model`` with the machine and the commit they were
measured on. A stage's quantity is a sum over what there is to do in a job: so much for the job itself, for each page,
lead, megapixel and so on; `Terms` names them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

DATA_FILE = Path(__file__).with_name("cost_model.yaml")

Terms = Mapping[str, float]
"""How much of each there is, or what one of it adds.

`job` (1: interpreter, imports, models), `page`, `lead` (stretches drawn, over all pages), `megapixel` (over all pages),
`size` (megapixels of one page), `reading` (leads read, over all inputs and digitizers), `record`, `megasample` (of all
leads of all records).
"""


@dataclass(frozen=True)
class Cost:
    """What a job takes, or several.

    Attributes
    ----------
    cpu_s : float
        Core seconds.
    peak_mib : float
        Largest resident memory of a process in MiB.
    files_mb, images_mb : float
        Tables and images that it leaves, in MB (10^6 bytes).
    """

    cpu_s: float = 0.0
    peak_mib: float = 0.0
    files_mb: float = 0.0
    images_mb: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        """Return the cost of doing both, one after the other."""
        return Cost(
            self.cpu_s + other.cpu_s,
            max(self.peak_mib, other.peak_mib),
            self.files_mb + other.files_mb,
            self.images_mb + other.images_mb,
        )

    def __mul__(self, times: float) -> Cost:
        """Return the cost of doing it so many times."""
        return Cost(self.cpu_s * times, self.peak_mib, self.files_mb * times, self.images_mb * times)


@dataclass(frozen=True)
class CostModel:
    """The figures.

    Attributes
    ----------
    measured : mapping
        `machine` and `commit`.
    stages : mapping
        By stage, with preset or digitizer and input where these matter (``scans/kit``, ``traces/network/scans``): by
        quantity (a field of `Cost`), what each term adds.
    formats : mapping
        By stage and file format: size of the images as a share of those in the format by default.
    workflow : mapping
        What Snakemake's own process takes: `start_s`, and `job_s` for each job.
    """

    measured: Mapping[str, str]
    stages: Mapping[str, Mapping[str, Terms]]
    formats: Mapping[str, Mapping[str, float]]
    workflow: Mapping[str, float]

    def of_job(self, stage: str, counts: Terms) -> Cost:
        """Return what a job of a stage takes."""
        counts = {"job": 1.0, **counts}
        return Cost(
            **{
                quantity: sum(each * counts.get(term, 0.0) for term, each in terms.items())
                for quantity, terms in self.stages[stage].items()
            }
        )

    def marginal(self, stage: str, counts: Terms) -> Cost:
        """Return what this work adds to a job that is under way: without the job itself, but with its memory."""
        return Cost(
            **{**vars(self.of_job(stage, {"job": 0.0, **counts})), "peak_mib": self.of_job(stage, counts).peak_mib}
        )


@cache
def measured_model() -> CostModel:
    """Return the figures that papertrace brings along."""
    data: dict[str, Any] = yaml.safe_load(DATA_FILE.read_text(encoding="utf-8"))
    return CostModel(**data)
