"""What bends a sheet, followed from the phases of its grid: curl, folds, a lens, paper drawn in unevenly.

A homography explains a flat sheet. What the phases are off it is a field of millimetres, measured every 5 mm; a
`Plate` through it is added to the homography and the phases are measured against both, until they agree. Each time the
model is right a little farther out, so that a curled edge is reached although it was millimetres off at first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from papertrace.geometry import Displacement
from papertrace.traces.lattice import Measured
from papertrace.traces.phases import Blocks, Homography, Model, Stretched, Warped, smooth, smooth_along, unwrap
from papertrace.traces.plate import Plate

_MARGIN = 2  # blocks beyond the outermost ones, where the plate goes on by itself
_PASSES = 60
_ROUNDS = 4
_SETTLED_MM = 0.03
_ERROR_PX = 0.03
"""What JPEG's blocks and thresholds put lines off, alike over centimetres: not a warp."""
_LEAST_SPREAD_MM = 0.003
_LEAST_WEIGHT = 0.12
_STRONG = 0.4  # weight of a block for which the model is right; on the next harmonic it is less than 0.3
_AGREEMENT = 0.8  # of neighbours' phases; 1 is all alike
_WORTH_PX = 0.02
_SPACING_MM = 5.0
_STEPS = 12
_LEAST_AREA = 0.2  # of a square millimetre, after the warp: less is close to a fold


@dataclass(frozen=True)
class Warp:
    """What a sheet's lattice is besides its homography.

    Attributes
    ----------
    displacement : Displacement or None
        Of the sheet's points in mm, before the homography from mm to px; None where the sheet is flat.
    residual_px : float
        Weighted RMS distance of the measurements from the map.
    contrast : float
        As `papertrace.traces.lattice.Lattice` has it, of the warped lattice.
    """

    displacement: Displacement | None
    residual_px: float
    contrast: float


def follow_warp(measured: Measured) -> Warp:
    """Follow the warp of a sheet whose lattice was measured."""
    blocks, flat = measured.blocks, measured.model
    if _is_flat(measured):
        return Warp(None, measured.lattice.residual_px, _contrast(blocks, flat, measured.fields))
    plate = Plate((blocks.shape[0] + 2 * _MARGIN, blocks.shape[1] + 2 * _MARGIN))
    px_per_mm = float(np.sqrt(np.prod(measured.lattice.px_per_mm)))
    field = np.zeros((2, blocks.shape[0] + 2 * _MARGIN, blocks.shape[1] + 2 * _MARGIN))
    fields = measured.fields
    for _ in range(_PASSES):
        values, weight = _measurements(fields, field, smooth_along)
        weight = reached(weight)
        before = field
        field = np.stack([plate.robust(w, v, _LEAST_SPREAD_MM, 2) for w, v in zip(weight, values, strict=True)])
        model = Warped(flat, _on_blocks(_seen(field), blocks))
        if np.ptp(np.where(weight > 0, field - before, 0.0), axis=(1, 2)).max() < _SETTLED_MM:
            break
        fields, before = blocks.phases(model), field
    # where the model is right neighbours have the same phase, and their slope would be but noise
    values, weight = _measurements(fields, before, smooth)
    weight = reached(weight)
    error = _ERROR_PX / px_per_mm
    found = [plate.probable(w, v, error, _LEAST_SPREAD_MM, _ROUNDS) for w, v in zip(weight, values, strict=True)]
    field = np.stack([plane for plane, _ in found])
    residual_px = float(np.hypot(*(spread for _, spread in found))) / np.sqrt(2) * px_per_mm
    contrast = _contrast(blocks, model, fields)
    if max(_unevenness(f, w) for f, w in zip(field, weight, strict=True)) * px_per_mm < _WORTH_PX:
        return Warp(None, measured.lattice.residual_px, contrast)
    return Warp(_in_mm(_on_blocks(field, blocks), flat), residual_px, contrast)


def _contrast(blocks: Blocks, model: Model, fields: np.ndarray) -> float:
    """Return how much more coherent the page is with a model, which has these phases, than with one between lines."""
    chance = np.abs(smooth(blocks.phases(Stretched(model, 1.1)))).mean(axis=(1, 2))
    return float((np.abs(smooth(fields)).mean(axis=(1, 2)) / chance).min())


def _is_flat(measured: Measured) -> bool:
    """Tell whether a plate with half as many nodes a side, which takes no time, sees no warp worth following."""
    rows, columns = (side // 2 for side in measured.blocks.shape)
    if min(rows, columns) < 3:
        return False
    px_per_mm = float(np.sqrt(np.prod(measured.lattice.px_per_mm)))
    still = np.zeros((2, *(side + 2 * _MARGIN for side in measured.blocks.shape)))
    plate = Plate((rows, columns))
    for plane, weight in zip(*_measurements(measured.fields, still, smooth), strict=True):
        pulls, votes = (
            part[_MARGIN : _MARGIN + 2 * rows, _MARGIN : _MARGIN + 2 * columns]
            .reshape(rows, 2, columns, 2)
            .sum(axis=(1, 3))
            for part in (weight * plane, weight)
        )
        values = pulls / np.maximum(votes, 1e-12)
        found, _ = plate.probable(votes / 4, values, _ERROR_PX / px_per_mm, _LEAST_SPREAD_MM, _ROUNDS)
        if _unevenness(found, votes) * px_per_mm > _WORTH_PX:
            return False
    return True


def _measurements(
    fields: np.ndarray, field: np.ndarray, average: Callable[[np.ndarray], np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Return what the phases say the field is, and with what weight; both with the margin, where that is 0.

    Phases of neighbours are unwrapped together; what a block's own differs from theirs is added as it is, by its
    imaginary part, so that noise that is stronger than the lattice has a mean of zero and not a wrap. Where the model
    is far off, blocks see other harmonics, weakly and each in its own way: such have no vote until the plate, going on
    from where they do, comes close enough.
    """
    near = average(fields)
    strength = np.abs(near)
    trusted = strength > _AGREEMENT * smooth(np.abs(fields))
    turns = np.stack([unwrap(np.angle(f) / (2 * np.pi), q) for f, q in zip(near, strength * trusted, strict=True)])
    own = (fields * np.exp(-2j * np.pi * turns)).imag / (2 * np.pi * np.maximum(strength, 1e-6))
    inner = (slice(None), slice(_MARGIN, -_MARGIN), slice(_MARGIN, -_MARGIN))
    values, weight = np.zeros_like(field), np.zeros_like(field)
    values[inner] = field[inner] + turns + np.clip(own, -0.3, 0.3)
    usual = np.percentile(strength**2, 90, axis=(1, 2), keepdims=True)
    weight[inner] = np.where(trusted, strength**2 / np.maximum(usual, 1e-12), 0.0)
    weight[weight < _LEAST_WEIGHT] = 0.0
    return values, weight


def reached(weight: np.ndarray) -> np.ndarray:
    """Return the weights, 0 for blocks that are weak and not beside a strong one.

    Where a model is off by a fifth, blocks agree on the grid's next harmonic, which is weaker. The plate must come from
    where it is right, a block a time, and not be pulled there from beyond.

    Parameters
    ----------
    weight : ndarray, shape (k, rows, columns)
        Of the blocks; about 1 where a block is as good as usual, 0 where it has no vote.
    """
    beside = [cv2.dilate((plane >= _STRONG).astype(np.uint8), np.ones((3, 3), np.uint8)) for plane in weight]
    return weight * np.array(beside)


def _seen(field: np.ndarray) -> np.ndarray:
    """Return a field's mean over each block; of the triangular weights the variance is a sixth of their half width²."""
    curvature = np.zeros_like(field)
    curvature[:, 1:-1] += np.diff(field, 2, axis=1)
    curvature[:, :, 1:-1] += np.diff(field, 2, axis=2)
    return field + curvature / 12


def _on_blocks(field: np.ndarray, blocks: Blocks) -> Displacement:
    first = blocks.centres[0] - _MARGIN * blocks.size
    return Displacement(tuple(first.tolist()), float(blocks.size), np.moveaxis(field, 0, 2))


def _unevenness(field: np.ndarray, weight: np.ndarray) -> float:
    """Return the weighted RMS of a field off its best plane."""
    y, x = np.indices(field.shape)
    design = np.stack([np.ones(field.size), x.ravel(), y.ravel()], axis=1)
    root = np.sqrt(weight.ravel())
    plane = np.linalg.lstsq(design * root[:, None], field.ravel() * root, rcond=None)[0]
    return float(np.sqrt(np.sum(weight.ravel() * (field.ravel() - design @ plane) ** 2) / max(weight.sum(), 1e-12)))


def _in_mm(field: Displacement, flat: Homography) -> Displacement | None:
    """Return the displacement before the homography from mm to px, of a field added after that from px to mm.

    A point m of the sheet is seen at p, where flat(p) + field(p) = m, so that it is displaced by -field(p). None if
    the sheet would fold over.
    """
    rows, columns = field.values.shape[:2]
    x, y = (field.origin[k] + field.spacing * np.arange(n) for k, n in enumerate((columns, rows)))
    nodes_px = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    reach = flat.at(nodes_px)[0] + field.values.reshape(-1, 2)
    low, high = np.floor(reach.min(axis=0) / _SPACING_MM), np.ceil(reach.max(axis=0) / _SPACING_MM)
    x, y = (_SPACING_MM * np.arange(a, b + 1) for a, b in zip(low, high, strict=True))
    nodes = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    back = Homography(np.linalg.inv(flat.matrix))
    off = np.zeros_like(nodes)
    for _ in range(_STEPS):
        off = field.at(back.at(nodes - off)[0])
    displacement = Displacement((float(x[0]), float(y[0])), _SPACING_MM, -off.reshape(len(y), len(x), 2))
    _, after_x, after_y = displacement.with_slopes(nodes)
    area = (1 + after_x[:, 0]) * (1 + after_y[:, 1]) - after_x[:, 1] * after_y[:, 0]
    return displacement if area.min() > _LEAST_AREA else None
