"""A dataset's figures as Markdown, as in docs/results/qtdb-210.md: ``python benchmarks/results_table.py RESULTS``.

In    RESULTS/scores/summary.csv, of all leads (`group` all), and digitizers.csv; their columns are told in
      docs/tables.md. With --without, which leaves pages out, RESULTS/scores/scores.parquet.
Out   four tables on stdout, or in the file of --into between its markers: `snr`, `others` (how other people score, and
      the distance to the ceiling), `clinical`, and `against` where there are several digitizers. A row an input and
      digitizer; a figure that is absent is nan.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from digitizers import renewed

from papertrace.errors import PapertraceError
from papertrace.io import read_table, write_text
from papertrace.scores.digitizers import compare
from papertrace.scores.summary import summarise, to_csv

SNR = {
    "pages": "{pages}",
    "failed": "{lost} ({failure_share:.1%})",
    "leads read": "{leads_read}/{leads}",
    "strict: mean": "{snr_db_mean:.2f}",
    "median": "{snr_db_median:.2f}",
    "10th pct.": "{snr_db_p10:.2f}",
    "aligned: mean": "{snr_aligned_db_mean:.2f}",
    "median ": "{snr_aligned_db_median:.2f}",
    "median form: median": "{snr_median_db_median:.2f}",
}
OTHERS = {
    "Challenge 2024: SNR": "{challenge_snr_db_mean:.2f}",
    "unread as 0": "{challenge_snr_db_mean_unread_0:.2f}",
    "KS": "{challenge_ks_mean:.4f}",
    "ASCI": "{challenge_asci_mean:.3f}",
    "WAD (µV)": "{challenge_wad_uv:.1f}",
    "Kaggle 2025: score": "{kaggle_db:.2f}",
    "mean of images": "{kaggle_image_db_mean:.2f}",
    "below the column ceiling: mean": "{below_column_ceiling_db_mean:.2f}",
    "median": "{below_column_ceiling_db_median:.2f}",
}
CLINICAL = {
    f"{title} bias ± SD (ms)": f"{{{name}_bias:+.2f}} ± {{{name}_sd:.2f}}"
    for title, name in (("RR", "rr_ms"), ("QRS", "qrs_ms"), ("QT", "qt_ms"))
} | {"of leads": "{rr_ms_n}, {qrs_ms_n}, {qt_ms_n}"}
AGAINST = {
    "against": "{against}",
    "stretches": "{stretches}",
    "unread": "{unread}",
    "strict SNR": "{snr_db:.1f}",
    "difference": "{snr_db_difference:+.1f} [{snr_db_low:+.1f}, {snr_db_high:+.1f}]",
    "aligned SNR": "{snr_aligned_db:.1f}",
    "difference ": "{snr_aligned_db_difference:+.1f} [{snr_aligned_db_low:+.1f}, {snr_aligned_db_high:+.1f}]",
}

TABLES = {"snr": SNR, "others": OTHERS, "clinical": CLINICAL, "against": AGAINST}


def main() -> int:
    """Run from the command line and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, help="results/<dataset>")
    parser.add_argument("--into", type=Path, help="Markdown file whose tables are made anew")
    parser.add_argument("--without", action="append", default=[], metavar="PAGE_ID", help="leave this page out")
    given = parser.parse_args()
    try:
        made = tables(given.results, given.without)
        if given.into:
            text = given.into.read_text(encoding="utf-8")
            places = {name: table for name, table in made.items() if f"<!-- {name}: begin -->" in text}
            write_text(renewed(text, places), given.into)
    except PapertraceError as error:
        sys.exit(f"results table: {error}")
    if not given.into:
        print("\n".join(f"{name}\n\n{table}" for name, table in made.items() if table), end="")
    return 0


def tables(results: Path, without: Sequence[str] = ()) -> dict[str, str]:
    """Return the tables of a dataset by their names; `against` is empty of one digitizer alone.

    Parameters
    ----------
    results : Path
        ``results/<dataset>``.
    without : sequence of str
        Pages that are left out.

    Raises
    ------
    PapertraceError
        There is no such table of scores.
    """
    if without:
        summary, against = _rows_without(results / "scores/scores.parquet", without)
    else:
        summary, against = (_rows(results / f"scores/{name}.csv") for name in ("summary", "digitizers"))
    of = {name: against if name == "against" else summary for name in TABLES}
    return {name: markdown(columns, of[name]) if of[name] else "" for name, columns in TABLES.items()}


def markdown(columns: dict[str, str], rows: list[dict]) -> str:
    """Return a table with a line a row, under input, digitizer and the columns' titles."""
    columns = {"input": "{input}", "digitizer": "{digitizer}", **columns}
    lines = ["| " + " | ".join(columns) + " |", "|---|---|" + "--:|" * (len(columns) - 2)]
    lines += ["| " + " | ".join(form.format(**row) for form in columns.values()) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _rows_without(scores: Path, pages: Sequence[str]) -> tuple[list[dict], list[dict]]:
    """Return the rows of summary and comparison over all leads but those of some pages."""
    frame = read_table(scores).to_pandas()
    unknown = set(pages) - set(frame["page_id"])
    if unknown:
        raise PapertraceError(f"{scores}: has no page {', '.join(sorted(unknown))}")
    frame = frame[~frame["page_id"].isin(pages)]
    return tuple(_read(io.StringIO(to_csv(made))) for made in (summarise(frame), compare(frame)))


def _rows(path: Path) -> list[dict]:
    """Return a table's rows over all leads."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return _read(file)
    except FileNotFoundError:
        raise PapertraceError(f"{path}: no such table; let the workflow run to its end first") from None


def _read(file: TextIO) -> list[dict]:
    """Return a CSV file's rows over all leads, their figures as numbers, and what is made of them besides."""
    found = [row for row in csv.DictReader(file) if row["group"] == "all"]
    rows = [{name: figure(text) for name, text in row.items()} for row in found]
    for row in rows:
        if "pages_failed" in row:
            row["lost"] = row["pages_failed"] + row["pages_rejected"]
            row["challenge_wad_uv"] = 1000 * row["challenge_wad_mv_mean"]
    return rows


def figure(text: str) -> float | int | str:
    """Return a CSV cell as a number where it is one; an empty one is nan."""
    for kind in (int, float):
        try:
            return kind(text or "nan")
        except ValueError:
            continue
    return text


if __name__ == "__main__":
    sys.exit(main())
