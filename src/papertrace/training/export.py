"""A trained network as an ONNX file."""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from torch import nn

from papertrace.io import atomic_path
from papertrace.traces.strips import CHANNELS
from papertrace.training.unstack import unstacked

OPSET = 17
_INPUTS = {"trace": ("strips", (1, CHANNELS, 192, 320)), "page": ("views", (1, 3, 256, 320))}
_OUTPUTS = {"trace": ("logits", "presence", "scale"), "page": ("masks",)}
_FREE = {0: "n", 2: "h", 3: "w"}


def export(net: nn.Module, kind: str, out: Path) -> None:
    """Write a network as ONNX, for images of any size that its blocks divide.

    Parameters
    ----------
    net : Module
        `TraceNet` or `PageNet`, trained.
    kind : str
        ``trace`` or ``page``.
    out : Path
        File to write.
    """
    name, shape = _INPUTS[kind]
    net = net.to("cpu", memory_format=torch.contiguous_format).float().eval()
    with atomic_path(out) as path:
        # the tracing exporter: its graph keeps the sizes free, and its files do not hold the source's paths
        torch.onnx.export(
            net,
            torch.zeros(shape),
            str(path),
            dynamo=False,
            opset_version=OPSET,
            input_names=[name],
            output_names=list(_OUTPUTS[kind]),
            dynamic_axes={name: _FREE, **{output: {0: "n"} for output in _OUTPUTS[kind]}},
        )
        onnx.save(unstacked(onnx.load(path)), path)
