"""How wide is a millimetre? The ECG-Image-Kit study's three estimators beside our lattice: ``make pitch``.

In    DATA: folder of the public databases, ``qtdb`` in it; its validation split, drawn and scanned in memory.
Out   a Markdown table on stdout (docs/models/dncnn.md): error of px/mm in %, median / 90th percentile / on how many
      images no grid was found.

Each is given an image's pixels and says px a mm along x. The truth is the length of the millimetre in the middle of the
image, from the map that the image was made with. On bent sheets and under a camera it is another elsewhere, so that one
number says little of the page; here the lattice says one, too.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from digitizer_sets import PRESETS, SETS, Job, image_set, jobs


@dataclass(frozen=True)
class Found:
    """What one estimator said of one image: relative error of px/mm (None where it found no grid), seconds."""

    image_set: str
    estimator: str
    error: float | None
    cpu_s: float


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the public databases")
    parser.add_argument("--pages", type=int, default=16, help="images a set")
    parser.add_argument("--set", action="append", choices=["clean", *PRESETS])
    given = parser.parse_args()
    found = []
    for name in given.set or ["clean", *PRESETS]:
        wanted = replace(SETS[name], split="validation")
        for job in jobs(wanted, given.data.resolve(), given.pages):
            found += measure(job)
    print(table(found), end="")


def measure(job: Job) -> list[Found]:
    """Make an image and have every estimator look at it."""
    from papertrace.errors import PapertraceError
    from papertrace.exports.item import LeftOut
    from papertrace.exports.rebuild import make_item

    wanted = image_set(job.image_set)
    item = make_item(wanted.config, job.row, job.root, wanted.kind)
    if isinstance(item, LeftOut):
        raise PapertraceError(f"{job.image_set}, {item.page_id}: {item.reason}")
    middle = item.map.inverse((np.array([item.size]) - 1) / 2)
    begin, end = item.map.apply(middle + np.array([[-0.5, 0], [0.5, 0]]))
    truth, image = float(np.hypot(*(end - begin))), item.image
    return [judge(job.image_set, name, estimate, image, truth) for name, estimate in estimators().items()]


def estimators() -> dict[str, Callable[[np.ndarray], float]]:
    """Return the estimators of px/mm along x by name, the study's three and ours."""
    from papertrace.traces.pitch import ESTIMATORS
    from papertrace.traces.sheet import sheet_of

    study = {name: lambda image, e=estimate: e(image)[0] for name, estimate in ESTIMATORS.items()}
    return {**study, "lattice": lambda image: sheet_of(image).px_per_mm_x}


def judge(image_set: str, name: str, estimate: Callable[[np.ndarray], float], image: np.ndarray, truth: float) -> Found:
    """Let an estimator look at an image."""
    from papertrace.traces.lattice import NoLatticeError
    from papertrace.traces.pitch import NoPitchError

    begun = time.process_time()
    try:
        error = estimate(image) / truth - 1
    except (NoLatticeError, NoPitchError):
        error = None
    return Found(image_set, name, error, time.process_time() - begun)


def table(found: list[Found]) -> str:
    """Return a row a set: each estimator's error in %, and on how many images it found no grid; last its CPU time."""
    names = list(dict.fromkeys(f.estimator for f in found))
    lines = [f"| images | n | {' | '.join(names)} |", "|---|--:|" + "--:|" * len(names)]
    for one in dict.fromkeys(f.image_set for f in found):
        of_set = [[f for f in found if (f.image_set, f.estimator) == (one, name)] for name in names]
        lines.append(f"| {one} | {len(of_set[0])} | {' | '.join(map(_errors, of_set))} |")
    seconds = [f"{np.median([f.cpu_s for f in found if f.estimator == name]):.2f}" for name in names]
    lines.append(f"| CPU s | | {' | '.join(seconds)} |")
    return "\n".join(lines) + "\n"


def _errors(own: list[Found]) -> str:
    # where no grid is found there is no scale at all
    errors = np.array([np.inf if f.error is None else abs(f.error) for f in own])
    told = [float(np.quantile(errors, q, method="higher")) for q in (0.5, 0.9)]
    cells = [f"{100 * value:.3f}" if np.isfinite(value) else "none" for value in told]
    return " / ".join([*cells, str(sum(f.error is None for f in own))])


if __name__ == "__main__":
    main()
