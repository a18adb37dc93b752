"""Seeds depend on the dataset's seed, the item and the stage, and on nothing else."""

from __future__ import annotations

import hashlib
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from papertrace.seeds import derive_seed, generator

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


def test_a_seed_is_the_head_of_a_hash():
    head = hashlib.sha256(b"1\0sel100_00003\0pages").digest()[:8]
    assert derive_seed(1, "sel100_00003", "pages") == int.from_bytes(head, "little")


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1), TEXT, TEXT, TEXT, TEXT)
def test_other_parts_give_another_seed(seed_a, seed_b, item_a, item_b, stage_a, stage_b):
    a, b = (seed_a, item_a, stage_a), (seed_b, item_b, stage_b)
    assert (derive_seed(*a) == derive_seed(*b)) == (a == b)
    assert 0 <= derive_seed(*a) < 2**64


def test_another_process_gives_the_same_stream():
    code = (
        "from papertrace.seeds import *; print(generator(derive_seed(1, 'x', 'pages')).integers(0, 2**62, 3).tolist())"
    )
    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert printed.strip() == str(generator(derive_seed(1, "x", "pages")).integers(0, 2**62, 3).tolist())
