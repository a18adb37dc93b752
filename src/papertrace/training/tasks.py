"""What the two networks learn, from which arrays, and how examples are varied."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from papertrace.traces.strips import height_channel
from papertrace.training.fit import Batch, Task, to_values
from papertrace.training.model import PAGE_WEIGHTS, TRACE_WEIGHTS, page_losses, trace_losses

_HEIGHTS = (192, 256, 256, 320, 384)
"""Heights of a batch's strips in pixels; strips are as high as their row needs when a page is read."""
_MARGIN_PX = 8
"""Least distance of the curve from a strip's upper and lower edge, where there is room."""
_CUT = 0.08
"""Share of examples cut off at one side, as by an image's edge."""


def _prepare_strips(arrays: list[np.ndarray], rng: np.random.Generator | None) -> tuple[Tensor, Batch]:
    strips, below, present = arrays
    if rng is not None:
        strips, below, middles = _cut_out(strips, below, int(rng.choice(_HEIGHTS)), rng)
    else:
        middles = np.full(len(strips), (strips.shape[2] - 1) / 2)
    height, width = strips.shape[2:]
    x = to_values(strips)
    below, present = torch.from_numpy(below).float(), torch.from_numpy(present).float()
    if rng is not None:
        # a curve upside down or from right to left is as good a curve
        if rng.random() < 0.5:
            x, below, middles = x.flip(2), -below, height - 1 - middles
        if rng.random() < 0.5:
            x, below, present = x.flip(3), below.flip(1), present.flip(1)
        x = _faded(x, rng)
        _cut(x, below, present, rng)
    outside = below.abs() > (height - 1) / 2
    below, present = below.masked_fill(outside, torch.nan), present.masked_fill(outside, torch.nan)
    levels = torch.from_numpy(np.stack([height_channel(height, middle) for middle in middles]))
    return torch.cat([x, levels[:, None, :, None].expand(len(x), 1, height, width)], dim=1), (below, present)


def _cut_out(
    strips: np.ndarray, below: np.ndarray, height: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cut strips to a height at random places, the row's middle and its curve in them as when a page is read.

    Returns
    -------
    strips : ndarray of uint8, shape (n, c, height, w)
    below : ndarray of float32, shape (n, 2 w)
        The curve's distance below the new strips' middles.
    middles : ndarray, shape (n,)
        Rows of the old strips' middles in the new.
    """
    whole = strips.shape[2]
    middle = (whole - 1) / 2
    tops = np.empty(len(strips), int)
    for k, curve in enumerate(below):
        curve = curve[np.isfinite(curve)]
        lowest = middle + max(curve.max(initial=0), 0) + _MARGIN_PX
        highest = middle + min(curve.min(initial=0), 0) - _MARGIN_PX
        least, most = np.clip([lowest - height, highest], 0, whole - height)
        # of a curve that is too tall for the strip a part is seen
        tops[k] = rng.integers(int(min(least, most)), int(max(least, most)) + 1)
    cut = np.stack([strip[:, top : top + height] for strip, top in zip(strips, tops, strict=True)])
    middles = middle - tops
    return cut, below + (middles - (height - 1) / 2)[:, None].astype(np.float32), middles


def _cut(x: Tensor, below: Tensor, present: Tensor, rng: np.random.Generator) -> None:
    """Blank some examples, in place, from one side on: beyond an image's edge there is nothing to see and no trace."""
    width = x.shape[3]
    for k in np.flatnonzero(rng.random(len(x)) < _CUT):
        first, end = (
            (0, int(rng.integers(1, width // 2)))
            if rng.random() < 0.5
            else (int(rng.integers(width // 2, width)), width)
        )
        x[k, :, :, first:end] = 0
        below[k, 2 * first : 2 * end] = torch.nan
        present[k, 2 * first : 2 * end] = 0


def _faded(x: Tensor, rng: np.random.Generator) -> Tensor:
    """Return examples with more or less contrast each, as light and pen have it."""
    strength = np.exp(rng.normal(0, 0.2, (len(x), 1, 1, 1))).astype(np.float32)
    return x * torch.from_numpy(strength)


def _prepare_views(arrays: list[np.ndarray], rng: np.random.Generator | None) -> tuple[Tensor, Batch]:
    views, masks = arrays
    x, masks = to_values(views), torch.from_numpy(masks).float()
    if rng is not None:
        if rng.random() < 0.5:
            x, masks = x.flip(2), masks.flip(2)
        if rng.random() < 0.5:
            x, masks = x.flip(3), masks.flip(3)
        x = _faded(x, rng)
    return x, (masks,)


TASKS = {
    "trace": Task(("strips", "heights", "present"), _prepare_strips, trace_losses, TRACE_WEIGHTS),
    "page": Task(("views", "masks"), _prepare_views, page_losses, PAGE_WEIGHTS),
}
