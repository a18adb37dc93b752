"""F16: the delineator's errors against cardiologists' marks, on the truth and on what was read."""

from __future__ import annotations

import numpy as np
import pandas as pd

from papertrace.figures import plots
from papertrace.figures.study.data import Study
from papertrace.figures.study.plate import AbsentError, Item, Plate
from papertrace.figures.study.style import INPUTS, number, page_figure, panels
from papertrace.io import read_table
from papertrace.scores.agreement import agreement, group_sums

FIDUCIALS = {
    "p_onset": "P onset", "p_peak": "P peak", "p_end": "P end", "qrs_onset": "QRS onset", "r_peak": "R peak",
    "qrs_end": "QRS end", "t_peak": "T peak", "t_end": "T end",
}  # fmt: skip
CSE_2SD_MS = {"qrs_onset": 6.5, "qrs_end": 11.6, "t_end": 30.6}
"""Two SD that the CSE Working Party (1985, Eur. Heart J. 6:815) tolerates."""
MARTINEZ_MS = {"qrs_onset": (4.6, 7.7), "qrs_end": (0.8, 8.7), "t_end": (-1.6, 18.1)}
"""Mean and SD of a wavelet delineator on QTDB (Martinez et al. 2004, IEEE Trans. Biomed. Eng. 51:570)."""

_ANNOTATORS = ("q1c", "lead")  # the first who marked all of QTDB; LUDB's marks of each lead


def expert_marks(study: Study) -> Plate:
    """F16: bias and SD at each fiducial point, with the CSE tolerances."""
    path = study.folder / "scores/experts.parquet"
    if not path.is_file():
        raise AbsentError("the scores have no experts' marks: run scores and summary again with this version")
    names = ["input", "digitizer", "record", "split", "annotator", "fiducial", "truth_error_ms", "trace_error_ms"]
    frame = read_table(path, names).to_pandas(strings_to_categorical=True)
    frame = frame[frame["annotator"].isin(_ANNOTATORS) & (frame["digitizer"] == study.digitizer)]
    if frame.empty:
        raise AbsentError("the records have no experts' marks on the pages: QTDB and LUDB have some")
    frame = study.of_split(frame)
    first = frame[frame["input"] == study.inputs[0]]
    series = [("the truth itself", first, "truth_error_ms", "#111820", "s")]
    for input_, marker in zip(study.inputs, ("o", "^"), strict=False):
        mine = frame[frame["input"] == input_]
        series.append((plots.INPUT_NAMES[input_], mine, "trace_error_ms", INPUTS[input_], marker))
    shown = [name for name in FIDUCIALS if (frame["fiducial"] == name).any()]
    figure = page_figure(3.0)
    bias, spread = figure.subplots(1, 2)
    for k, (label, rows, column, colour, marker) in enumerate(series):
        place = 0.2 * (k - (len(series) - 1) / 2)
        for x, name in enumerate(shown):
            found = errors(rows[rows["fiducial"] == name], column)
            for ax, what in ((bias, "bias"), (spread, "sd")):
                ends = [[found[what] - found[f"{what}_ci_low"]], [found[f"{what}_ci_high"] - found[what]]]
                drawn = np.isfinite(ends).all()
                ax.errorbar(
                    x + place, found[what], yerr=np.maximum(ends, 0) if drawn else None, fmt=marker, ms=3.5,
                    color=colour, lw=0.8, capsize=1.5, label=label if x == 0 else None,
                )  # fmt: skip
    for x, name in enumerate(shown):
        if name in CSE_2SD_MS:
            spread.hlines(CSE_2SD_MS[name] / 2, x - 0.4, x + 0.4, color=plots.MUTED, lw=1.2, ls=(0, (3, 2)))
        if name in MARTINEZ_MS:
            bias.plot(x, MARTINEZ_MS[name][0], "x", color=plots.MUTED, ms=5)
            spread.plot(x, MARTINEZ_MS[name][1], "x", color=plots.MUTED, ms=5)
    spread.plot([], [], color=plots.MUTED, lw=1.2, ls=(0, (3, 2)), label="CSE tolerance (1 SD)")
    spread.plot([], [], "x", color=plots.MUTED, ms=5, label="Martínez 2004")
    bias.axhline(0, color=plots.MUTED, lw=0.6)
    spread.set_ylim(bottom=0)
    for ax, label in ((bias, "mean of found less marked (ms)"), (spread, "SD of found less marked (ms)")):
        ax.set_xticks(range(len(shown)), [FIDUCIALS[name] for name in shown], rotation=40, ha="right")
        ax.set_ylabel(label)
    figure.legend(*spread.get_legend_handles_labels(), loc="outside upper center", ncols=5)
    panels((bias, spread))
    who = ", ".join(sorted(set(frame["annotator"])))
    caption = (
        f"Errors of the delineator against experts' marks ({who}), each lead by itself: on the signal as drawn, and on "
        f"what {study.digitizer} read of it; what digitizing adds is the difference. Intervals of 95 % by bootstrap "
        f"over {number(frame['record'].nunique(), 0)} records. Broken: half the CSE tolerance of 2 SD; crosses: "
        "Martínez et al. 2004 on QTDB, who take the better of two leads."
    )
    return Plate(figure, caption)


def errors(rows: pd.DataFrame, column: str) -> dict[str, float]:
    """Return bias and SD of errors in ms, with intervals over records; what was not found is in neither."""
    record = pd.factorize(rows["record"], sort=True)[0]
    values = rows[column].to_numpy(float)
    return agreement(group_sums(np.zeros(len(values)), values, record, int(record.max(initial=-1)) + 1))


ITEMS = (Item("F16", "expert-marks", "Errors against experts' marks", expert_marks, scored=True),)
