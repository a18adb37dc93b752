"""The grid as a lattice: where on the image each grid millimetre lies, to hundredths of a pixel.

A printed ECG grid is two families of equidistant lines. Under a camera they stay the level lines of two
functions X(x, y) and Y(x, y), in millimetres, that share a projective denominator. Their phases
exp(2 pi i X) can be measured everywhere on the page by demodulation (the image times the expected wave, low-passed),
so that thousands of measurements, not a few detected lines, decide about eight numbers.

Steps: tile-averaged power spectrum -> pitch and direction of both families -> demodulation with that constant
wave -> phase unwrapping from the best point outwards -> robust homography -> demodulation with the homography's own
wave, and again. Text, ink and stains are local, the lattice is not: they lose their vote by weight.

The idea of reading the pitch from a spectrum is in the ECG-Image-Kit study (arXiv 2307.01946); demodulation
follows Fourier-transform profilometry (Takeda et al., J. Opt. Soc. Am. 72, 156, 1982).
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import cv2
import numpy as np

_TILE = 256
_ANGLE_LIMIT_DEG = 20.0


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
    strength : float
        Mean coherence of the lattice over the page, 0 … 1.
    """

    px_to_mm: np.ndarray
    px_per_mm: tuple[float, float]
    rotation_deg: float
    residual_px: float
    strength: float


class NoLatticeError(ValueError):
    """The image shows no regular grid."""


def find_lattice(darkness: np.ndarray) -> Lattice:
    """Find the grid of an image.

    Parameters
    ----------
    darkness : ndarray of float32, shape (h, w)
        How much darker than the paper each pixel is; ink may be clipped.

    Returns
    -------
    Lattice

    Raises
    ------
    NoLatticeError
        If no two families of lines stand out of the spectrum.
    """
    wave_x, wave_y, step = _coarse_waves(darkness)
    # 4 px a millimetre are enough for the phase, and a quarter of the pixels
    factor = max(1, int(np.hypot(*(1 / np.hypot(*w) for w in (wave_x, wave_y))) / np.sqrt(2) // 3.6))
    small = (
        darkness
        if factor == 1
        else cv2.resize(
            darkness, (darkness.shape[1] // factor, darkness.shape[0] // factor), interpolation=cv2.INTER_AREA
        )
    )
    del step
    small = _flatten(small, wave_x * factor)
    fit = _Fit(small, factor)
    matrix = fit.refine_constant(wave_x * factor, wave_y * factor)
    for _ in range(2):
        matrix, residual, strength = fit.refine(matrix)
    h, w = darkness.shape
    jacobian = _jacobian(matrix, (w - 1) / 2, (h - 1) / 2)
    inverse = np.linalg.inv(jacobian)
    pitch_x, pitch_y = np.hypot(*inverse[:, 0]), np.hypot(*inverse[:, 1])
    rotation = np.degrees(np.arctan2(inverse[1, 0], inverse[0, 0]))
    return Lattice(matrix, (float(pitch_x), float(pitch_y)), float(rotation), float(residual), float(strength))


def _flatten(image: np.ndarray, wave: np.ndarray) -> np.ndarray:
    """Remove everything slower than the 5 mm pitch and clip what is darker than the grid."""
    size = int(8 / np.hypot(*wave)) | 1
    flat = image - cv2.blur(image, (size, size))
    limit = 2.5 * float(np.sqrt(np.mean(np.minimum(np.abs(flat), np.percentile(np.abs(flat[::7, ::7]), 95)) ** 2)))
    return np.clip(flat, -limit, limit)


def _spectrum(darkness: np.ndarray) -> np.ndarray:
    """Tile-averaged power spectrum, shape (_TILE, _TILE), zero frequency in the centre."""
    h, w = darkness.shape
    window = np.outer(np.hanning(_TILE), np.hanning(_TILE)).astype(np.float32)
    if h < _TILE or w < _TILE:
        padded = np.zeros((max(h, _TILE), max(w, _TILE)), np.float32)
        padded[:h, :w] = darkness - darkness.mean()
        darkness, (h, w) = padded, padded.shape
    ys = np.unique(np.linspace(0, h - _TILE, max(1, round(h / _TILE * 1.3))).astype(int))
    xs = np.unique(np.linspace(0, w - _TILE, max(1, round(w / _TILE * 1.3))).astype(int))
    total = np.zeros((_TILE, _TILE))
    for y in ys:
        for x in xs:
            tile = darkness[y : y + _TILE, x : x + _TILE]
            tile = tile - tile.mean()
            power = np.abs(np.fft.fft2(tile * window)) ** 2
            # each tile one vote, whatever its contrast
            total += power / (power.sum() + 1e-12)
    return np.fft.fftshift(total / (len(ys) * len(xs)))


def _coarse_waves(darkness: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the waves of the 1 mm lattice, cycles per px as (fx, fy), for vertical and horizontal lines."""
    limit = np.percentile(darkness[::7, ::7], 97)
    power = _spectrum(np.minimum(darkness, max(limit, 1e-6)))
    level = 10 * np.log10(power + 1e-15)
    level -= cv2.medianBlur(level.astype(np.float32), 5) * 0 + cv2.blur(level, (31, 31))
    width = darkness.shape[1]
    best_x = _comb(level, along_x=True, width=width)
    best_y = _comb(level, along_x=False, width=width, pitch=1 / np.hypot(*best_x))
    return best_x, best_y, 0.0


def _comb(level: np.ndarray, along_x: bool, width: int, pitch: float | None = None) -> np.ndarray:
    """Search the wave whose comb of harmonics of 1/(5 mm) stands out most, in dB summed over the comb."""
    low, high = (max(2.2, width / 420), min(30.0, width / 60)) if pitch is None else (pitch * 0.85, pitch * 1.18)
    pitches = np.exp(np.arange(np.log(low), np.log(high), 0.004))
    angles = np.radians(np.arange(-_ANGLE_LIMIT_DEG, _ANGLE_LIMIT_DEG + 0.01, 0.25))
    grid_pitch, grid_angle = np.meshgrid(pitches, angles, indexing="ij")
    score = np.zeros_like(grid_pitch)
    for harmonic in range(1, 13):
        frequency = harmonic / (5 * grid_pitch)
        fx, fy = frequency * np.cos(grid_angle), frequency * np.sin(grid_angle)
        if not along_x:
            fx, fy = -fy, fx
        inside = frequency < 0.46
        value = cv2.remap(
            level.astype(np.float32),
            (fx * _TILE + _TILE / 2).astype(np.float32),
            (fy * _TILE + _TILE / 2).astype(np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        # the 1 mm lines make the fifth and tenth harmonic stand above their neighbours; a harmonic that is
        # missing costs, so that a subharmonic never wins
        weight = {5: 2.0, 10: 1.5}.get(harmonic, 1.0 if harmonic < 5 else 0.5)
        score += np.where(inside, weight * (np.clip(value, -5, 25) - 4.0), 0.0)
    best = np.unravel_index(np.argmax(score), score.shape)
    if score[best] < 20:
        raise NoLatticeError("no regular grid stands out of the spectrum")
    frequency = 1 / pitches[best[0]]
    angle = angles[best[1]]
    wave = np.array([frequency * np.cos(angle), frequency * np.sin(angle)])
    return wave if along_x else np.array([-wave[1], wave[0]])


class _Fit:
    """Phase measurements on one (reduced) image and the homography they give."""

    def __init__(self, image: np.ndarray, factor: int):
        self.image = np.ascontiguousarray(image, np.float32)
        self.factor = factor
        self.spacing = 24
        h, w = image.shape
        self.ys, self.xs = np.arange(self.spacing // 2, h, self.spacing), np.arange(self.spacing // 2, w, self.spacing)
        self.gx, self.gy = np.meshgrid(self.xs.astype(float), self.ys.astype(float))

    def _demodulate(self, phase_x: np.ndarray, phase_y: np.ndarray, sigma: float) -> tuple[np.ndarray, np.ndarray]:
        energy = _sample(cv2.GaussianBlur(self.image**2, (0, 0), sigma), self.ys, self.xs)
        out = []
        for phase in (phase_x, phase_y):
            fraction = (phase - np.floor(phase)).astype(np.float32) * np.float32(2 * np.pi)
            real = _lowpass(self.image * np.cos(fraction), self.ys, self.xs, sigma)
            imag = _lowpass(self.image * -np.sin(fraction), self.ys, self.xs, sigma)
            out.append((real + 1j * imag) / np.sqrt(energy + 1e-12))
        return out[0], out[1]

    def refine_constant(self, wave_x: np.ndarray, wave_y: np.ndarray) -> np.ndarray:
        """Demodulate with constant waves, unwrap outwards, and fit; returns px (full size) -> mm."""
        h, w = self.image.shape
        x, y = np.arange(w, dtype=np.float64), np.arange(h, dtype=np.float64)[:, None]
        phases = [wave[0] * x + wave[1] * y for wave in (wave_x, wave_y)]
        fields = self._demodulate(*phases, sigma=self.spacing * 0.6)
        values, weights = [], []
        for field, wave in zip(fields, (wave_x, wave_y), strict=True):
            smooth = _smooth_complex(field)
            turns = _unwrap(np.angle(smooth) / (2 * np.pi), np.abs(smooth))
            values.append(turns + wave[0] * self.gx + wave[1] * self.gy)
            weights.append(np.abs(smooth))
        return self._solve(values, weights)[0]

    def refine(self, matrix: np.ndarray) -> tuple[np.ndarray, float, float]:
        """Demodulate with the homography's own wave and fit again; returns matrix, residual in px, strength."""
        h, w = self.image.shape
        scaled = matrix @ _upscale(self.factor)
        x, y = np.arange(w, dtype=np.float64), np.arange(h, dtype=np.float64)[:, None]
        denominator = scaled[2, 0] * x + scaled[2, 1] * y + scaled[2, 2]
        phases = [(row[0] * x + row[1] * y + row[2]) / denominator for row in scaled[:2]]
        fields = self._demodulate(*phases, sigma=self.spacing * 0.6)
        denominator = scaled[2, 0] * self.gx + scaled[2, 1] * self.gy + scaled[2, 2]
        values, weights = [], []
        for field, row in zip(fields, scaled[:2], strict=True):
            model = (row[0] * self.gx + row[1] * self.gy + row[2]) / denominator
            smooth = _smooth_complex(field)
            turns = _unwrap(np.angle(smooth) / (2 * np.pi), np.abs(smooth))
            values.append(model + turns)
            weights.append(np.abs(smooth))
        return self._solve(values, weights)

    def _solve(self, values, weights) -> tuple[np.ndarray, float, float]:
        """Robust homography from (px) to (mm) by iteratively reweighted direct linear transform."""
        h, w = self.image.shape
        centre, scale = np.array([w / 2, h / 2]), max(w, h) / 2
        px = (np.stack([self.gx.ravel(), self.gy.ravel()], 1) - centre) / scale
        mm = np.stack([v.ravel() for v in values], 1)
        shift, stretch = mm.mean(0), mm.std()
        target = (mm - shift) / stretch
        base = np.stack([wt.ravel() ** 2 for wt in weights], 1)
        floor = np.percentile(base, 90, axis=0) * 0.02
        base = np.where(base < floor, 0, base)
        robust = np.ones_like(base)
        ones, zeros = np.ones(len(px)), np.zeros(len(px))
        solution = np.zeros(8)
        for _ in range(8):
            denominator = 1 + px @ solution[6:]
            rows, right, strength = [], [], []
            for axis in range(2):
                block = [px[:, 0], px[:, 1], ones] if axis == 0 else [zeros, zeros, zeros]
                block += [zeros, zeros, zeros] if axis == 0 else [px[:, 0], px[:, 1], ones]
                block += [-px[:, 0] * target[:, axis], -px[:, 1] * target[:, axis]]
                weight = np.sqrt(base[:, axis] * robust[:, axis]) / denominator
                rows.append(np.stack(block, 1) * weight[:, None])
                right.append(target[:, axis] * weight)
                strength.append(weight)
            solution = np.linalg.lstsq(np.concatenate(rows), np.concatenate(right), rcond=None)[0]
            denominator = 1 + px @ solution[6:]
            model = np.stack([(px @ solution[0:2] + solution[2]), (px @ solution[3:5] + solution[5])], 1)
            error = (model / denominator[:, None] - target) * stretch
            spread = np.sqrt(np.sum(base * robust * error**2) / np.sum(base * robust) + 1e-12)
            robust = 1 / (1 + (error / (1.5 * spread)) ** 2) ** 2
        raw = np.array([solution[0:3], solution[3:6], [solution[6], solution[7], 1.0]])
        to_unit = np.array([[1 / scale, 0, -centre[0] / scale], [0, 1 / scale, -centre[1] / scale], [0, 0, 1]])
        from_unit = np.array([[stretch, 0, shift[0]], [0, stretch, shift[1]], [0, 0, 1]])
        matrix = from_unit @ raw @ to_unit @ np.linalg.inv(_upscale(self.factor))
        matrix /= matrix[2, 2]
        jacobian = _jacobian(matrix, w * self.factor / 2, h * self.factor / 2)
        residual = spread / np.sqrt(abs(np.linalg.det(jacobian)))
        coherent = float(np.mean([np.sqrt(b).mean() for b in base.T]))
        return matrix, residual, coherent


def _upscale(factor: int) -> np.ndarray:
    """Homography from reduced to full-size pixels (area averaging keeps pixel edges in place)."""
    return np.array([[factor, 0, (factor - 1) / 2], [0, factor, (factor - 1) / 2], [0, 0, 1.0]])


def _sample(image: np.ndarray, ys: np.ndarray, xs: np.ndarray) -> np.ndarray:
    return image[np.ix_(ys, xs)]


def _lowpass(image: np.ndarray, ys: np.ndarray, xs: np.ndarray, sigma: float) -> np.ndarray:
    return _sample(cv2.GaussianBlur(image, (0, 0), sigma), ys, xs)


def _smooth_complex(field: np.ndarray) -> np.ndarray:
    """Average neighbouring measurements, whose noise is nearly independent."""
    real = cv2.GaussianBlur(np.ascontiguousarray(field.real), (3, 3), 0.8)
    return real + 1j * cv2.GaussianBlur(np.ascontiguousarray(field.imag), (3, 3), 0.8)


def _unwrap(turns: np.ndarray, quality: np.ndarray) -> np.ndarray:
    """Unwrap a field of phases (in turns), growing from the best point in the order of quality."""
    h, w = turns.shape
    out = turns.copy()
    done = np.zeros((h, w), bool)
    start = np.unravel_index(np.argmax(cv2.blur(quality, (5, 5))), quality.shape)
    done[start] = True
    heap: list[tuple[float, int, int, float]] = []

    def push(y: int, x: int) -> None:
        for v, u in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
            if 0 <= v < h and 0 <= u < w and not done[v, u]:
                heapq.heappush(heap, (-quality[v, u], v, u, out[y, x]))

    push(*start)
    while heap:
        _, y, x, near = heapq.heappop(heap)
        if done[y, x]:
            continue
        done[y, x] = True
        out[y, x] = turns[y, x] + np.round(near - turns[y, x])
        push(y, x)
    return out


def _jacobian(matrix: np.ndarray, x: float, y: float) -> np.ndarray:
    """Derivative of (X, Y) mm with respect to (x, y) px at a point."""
    point = matrix @ np.array([x, y, 1.0])
    mapped = point[:2] / point[2]
    return (matrix[:2, :2] - np.outer(mapped, matrix[2, :2])) / point[2]
