"""Measure digitizers on the sets of issue 4: ``make digitizers DIGITIZERS="classical …"``.

In    DATA: folder of the public databases, ``qtdb``, ``ludb`` and ``ptbxl`` in it.
Out   a line of JSON an image and digitizer in --out; Markdown tables on stdout, or in the file of --into between its
      markers. Images that --out holds, read by this version of the code, are not read again: a run that was stopped
      goes on. ``--tables`` reads nothing and only makes the tables anew.

Digitizers are given pixels alone, of records that none was trained or tuned on: the test split of QTDB, and of the
12-lead databases the validation split; ``--split`` takes another, and belongs with another --out. SNR is that of
`papertrace.scores.fidelity`: *aligned* after one shift in time within ±0.2 s and one in voltage, the pair of least
squared error, over the samples that the page shows; those that the shift moves out of the truth's window leave the
sum, and what was not read counts as 0 mV.

A variant of a digitizer (``--digitizer network:no-warp``) becomes a row of the ablation table. Other people's programs
are measured on the same images (``--digitizer-command mine='mytool {image} {output}'``).
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from digitizer_choices import add_options, chosen
from digitizer_scores import Entry, latest, read_entries, run
from digitizer_sets import SETS, jobs
from digitizer_tables import ablation_table, lost_table, paired_table, scale_table, twelve_lead_table, two_lead_table

from papertrace.errors import PapertraceError
from papertrace.io import write_text

NOT_YET = "Not measured yet.\n"


def main() -> int:
    """Run the benchmark from the command line and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the public databases")
    add_options(parser)
    parser.add_argument("--set", action="append", choices=list(SETS), help="a set; all of them by default")
    parser.add_argument("--split", choices=["train", "validation", "test"], help="of the records; each set has its own")
    parser.add_argument("--pages", type=int, help="images a set at most; all by default")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("results/digitizers.jsonl"), help="the scores")
    parser.add_argument("--into", type=Path, help="Markdown file whose tables are made anew")
    parser.add_argument("--tables", action="store_true", help="make the tables of what --out holds, read nothing")
    given = parser.parse_args()
    try:
        if not given.tables:
            sets = [SETS[name] for name in given.set or SETS]
            sets = [replace(each, split=given.split or each.split) for each in sets]
            wanted = [job for each in sets for job in jobs(each, given.data.resolve(), given.pages)]
            run(wanted, chosen(given), given.out, given.workers)
        entries = latest(read_entries(given.out))
        if not entries:
            raise PapertraceError(f"{given.out}: holds no scores; run without --tables first")
        made = tables(entries)
        if given.into:
            write_text(renewed(given.into.read_text(encoding="utf-8"), made), given.into)
    except PapertraceError as error:
        sys.exit(f"digitizers: {error}")
    if not given.into:
        print("\n".join(f"## {name}\n\n{text}" for name, text in made.items() if text), end="")
    return 0


def tables(entries: list[Entry]) -> dict[str, str]:
    """Return every table of the scores by its name, each with what it was measured at; empty where nothing was."""
    references = list(dict.fromkeys(entry["digitizer"] for entry in entries if ":" not in entry["digitizer"]))
    against = "classical" if "classical" in references else references[0]
    plain = [entry for entry in entries if ":" not in entry["digitizer"]]
    made = {
        "two-lead": two_lead_table(entries),
        "12-lead": twelve_lead_table(entries),
        "scales": scale_table(entries),
        "lost": lost_table(plain),
        "paired": paired_table(plain, against),
        "ablation": "\n".join(filter(None, (ablation_table(entries, name) for name in references))),
    }
    return {"measured": measured(entries), **made}


def measured(entries: list[Entry]) -> str:
    """Return at which commit each digitizer was measured, as a list."""
    commits: dict[str, list[str]] = {}
    for entry in entries:
        at = commits.setdefault(entry["digitizer"], [])
        if entry["commit"] not in at:
            at.append(entry["commit"])
    lines = [f"* {name}: commit {', '.join(f'`{commit}`' for commit in at)}" for name, at in commits.items()]
    return "\n".join(lines) + "\n"


def renewed(text: str, made: dict[str, str]) -> str:
    """Return a Markdown text with its tables made anew: what stands between ``<!-- NAME: begin -->`` and its end.

    Raises
    ------
    PapertraceError
        The text has no place for a table that was made.
    """
    for name, table in made.items():
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        head, found, rest = text.partition(begin)
        _, closed, tail = rest.partition(end)
        if table and not (found and closed):
            raise PapertraceError(f"the file has no place for table {name!r}: mark it with {begin} and {end}")
        if found:
            text = f"{head}{begin}\n{table or NOT_YET}{end}{tail}"
    return text


if __name__ == "__main__":
    sys.exit(main())
