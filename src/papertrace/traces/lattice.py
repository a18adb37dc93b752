"""The grid as a lattice: where on the image each grid millimetre lies, to hundredths of a pixel.

A printed ECG grid is two families of equidistant lines. Under a camera they stay the level lines of two
functions X(x, y) and Y(x, y), in millimetres, that share a projective denominator. Their phases
exp(2 pi i X) can be measured everywhere on the page by demodulation (the image times the expected wave, low-passed),
so that thousands of measurements, not a few detected lines, decide about eight numbers.

Steps: power spectra of parts of the page -> pitch and direction of both families, part by part -> phases against
these waves -> phase unwrapping from the best point outwards -> robust homography -> phases against the homography's
own wave, until they agree. Text, ink and stains are local, the lattice is not: they lose their vote by weight.

Phases are summed over overlapping blocks, 5 mm apart, with triangular weights. Such a sum has double zeros just where
the other lines of a 5 mm grid's spectrum are, and where sampling every 5 mm would fold them onto the one measured.

The idea of reading the pitch from a spectrum is in the ECG-Image-Kit study (arXiv 2307.01946); demodulation
follows Fourier-transform profilometry (Takeda et al., J. Opt. Soc. Am. 72, 156, 1982).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

MIN_PITCH_PX = 2.2
"""Finest grid that is looked for, in px a mm."""
PAGE_WIDTH_MM = (60.0, 420.0)
"""Widths of what an image of an ECG shows."""
MAX_PIXELS = 16_000_000
"""Larger images are reduced before anything else; a letter page at 400 dpi has 15 million pixels."""

_TILE = 256
_CENTRE = _TILE // 2
_MAX_PITCH_PX = 14.0
_USUAL_WIDTH_MM = 220.0
_MAX_TILES = 6
_SEARCH_SIDE = 1600
_ANGLE_LIMIT_DEG = 22.0
_PITCH_RATIO = 1.18
_HARMONICS = np.arange(1.0, 13.0)
_BETWEEN = np.arange(1.5, 7.0)
_NYQUIST = 0.46
_FLOOR = 1e-6
_COARSE = (0.008, 0.75)
_FINE = (0.003, 0.2)
_MIN_COMB = 15.0
_BLOCK_MM = 5.0
_SMOOTHING_BLOCKS = 0.7
_BLUR_MM = 0.17
_MIN_CONTRAST = 1.8


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


class NoLatticeError(ValueError):
    """The image shows no regular grid."""


def page_lattice(image: np.ndarray) -> Lattice:
    """Find the grid of a colour image of any size; see `find_lattice`.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w, 3)
        An image above `MAX_PIXELS` is reduced first; the lattice is that of the image given.

    Raises
    ------
    NoLatticeError
        If no grid is found.
    """
    factor = reduction(image.shape, MAX_PIXELS)
    blue, green, red = cv2.split(reduce_image(image, factor))
    light = cv2.add(cv2.add(blue, green, dtype=cv2.CV_16U), red, dtype=cv2.CV_16U)
    found = find_lattice(cv2.addWeighted(light, -1 / 3, light, 0, 255, dtype=cv2.CV_32F))
    return _describe(found.px_to_mm @ np.linalg.inv(upscaling(factor)), image.shape, found, factor)


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
        If no two families of lines stand out of the spectrum, or what stands out is no lattice.
    """
    if min(darkness.shape) < 32:
        raise NoLatticeError("the image is too small to show a grid")
    waves = _find_waves(np.asarray(darkness, np.float32))
    pitch = 1 / np.sqrt(abs(np.linalg.det(waves.gradients)))
    # 5 px a millimetre are enough for the phase
    factor = max(1, int(pitch / 5.5))
    blocks = _Blocks(reduce_image(darkness, factor), pitch / factor)
    scale = upscaling(factor)
    model: _Model = _Potential(waves, scale)
    for _ in range(5):
        fit = blocks.fit(model)
        moved = blocks.distance(model, fit.matrix)
        model = _Homography(fit.matrix)
        if moved < 1e-3:
            break
    contrast = blocks.contrast(model)
    if contrast < _MIN_CONTRAST:
        raise NoLatticeError("what looks like a grid is not regular over the page")
    found = Lattice(fit.matrix, (1.0, 1.0), 0.0, fit.residual, contrast)
    return _describe(fit.matrix @ np.linalg.inv(scale), darkness.shape, found, factor)


def _describe(px_to_mm: np.ndarray, shape: tuple[int, ...], found: Lattice, factor: int) -> Lattice:
    """Return `found`, whose image is `factor` times smaller, in terms of an image of this shape."""
    matrix = px_to_mm / px_to_mm[2, 2]
    inverse = np.linalg.inv(_jacobian(matrix, (shape[1] - 1) / 2, (shape[0] - 1) / 2))
    pitch = float(np.hypot(*inverse[:, 0])), float(np.hypot(*inverse[:, 1]))
    rotation = float(np.degrees(np.arctan2(inverse[1, 0], inverse[0, 0])))
    return Lattice(matrix, pitch, rotation, found.residual_px * factor, found.contrast)


def reduction(shape: tuple[int, ...], max_pixels: int) -> int:
    """Return the whole factor by which an image of this shape is to be reduced to have at most `max_pixels`."""
    return max(1, int(np.ceil(np.sqrt(shape[0] * shape[1] / max_pixels))))


def reduce_image(image: np.ndarray, factor: int) -> np.ndarray:
    """Average squares of `factor` px; what is left over at the right and lower edge is dropped."""
    if factor == 1:
        return image
    h, w = image.shape[0] // factor, image.shape[1] // factor
    return cv2.resize(image[: h * factor, : w * factor], (w, h), interpolation=cv2.INTER_AREA)


def upscaling(factor: int) -> np.ndarray:
    """Return the map from pixels of `reduce_image`'s result to pixels of its argument, shape (3, 3)."""
    return np.array([[factor, 0, (factor - 1) / 2], [0, factor, (factor - 1) / 2], [0, 0, 1.0]])


# The waves: what the spectrum says


@dataclass(frozen=True)
class _Waves:
    """Gradients of X and Y as linear functions of the place.

    Attributes
    ----------
    origin : ndarray, shape (2,)
        A place, x and y in px.
    gradients : ndarray, shape (2, 2)
        Of X (row 0) and Y (row 1) there, in mm per px.
    second : ndarray, shape (2, 2, 2)
        Second derivatives of X and of Y, symmetric.
    """

    origin: np.ndarray
    gradients: np.ndarray
    second: np.ndarray


def _find_waves(darkness: np.ndarray) -> _Waves:
    """Find the waves of the 1 mm lattice in the spectra of the page and of its parts.

    On a scan the lines are equidistant over the page, and the whole page's spectrum is the clearest. A camera spreads
    pitch and direction and smears that spectrum; those of the page's parts are sharp then, and differ.
    """
    fine = max(1, round(max(darkness.shape) / _SEARCH_SIDE))
    found = []
    # a tile must hold several 5 mm cells: wide pitches are looked for on a smaller image
    for factor, lowest in ((fine, MIN_PITCH_PX), (3 * fine, _MAX_PITCH_PX / 3)):
        width = darkness.shape[1] // factor
        low, high = max(lowest, width / PAGE_WIDTH_MM[1]), min(_MAX_PITCH_PX, width / PAGE_WIDTH_MM[0])
        if low < high:
            image = reduce_image(darkness, factor)
            image = np.minimum(image, np.percentile(image[::3, ::3], 97))
            found.append((*_search(image, low, high), factor))
    if not found or max(score for score, *_ in found) == -np.inf:
        raise NoLatticeError("no regular grid stands out of the spectrum")
    _, places, waves, trust, factor = max(found, key=lambda item: item[0])
    return _linear(places * factor + (factor - 1) / 2, waves / factor, trust)


def _search(image: np.ndarray, low: float, high: float) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """Find the waves of a grid whose pitch is between `low` and `high` px.

    Returns
    -------
    score : float
        How far the best comb stands out, -inf where none does.
    places : ndarray, shape (parts, 2)
        Centres of the parts of the page whose waves are given, x and y in px.
    waves : ndarray, shape (parts, 2, 2)
        Gradients of X and Y in mm per px.
    trust : ndarray, shape (parts, 2)
    """
    levels, places = _spectra(image)
    pitches = np.exp(np.arange(np.log(low), np.log(high) + _COARSE[0], _COARSE[0]))
    angles = np.radians(np.arange(-_ANGLE_LIMIT_DEG, _ANGLE_LIMIT_DEG + _COARSE[1], _COARSE[1]))
    scores = np.array([[_comb(family, pitches, angles) for family in level] for level in levels])
    # a page may have any width, but where the spectrum leaves it open the usual one is meant
    prior = -8 * np.log2(image.shape[1] / pitches / _USUAL_WIDTH_MM) ** 2
    score, part, found = _seed(scores, prior)
    if part == 0:
        waves = _refined(levels[0], pitches[found[:, 0]], angles[found[:, 1]])[None]
        return score, places[:1], waves, np.ones((1, 2))
    peaks, trust = _spread(scores[1:], places[1:], part - 1, found)
    waves = [_refined(level, pitches[p[:, 0]], angles[p[:, 1]]) for level, p in zip(levels[1:], peaks, strict=True)]
    return score, places[1:], np.array(waves), trust


def _spectra(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return power spectra in dB above their surroundings, of the page and then of its parts, and the parts' centres.

    Shapes (n, 2, _TILE + 1, _TILE + 1), zero frequency in the centre, as the vertical lines and as the horizontal
    lines show in it, both along the last axis; and (n, 2), x and y in px.
    """
    h, w = image.shape
    if min(h, w) < _TILE:
        image = cv2.copyMakeBorder(
            image - image.mean(), 0, max(0, _TILE - h), 0, max(0, _TILE - w), cv2.BORDER_CONSTANT, value=0
        )
    window = np.outer(np.hanning(_TILE), np.hanning(_TILE)).astype(np.float32)
    ys, xs = (
        np.linspace(0, length - _TILE, int(np.clip(np.ceil(length / _TILE), 1, _MAX_TILES))).astype(int)
        for length in image.shape
    )
    power = np.empty((len(ys), len(xs), _TILE, _TILE // 2 + 1), np.float32)
    for j, y in enumerate(ys):
        for i, x in enumerate(xs):
            tile = image[y : y + _TILE, x : x + _TILE]
            power[j, i] = np.abs(np.fft.rfft2((tile - tile.mean()) * window)) ** 2
    # each tile one vote, whatever its contrast
    power /= power.sum(axis=(2, 3), keepdims=True) + 1e-12
    means, places = [power.mean(axis=(0, 1))], [((w - 1) / 2, (h - 1) / 2)]
    for rows in _pairs(len(ys)):
        for columns in _pairs(len(xs)):
            means.append(power[rows, columns].mean(axis=(0, 1)))
            places.append((xs[columns].mean() + (_TILE - 1) / 2, ys[rows].mean() + (_TILE - 1) / 2))
    levels = []
    for mean in means:
        level = 10 * np.log10(_whole_plane(mean) + _FLOOR)
        level -= cv2.blur(level, (31, 31))
        levels.append((level, np.rot90(level)))
    return np.array(levels, np.float32), np.array(places)


def _pairs(count: int) -> list[slice]:
    """Return slices of two tiles each that cover `count` tiles."""
    return [slice(start, start + 2) for start in sorted({min(k, max(0, count - 2)) for k in range(0, count, 2)})]


def _whole_plane(half: np.ndarray) -> np.ndarray:
    """Return the power spectrum of a real signal from its right half, zero frequency in the centre, -f and f alike."""
    right = np.roll(half, _CENTRE, axis=0)
    right = np.concatenate([right, right[:1]])
    return np.concatenate([right[::-1, :0:-1], right], axis=1)


def _comb(level: np.ndarray, pitches: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Return how far the harmonics of 1/(5 mm) stand out, in dB summed over the comb, shape (pitches, angles)."""
    harmonics = np.concatenate([_HARMONICS, _BETWEEN])[:, None]
    frequency = harmonics / (5 * pitches)
    # the 1 mm lines make the fifth and tenth harmonic stand above their neighbours; a harmonic that is
    # missing costs, so that a subharmonic never wins, and so does a line halfway between, which a harmonic leaves
    weight = np.select([harmonics % 1 > 0, harmonics == 5, harmonics == 10, harmonics < 5], [-0.6, 2.0, 1.5, 1.0], 0.5)
    weight = np.where(frequency < _NYQUIST, weight, 0.0)
    radius = np.minimum(frequency, _NYQUIST).reshape(-1, 1) * _TILE
    value = cv2.remap(
        level,
        (radius * np.cos(angles) + _CENTRE).astype(np.float32),
        (radius * np.sin(angles) + _CENTRE).astype(np.float32),
        cv2.INTER_LINEAR,
    ).reshape(len(harmonics), len(pitches), len(angles))
    value = np.where(harmonics[:, :, None] % 1 > 0, np.clip(value, 0, 25), np.clip(value, -5, 35) - 4)
    return np.einsum("hp,hpa->pa", weight, value)


def _seed(scores: np.ndarray, prior: np.ndarray) -> tuple[float, int, np.ndarray]:
    """Return how far both families stand out together, the part where most, and pitch and angle there, shape (2, 2).

    Parameters
    ----------
    scores : ndarray, shape (parts, 2, pitches, angles)
        The first part is the page.
    prior : ndarray, shape (pitches,)
        Added for the pitch in x.
    """
    by_pitch = scores.max(axis=3)
    by_pitch = np.where(by_pitch < _MIN_COMB, -np.inf, by_pitch).astype(np.float32)
    reach = round(np.log(_PITCH_RATIO) / _COARSE[0])
    near = cv2.dilate(by_pitch[:, 1], np.ones((1, 2 * reach + 1), np.uint8))
    joint = by_pitch[:, 0] + near + prior
    # few tiles scatter more than many: a part must be clearly better than the page
    joint[0] += 15
    part, x = np.unravel_index(np.argmax(joint), joint.shape)
    low = max(0, x - reach)
    y = low + int(np.argmax(by_pitch[part, 1, low : x + reach + 1]))
    return (
        float(joint[part, x]),
        int(part),
        np.array([(p, int(np.argmax(scores[part, family, p]))) for family, p in enumerate((x, y))]),
    )


def _spread(scores: np.ndarray, places: np.ndarray, start: int, peaks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Follow both families from one part to the others, nearest first.

    Returns
    -------
    peaks : ndarray of int, shape (parts, 2, 2)
        Pitch and angle, of X and Y.
    trust : ndarray, shape (parts, 2)
    """
    found = np.zeros((len(scores), 2, 2), int)
    trust = np.zeros((len(scores), 2))
    pitch_reach, angle_reach = round(0.1 / _COARSE[0]), round(8 / _COARSE[1])
    order = np.argsort(np.hypot(*(places - places[start]).T), kind="stable")
    for count, part in enumerate(order):
        known = order[:count]
        nearest = known[np.argmin(np.hypot(*(places[known] - places[part]).T))] if count else None
        for family in range(2):
            pitch, angle = peaks[family] if nearest is None else found[nearest, family]
            top, left = max(0, pitch - pitch_reach), max(0, angle - angle_reach)
            window = scores[part, family, top : pitch + pitch_reach + 1, left : angle + angle_reach + 1]
            place = np.unravel_index(np.argmax(window), window.shape)
            found[part, family] = top + place[0], left + place[1]
            trust[part, family] = max(float(window.max()), 0.0)
    return found, trust + 1e-3


def _refined(levels: np.ndarray, pitches: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Return the gradients of X and Y next to what the coarse search found, shape (2, 2)."""
    gradients = []
    for family, pitch, angle in zip(levels, pitches, angles, strict=True):
        near_pitches = pitch * np.exp(np.arange(-1.5 * _COARSE[0], 1.5 * _COARSE[0], _FINE[0]))
        near_angles = angle + np.radians(np.arange(-1.5 * _COARSE[1], 1.5 * _COARSE[1], _FINE[1]))
        score = _comb(family, near_pitches, near_angles)
        row, column = np.unravel_index(np.argmax(score), score.shape)
        gradients.append(np.array([np.cos(near_angles[column]), np.sin(near_angles[column])]) / near_pitches[row])
    x, y = gradients
    return np.array([x, [-y[1], y[0]]])


def _linear(places: np.ndarray, waves: np.ndarray, trust: np.ndarray) -> _Waves:
    """Fit gradients that change linearly over the page, and are those of a function, to the parts' waves."""
    origin = places.mean(axis=0)
    if len(places) == 1:
        return _Waves(origin, waves[0], np.zeros((2, 2, 2)))
    length = float(np.ptp(places, axis=0).max())
    x, y = ((places - origin) / length).T
    one, zero = np.ones(len(x)), np.zeros(len(x))
    design = np.concatenate([np.stack([one, zero, x, y, zero], 1), np.stack([zero, one, zero, x, y], 1)])
    gradients, second = [], []
    for family in range(2):
        values = np.concatenate([waves[:, family, 0], waves[:, family, 1]])
        weight = np.tile(trust[:, family], 2)
        for _ in range(4):
            solution = np.linalg.lstsq(design * weight[:, None], values * weight, rcond=1e-6)[0]
            error = np.abs(values - design @ solution)
            # a part whose wave is not the lattice's has no say
            weight = np.tile(trust[:, family], 2) / (1 + (error / (0.01 * np.hypot(*solution[:2]))) ** 2)
        a, b, xx, xy, yy = solution
        gradients.append((a, b))
        second.append(np.array([[xx, xy], [xy, yy]]) / length)
    return _Waves(origin, np.array(gradients), np.array(second))


# The phases: what the whole page says


class _Model(Protocol):
    """X and Y as functions of the place, in mm; constants do not matter."""

    def at(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return X and Y, shape (n, 2), and their gradients, shape (n, 2, 2), at points of shape (n, 2)."""
        ...


class _Potential:
    """X and Y as quadratic functions of the place, up to constants."""

    def __init__(self, waves: _Waves, scale: np.ndarray):
        factor = scale[0, 0]
        self.origin = (waves.origin - scale[:2, 2]) / factor
        self.gradients, self.second = waves.gradients * factor, waves.second * factor**2

    def at(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        away = points - self.origin
        bend = np.einsum("fij,nj->nfi", self.second, away)
        return np.einsum("nfi,ni->nf", self.gradients + bend / 2, away), self.gradients + bend


class _Homography:
    """X and Y as a projective map gives them."""

    def __init__(self, matrix: np.ndarray):
        self.matrix = matrix

    def at(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mapped = points @ self.matrix[:, :2].T + self.matrix[:, 2]
        values = mapped[:, :2] / mapped[:, 2:]
        return values, (self.matrix[:2, :2] - values[:, :, None] * self.matrix[2, :2]) / mapped[:, 2, None, None]


class _Stretched:
    """Another model times a number: a comb of lines that the grid does not have."""

    def __init__(self, model: _Model, ratio: float):
        self.model, self.ratio = model, ratio

    def at(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        values, gradients = self.model.at(points)
        return values * self.ratio, gradients * self.ratio


@dataclass(frozen=True)
class _Fit:
    matrix: np.ndarray
    residual: float


class _Blocks:
    """An image cut into overlapping blocks about 5 mm apart, ready for the measurement of phases.

    Parameters
    ----------
    image : ndarray of float32, shape (h, w)
    pitch : float
        About what 1 mm is, in px.
    """

    def __init__(self, image: np.ndarray, pitch: float):
        size = max(4, round(_BLOCK_MM * pitch))
        if min(image.shape) < 5 * size:
            raise NoLatticeError("the image is too small to show a grid")
        # sharp lines that are clipped have harmonics that the pixels cannot tell from the fundamental
        image = cv2.GaussianBlur(image, (0, 0), _BLUR_MM * pitch)
        # slower than the grid is the paper, darker than the grid is the ink
        small = (image.shape[1] // size, image.shape[0] // size)
        paper = cv2.blur(cv2.resize(image, small, interpolation=cv2.INTER_AREA), (3, 3))
        flat = image - cv2.resize(paper, image.shape[::-1], interpolation=cv2.INTER_LINEAR)
        sample = np.abs(flat[::5, ::5])
        limit = 2.5 * float(np.sqrt(np.mean(np.minimum(sample, np.percentile(sample, 95)) ** 2)))
        flat = np.clip(flat, -limit, limit)
        windows = np.lib.stride_tricks.sliding_window_view(flat, (2 * size, 2 * size))
        self.pixels = windows[::size, ::size]
        self.shape = rows, columns = self.pixels.shape[:2]
        middle = size - 0.5
        self.offsets = np.arange(2 * size) - middle
        self.taper = (1 - np.abs(self.offsets) / size).astype(np.float32)
        squares = flat[: size * (rows + 1), : size * (columns + 1)] ** 2
        energy = cv2.blur(cv2.resize(squares, (columns + 1, rows + 1), interpolation=cv2.INTER_AREA), (2, 2))[1:, 1:]
        self.energy = _smooth(energy) * float(self.taper.sum()) ** 4 + 1e-9
        y, x = np.mgrid[:rows, :columns] * size + middle
        self.centres = np.stack([x.ravel(), y.ravel()], axis=1)

    def phases(self, model: _Model) -> np.ndarray:
        """Return the lattice's deviation from a model as complex numbers, shape (2, rows, columns).

        The angle is 2 pi times X (or Y) less the model's; the modulus is the coherence.
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
        return np.stack([_smooth(f.real) + 1j * _smooth(f.imag) for f in field]) / np.sqrt(self.energy)

    def fit(self, model: _Model) -> _Fit:
        """Measure phases against a model and fit the homography from px to mm that they tell."""
        rows, columns = self.shape
        fields = self.phases(model)
        values, _ = model.at(self.centres)
        values = values.T.reshape(2, rows, columns)
        quality = np.abs(fields)
        turns = np.stack([_unwrap(np.angle(f) / (2 * np.pi), q) for f, q in zip(fields, quality, strict=True)])
        return _robust_homography(self.centres, (values + turns).reshape(2, -1).T, quality.reshape(2, -1).T)

    def contrast(self, model: _Model) -> float:
        """Return how much more coherent the page is with a model than with one between the grid's harmonics."""
        coherence, chance = (np.abs(self.phases(m)).mean(axis=(1, 2)) for m in (model, _Stretched(model, 1.1)))
        return float((coherence / chance).min())

    def distance(self, model: _Model, matrix: np.ndarray) -> float:
        """Return how far, in mm, a homography is from a model at most, up to a shift."""
        before, after = model.at(self.centres)[0], _Homography(matrix).at(self.centres)[0]
        return float(np.ptp(after - before, axis=0).max())


def _smooth(field: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(np.ascontiguousarray(field), (0, 0), _SMOOTHING_BLOCKS, borderType=cv2.BORDER_REFLECT)


def _unwrap(turns: np.ndarray, quality: np.ndarray) -> np.ndarray:
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
    return _Homography(matrix).at(np.array([[x, y]]))[1][0]
