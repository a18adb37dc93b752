"""From pixels to ink: illumination, the colour that tells trace from grid, and the grid's own template.

The result is an image in canonical millimetres (x and y equally scaled, grid lines on whole pixels) whose values
say how much of a pixel the pen covers: 0 paper or grid, 1 ink.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from papertrace.traces.lattice import Lattice

EDGE_MM = 4
_BACKGROUND_STEP = 8


@dataclass(frozen=True)
class InkMap:
    """The rectified ink of a page.

    Attributes
    ----------
    ink : ndarray of float32, shape (h, w)
        Share of each pixel that is ink, about 0 … 1.
    scale : int
        Canonical px per mm.
    canonical_to_px : ndarray, shape (3, 3)
        Homography from canonical pixels to the image's pixels.
    noise : float
        SD of `ink` on paper.
    edge : ndarray of bool, shape (h / scale, w / scale)
        Millimetre cells within `EDGE_MM` of the sheet's or the image's edge, or beyond it.
    """

    ink: np.ndarray
    scale: int
    canonical_to_px: np.ndarray
    noise: float
    edge: np.ndarray


def reflectance(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Divide an image by its local paper colour.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w, 3)
        Blue, green, red.

    Returns
    -------
    deficit : ndarray of float32, shape (h, w, 3)
        Deficit of light per channel: 0 where the pixel is as light as the paper around it, 1 where it is black.
    desk : ndarray of uint8, shape (h, w)
        1 where the image shows what the sheet lies on.
    """
    h, w = image.shape[:2]
    size = (max(1, w // _BACKGROUND_STEP), max(1, h // _BACKGROUND_STEP))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    desk = _desk(small)
    small[desk > 0] = np.median(small[desk == 0], axis=0)
    # lighter than what is written on it, and slower: a local maximum, then a wide median, then a blur
    small = cv2.dilate(small, np.ones((3, 3), np.uint8))
    kernel = min(31, (min(size) - 1) | 1)
    small = cv2.medianBlur(small, max(3, kernel))
    small = cv2.GaussianBlur(small, (0, 0), 6).astype(np.float32)
    paper = cv2.resize(np.maximum(small, 8), (w, h), interpolation=cv2.INTER_LINEAR)
    return 1 - image.astype(np.float32) / paper, cv2.resize(desk, (w, h), interpolation=cv2.INTER_NEAREST)


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


def ink_weights(deficit: np.ndarray) -> np.ndarray:
    """Return the channel weights that see the ink as 1 and the background (paper and grid) as quietly as possible.

    With k the ink's deficit and S the covariance of the background's, w = S^-1 k / (k' S^-1 k): Fisher's
    discriminant. A coloured grid lies along one direction of colour, which S^-1 damps; a grey grid cannot be told
    by colour and is left to the template.

    Parameters
    ----------
    deficit : ndarray of float32, shape (h, w, 3)
        As `reflectance` gives it.

    Returns
    -------
    ndarray, shape (3,)
    """
    step = max(1, int(np.sqrt(deficit.shape[0] * deficit.shape[1] / 400_000)))
    smooth = cv2.blur(deficit, (2, 2))[::step, ::step].reshape(-1, 3)
    # a pen darkens every channel, so the channel it darkens least is the first guess of how much ink there is
    first = smooth.min(axis=1)
    values = first
    weights = np.full(3, 1 / 3)
    for _ in range(3):
        level = np.percentile(values, 99.85)
        ink = smooth[values >= level]
        key = np.median(ink, axis=0)
        background = smooth[values < 0.35 * float(np.median(values[values >= level]))]
        centre = background.mean(axis=0)
        covariance = np.cov((background - centre).T) + np.eye(3) * 2e-4
        key = key - centre
        weights = np.linalg.solve(covariance, key)
        weights /= weights @ key
        values = (smooth - centre) @ weights
    return weights


def ink_map(image: np.ndarray, lattice: Lattice) -> InkMap:
    """Rectify a page and separate its ink.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w, 3)
        Blue, green, red.
    lattice : Lattice
        Its grid, as `find_lattice` gives it.
    """
    deficit, desk = reflectance(image)
    deficit[desk > 0] = 0
    weights = ink_weights(deficit)
    flat = cv2.transform(deficit, weights.reshape(1, 3).astype(np.float32))
    flat[desk > 0] = 0
    h, w = flat.shape
    scale = int(np.clip(np.ceil(np.mean(lattice.px_per_mm) - 0.3), 6, 12))
    corners = np.array([[-0.5, -0.5], [w - 0.5, -0.5], [w - 0.5, h - 0.5], [-0.5, h - 0.5]])
    mm = cv2.perspectiveTransform(corners[None], lattice.px_to_mm)[0]
    low = np.floor(mm.min(0) / 5) * 5
    high = np.ceil(mm.max(0))
    to_canonical = np.diag([scale, scale, 1.0]) @ np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1.0]])
    matrix = to_canonical @ lattice.px_to_mm
    size = ((high - low) * scale).astype(int)
    ink = cv2.warpPerspective(flat, matrix, tuple(size.tolist()), flags=cv2.INTER_CUBIC, borderValue=0)
    ink = _subtract_grid(ink, scale)
    level, noise = _levels(ink)
    ink *= 1 / level
    edge = _edge(desk, np.diag([1 / scale, 1 / scale, 1.0]) @ matrix, (size // scale).tolist())
    return InkMap(ink, scale, np.linalg.inv(matrix), noise / level, edge)


def _edge(desk: np.ndarray, px_to_cell: np.ndarray, size: list[int]) -> np.ndarray:
    sheet = cv2.warpPerspective(1 - desk, px_to_cell, size, flags=cv2.INTER_NEAREST, borderValue=0)
    sheet = cv2.copyMakeBorder(sheet, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    reach = 2 * EDGE_MM + 1
    return cv2.erode(sheet, np.ones((reach, reach), np.uint8))[1:-1, 1:-1] == 0


def _levels(ink: np.ndarray) -> tuple[float, float]:
    """Return what full ink reads, and the SD of paper."""
    values = ink[::3, ::3].ravel()
    noise = 1.4826 * float(np.median(np.abs(values - np.median(values))))
    dark = values[values > max(0.3, 4 * noise)]
    level = float(np.percentile(dark, 75)) if len(dark) > 50 else 1.0
    return max(level, 0.2), noise


def _subtract_grid(ink: np.ndarray, scale: int) -> np.ndarray:
    """Subtract the mean 5 mm cell, cell by cell scaled to the local strength of the grid."""
    cell = 5 * scale
    h, w = ink.shape
    rows, columns = h // cell, w // cell
    folded = (
        ink[: rows * cell, : columns * cell].reshape(rows, cell, columns, cell).swapaxes(1, 2).reshape(-1, cell, cell)
    )
    stride = max(1, len(folded) // 900)
    template = np.median(folded[::stride], axis=0)
    template -= np.median(template)
    energy = float(np.sum(template**2))
    if energy < 1e-6:
        return ink
    clipped = np.minimum(ink[: rows * cell, : columns * cell], 3 * template.max() + 0.05)
    clipped = clipped.reshape(rows, cell, columns, cell)
    strength = np.einsum("aibj,ij->ab", clipped, template) / energy
    strength = cv2.medianBlur(strength.astype(np.float32), 5) if min(rows, columns) > 5 else strength.astype(np.float32)
    strength = cv2.GaussianBlur(np.clip(strength, 0, 3), (0, 0), 1.0)
    full = cv2.resize(strength, (columns * cell, rows * cell), interpolation=cv2.INTER_LINEAR)
    full = cv2.copyMakeBorder(full, 0, h - rows * cell, 0, w - columns * cell, cv2.BORDER_REPLICATE)
    tiled = np.tile(template.astype(np.float32), (rows + 1, columns + 1))[:h, :w]
    grid = full * tiled
    # where ink covers the grid, the pixel is ink and no sum of both
    return (ink - grid) / np.maximum(1 - np.maximum(grid, 0), 0.4)
