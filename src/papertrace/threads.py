"""One thread per worker: the workflow runs one worker per core, so libraries must not start their own."""

from __future__ import annotations

import os

_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "ARROW_NUM_THREADS")


def limit_threads() -> None:
    """Set BLAS and OpenMP (through the environment), Arrow and OpenCV to one thread.

    Call it before numpy is imported for the environment to take effect; `papertrace.cli` does.
    """
    for variable in _VARIABLES:
        os.environ[variable] = "1"
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")
    import cv2
    import pyarrow

    cv2.setNumThreads(1)
    pyarrow.set_cpu_count(1)
    pyarrow.set_io_thread_count(1)
