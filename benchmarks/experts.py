"""Measure delineators against cardiologists: ``make experts``.

In    DATA: folder of the public databases, ``qtdb`` and ``ludb`` in it.
Out   Markdown tables on stdout, or in the file of --into between its markers.

Signals are delineated as the scores stage does it, windows of 10 s at a time; each mark is looked for in a window that
shows a second before and after its beat. Errors are found minus marked.

QTDB's marks were made looking at both leads. *Best lead* takes of each mark the lead with the smaller error, which is
the convention of the literature; *each lead* counts every lead by itself. Intervals are 95 % by bootstrap over the
records, 1000 times. *SD within* is the mean over the records of their own SD, as the literature mostly gives it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from digitizer_sets import records_of
from digitizers import renewed

from papertrace.errors import PapertraceError
from papertrace.io import write_text
from papertrace.records.reader import read_window
from papertrace.scores.clinical import measure
from papertrace.scores.delineators import DELINEATORS
from papertrace.scores.experts import errors, marks_of
from papertrace.scores.fiducials import Beats, Delineator
from papertrace.scores.series import Series
from papertrace.tables import FIDUCIALS

WINDOW_S, MARGIN_S = 10.0, 1.0
SHOWN = ("p_onset", "p_peak", "p_end", "qrs_onset", "qrs_end", "t_onset", "t_peak", "t_end")
CSE_MS = {"p_onset": 10.2, "p_end": 12.7, "qrs_onset": 6.5, "qrs_end": 11.6, "t_end": 30.6}
"""Two SD of what the CSE working party tolerates (The CSE Working Party 1985, European Heart Journal 6, 815-825)."""
MARTINEZ_MS = {
    "p_onset": (2.0, 14.8), "p_peak": (3.6, 13.2), "p_end": (1.9, 12.8), "qrs_onset": (4.6, 7.7), "qrs_end": (0.8, 8.7),
    "t_peak": (0.2, 13.9), "t_end": (-1.6, 18.1),
}  # fmt: skip
"""Bias and SD of Martínez et al. (2004) on QTDB, best lead."""


@dataclass(frozen=True)
class Compared:
    """Errors in ms of every mark, shape (leads, marked beats, fiducials), and the marked beats' records.

    `marked` tells of each beat which points were marked; `cpu_ms` what a lead of 10 s cost.
    """

    errors: np.ndarray
    marked: np.ndarray
    records: np.ndarray
    cpu_ms: float


def main() -> int:
    """Run the benchmark from the command line and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the public databases")
    parser.add_argument("--delineator", action="append", choices=list(DELINEATORS), help="all of them by default")
    parser.add_argument("--records", type=int, help="records a table at most; all by default")
    parser.add_argument("--into", type=Path, help="Markdown file whose tables are made anew")
    given = parser.parse_args()
    names = given.delineator or list(DELINEATORS)
    try:
        made = {}
        for label, database, splits, annotator in (
            ("qtdb-test", "qtdb", ("test",), "q1c"),
            ("qtdb-tuned", "qtdb", ("train", "validation"), "q1c"),
            ("qtdb-second", "qtdb", ("test",), "q2c"),
            ("ludb", "ludb", ("train", "validation", "test"), "lead"),
        ):
            root = given.data.resolve() / database
            rows = [row for split in splits for row in records_of(root, database, split)][: given.records]
            compared = {name: compare(root, rows, annotator, DELINEATORS[name]) for name in names}
            made[label] = table(compared, best=annotator != "lead")
        if given.into:
            write_text(renewed(given.into.read_text(encoding="utf-8"), made), given.into)
    except PapertraceError as error:
        sys.exit(f"experts: {error}")
    if not given.into:
        print("\n".join(f"## {name}\n\n{text}" for name, text in made.items()), end="")
    return 0


def compare(root: Path, rows: list[dict], annotator: str, delineator: Delineator) -> Compared:
    """Delineate every stretch that has marks, and compare."""
    late, marked, records, spent, leads = [], [], [], 0.0, 0
    for row in rows:
        stretches = [marks_of(root, row["path"], lead, row["rate_hz"]).get(annotator) for lead in row["leads"]]
        if annotator != "lead":
            stretches = stretches[:1]  # the marks are of all leads at once
        for k, marks in enumerate(stretches):
            if marks is None:
                continue
            for start, inner in windows(marks, row["n_samples"] / row["rate_hz"]):
                first = round(start * row["rate_hz"])
                count = min(round(WINDOW_S * row["rate_hz"]), row["n_samples"] - first)
                signal = read_window(root, row["path"], first, count)
                chosen = signal.samples.T if annotator != "lead" else signal.samples.T[k : k + 1]
                begin = time.process_time()
                found = [
                    measure(Series(samples, row["rate_hz"], start), start, count / row["rate_hz"], delineator).beats
                    for samples in chosen
                ]
                spent, leads = spent + time.process_time() - begin, leads + len(found)
                late.append(np.stack([errors(inner, beats) for beats in found]))
                times = np.stack([getattr(inner, f"{name}_s") for name in FIDUCIALS], axis=1)
                marked.append(np.isfinite(times))
                records += [row["record"]] * len(inner)
    width = max((each.shape[0] for each in late), default=1)
    return Compared(
        np.concatenate(late, axis=1) if late else np.zeros((width, 0, len(FIDUCIALS))),
        np.concatenate(marked) if marked else np.zeros((0, len(FIDUCIALS)), bool),
        np.array(records),
        1000 * spent / max(leads, 1),
    )


def windows(marks: Beats, duration_s: float) -> Iterator[tuple[float, Beats]]:
    """Yield windows' starts and the marked beats that belong to each; every beat belongs to one."""
    taken = np.zeros(len(marks), bool)
    while not taken.all():
        first = marks.r_peak_s[~taken].min()
        start = float(np.clip(first - MARGIN_S, 0, max(duration_s - WINDOW_S, 0)))
        inner = ~taken & (marks.r_peak_s <= max(start + WINDOW_S - MARGIN_S, first))
        if start + WINDOW_S >= duration_s - 0.5:
            inner = ~taken
        yield start, marks[inner]
        taken |= inner


def table(compared: dict[str, Compared], best: bool) -> str:
    """Return the Markdown table of several delineators, a row a fiducial point and a way to count the leads."""
    lines = [
        "| delineator | lead | point | marks | found | bias (ms) | SD (ms) | SD within | MAE | CSE 2 SD "
        "| Martínez 2004 |",
        "|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name, found in compared.items():
        for which in ("best", "each") if best else ("each",):
            for point in SHOWN:
                line = _line(found, FIDUCIALS.index(point), which)
                if line:
                    cse = f"{CSE_MS[point]:g}" if point in CSE_MS else ""
                    paper = "{:+.1f} ± {:.1f}".format(*MARTINEZ_MS[point]) if best and point in MARTINEZ_MS else ""
                    label = point.replace("_", " ").replace("qrs", "QRS").replace("p ", "P ", 1).replace("t ", "T ", 1)
                    lines.append(
                        f"| {name} | {which} | {label} | {line} | {cse} | {paper if which == 'best' else ''} |"
                    )
    costs = ", ".join(f"{name} {found.cpu_ms:.1f} ms" for name, found in compared.items())
    return "\n".join(lines) + f"\n\nCPU time of a lead of 10 s: {costs}.\n"


def _line(found: Compared, column: int, which: str) -> str:
    """Cells of one row; empty where nothing was marked."""
    late = found.errors[:, found.marked[:, column], column]
    records = found.records[found.marked[:, column]]
    if not late.size:
        return ""
    if which == "best":
        size = np.where(np.isnan(late), np.inf, np.abs(late))
        late = np.take_along_axis(late, size.argmin(axis=0)[None], axis=0)
    records = np.broadcast_to(records, late.shape)[np.isfinite(late)]
    marks, late = late.size, late[np.isfinite(late)]
    if not len(late):
        return f"{marks} | 0 % | | | | "
    groups = [late[records == record] for record in np.unique(records)]
    (low, high), (sd_low, sd_high) = _intervals(groups)
    inner = [np.std(group, ddof=1) for group in groups if len(group) > 2]
    return (
        f"{marks} | {100 * len(late) / marks:.1f} % | {late.mean():+.1f} [{low:+.1f}, {high:+.1f}] "
        f"| {late.std():.1f} [{sd_low:.1f}, {sd_high:.1f}] | {_mean(inner):.1f} | {np.abs(late).mean():.1f}"
    )


def _intervals(groups: list[np.ndarray], draws: int = 1000) -> tuple[np.ndarray, np.ndarray]:
    """95 % intervals of mean and SD, records drawn with replacement."""
    moments = np.array([(len(group), group.sum(), (group**2).sum()) for group in groups])
    drawn = np.random.default_rng(5).integers(0, len(groups), (draws, len(groups)))
    count, total, squares = moments[drawn].sum(axis=1).T
    mean = total / count
    return np.percentile(mean, [2.5, 97.5]), np.percentile(
        np.sqrt(np.maximum(squares / count - mean**2, 0)), [2.5, 97.5]
    )


def _mean(values: Iterable[float]) -> float:
    values = list(values)
    return float(np.mean(values)) if values else float("nan")


if __name__ == "__main__":
    sys.exit(main())
