"""The denoising network: a page in, its traces alone out, black on white.

DnCNN (Zhang, Zuo, Chen, Meng, Zhang 2017, IEEE Trans. Image Process. 26:3142): 3 x 3 convolutions that learn what is to
be taken away, here the grid and whatever a scan adds, from the page and its gridless twin. 17 layers as there, but
16 features instead of 64, which is what a page in seconds on one core allows (docs/models/dncnn.md).
"""

from __future__ import annotations

import numpy as np

from papertrace.traces.onnx import open_network

WEIGHTS = "dncnn.onnx"
LAYERS, FEATURES = 17, 16
REACH_PX = LAYERS
"""How far from a pixel the network looks: one pixel a layer."""

_BAND_PX = 400_000  # at a time, so that it adds some 200 MB to a worker; three times as many save 7 % of its time


def clean(image: np.ndarray) -> np.ndarray:
    """Return the traces of a page alone.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w, 3)
        Blue, green, red.

    Returns
    -------
    ndarray of float32, shape (h, w)
        Darkness: about 0 on paper, 1 on a trace.
    """
    run = open_network(__package__, WEIGHTS, exact=True)  # the baseline is the same everywhere
    h, w = image.shape[:2]
    darkness = np.empty((h, w), np.float32)
    rows = max(2 * REACH_PX, _BAND_PX // w)
    for top in range(0, h, rows):
        first, bottom = max(0, top - REACH_PX), min(h, top + rows)
        band = image[first : min(h, bottom + REACH_PX)].astype(np.float32) / 255
        (light,) = run(np.ascontiguousarray(band.transpose(2, 0, 1)[None]))
        darkness[top:bottom] = 1 - light[0, 0, top - first : bottom - first]
    return darkness
