"""The examples in docstrings are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import papertrace

MODULES = [
    info.name for info in pkgutil.walk_packages(papertrace.__path__, "papertrace.") if "__main__" not in info.name
]

NEED_TORCH = [f"papertrace.training.{name}" for name in ("dncnn", "export", "fit", "model", "tasks", "unstack")]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    if name in NEED_TORCH:
        pytest.importorskip("torch", reason="torch and onnx are for training only: `make venv-train`")
    assert doctest.testmod(importlib.import_module(name)).failed == 0
