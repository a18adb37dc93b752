"""The ideal readers: what can be had of a page's signals at the resolution of its image, and no more.

Both know the map from the page's millimetres to the image's pixels, and so undo every turn and bend; both know the
centre line of every trace. Where the trace leaves image or paper, or is hidden, they have nothing, which counts as 0 mV
as it does in `papertrace.scores.fidelity`.

* The reader of samples takes the centre line at the very moments of the samples, as a label of the image tells it: in
  hundredths of a pixel. What it lacks is what the image does not show.
* The reader of columns takes what every program can at best that follows a trace across an image: one height a pixel
  along the time axis, joined by a spline. What a signal has above half a cycle a pixel (98 Hz at 200 dpi, 25 mm/s and a
  grid of its nominal size) is lost to it too.

Blur and noise lower neither.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from papertrace.geometry import PixelMap, Size, at_pixels, in_image
from papertrace.labels import LeadLabel, PageLabels
from papertrace.pages.ink import curve_heights
from papertrace.spans import spans_of

if TYPE_CHECKING:
    from papertrace.pages.render import Stretch

LABEL_STEP_PX = 0.01
"""To what the reader of samples knows where a point lies."""

_LIMIT_DB = 100.0
_AXIS_STEPS_MM = 1.0  # how finely a time axis is followed through a map that bends it
_POLE = math.sqrt(3) - 2  # of the cubic spline's prefilter (Unser 1999)
_TAPS = 16  # after which its response is below 1e-8
_ROOM = _TAPS + 2
_CUBIC = np.linalg.inv(np.vander(np.arange(4)))  # from values at 0 … 3 to the coefficients of their cubic


@dataclass(frozen=True)
class Readable:
    """What the ideal readers have of one stretch.

    Attributes
    ----------
    by_sample, by_column : ndarray, shape (n,)
        In mV at the truth's sample times; NaN where there is nothing.
    ceiling_db, column_ceiling_db : float
        The readers' SNR in dB, at most 100; NaN of a stretch without power.
    """

    by_sample: np.ndarray
    by_column: np.ndarray
    ceiling_db: float
    column_ceiling_db: float


def readable(
    labels: PageLabels, truth: list[Stretch], pixel_map: PixelMap, size: Size, hidden: np.ndarray | None = None
) -> list[Readable]:
    """Return what the ideal readers have of each stretch, in the labels' order.

    Parameters
    ----------
    labels : PageLabels
        Of the page.
    truth : list of Stretch
        What was drawn, in the order of ``labels.leads``.
    pixel_map : PixelMap
        Page millimetres to the image's pixels.
    size : tuple of int
        The image's width and height in pixels.
    hidden : ndarray of bool, shape (h, w), optional
        Pixels that show no ink (see `papertrace.exports.occlusion.hidden`).
    """

    def seen(points_mm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        points_px = pixel_map.apply(points_mm)
        shown = in_image(points_px, size) & labels.on_paper(points_mm)
        if hidden is not None:
            shown &= ~at_pixels(hidden, points_px)
        return points_px, shown

    found = []
    for lead, stretch in zip(labels.leads, truth, strict=True):
        samples = np.asarray(stretch.samples, float)
        by_sample = _by_sample(lead, stretch, pixel_map, seen)
        by_column = _by_column(lead, stretch, pixel_map, seen)
        found.append(Readable(by_sample, by_column, _snr_db(samples, by_sample), _snr_db(samples, by_column)))
    return found


def _by_sample(lead: LeadLabel, stretch: Stretch, pixel_map: PixelMap, seen) -> np.ndarray:
    points_px, shown = seen(lead.centre_line_mm(stretch.samples, stretch.rate_hz))
    told = np.round(points_px[shown] / LABEL_STEP_PX) * LABEL_STEP_PX
    trace = np.full(len(shown), np.nan)
    trace[shown] = (lead.y0_mm - pixel_map.inverse(told)[:, 1]) / lead.gain_mm_mv
    return trace


def _by_column(lead: LeadLabel, stretch: Stretch, pixel_map: PixelMap, seen) -> np.ndarray:
    samples = np.asarray(stretch.samples, float)
    known = np.isfinite(samples)
    trace = np.full(len(samples), np.nan)
    step_mm = lead.speed_mm_s / stretch.rate_hz
    knots_mm = _one_a_pixel(lead.x0_mm, lead.x0_mm + step_mm * (len(samples) - 1), lead.y0_mm, pixel_map)
    knots = (knots_mm - lead.x0_mm) / step_mm  # in samples
    if len(knots) == 0:
        return trace
    # Where each sample lies, in knots; the map is smooth, so that knots are all but evenly spaced.
    places = np.interp(np.arange(len(samples)), knots, np.arange(len(knots)), left=-1, right=len(knots))
    for first, end in spans_of(known).tolist():
        within = np.flatnonzero((knots >= first) & (knots <= end - 1))
        heights = lead.y0_mm - lead.gain_mm_mv * curve_heights(samples[first:end], knots[within] - first)
        _, shown = seen(np.stack([knots_mm[within], heights], axis=1))
        for low, high in spans_of(shown).tolist():
            # The samples up to a pixel beyond the outermost readings have those.
            one = within[low] - 1, within[high - 1] + 1
            near = np.flatnonzero((places >= one[0]) & (places <= one[1]))
            near = near[(near >= first) & (near < end)]
            at = np.clip(places[near] - within[low], 0, high - low - 1)
            trace[near] = (lead.y0_mm - spline(heights[low:high], at)) / lead.gain_mm_mv
    return trace


def _one_a_pixel(x0_mm: float, x1_mm: float, y_mm: float, pixel_map: PixelMap) -> np.ndarray:
    """Return positions in mm along a time axis, a pixel of the image apart; the whole columns of a page not turned."""
    steps = max(math.ceil((x1_mm - x0_mm) / _AXIS_STEPS_MM), 1) + 1
    axis = np.linspace(x0_mm, x1_mm, steps)
    points = pixel_map.apply(np.stack([axis, np.full(steps, y_mm)], axis=1))
    along = points[0, 0] + np.append(0, np.cumsum(np.hypot(*np.diff(points, axis=0).T)))
    return np.interp(np.arange(math.ceil(along[0]), math.floor(along[-1]) + 1), along, axis)


def spline(values: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return a cubic spline through values one apart, by convolution (Unser 1999).

    Beyond its ends the values are thought to go on as the cubic through the last four of them.

    Parameters
    ----------
    values : ndarray, shape (n,)
        At 0 … n - 1.
    at : ndarray, shape (m,)
        Where, 0 … n - 1.

    Examples
    --------
    >>> spline(np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.5, 3.0])).round(6).tolist()
    [0.5, 3.0]
    """
    if len(values) < 4:
        return np.interp(at, np.arange(len(values)), values)
    # Two more coefficients than values on either side are needed beyond the reach of the prefilter.
    beyond = np.vander(np.arange(-_ROOM, 0), 4) @ _CUBIC
    padded = np.concatenate([beyond @ values[:4], values, (beyond @ values[-4:][::-1])[::-1]])
    response = math.sqrt(3) * _POLE ** np.abs(np.arange(-_TAPS, _TAPS + 1))
    weights = np.convolve(padded, response, mode="valid")
    k = np.minimum(at.astype(int), len(values) - 1)
    t = at - k
    k = k + 2
    rest = 1 - t
    return (
        rest**3 * weights[k - 1]
        + (4 - 6 * t * t + 3 * t**3) * weights[k]
        + (4 - 6 * rest * rest + 3 * rest**3) * weights[k + 1]
        + t**3 * weights[k + 2]
    ) / 6


def _snr_db(truth: np.ndarray, trace: np.ndarray) -> float:
    """As `papertrace.scores.fidelity.snr_db`, which pages must not depend on."""
    known = np.isfinite(truth)
    s, read = truth[known], np.nan_to_num(trace[known])
    power, noise = float(s @ s), float((s - read) @ (s - read))
    if power == 0:
        return math.nan
    return _LIMIT_DB if noise == 0 else min(10 * math.log10(power / noise), _LIMIT_DB)
