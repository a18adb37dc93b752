"""Config of the traces stage."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from papertrace.section import Section
from papertrace.traces.registry import DigitizerName


class TracesConfig(Section):
    """Who digitizes what."""

    digitizers: list[DigitizerName] = Field(["network"], min_length=1, description="digitizers by name")
    inputs: list[Literal["pages", "scans"]] = Field(
        ["pages", "scans"], min_length=1, description="which images are digitized: clean pages, scans, or both"
    )
    rate_hz: float = Field(500, ge=50, le=2000, description="sampling rate of the traces in Hz")
