"""F12 and F15, T2 and T5: signal-to-noise ratios."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from papertrace.figures import plots
from papertrace.figures.study.data import Study
from papertrace.figures.study.plate import AbsentError, Item, Plate
from papertrace.figures.study.style import CYCLE, INPUTS, around, number, page_figure, panels
from papertrace.figures.study.table import table_figure
from papertrace.scores.agreement_table import group_text
from papertrace.scores.bootstrap import clustered_mean

FORMS = {"snr_db": "SNR", "snr_median_db": "SNR$_{median}$"}
_MOST_ROWS = 4  # digitizers in one figure


def histograms(study: Study) -> Plate:
    """F12: both forms of the SNR, a row of panels a digitizer."""
    shown = study.digitizers[:_MOST_ROWS]
    figure = page_figure(0.5 + 1.75 * len(shown))
    axes = figure.subplots(len(shown), 2, squeeze=False, sharex=True)
    every = study.scores[study.scores["status"] == "ok"]
    if every.empty:
        raise AbsentError("no lead was read")
    low, high = around(np.concatenate([every[name] for name in FORMS]), 0.002, 0.02)
    edges = np.linspace(np.floor(low), np.ceil(high), 61)
    told = []
    for row, digitizer in zip(axes, shown, strict=True):
        for ax, (column, title) in zip(row, FORMS.items(), strict=True):
            for input_ in study.inputs:
                values = study.leads(input_, digitizer)[column].dropna().to_numpy()
                if not len(values):
                    continue
                mean, median, sd = values.mean(), np.median(values), values.std(ddof=1) if len(values) > 1 else np.nan
                label = f"{plots.INPUT_NAMES[input_]}: {number(mean)} ± {number(sd)}, median {number(median)}"
                share = np.full(len(values), 100 / len(values))
                clipped = np.clip(values, edges[0], edges[-1])
                ax.hist(clipped, edges, weights=share, color=INPUTS[input_], alpha=0.3, lw=0)
                ax.hist(clipped, edges, weights=share, color=INPUTS[input_], histtype="step", lw=1, label=label)
                ax.axvline(mean, color=INPUTS[input_], lw=0.9, ls=(0, (4, 2)), ymax=0.8)
                told.append(f"{digitizer}, {plots.INPUT_NAMES[input_]}, {title}: n = {number(len(values), 0)}")
            ax.set_ylim(0, ax.get_ylim()[1] * 1.35)
            ax.legend(loc="upper left", handlelength=1)
            ax.set_title(f"{digitizer}: {title}")
            ax.set_ylabel("leads (%)")
    for ax in axes[-1]:
        ax.set_xlabel("SNR (dB)")
    panels(axes.ravel())
    caption = (
        "Signal-to-noise ratio of every lead that was read, as the trace stands (no alignment): noise power as the "
        "mean (left) and as the median (right) of the squared error. Broken lines: means; legends: mean ± SD and "
        f"median in dB. The outermost bins hold what lies beyond. {'; '.join(told)}."
    ).replace("$_{median}$", " median")
    return Plate(figure, caption)


def by_preset(study: Study) -> Plate:
    """F15: the SNR by preset, and by severity where a run has several."""
    groups = [
        name for name in ("preset", "severity", "dpi") if name in study.scores and study.scores[name].nunique() > 1
    ]
    if not groups:
        raise AbsentError("all scans are of one preset, severity and resolution: run with `scans.mix`")
    frame = study.scores[study.scores["digitizer"] == study.digitizer]
    figure = page_figure(2.8)
    axes = figure.subplots(1, len(groups), squeeze=False, sharey=True)[0]
    for ax, group in zip(axes, groups, strict=True):
        read = frame[(frame["status"] == "ok") & frame[group].notna()]
        boxes, labels = [], []
        for value, part in read.groupby(group, observed=True, sort=True):
            boxes.append(part["snr_db"].dropna().to_numpy())
            labels.append(f"{value:g}" if isinstance(value, float) else str(value))
        drawn = ax.boxplot(boxes, whis=(5, 95), showfliers=False, widths=0.6, patch_artist=True)
        for k, box in enumerate(drawn["boxes"]):
            box.set(facecolor=CYCLE[k % len(CYCLE)], alpha=0.45, lw=0.6)
        for line in drawn["medians"]:
            line.set(color="#111820", lw=1.2)
        ax.set_xticks(
            range(1, len(labels) + 1),
            labels,
            rotation=40 if max(map(len, labels)) > 5 else 0,
            ha="right" if max(map(len, labels)) > 5 else "center",
        )
        ax.set_xlabel("resolution (dpi)" if group == "dpi" else group)
    axes[0].set_ylabel("SNR (dB)")
    panels(axes)
    caption = (
        f"SNR of the leads that {study.digitizer} read, by {', '.join(groups)}: median, quartiles, 5th and 95th "
        "percentile. Leads that were not read are in no box; Table T2 counts them."
    )
    return Plate(figure, caption)


def snr_table(study: Study) -> Plate:
    """T2: the SNR by preset, artifact, resolution and layout."""
    rows = []
    for (input_, digitizer), mine in study.scores.groupby(["input", "digitizer"], observed=True, sort=True):
        for group, value, part in _groups(study, mine, input_):
            read = part[part["status"] == "ok"]
            by_record = read.dropna(subset="snr_db").groupby("record", observed=True)["snr_db"]
            mean, low, high = clustered_mean(by_record.sum().to_numpy(), by_record.size().to_numpy())
            rows.append(
                {
                    "images": plots.INPUT_NAMES[input_],
                    "digitizer": digitizer,
                    "by": group,
                    "value": value,
                    "leads": number(len(part), 0),
                    "unread (%)": number(100 * (1 - len(read) / len(part)), 2),
                    "SNR (dB), mean [95 %]": f"{number(mean)} [{number(low)}, {number(high)}]",
                    "SD": number(read["snr_db"].std()),
                    "10th pct.": number(read["snr_db"].quantile(0.1)),
                    "SNR median form (dB)": number(read["snr_median_db"].mean()),
                    "aligned (dB)": number(read["snr_aligned_db"].mean()),
                }
            )
    table = pd.DataFrame(rows)
    caption = (
        "SNR by preset of the scans, by artifact (scans that have it, whatever else they have), resolution and layout. "
        "Means, SD and percentiles over the leads that were read; intervals by bootstrap over records. Median form: "
        "mean of the SNR whose noise power is the median squared error; aligned: after one shift in time and voltage."
    )
    return Plate(table_figure(table), caption, table)


def _groups(study: Study, frame: pd.DataFrame, input_: str) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Yield parts of one digitizer's scores, and by what they were chosen."""
    for group in ("preset", "dpi", "layout"):
        for value, part in frame.groupby(group, observed=True, sort=True):
            yield group, group_text(value), part
    for name, page_ids in study.artifacts.items() if input_ == "scans" else ():
        part = frame[frame["page_id"].isin(page_ids)]
        if len(part):
            yield "artifact", name.replace("_", " "), part


def digitizers_table(study: Study) -> Plate:
    """T5: digitizers on the same images."""
    if len(study.digitizers) < 2:
        raise AbsentError("one digitizer only: name several in `traces.digitizers`")
    frame = study.scores
    rows = []
    for (input_, digitizer), part in frame.groupby(["input", "digitizer"], observed=True, sort=True):
        read = part["status"] == "ok"
        filled = part["snr_db"].where(read, 0.0)
        by_record = filled.groupby(part["record"], observed=True)
        mean, low, high = clustered_mean(by_record.sum().to_numpy(), by_record.count().to_numpy())
        row = {
            "images": plots.INPUT_NAMES[input_],
            "digitizer": digitizer,
            "leads": number(len(part), 0),
            "unread (%)": number(100 * (1 - read.mean()), 2),
            "SNR (dB), unread as 0 [95 %]": f"{number(mean)} [{number(low)}, {number(high)}]",
            "SNR, read": number(part.loc[read, "snr_db"].mean()),
            "median form": number(part.loc[read, "snr_median_db"].mean()),
        }
        for parameter in ("rr_ms", "qrs_ms", "qt_ms"):
            found = study.agreed(input=input_, digitizer=digitizer, parameter=parameter)
            name = parameter.split("_")[0].upper()
            row[f"{name} bias ± SD (ms)"] = (
                f"{number(found['bias'], 1, True)} ± {number(found['sd'])}" if found else "\N{EN DASH}"
            )
        rows.append(row)
    table = pd.DataFrame(rows)
    caption = (
        "Digitizers on the same images. SNR as the trace stands: mean over all leads with 0 dB for those not read, and "
        "over those read; intervals by bootstrap over records. Clinical parameters: trace less truth, per matched beat."
    )
    return Plate(table_figure(table), caption, table)


ITEMS = (
    Item("F12", "snr", "Histograms of the SNR, mean and median form", histograms, scored=True),
    Item("F15", "snr-by-preset", "SNR by preset, severity and resolution", by_preset, scored=True),
    Item("T2", "snr-by-preset", "SNR by preset, resolution and layout", snr_table, scored=True),
    Item("T5", "digitizers", "Digitizers on the same images", digitizers_table, scored=True),
)
