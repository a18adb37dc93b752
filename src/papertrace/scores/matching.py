"""Which trace belongs to which lead of the truth.

A stretch of a lead is known by its place on the page, (row, column) of the layout, and by its name. Signals are never
compared: a digitizer that put a lead in the wrong place is not to be helped by a scorer that looks for the best fit.

1. Where the digitizer found just the places that are on the page, each stretch goes to its own place, whatever
   it is called; a wrong name then shows in `Match.name_read`.
2. A signal with a name and without a place is the lead as a whole: it answers for every stretch of that name, each by
   what it holds at the stretch's time.
3. Otherwise (rows missed, rows too many, another layout) names decide, as far as they are given. Of stretches of the
   same name (a 3x4 page has lead II in its column and as the rhythm strip) the pair that shares most time goes first.
4. What is left goes to its own place where that is still free,
5. and what is left then is taken in the order of rows and columns.

A signal that does not tell when on the page it begins, as some programs' do not, begins with a stretch it is matched
with: that which is nearest to it in length.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Match:
    """What a stretch of the truth was matched with.

    Attributes
    ----------
    signal : int or None
        Index of the signal; None where no signal is left for this stretch.
    name_read : bool
        Whether the digitizer called it by its right name.
    start_s : float
        When on the page the signal begins; NaN where there is none.
    """

    signal: int | None
    name_read: bool = False
    start_s: float = math.nan


def match(truth: Sequence[Mapping[str, Any]], signals: Sequence[Mapping[str, Any]]) -> list[Match]:
    """Match the stretches of one page with the signals one digitizer made of it.

    Parameters
    ----------
    truth : sequence of mappings
        With `lead`, `row`, `column`, `start_s`, `rate_hz` and `samples` (`papertrace.tables.TRUTH`).
    signals : sequence of mappings
        The same keys (`papertrace.tables.SIGNALS`); `lead`, `row` and `column` may be None.

    Returns
    -------
    list of Match
        One per stretch of the truth, in the truth's order; no signal with a place is used twice.
    """
    truth_places, signal_places = [_place(row) for row in truth], [_place(row) for row in signals]
    truth_names, signal_names = [_name(row) for row in truth], [_name(row) for row in signals]
    pairs: dict[int, int] = {}
    if sorted(truth_places) == sorted(signal_places) and len(set(truth_places)) == len(truth_places):
        pairs = {t: signal_places.index(place) for t, place in enumerate(truth_places)}
    else:
        candidates = [
            (-_shared_s(truth[t], signals[s]), truth_places[t] != signal_places[s], t, s)
            for t in range(len(truth))
            for s in range(len(signals))
            if signal_names[s] and signal_names[s] == truth_names[t]
        ]
        by_name = [(t, s) for *_, t, s in sorted(candidates)]
        for t, s in by_name:
            if signal_places[s] == _NOWHERE:
                pairs.setdefault(t, s)
        _take(pairs, by_name)
        every_pair = [(t, s) for t in range(len(truth)) for s in range(len(signals))]
        _take(pairs, [(t, s) for t, s in every_pair if truth_places[t] == signal_places[s]])
        _take(pairs, sorted(every_pair, key=lambda pair: (truth_places[pair[0]], signal_places[pair[1]])))
    starts = {s: _start_s(signals[s], [truth[t] for t, other in pairs.items() if other == s]) for s in pairs.values()}
    return [
        Match(pairs[t], bool(name) and signal_names[pairs[t]] == name, starts[pairs[t]]) if t in pairs else Match(None)
        for t, name in enumerate(truth_names)
    ]


def _take(pairs: dict[int, int], candidates: list[tuple[int, int]]) -> None:
    """Add to `pairs`, first come first served, those candidates of which neither side is taken."""
    for t, s in candidates:
        if t not in pairs and s not in pairs.values():
            pairs[t] = s


def _place(row: Mapping[str, Any]) -> tuple[float, float]:
    return tuple(float("inf") if row[key] is None else row[key] for key in ("row", "column"))


_NOWHERE = (float("inf"), float("inf"))


def _start_s(signal: Mapping[str, Any], stretches: Sequence[Mapping[str, Any]]) -> float:
    """Return when a signal begins; where it does not tell, when the stretch begins that is nearest to it in length."""
    if not math.isnan(signal["start_s"]):
        return signal["start_s"]
    return min(stretches, key=lambda stretch: abs(_duration_s(stretch) - _duration_s(signal)))["start_s"]


def _duration_s(row: Mapping[str, Any]) -> float:
    return len(row["samples"]) / row["rate_hz"]


def _name(row: Mapping[str, Any]) -> str:
    return (row["lead"] or "").strip().casefold()


def _shared_s(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """Length of the time in s that both stretches cover, over the time that either covers; 0 where that is not told."""
    if math.isnan(other["start_s"]):
        return 0.0
    spans = [(row["start_s"], row["start_s"] + _duration_s(row)) for row in (one, other)]
    shared = min(spans[0][1], spans[1][1]) - max(spans[0][0], spans[1][0])
    either = max(spans[0][1], spans[1][1]) - min(spans[0][0], spans[1][0])
    return max(0.0, shared) / either if either > 0 else 0.0
