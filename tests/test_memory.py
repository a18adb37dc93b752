"""Freed memory is kept: the next image is not allocated anew."""

from __future__ import annotations

import subprocess
import sys

import pytest

FAULTS = """
import resource, sys
import numpy as np
from papertrace.memory import keep_freed_memory
if sys.argv[1] == "kept":
    keep_freed_memory()
for number in range(40):
    several = [np.ones(3 << 20, np.uint8) for _ in range(8)]
    del several
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="page faults and allocator of Linux")
def test_freed_memory_is_kept():
    faults = {
        how: int(subprocess.run([sys.executable, "-c", FAULTS, how], capture_output=True, check=True, text=True).stdout)
        for how in ("as it is", "kept")
    }
    assert faults["kept"] < 0.5 * faults["as it is"]


HELD = """
import sys
import numpy as np
from papertrace.memory import keep_freed_memory, return_freed_memory

def held_mib():
    return int(open("/proc/self/statm").read().split()[1]) >> 8

keep_freed_memory()
before, small = held_mib(), []
images = []
for _ in range(30):
    images.append(np.ones(1 << 20))
    small.append(np.ones(1000))  # lies between them
del images
kept = held_mib()
return_freed_memory(kept + 100)
same = held_mib()
return_freed_memory(kept - 100)
print(kept - before, same - before, held_mib() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc and allocator of Linux")
def test_too_much_of_it_goes_back():
    done = subprocess.run([sys.executable, "-c", HELD], capture_output=True, check=True, text=True)
    kept, below, above = map(int, done.stdout.split())
    assert kept > 200
    assert below == pytest.approx(kept, abs=5)
    assert above < 40
