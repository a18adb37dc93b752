"""What a run will take before it starts: jobs, core hours, wall clock, memory and disk, stage by stage.

`work_of` tells from a config how much there is to do, `forecast` what that takes by the cost model, `needs` what the
workflow asks for a job. None of them opens a record's samples or an image.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from papertrace.cost_model import Cost, CostModel, measured_model
from papertrace.plan import page_count, shard_names
from papertrace.subset import share_of
from papertrace.traces.registry import OURS

if TYPE_CHECKING:
    from papertrace.config import Config
    from papertrace.costs import StageCost

SHARDED = ("pages", "scans", "traces", "scores")
STAGES = ("records", "manifest", *SHARDED, "summary", "figures", "report")
_BEFORE = ("records", "manifest")
_AFTER = ("summary", "figures", "report")

_SQUARE_INCHES = {"letter": 11 * 8.5, "a4": 11.69 * 8.27, "roll": 11 * 8.5}
_PROGRAMS_MB = 1500  # what is asked for other people's programs
_HEADERS = 20  # records whose headers are opened
_TWELVE_LEADS = 13  # stretches on a page of twelve leads with a rhythm strip: the most that is common


@dataclass(frozen=True)
class Work:
    """How much there is to do.

    Attributes
    ----------
    records, pages, shards : int
        Counts.
    leads : float
        Stretches of leads a page, on average.
    megapixels : float
        Size of a page's image, on average.
    megasamples : float
        Samples of a record's leads, on average, in millions.
    """

    records: int
    pages: int
    shards: int
    leads: float
    megapixels: float
    megasamples: float

    def part(self, pages: float) -> dict[str, float]:
        """Return the terms of the cost model for so many of the pages."""
        every = {"page": pages, "lead": pages * self.leads, "megapixel": pages * self.megapixels}
        return every | {"size": self.megapixels}


@dataclass(frozen=True)
class StageForecast:
    """What a stage takes: its jobs, all of them together, and the largest of them (`peak_mib` of `cost`)."""

    stage: str
    jobs: int
    cost: Cost

    @property
    def job_s(self) -> float:
        """Core seconds of a job."""
        return self.cost.cpu_s / max(self.jobs, 1)


@dataclass(frozen=True)
class Forecast:
    """What a run takes.

    Attributes
    ----------
    work : Work
        How much there is to do.
    stages : tuple of StageForecast
        In the order of the round trip.
    jobs : int
        All jobs, those included that cost next to nothing.
    workflow_s : float
        Core seconds of Snakemake's own process.
    discarded : frozenset of str
        Kinds of images that do not stay.
    unknown : tuple of str
        Digitizers that are other people's programs: what they take is not in the forecast.
    """

    work: Work
    stages: tuple[StageForecast, ...]
    jobs: int
    workflow_s: float
    discarded: frozenset[str]
    unknown: tuple[str, ...] = ()

    @property
    def cpu_s(self) -> float:
        """Core seconds of everything."""
        return sum(stage.cost.cpu_s for stage in self.stages) + self.workflow_s

    def wall_s(self, cores: int) -> float:
        """Return the seconds from the first job to the last: what comes before and after the shards has one core.

        A core works one shard after the other, and Snakemake's process shares the cores with them.
        """
        alone = sum(stage.cost.cpu_s for stage in self.stages if stage.stage not in SHARDED)
        a_shard = sum(stage.job_s for stage in self.stages if stage.stage in SHARDED)
        rounds = math.ceil(self.work.shards / cores)
        return alone + max(rounds * a_shard + self.workflow_s / cores, self.workflow_s)

    @property
    def final_mb(self) -> float:
        """MB on disk at the end."""
        return self.all_images_mb - self.passing_mb + sum(stage.cost.files_mb for stage in self.stages)

    @property
    def all_images_mb(self) -> float:
        """MB of all images, if they stay."""
        return sum(stage.cost.images_mb for stage in self.stages)

    @property
    def passing_mb(self) -> float:
        """MB of the images that do not stay."""
        return sum(stage.cost.images_mb for stage in self.stages if stage.stage in self.discarded)

    def peak_mb(self, cores: int) -> float:
        """Return the most MB on disk at any moment: a shard at work on each core has its images."""
        return self.final_mb + self.passing_mb * min(1.0, cores / max(self.work.shards, 1))

    @property
    def worker_mib(self) -> float:
        """Largest resident memory of a worker in MiB."""
        return max(stage.cost.peak_mib for stage in self.stages)

    def scaled(self, factors: Mapping[str, float]) -> Forecast:
        """Return the forecast with each stage's core seconds times a factor."""
        stages = tuple(
            replace(stage, cost=replace(stage.cost, cpu_s=stage.cost.cpu_s * factors.get(stage.stage, 1.0)))
            for stage in self.stages
        )
        return replace(self, stages=stages)


@dataclass(frozen=True)
class Needs:
    """What the workflow asks for a job: memory in MB and minutes."""

    mem_mb: int
    minutes: int


def work_of(config: Config) -> Work:
    """Return how much there is to do; of a folder's records the headers of a few tell leads and lengths.

    Raises
    ------
    ConfigError
        The folder of records is missing or empty, or does not suit the recipe.
    """
    from papertrace.records.listing import list_records

    refs, shards = list_records(config), len(shard_names(config))
    pages = min(shards * config.shard_size, page_count(config))
    leads, samples = _of_records(config, [ref.path for ref in refs])
    drawn = [_stretches(config, names) for names in leads]
    return Work(
        records=len(refs),
        pages=pages,
        shards=shards,
        leads=sum(drawn) / len(drawn),
        megapixels=_megapixels(config),
        megasamples=sum(samples) / len(samples) / 1e6,
    )


def forecast(config: Config, work: Work | None = None, model: CostModel | None = None) -> Forecast:
    """Return what a run of a config takes.

    Parameters
    ----------
    config : Config
        Of the whole dataset.
    work : Work, optional
        How much there is to do; told from the config by default.
    model : CostModel, optional
        Other figures than those that papertrace brings along.
    """
    work, model = work or work_of(config), model or measured_model()
    shard = work.pages / work.shards
    in_all = {
        "records": (1, model.of_job(*_records(config, work))),
        "manifest": (1, model.of_job("manifest", {"page": work.pages})),
    }
    stages = SHARDED if config.digitizes else SHARDED[:2]
    in_all |= {stage: (work.shards, _of_shard(config, work, model, stage, shard) * work.shards) for stage in stages}
    if config.digitizes and config.part is None:
        rows = {"reading": work.leads * work.pages * sum(_shares(config).values()), "page": work.pages}
        in_all |= {stage: (1, model.of_job(stage, rows)) for stage in _AFTER}
    told = tuple(StageForecast(stage, jobs, cost) for stage, (jobs, cost) in in_all.items())
    # a config file for each stage, the check, and the target itself
    ends = 2 if config.digitizes and config.part is None else 0
    downloads = 2 if config.records.source == "physionet" else 0
    jobs = sum(stage.jobs for stage in told) + len(told) + ends + downloads + (0 if ends else 1)
    workflow_s = model.workflow["start_s"] + model.workflow["job_s"] * jobs
    unknown = tuple(choice.name for choice in config.traces.digitizers if not isinstance(choice, str))
    discarded = frozenset(config.discarded if config.digitizes else ())
    return Forecast(work, told, jobs, workflow_s, discarded, unknown)


def likened(told: Forecast, of_run: Forecast, took: Sequence[StageCost]) -> Forecast:
    """Return a forecast in which each stage takes as much more or less than the figures say as it did in a run.

    Parameters
    ----------
    told : Forecast
        What to adjust.
    of_run : Forecast
        What the figures say of the run.
    took : sequence of StageCost
        What the run took.
    """
    said = {stage.stage: stage.cost.cpu_s for stage in of_run.stages}
    factors = {cost.stage: cost.cpu_seconds / said[cost.stage] for cost in took if said.get(cost.stage)}
    return told.scaled(factors)


def needs(config: Config, model: CostModel | None = None) -> dict[str, Needs]:
    """Return what the workflow asks for a job of each stage: the model's figures with room for slower machines.

    For speed no header is opened: pages are taken for twelve-lead ones.
    """
    model = model or measured_model()
    pages = page_count(config)
    shards = -(-pages // config.shard_size)
    work = Work(1, pages, shards, _TWELVE_LEADS, _megapixels(config), 1.0)
    size = min(config.shard_size, pages)
    found = {stage: _of_shard(config, work, model, stage, size) for stage in SHARDED}
    rows = {"reading": work.leads * pages * sum(_shares(config).values()), "page": pages}
    found |= {stage: model.of_job(stage, rows) for stage in _AFTER}
    found["manifest"] = model.of_job("manifest", {"page": pages})
    asked = {stage: Needs(_memory(cost.peak_mib), _minutes(cost.cpu_s)) for stage, cost in found.items()}
    # nobody knows what other people's programs take: as much as papertrace's own, and all the time that they may have
    programs = {choice.name: choice.timeout_s for choice in config.traces.digitizers if not isinstance(choice, str)}
    most_s = sum(size * share * programs.get(name, 0.0) for (name, _), share in _shares(config).items())
    mem_mb = max(asked["traces"].mem_mb, _PROGRAMS_MB if programs else 0)
    asked["traces"] = Needs(mem_mb, asked["traces"].minutes + math.ceil(most_s / 60))
    return asked


def _records(config: Config, work: Work) -> tuple[str, dict[str, float]]:
    """Return the figures' name and the terms of the records stage: simulated records are made, too."""
    stage = "records/simulation" if config.records.source == "simulation" else "records"
    return stage, {"record": work.records, "megasample": work.records * work.megasamples}


def _of_shard(config: Config, work: Work, model: CostModel, stage: str, pages: float) -> Cost:
    """Return what a job of a shard of so many pages takes."""
    if stage == "pages":
        cost = model.of_job("pages", work.part(pages))
        return _as_stored(cost, model, stage, config.pages.format, config.pages.store)
    if stage == "scans":
        presets = config.scans.mix or [config.scans.preset or "kit"]
        costs = [model.of_job(f"scans/{preset}", work.part(pages)) for preset in presets]
        mean = sum(costs, Cost()) * (1 / len(costs))
        return _as_stored(mean, model, stage, config.scans.format, config.scans.store)
    if stage == "traces":
        return _of_traces(config, work, model, pages)
    readings = pages * work.leads * sum(_shares(config).values())
    return model.of_job("scores", {"page": pages, "lead": pages * work.leads, "reading": readings})


def _of_traces(config: Config, work: Work, model: CostModel, pages: float) -> Cost:
    """Return what digitizing a shard takes: each digitizer is loaded once, whatever it reads."""
    total, loaded = Cost(), set()
    for (digitizer, kind), share in _shares(config).items():
        base = digitizer.partition(":")[0]
        if base not in OURS or not share:
            continue
        figures = f"traces/{base}/{kind}"
        part = work.part(pages * share)
        total += model.marginal(figures, part) if base in loaded else model.of_job(figures, part)
        loaded.add(base)
    return total


def _shares(config: Config) -> dict[tuple[str, str], float]:
    """Return the share of the images that is read, by digitizer and input."""
    traces = config.traces
    return {(name, kind): share_of(traces, kind, name) for name in traces.names for kind in traces.inputs}


def _as_stored(cost: Cost, model: CostModel, stage: str, kind: str, store: str) -> Cost:
    images_mb = cost.images_mb * model.formats[stage][kind] if store == "images" else 0.0
    return replace(cost, images_mb=images_mb)


def _of_records(config: Config, paths: list[str]) -> tuple[list[list[str]], list[float]]:
    """Return lead names, and samples of all leads together, of some records spread over all."""
    from papertrace.records.simulation import TWELVE_LEADS, TWO_LEADS

    if config.records.source == "simulation":
        made = config.records.simulation
        leads = [TWO_LEADS] * made.two_lead + [TWELVE_LEADS] * made.twelve_lead
        return leads, [len(names) * made.duration_s * made.rate_hz for names in leads]
    from papertrace.errors import PapertraceError
    from papertrace.manifest.recipes import spread
    from papertrace.records.header import read_header

    found = []
    for place in spread(len(paths), min(len(paths), _HEADERS)):
        try:
            found.append(read_header(config.records.location or Path(), paths[place]))
        except PapertraceError:
            continue  # the run will tell; here another record tells as much
    if not found:
        return [TWELVE_LEADS], [0.0]
    return [header.leads for header in found], [float(len(header.leads) * header.n_samples) for header in found]


def _stretches(config: Config, leads: list[str]) -> float:
    """Return how many stretches a page of a record has, on average over the layouts it may have."""
    from papertrace.manifest.layouts import LayoutChoice, choose_layout
    from papertrace.pages.layouts import known_layouts

    layouts = known_layouts(config.pages.layouts)
    choices = [choose_layout(name, leads, layouts) for name in config.pages.layout]
    counts = [sum(map(len, layouts[each.name].rows)) for each in choices if isinstance(each, LayoutChoice)]
    return sum(counts) / len(counts) if counts else 0.0


def _megapixels(config: Config) -> float:
    """Return the size of a page's image: its paper at the mean of the squared resolutions."""
    low, high = config.pages.dpi
    area = [_SQUARE_INCHES[paper] for paper in config.pages.paper]
    return sum(area) / len(area) * (low**2 + low * high + high**2) / 3 / 1e6


def _memory(peak_mib: float) -> int:
    """Return the memory to ask for, in MB: a quarter more, and what Snakemake takes that starts a job on a cluster."""
    return math.ceil((1.25 * peak_mib * 1.048576 + 200) / 100) * 100


def _minutes(cpu_s: float) -> int:
    """Return the minutes to ask for: four times as many, and ten."""
    return 10 + math.ceil(4 * cpu_s / 60)
