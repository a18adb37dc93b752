"""Print a dataset's figures as Markdown, as docs/results.md has them: ``python benchmarks/results_table.py RESULTS``.

In    RESULTS/scores/summary.csv, of all leads (`group` all); its columns are told in docs/tables.md.
Out   one row an input and digitizer, on stdout.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

COLUMNS = {
    "input": "{input}",
    "digitizer": "{digitizer}",
    "pages": "{pages}",
    "failed": "{lost} ({failure_share:.1%})",
    "leads read": "{leads_read}/{leads}",
    "strict SNR: mean": "{snr_db_mean:.2f}",
    "median": "{snr_db_median:.2f}",
    "10th pct.": "{snr_db_p10:.2f}",
    "aligned: mean": "{snr_aligned_db_mean:.2f}",
    "median ": "{snr_aligned_db_median:.2f}",
    "median form: median": "{snr_median_db_median:.2f}",
    "RR bias ± SD (ms)": "{rr_ms_bias:+.2f} ± {rr_ms_sd:.2f}",
    "QRS bias ± SD (ms)": "{qrs_ms_bias:+.2f} ± {qrs_ms_sd:.2f}",
    "QT bias ± SD (ms)": "{qt_ms_bias:+.2f} ± {qt_ms_sd:.2f}",
}


def table(summary: Path) -> str:
    """Return the Markdown table of a ``summary.csv``; a figure that is absent there is nan."""
    with summary.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["group"] == "all"]
    lines = ["| " + " | ".join(COLUMNS) + " |", "|---|---|" + "--:|" * (len(COLUMNS) - 2)]
    for row in rows:
        figures = {name: _figure(text) for name, text in row.items()}
        figures["lost"] = figures["pages_failed"] + figures["pages_rejected"]
        lines.append("| " + " | ".join(form.format(**figures) for form in COLUMNS.values()) + " |")
    return "\n".join(lines) + "\n"


def _figure(text: str) -> float | int | str:
    for kind in (int, float):
        try:
            return kind(text or "nan")
        except ValueError:
            continue
    return text


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(table(Path(sys.argv[1]) / "scores/summary.csv"), end="")
