"""Limb leads that a page shows at the same time, made to agree as Einthoven's and Goldberger's equations have them.

Six limb leads are two signals: II = I + III, aVR = -(I + II) / 2, aVL = I - II / 2, aVF = II - I / 2. Where a page
shows three of them or more of the same seconds, a rhythm strip among them, the errors of reading are not free to be
anything: what is nearest to all leads read, each as sure as it is, is nearer to the truth than any of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from papertrace.traces.digitizer import Trace

OF_I_AND_II = {
    "I": (1.0, 0.0),
    "II": (0.0, 1.0),
    "III": (-1.0, 1.0),
    "aVR": (-0.5, -0.5),
    "aVL": (1.0, -0.5),
    "aVF": (-0.5, 1.0),
}
"""Each limb lead as a sum of I and II (Goldberger 1942)."""

_LEAST_AGREEMENT = 0.999
"""Share of the power that the equations explain. Less of wrong names and other seconds, and of recorders that filter
each lead for itself: PTB-XL's leads hold the equations to 1 µV, LUDB's are up to 90 µV off them."""
_LEAST_S = 0.5
_LEAST_ERROR_MV = 0.01  # no lead is so sure that the others do not count


def reconcile(traces: Sequence[Trace]) -> list[Trace]:
    """Return a page's traces, the limb leads of the same seconds made to agree.

    Each lead keeps its own mean: its zero is its own. Traces that are not of limb leads, that tell no expected error or
    have less than two others beside them stay as they are, and so do all where the equations do not hold.

    Parameters
    ----------
    traces : sequence of Trace
        Of one page and rate.

    Returns
    -------
    list of Trace
        In the same order.
    """
    traces = list(traces)
    limb = [k for k, trace in enumerate(traces) if trace.lead in OF_I_AND_II and trace.error_mv is not None]
    spans = defaultdict(set)
    for k in limb:
        first = round(traces[k].start_s * traces[k].rate_hz)
        spans[first, first + len(traces[k].samples)].add(k)
    # a longer trace, as a rhythm strip is, belongs to each of the columns that it runs through
    for first, end in spans:
        members = [k for (begin, stop), others in spans.items() if begin <= first and end <= stop for k in others]
        traces = _agreed(traces, sorted(members), first, end)
    return traces


def _agreed(traces: list[Trace], members: list[int], first: int, end: int) -> list[Trace]:
    """Return the traces, those of `members` made to agree from sample `first` to `end` of the page."""
    rate_hz = traces[members[0]].rate_hz
    if len(members) < 3 or end - first < _LEAST_S * rate_hz:
        return traces
    begins = [round(traces[k].start_s * rate_hz) for k in members]
    parts = [slice(first - begin, end - begin) for begin in begins]
    read = np.array([traces[k].samples[part] for k, part in zip(members, parts, strict=True)], float)
    error = np.array([traces[k].error_mv[part] for k, part in zip(members, parts, strict=True)], float)
    known = np.isfinite(read).all(axis=0) & np.isfinite(error).all(axis=0)
    if known.sum() < _LEAST_S * rate_hz:
        return traces
    read, error = read[:, known], np.maximum(error[:, known], _LEAST_ERROR_MV)
    means = read.mean(axis=1, keepdims=True)
    equations = np.array([OF_I_AND_II[traces[k].lead] for k in members])
    step = _explained(read - means, error, equations) - (read - means)
    if (step**2).sum() > (1 - _LEAST_AGREEMENT) * ((read - means) ** 2).sum():
        return traces
    for k, part, change in zip(members, parts, step, strict=True):
        samples = traces[k].samples.copy()
        samples[part][known] += change.astype(np.float32)
        traces[k] = replace(traces[k], samples=samples)
    return traces


def _explained(read: np.ndarray, error: np.ndarray, equations: np.ndarray) -> np.ndarray:
    """Return what I and II make of each lead that are nearest to all, weighted sample by sample.

    Parameters
    ----------
    read, error : ndarray, shape (k, n)
        Leads without their means and their expected errors, in mV.
    equations : ndarray, shape (k, 2)
        See `OF_I_AND_II`.
    """
    weighted = equations.T[:, :, None] / error**2
    normal = np.einsum("ikn,kj->nij", weighted, equations)
    right = np.einsum("ikn,kn->ni", weighted, read)
    return equations @ np.linalg.solve(normal, right[..., None])[..., 0].T
