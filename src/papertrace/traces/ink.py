"""From pixels to ink: illumination, the colour that tells trace from grid, and the grid's own template.

The result is an image in canonical millimetres (x and y equally scaled, grid lines on whole pixels) whose values
say how much of a pixel the pen covers: 0 paper or grid, 1 ink.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from papertrace.geometry import PixelMap
from papertrace.traces.lattice import MAX_PIXELS
from papertrace.traces.reduced import reduce_image, reduction, upscaling
from papertrace.traces.sheet import Sheet, rectified

EDGE_MM = 4
EVEN = 200
"""What paper is where the light was divided out: bytes can be a little lighter, too."""
_DESK_STEP, _PAPER_STEP = 8, 16
_SAMPLE = 100_000
_FINE = 1.15  # image pixels a canonical pixel
_INK_SHARE = 0.9985
_LEAST_PAPER = 100
_LINES = 32
_TEMPLATE_CELLS = 250


@dataclass(frozen=True)
class InkMap:
    """The rectified ink of a page.

    Attributes
    ----------
    ink : ndarray of float32, shape (h, w)
        Share of each pixel that is ink, about 0 … 1.
    scale : int
        Canonical px per mm.
    map : PixelMap
        From canonical mm, which are pixels of `ink` over `scale`, to the image's pixels.
    noise : float
        SD of `ink` on paper.
    edge : ndarray of bool, shape (h / scale, w / scale)
        Millimetre cells within `EDGE_MM` of the sheet's or the image's edge, or beyond it.
    residual_mm : float
        RMS distance between the measured grid and `map`.
    """

    ink: np.ndarray
    scale: int
    map: PixelMap
    noise: float
    edge: np.ndarray
    residual_mm: float = 0.0

    def to_px(self, points_mm: np.ndarray) -> np.ndarray:
        """Return where points in canonical millimetres, shape (n, 2), lie in the image."""
        return self.map.apply(points_mm)


@dataclass(frozen=True)
class Light:
    """What is known of an image's paper and ink.

    Attributes
    ----------
    paper : ndarray of uint8, shape (about h / 16, about w / 16, 3)
        Colour of the blank paper as it is lit.
    desk : ndarray of uint8, shape (about h / 8, about w / 8)
        1 where the image shows what the sheet lies on.
    weights : ndarray, shape (3,)
        Channel weights that see the ink as 1 and the grid as quietly as possible.
    """

    paper: np.ndarray
    desk: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(cls, image: np.ndarray) -> Light:
        """Measure an image (uint8, shape (h, w, 3), blue green red); it holds for its reduced sizes, too."""
        paper, desk = paper_colour(image)
        return cls(paper, desk, ink_weights(sample_deficits(_halved(image), paper, desk)))

    def of_any_colour(self) -> Light:
        """Return this light with weights that see every ink alike, and more of a coloured grid."""
        return replace(self, weights=np.full(3, 1 / 3))


def paper_colour(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Estimate the colour of the blank paper, as it is lit, everywhere on an image.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w, 3)
        Blue, green, red.

    Returns
    -------
    paper : ndarray of uint8, shape (about h / 16, about w / 16, 3)
        Colour of the paper, at least 8; to be scaled to the image's size.
    desk : ndarray of uint8, shape (about h / 8, about w / 8)
        1 where the image shows what the sheet lies on.
    """
    size, coarse = (tuple(max(1, side // step) for side in image.shape[1::-1]) for step in (_DESK_STEP, _PAPER_STEP))
    small = cv2.resize(_halved(image), size, interpolation=cv2.INTER_AREA)
    desk = _desk(small)
    if desk.any():
        small[desk > 0] = np.median(small[desk == 0], axis=0)
    # lighter than what is written on it, and slower: a local maximum, then a wide median, then a blur
    paper = cv2.resize(cv2.dilate(small, np.ones((3, 3), np.uint8)), coarse, interpolation=cv2.INTER_AREA)
    paper = cv2.medianBlur(paper, max(3, min(15, (min(coarse) - 1) | 1)))
    return np.maximum(cv2.GaussianBlur(paper, (0, 0), 3), 8), desk


def _halved(image: np.ndarray) -> np.ndarray:
    """Average two by two pixels; what takes a mean or a sample of them is several times as fast on these."""
    return reduce_image(image, 2) if min(image.shape[:2]) >= 2 * _DESK_STEP else image


def _desk(small: np.ndarray) -> np.ndarray:
    """Return the dark areas that reach in from the image's edges, a little widened (uint8, 0 or 1)."""
    light = small.max(axis=2)
    # seen from the paper's colour, which fills most of the image; a wide opening spares ink that touches the edge
    dark = cv2.morphologyEx(
        (light < 0.62 * np.median(light)).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)
    )
    padded = cv2.copyMakeBorder(dark, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    cv2.floodFill(padded, None, (0, 0), 2)
    desk = (padded[1:-1, 1:-1] == 2).astype(np.uint8)
    return cv2.dilate(desk, np.ones((5, 5), np.uint8))


def sample_deficits(image: np.ndarray, paper: np.ndarray, desk: np.ndarray) -> np.ndarray:
    """Return how much less light than the paper around it a regular sample of the image's pixels gives back.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w, 3)
        Blue, green, red.
    paper, desk : ndarray
        As `paper_colour` gives them.

    Returns
    -------
    ndarray of float32, shape (3, n)
        Deficit per channel: 0 as light as paper, 1 black. Without the desk.
    """
    step = max(1, int(np.sqrt(image.shape[0] * image.shape[1] / _SAMPLE)))
    sample = np.ascontiguousarray(image[::step, ::step])
    size = sample.shape[1::-1]
    even = cv2.divide(sample, cv2.resize(paper, size, interpolation=cv2.INTER_LINEAR), scale=EVEN)
    deficit = np.subtract(1, np.stack(cv2.split(even)) * np.float32(1 / EVEN)).reshape(3, -1)
    if not desk.any():
        return deficit
    sheet = cv2.resize(desk, size, interpolation=cv2.INTER_NEAREST) == 0
    return np.compress(sheet.ravel(), deficit, axis=1)


def ink_weights(deficit: np.ndarray) -> np.ndarray:
    """Return the channel weights that see the ink as 1 and the background (paper and grid) as quietly as possible.

    With k the ink's deficit and S the covariance of the background's, w = S^-1 k / (k' S^-1 k): Fisher's
    discriminant. A coloured grid lies along one direction of colour, which S^-1 damps; a grey grid cannot be told
    by colour and is left to the template.

    Parameters
    ----------
    deficit : ndarray of float32, shape (3, n)
        As `sample_deficits` gives it.

    Returns
    -------
    ndarray, shape (3,)
    """
    # a pen darkens every channel, so the channel it darkens least is the first guess of how much ink there is
    values = deficit.min(axis=0)
    weights = np.full(3, 1 / 3)
    for _ in range(3):
        inked = values >= _darkest(values)
        key = np.median(deficit[:, inked], axis=1)
        paper = (values < 0.35 * float(np.median(values[inked]))).astype(np.float32)
        count = float(paper.sum())
        if count < _LEAST_PAPER:  # one colour all over: nothing to tell ink from
            break
        centre = deficit @ paper / count
        away = (deficit - centre[:, None]) * paper
        covariance = (away @ away.T).astype(float) / count + np.eye(3) * 2e-4
        key = (key - centre).astype(float)
        weights = np.linalg.solve(covariance, key)
        weights /= weights @ key
        values = weights.astype(np.float32) @ (deficit - centre[:, None])
    return weights


def _darkest(values: np.ndarray) -> float:
    """Return what few of the values reach."""
    place = int(_INK_SHARE * (len(values) - 1))
    return float(np.partition(values, place)[place])


def ink_map(image: np.ndarray, sheet: Sheet, light: Light, finest: int = 12) -> InkMap:
    """Rectify a page and separate its ink.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w, 3)
        Blue, green, red; any size, what is much finer than the canonical pixels is averaged first.
    sheet : Sheet
        Its geometry, as `papertrace.traces.sheet.sheet_of` gives it.
    light : Light
        Its paper and ink.
    finest : int
        Canonical pixels a millimetre, at most: what words and pulses need is less than what a curve does.
    """
    pitch = (sheet.px_per_mm_x + sheet.px_per_mm_y) / 2
    factor = max(reduction(image.shape, MAX_PIXELS), int(pitch / 10))
    image = reduce_image(image, factor)
    h, w = image.shape[:2]
    to_reduced = np.linalg.inv(upscaling(factor))
    flat = _weighted_deficit(image, light)
    scale = int(np.clip(np.ceil(pitch / factor - 0.3), 6, finest))
    low, high = _extent(sheet, (w, h), upscaling(factor))
    page = sheet.moved(*low.tolist())
    reduced = page.map.then(to_reduced)
    size = ((high - low) * scale).astype(int).tolist()
    # straight lines between pixels blur the ink only where these are about as coarse as its own
    how = cv2.INTER_LINEAR if pitch / factor > _FINE * scale else cv2.INTER_CUBIC
    ink = rectified(flat, reduced, (0.0, 0.0), scale, size, how)
    _subtract_grid(ink, scale)
    level, noise = _levels(ink)
    ink *= 1 / level
    edge = _edge(
        cv2.resize(light.desk, (w, h), interpolation=cv2.INTER_NEAREST), reduced, [side // scale for side in size]
    )
    return InkMap(ink, scale, page.map, noise / level, edge, sheet.residual_px / pitch)


def _extent(sheet: Sheet, size: tuple[int, int], to_image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and the largest mm, in x and y, of what an image shows; the least are whole 5 mm."""
    w, h = size
    along = np.linspace(-0.5, 0.5, 17)
    x, y = (w - 1) / 2 + w * along, (h - 1) / 2 + h * along
    sides = [(x, -0.5), (x, h - 0.5), (-0.5, y), (w - 0.5, y)]
    border = np.concatenate([np.stack(np.broadcast_arrays(*side), axis=1) for side in sides])
    mm = sheet.to_mm(border * to_image[[0, 1], [0, 1]] + to_image[:2, 2])
    return np.floor(mm.min(axis=0) / 5) * 5, np.ceil(mm.max(axis=0))


def _weighted_deficit(image: np.ndarray, light: Light) -> np.ndarray:
    """Return the weighted sum over channels of 1 - image / paper, shape (h, w); 0 on the desk."""
    h, w = image.shape[:2]
    paper = cv2.resize(light.paper, (w, h), interpolation=cv2.INTER_LINEAR)
    weigh = weighing(light.weights)
    total = np.empty((h, w), np.float32)
    # what is done to a few lines at a time stays in the processor's cache
    for top in range(0, h, _LINES):
        lines = slice(top, top + _LINES)
        even = cv2.divide(image[lines], paper[lines], scale=EVEN)
        cv2.transform(even.astype(np.float32), weigh, dst=total[lines])
    if light.desk.any():
        total *= cv2.resize(1.0 - light.desk, (w, h), interpolation=cv2.INTER_NEAREST)
    return total


def weighing(weights: np.ndarray) -> np.ndarray:
    """Return the matrix, shape (1, 4), that makes of a pixel whose paper is `EVEN` its weighted deficit."""
    return np.append(-weights / EVEN, weights.sum())[None]


def _edge(desk: np.ndarray, pixel_map: PixelMap, size: tuple[int, int]) -> np.ndarray:
    sheet = rectified(1 - desk, pixel_map, (0.0, 0.0), 1, size, cv2.INTER_NEAREST)
    sheet = cv2.copyMakeBorder(sheet, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    reach = 2 * EDGE_MM + 1
    return cv2.erode(sheet, np.ones((reach, reach), np.uint8))[1:-1, 1:-1] == 0


def _levels(ink: np.ndarray) -> tuple[float, float]:
    """Return what full ink reads, and the SD of paper."""
    values = ink[::5, ::5].ravel()
    noise = 1.4826 * float(np.median(np.abs(values - np.median(values))))
    dark = values[values > max(0.3, 4 * noise)]
    level = float(np.percentile(dark, 75)) if len(dark) > 50 else 1.0
    return max(level, 0.2), noise


def _subtract_grid(ink: np.ndarray, scale: int) -> None:
    """Subtract, in place, the mean 5 mm cell, cell by cell scaled to the local strength of the grid."""
    cell = 5 * scale
    h, w = ink.shape
    rows, columns = h // cell, w // cell
    if min(rows, columns) < 1:
        return
    cells = ink[: rows * cell, : columns * cell].reshape(rows, cell, columns, cell)
    chosen = np.unique(np.linspace(0, rows * columns - 1, _TEMPLATE_CELLS).astype(int))
    folded = np.ascontiguousarray(cells[chosen // columns, :, chosen % columns].reshape(len(chosen), -1).T)
    template = np.median(folded, axis=1, overwrite_input=True).reshape(cell, cell)
    template -= np.median(template)
    energy = float(np.sum(template**2))
    if energy < 1e-6:
        return
    limit = 3 * template.max() + 0.05
    tiled = np.tile(template, (1, columns + 1))[:, :w]
    within = slice(columns * cell)
    like = [
        (np.minimum(ink[k * cell : (k + 1) * cell, within], limit) * tiled[:, within]).sum(axis=0) for k in range(rows)
    ]
    strength = np.array(like).reshape(rows, columns, cell).sum(axis=2) / np.float32(energy)
    if min(rows, columns) > 5:
        strength = cv2.medianBlur(strength, 5)
    strength = cv2.GaussianBlur(np.clip(strength, 0, 3), (0, 0), 1.0)
    # scaled up to pixels between the cells' centres: sideways once, downwards strip by strip
    across = cv2.resize(strength, (columns * cell, rows), interpolation=cv2.INTER_LINEAR)
    across = cv2.copyMakeBorder(across, 1, 1, 0, w - columns * cell, cv2.BORDER_REPLICATE)
    place = (np.arange(cell) + 0.5) / cell - 0.5
    down = np.stack([np.maximum(-place, 0), 1 - np.abs(place), np.maximum(place, 0)], axis=1).astype(np.float32)
    for top in range(0, h, cell):
        strip = ink[top : top + cell]
        row = min(top // cell, rows - 1)
        grid = (down @ across[row : row + 3] * tiled)[: len(strip)]
        strip -= grid
        # where ink covers the grid, the pixel is ink and no sum of both
        strip /= np.clip(1 - grid, 0.4, 1)
