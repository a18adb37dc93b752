"""Scores of digitizers as Markdown tables: what each set came to, against the bars, and one digitizer against another.

How failures count is the same everywhere. Means, percentiles and SDs of the SNR go over the stretches that were read;
beside them stands how many were not, and the mean with 0 dB for those. Differences between two digitizers are over the
same stretches of the same images, with 0 dB for what either did not read, so that nobody gains by silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from digitizer_sets import PRESETS, SCALES

from papertrace.scores.bootstrap import clustered_mean

if TYPE_CHECKING:
    from digitizer_scores import Entry

STRICT, ALIGNED, MEDIAN_FORM = "snr_db", "snr_aligned_db", "snr_aligned_median_db"
TWO_LEAD = ("clean", *PRESETS)
_PLACE = ["set", "page_id", "row", "column"]


@dataclass(frozen=True)
class Bar:
    """What issue 4 asks of a figure of a set: at least, or at most where `at_most` is set."""

    figure: str
    limit: float
    at_most: bool = False

    def told(self, value: float) -> str:
        """Return how a value stands to the bar; a value that is absent misses it."""
        sign = "≤" if self.at_most else "≥"
        met = value <= self.limit if self.at_most else value >= self.limit
        return f"{self.figure} {sign} {self.limit:g}: {'met' if met else 'missed'}"


BARS: dict[str, tuple[Bar, ...]] = {
    "clean": (Bar("mean", 30), Bar("strict mean", 27)),
    "kit": (Bar("mean", 27), Bar("SD", 5, True), Bar("10th pct.", 21), Bar("form gap", 5, True)),
    **{name: (Bar("mean", 20),) for name in ("photo", "stained", "damaged", "mould", "photocopy")},
    "fax": (Bar("mean", 16),),
    "12-lead": (Bar("mean", 24), Bar("all names (%)", 98)),
    **{name: (Bar("further off", 4, True), Bar("gain (%)", 98), Bar("speed (%)", 98)) for name in SCALES},
}
"""The bars of issue 4, in dB or %."""

LOST = Bar("lost (%)", 0.5, True)


def page_frame(entries: Iterable[Entry]) -> pd.DataFrame:
    """Return one row an image and digitizer, without its leads, but with whether all its names are right."""
    rows = []
    for entry in entries:
        leads = entry["leads"]
        names = bool(leads) and all(lead["name_read"] for lead in leads)
        rows.append({key: value for key, value in entry.items() if key != "leads"} | {"names_right": names})
    return pd.DataFrame(rows)


def lead_frame(entries: Iterable[Entry]) -> pd.DataFrame:
    """Return one row a stretch, image and digitizer; stretches without power, which have no SNR, are left out."""
    keys = ("digitizer", "set", "page_id", "record")
    frame = pd.DataFrame([{key: e[key] for key in keys} | lead for e in entries for lead in e["leads"]])
    frame = frame[frame["ceiling_db"].notna()].reset_index(drop=True)
    frame["read"] = frame["status"] == "ok"
    figures = [name for name in frame if name.endswith("_db")]
    return frame.astype(dict.fromkeys(figures, float))


def summary(leads: pd.DataFrame, pages: pd.DataFrame) -> dict[str, float]:
    """Return the figures of one digitizer on one set, by the names that tables and bars call them.

    The form gap is the mean SNR whose noise power is the median squared error less the mean SNR: 3.4 dB of Gaussian
    errors, more where there are spikes.
    """
    read = leads[leads["read"]]
    aligned = read[ALIGNED]
    return {
        "pages": len(pages),
        "failed": int((pages["status"] == "failed").sum()),
        "rejected": int((pages["status"] == "rejected").sum()),
        "lost (%)": 100 * float((pages["status"] != "ok").mean()),
        "stretches": len(leads),
        "unread": int((~leads["read"]).sum()),
        "mean": float(aligned.mean()),
        "SD": float(aligned.std()),
        "median": float(aligned.median()),
        "10th pct.": float(aligned.quantile(0.1)),
        "mean, unread 0": float(_unread_0(leads, ALIGNED).mean()),
        "strict mean": float(read[STRICT].mean()),
        "strict median": float(read[STRICT].median()),
        "form gap": float((read[MEDIAN_FORM] - aligned).mean()),
        "ceiling": float(leads["column_ceiling_db"].mean()),
        "distance": float((read["column_ceiling_db"] - aligned).mean()),
        "all names (%)": 100 * float(pages["names_right"].mean()),
        "gain (%)": _percent(pages["gain_right"]),
        "speed (%)": _percent(pages["speed_right"]),
        "gain where told (%)": _percent(pages.loc[pages["gain_told"], "gain_right"]),
        "speed where told (%)": _percent(pages.loc[pages["speed_told"], "speed_right"]),
        "CPU s": float(pages["cpu_s"].median()),
    }


def paired(leads: pd.DataFrame, one: str, other: str, figure: str = ALIGNED) -> dict[str, float]:
    """Compare two digitizers on the stretches of the images that both were given.

    Parameters
    ----------
    leads : DataFrame
        Of one set (`lead_frame`).
    one, other : str
        Digitizers; the difference is `one` minus `other`.
    figure : str
        A column, in dB.

    Returns
    -------
    dict
        `mean` difference, `low` and `high` end of its 95 % interval by `papertrace.scores.bootstrap` over records,
        `stretches` and `records` it is of.
    """
    values = [
        _unread_0(part, figure).set_axis(pd.MultiIndex.from_frame(part[[*_PLACE, "record"]]))
        for part in (leads[leads["digitizer"] == name] for name in (one, other))
    ]
    difference = (values[0] - values[1]).dropna()
    by_record = difference.groupby(level="record")
    mean, low, high = clustered_mean(by_record.sum().to_numpy(), by_record.size().to_numpy())
    return {"mean": mean, "low": low, "high": high, "stretches": len(difference), "records": len(by_record)}


def two_lead_table(entries: Sequence[Entry]) -> str:
    """Return the table of QTDB's pages, clean and by preset."""
    columns = {
        "pages": "pages",
        "failed, rejected": None,
        "unread": "unread",
        "mean ± SD": None,
        "median": "median",
        "10th pct.": "10th pct.",
        "unread as 0": "mean, unread 0",
        "strict: mean": "strict mean",
        "median ": "strict median",
        "form gap": "form gap",
        "column ceiling": "ceiling",
    }
    return _table(entries, TWO_LEAD, columns, BARS)


def twelve_lead_table(entries: Sequence[Entry]) -> str:
    """Return the table of the 12-lead pages."""
    columns = {
        "pages": "pages",
        "failed, rejected": None,
        "unread": "unread",
        "mean ± SD": None,
        "median": "median",
        "10th pct.": "10th pct.",
        "strict: mean": "strict mean",
        "form gap": "form gap",
        "all names right (%)": "all names (%)",
    }
    return _table(entries, ("12-lead",), columns, BARS)


def scale_table(entries: Sequence[Entry]) -> str:
    """Return the table of other resolutions, speeds and gains; distances are to the reader of columns' ceiling."""
    columns = {
        "pages": "pages",
        "failed, rejected": None,
        "mean": "mean",
        "ceiling": "ceiling",
        "distance": "distance",
        "further off than at 200 dpi": "further off",
        "gain right (%)": "gain (%)",
        "where told": "gain where told (%)",
        "speed right (%)": "speed (%)",
        "where told ": "speed where told (%)",
    }
    return _table(entries, ("clean", *SCALES), columns, {name: BARS[name] for name in SCALES})


def lost_table(entries: Sequence[Entry]) -> str:
    """Return how many images of all sets were not read, and for which reasons."""
    pages = page_frame(entries)
    lines = ["| digitizer | images | failed | rejected | share | bars |", "|---|--:|--:|--:|--:|---|"]
    reasons = []
    for digitizer, mine in pages.groupby("digitizer", sort=False):
        share = 100 * float((mine["status"] != "ok").mean())
        counts = [int((mine["status"] == status).sum()) for status in ("failed", "rejected")]
        lines.append(f"| {digitizer} | {len(mine)} | {counts[0]} | {counts[1]} | {share:.2f} % | {LOST.told(share)} |")
        for (status, reason), group in mine[mine["status"] != "ok"].groupby(["status", "reason"]):
            sets = ", ".join(f"{name} {count}" for name, count in group.groupby("set").size().items())
            reasons.append(f"* {digitizer}, {status} ({sets}): {reason}")
    return "\n".join([*lines, *([""] if reasons else []), *reasons]) + "\n"


def paired_table(entries: Sequence[Entry], reference: str) -> str:
    """Return how much better than a reference each other digitizer reads each set; empty where there is no other."""
    leads = lead_frame(entries)
    lines = [
        f"| set | less {reference} | records | stretches | aligned SNR (dB) | strict SNR (dB) |",
        "|---|---|--:|--:|--:|--:|",
    ]
    for name in _in_order(leads["set"]):
        of_set = leads[leads["set"] == name]
        digitizers = list(dict.fromkeys(of_set["digitizer"]))
        for one in digitizers if reference in digitizers else ():
            if one == reference:
                continue
            aligned, strict = (paired(of_set, one, reference, figure) for figure in (ALIGNED, STRICT))
            counts = f"{aligned['records']} | {aligned['stretches']}"
            lines.append(f"| {name} | {one} | {counts} | {_interval(aligned)} | {_interval(strict)} |")
    return "\n".join(lines) + "\n" if len(lines) > 2 else ""


def ablation_table(entries: Sequence[Entry], reference: str) -> str:
    """Return what a digitizer loses without each of its parts: its switched variants, a column a set."""
    leads = lead_frame(entries)
    variants = [name for name in dict.fromkeys(leads["digitizer"]) if name.startswith(f"{reference}:")]
    names = [
        name for name in _in_order(leads["set"]) if set(variants) & set(leads.loc[leads["set"] == name, "digitizer"])
    ]
    if not names:
        return ""
    lines = [f"| | {' | '.join(names)} |", "|---|" + "--:|" * len(names)]
    means = {name: summary_of(entries, name, reference).get("mean", np.nan) for name in names}
    lines.append(f"| {reference} | {' | '.join(_decibels(means[name]) for name in names)} |")
    for variant in variants:
        cells = [_interval(paired(leads[leads["set"] == name], variant, reference)) for name in names]
        lines.append(f"| {variant.removeprefix(f'{reference}:')} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def summary_of(entries: Sequence[Entry], name: str, digitizer: str) -> dict[str, float]:
    """Return the figures of a digitizer on a set, and for a set of another scale how much further off it is there.

    It is empty where the digitizer read no image of the set.
    """
    mine = [entry for entry in entries if (entry["set"], entry["digitizer"]) == (name, digitizer)]
    if not mine:
        return {}
    figures = summary(lead_frame(mine), page_frame(mine))
    if name in SCALES:
        pages = {entry["page_id"] for entry in mine}  # the same, where of one set more were read
        clean = summary_of([entry for entry in entries if entry["page_id"] in pages], "clean", digitizer)
        figures["further off"] = figures["distance"] - clean["distance"] if clean else np.nan
    return figures


def _table(
    entries: Sequence[Entry],
    names: Sequence[str],
    columns: dict[str, str | None],
    bars: dict[str, tuple[Bar, ...]],
) -> str:
    lines = [
        "| set | digitizer | " + " | ".join(columns) + " | bars |",
        "|---|---|" + "--:|" * len(columns) + "---|",
    ]
    digitizers = list(dict.fromkeys(entry["digitizer"] for entry in entries if ":" not in entry["digitizer"]))
    for name in names:
        for digitizer in digitizers:
            figures = summary_of(entries, name, digitizer)
            if not figures:
                continue
            cells = [_cell(figures, title, figure) for title, figure in columns.items()]
            told = "; ".join(bar.told(figures[bar.figure]) for bar in bars.get(name, ()))
            lines.append(f"| {name} | {digitizer} | {' | '.join(cells)} | {told} |")
    return "\n".join(lines) + "\n" if len(lines) > 2 else ""


def _cell(figures: dict[str, Any], title: str, figure: str | None) -> str:
    if title == "failed, rejected":
        return f"{figures['failed']}, {figures['rejected']}"
    if title == "mean ± SD":
        return f"{_decibels(figures['mean'])} ± {_decibels(figures['SD'])}"
    if figure == "unread":
        return f"{figures['unread']}/{figures['stretches']}"
    value = figures.get(figure, np.nan)
    return str(value) if isinstance(value, int) else _decibels(value)


def _interval(difference: dict[str, float]) -> str:
    return f"{difference['mean']:+.2f} [{difference['low']:+.2f}, {difference['high']:+.2f}]"


def _decibels(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.2f}"


def _percent(right: pd.Series) -> float:
    """Return the share in % of those that are told; NaN where none is."""
    return 100 * float(right.dropna().astype(float).mean())


def _unread_0(leads: pd.DataFrame, figure: str) -> pd.Series:
    return leads[figure].where(leads["read"], 0.0)


def _in_order(names: Iterable[str]) -> list[str]:
    there = set(names)
    known = [name for name in (*TWO_LEAD, "12-lead", *SCALES) if name in there]
    return known + sorted(there - set(known))
