"""The base of all config sections: unknown keys are refused, values are immutable."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class Section(BaseModel):
    """A config section; every field has a default, a description and bounds."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _ordered(pair: tuple[float, float]) -> tuple[float, float]:
    if pair[0] > pair[1]:
        raise ValueError("the lower end of the range is above its upper end")
    return pair


Probability = Annotated[float, Field(ge=0, le=1)]
"""A number from 0 to 1."""

Range = Annotated[tuple[float, float], AfterValidator(_ordered)]
"""Lower and upper end of a uniform distribution."""


def range_within(low: float, high: float) -> Any:
    """Return the type of a `Range` whose ends both lie within low … high."""
    end = Annotated[float, Field(ge=low, le=high)]
    return Annotated[tuple[end, end], AfterValidator(_ordered)]
