"""Cardiologists' marks, and how far a delineator's fiducial points lie from them, on the truth and on the trace.

QTDB has marks of the whole record, made looking at both leads (``.q1c`` by the first cardiologist, ``.q2c`` by the
second); LUDB has marks of each lead in a file named after it (``.ii``). Both are WFDB annotations whose brackets stand
around a wave's peak: ``( p ) ( N ) ( t )``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from papertrace.errors import PapertraceError
from papertrace.records.annotations import mark_suffixes
from papertrace.scores.comparison import match_beats
from papertrace.scores.fiducials import Beats
from papertrace.tables import FIDUCIALS

_OTHER_WAVES = {"p": "p", "t": "t", "u": "u"}


def marks_of(root: Path, path: str, lead: str, rate_hz: float) -> dict[str, Beats]:
    """Return the marks that experts made on a lead, by annotator; empty where there are none.

    Parameters
    ----------
    root : Path
        Folder that the record's path is relative to.
    path : str
        WFDB path, without suffix.
    lead : str
        Name of the lead.
    rate_hz : float
        The record's sampling rate.

    Returns
    -------
    dict of Beats
        In s from the record's first sample, NaN where nothing was marked.

    Raises
    ------
    PapertraceError
        A file of marks cannot be read.
    """
    record = str(Path(root) / path)
    return {
        name: _read(record, suffix, rate_hz)
        for name, suffix in mark_suffixes(lead).items()
        if Path(f"{record}.{suffix}").is_file()
    }


def parse_marks(times_s: Sequence[float], symbols: Sequence[str]) -> Beats:
    """Return the beats that a list of annotations tells of.

    Parameters
    ----------
    times_s : sequence of float
        Ascending.
    symbols : sequence of str
        ``(`` and ``)`` for onset and end of the wave that the symbol between them names: ``p``, ``t``, ``u``, or any
        other for a QRS. Onset or end may lack.

    Returns
    -------
    Beats
        One per QRS; P is the last one before it, T the first one after it, if no other QRS comes between.
    """
    waves: list[dict[str, Any]] = []
    opened = np.nan
    for time_s, symbol in zip(times_s, symbols, strict=True):
        if symbol == "(":
            opened = time_s
        elif symbol == ")":
            if waves:
                waves[-1]["end"] = time_s
        else:
            waves.append({"wave": _OTHER_WAVES.get(symbol, "qrs"), "onset": opened, "peak": time_s, "end": np.nan})
            opened = np.nan
    places = [k for k, wave in enumerate(waves) if wave["wave"] == "qrs"]
    absent = dict.fromkeys(("onset", "peak", "end"), np.nan)
    beats: dict[str, list[float]] = {name: [] for name in FIDUCIALS}
    for k, place in enumerate(places):
        before = waves[places[k - 1] + 1 if k else 0 : place]
        after = waves[place + 1 : places[k + 1] if k + 1 < len(places) else None]
        p = next((wave for wave in reversed(before) if wave["wave"] == "p"), absent)
        t = next((wave for wave in after if wave["wave"] == "t"), absent)
        for name, wave in (("p", p), ("t", t), ("qrs", waves[place])):
            for point in ("onset", "peak", "end"):
                beats["r_peak" if (name, point) == ("qrs", "peak") else f"{name}_{point}"].append(wave[point])
    return Beats(**{f"{name}_s": np.array(values, float) for name, values in beats.items()})


def errors(marks: Beats, found: Beats, lag_s: float = 0.0) -> np.ndarray:
    """Return how much later each marked point was found, of each marked beat.

    Parameters
    ----------
    marks, found : Beats
        By the same clock.
    lag_s : float
        How much later `found` is as a whole. It helps to find which beats belong together, and changes no error.

    Returns
    -------
    ndarray, shape (marked beats, fiducials)
        In ms, the columns as `papertrace.tables.FIDUCIALS`; NaN where a point is not marked or was not found.
    """
    late = np.full((len(marks), len(FIDUCIALS)), np.nan)
    pairs = match_beats(marks.r_peak_s, found.r_peak_s - lag_s)
    for column, name in enumerate(FIDUCIALS):
        marked, times = (getattr(beats, f"{name}_s") for beats in (marks, found))
        late[pairs[:, 0], column] = 1000 * (times[pairs[:, 1]] - marked[pairs[:, 0]])
    return late


def compare_with_marks(marks: Beats, truth: Beats, trace: Beats, lag_s: float = 0.0) -> dict[str, np.ndarray]:
    """Lay what was found on truth and trace beside what was marked.

    Returns
    -------
    dict of ndarray
        Columns of `papertrace.tables.EXPERTS` from `beat` on, a row a marked point.
    """
    of_truth, of_trace = errors(marks, truth), errors(marks, trace, lag_s)
    times = np.stack([getattr(marks, f"{name}_s") for name in FIDUCIALS], axis=1)
    beat, column = np.nonzero(np.isfinite(times))
    return {
        "beat": beat.astype(np.int32),
        "fiducial": np.array(FIDUCIALS)[column],
        "marked_s": times[beat, column],
        "truth_error_ms": of_truth[beat, column],
        "trace_error_ms": of_trace[beat, column],
    }


def within(marks: Beats, first_s: float, last_s: float) -> Beats:
    """Return the beats whose R peaks lie in a window, and of their points those that do."""
    marks = marks[(marks.r_peak_s >= first_s) & (marks.r_peak_s <= last_s)]
    times = {f"{name}_s": getattr(marks, f"{name}_s") for name in FIDUCIALS}
    return Beats(**{k: np.where((v >= first_s) & (v <= last_s), v, np.nan) for k, v in times.items()})


def _read(record: str, suffix: str, rate_hz: float) -> Beats:
    import wfdb

    try:
        marks = wfdb.rdann(record, suffix)
    except MemoryError:
        raise
    except Exception as error:
        # wfdb raises whatever its parsing of damaged bytes runs into; there is no narrower family of errors.
        raise PapertraceError(f"{record}.{suffix}: not annotations that can be read ({error}); get it anew") from error
    return parse_marks(np.asarray(marks.sample) / rate_hz, marks.symbol)
