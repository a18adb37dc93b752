"""What the spectrum says of a grid: pitch and direction of both families of lines, part by part of the page.

The idea of reading the pitch from a spectrum is in the ECG-Image-Kit study (arXiv 2307.01946).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from papertrace.traces.reduced import reduce_image


class NoLatticeError(ValueError):
    """The image shows no regular grid."""


MIN_PITCH_PX = 2.2
"""Finest grid that is looked for, in px a mm."""
PAGE_WIDTH_MM = (60.0, 560.0)
"""Widths of what an image of an ECG shows."""

_TILE = 256
_CENTRE = _TILE // 2
_MAX_PITCH_PX = 14.0
_USUAL_WIDTH_MM = 220.0
_MAX_TILES = 6
_SEARCH_SIDE, _QUICK_SIDE = 1600, 1100
_ANGLE_LIMIT_DEG = 22.5
_PITCH_RATIO = 1.18
_HARMONICS = np.arange(1.0, 13.0)
_BETWEEN = np.arange(1.5, 7.0)
_NYQUIST = 0.46
_FLOOR = 1e-6
_COARSE = (0.008, 0.75)
_FINE = (0.003, 0.2)
_MIN_COMB = 15.0
_CLEAR = 260.0
"""Validation scans of flat sheets stand out by 300 and more; those whose pitch varies much over the page by less."""
_ALTERNATING_DB = 2.0
_OCTAVE = round(np.log(2) / _COARSE[0])
_NEAR = round(0.2 / _COARSE[0]), round(12 / _COARSE[1])  # of a page's clear comb: 20 %, 12 degrees


@dataclass(frozen=True)
class Waves:
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


def find_waves(darkness: np.ndarray, *, sparse: bool = False) -> Waves:
    """Find the waves of the 1 mm lattice in the spectra of the page and of its parts.

    On a scan the lines are equidistant over the page, and the whole page's spectrum is the clearest. A camera spreads
    pitch and direction and smears that spectrum; those of the page's parts are sharp then, and differ.

    Parameters
    ----------
    darkness : ndarray of float32, shape (h, w)
        How much darker than the paper each pixel is.
    sparse : bool
        The grid may be as dark as ink, and no more of it than there is ink.
    """
    quick, fine = (max(1, round(max(darkness.shape) / side)) for side in (_QUICK_SIDE, _SEARCH_SIDE))
    # a tile must hold several 5 mm cells: wide pitches are looked for on a smaller image
    scales = ((fine, MIN_PITCH_PX), (3 * fine, _MAX_PITCH_PX / 3))
    # a clear grid is clear on a small image, too;
    # with lines 45 degrees from those usually looked for, every direction is looked at
    for tilt_deg, clearly, tried in (
        (0.0, True, ((quick, MIN_PITCH_PX),)),
        (0.0, False, scales),
        (45.0, False, scales),
    ):
        found = []
        for factor, lowest in tried:
            width = darkness.shape[1] // factor
            low, high = max(lowest, width / PAGE_WIDTH_MM[1]), min(_MAX_PITCH_PX, width / PAGE_WIDTH_MM[0])
            if low < high:
                image = reduce_image(darkness, factor)
                if not sparse:
                    image = np.minimum(image, np.percentile(image[::3, ::3], 97))
                found.append((*_search(image, low, high, tilt_deg, clearly=clearly), factor))
        if found and max(score for score, *_ in found) > -np.inf:
            _, places, waves, trust, factor = max(found, key=lambda item: item[0])
            return _linear(places * factor + (factor - 1) / 2, waves / factor, trust)
    raise NoLatticeError("no regular grid stands out of the spectrum")


def _search(
    image: np.ndarray, low: float, high: float, tilt_deg: float, *, clearly: bool
) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """Find the waves of a grid whose pitch is between `low` and `high` px; if `clearly`, of one that the page shows.

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
    angles = np.radians(tilt_deg + np.arange(-_ANGLE_LIMIT_DEG, _ANGLE_LIMIT_DEG + _COARSE[1], _COARSE[1]))
    # a page may have any width, but where the spectrum leaves it open the usual one is meant
    prior = -8 * np.log2(image.shape[1] / pitches / _USUAL_WIDTH_MM) ** 2
    scores = _combs(levels[:1], pitches, angles)
    score, _, found = _seed(scores, prior)
    if clearly:
        if score < _CLEAR:
            return -np.inf, places, np.empty((0, 2, 2)), np.empty((0, 2))
        found = _halved(levels[0], pitches, angles, found)
        if _every_other(levels[0], pitches[found[:, 0]], angles[found[:, 1]]):  # finer than what is looked for
            return -np.inf, places, np.empty((0, 2, 2)), np.empty((0, 2))
        # the parts' combs are near the page's
        p, a = (
            slice(max(0, low - reach), high + reach + 1)
            for low, high, reach in zip(found.min(axis=0), found.max(axis=0), _NEAR, strict=True)
        )
        pitches, prior, angles, scores = pitches[p], prior[p], angles[a], scores[:, :, p, a]
    scores = np.concatenate([scores, _combs(levels[1:], pitches, angles)])
    score, part, found = _seed(scores, prior)
    if score > -np.inf and tilt_deg == 0 and _diagonal(levels[part], pitches[found[:, 0]], angles[found[:, 1]]):
        score = -np.inf
    found = _halved(levels[part], pitches, angles, found)
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


def _combs(levels: np.ndarray, pitches: np.ndarray, angles: np.ndarray) -> np.ndarray:
    return np.array([[_comb(family, pitches, angles) for family in level] for level in levels])


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


def _halved(levels: np.ndarray, pitches: np.ndarray, angles: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Return a comb's pitches and angles, shape (2, 2), or those of a cell half as large, as long as that is seen."""
    found = found.copy()
    while (found[:, 0] >= _OCTAVE).all() and _every_other(levels, pitches[found[:, 0]], angles[found[:, 1]]):
        found[:, 0] -= _OCTAVE
    return found


def _every_other(levels: np.ndarray, pitches: np.ndarray, angles: np.ndarray) -> bool:
    """Tell whether every other line of a comb is missing or weak: the cell is half as large.

    A fax breaks one line and spares the next, so that two cells together repeat better than each does.
    """
    harmonics = np.arange(1, 7)
    total = np.zeros(6)
    for level, pitch, angle in zip(levels, pitches, angles, strict=True):
        radius = np.minimum(harmonics / (5 * pitch), _NYQUIST) * _TILE
        at = [(radius * turn + _CENTRE).astype(np.float32)[None] for turn in (np.cos(angle), np.sin(angle))]
        total += cv2.remap(level, *at, cv2.INTER_LINEAR)[0] / 2
    return bool(total[1::2].mean() - total[::2].mean() > _ALTERNATING_DB)


def _diagonal(levels: np.ndarray, pitches: np.ndarray, angles: np.ndarray) -> bool:
    """Tell whether what was found are the diagonals of a grid, which lies 45 degrees from it and is wider."""
    wider = pitches.mean() * np.sqrt(2) * np.exp(np.arange(-4, 5) * _COARSE[0])
    turned = angles.mean() + np.pi / 4 + np.radians(np.arange(-4, 5) * _COARSE[1])
    found = [_comb(f, p[None], a[None]).max() for f, p, a in zip(levels, pitches, angles, strict=True)]
    return min(_comb(level, wider, turned).max() for level in levels) > max(found)


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


def _linear(places: np.ndarray, waves: np.ndarray, trust: np.ndarray) -> Waves:
    """Fit gradients that change linearly over the page, and are those of a function, to the parts' waves."""
    origin = places.mean(axis=0)
    if len(places) == 1:
        return Waves(origin, waves[0], np.zeros((2, 2, 2)))
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
    return Waves(origin, np.array(gradients), np.array(second))
