"""The grid as a lattice: where on the image each grid millimetre lies, to hundredths of a pixel.

A printed ECG grid is two families of equidistant lines. Under a camera they stay the level lines of two
functions X(x, y) and Y(x, y), in millimetres, that share a projective denominator.

Steps: power spectra of parts of the page -> pitch and direction of both families, part by part (`waves`) -> phases
against these waves (`phases`) -> phase unwrapping from the best point outwards -> robust homography -> phases against
the homography's own wave, until they agree. Text, ink and stains are local, the lattice is not: they lose their vote
by weight.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from papertrace.traces.phases import Blocks, Homography, Model, Potential, smooth, unwrap
from papertrace.traces.reduced import mixed, reduce_image, reduction, upscaling
from papertrace.traces.waves import NoLatticeError, find_waves

MAX_PIXELS = 16_000_000
"""Larger images are reduced before anything else; a letter page at 400 dpi has 15 million pixels."""
MIN_CONTRAST = 1.8
"""Less of it is no lattice."""
_SQUARE = 1.3  # of the sides of a cell in the middle: a camera looks at a sheet from above
_DARKNESS = np.array([[-1 / 3, -1 / 3, -1 / 3, 255.0]])  # of blue, green, red, 1
_AREAS = (0.2, 5.0)  # what a square as large as one in the middle has, anywhere on the image


@dataclass(frozen=True)
class Lattice:
    """The grid of one image.

    Attributes
    ----------
    px_to_mm : ndarray, shape (3, 3)
        Homography from image pixels (OpenCV's convention) to grid millimetres; whole numbers are minor lines.
    px_per_mm : tuple of float
        Pitch of 1 mm in x and y at the image's centre, in px.
    rotation_deg : float
        Direction of the horizontal lines at the centre, in degrees, clockwise positive.
    residual_px : float
        Weighted RMS distance between the measured phases and the homography, in px.
    contrast : float
        How many times the page agrees better with these lines than with lines that it does not have; 1 is chance.
    """

    px_to_mm: np.ndarray
    px_per_mm: tuple[float, float]
    rotation_deg: float
    residual_px: float
    contrast: float


@dataclass(frozen=True)
class Measured:
    """A lattice, and what it was measured on.

    Attributes
    ----------
    lattice : Lattice
        Of the image given; its contrast is yet to be judged.
    blocks : Blocks
        Of that image, reduced.
    model : Homography
        The lattice in the blocks' pixels.
    fields : ndarray, complex, shape (2, rows, columns)
        The phases against the model, as `Blocks.phases` gives them.
    to_image : ndarray, shape (3, 3)
        From the blocks' pixels to the image's.
    """

    lattice: Lattice
    blocks: Blocks
    model: Homography
    fields: np.ndarray
    to_image: np.ndarray


@dataclass(frozen=True)
class _Fit:
    matrix: np.ndarray
    residual: float


def page_lattice(image: np.ndarray) -> Lattice:
    """Find the grid of a colour image of any size, as if the sheet were flat.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w, 3)
        An image above `MAX_PIXELS` is reduced first; the lattice is that of the image given.

    Raises
    ------
    NoLatticeError
        If no two families of lines stand out of the spectrum, or what stands out is no lattice.
    """
    measured = measure_page(image)
    return judged(measured.lattice, measured.blocks.contrast(measured.model))


def judged(lattice: Lattice, contrast: float) -> Lattice:
    """Return a lattice with its contrast.

    Raises
    ------
    NoLatticeError
        If that is too low, or the lattice's cells are no squares.
    """
    if contrast < MIN_CONTRAST or max(lattice.px_per_mm) > _SQUARE * min(lattice.px_per_mm):
        raise NoLatticeError("what looks like a grid is not regular over the page")
    return replace(lattice, contrast=contrast)


def measure_page(image: np.ndarray, *, sparse: bool = False) -> Measured:
    """Measure the lattice of a colour image; see `page_lattice`, and `papertrace.traces.waves.find_waves`."""
    factor = reduction(image.shape, MAX_PIXELS)
    darkness = mixed(reduce_image(image, factor), _DARKNESS)
    if min(darkness.shape) < 32:
        raise NoLatticeError("the image is too small to show a grid")
    waves = find_waves(darkness, sparse=sparse)
    pitch = 1 / np.sqrt(abs(np.linalg.det(waves.gradients)))
    blocks = Blocks(darkness, pitch, sparse=sparse)
    scale = upscaling(blocks.factor)
    model: Model = Potential(waves, scale)
    for _ in range(5):
        fields = blocks.phases(model)
        fit = _fit(blocks, model, fields)
        before, model = model, Homography(fit.matrix)
        off = model.at(blocks.centres)[0] - before.at(blocks.centres)[0]
        moved = np.ptp(off, axis=0).max()
        area = np.abs(np.linalg.det(model.at(blocks.centres)[1])) * (pitch / blocks.factor) ** 2
        if not (_AREAS[0] < area.min() and area.max() < _AREAS[1]):
            raise NoLatticeError("too little of a grid is visible")
        if moved < 1e-3:
            break
    fields = fields * np.exp(-2j * np.pi * off.T.reshape(fields.shape))
    whole = upscaling(factor) @ scale
    matrix = fit.matrix @ np.linalg.inv(whole)
    matrix /= matrix[2, 2]
    middle = _jacobian(matrix, (image.shape[1] - 1) / 2, (image.shape[0] - 1) / 2)
    px_per_mm, rotation = pitch_and_turn(np.linalg.inv(middle))
    lattice = Lattice(matrix, px_per_mm, rotation, fit.residual * float(whole[0, 0]), 1.0)
    return Measured(lattice, blocks, model, fields, whole)


def pitch_and_turn(mm_to_px: np.ndarray) -> tuple[tuple[float, float], float]:
    """Return px/mm in x and y, and the x axis's direction in degrees, of the derivative of px with respect to mm."""
    pitch = float(np.hypot(*mm_to_px[:, 0])), float(np.hypot(*mm_to_px[:, 1]))
    return pitch, float(np.degrees(np.arctan2(mm_to_px[1, 0], mm_to_px[0, 0])))


def _fit(blocks: Blocks, model: Model, fields: np.ndarray) -> _Fit:
    """Fit the homography from px to mm that phases against a model tell."""
    fields = smooth(fields)
    values, _ = model.at(blocks.centres)
    quality = np.abs(fields)
    turns = np.stack([unwrap(np.angle(f) / (2 * np.pi), q) for f, q in zip(fields, quality, strict=True)])
    return _robust_homography(blocks.centres, values + turns.reshape(2, -1).T, quality.reshape(2, -1).T)


def _robust_homography(px: np.ndarray, mm: np.ndarray, quality: np.ndarray) -> _Fit:
    """Fit a homography by iteratively reweighted direct linear transform.

    Parameters
    ----------
    px : ndarray, shape (n, 2)
        Places in the image.
    mm : ndarray, shape (n, 2)
        Their X and Y.
    quality : ndarray, shape (n, 2)
        Coherence of each measurement.
    """
    centre, scale = (px.min(0) + px.max(0)) / 2, np.ptp(px, axis=0).max() / 2
    unit = (px - centre) / scale
    shift, stretch = mm.mean(0), mm.std()
    target = (mm - shift) / stretch
    base = quality**2
    base[base < 0.02 * np.percentile(base, 90, axis=0)] = 0
    robust = np.ones_like(base)
    affine = np.column_stack([unit, np.ones(len(unit))])
    none = np.zeros_like(affine)
    designs = [
        np.column_stack([*parts, -unit * target[:, axis, None]])
        for axis, parts in enumerate(([affine, none], [none, affine]))
    ]
    solution = np.zeros(8)
    for _ in range(8):
        denominator = 1 + unit @ solution[6:]
        weights = base * robust / denominator[:, None] ** 2
        normal, right = np.zeros((8, 8)), np.zeros(8)
        for axis, design in enumerate(designs):
            weighted = design * weights[:, axis, None]
            normal += weighted.T @ design
            right += weighted.T @ target[:, axis]
        try:
            solution = np.linalg.solve(normal, right)
        except np.linalg.LinAlgError:
            raise NoLatticeError("too little of a grid is visible") from None
        denominator = 1 + unit @ solution[6:]
        model = affine @ solution[:6].reshape(2, 3).T / denominator[:, None]
        error = (model - target) * stretch
        spread = np.sqrt(np.sum(base * robust * error**2) / np.sum(base * robust) + 1e-12)
        robust = 1 / (1 + (error / (1.5 * spread)) ** 2) ** 2
    if not np.isfinite(error).all() or denominator.min() < 0.1:
        raise NoLatticeError("too little of a grid is visible")
    raw = np.array([solution[0:3], solution[3:6], [solution[6], solution[7], 1.0]])
    to_unit = np.array([[1 / scale, 0, -centre[0] / scale], [0, 1 / scale, -centre[1] / scale], [0, 0, 1]])
    from_unit = np.array([[stretch, 0, shift[0]], [0, stretch, shift[1]], [0, 0, 1]])
    matrix = from_unit @ raw @ to_unit
    residual = spread / np.sqrt(abs(np.linalg.det(_jacobian(matrix, *centre))))
    return _Fit(matrix / matrix[2, 2], float(residual))


def _jacobian(matrix: np.ndarray, x: float, y: float) -> np.ndarray:
    """Derivative of (X, Y) mm with respect to (x, y) px at a point."""
    return Homography(matrix).at(np.array([[x, y]]))[1][0]
