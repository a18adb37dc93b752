"""Config of the training: which generated pages the networks learn from, and for how long."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from papertrace.section import Section


class SourceConfig(Section):
    """A dataset that training draws from: records of its train split only."""

    name: str = Field("simulation", pattern=r"^[a-z0-9-]+$", description="name; seeds derive from it")
    pages_per_round: int = Field(10, ge=0, le=100_000, description="how many of its pages a round takes")
    scanned: float = Field(0.8, ge=0, le=1, description="share of them that are scans; the others are clean pages")
    exclude: list[str] = Field([], description="records that are not used although they are in the train split")
    config: dict[str, Any] = Field(
        {}, description="a dataset's config: its records, manifest, pages and scans sections"
    )


class FitConfig(Section):
    """How long and how fast a network learns."""

    steps: int = Field(10_000, ge=1, description="batches")
    batch: int = Field(12, ge=1, description="crops a batch")
    rate: float = Field(3e-3, gt=0, description="highest learning rate; it rises over 200 steps and falls as a cosine")
    validation_every: int = Field(1000, ge=1, description="batches between two looks at the validation crops")


class TrainingConfig(Section):
    """A training of the digitizer's networks from scratch: the target `train`."""

    rounds: int = Field(8, ge=1, le=1000, description="rounds of pages; each has windows, styles and scans of its own")
    strips_per_page: int = Field(12, ge=1, description="crops of a page's rows, for the trace network")
    views_per_page: int = Field(3, ge=1, description="crops of the whole page, for the page network")
    sources: list[SourceConfig] = Field([SourceConfig()], min_length=1, description="where the pages come from")
    trace: FitConfig = FitConfig()
    page: FitConfig = FitConfig(steps=5_000, batch=4)
