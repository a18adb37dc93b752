"""What the camera or scanner adds: colour of the light, blur, noise, JPEG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import cv2
import numpy as np

from papertrace.encoding import encode_jpeg

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
    levels = np.arange(256)
    table = [np.rint(levels * gain ** (1 / 2.2)) for gain in temperature_gains(kelvin)]
    return cv2.LUT(image, np.stack(table, axis=1).astype(np.uint8)[None])


def blur(image: np.ndarray, sigma_px: float) -> np.ndarray:
    """Blur a scan by a Gaussian."""
    return cv2.GaussianBlur(image, (0, 0), sigma_px, borderType=cv2.BORDER_REPLICATE) if sigma_px > 0 else image.copy()


def noise(image: np.ndarray, sigma: float, seed: int) -> np.ndarray:
    """Add Gaussian noise, independent in every pixel and channel.

    A random byte chooses one of the normal distribution's 256 quantiles: a fifth of the time that normal
    deviates take, and the same standard deviation; the tails end at 2.9 sigma.
    """
    quantiles = np.array([NormalDist().inv_cdf((k + 0.5) / 256) for k in range(256)])
    steps = np.rint(quantiles * (sigma / quantiles.std()))
    generator = np.random.Generator(np.random.PCG64(seed))
    words = generator.integers(0, 2**64, -(-image.size // 8), dtype=np.uint64)
    chosen = words.astype("<u8", copy=False).view(np.uint8)[: image.size].reshape(image.shape)
    brighter = cv2.add(image, cv2.LUT(chosen, np.clip(steps, 0, 255).astype(np.uint8)))
    return cv2.subtract(brighter, cv2.LUT(chosen, np.clip(-steps, 0, 255).astype(np.uint8)))


def jpeg(image: np.ndarray, qualities: Sequence[int]) -> np.ndarray:
    """Save and load a scan as JPEG, once for each of the qualities."""
    for quality in qualities:
        image = cv2.imdecode(np.frombuffer(encode_jpeg(image, quality), np.uint8), cv2.IMREAD_COLOR)
    return image
