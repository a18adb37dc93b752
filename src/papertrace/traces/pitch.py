"""How wide a millimetre is, the three ways of the ECG-Image-Kit study: the baselines of `papertrace.traces.lattice`.

Each takes an image and returns the pitch of 1 mm along x and along y in px. They look at parts of the page, a quarter
of its width and height each, and see neither rotation nor perspective. What they find is the distance between grid
lines that repeat, which may be 1 or 5 mm apart; the page's width decides, as the study's pages were 11 inches wide, and
distances that would make it less than half or more than one and a half times as wide are passed over.

Source: ECG-Image-Kit (Shivashankara et al., arXiv 2307.01946; Physiol. Meas. 45, 055019, 2024) names the three: the
marginal intensity's peaks, the power spectrum's peaks, and a matched filter of one box's outline. Peaks are placed
between pixels by a parabola through three values.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

PAGE_WIDTH_MM = 279.4
"""A letter page on its side."""
PLAUSIBLE = (0.5, 1.5)
"""How much of that width a page may have."""

_PARTS = 4
_INCHES = 11  # of the page's width; a shadow is what is smooth over one of them
_SHADOW_STEP = 8
_WINDOW = 0.3  # SD of the spectrum's window, in lengths of a part
_DISTINCT = 0.1  # of a profile's range: what stands out less is no line
_FINEST_PX, _WIDEST_PX = 3, 64
_BRIGHTEST = 0.05
_SATURATION = 0.7
_LEAST_SIDE_PX = 128
_CLEAR_DB = 1.0
_FLAT = 1e-3


class NoPitchError(ValueError):
    """Nothing on the image repeats as a grid does."""


def marginal_pitch(image: np.ndarray) -> tuple[float, float]:
    """Return px per mm from the distances between peaks of the mean darkness along columns and along rows.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w, 3)
        Blue, green, red.

    Raises
    ------
    NoPitchError
        No plausible distance between lines.
    """
    from scipy.signal import find_peaks

    def periods(parts: list[np.ndarray]) -> list[float]:
        gaps = [np.empty(0)]
        for part in parts:
            profile = part.mean(axis=0)
            low, high = np.percentile(profile, (1, 99))
            peaks, _ = find_peaks(profile, prominence=max(_DISTINCT * float(high - low), 1e-6))
            gaps.append(np.diff([_vertex(profile, peak) for peak in peaks]))
        found = np.concatenate(gaps)
        return [float(np.median(found))] if len(found) else []

    return _both(image, periods)


def spectral_pitch(image: np.ndarray) -> tuple[float, float]:
    """Return px per mm from the most prominent peak of the power spectrum along x and along y.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w, 3)
        Blue, green, red.

    Raises
    ------
    NoPitchError
        No peak at a plausible distance between lines.
    """
    from scipy.signal import find_peaks

    def periods(parts: list[np.ndarray]) -> list[float]:
        n = parts[0].shape[1]
        window = np.exp(-0.5 * ((np.arange(n) - (n - 1) / 2) / (_WINDOW * n)) ** 2).astype(np.float32)
        # the two-dimensional spectrum summed over one of its axes is the sum of the lines' own (Parseval)
        power = [(np.abs(np.fft.rfft((p - p.mean()) * window, axis=1)) ** 2).mean(axis=0) for p in parts]
        level = 10 * np.log10(np.median(power, axis=0) + 1e-12)
        peaks, shape = find_peaks(level[: n // _FINEST_PX], prominence=_CLEAR_DB)
        return [n / _vertex(level, int(peaks[k])) for k in np.argsort(-shape["prominences"])]

    return _both(image, periods)


def matched_pitch(image: np.ndarray) -> tuple[float, float]:
    """Return px per mm, the same along x and y, from the box whose outline is found on the page most strongly.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w, 3)
        Blue, green, red.

    Raises
    ------
    NoPitchError
        No plausible size of box is found more strongly than the next ones.
    """
    from scipy.signal import find_peaks

    h, w = image.shape[:2]
    darkness = _darkness(image)[h // 4 : h // 4 + h // 2, w // 4 : w // 4 + w // 2].copy()
    # ink is darker than the grid and must not outweigh it
    darkness = np.tanh(darkness / (_SATURATION * max(float(darkness.std()), _FLAT)))
    darkness -= darkness.mean()
    sizes = np.arange(_FINEST_PX, min(_WIDEST_PX, min(darkness.shape) // 2))
    level = np.array([_outline_power(darkness, int(size)) for size in sizes])
    peaks, shape = find_peaks(level, prominence=_CLEAR_DB)
    # an outline of n pixels has its lines n - 1 apart
    periods = [sizes[0] + _vertex(level, int(peaks[k])) - 1 for k in np.argsort(-shape["prominences"])]
    pitch = _of_a_millimetre(periods, w)
    return pitch, pitch


ESTIMATORS: dict[str, Callable[[np.ndarray], tuple[float, float]]] = {
    "marginal intensity": marginal_pitch,
    "power spectrum": spectral_pitch,
    "matched filter": matched_pitch,
}
"""The study's three."""


def study_pitch(image: np.ndarray) -> tuple[float, float]:
    """Return px per mm along x and y by the first of the study's three ways that finds a grid.

    How the study chose between them is not known. The spectrum comes first, as ECG-Image-Kit calls it the more robust.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w, 3)
        Blue, green, red.

    Raises
    ------
    NoPitchError
        None of them finds a grid.
    """
    for estimate in (spectral_pitch, marginal_pitch, matched_pitch):
        try:
            return estimate(image)
        except NoPitchError:
            continue
    raise NoPitchError("neither power spectrum nor marginal intensity nor matched filter shows a grid")


def _both(image: np.ndarray, periods: Callable[[list[np.ndarray]], list[float]]) -> tuple[float, float]:
    """Return the pitch of 1 mm along x and along y, given how periods along x are found in parts of a page."""
    darkness = _darkness(image)
    h, w = (max(n // _PARTS, 1) for n in darkness.shape)
    parts = [darkness[j * h : (j + 1) * h, i * w : (i + 1) * w] for j in range(_PARTS) for i in range(_PARTS)]
    along_x, along_y = periods(parts), periods([part.T for part in parts])
    return _of_a_millimetre(along_x, image.shape[1]), _of_a_millimetre(along_y, image.shape[1])


def _darkness(image: np.ndarray) -> np.ndarray:
    """Return how much darker each pixel is than its surroundings of an inch, as a share, float32."""
    if min(image.shape[:2]) < _LEAST_SIDE_PX:
        raise NoPitchError("the image is too small to show a grid")
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32) + 1
    h, w = grey.shape
    size = (max(1, w // _SHADOW_STEP), max(1, h // _SHADOW_STEP))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    light = cv2.GaussianBlur(small, (0, 0), max(w / _INCHES / _SHADOW_STEP, 1.0))
    return 1 - grey / cv2.resize(light, (w, h), interpolation=cv2.INTER_LINEAR)


def _outline_power(darkness: np.ndarray, size: int) -> float:
    """Return how strongly boxes of a size are found, in dB: the power of the filter's answers where it is largest."""
    outer = cv2.boxFilter(darkness, -1, (size, size), normalize=False)
    inner = cv2.boxFilter(darkness, -1, (size - 2, size - 2), normalize=False)
    whole, count = size**2, 4 * (size - 1)
    # the outline, one in all, less its own mean
    answer = (outer - inner) / count - outer / whole
    power = answer[::2, ::2].ravel() ** 2
    strongest = np.partition(power, -max(1, int(_BRIGHTEST * len(power))))[-max(1, int(_BRIGHTEST * len(power))) :]
    return 10 * float(np.log10(strongest.mean() + 1e-6))


def _vertex(values: np.ndarray, peak: int) -> float:
    """Return where the parabola through a peak and its two neighbours is highest."""
    if not 0 < peak < len(values) - 1:
        return float(peak)
    before, here, after = (float(value) for value in values[peak - 1 : peak + 2])
    bend = before - 2 * here + after
    return peak + (0.5 * (before - after) / bend if bend < 0 else 0.0)


def _of_a_millimetre(periods_px: list[float], width_px: int) -> float:
    """Return px per mm from the first distance between lines that, as 1 or as 5 mm, makes the page plausibly wide."""
    for period in periods_px:
        for pitch in (period, period / 5):
            if PLAUSIBLE[0] <= width_px / pitch / PAGE_WIDTH_MM <= PLAUSIBLE[1]:
                return float(pitch)
    raise NoPitchError("what repeats on the image is too fine or too wide to be a grid")
