"""How true what a digitizer expects of itself is: ``make confidence D=classical``.

In    DATA: folder of the public databases. The pages are of validation records.
Out   ``<digitizer>.json`` (the bins, and each page's expected and measured SNR) and ``<digitizer>.png`` in --out; two
      Markdown tables on stdout.

*Samples*: expected absolute error (`Trace.error_mv`) against the actual one, after each lead's one shift and offset, in
bins of equally many samples; of confidence likewise, the share of samples within 50 µV. *Pages*: `expected_snr_db`
against the mean aligned SNR of the page's leads.

``--fit`` fits the constants of `papertrace.traces.classical.Doubt` and `papertrace.traces.confidence` to these pages:
it maximises the likelihood of Laplace errors whose scale is a sum of four terms, none negative. Errors above 1 mm count
as 1 mm: where a path left the trace for a fold or the rim of a stain, by how much says nothing.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from digitizer_sets import SETS, jobs
from tqdm import tqdm

from papertrace.config import validate_config
from papertrace.io import write_text
from papertrace.threads import limit_threads
from papertrace.traces.confidence import ERROR_PER_RESIDUAL, WITHIN_MV
from papertrace.traces.digitizer import Digitizer, PageTraces
from papertrace.traces.registry import get_digitizer
from papertrace.traces.stage import read_page

RATE_HZ = 500.0
MAX_LAG_S = 0.2
BINS = 10
_EVERY = 5  # samples are alike from one to the next
_MOST_MM = 1.0


@dataclass(frozen=True)
class Reading:
    """One page as read, with the truth beside it.

    Attributes
    ----------
    name : str
        Set and page.
    expected_mv, actual_mv, confidence, slope : ndarray, shape (n,)
        Of samples of all leads; the slope is mm per mm on paper.
    expected_db, measured_db : float
        Of the page: the mean over its leads.
    residual_mm : float
        Of the sheet's map; NaN unless asked for.
    gain_mm_mv : float
    """

    name: str
    expected_mv: np.ndarray
    actual_mv: np.ndarray
    confidence: np.ndarray
    slope: np.ndarray
    expected_db: float
    measured_db: float
    residual_mm: float
    gain_mm_mv: float


def main() -> int:
    """Run the benchmark from the command line; return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the public databases")
    parser.add_argument("--digitizer", default="classical", help="a name of papertrace.traces.registry")
    parser.add_argument("--set", action="append", choices=list(SETS), help="a set; clean and five presets by default")
    parser.add_argument("--pages", type=int, default=12, help="pages a set")
    parser.add_argument("--skip", type=int, default=0, help="leave out the first pages of each set")
    parser.add_argument("--out", type=Path, default=Path("results/confidence"), help="folder to write to")
    parser.add_argument("--fit", action="store_true", help="print constants for the classical digitizer")
    given = parser.parse_args()
    limit_threads()
    sets = given.set or ["clean", "kit", "photo", "stained", "damaged", "photocopy"]
    digitizer = get_digitizer(given.digitizer)
    if given.fit:
        from papertrace.traces.classical import Classical, Doubt

        # with these the expected error is the edges' disagreement and the map's part, no more
        digitizer = Classical(Doubt(0.0, 1.0, 0.0, 9.0))
    pages = list(readings(digitizer, sets, given.data.resolve(), given.pages, given.skip, with_residual=given.fit))
    if given.fit:
        print("\n".join(f"{name} {value:.4g}" for name, value in fitted(pages).items()))
        return 0
    if not pages:
        sys.exit("confidence: not one page was read")
    report = summary(pages)
    write_text(json.dumps(report, indent=1) + "\n", given.out / f"{given.digitizer}.json")
    draw(report, given.digitizer, given.out / f"{given.digitizer}.png")
    print(markdown(report), end="")
    return 0


def readings(
    digitizer: Digitizer, sets: list[str], data: Path, count: int, skip: int = 0, *, with_residual: bool = False
) -> Iterator[Reading]:
    """Make pages of validation records, have them read, and yield those that were."""
    from papertrace.exports.item import LeftOut
    from papertrace.exports.rebuild import make_item

    wanted = [dataclasses.replace(SETS[name], split="validation") for name in sets]
    todo = [(image_set, job) for image_set in wanted for job in jobs(image_set, data, skip + count)[skip:]]
    for image_set, job in tqdm(todo, desc="confidence", unit="page", disable=None):
        keys = {**image_set.keys, "records": {"source": "folder", "folder": str(job.root)}}
        item = make_item(validate_config(keys), job.row, job.root, image_set.kind)
        if isinstance(item, LeftOut):
            continue
        read = read_page(digitizer, item.image, RATE_HZ)
        name = f"{image_set.name}/{item.page_id}"
        if read.status != "ok":
            print(f"{name}: {read.status}: {read.reason}", file=sys.stderr)
            continue
        residual = np.nan
        if with_residual:
            from papertrace.traces.sheet import sheet_of

            sheet = sheet_of(item.image)
            residual = 2 * sheet.residual_px / (sheet.px_per_mm_x + sheet.px_per_mm_y)
        found = compare(name, item.truth, read, residual)
        if found is not None:
            yield found


def compare(name: str, truth: list, read: PageTraces, residual_mm: float) -> Reading | None:
    """Set what was read against what was drawn; None where no lead tells its errors."""
    from papertrace.scores.alignment import align
    from papertrace.scores.fidelity import snr_db
    from papertrace.scores.matching import match
    from papertrace.scores.series import Series

    parts, measured = [], []
    gain = read.gain_mm_mv or 10.0
    for stretch, found in zip(truth, match([vars(s) for s in truth], [vars(t) for t in read.traces]), strict=True):
        if found.signal is None or read.traces[found.signal].error_mv is None:
            continue
        trace = read.traces[found.signal]
        drawn = Series(np.asarray(stretch.samples, float), stretch.rate_hz, stretch.start_s)
        seen = Series(np.asarray(trace.samples, float), trace.rate_hz, trace.start_s)
        shift = align(drawn, seen, MAX_LAG_S)
        if np.isnan(shift.lag_s):
            continue
        moved = seen.at(drawn.times_s + shift.lag_s) - shift.offset_mv
        measured.append(snr_db(drawn.samples, moved))
        actual = np.abs(seen.samples - shift.offset_mv - drawn.at(seen.times_s - shift.lag_s))
        slope = np.abs(np.gradient(seen.samples)) * RATE_HZ * gain / (read.speed_mm_s or 25.0)
        values = np.stack([trace.error_mv, actual, trace.confidence, slope], axis=1)
        parts.append(values[np.isfinite(values).all(axis=1)][::_EVERY])
    if not parts or read.expected_snr_db is None:
        return None
    samples = np.concatenate(parts).T
    return Reading(name, *samples, read.expected_snr_db, float(np.nanmean(measured)), residual_mm, gain)


def summary(pages: list[Reading]) -> dict:
    """Return bins of expected against actual error and of confidence, and the pages' expected and measured SNR."""
    expected, actual, confidence = (
        np.concatenate([getattr(page, name) for page in pages]) for name in ("expected_mv", "actual_mv", "confidence")
    )
    difference = np.array([page.expected_db - page.measured_db for page in pages])
    measured = np.array([page.measured_db for page in pages])
    return {
        "samples": len(expected),
        "errors": [
            {
                "expected_mv": round(float(expected[part].mean()), 5),
                "actual_mv": round(float(actual[part].mean()), 5),
                "median_mv": round(float(np.median(actual[part])), 5),
            }
            for part in binned(expected)
        ],
        "confidences": [
            {
                "confidence": round(float(confidence[part].mean()), 4),
                "within": round(float(np.mean(actual[part] <= WITHIN_MV)), 4),
            }
            for part in binned(confidence)
        ],
        "pages": [
            {"page": p.name, "expected_db": round(p.expected_db, 2), "measured_db": round(p.measured_db, 2)}
            for p in pages
        ],
        "bias_db": round(float(difference.mean()), 2),
        "median_difference_db": round(float(np.median(np.abs(difference))), 2),
        "sd_db": round(float(difference.std()), 2),
        "r": round(float(np.corrcoef([p.expected_db for p in pages], measured)[0, 1]), 3) if len(pages) > 2 else None,
    }


def binned(values: np.ndarray) -> list[np.ndarray]:
    """Return the indices of equally many values in each of `BINS` bins, the least first."""
    return [part for part in np.array_split(np.argsort(values, kind="stable"), BINS) if len(part)]


def fitted(pages: list[Reading]) -> dict[str, float]:
    """Return the four constants, of pages that were read with the bare disagreement of edges as their doubt."""
    from scipy.optimize import minimize

    terms, errors = [], []
    for page in pages:
        edges = page.expected_mv * page.gain_mm_mv - ERROR_PER_RESIDUAL * page.residual_mm
        ones = np.ones(len(edges))
        terms.append(np.stack([ones, np.clip(edges, 0, 9), np.minimum(page.slope, 20), ones * page.residual_mm]))
        errors.append(np.minimum(page.actual_mv * page.gain_mm_mv, _MOST_MM))
    term, error = np.concatenate(terms, axis=1), np.concatenate(errors)

    def cost(logarithms: np.ndarray) -> float:
        scale = np.exp(logarithms) @ term
        return float(np.mean(np.log(scale) + error / scale))

    found = minimize(
        cost, np.log([0.01, 0.6, 0.01, 11.0]), method="Nelder-Mead", options={"xatol": 0.01, "fatol": 1e-5}
    )
    return dict(zip(("least_mm", "per_edge", "per_slope", "ERROR_PER_RESIDUAL"), np.exp(found.x).tolist(), strict=True))


def markdown(report: dict) -> str:
    """Return the two tables."""
    lines = ["| expected error (µV) | actual: mean | median | confidence | within 50 µV |", "|---|---|---|---|---|"]
    # the least error is the greatest confidence
    for error, sure in zip(report["errors"], reversed(report["confidences"]), strict=True):
        figures = [1000 * error[name] for name in ("expected_mv", "actual_mv", "median_mv")]
        shares = f"{sure['confidence']:.3f} | {sure['within']:.3f}"
        lines.append(f"| {' | '.join(f'{value:.1f}' for value in figures)} | {shares} |")
    lines += [
        "",
        "| pages | expected less measured SNR: mean | SD | median of the absolute | r |",
        "|---|---|---|---|---|",
    ]
    spread = report["median_difference_db"]
    r = "" if report["r"] is None else f"{report['r']:.2f}"
    lines.append(
        f"| {len(report['pages'])} | {report['bias_db']:.1f} dB | {report['sd_db']:.1f} dB | {spread:.1f} dB | {r} |"
    )
    return "\n".join(lines) + "\n"


def draw(report: dict, title: str, out: Path) -> None:
    """Draw expected against actual: errors, confidences, pages."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 4), layout="constrained")
    FigureCanvasAgg(figure)
    errors, confidences, pages = figure.subplots(1, 3)
    x = [1000 * row["expected_mv"] for row in report["errors"]]
    errors.loglog(x, [1000 * row["actual_mv"] for row in report["errors"]], "o-", label="mean")
    errors.loglog(x, [1000 * row["median_mv"] for row in report["errors"]], "s:", label="median")
    errors.loglog([min(x), max(x)], [min(x), max(x)], "0.6", lw=1)
    errors.set(xlabel="expected |error| (µV)", ylabel="actual |error| (µV)", title=f"{title}: samples")
    errors.legend()
    shares = [[row[name] for row in report["confidences"]] for name in ("confidence", "within")]
    confidences.plot(*shares, "o-")
    confidences.plot([0, 1], [0, 1], "0.6", lw=1)
    confidences.set(xlabel="confidence", ylabel="share within 50 µV", title="confidence")
    dots = [[row[name] for row in report["pages"]] for name in ("expected_db", "measured_db")]
    pages.plot(*dots, "o", ms=4)
    ends = [min(map(min, dots)), max(map(max, dots))]
    pages.plot(ends, ends, "0.6", lw=1)
    pages.set(xlabel="expected SNR (dB)", ylabel="measured SNR, aligned (dB)", title="pages")
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=110)


if __name__ == "__main__":
    sys.exit(main())
