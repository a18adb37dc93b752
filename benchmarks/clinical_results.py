"""Measure what digitizing changes in clinical parameters: ``make clinical-results``.

In    DATA: folder of the public databases, ``qtdb`` in it.
Out   a Markdown table on stdout, or in the file of --into between its markers; which leads differ most, on stderr.

Pages of QTDB's records of one split, as drawn and scanned with the preset ``kit``, are made in memory, read, and
scored as the workflow does it. *Lead*: medians over a lead's beats; *beat*: matched beats one by one, where a missed
beat counts as lost. Brackets are 95 % intervals by bootstrap over the records; limits are the bias -+ 1.96 SD.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from digitizer_scores import RATE_HZ
from digitizer_sets import SETS, Job, image_set, jobs
from digitizers import renewed

from papertrace.errors import PapertraceError
from papertrace.io import write_text
from papertrace.lifeline import end_with_parent
from papertrace.scores.agreement import agreement, group_sums
from papertrace.tables import CLINICAL

KINDS = ("clean", "kit")
SHOWN = ("rr_ms", "qrs_ms", "qt_ms", "pr_ms", "p_ms", "st_mv", "r_mv", "t_mv")
BARS_MS = {"rr_ms": (1, 4), "qrs_ms": (2, 8), "qt_ms": (3, 12)}
"""What is asked of clean pages: largest bias and SD; of ``kit`` the SD may be half as large again."""


@dataclass(frozen=True)
class Pairs:
    """Values of a page on truth and trace, shapes (stretches or beats, parameters); NaN where absent."""

    job: Job
    status: str
    of_leads: tuple[np.ndarray, np.ndarray]
    of_beats: tuple[np.ndarray, np.ndarray]


def main() -> int:
    """Run the benchmark from the command line and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the public databases")
    parser.add_argument("--digitizer", default="network", help="a name of papertrace.traces.registry")
    parser.add_argument("--delineation", default="wavelet", help="who finds the waves: see `scores.delineation`")
    parser.add_argument("--split", default="test", choices=["train", "validation", "test"], help="of the records")
    parser.add_argument("--pages", type=int, help="pages a set at most; all by default")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--into", type=Path, help="Markdown file whose table is made anew")
    given = parser.parse_args()
    try:
        measured = {}
        for kind in KINDS:
            wanted = dataclasses.replace(SETS[kind], split=given.split)
            measured[kind] = run(
                jobs(wanted, given.data.resolve(), given.pages), given.digitizer, given.delineation, given.workers
            )
            for line in outliers(measured[kind]):
                print(f"{kind}: {line}", file=sys.stderr)
        made = table(measured)
        if given.into:
            write_text(renewed(given.into.read_text(encoding="utf-8"), {"digitized": made}), given.into)
    except PapertraceError as error:
        sys.exit(f"clinical results: {error}")
    if not given.into:
        print(made, end="")
    return 0


def run(wanted: Sequence[Job], digitizer: str, delineation: str, workers: int) -> list[Pairs]:
    """Measure pages, in processes of one thread each."""
    from tqdm import tqdm

    from papertrace.threads import limit_threads

    limit_threads()
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=end_with_parent) as pool:
        read = pool.map(partial(measure, digitizer=digitizer, delineation=delineation), wanted)
        return list(tqdm(read, total=len(wanted), desc="clinical results", disable=None))


def measure(job: Job, digitizer: str, delineation: str) -> Pairs:
    """Make an image, read it, and measure truth and trace.

    Raises
    ------
    PapertraceError
        The image cannot be made.
    """
    from papertrace.exports.item import LeftOut
    from papertrace.exports.rebuild import make_item
    from papertrace.scores.config import ScoresConfig
    from papertrace.scores.page import score_page
    from papertrace.traces.registry import get_digitizer
    from papertrace.traces.stage import read_page

    wanted = image_set(job.image_set)
    item = make_item(wanted.config, job.row, job.root, wanted.kind)
    if isinstance(item, LeftOut):
        raise PapertraceError(f"{job.image_set}, {item.page_id}: {item.reason}")
    read = read_page(get_digitizer(digitizer), item.image, RATE_HZ)
    key = {"input": wanted.kind, "digitizer": digitizer}
    signals = [{**key, **dataclasses.asdict(trace)} for trace in read.traces] if read.status == "ok" else []
    outcome = {**key, "status": read.status, "reason": read.reason}
    scores = score_page([vars(row) for row in item.truth], signals, ScoresConfig(delineation=delineation), [outcome])

    def values(which: str) -> tuple[np.ndarray, np.ndarray]:
        leads = [[row[f"{name}_{which}"] for name in CLINICAL] for row in scores.rows]
        beats = [np.stack([block[f"{name}_{which}"] for name in CLINICAL], axis=1) for block in scores.beats]
        return np.array(leads, float), np.concatenate([np.zeros((0, len(CLINICAL))), *beats])

    (leads_truth, beats_truth), (leads_trace, beats_trace) = values("truth"), values("trace")
    return Pairs(job, read.status, (leads_truth, leads_trace), (beats_truth, beats_trace))


def table(measured: dict[str, list[Pairs]]) -> str:
    """Return the Markdown table: a row a set, a way to count, and a parameter."""
    lines = [
        "| pages | per | parameter | n | lost | extra | bias | SD | limits | MAE | r | asked: bias, SD |",
        "|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for kind, pairs in measured.items():
        for per in ("lead", "beat"):
            for name in SHOWN:
                found = agreement(record_sums(pairs, per, CLINICAL.index(name)))
                parameter, _, unit = name.rpartition("_")
                digits = 1 if unit == "ms" else 3
                asked = ""
                if name in BARS_MS:
                    bias, sd = BARS_MS[name]
                    asked = f"{bias}, {sd if kind == 'clean' else 1.5 * sd:g}"
                lines.append(
                    f"| {kind} | {per} | {parameter.upper()} ({'ms' if unit == 'ms' else 'mV'}) | {found['n']} "
                    f"| {found['n_absent']} | {found['n_extra']} | {_with_interval(found, 'bias', digits, '+')} "
                    f"| {_with_interval(found, 'sd', digits)} | {found['loa_low']:+.{digits}f} … "
                    f"{found['loa_high']:+.{digits}f} | {found['mae']:.{digits}f} | {found['r']:.4f} | {asked} |"
                )
    told = ", ".join(
        f"{len(pairs)} {kind} pages of {len({each.job.row['record'] for each in pairs})} records, "
        f"{sum(each.status != 'ok' for each in pairs)} of them not read"
        for kind, pairs in measured.items()
    )
    return "\n".join(lines) + f"\n\n{told[0].upper()}{told[1:]}.\n"


def record_sums(pairs: Sequence[Pairs], per: str, column: int) -> np.ndarray:
    """Return each record's sums of a parameter, as `papertrace.scores.agreement.agreement` takes them."""
    values = [(each.of_leads if per == "lead" else each.of_beats) for each in pairs]
    truth, trace = (np.concatenate([each[which][:, column] for each in values]) for which in (0, 1))
    names = np.repeat([each.job.row["record"] for each in pairs], [len(each[0]) for each in values])
    records, group = np.unique(names, return_inverse=True)
    return group_sums(truth, trace, group, len(records))


def outliers(pairs: Sequence[Pairs], count: int = 5) -> list[str]:
    """Return which leads' medians differ most, a line a parameter that something is asked of."""
    lines = []
    for name in BARS_MS:
        column = CLINICAL.index(name)
        late = [
            (trace - truth, f"{each.job.row['page_id']} lead {k}")
            for each in pairs
            for k, (truth, trace) in enumerate(zip(*(values[:, column] for values in each.of_leads), strict=True))
            if np.isfinite(trace - truth)
        ]
        worst = sorted(late, key=lambda pair: -abs(pair[0]))[:count]
        lines.append(f"{name}: " + ", ".join(f"{where} {value:+.1f}" for value, where in worst))
    return lines


def _with_interval(found: dict, name: str, digits: int, sign: str = "") -> str:
    low, high = found[f"{name}_ci_low"], found[f"{name}_ci_high"]
    return f"{found[name]:{sign}.{digits}f} [{low:{sign}.{digits}f}, {high:{sign}.{digits}f}]"


if __name__ == "__main__":
    sys.exit(main())
