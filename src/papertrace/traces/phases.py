"""The phases of a grid, measured all over an image by demodulation.

The image times the wave that a model expects, low-passed, is a complex number whose angle is the model's error; so
thousands of measurements, not a few detected lines, tell where the millimetres are. This is what Fourier-transform
profilometry does (Takeda et al., J. Opt. Soc. Am. 72, 156, 1982).

Phases are summed over overlapping blocks, 5 mm apart, with triangular weights. Such a sum has double zeros just where
the other lines of a 5 mm grid's spectrum are, and where sampling every 5 mm would fold them onto the one measured.
"""

from __future__ import annotations

from typing import Protocol

import cv2
import numpy as np

from papertrace.geometry import Displacement
from papertrace.traces.waves import NoLatticeError, Waves

_BLOCK_MM = 5.0
_SMOOTHING_BLOCKS = 0.7
_REACH = 2
_BLUR_MM = 0.17
_PX_A_MM = 4.2  # what is finer is reduced; the third harmonic is then folded where the triangles have a zero
_INK = 1.6  # what is that much darker than where the grid is clipped is no grid, and is blank


class Model(Protocol):
    """X and Y as functions of the place, in mm; constants do not matter."""

    def at(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return X and Y, shape (n, 2), and their gradients, shape (n, 2, 2), at points of shape (n, 2)."""
        ...


class Potential:
    """X and Y as quadratic functions of the place, up to constants."""

    def __init__(self, waves: Waves, scale: np.ndarray):
        factor = scale[0, 0]
        self.origin = (waves.origin - scale[:2, 2]) / factor
        self.gradients, self.second = waves.gradients * factor, waves.second * factor**2

    def at(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """See `Model`."""
        away = points - self.origin
        bend = np.einsum("fij,nj->nfi", self.second, away)
        return np.einsum("nfi,ni->nf", self.gradients + bend / 2, away), self.gradients + bend


class Homography:
    """X and Y as a projective map gives them."""

    def __init__(self, matrix: np.ndarray):
        self.matrix = matrix

    def at(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """See `Model`."""
        mapped = points @ self.matrix[:, :2].T + self.matrix[:, 2]
        values = mapped[:, :2] / mapped[:, 2:]
        return values, (self.matrix[:2, :2] - values[:, :, None] * self.matrix[2, :2]) / mapped[:, 2, None, None]


class Stretched:
    """Another model times a number: a comb of lines that the grid does not have."""

    def __init__(self, model: Model, ratio: float):
        self.model, self.ratio = model, ratio

    def at(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """See `Model`."""
        values, gradients = self.model.at(points)
        return values * self.ratio, gradients * self.ratio


class Warped:
    """Another model and a smooth field, in mm, added to its X and Y."""

    def __init__(self, model: Model, field: Displacement):
        self.model, self.field = model, field

    def at(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """See `Model`."""
        values, gradients = self.model.at(points)
        added, after_x, after_y = self.field.with_slopes(points)
        return values + added, gradients + np.stack([after_x, after_y], axis=2)


class Blocks:
    """An image cut into overlapping blocks about 5 mm apart, ready for the measurement of phases.

    Parameters
    ----------
    image : ndarray of float32, shape (h, w)
        How dark each pixel is.
    pitch : float
        About what 1 mm is, in px.
    sparse : bool
        The grid may be as dark as ink: then nothing is clipped.

    Attributes
    ----------
    factor : float
        By which the image was reduced (`papertrace.traces.reduced.upscaling`); all else is in pixels of that.
    size : int
        From a block's centre to the next one's, in px; a block is twice as wide.
    shape : tuple of int
        Rows and columns of blocks.
    centres : ndarray, shape (rows * columns, 2)
        x and y in px.
    """

    def __init__(self, image: np.ndarray, pitch: float, *, sparse: bool = False):
        # sharp lines that are clipped have harmonics that the pixels cannot tell from the fundamental
        image = cv2.GaussianBlur(image, (0, 0), _BLUR_MM * pitch)
        self.factor = max(1.0, pitch / _PX_A_MM)
        if self.factor > 1:
            image = cv2.resize(image, None, fx=1 / self.factor, fy=1 / self.factor, interpolation=cv2.INTER_LINEAR)
        size = max(4, round(_BLOCK_MM * pitch / self.factor))
        if min(image.shape) < 5 * size:
            raise NoLatticeError("the image is too small to show a grid")
        # slower than the grid is the paper, darker than the grid is the ink
        small = (image.shape[1] // size, image.shape[0] // size)
        paper = cv2.blur(cv2.resize(image, small, interpolation=cv2.INTER_AREA), (3, 3))
        flat = image - cv2.resize(paper, image.shape[::-1], interpolation=cv2.INTER_LINEAR)
        if not sparse:
            sample = np.abs(flat[::5, ::5])
            limit = 2.5 * float(np.sqrt(np.mean(np.minimum(sample, np.percentile(sample, 95)) ** 2)))
            keep = cv2.erode((flat < _INK * limit).astype(np.uint8), np.ones((3, 3), np.uint8))
            flat = np.clip(flat, -limit, limit) * keep
        windows = np.lib.stride_tricks.sliding_window_view(flat, (2 * size, 2 * size))
        self.pixels = windows[::size, ::size]
        self.size = size
        self.shape = rows, columns = self.pixels.shape[:2]
        middle = size - 0.5
        self.offsets = np.arange(2 * size) - middle
        self.taper = (1 - np.abs(self.offsets) / size).astype(np.float32)
        squares = flat[: size * (rows + 1), : size * (columns + 1)] ** 2
        energy = cv2.blur(cv2.resize(squares, (columns + 1, rows + 1), interpolation=cv2.INTER_AREA), (2, 2))[1:, 1:]
        self.energy = _smooth(energy) * float(self.taper.sum()) ** 4 + 1e-9
        y, x = np.mgrid[:rows, :columns] * size + middle
        self.centres = np.stack([x.ravel(), y.ravel()], axis=1)

    def phases(self, model: Model) -> np.ndarray:
        """Return the lattice's deviation from a model as complex numbers, shape (2, rows, columns).

        The angle is 2 pi times X (or Y) less the model's; the modulus is the coherence. Neighbours may be averaged
        (`smooth`) where the model is right to a fraction of a millimetre.
        """
        values, gradients = model.at(self.centres)
        turns = (gradients[:, :, :, None] * self.offsets).astype(np.float32) * np.float32(2 * np.pi)
        wave = np.empty(turns.shape, np.complex64)
        wave.real, wave.imag = self.taper * np.cos(turns), -self.taper * np.sin(turns)
        rows, columns = self.shape
        across = np.moveaxis(wave[:, :, 0], 1, 2).reshape(rows, columns, -1, 2)
        # a product of real matrices: real and imaginary parts of both families side by side
        across = np.ascontiguousarray(across).view(np.float32)
        summed = (self.pixels @ across).view(np.complex64)
        down = np.moveaxis(wave[:, :, 1], 1, 2).reshape(rows, columns, -1, 2)
        field = np.einsum("rcvf,rcvf->frc", summed, down)
        field *= np.exp(-2j * np.pi * (values % 1.0)).T.reshape(2, rows, columns)
        return field / np.sqrt(self.energy)

    def contrast(self, model: Model) -> float:
        """Return how much more coherent the page is with a model than with one between the grid's harmonics."""
        models = (model, Stretched(model, 1.1))
        coherence, chance = (np.abs(smooth(self.phases(m))).mean(axis=(1, 2)) for m in models)
        return float((coherence / chance).min())


def smooth(fields: np.ndarray) -> np.ndarray:
    """Average neighbours in fields of numbers, shape (k, rows, columns), by a Gaussian of 0.7 blocks."""
    if np.iscomplexobj(fields):
        return smooth(fields.real) + 1j * smooth(fields.imag)
    return np.stack([_smooth(field) for field in fields])


def smooth_along(fields: np.ndarray) -> np.ndarray:
    """Average neighbours as `smooth` does, where phases go up or down evenly from block to block.

    Where a model has the wrong pitch, neighbours differ by as much as half a turn and their mean is nothing. What one
    differs from the next is about the same all around, and is taken out before the mean.

    Parameters
    ----------
    fields : ndarray of complex, shape (k, rows, columns)
        Phases as `Blocks.phases` has them.
    """
    return np.stack([_smooth_along(field) for field in fields])


def _smooth_along(field: np.ndarray) -> np.ndarray:
    steps = []
    for axis in (0, 1):
        step = np.zeros_like(field)
        first, second = ([slice(None)] * 2 for _ in range(2))
        first[axis], second[axis] = slice(None, -1), slice(1, None)
        between = field[tuple(second)] * field[tuple(first)].conj()
        step[tuple(first)] += between
        step[tuple(second)] += between
        steps.append(np.angle(_smooth(step.real) + 1j * _smooth(step.imag)))
    reach = np.arange(-_REACH, _REACH + 1)
    taps = np.exp(-0.5 * (reach / _SMOOTHING_BLOCKS) ** 2)
    taps /= taps.sum()
    turned = [np.exp(-1j * step[None] * reach[:, None, None]) * taps[:, None, None] for step in steps]
    padded = np.pad(field, _REACH)
    rows, columns = field.shape
    return sum(
        padded[j : j + rows, k : k + columns] * turned[0][j] * turned[1][k]
        for j in range(len(reach))
        for k in range(len(reach))
    )


def _smooth(field: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(np.ascontiguousarray(field), (0, 0), _SMOOTHING_BLOCKS, borderType=cv2.BORDER_REFLECT)


def unwrap(turns: np.ndarray, quality: np.ndarray) -> np.ndarray:
    """Unwrap a field of phases (in turns), growing outwards from the best point, through good points first."""
    start = np.unravel_index(np.argmax(cv2.blur(quality, (5, 5))), quality.shape)
    out = turns.copy()
    if all(np.abs(np.diff(turns, axis=axis)).max() < 0.5 for axis in (0, 1)):
        return out
    done = np.zeros(out.shape, bool)
    done[start] = True
    sides = [
        tuple(slice(None) if axis != a else side for a in (0, 1))
        for axis in (0, 1)
        for side in (slice(1, None), slice(None, -1))
    ]
    for level in (0.5, 0.25, 0.1, 0.0):
        good = quality >= level * quality[start]
        count = 0
        while count != (count := int(done.sum())):
            for here, there in ((sides[0], sides[1]), (sides[1], sides[0]), (sides[2], sides[3]), (sides[3], sides[2])):
                reached = done[there] & ~done[here] & good[here]
                out[here][reached] += np.round(out[there][reached] - out[here][reached])
                done[here] |= reached
    return out
