"""What people write on a sheet: words in a procedural hand, underlines, circles, caliper marks, stamps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from importlib import resources

import cv2
import numpy as np

from papertrace.labels import TextLabel
from papertrace.pages.text import draw_text
from papertrace.scans.items import Mark, StampPrint, WrittenLine
from papertrace.scans.shading import cloud
from papertrace.seeds import generator

_FINE = 4  # bits of a fraction of a pixel in OpenCV's drawing
_X_HEIGHT = 5.0  # of the strokes' units


def handwriting(
    image: np.ndarray, px_per_mm: float, lines: Sequence[WrittenLine], marks: Sequence[Mark]
) -> tuple[np.ndarray, list[TextLabel]]:
    """Write words and draw marks with a pen, whose ink darkens what is below it.

    Parameters
    ----------
    image : ndarray, uint8, shape (h, w, 3)
        The page; a new image is returned.
    px_per_mm : float
        Its scale.
    lines : sequence of dict
        Each with ``text``, ``x_mm``, ``baseline_mm``, ``size_mm`` (height of an x), ``degrees``, ``slant``,
        ``width_mm`` (of the pen), ``colour``, ``underlined`` and ``seed`` (of the hand's unsteadiness).
    marks : sequence of dict
        Each with ``kind`` (circle, underline or caliper), ``box_mm`` (around, below or across which), ``width_mm``,
        ``colour`` and ``seed``.
    """
    image, labels = image.copy(), []
    for line in lines:
        rng = generator(line["seed"])
        strokes, end = _written(line["text"], line["slant"], rng)
        if line["underlined"]:
            x = np.linspace(0, end, 12)
            strokes.append(np.stack([x, -1.6 + 0.25 * np.cumsum(rng.normal(0, 0.4, 12))], axis=1))
        angle, scale = math.radians(line["degrees"]), line["size_mm"] / _X_HEIGHT
        turn = scale * np.array([[math.cos(angle), math.sin(angle)], [math.sin(angle), -math.cos(angle)]])
        placed = [stroke @ turn + [line["x_mm"], line["baseline_mm"]] for stroke in strokes]
        _ink(image, placed, px_per_mm, line["width_mm"], line["colour"])
        points, half = np.vstack(placed), 0.5 * line["width_mm"]
        box = (*(points.min(axis=0) - half), *(points.max(axis=0) + half))
        labels.append(TextLabel(line["text"], "handwritten", tuple(float(value) for value in box)))
    for mark in marks:
        _ink(image, _marked(mark, generator(mark["seed"])), px_per_mm, mark["width_mm"], mark["colour"])
    return image, labels


def stamps(image: np.ndarray, px_per_mm: float, prints: Sequence[StampPrint]) -> tuple[np.ndarray, list[TextLabel]]:
    """Stamp a sheet: a framed word in uneven, transparent ink.

    Parameters
    ----------
    image : ndarray, uint8, shape (h, w, 3)
        The page; a new image is returned.
    px_per_mm : float
        Its scale.
    prints : sequence of dict
        Each with ``text``, ``x_mm``, ``y_mm`` (its middle), ``size_mm`` (of the type), ``degrees``, ``round``
        (an oval frame), ``colour``, ``strength`` (of the ink) and ``seed`` (of its unevenness).
    """
    image, labels = image.copy(), []
    for stamp in prints:
        size = stamp["size_mm"] * px_per_mm
        width, height = round(0.75 * size * len(stamp["text"]) + 3 * size), round(3.4 * size)
        cover = np.zeros((height, width), np.float32)
        draw_text(cover, stamp["text"], 1.4 * size, 2.05 * size, size, "sans", 600)
        columns = np.flatnonzero(cover.any(axis=0))
        cover = np.ascontiguousarray(cover[:, : int(columns[-1] + 1.4 * size)] if len(columns) else cover)
        width = cover.shape[1]
        line, edge = max(round(0.12 * size), 1), round(0.25 * size)
        if stamp["round"]:
            axes = (width // 2 - edge, height // 2 - edge)
            cv2.ellipse(cover, (width // 2, height // 2), axes, 0, 0, 360, 1.0, line, cv2.LINE_8)
        else:
            cv2.rectangle(cover, (edge, edge), (width - edge, height - edge), 1.0, line)
        cover *= 0.35 + 0.65 * cloud(cover.shape, max(0.5 * size, 2), generator(stamp["seed"]))
        angle = math.radians(stamp["degrees"])
        turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        outline = np.array([[-width, -height], [width, -height], [width, height], [-width, height]]) / 2 @ turn.T
        middle = np.array([stamp["x_mm"], stamp["y_mm"]]) * px_per_mm - 0.5
        low = np.floor(outline.min(axis=0) + middle).astype(int)
        high = np.ceil(outline.max(axis=0) + middle).astype(int)
        low, high = np.maximum(low, 0), np.minimum(high, [image.shape[1], image.shape[0]])
        if (low >= high).any():
            continue
        shift = middle - low - turn @ [width / 2, height / 2]
        place = np.hstack([turn, shift[:, None]])
        placed = cv2.warpAffine(cover, place, tuple(int(v) for v in high - low), flags=cv2.INTER_LINEAR)
        _darken(image[low[1] : high[1], low[0] : high[0]], stamp["strength"] * placed, stamp["colour"])
        box = np.concatenate([low, high]) / px_per_mm
        labels.append(TextLabel(stamp["text"], "stamp", tuple(float(value) for value in box)))
    return image, labels


def alphabet() -> frozenset[str]:
    """Return the characters that the hand can write; a space is one of them."""
    return frozenset(_strokes()) | {" "}


@cache
def _strokes() -> dict[str, tuple[np.ndarray, ...]]:
    """Read the skeletons of the letters, in units of which an x is five high; y up from the baseline."""
    lines = resources.files(__package__).joinpath("strokes.txt").read_text(encoding="utf-8").splitlines()
    return {
        line[0]: tuple(
            np.array([point.split(",") for point in stroke.split()], float) for stroke in line[2:].split(";")
        )
        for line in lines
    }


def _written(text: str, slant: float, rng: np.random.Generator) -> tuple[list[np.ndarray], float]:
    """Return the smooth strokes of a text in the skeletons' units, each letter a little different, and its length."""
    strokes, pen, drift = [], 0.0, 0.0
    for letter in text:
        skeleton = _strokes().get(letter, ())
        drift = 0.8 * drift + rng.normal(0, 0.15)
        size = rng.normal(1, 0.06)
        for points in skeleton:
            unsteady = points * size + rng.normal(0, 0.16, points.shape) + [pen, drift]
            unsteady[:, 0] += slant * unsteady[:, 1]
            strokes.append(_smooth(unsteady))
        wide = max((points[:, 0].max() for points in skeleton), default=2.2)
        pen += wide * size + rng.normal(0.9, 0.15)
    return strokes, pen


def _marked(mark: dict, rng: np.random.Generator) -> list[np.ndarray]:
    x0, y0, x1, y1 = mark["box_mm"]
    if mark["kind"] == "circle":
        turns = np.linspace(0, 2.15 * math.pi, 28) + rng.uniform(0, 2 * math.pi)
        radius = 1 + 0.04 * np.sin(turns * 1.3 + rng.uniform(0, 6)) + np.linspace(0, 0.06, 28)
        middle, half = np.array([x0 + x1, y0 + y1]) / 2, np.array([x1 - x0, y1 - y0]) / 2
        return [_smooth(middle + np.stack([np.cos(turns), np.sin(turns)], axis=1) * radius[:, None] * half)]
    if mark["kind"] == "underline":
        x = np.linspace(x0, x1, 10)
        return [_smooth(np.stack([x, y1 + 0.15 * np.cumsum(rng.normal(0, 0.5, 10))], axis=1))]
    if mark["kind"] == "caliper":
        lean = rng.normal(0, 0.25, (4, 2))
        ticks = [np.array([[x, y0], [x, y1]]) + lean[2 * k : 2 * k + 2] for k, x in enumerate((x0, x1))]
        return [*ticks, np.array([[x0, (y0 + y1) / 2], [x1, (y0 + y1) / 2]]) + rng.normal(0, 0.15, (2, 2))]
    raise ValueError(f"a recipe names a mark {mark['kind']!r} that no pen draws")


def _smooth(points: np.ndarray) -> np.ndarray:
    """Return a curve through the points (Catmull & Rom 1974)."""
    if len(points) < 3:
        return points
    ends = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    a, b, c, d = (ends[k : len(ends) - 3 + k, None] for k in range(4))
    t = np.linspace(0, 1, 7)[None, :-1, None]
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    return np.vstack([curve.reshape(-1, 2), points[-1:]])


def _ink(image: np.ndarray, strokes: Sequence[np.ndarray], px_per_mm: float, width_mm: float, colour: Sequence) -> None:
    points = np.vstack(strokes) * px_per_mm - 0.5
    pad = width_mm * px_per_mm + 2
    low = np.maximum(np.floor(points.min(axis=0) - pad), 0).astype(int)
    high = np.minimum(np.ceil(points.max(axis=0) + pad), [image.shape[1], image.shape[0]]).astype(int)
    if (low >= high).any():
        return
    cover = np.zeros((high[1] - low[1], high[0] - low[0]), np.uint8)
    fixed = [np.rint((stroke * px_per_mm - 0.5 - low) * 2**_FINE).astype(np.int32) for stroke in strokes]
    cv2.polylines(cover, fixed, False, 255, max(round(width_mm * px_per_mm), 1), cv2.LINE_AA, _FINE)
    _darken(image[low[1] : high[1], low[0] : high[0]], cover.astype(np.float32) / 255, colour)


def _darken(image: np.ndarray, cover: np.ndarray, colour: Sequence) -> None:
    """Lay transparent ink over an image, in place: it takes light away and hides no darker ink."""
    takes = 1 - np.divide(colour, 255, dtype=np.float32)
    image[:] = np.rint(image * (1 - cover[..., None] * takes))
