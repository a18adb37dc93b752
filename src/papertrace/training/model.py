"""The trace network: a strip in, for each column where the curve is, whether there is one, and how sure that is."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from papertrace.traces.strips import CHANNELS
from papertrace.training.crops import KINDS

PER_COLUMN = 2
"""Heights told per pixel column."""
DEPTHS = (16, 32, 32, 48, 64)
"""Channels from half resolution down; the runtime computes sixteen at a time."""
_STEP = 16  # rows; at half the resolution of strips whose height is a multiple of 32


def _conv(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class _Pyramid(nn.Module):
    """A U-Net (Ronneberger et al. 2015) whose skips are added, not stacked: half of the cost (Lin et al. 2017, FPN)."""

    def __init__(self, depths: tuple[int, ...]):
        super().__init__()
        pairs = list(itertools.pairwise(depths))
        self.down = nn.ModuleList(nn.Sequential(_conv(a, b), _conv(b, b)) for a, b in pairs)
        self.side = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairs)
        self.up = nn.ModuleList(nn.Sequential(_conv(a, a), _conv(a, a)) for a, _ in pairs)

    def forward(self, features: Tensor) -> Tensor:
        levels = [features]
        for block in self.down:
            levels.append(block(F.max_pool2d(levels[-1], 2)))
        features = levels.pop()
        for side, block in zip(reversed(self.side), reversed(self.up), strict=True):
            features = block(levels.pop() + F.interpolate(side(features), scale_factor=2, mode="nearest"))
        return features


class TraceNet(nn.Module):
    """A U-Net (Ronneberger et al. 2015) at half the resolution, with a distribution over the rows of each column.

    Half the resolution carries all of the image (four pixels are several channels), at a quarter of the cost.
    """

    def __init__(self, depths: tuple[int, ...] = DEPTHS):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(CHANNELS, depths[0], 6, stride=2, padding=2, bias=False),
            nn.BatchNorm2d(depths[0]),
            nn.ReLU(inplace=True),
        )
        pairs = list(itertools.pairwise(depths))
        self.down = nn.ModuleList(nn.Sequential(_conv(a, b), _conv(b, b)) for a, b in pairs)
        self.up = nn.ModuleList(nn.Sequential(_conv(a + b, a), _conv(a, a)) for a, b in pairs)
        # of each cell of 2 x 2 pixels: two rows of 2 x PER_COLUMN places
        self.rows = nn.Conv2d(depths[0], 4 * PER_COLUMN, 1)
        self.column = nn.Sequential(
            nn.Conv1d(2 * depths[0], 32, 9, padding=4), nn.ReLU(inplace=True), nn.Conv1d(32, 4 * PER_COLUMN, 1)
        )

    def forward(self, strips: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Read strips.

        Parameters
        ----------
        strips : Tensor, shape (n, 4, h, w)
            As `papertrace.traces.strips.read_strip` gives them; h and w multiples of 32.

        Returns
        -------
        logits : Tensor, shape (n, 2 w, h)
            Unnormalised log probability of each row, for two places a column.
        presence : Tensor, shape (n, 2 w)
            Logit that there is a trace.
        scale : Tensor, shape (n, 2 w)
            Logarithm of the expected absolute error in pixels.
        """
        levels = [self.stem(strips)]
        for block in self.down:
            levels.append(block(F.max_pool2d(levels[-1], 2)))
        features = levels.pop()
        for block in reversed(self.up):
            features = F.interpolate(features, scale_factor=2, mode="nearest")
            features = block(torch.cat([levels.pop(), features], dim=1))
        n, _, h, w = features.shape
        cells = self.rows(features).reshape(n, 2, 2 * PER_COLUMN, h, w)
        logits = cells.permute(0, 4, 2, 3, 1).reshape(n, 2 * PER_COLUMN * w, 2 * h)
        share = torch.softmax(cells.mean(dim=(1, 2)), dim=1)
        weighed = _sixteens(features * share[:, None]).sum(dim=2) * _STEP
        seen = torch.cat([weighed, _sixteens(features).mean(dim=2)], dim=1)
        told = self.column(seen).reshape(n, 2, 2 * PER_COLUMN, w).permute(0, 1, 3, 2).reshape(n, 2, -1)
        return logits, told[:, 0], told[:, 1]


def _sixteens(maps: Tensor) -> Tensor:
    """Return the means of sixteen rows each: all rows in two steps take the runtime a third of the time."""
    return F.avg_pool2d(maps, (_STEP, 1))


def trace_losses(outputs: tuple[Tensor, Tensor, Tensor], below: Tensor, present: Tensor) -> dict[str, Tensor]:
    """Return the parts of the trace network's loss.

    Parameters
    ----------
    outputs : tuple of Tensor
        What `TraceNet` returns.
    below : Tensor, shape (n, 2 w)
        The curve's distance below the strip's middle in pixels; NaN where it is unknown or outside the strip.
    present : Tensor, shape (n, 2 w)
        1 where there is a trace, 0 where there is none, NaN where that is not to be learned.
    """
    logits, presence, scale = (part.float() for part in outputs)
    rows = torch.arange(logits.shape[2], device=logits.device, dtype=logits.dtype) - (logits.shape[2] - 1) / 2
    known = torch.isfinite(below)
    wanted = torch.where(known, below, torch.zeros_like(below))
    log_share = torch.log_softmax(logits, dim=2)
    error = (log_share.exp() * rows).sum(dim=2) - wanted
    count = known.sum().clamp(min=1)
    height = (F.smooth_l1_loss(error, torch.zeros_like(error), beta=0.5, reduction="none") * known).sum() / count
    # the share of two rows about the true height, by their nearness to it, is what a likelihood asks for; a wider bump
    # keeps the gradient alive where the guess is far off
    bump = torch.exp(-0.5 * ((rows - wanted[..., None]) / 0.8) ** 2)
    bump = bump / bump.sum(dim=2, keepdim=True).clamp(min=1e-9)
    spread = (-(bump * log_share).sum(dim=2) * known).sum() / count
    doubt = ((error.detach().abs() * torch.exp(-scale) + scale) * known).sum() / count
    told = torch.isfinite(present)
    there = F.binary_cross_entropy_with_logits(
        presence, torch.where(told, present, torch.zeros_like(present)), reduction="none"
    )
    there = (there * told).sum() / told.sum().clamp(min=1)
    return {"height": height, "spread": spread, "doubt": doubt, "presence": there}


TRACE_WEIGHTS = {"height": 1.0, "spread": 0.3, "doubt": 0.1, "presence": 1.0}
"""How the parts of `trace_losses` are added."""


PAGE_DEPTHS = (32, 32, 48, 64, 64)
_FINE = 16


class PageNet(nn.Module):
    """Where on a page traces, pulses and text are: sees quarter millimetres and tells halves."""

    def __init__(self, depths: tuple[int, ...] = PAGE_DEPTHS):
        super().__init__()
        self.stem = _conv(3, _FINE, stride=2)
        self.first = nn.Sequential(_conv(_FINE, depths[0], stride=2), _conv(depths[0], depths[0]))
        self.pyramid = _Pyramid(depths)
        self.side = nn.Conv2d(depths[0], _FINE, 1)
        self.told = nn.Sequential(_conv(_FINE, _FINE), nn.Conv2d(_FINE, len(KINDS), 1))

    def forward(self, pages: Tensor) -> Tensor:
        """Read pages, shape (n, 3, h, w) at 4 px/mm, h and w multiples of 64; logits, shape (n, 3, h / 2, w / 2)."""
        fine = self.stem(pages)
        features = self.side(self.pyramid(self.first(fine)))
        return self.told(fine + F.interpolate(features, scale_factor=2, mode="nearest"))


def page_losses(logits: Tensor, masks: Tensor) -> dict[str, Tensor]:
    """Return the parts of the page network's loss: cross entropy, and one minus the overlap (Dice) of each kind.

    Parameters
    ----------
    logits, masks : Tensor, shape (n, 3, h, w)
        What `PageNet` returns, and where the kinds are.
    """
    logits = logits.float()
    # thin traces are a small part of a page
    weights = torch.tensor([4.0, 8.0, 1.5], device=logits.device)[:, None, None]
    entropy = F.binary_cross_entropy_with_logits(logits, masks, pos_weight=weights)
    share = torch.sigmoid(logits)
    both = (share * masks).sum(dim=(0, 2, 3))
    either = share.sum(dim=(0, 2, 3)) + masks.sum(dim=(0, 2, 3))
    return {"entropy": entropy, "overlap": (1 - (2 * both + 1) / (either + 1)).mean()}


PAGE_WEIGHTS = {"entropy": 1.0, "overlap": 0.3}
"""How the parts of `page_losses` are added."""
