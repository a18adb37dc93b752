"""What a sheet lies on: desks of wood, cloth, stone or metal, a clipboard, other paper; or a screen in a dark room."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import cv2
import numpy as np

from papertrace.geometry import PixelMap
from papertrace.scans.items import CastShadow, Paper
from papertrace.scans.shading import cloud, shade
from papertrace.seeds import generator

Size = tuple[int, int]
"""Width and height in pixels."""

_PX_PER_MM = 3.0  # of what lies beneath
_SHADOW_CELL_PX = 4
_FINE = 4  # bits of a fraction of a pixel in OpenCV's drawing
_SEEN = 32  # of 255: from how much of the sheet on a pixel is the sheet's own colour taken


def lay(
    sheet: np.ndarray,
    mask: np.ndarray,
    page_map: PixelMap,
    sheet_mm: tuple[float, float],
    *,
    kind: str,
    colour: Sequence[int],
    sheets: list[Paper],
    shadow: CastShadow,
    seed: int,
) -> np.ndarray:
    """Lay a sheet on a background.

    Parameters
    ----------
    sheet : ndarray, uint8, shape (h, w, 3)
        The sheet on the scan's canvas; what is beside it has the background's colour.
    mask : ndarray, uint8, shape (h, w)
        Where the sheet is, 255 inside; 0 also where it is torn or punched.
    page_map : PixelMap
        From the page's millimetres to the canvas.
    sheet_mm : tuple of float
        Width and height of the sheet in mm.
    kind : str
        One of `TEXTURES`, ``clipboard`` or ``screen``.
    colour : sequence of int
        Blue, green and red of the background on average.
    sheets : list of Paper
        Other paper beneath.
    shadow : CastShadow
        What the sheet casts.
    seed : int
        Of the texture.
    """
    height, width = sheet.shape[:2]
    middle = np.array(sheet_mm) / 2
    px_per_mm = float(np.hypot(*np.diff(page_map.apply(np.stack([middle, middle + np.array([1.0, 0.0])])), axis=0)[0]))
    # All of it is drawn smaller and then enlarged: what a sheet lies on is never quite in focus.
    size = tuple(max(round(n * min(_PX_PER_MM / px_per_mm, 1.0)), 16) for n in (width, height))
    share = np.array([size[0] / width, size[1] / height])
    px_per_mm *= float(share[0])
    page_map = page_map.then(np.diag([*share, 1.0]) + np.array([[0, 0, s] for s in (share - 1) / 2] + [[0, 0, 0]]))
    ground = _ground(size, page_map, sheet_mm, kind, colour, px_per_mm, generator(seed))
    for other in sheets:
        angle = math.radians(other["degrees"])
        turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        corners = _box(0, 0, *sheet_mm) - middle
        outline = page_map.apply(corners @ turn.T + middle + [other["x_mm"], other["y_mm"]])
        beneath = np.zeros(size[::-1], np.uint8)
        _fill(beneath, outline, 255)
        ground = _cast(ground, beneath, px_per_mm, **shadow)
        _fill(ground, outline, other["colour"])
    ground = _cast(ground, cv2.resize(mask, size, interpolation=cv2.INTER_AREA), px_per_mm, **shadow)
    ground = cv2.resize(ground, (width, height), interpolation=cv2.INTER_LINEAR)
    # On the sheet's edge its pixels hold their share of the background's colour already.
    return cv2.copyTo(sheet, cv2.compare(mask, _SEEN, cv2.CMP_GT), ground)


def sheet_mask(page_map: PixelMap, sheet_mm: tuple[float, float], size: Size) -> np.ndarray:
    """Return where a whole sheet is on a canvas, 255 inside, shape (h, w)."""
    mask = np.zeros(size[::-1], np.uint8)
    _fill(mask, page_map.apply(_box(0, 0, *sheet_mm)), 255)
    return mask


def _ground(
    size: Size,
    page_map: PixelMap,
    sheet_mm: tuple[float, float],
    kind: str,
    colour: Sequence[int],
    px_per_mm: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return the background without the sheet, shape (h, w, 3)."""
    if kind == "screen":
        return _screen(size, page_map, sheet_mm, colour, rng)
    if kind == "clipboard":
        return _clipboard(size, page_map, sheet_mm, colour, px_per_mm, rng)
    return _tinted(TEXTURES[kind](size[::-1], px_per_mm, rng), colour)


def _tinted(gain: np.ndarray, colour: Sequence[int]) -> np.ndarray:
    gain = gain.astype(np.float32)
    return cv2.merge([cv2.convertScaleAbs(gain, alpha=float(value)) for value in colour])


def _plain(shape: tuple[int, int], px_per_mm: float, rng: np.random.Generator) -> np.ndarray:
    return 0.96 + 0.08 * cloud(shape, 60 * px_per_mm, rng)


def _wood(shape: tuple[int, int], px_per_mm: float, rng: np.random.Generator) -> np.ndarray:
    """Return planks: rings cut lengthways, fibres, and dark joints."""
    upright = rng.random() < 0.5
    rows, columns = shape[::-1] if upright else shape
    y = np.arange(rows, dtype=np.float32)[:, None] / np.float32(px_per_mm)
    sway = _stretched((rows, columns), 35 * px_per_mm, 160 * px_per_mm, rng)
    rings = np.sin(
        np.float32(2 * math.pi) * (y / np.float32(rng.uniform(8, 20)) + np.float32(rng.uniform(2, 5)) * sway)
    )
    fibres = _stretched((rows, columns), 0.4 * px_per_mm, 30 * px_per_mm, rng)
    gain = 1 + 0.07 * rings + 0.3 * (fibres - 0.5)
    if rng.random() < 0.6:
        plank = rng.uniform(70, 150)
        start = rng.uniform(0, plank)
        number = np.floor((y - start) / plank).astype(int)
        tones = rng.uniform(0.85, 1.15, number.max() - number.min() + 1).astype(np.float32)
        gain = gain * tones[number - number.min()]
        gain[np.abs(y[:, 0] - start - plank * np.round((y[:, 0] - start) / plank)) < 0.5] *= 0.45
    return gain.T if upright else gain


def _cloth(shape: tuple[int, int], px_per_mm: float, rng: np.random.Generator) -> np.ndarray:
    """Return a weave with soft folds."""
    pitch = max(rng.uniform(0.8, 1.6), 3 / px_per_mm)
    y, x = (np.arange(n, dtype=np.float32) / px_per_mm * (2 * math.pi / pitch) for n in shape)
    weave = np.sin(y)[:, None] * np.sin(x)[None, :]
    folds = cloud(shape, rng.uniform(25, 60) * px_per_mm, rng)
    return 0.8 + 0.12 * weave + 0.15 * (_grain(shape, rng) - 0.5) + 0.35 * folds


def _laminate(shape: tuple[int, int], px_per_mm: float, rng: np.random.Generator) -> np.ndarray:
    """Return the speckles of stone or of a laminate that imitates it."""
    gain = 0.94 + 0.12 * cloud(shape, 12 * px_per_mm, rng)
    for size, share, change in ((0.5, 0.12, -0.3), (0.9, 0.06, -0.4), (0.7, 0.08, 0.25)):
        noise = cv2.GaussianBlur(_grain(shape, rng), (0, 0), max(size * px_per_mm * 0.5, 0.6))
        spread = float(noise.std())
        gain += change * np.clip((noise - noise.mean()) / spread - (1.6 - 4 * share), 0, 1)
    return gain


def _metal(shape: tuple[int, int], px_per_mm: float, rng: np.random.Generator) -> np.ndarray:
    """Return brushed steel: fine streaks and broad reflections."""
    upright = rng.random() < 0.5
    rows, columns = shape[::-1] if upright else shape
    streaks = _stretched((rows, columns), 1.0, 40 * px_per_mm, rng)
    broad = cloud((1, columns), 60 * px_per_mm, rng)
    gain = 0.75 + 0.22 * (streaks - 0.5) + 0.5 * broad
    return gain.T if upright else gain


TEXTURES: dict[str, Callable[[tuple[int, int], float, np.random.Generator], np.ndarray]] = {
    "plain": _plain,
    "lid": _plain,
    "wood": _wood,
    "cloth": _cloth,
    "laminate": _laminate,
    "metal": _metal,
}
"""Gains about 1 of a shape in pixels, of so many pixels a millimetre."""


def _clipboard(
    size: Size,
    page_map: PixelMap,
    sheet_mm: tuple[float, float],
    colour: Sequence[int],
    px_per_mm: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return a board of hard fibre on a dull desk, its clip above the sheet."""
    width, height = sheet_mm
    desk = np.full(3, int(rng.integers(60, 190)))
    ground = _ground(
        size, page_map, sheet_mm, "laminate", np.clip(desk + rng.integers(-12, 13, 3), 0, 255), px_per_mm, rng
    )
    board = np.zeros(ground.shape[:2], np.uint8)
    side, below = rng.uniform(4, 14), rng.uniform(3, 15)
    _fill(board, page_map.apply(_box(-side, -28, width + side, height + below)), 255)
    ground = _cast(ground, board, px_per_mm, degrees=60, offset_mm=1.5, softness_mm=2.5, strength=0.45)
    shape = size[::-1]
    fibres = 1 + 0.3 * (cv2.GaussianBlur(_grain(shape, rng), (0, 0), 0.7) - 0.5) + 0.06 * cloud(shape, 40, rng)
    ground = cv2.copyTo(_tinted(fibres, colour), board, ground)
    middle, half = 0.5 * width, rng.uniform(38, 60)
    for x0, y0, x1, y1, grey in ((-1, -21, 1, -2, 95), (-1, -22, 1, -4, 175), (-0.92, -20, 0.92, -15, 215)):
        _fill(ground, page_map.apply(_box(middle + x0 * half, y0, middle + x1 * half, y1)), (grey, grey, grey))
    return ground


def _screen(
    size: Size,
    page_map: PixelMap,
    sheet_mm: tuple[float, float],
    colour: Sequence[int],
    rng: np.random.Generator,
) -> np.ndarray:
    """Return a dark room, the black frame of a display, and the window about the page."""
    width, height = sheet_mm
    room = 12 + 26 * cloud((size[1] // 16 + 2, size[0] // 16 + 2), 40, rng)
    ground = cv2.resize(room, size, interpolation=cv2.INTER_LINEAR).astype(np.uint8)
    ground = cv2.merge([ground] * 3)
    window = np.array(
        [-rng.uniform(2, 25), -rng.uniform(4, 20), width + rng.uniform(2, 25), height + rng.uniform(2, 12)]
    )
    frame = rng.uniform(6, 18)
    edge = np.array([-1, -1, 1, 1])
    _fill(ground, page_map.apply(_box(*(window + edge * (frame + 1)))), (62, 60, 60))
    _fill(ground, page_map.apply(_box(*(window + edge * frame))), (22, 21, 21))
    _fill(ground, page_map.apply(_box(*window)), colour)
    bar = (window[0], window[1], window[2], window[1] + 4)
    _fill(ground, page_map.apply(_box(*bar)), [0.7 * c for c in colour])
    return ground


def _cast(
    ground: np.ndarray,
    mask: np.ndarray,
    px_per_mm: float,
    *,
    degrees: float,
    offset_mm: float,
    softness_mm: float,
    strength: float,
) -> np.ndarray:
    """Darken a background by the soft shadow of what has a mask."""
    height, width = mask.shape
    small = (max(width // _SHADOW_CELL_PX, 2), max(height // _SHADOW_CELL_PX, 2))
    cell = _SHADOW_CELL_PX / px_per_mm
    angle = math.radians(degrees)
    shift = np.array([[1, 0, math.cos(angle) * offset_mm / cell], [0, 1, math.sin(angle) * offset_mm / cell]])
    dark = cv2.resize(mask, small, interpolation=cv2.INTER_AREA).astype(np.float32)
    dark = cv2.warpAffine(dark, shift, small, borderMode=cv2.BORDER_REPLICATE)
    dark = cv2.GaussianBlur(dark, (0, 0), max(softness_mm / cell, 0.3), borderType=cv2.BORDER_REPLICATE)
    return shade(ground, 1 - np.float32(strength / 255) * dark)


def _stretched(shape: tuple[int, int], down: float, along: float, rng: np.random.Generator) -> np.ndarray:
    """Return noise, 0 … 1, whose grain is `down` cells high and `along` cells long."""
    nodes = tuple(max(math.ceil(n / max(scale, 1)) + 1, 2) for n, scale in zip(shape, (down, along), strict=True))
    return cv2.resize(rng.random(nodes, np.float32), shape[::-1], interpolation=cv2.INTER_CUBIC)


def _grain(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    return rng.random(shape, np.float32)


def _box(x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
    """Return the outline of a box in mm, eight points a side, so that it bends with the sheet."""
    corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    share = np.linspace(0, 1, 8, endpoint=False)[:, None]
    return np.concatenate([(1 - share) * corners[k - 1] + share * corners[k] for k in range(4)])


def _fill(image: np.ndarray, outline: np.ndarray, colour) -> None:
    pixels = np.rint(outline * 2**_FINE).astype(np.int32)
    cv2.fillPoly(image, [pixels], [float(c) for c in np.atleast_1d(colour)], cv2.LINE_AA, _FINE)
