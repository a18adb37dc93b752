"""The beats of a trace beside those of its truth, one to one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from papertrace.scores.clinical import Clinical
from papertrace.tables import CLINICAL, FIDUCIALS

TOLERANCE_S = 0.15
"""R peaks up to this far apart may be of the same beat (ANSI/AAMI EC57)."""


def match_beats(truth_s: np.ndarray, trace_s: np.ndarray, tolerance_s: float = TOLERANCE_S) -> np.ndarray:
    """Match R peaks that are each other's nearest and not too far apart.

    Parameters
    ----------
    truth_s, trace_s : ndarray, shapes (n,) and (m,)
        R peaks in s by the same clock, ascending.
    tolerance_s : float
        How far apart at most.

    Returns
    -------
    ndarray of int, shape (pairs, 2)
        Indices of truth and trace, ascending; each is used once at most.
    """
    if not (len(truth_s) and len(trace_s)):
        return np.zeros((0, 2), int)
    apart = np.abs(np.asarray(truth_s)[:, None] - np.asarray(trace_s)[None, :])
    nearest = apart.argmin(axis=1)
    mutual = (apart.argmin(axis=0)[nearest] == np.arange(len(truth_s))) & (apart.min(axis=1) <= tolerance_s)
    return np.stack([np.flatnonzero(mutual), nearest[mutual]], axis=1)


def compare_beats(truth: Clinical, trace: Clinical, lag_s: float = 0.0) -> dict[str, Any]:
    """Lay the beats of a trace beside those of its truth.

    Parameters
    ----------
    truth, trace : Clinical
        The same lead as drawn and as read.
    lag_s : float
        How much later the trace is than the truth. It helps to find which beats belong together, and changes no time.

    Returns
    -------
    dict of ndarray
        Columns of `papertrace.tables.BEATS` from `beat` on, a row a beat: those of the truth in their order, matched
        or missed, and where the trace has beats that the truth has not, these among them. A matched beat's RR, and what
        is made of it, is absent on the trace where the beat before is not matched: it is not of the same two beats.
    """
    pairs = match_beats(truth.beats.r_peak_s, trace.beats.r_peak_s - lag_s)
    extra = np.setdiff1d(np.arange(len(trace.beats)), pairs[:, 1])
    of_truth = np.r_[np.arange(len(truth.beats)), np.full(len(extra), -1)]
    of_trace = np.full(len(of_truth), -1)
    of_trace[pairs[:, 0]] = pairs[:, 1]
    of_trace[len(truth.beats) :] = extra
    peaks = np.where(
        of_truth >= 0, _taken(truth.beats.r_peak_s, of_truth), _taken(trace.beats.r_peak_s, of_trace) - lag_s
    )
    order = np.argsort(peaks, kind="stable")
    of_truth, of_trace = of_truth[order], of_trace[order]
    columns: dict[str, Any] = {
        "beat": np.arange(len(order), dtype=np.int32),
        "match": np.where(of_truth < 0, "extra", np.where(of_trace < 0, "missed", "matched")),
    }
    for which, clinical, index in (("truth", truth, of_truth), ("trace", trace, of_trace)):
        for name in FIDUCIALS:
            columns[f"{name}_s_{which}"] = _taken(getattr(clinical.beats, f"{name}_s"), index)
        for name in CLINICAL:
            columns[f"{name}_{which}"] = _taken(clinical.of_beats[name], index)
    # An interval from the beat before is of the same two beats only where that one is matched too.
    matched = columns["match"] == "matched"
    alone = matched & ~np.r_[False, matched[:-1]][: len(matched)]
    for name in ("rr_ms", "hr_bpm", "qtc_bazett_ms", "qtc_fridericia_ms"):
        columns[f"{name}_trace"][alone] = np.nan
    return columns


def stacked(blocks: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Put blocks of rows below each other.

    Parameters
    ----------
    blocks : sequence of mappings
        A value or an array by each of the schema's columns; values stand for all rows of their block, of whose arrays
        there is at least one.
    schema : pyarrow.Schema
        Of the table.

    Returns
    -------
    pyarrow.Table
    """
    lengths = [next(len(value) for value in block.values() if isinstance(value, np.ndarray)) for block in blocks]
    of_block = np.repeat(np.arange(len(blocks)), lengths)
    columns = []
    for field in schema if blocks else ():
        values = [block[field.name] for block in blocks]
        if isinstance(values[0], np.ndarray):
            columns.append(pa.array(np.concatenate(values), field.type))
        else:
            columns.append(pa.array(values, field.type).take(pa.array(of_block)))
    return pa.table(columns, schema=schema) if blocks else schema.empty_table()


def _taken(values: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Return values[index], NaN where the index is negative."""
    return np.r_[values, np.nan][index]
