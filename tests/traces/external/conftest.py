"""Programs that read an ECG well or badly, a few lines of Python each."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from papertrace.traces.config import ExternalDigitizer
from papertrace.traces.external.digitizer import External

GOOD = """
import math, sys
with open(sys.argv[2], "w") as file:
    print("time_s,II", file=file)
    for k in range(500):
        print(f"{k / 100},{math.sin(k / 10)}", file=file)
"""


@pytest.fixture
def program(tmp_path) -> Callable[..., External]:
    """Return a function that makes a digitizer of the text of a script."""

    def make(script: str = GOOD, **keys: object) -> External:
        path = Path(tmp_path, "tool.py")
        path.write_text(textwrap.dedent(script))
        keys = {"name": "tool", "command": f"{sys.executable} -S {path} {{image}} {{output}}", **keys}
        return External(ExternalDigitizer(**keys))

    return make
