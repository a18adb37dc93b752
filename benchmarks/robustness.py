"""What each artifact of the scans does to digitizers, by severity: ``make robustness DIGITIZERS="classical …"``.

In    DATA: folder of the public databases; of ``qtdb`` in it the records of the test split are used.
Out   a line of JSON an image and digitizer in --out, as of `digitizers`; a table on stdout, or in the file of --into
      between its markers; the curves in --figure. What --out holds of this version is not read again.

Every image has one artifact, at a severity from 1 to 5, and no other; severity 0 is the scan that has none. The pages
are the same at all severities. Means are of the aligned SNR, with 0 dB for what was not read. The reader of columns
(`papertrace.pages.ceiling`) knows where every trace lies and what is hidden: where its curve falls, the image has lost
something, not who reads it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import yaml
from digitizer_choices import add_options, chosen
from digitizer_scores import Entry, latest, read_entries, run
from digitizer_sets import SEVERITIES, jobs, severity_set
from digitizer_tables import ALIGNED, lead_frame
from digitizers import renewed

from papertrace.config import validate_config
from papertrace.errors import PapertraceError
from papertrace.io import write_bytes, write_text
from papertrace.scans.presets import ArtifactName

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CEILING = "reader of columns"
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")  # Okabe & Ito (2008)
_ACROSS = 6


def curves(entries: Iterable[Entry]) -> pd.DataFrame:
    """Return the mean aligned SNR in dB at each severity.

    Returns
    -------
    DataFrame
        A row an artifact and digitizer (`CEILING` among them), in the order of `ArtifactName`; a column a severity that
        was measured, severity 0 the same for all artifacts. NaN where nothing was.
    """
    leads = lead_frame(entries)
    leads[["artifact", "severity"]] = leads["set"].str.rsplit(" ", n=1, expand=True)
    leads["severity"] = leads["severity"].astype(int)
    leads["figure"] = leads[ALIGNED].where(leads["read"], 0.0)
    ideal = leads.drop_duplicates(["set", "page_id", "row", "column"])
    ideal = ideal.assign(digitizer=CEILING, figure=ideal["column_ceiling_db"])
    both = pd.concat([leads, ideal], ignore_index=True)
    table = both.pivot_table(index=["artifact", "digitizer"], columns="severity", values="figure", aggfunc="mean")
    digitizers = [*dict.fromkeys(leads["digitizer"]), CEILING]
    artifacts = [name for name in ArtifactName.__args__ if name in set(leads["artifact"])]
    rows = pd.MultiIndex.from_product([artifacts, digitizers], names=["artifact", "digitizer"])
    found = table.reindex(rows)
    if 0 in table.columns:
        found[0] = [table[0].get(("nothing", digitizer)) for _, digitizer in rows]
    return found


def table(found: pd.DataFrame, held_out: Sequence[str] = ()) -> str:
    """Return the curves as a Markdown table; artifacts that no training had carry a star."""
    lines = [
        "| artifact | digitizer | " + " | ".join(map(str, found.columns)) + " |",
        "|---|---|" + "--:|" * len(found.columns),
    ]
    for (artifact, digitizer), values in found.iterrows():
        cells = ["-" if pd.isna(value) else f"{value:.1f}" for value in values]
        lines.append(f"| {_title(artifact, held_out)} | {digitizer} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def figure(found: pd.DataFrame, held_out: Sequence[str] = ()) -> Figure:
    """Draw the curves, a small plot an artifact."""
    from matplotlib.figure import Figure

    artifacts = list(dict.fromkeys(found.index.get_level_values("artifact")))
    digitizers = list(dict.fromkeys(found.index.get_level_values("digitizer")))
    colours = dict(zip(digitizers, _COLOURS, strict=False)) | {CEILING: "#9aa5b1"}
    down = -(-len(artifacts) // _ACROSS)
    drawn = Figure(figsize=(11, 0.7 + 1.35 * down), layout="constrained")
    grid = drawn.subplots(down, _ACROSS, sharex=True, sharey=True, squeeze=False)
    for axes, artifact in zip(grid.flat, artifacts, strict=False):
        for digitizer in digitizers:
            values = found.loc[(artifact, digitizer)].dropna()
            dashes = "--" if digitizer == CEILING else "-"
            axes.plot(values.index, values, dashes, marker=".", color=colours[digitizer], linewidth=1.4, markersize=4)
        axes.set_title(_title(artifact, held_out), fontsize=8, pad=3)
        axes.set_xticks(range(max(SEVERITIES) + 1))
    for axes in list(grid.flat)[len(artifacts) :]:
        axes.set_axis_off()
    for axes in list(grid.flat)[max(len(artifacts) - _ACROSS, 0) : len(artifacts)]:  # the lowest of each column
        axes.tick_params(labelbottom=True)
    grid[0, 0].set_ylim(min(0.0, found.min(axis=None)), None)
    drawn.supxlabel("severity", fontsize=9)
    drawn.supylabel("mean aligned SNR (dB)", fontsize=9)
    handles = [grid[0, 0].plot([], [], "--" if d == CEILING else "-", color=colours[d], label=d)[0] for d in digitizers]
    drawn.legend(handles=handles, loc="outside upper left", ncols=len(handles))
    return drawn


def never_trained_on(training: Mapping[str, Any]) -> list[str]:
    """Return the artifacts that no scan of a training can have.

    Parameters
    ----------
    training : mapping
        A training's config, as of ``config/train.yaml``: of `training.sources` the `scans` sections are used.
    """
    seen: set[str] = set()
    for source in training["training"]["sources"]:
        scans = validate_config({"scans": source["config"].get("scans", {})}).scans
        parts = [validate_config({"scans": {"preset": name}}).scans for name in scans.mix] or [scans]
        for part in (part.without(scans.held_out) for part in parts):
            seen |= {name for name in ArtifactName.__args__ if getattr(part, name).probability > 0}
    return [name for name in ArtifactName.__args__ if name not in seen]


def _title(artifact: str, held_out: Sequence[str]) -> str:
    return artifact.replace("_", " ") + (" *" if artifact in held_out else "")


def main() -> int:
    """Run the benchmark from the command line and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the public databases")
    add_options(parser)
    parser.add_argument("--artifacts", nargs="+", choices=ArtifactName.__args__, default=list(ArtifactName.__args__))
    parser.add_argument("--severities", nargs="+", type=int, choices=SEVERITIES, default=list(SEVERITIES))
    parser.add_argument("--training", type=Path, help="config of a training: what it never had is marked with a star")
    parser.add_argument("--pages", type=int, default=4, help="images a severity")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("results/robustness.jsonl"), help="the scores")
    parser.add_argument("--into", type=Path, help="Markdown file whose table is made anew")
    parser.add_argument("--figure", type=Path, default=Path("results/robustness.png"))
    parser.add_argument("--tables", action="store_true", help="make table and figure of what --out holds, read nothing")
    given = parser.parse_args()
    try:
        if not given.tables:
            names = [(artifact, severity) for severity in given.severities for artifact in given.artifacts]
            sets = [severity_set(artifact, severity) for artifact, severity in (("nothing", 0), *names)]
            wanted = [job for of in sets for job in jobs(of, given.data.resolve(), given.pages)]
            run(wanted, chosen(given), given.out, given.workers)
        entries = latest(read_entries(given.out))
        if not entries:
            raise PapertraceError(f"{given.out}: holds no scores; run without --tables first")
        held_out = []
        if given.training and not given.training.is_file():
            raise PapertraceError(f"{given.training}: no such file; leave --training out to mark nothing")
        if given.training:
            held_out = never_trained_on(yaml.safe_load(given.training.read_text(encoding="utf-8")))
        found = curves(entries)
        text = table(found, held_out)
        if given.into:
            write_text(renewed(given.into.read_text(encoding="utf-8"), {"robustness": text}), given.into)
    except PapertraceError as error:
        sys.exit(f"robustness: {error}")
    from papertrace.figures.plots import render, style

    with style():
        write_bytes(render(figure(found, held_out), "png"), given.figure)
    if not given.into:
        print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
