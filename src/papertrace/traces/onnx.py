"""Trained networks, opened for ONNX Runtime."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


@cache
def open_network(package: str, name: str) -> InferenceSession:
    """Return the network that lies in a package, loaded once a process, on one thread: a worker has one core."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    weights = resources.files(package).joinpath(name).read_bytes()
    return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
