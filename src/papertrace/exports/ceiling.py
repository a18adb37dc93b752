"""The ideal reader: what can be had of a page's signals at the resolution of its image, and no more.

It knows the map from the page's millimetres to the image's pixels and so undoes every turn and bend; it knows the
centre line of every trace, and reads what a reader of columns can read: one height a pixel along the time axis, joined
by a spline. Beyond the edges of image and paper it has nothing. Its SNR is the ceiling for all such readers of that
image: what a signal has above half a cycle a pixel (98 Hz at 200 dpi and 25 mm/s) is lost to them. Blur, noise and what
lies over the trace lower it further and are not considered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from papertrace.exports.dense import Size, in_image
from papertrace.exports.instances import drawn_curves
from papertrace.geometry import PixelMap
from papertrace.labels import LeadLabel, PageLabels

if TYPE_CHECKING:
    from papertrace.pages.render import Stretch

_AXIS_STEPS_MM = 0.25  # how finely a time axis is followed through a map that bends it


def ceilings_db(labels: PageLabels, truth: list[Stretch], pixel_map: PixelMap, size: Size) -> list[float]:
    """Return the ideal reader's SNR in dB for each stretch, in the labels' order; NaN for one without power.

    Parameters
    ----------
    labels, truth, pixel_map, size
        See `papertrace.exports.dense.centre_lines`.
    """
    from papertrace.scores.fidelity import snr_db

    read = ideal_traces(labels, truth, pixel_map, size)
    return [snr_db(np.asarray(stretch.samples, float), trace) for stretch, trace in zip(truth, read, strict=True)]


def ideal_traces(labels: PageLabels, truth: list[Stretch], pixel_map: PixelMap, size: Size) -> list[np.ndarray]:
    """Return what the ideal reader reads, in mV at the truth's sample times; NaN where it has nothing.

    Parameters
    ----------
    labels, truth, pixel_map, size
        See `papertrace.exports.dense.centre_lines`.
    """
    return [_read(lead, stretch, labels, pixel_map, size) for lead, stretch in zip(labels.leads, truth, strict=True)]


def _read(lead: LeadLabel, stretch: Stretch, labels: PageLabels, pixel_map: PixelMap, size: Size) -> np.ndarray:
    samples = np.asarray(stretch.samples, float)
    trace = np.full(len(samples), np.nan)
    x_samples = lead.x0_mm + np.arange(len(samples)) * lead.speed_mm_s / stretch.rate_hz
    knots = _one_a_pixel(x_samples, lead.y0_mm, pixel_map)
    pitch = np.median(np.diff(knots)) if len(knots) > 1 else np.inf
    for curve in drawn_curves(lead, stretch, labels):
        x, y = curve.T
        within = knots[(knots >= x[0]) & (knots <= x[-1])]
        points = np.stack([within, np.interp(within, x, y)], axis=1)
        seen = in_image(pixel_map.apply(points), size)
        for part in np.split(points, np.flatnonzero(np.diff(seen.astype(np.int8))) + 1):
            if len(part) == 0 or not in_image(pixel_map.apply(part[:1]), size)[0]:
                continue
            # The samples up to a pixel beyond the outermost readings have those.
            near = (x_samples >= part[0, 0] - pitch) & (x_samples <= part[-1, 0] + pitch)
            heights = _join(part, np.clip(x_samples[near], part[0, 0], part[-1, 0]))
            trace[near] = (lead.y0_mm - heights) / lead.gain_mm_mv
    return np.where(np.isfinite(samples), trace, np.nan)


def _one_a_pixel(x_mm: np.ndarray, y_mm: float, pixel_map: PixelMap) -> np.ndarray:
    """Return positions in mm along a time axis, a pixel of the image apart; the whole columns of a page not turned."""
    steps = max(int(np.ceil((x_mm[-1] - x_mm[0]) / _AXIS_STEPS_MM)), 1) + 1
    axis = np.linspace(x_mm[0], x_mm[-1], steps)
    points = pixel_map.apply(np.stack([axis, np.full(steps, y_mm)], axis=1))
    along = points[0, 0] + np.append(0, np.cumsum(np.hypot(*np.diff(points, axis=0).T)))
    return np.interp(np.arange(np.ceil(along[0]), np.floor(along[-1]) + 1), along, axis)


def _join(points: np.ndarray, x: np.ndarray) -> np.ndarray:
    if len(points) < 4:
        return np.interp(x, *points.T)
    from scipy.interpolate import CubicSpline

    return CubicSpline(*points.T)(x)
