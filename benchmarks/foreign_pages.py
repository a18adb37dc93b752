"""Digitize pages that another program drew, and score them: ``make foreign-pages [DIGITIZERS="NAME …"]``.

In    DATA/foreign-pages/ludb-NNN.png: LUDB record NNN's first 10 s as ECGMiner's authors printed it (3x4 and II,
      2.5 s a lead, 25 mm/s, 10 mm/mV); DATA/ludb/: those records of LUDB that are at hand.
Out   what ``papertrace digitize`` writes for a person, in --out, a folder a digitizer; Markdown tables on stdout.
Steps 1. digitize all images, as ``papertrace digitize`` does;
      2. read back the CSV and JSON that it wrote, and nothing else;
      3. score them against the record, where there is one.

The record was drawn as it is, not centred, and no page says at which voltage a row's middle lies: the strict SNR holds
that offset against the reader, the aligned SNR undoes it.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
from digitizer_choices import add_options, chosen

from papertrace.errors import PapertraceError
from papertrace.manifest.layouts import STANDARD_LEADS
from papertrace.traces.config import name_of

STRETCH_S, PAGE_S = 2.5, 10.0
RHYTHM_LEAD = "II"
FIGURES = ("snr_db", "snr_aligned_db", "snr_median_db", "offset_mv", "lag_ms")


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder that holds foreign-pages/ and ludb/")
    parser.add_argument("--out", type=Path, required=True, help="folder for what was read")
    add_options(parser)
    given = parser.parse_args()
    images = sorted((given.data / "foreign-pages").glob("ludb-*.png"))
    if not images:
        parser.error(f"{given.data}/foreign-pages holds no ludb-*.png; name the folder of public data")

    from papertrace.traces.files import digitize_files

    every = {}
    try:
        for digitizer in chosen(given):
            name = name_of(digitizer)
            out = given.out / name.replace(":", "-")
            digitize_files(images, out, digitizer=digitizer)
            every[name] = {image.stem: score(out, image.stem, given.data / "ludb") for image in images}
    except PapertraceError as error:
        parser.error(str(error))
    for name, pages in every.items():
        print(f"{name}\n\n{markdown(pages)}")
    print(by_digitizer(every), end="")


def score(out: Path, stem: str, ludb: Path) -> list[dict[str, Any]] | None:
    """Score what was read of one page, one row a lead; None where the record is not at hand."""
    from papertrace.scores.config import ScoresConfig
    from papertrace.scores.page import score_page

    record = f"data/{int(stem.removeprefix('ludb-'))}"
    if not (ludb / f"{record}.hea").is_file():
        return None
    key = {"input": "foreign", "digitizer": "papertrace"}
    report = json.loads((out / f"{stem}.json").read_text(encoding="utf-8"))
    outcome = {**key, "status": report["status"], "reason": report["reason"]}
    signals = [{**key, **row} for row in read_leads(out, stem, report)] if report["status"] == "ok" else []
    return score_page(truth_leads(ludb, record), signals, ScoresConfig(clinical=False), [outcome]).rows


def truth_leads(root: Path, record: str) -> list[dict[str, Any]]:
    """Return what the page shows of a record: each of the 12 leads once, II as the rhythm strip's 10 s."""
    from papertrace.records.header import read_header
    from papertrace.records.reader import read_window

    signal = read_window(root, record, 0, round(PAGE_S * read_header(root, record).rate_hz))
    names = [lead.lower() for lead in signal.leads]
    rows = []
    for k, lead in enumerate(STANDARD_LEADS):
        row, column, seconds = (3, 0, PAGE_S) if lead == RHYTHM_LEAD else (k % 3, k // 3, STRETCH_S)
        start = round(column * STRETCH_S * signal.rate_hz)
        samples = signal.samples[start : start + round(seconds * signal.rate_hz), names.index(lead.lower())]
        place = {"lead": lead, "row": row, "column": column, "start_s": column * STRETCH_S}
        rows.append({**place, "rate_hz": signal.rate_hz, "samples": samples})
    return rows


def read_leads(out: Path, stem: str, report: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the columns of a page's CSV, from their first to their last value, with the places that the JSON tells."""
    with (out / f"{stem}.csv").open(encoding="utf-8", newline="") as file:
        header, *lines = csv.reader(file)
    values = np.array([[float(cell) if cell else np.nan for cell in line] for line in lines])
    rows = []
    for name, samples in zip(header[1:], values.T[1:], strict=True):
        found = np.flatnonzero(np.isfinite(samples))
        if not len(found):
            continue
        first, last = found[0], found[-1]
        # Lead II is on the page twice; its column is the longer stretch, the rhythm strip.
        places = [lead for lead in report["leads"] if lead["lead"] == name]
        place = max(places, key=lambda lead: lead["end_s"] - lead["start_s"], default={"row": None, "column": None})
        rows.append(
            {
                "lead": name if places else None,
                "row": place["row"],
                "column": place["column"],
                "start_s": first / report["rate_hz"],
                "rate_hz": report["rate_hz"],
                "samples": samples[first : last + 1],
            }
        )
    return rows


def markdown(pages: dict[str, list[dict[str, Any]] | None]) -> str:
    """Return the table of pages (medians over their leads), and below it the figures over all leads."""
    text = [
        "| page | leads read | SNR, strict (dB) | SNR, aligned (dB) | SNR, median form (dB) | offset (mV) | lag (ms) |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    scored = {page: rows for page, rows in pages.items() if rows is not None}
    for page, rows in scored.items():
        text.append(_line(page, rows, np.median))
    every = [row for rows in scored.values() for row in rows]
    if every:
        text += [_line("all leads, median", every, np.median), _line("all leads, mean", every, np.mean)]
    untold = [page for page in pages if page not in scored]
    text += ["", f"{len(scored)} of {len(pages)} pages have a record to compare with" + _without(untold) + "."]
    if every:
        count = sum(row["status"] != "ok" for row in every)
        text.append(f"{count} of {len(every)} leads were not read; the figures are over the others.")
    for page, rows in scored.items():
        text += [f"* {page}: {reason}" for reason in dict.fromkeys(row["reason"] for row in rows) if reason]
    return "\n".join(text) + "\n"


def by_digitizer(every: dict[str, dict[str, list[dict[str, Any]] | None]]) -> str:
    """Return a table of digitizers: each one's figures over all leads that it read."""
    lines = [
        "| digitizer | leads read | aligned: median | mean | strict: median | mean | lag, median (ms) |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for name, pages in every.items():
        rows = [row for rows in pages.values() for row in rows or []]
        read = [row for row in rows if row["status"] == "ok"]
        strict, aligned, _, _, lag = ([row[figure] for row in read] for figure in FIGURES)
        means = (
            [f(values) for values in (aligned, strict) for f in (np.median, np.mean)] + [np.median(lag)] if read else []
        )
        lines.append(f"| {name} | {len(read)}/{len(rows)} | {' | '.join([f'{m:.2f}' for m in means] or ['-'] * 5)} |")
    return "\n".join(lines) + "\n"


def _line(name: str, rows: list[dict[str, Any]], average) -> str:
    read = [row for row in rows if row["status"] == "ok"]
    cells = [f"{average([row[figure] for row in read]):.2f}" if read else "-" for figure in FIGURES]
    return f"| {name} | {len(read)}/{len(rows)} | {' | '.join(cells)} |"


def _without(pages: list[str]) -> str:
    return f"; none for {', '.join(pages)}" if pages else ""


if __name__ == "__main__":
    main()
