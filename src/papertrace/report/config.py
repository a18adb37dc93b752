"""Config of the report stage."""

from __future__ import annotations

from pydantic import Field

from papertrace.section import Section


class ReportConfig(Section):
    """What the report shows."""

    examples: int = Field(3, ge=1, le=20, description="how many of the best, median and worst pages are shown")
