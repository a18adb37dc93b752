"""A forecast for people: as Markdown, alone or beside what a run did take."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from papertrace.config import Config
from papertrace.cost_model import Cost, CostModel
from papertrace.costs import StageCost, busy_seconds, stage_costs
from papertrace.forecast import Forecast, forecast


def told(forecast: Forecast, model: CostModel, cores: int, by_run: str | None = None) -> str:
    """Return a forecast as Markdown.

    Parameters
    ----------
    forecast : Forecast
        What to tell.
    model : CostModel
        Whose figures it is of.
    cores : int
        For the wall clock and the disk.
    by_run : str, optional
        The run that the seconds were adjusted to.
    """
    work = forecast.work
    lines = [
        f"{work.pages:,} pages of {work.records:,} records: {work.leads:.3g} leads, {work.megapixels:.3g} megapixels a "
        f"page; {work.shards:,} shards, {forecast.jobs:,} jobs.",
        "",
        "| stage | jobs | core s a page | core h | s a job | peak MiB | tables, GB | images, GB |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for stage in forecast.stages:
        gone = " (go)" if stage.stage in forecast.discarded else ""
        lines.append(_row(stage.stage, f"{stage.jobs:,}", stage.cost, work.pages, f"{stage.job_s:.1f}", gone))
    itself = Cost(forecast.workflow_s)
    lines.append(_row("Snakemake itself", "", itself, work.pages))
    lines.append(_row("all", f"{forecast.jobs:,}", sum((s.cost for s in forecast.stages), itself), work.pages))
    gb = {what: mb / 1e3 for what, mb in (("end", forecast.final_mb), ("peak", forecast.peak_mb(cores)))}
    kept = f"; with all images kept {(forecast.final_mb + forecast.passing_mb) / 1e3:.1f} GB"
    lines += [
        "",
        f"* On {cores:,} cores: {duration(forecast.wall_s(cores))}. A worker's memory: {forecast.worker_mib:,.0f} MiB.",
        f"* On disk: {gb['end']:.1f} GB at the end, {gb['peak']:.1f} GB at most{kept if forecast.discarded else ''}.",
        f"* Figures measured on {model.measured['machine']}, commit {model.measured['commit'][:7]}"
        + (f"; seconds adjusted to {by_run}." if by_run else "."),
    ]
    if forecast.unknown:
        lines.append(f"* Not in it, as nobody knows what they take: {', '.join(forecast.unknown)}.")
    return "\n".join(lines) + "\n"


def beside_run(config: Config, results: Path, cores: int) -> str:
    """Return what is forecast for a config beside what the run in a folder took, as `compared` has it."""
    actual = {cost.stage: cost for cost in stage_costs(results)}
    return compared(forecast(config), actual, busy_seconds(results), cores)


def compared(forecast: Forecast, actual: Mapping[str, StageCost], wall_s: float, cores: int) -> str:
    """Return what was forecast beside what a run took, as Markdown: per stage, then the whole."""
    lines = [
        "| stage | jobs | core s: forecast | actual | off by | peak MiB: forecast | actual | MB: forecast | actual |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    sums = [0.0, 0.0]
    for stage in forecast.stages:
        took = actual.get(stage.stage)
        if took is None:
            continue
        sums = [sums[0] + stage.cost.cpu_s, sums[1] + took.cpu_seconds]
        kept_mb = 0.0 if stage.stage in forecast.discarded else stage.cost.images_mb
        peak = "-" if took.peak_rss_mb is None else f"{took.peak_rss_mb:.0f}"
        lines.append(
            f"| {stage.stage} | {took.jobs} | {stage.cost.cpu_s:.1f} | {took.cpu_seconds:.1f} "
            f"| {off_by(stage.cost.cpu_s, took.cpu_seconds)} | {stage.cost.peak_mib:.0f} | {peak} "
            f"| {stage.cost.files_mb + kept_mb:.1f} | {took.disk_mb:.1f} |"
        )
    lines.append(
        f"| all | {sum(t.jobs for t in actual.values())} | {sums[0]:.1f} | {sums[1]:.1f} | {off_by(*sums)} | | | | |"
    )
    wall = forecast.wall_s(cores)
    lines.append(
        f"\nWall clock on {cores} cores: {duration(wall)} forecast, {duration(wall_s)} actual ({off_by(wall, wall_s)})."
    )
    return "\n".join(lines) + "\n"


def _row(name: str, jobs: str, cost: Cost, pages: int, job_s: str = "", gone: str = "") -> str:
    return (
        f"| {name} | {jobs} | {cost.cpu_s / pages:.4f} | {cost.cpu_s / 3600:.3f} | {job_s} | {cost.peak_mib:.0f} "
        f"| {cost.files_mb / 1e3:.3f} | {cost.images_mb / 1e3:.3f}{gone} |"
    )


def off_by(forecast: float, actual: float) -> str:
    """Return how much too high a forecast was, in percent of what it was of.

    Examples
    --------
    >>> off_by(110.0, 100.0)
    '+10 %'
    """
    return f"{100 * (forecast / actual - 1):+.0f} %" if actual else "-"


def duration(seconds: float) -> str:
    """Return a duration in hours and minutes, or in minutes and seconds where it is short.

    Examples
    --------
    >>> duration(8100), duration(75)
    ('2 h 15 min', '1 min 15 s')
    """
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600:,} h {whole % 3600 // 60} min"
    return f"{whole // 60} min {whole % 60} s" if whole >= 60 else f"{whole} s"
