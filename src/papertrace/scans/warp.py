"""The geometric artifacts: each is a homography or a smooth function of pixels, and all of them are one warp.

Coordinates are OpenCV pixels (`papertrace.geometry`): an image of width w reaches from -0.5 to w - 0.5.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import cv2
import numpy as np

from papertrace.geometry import Displacement, PixelMap, cubic_weights

# A bent map is undone at every 48th pixel for a guess, then at every 12th; cubics add one between, lines all others.
_COARSER, _NODES_PX, _FINER = 4, 12, 2
_BORDER_STEPS = 64

_EDGE = 1.05  # half diagonals: as far as a lens's distortion is followed

Size = tuple[int, int]
"""Width and height in pixels."""

Pixels = Callable[[np.ndarray], np.ndarray]
"""Maps pixels, shape (n, 2), to pixels where no homography does."""


def corners(size: Size) -> np.ndarray:
    """Return the outer corners of an image, shape (4, 2): upper left, upper right, lower right, lower left."""
    width, height = size
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], float) - 0.5


def outline(corner: np.ndarray) -> np.ndarray:
    """Return points along the sides between corners, shape (4, 2), and these themselves, shape (n, 2)."""
    steps = np.arange(_BORDER_STEPS)[:, None] / _BORDER_STEPS
    return np.concatenate([corner[k] + steps * (corner[(k + 1) % 4] - corner[k]) for k in range(4)])


def rotation(size: Size, degrees: float) -> np.ndarray:
    """Return the homography that turns an image about its middle, clockwise as seen, shape (3, 3)."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    middle_x, middle_y = (np.asarray(size, float) - 1) / 2
    turn = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1.0]])
    return translation(middle_x, middle_y) @ turn @ translation(-middle_x, -middle_y)


def perspective(size: Size, shifts: Sequence[Sequence[float]]) -> np.ndarray:
    """Return the homography that moves each corner by a share of the image's width and height.

    Parameters
    ----------
    size : tuple of int
        Width and height in pixels.
    shifts : array_like, shape (4, 2)
        Of the corners in the order of `corners`; (0.01, 0) moves one to the right by a hundredth of the width.
    """
    before = corners(size)
    after = before + np.asarray(shifts, float) * np.asarray(size, float)
    # Eight equations for the eight free entries of the matrix (Hartley & Zisserman 2003, section 4.1).
    rows, values = [], []
    for (x, y), (u, v) in zip(before, after, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return np.append(np.linalg.solve(np.array(rows), np.array(values)), 1.0).reshape(3, 3)


def translation(dx: float, dy: float) -> np.ndarray:
    """Return the homography of a shift in pixels, shape (3, 3)."""
    return np.array([[1.0, 0, dx], [0, 1.0, dy], [0, 0, 1.0]])


def lens(size: Size, k1: float, k2: float) -> Pixels:
    """Return the radial distortion of a lens about the middle of an image (Brown 1966, Photogramm. Eng. 32:444).

    r becomes r (1 + k1 r² + k2 r⁴), of r in half diagonals; negative is a barrel, positive a pincushion. Outside the
    image's corners r goes on straight, so that what is never seen is not folded back into view.

    Parameters
    ----------
    size : tuple of int
        Width and height in pixels.
    k1, k2 : float
        The coefficients.
    """
    middle = (np.asarray(size, float) - 1) / 2
    unit = 0.5 * math.hypot(*size)
    edge = 1 + k1 * _EDGE**2 + k2 * _EDGE**4
    slope = 1 + 3 * k1 * _EDGE**2 + 5 * k2 * _EDGE**4

    def distort(points: np.ndarray) -> np.ndarray:
        offset = (points - middle) / unit
        r = np.hypot(*offset.T)[:, None]
        inner = 1 + k1 * r**2 + k2 * r**4
        outer = slope + (edge - slope) * _EDGE / np.maximum(r, _EDGE)
        return middle + unit * offset * np.where(r <= _EDGE, inner, outer)

    return distort


def carriage(waves: Sequence[tuple[float, float, float]]) -> Pixels:
    """Return the wander of a scanner's carriage down an image: y gains sines of y, each of one wave.

    Parameters
    ----------
    waves : sequence of tuple of float
        Amplitude and length in pixels, phase in radians. Of all waves together, the steepest ascent is below 1.
    """

    def wander(points: np.ndarray) -> np.ndarray:
        x, y = points.T
        moved = y + sum(amplitude * np.sin(2 * math.pi * y / length + phase) for amplitude, length, phase in waves)
        return np.stack([x, moved], axis=1)

    return wander


def fit_canvas(matrix: np.ndarray, border: np.ndarray) -> tuple[np.ndarray, Size]:
    """Return the homography shifted so that points about an image, shape (n, 2), just fit a canvas, and its size."""
    seen = project(matrix, border)
    low, high = np.floor(seen.min(axis=0) + 0.5), np.ceil(seen.max(axis=0) + 0.5)
    width, height = (high - low).astype(int)
    return translation(-low[0], -low[1]) @ matrix, (int(width), int(height))


def project(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Map points, shape (n, 2)."""
    homogeneous = points @ matrix[:, :2].T + matrix[:, 2]
    return homogeneous[:, :2] / homogeneous[:, 2:]


def warp(
    image: np.ndarray, matrix: np.ndarray, size: Size, desk: Sequence[int], displacement: Displacement | None = None
) -> np.ndarray:
    """Resample an image (cubic); what lies beside the sheet takes the desk's colour.

    A shift by whole pixels moves them and interpolates nothing.

    Parameters
    ----------
    image : ndarray, uint8, shape (h, w, 3)
        The page.
    matrix : ndarray, shape (3, 3)
        Homography from its pixels to those of the new image.
    size : tuple of int
        Width and height of the new image.
    desk : sequence of int
        Blue, green, red.
    displacement : Displacement or None
        Of the page's points before the homography, in its pixels.
    """
    border = {"borderMode": cv2.BORDER_CONSTANT, "borderValue": [float(c) for c in desk]}
    if displacement is not None:
        return cv2.remap(image, _sources(PixelMap(matrix, displacement), size), None, cv2.INTER_CUBIC, **border)
    shift = matrix[:2, 2] / matrix[2, 2]
    if np.allclose(matrix / matrix[2, 2], translation(*shift), atol=1e-12) and np.allclose(shift, np.rint(shift)):
        dx, dy = (int(value) for value in np.rint(shift))
        height, width = image.shape[:2]
        if dx <= 0 and dy <= 0 and size[0] - dx <= width and size[1] - dy <= height:
            return image[-dy : size[1] - dy, -dx : size[0] - dx].copy()
    return cv2.warpPerspective(image, matrix, size, flags=cv2.INTER_CUBIC, **border)


def _sources(pixel_map: PixelMap, size: Size) -> np.ndarray:
    """Return where each pixel of a new image comes from, float32, shape (h, w, 2), of a map with a displacement."""
    flat = np.linalg.inv(pixel_map.matrix)
    coarse_px = _COARSER * _NODES_PX
    # Two nodes more than there are cells on each side: each cubic needs one.
    cells = [-(-extent // coarse_px) for extent in size]
    x, y = ((np.arange(n + 5) - 2) * coarse_px - 0.5 for n in cells)
    coarse = pixel_map.displacement.undo(project(flat, np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)))
    guess = _finer_both(coarse.reshape(len(y), len(x), 2), _COARSER)
    x, y = ((np.arange(n) * _NODES_PX - coarse_px) - 0.5 for n in guess.shape[1::-1])
    nodes = project(flat, np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2))
    nodes = pixel_map.displacement.undo(nodes, guess.reshape(-1, 2)).reshape(guess.shape)
    fine = _finer_both(nodes, _FINER)
    # From here on a node stands for a square of pixels about it, as OpenCV's resize sees it.
    step = _NODES_PX // _FINER
    pixels = cv2.resize(
        np.ascontiguousarray(fine, np.float32),
        (fine.shape[1] * step, fine.shape[0] * step),
        interpolation=cv2.INTER_LINEAR,
    )
    first = coarse_px - _NODES_PX + step // 2
    return pixels[first : first + size[1], first : first + size[0]]


def _finer_both(nodes: np.ndarray, times: int) -> np.ndarray:
    return _finer(_finer(nodes, times).swapaxes(0, 1), times).swapaxes(0, 1)


def _finer(nodes: np.ndarray, times: int) -> np.ndarray:
    """Return nodes, shape (n, ...), made finer along the first axis, from the second to the last but one (Catmull-Rom).

    Each of these n - 3 intervals gives `times` of the new nodes.
    """
    count = len(nodes) - 3
    near = np.stack([nodes[k : k + count] for k in range(4)])
    between = np.tensordot(cubic_weights(np.arange(times) / times).T, near, axes=1)
    return between.swapaxes(0, 1).reshape(count * times, *nodes.shape[1:])
