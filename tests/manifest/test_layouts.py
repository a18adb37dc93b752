from __future__ import annotations

import pytest

from papertrace.manifest.layouts import STANDARD_LEADS, LayoutChoice, choose_layout

LUDB = ["i", "ii", "iii", "avr", "avl", "avf", "v1", "v2", "v3", "v4", "v5", "v6"]


@pytest.mark.parametrize(
    ("wanted", "leads", "choice"),
    [
        ("auto", LUDB, LayoutChoice("3x4+1", LUDB)),
        ("auto", LUDB[::-1], LayoutChoice("3x4+1", LUDB)),
        ("auto", [*STANDARD_LEADS, "vx", "vy", "vz"], LayoutChoice("3x4+1", list(STANDARD_LEADS))),
        ("auto", ["MLII", "V5"], LayoutChoice("2x1", ["MLII", "V5"])),
        ("auto", ["ECG1", "ECG2", "ECG3"], LayoutChoice("2x1", ["ECG1", "ECG2"])),
        ("auto", list(STANDARD_LEADS[:11]), LayoutChoice("2x1", ["I", "II"])),
        ("auto", ["ECG"], LayoutChoice("1x1", ["ECG"])),
        ("1x1", ["MLII", "V5"], LayoutChoice("1x1", ["MLII"])),
        ("2x1", LUDB, LayoutChoice("2x1", ["i", "ii"])),
        ("3x4+1", LUDB, LayoutChoice("3x4+1", LUDB)),
    ],
)
def test_choices(wanted, leads, choice):
    assert choose_layout(wanted, leads) == choice


def test_what_cannot_be_filled_is_told():
    assert choose_layout("2x1", ["ECG"]).startswith("layout 2x1 needs two leads, and the record has only ECG; set ")
    sentence = choose_layout("3x4+1", ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4"])
    assert "the record lacks V5, V6; set `pages.layout` to auto" in sentence
