"""The `network` digitizer; see the package's text."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from papertrace.traces.assemble import assemble
from papertrace.traces.beats import beat_size
from papertrace.traces.digitizer import PageTraces
from papertrace.traces.einthoven import reconcile
from papertrace.traces.ink import InkMap, Light, ink_map
from papertrace.traces.lattice import NoLatticeError
from papertrace.traces.layout import Row, agreeing, is_straight
from papertrace.traces.network.bands import Band, find_bands, share_in_rows, without_outline, without_slants
from papertrace.traces.network.decode import heights, stretches
from papertrace.traces.network.ends import refine_ends
from papertrace.traces.network.gridless import sheet_of_rows
from papertrace.traces.network.models import BLOCK, PACKAGED, Weights, read_trace, read_view
from papertrace.traces.pulse_ink import pulses_in_ink
from papertrace.traces.rejection import shape_of
from papertrace.traces.sheet import Sheet, sheet_of
from papertrace.traces.strips import SCALE, VIEW_SCALE, Window, read_strip, reduced

_SAME_MM = 0.3
_LEAST_PRESENCE = 0.9
_MOST_DOUBT_MM = 0.22
_LEAST_IN_ROWS = 0.33
_MOST_LEVEL = 0.65
"""Of 20 validation scans with stains, folds and fax the worst row has a presence of 0.94; doubts are up to 0.1 mm, of
fax that can be read up to 0.19."""
_INK_SCALE = 6  # for words, pulses and ends
_BRIDGE_MM, _CRUMB_MM = 3.0, 3.0
_MARGIN_MM = 0.3  # of heights kept beyond where the presence ends: the ink may end later


class Network:
    """Two networks on rectified paper."""

    name = "network"

    def __init__(self, switches: tuple[str, ...] = (), weights: Weights = PACKAGED):
        self._without = switches
        self._weights = weights

    def digitize(self, image: np.ndarray, rate_hz: float = 500.0) -> PageTraces:
        """Read one page; see `papertrace.traces.digitizer.Digitizer`."""
        light = Light.of(image)
        try:
            sheet = sheet_of(image, warp="no-warp" not in self._without)
        except NoLatticeError as error:
            sheet = sheet_of_rows(
                image.shape, lambda sheet, finely: self._rows(self._view(image, light, sheet), finely=finely)
            )
            if sheet is None:
                return PageTraces("rejected", f"{error}, and no row tells the scale without it")
        gridless = np.isnan(sheet.contrast)
        view = self._view(image, light, sheet)
        rows = self._rows(view)
        reason = _reason_to_reject(rows, view.trace, gridless=gridless)
        if reason is not None:
            return PageTraces("rejected", reason, **sheet.described())
        rows = [row for row in rows if _is_clear(row)]
        read = assemble(rows, view.page, rate_hz, pulses=pulses_in_ink(view.page, rows))
        if "no-einthoven" not in self._without:
            read = replace(read, traces=reconcile(read.traces))
        return replace(read, **sheet.described())

    def _view(self, image: np.ndarray, light: Light, sheet: Sheet) -> _View:
        page = ink_map(image, sheet, light, _INK_SCALE)
        pitch = (sheet.px_per_mm_x + sheet.px_per_mm_y) / 2
        trace = _trace_map(Seen.of(image, light, page, pitch, VIEW_SCALE), page, self._weights)
        return _View(page, trace, Seen.of(image, light, page, pitch, SCALE))

    def _rows(self, view: _View, *, finely: bool = True) -> list[Row]:
        """Return the page's rows from the top; if not `finely`, as the page network alone has them."""
        bands = find_bands(view.trace)
        if finely:
            read = (self._read(view.strips, band) for band in bands)
            rows = [row for row in read if row is not None and not is_straight(row)]
        else:
            rows = [Row(band.x, band.y, np.zeros(len(band.x)), band.x[None, [0, -1]]) for band in bands]
        rows = _once_each(rows)
        return sorted((rows[k] for k in agreeing(rows)), key=lambda row: row.centre_mm)

    def _read(self, seen: Seen, band: Band) -> Row | None:
        """Return the row that a band holds, or None where there is none."""
        window = band.window()
        reading = read_trace(seen.strip(window), self._weights)
        x = window.columns_mm()
        inked = stretches(reading.presence, x, _BRIDGE_MM, _CRUMB_MM)
        if not len(inked):
            return None
        there = (x >= inked[0, 0]) & (x <= inked[-1, 1])
        if reading.presence[there].mean() < _LEAST_PRESENCE:
            return None
        y = window.y_mm + heights(reading.logits, continuous="no-continuity" not in self._without) / window.scale
        y += window.drift_mm(x)
        doubt = reading.error_px / window.scale
        if "one-per-column" in self._without:
            x, y, doubt = ((values[0::2] + values[1::2]) / 2 for values in (x, y, doubt))
        inside = ((x[:, None] >= inked[:, 0] - _MARGIN_MM) & (x[:, None] <= inked[:, 1] + _MARGIN_MM)).any(axis=1)
        kept = np.flatnonzero(inside)
        part = slice(kept[0], kept[-1] + 1)
        row = Row(x[part], np.where(inside, y, np.nan)[part], doubt[part], inked)
        return row if "no-ends" in self._without else refine_ends(row, seen.page, seen.width_px)


def _reason_to_reject(rows: list[Row], trace: np.ndarray, *, gridless: bool) -> str | None:
    """Tell why the networks' rows are those of no ECG; None where they may be. What `assemble` asks comes besides.

    The trace network knows when it does not see a trace: of handwriting, notes and maps it expects errors that it
    expects of no ECG, however stained. A drawing has lines beside the rows that may be found in it. A grid is evidence,
    too; without one there must be beats.
    """
    if not rows:
        return "no trace was found: nothing runs across the page but ruled lines"
    if 2 * sum(not _is_clear(row) for row in rows) >= len(rows):
        return "what runs across the page is no clear trace"
    if share_in_rows(trace, rows) < _LEAST_IN_ROWS:
        return "most of what looks like traces is in no row"
    if gridless and (beat_size(rows) is None or np.median([shape_of(row).level for row in rows]) > _MOST_LEVEL):
        return "there is no grid, and what runs across the page shows no beats"
    return None


def _is_clear(row: Row) -> bool:
    return float(np.nanmean(row.doubt_mm)) < _MOST_DOUBT_MM


@dataclass(frozen=True)
class Seen:
    """An image reduced to the pixels that are wanted of it, with its light, ready to be cut into strips."""

    image: np.ndarray
    factor: int
    width_px: int
    light: Light
    page: InkMap

    @classmethod
    def of(cls, image: np.ndarray, light: Light, page: InkMap, px_per_mm: float, scale: float) -> Seen:
        """Reduce an image that has `px_per_mm` to what `scale` needs."""
        small, factor = reduced(image, px_per_mm, scale)
        return cls(small, factor, image.shape[1], light, page)

    def strip(self, window: Window) -> np.ndarray:
        """Return a stretch of the page, rectified; see `papertrace.traces.strips.read_strip`."""
        return read_strip(self.image, self.light, self._to_px, window)

    def _to_px(self, points_mm: np.ndarray) -> np.ndarray:
        return (self.page.to_px(points_mm) + 0.5) / self.factor - 0.5


@dataclass(frozen=True)
class _View:
    """An image under a geometry: its ink, what the page network sees on it, and whence strips are cut."""

    page: InkMap
    trace: np.ndarray
    strips: Seen


def _trace_map(seen: Seen, page: InkMap, weights: Weights) -> np.ndarray:
    """Return what the page network sees of the traces on the whole page, shape (h, w)."""
    block = 2 * BLOCK
    height, width = (-(-int(side / page.scale * VIEW_SCALE) // block) * block for side in page.ink.shape)
    window = Window(0.0, 0.0, width, height, VIEW_SCALE, time_scale=VIEW_SCALE)
    trace = read_view(seen.strip(window)[:3], weights)
    return without_slants(without_outline(trace, page.edge))


def _once_each(rows: list[Row]) -> list[Row]:
    """Return the rows without those read a second time, in parts: where a crease crosses a row, bands may be mixed."""
    kept: list[Row] = []
    for row in sorted(rows, key=lambda row: row.start_mm - row.end_mm):
        if not any(_is_same(row, other) for other in kept):
            kept.append(row)
    return kept


def _is_same(row: Row, other: Row) -> bool:
    known, theirs = np.isfinite(row.y_mm), np.isfinite(other.y_mm)
    x = row.x_mm[known]
    common = (x >= other.start_mm) & (x <= other.end_mm)
    if common.mean() < 0.5:
        return False
    away = row.y_mm[known] - np.interp(x, other.x_mm[theirs], other.y_mm[theirs])
    return bool(np.mean(np.abs(away[common]) < _SAME_MM) > 0.5)
