"""Config of the figures stage."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from papertrace.section import Section


class FiguresConfig(Section):
    """What is drawn."""

    examples: int = Field(3, ge=1, le=20, description="how many of the best, median and worst pages are drawn")
    study: bool = Field(True, description="draw the figures and tables of the study, F1 ... and T1 ...")
    split: Literal["all", "train", "validation", "test"] = Field(
        "all", description="the records whose scores the study's figures and tables show"
    )
