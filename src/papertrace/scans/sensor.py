"""What the camera or scanner adds: colour of the light, blur, noise, JPEG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import cv2
import numpy as np

from papertrace.encoding import encode_jpeg

_NORMAL_QUANTILES = np.array([NormalDist().inv_cdf((k + 0.5) / 256) for k in range(256)])
_NORMAL_QUANTILES /= _NORMAL_QUANTILES.std()
_BAND_ROWS = 64  # at a time, so that what is between two steps stays in the processor's cache
_WAVELENGTHS_M = (465e-9, 545e-9, 610e-9)  # about where blue, green and red sensors see best
_DAYLIGHT_K = 6504.0
_SECOND_RADIATION_CONSTANT = 1.438777e-2  # m K, of Planck's law


def temperature_gains(kelvin: float) -> tuple[float, float, float]:
    """Return the gains of blue, green and red under a black body's light, white balance at daylight; the greatest is 1.

    Planck's law at one wavelength per channel.
    """
    gains = [
        math.expm1(_SECOND_RADIATION_CONSTANT / (wavelength * _DAYLIGHT_K))
        / math.expm1(_SECOND_RADIATION_CONSTANT / (wavelength * kelvin))
        for wavelength in _WAVELENGTHS_M
    ]
    blue, green, red = (gain / max(gains) for gain in gains)
    return blue, green, red


def temperature(image: np.ndarray, kelvin: float) -> np.ndarray:
    """Light a scan by a lamp of a colour temperature.

    The gains act on light, not on grey levels, so they are taken to the power of 1/2.2.
    """
    gains = [gain ** (1 / 2.2) for gain in temperature_gains(kelvin)]
    return cv2.transform(image, np.diag(gains).astype(np.float32))


def blur(image: np.ndarray, sigma_px: float) -> np.ndarray:
    """Blur a scan by a Gaussian."""
    return cv2.GaussianBlur(image, (0, 0), sigma_px, borderType=cv2.BORDER_REPLICATE) if sigma_px > 0 else image.copy()


def noise(image: np.ndarray, sigma: float, seed: int) -> np.ndarray:
    """Add Gaussian noise, independent in every pixel and channel.

    A random byte chooses one of the normal distribution's 256 quantiles: a fifth of the time that normal
    deviates take, and the same standard deviation; the tails end at 2.9 sigma, or 127 grey levels.
    """
    table = np.clip(128 + np.rint(_NORMAL_QUANTILES * sigma), 1, 255).astype(np.uint8)
    source, noisy = np.random.PCG64(seed), np.empty_like(image)
    for first in range(0, len(image), _BAND_ROWS):
        band = image[first : first + _BAND_ROWS]
        words = source.random_raw(-(-band.size // 8)).astype("<u8", copy=False)
        steps = cv2.LUT(words.view(np.uint8)[: band.size].reshape(band.shape), table)
        cv2.addWeighted(band, 1, steps, 1, -128, dst=noisy[first : first + _BAND_ROWS])
    return noisy


def jpeg(image: np.ndarray, qualities: Sequence[int]) -> np.ndarray:
    """Save and load a scan as JPEG, once for each of the qualities."""
    for quality in qualities:
        image = cv2.imdecode(np.frombuffer(encode_jpeg(image, quality), np.uint8), cv2.IMREAD_COLOR)
    return image
