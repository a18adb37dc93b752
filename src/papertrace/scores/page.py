"""The scores of one page: a pure function of its truth and of what was read."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from papertrace.scores.clinical import Delineator, Intervals, NeuroKit, measure
from papertrace.scores.config import ScoresConfig
from papertrace.scores.fidelity import Fidelity, fidelity
from papertrace.scores.matching import match
from papertrace.scores.series import Series

_INTERVALS = ("rr_ms", "qrs_ms", "qt_ms")


def score_page(
    truth_rows: Sequence[Mapping[str, Any]],
    signal_rows: Sequence[Mapping[str, Any]],
    config: ScoresConfig,
    trace_rows: Sequence[Mapping[str, Any]] | None = None,
    delineator: Delineator | None = None,
) -> list[dict[str, Any]]:
    """Score everything that was read from one page.

    Parameters
    ----------
    truth_rows : sequence of mappings
        The page's rows of `papertrace.tables.TRUTH`; of each, `lead`, `row`, `column`, `start_s`, `rate_hz` and
        `samples` are used. Empty where the page could not be drawn.
    signal_rows : sequence of mappings
        The page's rows of `papertrace.tables.SIGNALS`, of any inputs and digitizers; the same keys and `input` and
        `digitizer` are used.
    config : ScoresConfig
        How far to align, and whether to delineate.
    trace_rows : sequence of mappings, optional
        The page's rows of `papertrace.tables.TRACES` (`input`, `digitizer`, `status`, `reason`). By default every
        input and digitizer of the signals counts as ok.
    delineator : Delineator, optional
        Finds the beats where `config.clinical` is set; NeuroKit2 by `config.delineation` by default.

    Returns
    -------
    list of dict
        One per input, digitizer and stretch of the truth: `papertrace.tables.SCORES` but for the manifest's columns.
        A stretch that no signal was found for has status ``failed``; one of a trace that is not ok carries the
        trace's status and reason; neither has figures of the trace. Without truth there is one row, its lead None.

    Examples
    --------
    >>> s = np.sin(np.arange(2500) / 40)
    >>> truth = {"lead": "II", "row": 0, "column": 0, "start_s": 0.0, "rate_hz": 250.0, "samples": s}
    >>> signal = {**truth, "samples": 1.1 * s, "input": "pages", "digitizer": "classical"}
    >>> [row] = score_page([truth], [signal], ScoresConfig(clinical=False))
    >>> row["lead"], row["status"], round(row["snr_db"], 3)
    ('II', 'ok', 20.0)
    """
    if trace_rows is None:
        pairs = sorted({(row["input"], row["digitizer"]) for row in signal_rows})
        trace_rows = [{"input": i, "digitizer": d, "status": "ok", "reason": None} for i, d in pairs]
    delineator = delineator or NeuroKit(config.delineation)
    truths = [_series(row) for row in truth_rows]
    # The truth is delineated once, however many digitizers read the page.
    of_truth = [_intervals(truth, truth, delineator) if config.clinical else None for truth in truths]
    rows = []
    for trace_row in trace_rows:
        key = {name: trace_row[name] for name in ("input", "digitizer")}
        outcome = {"status": trace_row["status"], "reason": trace_row["reason"]}
        if not truth_rows:
            if outcome["status"] == "ok":
                outcome = {"status": "failed", "reason": "the pages stage gave no truth for this page"}
            rows.append(_row(key, {"lead": None, "row": None, "column": None}, outcome))
            continue
        signals = [row for row in signal_rows if all(row[name] == value for name, value in key.items())]
        if outcome["status"] != "ok":
            signals = []
        for place, truth, reference, found in zip(
            truth_rows, truths, of_truth, match(truth_rows, signals), strict=True
        ):
            if found.signal is None:
                unread = {"status": "failed", "reason": f"{place['lead']}: the digitizer gave no trace of this lead"}
                rows.append(_row(key, place, unread if outcome["status"] == "ok" else outcome, reference))
                continue
            trace = _series({**signals[found.signal], "start_s": found.start_s})
            measured = _intervals(trace, truth, delineator) if config.clinical else None
            closeness = fidelity(truth, trace, config.max_lag_s)
            rows.append(_row(key, place, outcome, reference, measured, closeness, found.name_read))
    return rows


def _series(row: Mapping[str, Any]) -> Series:
    return Series(np.asarray(row["samples"], float), float(row["rate_hz"]), float(row["start_s"]))


def _intervals(series: Series, window: Series, delineator: Delineator) -> Intervals:
    return measure(series, window.start_s, len(window.samples) / window.rate_hz, delineator)


def _row(
    key: Mapping[str, Any],
    place: Mapping[str, Any],
    outcome: Mapping[str, Any],
    of_truth: Intervals | None = None,
    of_trace: Intervals | None = None,
    closeness: Fidelity | None = None,
    name_read: bool | None = None,
) -> dict[str, Any]:
    row = {**key, **{name: place[name] for name in ("lead", "row", "column")}, "name_read": name_read}
    row.update(dataclasses.asdict(closeness or Fidelity()))
    for which, intervals in (("truth", of_truth), ("trace", of_trace)):
        row.update({f"{name}_{which}": getattr(intervals, name) if intervals else math.nan for name in _INTERVALS})
        row[f"beats_{which}"] = intervals.beats if intervals else None
    return {**row, **outcome}
