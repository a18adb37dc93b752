"""F13 and T3: clinical parameters on the trace against those on the truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from papertrace.figures import plots
from papertrace.figures.study.data import Study
from papertrace.figures.study.plate import AbsentError, Item, Plate
from papertrace.figures.study.style import INPUTS, MANY, UNITS, around, cloud, number, page_figure, panels
from papertrace.figures.study.table import table_figure

_ON_DENSE = [withStroke(linewidth=2.0, foreground="white", alpha=0.8)]
SHOWN = ("rr_ms", "qrs_ms", "qt_ms")


def agreement_plots(study: Study) -> Plate:
    """F13: scatter and Bland-Altman plot of RR, QRS width and QT, beat by beat."""
    figure = page_figure(5.4)
    axes = figure.subplots(len(SHOWN), 2 * len(study.inputs), squeeze=False)
    told = []
    for row, parameter in zip(axes, SHOWN, strict=True):
        for k, input_ in enumerate(study.inputs):
            truth, trace = study.beats(input_, study.digitizer, parameter)
            _scatter(row[2 * k], truth, trace, parameter, INPUTS[input_])
            _bland_altman(row[2 * k + 1], study, input_, truth, trace, parameter)
            told.append(f"{UNITS[parameter][0]}, {plots.INPUT_NAMES[input_]}: {number(len(truth), 0)} beats")
    for k, input_ in enumerate(study.inputs):
        for ax, kind in ((axes[0, 2 * k], "scatter"), (axes[0, 2 * k + 1], "differences")):
            ax.set_title(f"{plots.INPUT_NAMES[input_]}: {kind}")
    if not any(ax.has_data() for ax in axes.ravel()):
        raise AbsentError("no beat was measured on truth and trace")
    panels(axes.ravel())
    caption = (
        f"RR interval, QRS width and QT interval of matched beats, read by {study.digitizer}, one delineator on "
        "truth and trace. Scatter with the line of identity; differences against means (Bland & Altman 1986) with "
        "the bias (solid) and the limits of agreement (broken), shaded: their 95 % intervals by bootstrap over "
        f"records. Densities on a logarithmic scale; 1 % of the beats lie outside the frames. {'; '.join(told)}."
    )
    return Plate(figure, caption)


def _scatter(ax: Axes, truth: np.ndarray, trace: np.ndarray, parameter: str, colour: str) -> None:
    name, unit = UNITS[parameter]
    limits = around(np.concatenate([truth, trace]))
    ax.set(xlabel=f"{name}, truth ({unit})", ylabel=f"trace ({unit})")
    if len(truth):
        cloud(ax, truth, trace, colour, (*limits, *limits))
        ax.plot(limits, limits, color=plots.MUTED, lw=0.6, ls=(0, (4, 3)))


def _bland_altman(ax: Axes, study: Study, input_: str, truth: np.ndarray, trace: np.ndarray, parameter: str) -> None:
    name, unit = UNITS[parameter]
    ax.set(xlabel=f"{name}, mean ({unit})", ylabel=f"trace \N{MINUS SIGN} truth ({unit})")
    found = study.agreed(input=input_, digitizer=study.digitizer, parameter=parameter)
    if not len(truth) or found is None:
        return
    mean, difference = (truth + trace) / 2, trace - truth
    reach = max(
        np.abs(around(difference, margin=0.2)).max(), 1.45 * np.nanmax(np.abs([found["loa_low"], found["loa_high"], 0]))
    )
    cloud(ax, mean, difference, INPUTS[input_], (*around(mean), -reach, reach))
    for figure, dashes in (("bias", "-"), ("loa_low", (0, (4, 2))), ("loa_high", (0, (4, 2)))):
        ends = found[f"{figure}_ci_low"], found[f"{figure}_ci_high"]
        if np.isfinite(ends).all():
            ax.axhspan(*ends, color=plots.MUTED, alpha=0.25, lw=0)
        if np.isfinite(found[figure]):
            ax.axhline(
                found[figure], color="#111820", lw=0.8, ls=dashes, path_effects=_ON_DENSE if len(truth) > MANY else None
            )
    text = f"{number(found['bias'], 1, True)} ± {number(found['sd'])} {unit}"
    ax.annotate(
        text,
        (0.97, 0.97),
        xycoords="axes fraction",
        ha="right",
        va="top",
        size=6.5,
        bbox={"fc": "white", "ec": "none", "alpha": 0.8, "pad": 1},
    )


def errors_table(study: Study) -> Plate:
    """T3: agreement on every clinical parameter."""
    frame = study.agreement
    frame = frame[frame["per"] == "beat"]
    if frame.empty:
        raise AbsentError("no clinical parameter was measured: `scores.clinical` is off, or there are no beats")
    rows = []
    for found in frame.to_dict("records"):
        name, unit = UNITS[found["parameter"]]
        decimals = 3 if unit == "mV" else 1

        def told(figure: str, found=found, decimals=decimals, sign: bool = False) -> str:
            ends = (number(found[f"{figure}_ci_{end}"], decimals, sign) for end in ("low", "high"))
            return f"{number(found[figure], decimals, sign)} [{', '.join(ends)}]"

        tested = found["equivalent"]
        rows.append(
            {
                "images": plots.INPUT_NAMES[found["input"]],
                "digitizer": found["digitizer"],
                "parameter": f"{name} ({unit})",
                "beats": number(found["n_truth"], 0),
                "missed (%)": number(100 * found["failure_rate"], 1),
                "bias [95 %]": told("bias", sign=True),
                "SD [95 %]": told("sd"),
                "MAE": number(found["mae"], decimals),
                "limits of agreement": f"{number(found['loa_low'], decimals)} … {number(found['loa_high'], decimals)}",
                "r": number(found["r"], 3),
                "ICC(2,1)": number(found["icc"], 3),
                "margin": f"± {found['margin']:g}" if np.isfinite(found["margin"]) else "\N{EN DASH}",
                "kept": {"True": "yes", "False": "no"}.get(str(tested), "\N{EN DASH}"),
            }
        )
    table = pd.DataFrame(rows)
    caption = (
        "Agreement of trace and truth, beat by beat: bias, SD, mean absolute error, limits of agreement (bias ∓ 1.96 "
        "SD), Pearson's r, ICC(2,1) and whether the bias keeps the stated margin (two one-sided tests at 5 %). "
        "Intervals by bootstrap over records. Missed: beats of the truth that the trace gives no value of."
    )
    return Plate(table_figure(table), caption, table)


ITEMS = (
    Item("F13", "clinical-agreement", "RR, QRS and QT: scatter and Bland-Altman plots", agreement_plots, scored=True),
    Item("T3", "clinical-errors", "Agreement on every clinical parameter", errors_table, scored=True),
)
