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

# from one sample to the next: of Holter recorders, one or two leads, and of electrocardiographs
_INTERVALS_S = (1 / 250, 1 / 500)
_SAME_LENGTH_MM = 0.5
_WHOLE = 0.01  # how far, as a share, a row may be from whole seconds and be taken for them
_USUAL_S = 10.0
_LEAST_OF_USUAL = 0.5
_MOST_OF_USUAL = 0.975
_AT_EDGE_MM, _CLEAR_OF_EDGE_MM, _NEAR_EDGE_MM = 0.3, 1.0, 6.0  # nearer than a pulse and its foot are wide
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
    text = read_scale(page, rows) if scale is None else None
    gain = find_gain(rows, [[None]] * len(rows), text)[0] if scale is None else scale.gain_mm_mv
    reason = reason_to_reject(rows, gain, float(np.mean(page.ink > INK_THRESHOLD)))
    if reason is not None:
        return PageTraces("rejected", reason)
    speed, speed_from = find_speed(rows, text) if scale is None else (scale.speed_mm_s, scale.speed_from)
    start, seconds = time_span(rows, speed, _left_edge(rows, page))
    read = assign_columns(read_lead_names(page, rows), rows, start, seconds * speed)
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


def time_span(rows: list[Row], speed_mm_s: float, edge_mm: float | None = None) -> tuple[float, float]:
    """Return where the page's time begins (mm) and how long it is (s), from all rows together.

    Rows of one page start at the same abscissa, so every row's start is an estimate of the same number. A length
    within 1 % of whole seconds, as ECG machines print, is taken to be that.

    An ink's end tells the curve's end but for the pen's radius, which blur makes look larger than it is: the start
    comes out late and the end as much too early. Their middle does not suffer. So where the row is whole seconds, its
    middle and that length tell the start. The curve ends at its last sample, one sampling interval before its full
    length; the page does not tell which, and the one that is usual for so many rows is taken.

    Where the image begins at `edge_mm`, less than `_NEAR_EDGE_MM` to the left of the rows, they may begin there, as
    some programs draw them, in a frame that hides it: so they do if they are then of the usual 10 s, which they are not
    as they are seen, or lack less than a fortieth, for few cuts miss so little. Else an image that begins where the
    rows do has cut off their beginning: the end tells the time.
    """
    start = float(np.median([row.start_mm for row in rows]))
    end = float(np.median([row.end_mm for row in rows]))
    seconds = (end - start) / speed_mm_s
    usual = (_USUAL_S - _INTERVALS_S[len(rows) > 2]) * speed_mm_s
    if (
        edge_mm is not None
        and start - edge_mm < _NEAR_EDGE_MM
        and not (start - edge_mm > _CLEAR_OF_EDGE_MM and abs(end - start - usual) < _SAME_LENGTH_MM)
    ):
        share = (end - edge_mm) / speed_mm_s / _USUAL_S
        at_edge = start - edge_mm < _AT_EDGE_MM
        if _MOST_OF_USUAL <= share < 1 - _WHOLE if at_edge else abs(share - 1) < _WHOLE:
            return edge_mm, _USUAL_S
        if at_edge and _LEAST_OF_USUAL < share < _MOST_OF_USUAL:
            return end - usual, _USUAL_S
    whole = max(round(seconds), 1)
    if abs(seconds / whole - 1) > _WHOLE:
        return start, seconds
    drawn = (whole - _INTERVALS_S[len(rows) > 2]) * speed_mm_s
    like = [row for row in rows if abs(row.end_mm - row.start_mm - drawn) < _SAME_LENGTH_MM]
    if like:
        start = float(np.median([row.start_mm + row.end_mm for row in like])) / 2 - drawn / 2
    return start, float(whole)


def _left_edge(rows: list[Row], page: InkMap) -> float | None:
    """Return where the image begins to the left of the rows, in mm; None where that is far away."""
    start = float(np.median([row.start_mm for row in rows]))
    x_mm = start + np.arange(-_NEAR_EDGE_MM, _AT_EDGE_MM, 0.02)
    middle = float(np.median([row.centre_mm for row in rows]))
    shown = page.to_px(np.stack([x_mm, np.full(len(x_mm), middle)], axis=1))[:, 0] >= -0.5
    return None if shown[0] or not shown.any() else float(x_mm[np.argmax(shown)])


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
