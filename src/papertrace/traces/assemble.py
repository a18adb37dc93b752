"""From rows to leads: pulses, gain, names, columns, the page's time, and samples in mV at the wanted rate.

What finds the rows does not matter here: every digitizer hands over `papertrace.traces.layout.Row`.
"""

from __future__ import annotations

import numpy as np

from papertrace.traces.digitizer import PageTraces, Trace
from papertrace.traces.ink import InkMap
from papertrace.traces.layout import Row, arrange
from papertrace.traces.names import assign_columns, read_lead_names
from papertrace.traces.pulses import Pulse, cut_pulses, give_pulses
from papertrace.traces.rejection import reason_to_reject
from papertrace.traces.runs import INK_THRESHOLD

SPEED_MM_S = 25.0
"""Paper speed by convention: nothing on the page but its text says otherwise."""
_STANDARD_S = 10.0
_LONGEST_INTERVAL_S = 1 / 250
_BRIDGE_MM = 1.0
_END_MM = 0.2  # how far an end's value is held: the ends of rows are found to a tenth of a millimetre


def assemble(rows: list[Row], page: InkMap, rate_hz: float, pulses: list[Pulse] | None = None) -> PageTraces:
    """Turn a page's rows into leads.

    Parameters
    ----------
    rows : list of Row
        At least one, from the top.
    page : InkMap
        The page they were found on: lead names are read there, and it tells where a millimetre lies in the image.
    rate_hz : float
        Of the samples.
    pulses : list of Pulse, optional
        Calibration pulses, where they were found apart from the rows; where None they are looked for in the rows, and
        cut off.

    Returns
    -------
    PageTraces
        Without the page's geometry; rejected, without traces, where the rows cannot be those of an ECG.
    """
    rows = cut_pulses(rows) if pulses is None else give_pulses(rows, pulses)
    gain = _gain(rows)
    reason = reason_to_reject(rows, gain, float(np.mean(page.ink > INK_THRESHOLD)))
    if reason is not None:
        return PageTraces("rejected", reason)
    start, seconds = _time_span(rows)
    read = assign_columns(read_lead_names(page, rows), rows, start, seconds * SPEED_MM_S)
    layout, grid = arrange([None if row is None else row.leads for row in read])
    traces = []
    for index, (row, leads) in enumerate(zip(rows, grid, strict=True)):
        zero = row.zero_mm if row.zero_mm is not None else float(np.nanmean(row.y_mm))
        for column, lead in enumerate(leads):
            begin = seconds * column / len(leads)
            duration = seconds / len(leads)
            traces.append(_sample(row, page, lead, index, column, start, begin, duration, rate_hz, zero, gain))
    confidence = float(np.mean([trace.confidence.mean() for trace in traces]))
    return PageTraces("ok", None, layout, speed_mm_s=SPEED_MM_S, gain_mm_mv=gain, confidence=confidence, traces=traces)


def _gain(rows: list[Row]) -> float:
    """Return mm/mV from the pulses' heights, or 10 by convention."""
    heights = [row.pulse_mm for row in rows if row.pulse_mm is not None]
    if not heights:
        return 10.0
    return float(min((2.5, 5.0, 10.0, 20.0), key=lambda gain: abs(np.log(np.median(heights) / gain))))


def _time_span(rows: list[Row]) -> tuple[float, float]:
    """Return where the page's time begins (mm) and how long it is (s), from all rows together.

    Rows of one page start at the same abscissa, so every row's start is an estimate of the same number. A length
    within 1 % of the 10 s that ECG machines print is taken to be 10 s.

    An ink's end tells the curve's end but for the pen's radius, which blur makes look larger than it is: the start
    comes out late and the end as much too early. Their middle does not suffer. So where the row is 10 s, its middle
    and that length bound the start from above. The curve ends at its last sample, one sampling interval, which the
    page does not tell, before the full 10 s; the longest usual one (250 Hz) keeps this a bound.
    """
    start = float(np.median([row.start_mm for row in rows]))
    seconds = (float(np.median([row.end_mm for row in rows])) - start) / SPEED_MM_S
    if abs(seconds / _STANDARD_S - 1) > 0.01:
        return start, seconds
    drawn = (_STANDARD_S - _LONGEST_INTERVAL_S) * SPEED_MM_S
    middles = [(row.start_mm + row.end_mm) / 2 for row in rows if abs(row.end_mm - row.start_mm - drawn) < 0.5]
    if middles:
        start = min(start, float(np.median(middles)) - drawn / 2)
    return start, _STANDARD_S


def _sample(
    row: Row,
    page: InkMap,
    lead: str | None,
    index: int,
    column: int,
    start_mm: float,
    begin_s: float,
    duration_s: float,
    rate_hz: float,
    zero_mm: float,
    gain: float,
) -> Trace:
    """Sample a row's stretch at `rate_hz`."""
    first, end = int(np.ceil(round(begin_s * rate_hz, 6))), int(np.ceil(round((begin_s + duration_s) * rate_hz, 6)))
    seconds = np.arange(first, end) / rate_hz
    x_mm = start_mm + seconds * SPEED_MM_S
    known = np.isfinite(row.y_mm)
    y_mm = np.interp(x_mm, row.x_mm[known], row.y_mm[known])
    # the pen lifts nowhere in a lead, so what is missing over less than a millimetre is bridged
    reach = row.inked_mm + np.array([-_BRIDGE_MM, _BRIDGE_MM]) / 2
    reach[0, 0], reach[-1, 1] = row.start_mm - _END_MM, row.end_mm + _END_MM
    missing = ~((x_mm >= reach[:, :1]) & (x_mm <= reach[:, 1:])).any(axis=0)
    doubt = np.interp(x_mm, row.x_mm, np.nan_to_num(row.doubt_mm, nan=9.0))
    confidence = np.where(missing, 0, 1 / (1 + doubt / row.pen_mm))
    samples = np.where(missing, np.nan, (zero_mm - y_mm) / gain)
    px = page.to_px(np.stack([x_mm, y_mm], axis=1))
    return Trace(
        lead,
        index,
        column,
        first / rate_hz,
        rate_hz,
        samples.astype(np.float32),
        confidence.astype(np.float32),
        px[:, 0].astype(np.float32),
        px[:, 1].astype(np.float32),
        gain,
    )
