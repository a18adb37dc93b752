"""One thread per worker: the workflow runs one worker per core, so libraries must not start their own."""

from __future__ import annotations

import os

_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "ARROW_NUM_THREADS")


def one_thread() -> dict[str, str]:
    """Return the environment variables that keep BLAS, OpenMP and the like to one thread."""
    return {**dict.fromkeys(_VARIABLES, "1"), "OMP_THREAD_LIMIT": os.environ.get("OMP_THREAD_LIMIT", "1")}


def limit_threads() -> None:
    """Set BLAS and OpenMP (through the environment), Arrow and OpenCV to one thread.

    Call it before numpy is imported for the environment to take effect; `papertrace.cli` does.
    """
    os.environ.update(one_thread())
    import cv2
    import pyarrow

    cv2.setNumThreads(1)
    pyarrow.set_cpu_count(1)
    pyarrow.set_io_thread_count(1)
