"""Curves over severities: what they are made of, their table and their figure."""

from __future__ import annotations

import math

import pytest
from robustness import CEILING, curves, figure, never_trained_on, table

from papertrace.scans.presets import ArtifactName


def entry(of: str, values: list, digitizer: str = "classical") -> dict:
    leads = [
        {
            "lead": "I",
            "row": row,
            "column": 0,
            "status": "failed" if value is None else "ok",
            "snr_aligned_db": value,
            "ceiling_db": 60.0,
            "column_ceiling_db": 30.0 + row,
        }
        for row, value in enumerate(values)
    ]
    return {"digitizer": digitizer, "set": of, "page_id": "r0_0", "record": "r0", "leads": leads}


@pytest.fixture
def found():
    return curves(
        [
            entry("nothing 0", [24.0, 26.0]),
            entry("noise 5", [10.0, None]),
            entry("blur 1", [24.0, 25.0]),
            entry("nothing 0", [30.0, 31.0], "network"),
            entry("noise 5", [20.0, 22.0], "network"),
        ]
    )


def test_silence_is_0_db_and_severity_0_is_the_same_for_all(found):
    assert list(found.columns) == [0, 1, 5]
    assert found.loc[("noise", "classical")].tolist() == pytest.approx([25.0, math.nan, 5.0], nan_ok=True)
    assert found.loc[("noise", "network")].tolist() == pytest.approx([30.5, math.nan, 21.0], nan_ok=True)
    assert found.loc[("blur", "classical")].tolist() == pytest.approx([25.0, 24.5, math.nan], nan_ok=True)


def test_the_ceiling_counts_an_image_once_however_many_read_it(found):
    assert found.loc[("noise", CEILING)].tolist() == pytest.approx([30.5, math.nan, 30.5], nan_ok=True)


def test_artifacts_come_in_the_order_in_which_they_are_applied(found):
    artifacts = list(dict.fromkeys(found.index.get_level_values("artifact")))
    assert artifacts == [name for name in ArtifactName.__args__ if name in ("blur", "noise")]


def test_table_and_figure_mark_what_no_training_had(found):
    assert "| noise * | classical | 25.0 | - | 5.0 |" in table(found, ["noise"])
    drawn = figure(found, ["noise"])
    titles = [axes.get_title(loc) for axes in drawn.axes for loc in ("left", "center")]
    assert {"blur", "noise *"} <= set(titles)
    curve = next(line for line in drawn.axes[1].lines if len(line.get_xdata()) == 2)
    assert curve.get_ydata().tolist() == [25.0, 5.0]


def test_what_a_training_never_had():
    def unseen(*scans):
        return set(never_trained_on({"training": {"sources": [{"config": {"scans": keys}} for keys in scans]}}))

    assert "fax" in unseen({"preset": "kit"}) and "blur" not in unseen({"preset": "kit"})
    assert unseen({"preset": "kit"}, {"preset": "fax"}) == unseen({"preset": "kit"}) & unseen({"preset": "fax"})
    assert unseen({"preset": "mixed"}) == {"webp"}
    assert unseen({"preset": "mixed", "held_out": ["stains", "moire"]}) == {"webp", "stains", "moire"}
