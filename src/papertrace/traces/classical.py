"""The `classical` digitizer: no learning, every step explainable.

lattice (rotation, perspective, px/mm) -> ink on a rectified page -> runs and paths -> centre lines -> rows, pulses,
columns -> mV and s.
"""

from __future__ import annotations

import cv2
import numpy as np

from papertrace.traces.contour import FINE, centre_line, find_limbs, place_limbs, stroke_radius
from papertrace.traces.digitizer import PageTraces, Trace
from papertrace.traces.ink import InkMap, ink_map
from papertrace.traces.lattice import Lattice, NoLatticeError, page_lattice
from papertrace.traces.layout import Row, agreeing, arrange, cut_pulses, is_print, is_straight
from papertrace.traces.names import assign_columns, read_lead_names
from papertrace.traces.runs import INK_THRESHOLD, Path, Runs, find_paths, find_runs

SPEED_MM_S = 25.0
"""Paper speed by convention: nothing on the page but its text says otherwise."""
_STANDARD_S = 10.0
_LONGEST_INTERVAL_S = 1 / 250
_BRIDGE_MM = 1.0
_END_MM = 0.2  # how far an end's value is held: the ends of rows are found to a tenth of a millimetre


class Classical:
    """Classical computer vision; see the module's text for the steps."""

    name = "classical"

    def digitize(self, image: np.ndarray, rate_hz: float = 500.0) -> PageTraces:
        """Read one page; see `papertrace.traces.digitizer.Digitizer`."""
        try:
            lattice = page_lattice(image)
        except NoLatticeError as error:
            return PageTraces("failed", f"{error}: without a grid there is no scale")
        page = ink_map(image, lattice)
        rows, radii = _rows(page, image.shape[1])
        if not rows:
            page = ink_map(image, lattice, any_colour=True)
            rows, radii = _rows(page, image.shape[1])
        if not rows:
            return PageTraces("failed", "no trace was found: nothing inked runs across the page", **_geometry(lattice))
        rows = cut_pulses(rows)
        gain = _gain(rows)
        start, seconds = _time_span(rows)
        read = assign_columns(read_lead_names(page, rows), rows, start, seconds * SPEED_MM_S)
        layout, grid = arrange([None if row is None else row.leads for row in read])
        traces = []
        for index, (row, leads) in enumerate(zip(rows, grid, strict=True)):
            zero = row.zero_mm if row.zero_mm is not None else float(np.nanmean(row.y_mm))
            for column, lead in enumerate(leads):
                begin = seconds * column / len(leads)
                duration = seconds / len(leads)
                traces.append(
                    _sample(row, page, radii[index], lead, index, column, start, begin, duration, rate_hz, zero, gain)
                )
        confidence = float(np.mean([t.confidence.mean() for t in traces]))
        return PageTraces(
            "ok",
            None,
            layout,
            speed_mm_s=SPEED_MM_S,
            gain_mm_mv=gain,
            confidence=confidence,
            traces=traces,
            **_geometry(lattice),
        )


def _geometry(lattice: Lattice) -> dict[str, float]:
    return {
        "px_per_mm_x": lattice.px_per_mm[0],
        "px_per_mm_y": lattice.px_per_mm[1],
        "rotation_deg": lattice.rotation_deg,
    }


def _rows(page: InkMap, width_px: int) -> tuple[list[Row], list[float]]:
    """Return the page's rows from the top, and the radius of each one's pen in mm."""
    runs = find_runs(page.ink)
    found = []
    for path in find_paths(runs, page.scale):
        row, radius = _trace(path, runs, page, width_px)
        if not (is_straight(row) or is_print(row) or _along_edge(row, page)):
            found.append((row, radius))
    found = [found[k] for k in agreeing([row for row, _ in found])]
    found.sort(key=lambda item: item[0].centre_mm)
    return [row for row, _ in found], [radius for _, radius in found]


def _along_edge(row: Row, page: InkMap) -> bool:
    """Tell whether a path is the outline of the sheet, which is dark against paper and desk."""
    x, y = row.x_mm[np.isfinite(row.y_mm)], row.y_mm[np.isfinite(row.y_mm)]
    h, w = page.edge.shape
    return bool(page.edge[np.clip(y, 0, h - 1).astype(int), np.clip(x, 0, w - 1).astype(int)].mean() > 0.4)


def _trace(path: Path, runs: Runs, page: InkMap, width_px: int) -> tuple[Row, float]:
    present = path.runs >= 0
    top = np.where(present, runs.top[path.runs], np.nan)
    bottom = np.where(present, runs.bottom[path.runs], np.nan)
    radius = stroke_radius(top, bottom)
    x = path.x0 + np.arange((len(top) - 1) * FINE + 1) / FINE
    y, doubt = centre_line(top, bottom, radius)
    limbs = find_limbs(page.ink, x, y, radius)
    # across a limb, noise in the signal does not make the pen look wider
    radius = min(radius, limbs.radius() or radius)
    y, doubt = centre_line(top, bottom, radius)
    y = place_limbs(x, y, find_limbs(page.ink, x, y, radius), radius)
    # where ink ends it ends in a round cap, one radius beyond the curve
    outside = np.zeros(len(x), bool)
    inked = []
    for first, last in _stretches(present):
        left = _ink_end(page.ink, path.x0 + first, top[first], bottom[first], -1)
        right = _ink_end(page.ink, path.x0 + last, top[last], bottom[last], +1)
        left, right = left + radius, right - radius
        outside |= (x >= path.x0 + first - 0.6) & (x <= path.x0 + last + 0.6) & ((x < left) | (x > right))
        inked.append((left, right))
    inked[0] = (_at_border(inked[0][0], top[0], page, width_px), inked[0][1])
    inked[-1] = (inked[-1][0], _at_border(inked[-1][1], top[-1], page, width_px))
    y = np.where(outside, np.nan, y)
    return Row(x / page.scale, y / page.scale, doubt / page.scale, np.array(inked) / page.scale), radius / page.scale


def _at_border(x: float, y: float, page: InkMap, width_px: int) -> float:
    """Return the end of a trace, x in canonical px, or the image's own edge if it ends within half a millimetre of it.

    Such a trace was cut off by the edge, or runs into a frame drawn along it: there is no round cap.
    """
    at, beside = cv2.perspectiveTransform(np.array([[[x, y], [x + page.scale, y]]]), page.canonical_to_px)[0, :, 0]
    px_per_mm = beside - at
    for edge in (-0.5, width_px - 0.5):
        if abs(at - edge) < 0.5 * px_per_mm:
            return x + (edge - at) / px_per_mm * page.scale
    return x


def _stretches(present: np.ndarray) -> list[tuple[int, int]]:
    """Return first and last index of each stretch of True."""
    change = np.flatnonzero(np.diff(np.concatenate([[0], present.astype(np.int8), [0]])))
    return list(zip(change[0::2].tolist(), (change[1::2] - 1).tolist(), strict=True))


def _ink_end(
    ink: np.ndarray, column: int, top: float, bottom: float, direction: int, threshold: float = INK_THRESHOLD
) -> float:
    """Return where, in px, the ink of a trace's outermost run crosses the threshold sideways."""
    rows = slice(max(0, int(np.round(top))), max(int(np.round(bottom)), int(np.round(top))) + 1)
    beyond = column + direction
    if not 0 <= beyond < ink.shape[1]:
        return float(column)
    inner, outer = float(ink[rows, column].max()), float(ink[rows, beyond].max())
    if inner <= outer:
        return float(column)
    return column + direction * float(np.clip((inner - threshold) / (inner - outer), 0, 1))


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
    radius_mm: float,
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
    confidence = np.where(missing, 0, 1 / (1 + doubt / (2 * radius_mm)))
    samples = np.where(missing, np.nan, (zero_mm - y_mm) / gain)
    px = cv2.perspectiveTransform(np.stack([x_mm * page.scale, y_mm * page.scale], axis=1)[None], page.canonical_to_px)[
        0
    ]
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
    )
