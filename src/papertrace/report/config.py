"""Config of the report stage."""

from __future__ import annotations

from pydantic import Field

from papertrace.section import Section


class ReportConfig(Section):
    """What the report shows in pictures; its table holds every page."""

    examples: int = Field(
        3,
        ge=1,
        le=100,
        description="how many of the worst, median and best pages of each digitizer and input are shown",
    )
    examples_per_reason: int = Field(
        2, ge=0, le=100, description="how many of the images that failed for the same reason are shown"
    )
