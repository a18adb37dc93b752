"""The scores of one page: a pure function of its truth and of what was read."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from papertrace.scores.clinical import Clinical, measure
from papertrace.scores.comparison import compare_beats
from papertrace.scores.config import ScoresConfig
from papertrace.scores.delineators import DELINEATORS
from papertrace.scores.experts import compare_with_marks
from papertrace.scores.fiducials import Beats, Delineator
from papertrace.scores.kaggle import counted
from papertrace.scores.lead import UNREAD, score_lead
from papertrace.scores.matching import match
from papertrace.scores.segments import segments
from papertrace.scores.series import Series
from papertrace.tables import CEILINGS, CLINICAL

Row = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class PageScores:
    """The scores of one page.

    Attributes
    ----------
    rows : list of dict
        One per input, digitizer and stretch of the truth: `papertrace.tables.SCORES` but for the manifest's columns.
    beats : list of dict
        A block of `papertrace.tables.BEATS` but for the manifest's columns for each of the rows that are of a stretch
        with beats: arrays, and values that hold for all of the block.
    experts : list of dict
        Blocks of `papertrace.tables.EXPERTS` likewise, for each annotator of a stretch.
    """

    rows: list[Row]
    beats: list[Row]
    experts: list[Row]


def score_page(
    truth_rows: Sequence[Mapping[str, Any]],
    signal_rows: Sequence[Mapping[str, Any]],
    config: ScoresConfig,
    trace_rows: Sequence[Mapping[str, Any]] | None = None,
    delineator: Delineator | None = None,
    marks: Mapping[tuple[int, int], Mapping[str, Beats]] | None = None,
) -> PageScores:
    """Score everything that was read from one page.

    Parameters
    ----------
    truth_rows : sequence of mappings
        The page's rows of `papertrace.tables.TRUTH`; of each, `lead`, `row`, `column`, `start_s`, `rate_hz` and
        `samples` are used, and the page's `papertrace.tables.CEILINGS` of this stretch where they are given.
        Empty where the page could not be drawn.
    signal_rows : sequence of mappings
        The page's rows of `papertrace.tables.SIGNALS`, of any inputs and digitizers; the same keys and `input` and
        `digitizer` are used.
    config : ScoresConfig
        How far to align, and whether to delineate.
    trace_rows : sequence of mappings, optional
        The page's rows of `papertrace.tables.TRACES` (`input`, `digitizer`, `status`, `reason`). By default every
        input and digitizer of the signals counts as ok.
    delineator : Delineator, optional
        Finds the beats where `config.clinical` is set; the one that `config.delineation` names by default.
    marks : mapping, optional
        What experts marked on the page, in s from its first moment: by row and column of the stretch, by annotator.

    Returns
    -------
    PageScores
        A stretch that no signal was found for has status ``failed``; one of a trace that is not ok carries the
        trace's status and reason; neither has figures of the trace. Without truth there is one row, its lead None.

    Examples
    --------
    >>> s = np.sin(np.arange(2500) / 40)
    >>> truth = {"lead": "II", "row": 0, "column": 0, "start_s": 0.0, "rate_hz": 250.0, "samples": s}
    >>> signal = {**truth, "samples": 1.1 * s, "input": "pages", "digitizer": "classical"}
    >>> [row] = score_page([truth], [signal], ScoresConfig(clinical=False)).rows
    >>> row["lead"], row["status"], round(row["snr_db"], 3)
    ('II', 'ok', 20.0)
    """
    if trace_rows is None:
        pairs = sorted({(row["input"], row["digitizer"]) for row in signal_rows})
        trace_rows = [{"input": i, "digitizer": d, "status": "ok", "reason": None} for i, d in pairs]
    delineator = delineator or DELINEATORS[config.delineation]
    truths = [_series(row) for row in truth_rows]
    in_kaggle = counted([row["lead"] for row in truth_rows], truths)
    # The truth is delineated once, however many digitizers read the page.
    of_truth = [_clinical(truth, truth, delineator) if config.clinical else None for truth in truths]
    parts = [
        None if clinical is None else segments(truth.times_s, clinical.beats)
        for truth, clinical in zip(truths, of_truth, strict=True)
    ]
    scores = PageScores([], [], [])
    for trace_row in trace_rows:
        key = {name: trace_row[name] for name in ("input", "digitizer")}
        outcome = {"status": trace_row["status"], "reason": trace_row["reason"]}
        if not truth_rows:
            if outcome["status"] == "ok":
                outcome = {"status": "failed", "reason": "the pages stage gave no truth for this page"}
            scores.rows.append(_row(key, {"lead": None, "row": None, "column": None}, outcome, UNREAD))
            continue
        signals = [row for row in signal_rows if all(row[name] == value for name, value in key.items())]
        if outcome["status"] != "ok":
            signals = []
        for place, truth, reference, part_of, counts, found in zip(
            truth_rows, truths, of_truth, parts, in_kaggle, match(truth_rows, signals), strict=True
        ):
            measured = Clinical()
            if found.signal is None:
                unread = {"status": "failed", "reason": f"{place['lead']}: the digitizer gave no trace of this lead"}
                figures = score_lead(truth, None, config.max_lag_s, counts)
                row = _row(key, place, unread if outcome["status"] == "ok" else outcome, figures)
            else:
                trace = _series({**signals[found.signal], "start_s": found.start_s})
                figures = score_lead(truth, trace, config.max_lag_s, counts, part_of)
                measured = measured if reference is None else _clinical(trace, truth, delineator)
                row = _row(key, place, outcome, figures, found.name_read)
            if reference is not None:
                lag_s = figures["lag_ms"] / 1000 if math.isfinite(figures["lag_ms"]) else 0.0
                beats = compare_beats(reference, measured, lag_s)
                row |= _medians("truth", reference)
                if found.signal is not None:
                    row |= _medians("trace", measured) | {"beats_matched": int((beats["match"] == "matched").sum())}
                if len(beats["beat"]):
                    scores.beats.append({**key, **_place(place), **beats})
                for annotator, marked in sorted((marks or {}).get((place["row"], place["column"]), {}).items()):
                    compared = compare_with_marks(marked, reference.beats, measured.beats, lag_s)
                    scores.experts.append({**key, **_place(place), "annotator": annotator, **compared})
            scores.rows.append(row)
    return scores


def _series(row: Mapping[str, Any]) -> Series:
    return Series(np.asarray(row["samples"], float), float(row["rate_hz"]), float(row["start_s"]))


def _clinical(series: Series, window: Series, delineator: Delineator) -> Clinical:
    return measure(series, window.start_s, len(window.samples) / window.rate_hz, delineator)


def _place(row: Mapping[str, Any]) -> Row:
    return {name: row[name] for name in ("lead", "row", "column")}


def _row(
    key: Mapping[str, Any],
    place: Mapping[str, Any],
    outcome: Mapping[str, Any],
    figures: Mapping[str, float],
    name_read: bool | None = None,
) -> Row:
    """A row without clinical parameters; the ceilings are those that the truth's row has, if any."""
    ceilings = {name: place.get(name, math.nan) for name in CEILINGS}
    absent = {f"{name}_{which}": math.nan for name in CLINICAL for which in ("truth", "trace")}
    counts = {f"beats_{which}": None for which in ("truth", "trace", "matched")}
    return {**key, **_place(place), "name_read": name_read, **figures, **ceilings, **absent, **counts, **outcome}


def _medians(which: str, clinical: Clinical) -> Row:
    medians = {f"{name}_{which}": clinical.median(name) for name in CLINICAL}
    return {**medians, f"beats_{which}": len(clinical.beats)}
