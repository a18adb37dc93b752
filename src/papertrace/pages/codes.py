"""QR codes and bar codes as patterns of modules, and their ink at sub-pixel positions."""

from __future__ import annotations

import cv2
import numpy as np

from papertrace.labels import Box

_WIDTHS = """
212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222
123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321
232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121
313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224
111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111
111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113
114311 411113 411311 113141 114131 311141 411131 211412 211214 211232 2331112
"""
_PATTERNS = _WIDTHS.split()  # of the values from 0: widths of bar, space, bar …
_START_B, _STOP = 104, 106


def code128(text: str) -> np.ndarray:
    """Return a Code 128 bar code in code set B, bool, shape (1, modules), without quiet zones (ISO/IEC 15417).

    Raises
    ------
    ValueError
        The text holds other than the printable characters of ASCII.
    """
    if not text or not all(" " <= sign <= "~" for sign in text):
        raise ValueError(f"{text!r} cannot be written as Code 128: printable ASCII is wanted")
    values = [_START_B, *(ord(sign) - 32 for sign in text)]
    check = sum(value * max(place, 1) for place, value in enumerate(values)) % 103
    widths = [int(width) for value in (*values, check, _STOP) for width in _PATTERNS[value]]
    return np.repeat(np.arange(len(widths)) % 2 == 0, widths)[None]


def qr_code(text: str) -> np.ndarray:
    """Return a QR code of error correction level M, bool, shape (n, n), without its quiet zone (ISO/IEC 18004)."""
    parameters = cv2.QRCodeEncoder.Params()
    parameters.correction_level = cv2.QRCodeEncoder_CORRECT_LEVEL_M
    dark = cv2.QRCodeEncoder.create(parameters).encode(text) < 128
    rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    return dark[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


MODULES = {"qr": qr_code, "barcode": code128}
"""The function that makes a kind of code's modules out of its text."""


def draw_modules(coverage: np.ndarray, modules: np.ndarray, box_px: Box) -> None:
    """Draw dark modules into a coverage image, in place; each pixel sees the share of its area that they cover.

    Parameters
    ----------
    coverage : ndarray, float32, shape (h, w)
        0 is bare paper, 1 full ink.
    modules : ndarray of bool, shape (rows, columns)
        True is dark.
    box_px : tuple of float
        x0, y0, x1, y1 of the whole pattern; pixel i reaches from i - 0.5 to i + 0.5.
    """
    height, width = coverage.shape
    x0, y0, x1, y1 = box_px
    left, first = (max(int(np.floor(edge + 0.5)), 0) for edge in (x0, y0))
    right, end = min(int(np.ceil(x1 + 0.5)), width), min(int(np.ceil(y1 + 0.5)), height)
    if left >= right or first >= end:
        return
    across = _overlap(np.arange(left, right), np.linspace(x0, x1, modules.shape[1] + 1))
    down = _overlap(np.arange(first, end), np.linspace(y0, y1, modules.shape[0] + 1))
    ink = (down @ (modules.astype(float) @ across.T)).astype(np.float32)
    np.maximum(coverage[first:end, left:right], ink, out=coverage[first:end, left:right])


def _overlap(pixels: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return how much of each pixel each interval between edges covers, shape (pixels, intervals)."""
    start = np.maximum(pixels[:, None] - 0.5, edges[None, :-1])
    return np.clip(np.minimum(pixels[:, None] + 0.5, edges[None, 1:]) - start, 0, 1)
