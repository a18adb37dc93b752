"""The unbroken runs of True in a mask."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from papertrace.spans import spans_of


@pytest.mark.parametrize(
    ("mask", "spans"),
    [([], []), ([0], []), ([1], [[0, 1]]), ([1, 1, 0, 1], [[0, 2], [3, 4]]), ([0, 1, 1, 0], [[1, 3]])],
)
def test_first_and_end_of_each_run(mask, spans):
    found = spans_of(np.array(mask, bool))
    assert found.shape == (len(spans), 2) and found.tolist() == spans


@given(st.lists(st.booleans(), max_size=50))
def test_the_runs_make_up_the_mask_and_do_not_touch(mask):
    spans = spans_of(np.array(mask, bool))
    inside = [k for first, end in spans.tolist() for k in range(first, end)]
    assert inside == [k for k, value in enumerate(mask) if value]
    assert (spans[1:, 0] > spans[:-1, 1]).all()
