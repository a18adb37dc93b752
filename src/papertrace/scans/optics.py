"""What the camera in a hand adds: shadow, glare, vignette, motion blur, shot noise, gamma, the moiré of a screen."""

from __future__ import annotations

import math

import cv2
import numpy as np

from papertrace.scans.sensor import noise
from papertrace.scans.shading import cell_axes, coarse_cells, shade

_DISPLAY_GAMMA = 2.2
_BAND_ROWS = 32  # at a time, so that a field stays in the processor's cache


def shadow(image: np.ndarray, degrees: float, offset: float, softness: float, strength: float, bow: float):
    """Cast the shadow of a hand, a head or a phone on one side of an image.

    Parameters
    ----------
    image : ndarray, uint8, shape (h, w, 3)
        The scan.
    degrees : float
        Direction from light into shadow; 0 to the right, 90 downwards.
    offset : float
        Where the shadow's edge passes: -1 at the near corner, 0 through the middle, 1 at the far corner.
    softness : float
        Width of the half-shadow, in half diagonals.
    strength : float
        Share of the light lost deep in the shadow; half of it on the edge.
    bow : float
        How far the edge bends, in half diagonals; 0 is straight.
    """
    along, across = _turned(image, degrees)
    edge = (along - offset + bow * across * across) / max(softness, 1e-3)
    return shade(image, (1 - strength * 0.5 * (1 + np.tanh(2 * edge))).astype(np.float32))


def glare(image: np.ndarray, x: float, y: float, radius: float, stretch: float, degrees: float, strength: float):
    """Mirror a lamp in the paper's or the screen's gloss: a share of the way to white, Gaussian about a place.

    Parameters
    ----------
    image : ndarray, uint8, shape (h, w, 3)
        The scan.
    x, y : float
        The middle of the glare, as shares of the image's width and height.
    radius : float
        Its standard deviation in half diagonals, across its long side.
    stretch : float
        How much longer than wide.
    degrees : float
        Direction of the long side.
    strength : float
        Share of the way to white in the middle.
    """
    height, width = image.shape[:2]
    half = 0.5 * math.hypot(width, height)
    along, across = _turned(image, degrees)
    angle, dx, dy = math.radians(degrees), (x - 0.5) * width / half, (y - 0.5) * height / half
    along = along - (dx * math.cos(angle) + dy * math.sin(angle))
    across = across - (dy * math.cos(angle) - dx * math.sin(angle))
    spot = np.exp(-0.5 * ((along / (radius * stretch)) ** 2 + (across / radius) ** 2))
    return cv2.bitwise_not(shade(cv2.bitwise_not(image), (1 - strength * spot).astype(np.float32)))


def vignette(image: np.ndarray, half_field_degrees: float) -> np.ndarray:
    """Darken the corners as a simple lens does: light falls off with the fourth power of the cosine.

    Parameters
    ----------
    image : ndarray, uint8, shape (h, w, 3)
        The scan.
    half_field_degrees : float
        Angle between the lens's axis and the image's corner; 20 is a short telephoto, 45 a wide angle.
    """
    x, y = _turned(image, 0.0)
    tangent = math.tan(math.radians(half_field_degrees))
    light = (1 + (x * x + y * y) * tangent * tangent) ** -2.0  # cos^4 of atan(r tan)
    return shade(image, (light ** (1 / _DISPLAY_GAMMA)).astype(np.float32))


def exposure(image: np.ndarray, stops: float, veil: float) -> np.ndarray:
    """Expose a sensor to the light of an image, some of which the lens has scattered over all of it.

    Parameters
    ----------
    image : ndarray, uint8, shape (h, w, 3)
        The scan; its levels are light to the power of 1/2.2.
    stops : float
        Powers of two of the light; 0 leaves white white, below it is darker, above it bright levels become white.
    veil : float
        Scattered light as a share of white.
    """
    light = (np.arange(256) / 255) ** _DISPLAY_GAMMA
    light = np.clip(2**stops * (veil + (1 - veil) * light), 0, 1)
    return cv2.LUT(image, np.rint(255 * light ** (1 / _DISPLAY_GAMMA)).astype(np.uint8))


def gamma(image: np.ndarray, exponent: float) -> np.ndarray:
    """Raise the grey levels, from 0 to 1, to a power; above 1 is darker."""
    return cv2.LUT(image, _curve(exponent))


def sharpening(image: np.ndarray, strength: float, sigma_px: float) -> np.ndarray:
    """Sharpen as the programs of cameras do, by unsharp masking: what a blur takes away is added once more.

    Parameters
    ----------
    image : ndarray, uint8, shape (h, w, 3)
        The scan.
    strength : float
        How much of what the blur takes away is added.
    sigma_px : float
        Standard deviation of the blur in pixels.
    """
    soft = cv2.GaussianBlur(image, (0, 0), sigma_px, borderType=cv2.BORDER_REPLICATE)
    return cv2.addWeighted(image, 1 + strength, soft, -strength, 0)


def shot_noise(image: np.ndarray, electrons: float, seed: int) -> np.ndarray:
    """Add the noise of counted photons.

    Counts of mean n scatter by the square root of n, so that their square root scatters by 1/2 whatever n is
    (Anscombe 1948): the noise is added to the square root of the light, where it is the same everywhere.

    Parameters
    ----------
    image : ndarray, uint8, shape (h, w, 3)
        The scan; its levels are light to the power of 1/2.2.
    electrons : float
        Counted in a white pixel.
    seed : int
        Of the noise.
    """
    root = cv2.LUT(image, _curve(_DISPLAY_GAMMA / 2))
    return cv2.LUT(noise(root, 255 / (2 * math.sqrt(electrons)), seed), _curve(2 / _DISPLAY_GAMMA))


def motion_blur(image: np.ndarray, length_px: float, degrees: float) -> np.ndarray:
    """Smear an image along a straight line about each pixel, as a hand that shakes does; nothing is shifted."""
    reach = math.ceil(length_px / 2) + 1
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1))
    angle = math.radians(degrees)
    for step in np.linspace(-length_px / 2, length_px / 2, 64):
        x, y = reach + step * math.cos(angle), reach + step * math.sin(angle)
        column, row = math.floor(x), math.floor(y)
        right, down = x - column, y - row
        kernel[row : row + 2, column : column + 2] += np.outer([1 - down, down], [1 - right, right])
    return cv2.filter2D(image, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE)


def moire(image: np.ndarray, pitch_px: float, degrees: float, bow: float, strength: float) -> np.ndarray:
    """Photograph a screen: its red, green and blue stripes and its rows beat with the camera's pixels.

    Parameters
    ----------
    image : ndarray, uint8, shape (h, w, 3)
        The scan.
    pitch_px : float
        From one screen pixel to the next, in camera pixels; just beside 1 or 2 the beats are widest.
    degrees : float
        The screen's turn against the camera.
    bow : float
        How many periods the lens's distortion adds from the middle to an edge; bends the beats.
    strength : float
        Share of the light between the brightest and the darkest place of the pattern.
    """
    height, width = image.shape[:2]
    x, y = np.arange(width) - width / 2, np.arange(height) - height / 2
    angle, turn = math.radians(degrees), 2 * math.pi
    curve_x, curve_y = bow * (2 * x / width) ** 2, bow * (2 * y / height) ** 2
    across = turn * (x * math.cos(angle) / pitch_px + curve_x), turn * (y * math.sin(angle) / pitch_px + curve_y)
    along = turn * (curve_x - x * math.sin(angle) / pitch_px), turn * (y * math.cos(angle) / pitch_px + curve_y)
    # Each beat is the cosine of a sum, so that the field of all three channels is one product of two thin matrices.
    # 170 is a gain of 1: gains of 1 - strength/2 … 1 + strength/2.
    beat, stripes = 170 * strength / 6, across[0][:, None] + turn * np.arange(3) / 3
    rows = np.tile(along[0][:, None], 3)
    waves_x = [beat * np.cos(rows), beat * np.sin(rows), 2 * beat * np.cos(stripes), 2 * beat * np.sin(stripes)]
    waves_x = np.stack([np.full_like(rows, 170), *waves_x]).reshape(5, -1).astype(np.float32)
    waves_y = [np.ones(height), np.cos(along[1]), -np.sin(along[1]), np.cos(across[1]), -np.sin(across[1])]
    waves_y = np.stack(waves_y, axis=1).astype(np.float32)
    beaten = np.empty_like(image)
    for first in range(0, height, _BAND_ROWS):
        band = slice(first, first + _BAND_ROWS)
        field = cv2.convertScaleAbs(waves_y[band] @ waves_x).reshape(image[band].shape)
        cv2.multiply(image[band], field, dst=beaten[band], scale=1 / 170)
    return beaten


def _turned(image: np.ndarray, degrees: float) -> tuple[np.ndarray, np.ndarray]:
    """Return where coarse cells lie along and across a direction, from the middle, in half diagonals."""
    height, width = image.shape[:2]
    half = 0.5 * math.hypot(width, height)
    y, x = cell_axes(coarse_cells(image), (height / half, width / half))
    x, y, angle = x - width / half / 2, y - height / half / 2, math.radians(degrees)
    return x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)


def _curve(exponent: float) -> np.ndarray:
    return np.rint(255 * (np.arange(256) / 255) ** exponent).astype(np.uint8)
