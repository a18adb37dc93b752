"""Config of the scores stage."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from papertrace.section import Section


class ScoresConfig(Section):
    """How traces are compared with the truth."""

    max_lag_s: float = Field(0.2, gt=0, le=2, description="largest shift in s that the aligned figures may undo")
    kaggle_cap: float = Field(384, gt=0, description="Kaggle's score: the highest ratio of powers an image may have")
    clinical: bool = Field(True, description="measure RR, QRS width and QT on truth and trace")
    delineation: Literal["prominence", "dwt"] = Field(
        "prominence", description="NeuroKit2's method of delineation, on truth and trace alike"
    )
