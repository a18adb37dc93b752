"""Trained networks, opened for ONNX Runtime."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from papertrace.errors import PapertraceError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


@cache
def open_network(package: str, name: str, folder: Path | None = None) -> InferenceSession:
    """Return a network, loaded once a process, on one thread: a worker has one core.

    Parameters
    ----------
    package : str
        In which the network lies.
    name : str
        Of its file.
    folder : Path, optional
        Where the file is taken from instead.

    Raises
    ------
    PapertraceError
        The folder has no such file, or it is no network that can be run.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    place = (resources.files(package) if folder is None else folder) / name
    try:
        return onnxruntime.InferenceSession(place.read_bytes(), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's own have no common base
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else error
        raise PapertraceError(f"weights {place}: {reason}; name a folder with what `make train` made") from None
