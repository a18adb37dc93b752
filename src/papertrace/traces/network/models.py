"""The trained networks, run by ONNX Runtime on one thread."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from papertrace.traces.onnx import open_network

_BLOCK = 32
"""Sides that the networks take are multiples of this; what is missing is filled up."""


@dataclass(frozen=True)
class StripReading:
    """What the trace network says of a strip with w columns and h rows.

    Attributes
    ----------
    logits : ndarray of float32, shape (2 w, h)
        Unnormalised log probability of each row, for two places a column.
    presence : ndarray of float32, shape (2 w,)
        Probability that there is a trace.
    error_px : ndarray of float32, shape (2 w,)
        Expected absolute error of the height.
    """

    logits: np.ndarray
    presence: np.ndarray
    error_px: np.ndarray


def read_trace(strip: np.ndarray) -> StripReading:
    """Run the trace network on a strip, shape (4, h, w)."""
    _, h, w = strip.shape
    padded = _padded(strip)
    logits, presence, scale = open_network(__package__, "trace.onnx").run(None, {"strips": padded[None]})
    above = (padded.shape[1] - h) // 2
    return StripReading(
        logits[0, : 2 * w, above : above + h], _sigmoid(presence[0, : 2 * w]), np.exp(scale[0, : 2 * w])
    )


def read_view(view: np.ndarray) -> np.ndarray:
    """Run the page network on a view, shape (3, h, w): how likely traces, pulses, text are, (3, h // 2, w // 2)."""
    _, h, w = view.shape
    sides = [-(-side // 64) * 64 for side in (h, w)]
    padded = np.zeros((3, *sides), np.float32)
    padded[:, :h, :w] = view
    return _sigmoid(
        open_network(__package__, "page.onnx").run(None, {"views": padded[None]})[0][0, :, : h // 2, : w // 2]
    )


def _padded(strip: np.ndarray) -> np.ndarray:
    """Fill a strip up to whole blocks: rows alike above and below, so that its middle stays the middle."""
    _, h, w = strip.shape
    tall, wide = (-(-side // _BLOCK) * _BLOCK for side in (h, w))
    if (tall - h) % 2:
        raise ValueError("a strip's height must be even")
    above = (tall - h) // 2
    rows = [
        cv2.copyMakeBorder(channel, above, above, 0, wide - w, cv2.BORDER_CONSTANT, value=0) for channel in strip[:3]
    ]
    step = strip[3, 1, 0] - strip[3, 0, 0]
    level = (np.arange(tall, dtype=np.float32) - (tall - 1) / 2) * step
    return np.stack([*rows, np.repeat(level[:, None], wide, axis=1)])


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))
