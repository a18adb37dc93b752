"""Trained networks, opened for the arithmetic that the processor is best at.

ONNX Runtime computes in float32 on any processor. Where one multiplies matrices of bfloat16 (AMX, AVX-512 BF16),
OpenVINO reads the same file and takes a third of the time; what it says differs in the third digit.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from papertrace.errors import PapertraceError

if TYPE_CHECKING:
    from openvino import Core

NetworkRun = Callable[[np.ndarray], list[np.ndarray]]
"""From the one input of a network to its outputs, all float32 and with a batch in front."""


@cache
def open_network(package: str, name: str, folder: Path | None = None, *, exact: bool = False) -> NetworkRun:
    """Return a network, loaded once a process, on one thread: a worker has one core.

    Parameters
    ----------
    package : str
        In which the network lies.
    name : str
        Of its file.
    folder : Path, optional
        Where the file is taken from instead.
    exact : bool
        Compute in float32 even where bfloat16 would be faster: what comes out is then the same on any processor but
        for the last digits.

    Raises
    ------
    PapertraceError
        The folder has no such file, or it is no network that can be run.
    """
    place = (resources.files(package) if folder is None else folder) / name
    try:
        network = place.read_bytes()
        core = None if exact else _bfloat16()
        return _in_float32(network) if core is None else _in_bfloat16(core, network)
    except Exception as error:  # neither runtime's own have a common base
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else error
        raise PapertraceError(f"weights {place}: {reason}; name a folder with what `make train` made") from None


def has_bfloat16() -> bool:
    """Tell whether networks are run in bfloat16 here, unless `exact` is asked for."""
    return _bfloat16() is not None


def _in_float32(network: bytes) -> NetworkRun:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
    (wanted,) = session.get_inputs()
    return lambda values: session.run(None, {wanted.name: values})


def _in_bfloat16(core: Core, network: bytes) -> NetworkRun:
    options = {
        "INFERENCE_PRECISION_HINT": "bf16",
        "INFERENCE_NUM_THREADS": 1,
        "NUM_STREAMS": 1,
        "ENABLE_CPU_PINNING": False,  # else every worker would sit on the first core
    }
    request = core.compile_model(core.read_model(network), "CPU", options).create_infer_request()
    return lambda values: list(request.infer(values, share_inputs=True).to_tuple())


@cache
def _bfloat16() -> Core | None:
    """Return OpenVINO where the processor has bfloat16."""
    # Importing OpenVINO reports to Google Analytics if this package is there; without it OpenVINO takes a stub.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    from openvino import Core

    core = Core()
    return core if "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES") else None
