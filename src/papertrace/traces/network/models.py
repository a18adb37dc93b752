"""The trained networks on strips and views."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from papertrace.traces.onnx import NetworkRun, open_network

BLOCK = 32
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


_TRACE, _PAGE = "trace.onnx", "page.onnx"


@dataclass(frozen=True)
class Weights:
    """Which networks are run, and how.

    Attributes
    ----------
    folder : Path, optional
        Where they are taken from instead of the package.
    exact : bool
        In float32 on every processor; see `papertrace.traces.onnx`.
    """

    folder: Path | None = None
    exact: bool = False

    def open(self, name: str) -> NetworkRun:
        """Return one of the networks."""
        return open_network(__package__, name, self.folder, exact=self.exact)


PACKAGED = Weights()


def check_weights(folder: Path) -> None:
    """Raise `PapertraceError` where a folder does not hold both networks."""
    for name in (_TRACE, _PAGE):
        Weights(folder).open(name)


def read_trace(strip: np.ndarray, weights: Weights = PACKAGED) -> StripReading:
    """Run the trace network on a strip, shape (4, h, w)."""
    _, h, w = strip.shape
    padded = _padded(strip, BLOCK)
    # the rows that were added are as far below the row's middle as they look
    padded[3, h:] = strip[3, -1, 0] + (strip[3, 1, 0] - strip[3, 0, 0]) * np.arange(1, len(padded[3]) - h + 1)[:, None]
    padded[3, :h, w:] = strip[3, :, :1]
    logits, presence, scale = weights.open(_TRACE)(padded[None])
    return StripReading(logits[0, : 2 * w, :h], _sigmoid(presence[0, : 2 * w]), np.exp(scale[0, : 2 * w]))


def read_view(view: np.ndarray, weights: Weights = PACKAGED) -> np.ndarray:
    """Run the page network on a view, shape (3, h, w): how likely traces are, shape (h // 2, w // 2)."""
    _, h, w = view.shape
    masks = weights.open(_PAGE)(_padded(view, 2 * BLOCK)[None])[0]
    return _sigmoid(masks[0, 0, : h // 2, : w // 2])


def _padded(image: np.ndarray, block: int) -> np.ndarray:
    """Fill an image, shape (c, h, w), up with bare paper to the right and below, to whole blocks."""
    _, h, w = image.shape
    if h % block == w % block == 0:
        return image  # a copy takes as long as some layers
    return np.pad(image, ((0, 0), (0, -h % block), (0, -w % block)))


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))
