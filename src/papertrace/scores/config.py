"""Config of the scores stage."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from papertrace.section import Section
from papertrace.tables import CLINICAL

# All are the project's own. RR, QRS and QT: what it asks of itself; P and PR:
# about the CSE Working Party's 2 SD of a P onset, 10.2 ms (1985); amplitudes: a quarter of a small box. IEC 60601-2-25
# limits mean and SD of such differences for electrocardiographs; it is not public, and its limits were not seen.
_MARGINS = {"rr_ms": 1, "hr_bpm": 1, "p_ms": 10, "pr_ms": 10, "qrs_ms": 2, "qt_ms": 3, "qtc_bazett_ms": 3,
            "qtc_fridericia_ms": 3, "st_mv": 0.025, "r_mv": 0.025, "t_mv": 0.025}  # fmt: skip


class ScoresConfig(Section):
    """How traces are compared with the truth."""

    max_lag_s: float = Field(0.2, gt=0, le=2, description="largest shift in s that the aligned figures may undo")
    kaggle_cap: float = Field(384, gt=0, description="Kaggle's score: the highest ratio of powers an image may have")
    clinical: bool = Field(
        True, description="find the beats of truth and trace, and measure RR, QRS width, QT and more"
    )
    delineation: Literal["wavelet", "prominence", "dwt"] = Field(
        "wavelet",
        description="who finds the waves of truth and trace: papertrace, or NeuroKit2 by one of two methods",
    )
    margins: dict[Literal[CLINICAL], Annotated[float, Field(gt=0)]] = Field(
        _MARGINS,
        description="equivalence: the mean difference of trace and truth that does not matter, in the parameter's unit",
    )
