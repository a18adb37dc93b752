"""From rows to leads: pulses, names, columns, speed, gain, the page's time, and samples in mV at the wanted rate.

What finds the rows does not matter here: every digitizer hands over `papertrace.traces.layout.Row`.
"""

from __future__ import annotations

import numpy as np
from scipy.interpolate import Akima1DInterpolator

from papertrace.traces.beats import is_simultaneous
from papertrace.traces.columns import assign_columns
from papertrace.traces.confidence import confidence_of, expected_error_mv, expected_snr_db, is_unreadable
from papertrace.traces.digitizer import PageTraces, Trace
from papertrace.traces.ink import InkMap
from papertrace.traces.layout import Pulse, Row, arrange
from papertrace.traces.names import read_lead_names
from papertrace.traces.pulse_ink import pulses_in_ink
from papertrace.traces.pulses import cut_pulses, give_pulses
from papertrace.traces.rejection import reason_to_reject
from papertrace.traces.runs import INK_THRESHOLD
from papertrace.traces.scale import PageScale, find_gain, find_speed
from papertrace.traces.scale_text import read_scale
from papertrace.traces.time_span import left_edge, time_span
from papertrace.traces.words import covered_by

_BRIDGE_MM = 1.0
_END_MM = 0.2  # how far an end's value is held: the ends of rows are found to a tenth of a millimetre


def assemble(
    rows: list[Row],
    page: InkMap,
    rate_hz: float,
    pulses: list[Pulse] | None = None,
    scale: PageScale | None = None,
) -> PageTraces:
    """Turn a page's rows into leads.

    Parameters
    ----------
    rows : list of Row
        At least one, from the top.
    page : InkMap
        The page they were found on: print is read there, and it tells where a millimetre lies in the image.
    rate_hz : float
        Of the samples.
    pulses : list of Pulse, optional
        Calibration pulses, where they were found apart from the rows; where None they are looked for in the rows, to be
        cut off, and else in the ink beside them.
    scale : PageScale, optional
        Speed and gain, by a digitizer that takes them as given; where None pulses, print and beats tell them.

    Returns
    -------
    PageTraces
        Without the page's geometry; rejected, without traces, where the rows cannot be those of an ECG.
    """
    if pulses is None:
        rows = cut_pulses(rows)
        pulses = [] if any(row.pulse is not None for row in rows) else pulses_in_ink(page, rows)
    rows = give_pulses(rows, pulses)
    covered = covered_by(page, rows)
    text = read_scale(page, rows, covered) if scale is None else None
    gain = find_gain(rows, [[None]] * len(rows), text)[0] if scale is None else scale.gain_mm_mv
    reason = reason_to_reject(rows, gain, float(np.mean(page.ink > INK_THRESHOLD)))
    if reason is not None:
        return PageTraces("rejected", reason)
    speed, speed_from = find_speed(rows, text) if scale is None else (scale.speed_mm_s, scale.speed_from)
    start, seconds = time_span(rows, speed, left_edge(rows, page))
    read = assign_columns(read_lead_names(page, rows, covered), rows, start, seconds * speed)
    layout, grid = arrange([None if row is None else row.leads for row in read])
    if scale is None:
        scale = PageScale(speed, speed_from, *find_gain(rows, grid, text))
    together = is_simultaneous(rows, [len(leads) for leads in grid], start, seconds * speed)
    traces = []
    for index, (row, leads) in enumerate(zip(rows, grid, strict=True)):
        duration = seconds / len(leads)
        for column, lead in enumerate(leads):
            place = duration * column
            span = (0.0 if together else place, duration)
            traces.append(_sample(row, page, scale, lead, index, column, start + place * speed, span, rate_hz))
    stretches = [(trace.samples, trace.error_mv) for trace in traces]
    if is_unreadable(stretches):
        return PageTraces("rejected", "the traces cannot be read: more error than signal is expected")
    confidence = float(np.mean([trace.confidence.mean() for trace in traces]))
    return PageTraces(
        "ok",
        None,
        layout,
        speed_mm_s=speed,
        gain_mm_mv=scale.gain_mm_mv,
        speed_from=speed_from,
        gain_from=scale.gain_from,
        confidence=confidence,
        expected_snr_db=expected_snr_db(stretches),
        traces=traces,
    )


def _sample(
    row: Row,
    page: InkMap,
    scale: PageScale,
    lead: str | None,
    index: int,
    column: int,
    start_mm: float,
    span_s: tuple[float, float],
    rate_hz: float,
) -> Trace:
    """Sample the stretch of a row that begins at `start_mm`; `span_s` is the moment it begins and how long it is."""
    begin, duration = span_s
    first, end = int(np.ceil(round(begin * rate_hz, 6))), int(np.ceil(round((begin + duration) * rate_hz, 6)))
    x_mm = start_mm + (np.arange(first, end) / rate_hz - begin) * scale.speed_mm_s
    zero = row.zero_mm if row.zero_mm is not None else float(np.nanmean(row.y_mm))
    gain = scale.gain_of(lead)
    known = np.isfinite(row.y_mm)
    # Akima's curve (1970) keeps the peaks that straight lines cut off, and does not swing beside a step
    curve = Akima1DInterpolator(row.x_mm[known], row.y_mm[known])
    y_mm = curve(np.clip(x_mm, *curve.x[[0, -1]]))
    # the pen lifts nowhere in a lead, so what is missing over less than a millimetre is bridged
    reach = row.inked_mm + np.array([-_BRIDGE_MM, _BRIDGE_MM]) / 2
    reach[0, 0], reach[-1, 1] = row.start_mm - _END_MM, row.end_mm + _END_MM
    missing = ~((x_mm >= reach[:, :1]) & (x_mm <= reach[:, 1:])).any(axis=0)
    told = np.isfinite(row.doubt_mm)
    doubt = np.interp(x_mm, row.x_mm[told], row.doubt_mm[told]) if told.any() else np.full(len(x_mm), np.nan)
    doubt = np.where(missing, np.nan, doubt)
    error = expected_error_mv(doubt, page.residual_mm, gain)
    samples = np.where(missing, np.nan, (zero - y_mm) / gain)
    px = page.to_px(np.stack([x_mm, y_mm], axis=1))
    return Trace(
        lead,
        index,
        column,
        first / rate_hz,
        rate_hz,
        samples.astype(np.float32),
        confidence_of(error).astype(np.float32),
        px[:, 0].astype(np.float32),
        px[:, 1].astype(np.float32),
        gain,
        error.astype(np.float32),
    )
