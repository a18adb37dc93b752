"""What the two networks learn, from which arrays, and how examples are varied."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from papertrace.traces.strips import height_channel
from papertrace.training.fit import Batch, Task, to_values
from papertrace.training.model import PAGE_WEIGHTS, TRACE_WEIGHTS, page_losses, trace_losses

_HEIGHTS = (192, 256, 256, 320)
"""Heights of a batch's strips in pixels; strips are as high as their row needs when a page is read."""


def _prepare_strips(arrays: list[np.ndarray], rng: np.random.Generator | None) -> tuple[Tensor, Batch]:
    strips, below, present = arrays
    height = strips.shape[2] if rng is None else int(rng.choice(_HEIGHTS))
    cut = (strips.shape[2] - height) // 2
    x = to_values(strips[:, :, cut : cut + height])
    below, present = torch.from_numpy(below).float(), torch.from_numpy(present).float()
    outside = below.abs() > (height - 1) / 2
    below, present = below.masked_fill(outside, torch.nan), present.masked_fill(outside, torch.nan)
    if rng is not None:
        # a curve upside down or from right to left is as good a curve
        if rng.random() < 0.5:
            x, below = x.flip(2), -below
        if rng.random() < 0.5:
            x, below, present = x.flip(3), below.flip(1), present.flip(1)
        x = _faded(x, rng)
    level = torch.from_numpy(height_channel(height))[None, None, :, None].expand(len(x), 1, height, x.shape[3])
    return torch.cat([x, level], dim=1), (below, present)


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
