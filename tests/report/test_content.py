"""Numbers and versions as the report prints them."""

import numpy as np
import pytest

from papertrace import provenance
from papertrace.report import content


@pytest.mark.parametrize(
    ("value", "decimals", "sign", "text"),
    [
        (21801, 0, False, "21\N{NARROW NO-BREAK SPACE}801"),
        (-1.26, 1, True, "\N{MINUS SIGN}1.3"),
        (-0.01, 1, True, "+0.0"),
        (0.5, 2, True, "+0.50"),
        (float("nan"), 1, False, "\N{EN DASH}"),
        (float("-inf"), 1, False, "\N{MINUS SIGN}\N{INFINITY}"),
    ],
)
def test_numbers_as_they_are_printed(value, decimals, sign, text):
    assert content.number(value, decimals, sign=sign) == text


def test_versions_name_what_is_installed():
    found = dict(provenance.versions())
    assert found["numpy"] == np.__version__ and {"papertrace", "Python", "neurokit2"} <= set(found)
    assert "ruff" not in found
