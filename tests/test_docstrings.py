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


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
