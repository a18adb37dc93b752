"""The base of all config sections: unknown keys are refused, values are immutable."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)


class Section(BaseModel):
    """A config section; every field has a default, a description and bounds."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _ordered(pair: tuple[float, float]) -> tuple[float, float]:
    if pair[0] > pair[1]:
        raise ValueError("the lower end of the range is above its upper end")
    return pair


Probability = Annotated[float, Field(ge=0, le=1)]
"""A number from 0 to 1."""

ImageFormat = Literal["png", "jpeg", "webp"]
"""File formats of `papertrace.encoding`."""

ImageQuality = Annotated[int, Field(ge=5, le=100)]
"""Quality of JPEG and WebP files."""

Store = Literal["images", "recipes"]
"""What a shard keeps of its images."""

Range = Annotated[tuple[float, float], AfterValidator(_ordered)]
"""Lower and upper end of a uniform distribution."""


def range_within(low: float, high: float) -> Any:
    """Return the type of a `Range` whose ends both lie within low … high."""
    end = Annotated[float, Field(ge=low, le=high)]
    return Annotated[tuple[end, end], AfterValidator(_ordered)]


def one_or_more(*allowed: Any) -> Any:
    """Return the type of a tuple of choices, of which each page draws one; in a config a single one may stand alone.

    Parameters
    ----------
    *allowed : str or number
        What may be chosen; none means any text.
    """
    numbers = {str(item): item for item in allowed if not isinstance(item, str)}

    def as_tuple(value: Any) -> tuple:
        values = tuple(value) if isinstance(value, (list, tuple)) else (value,)
        if not values:
            raise ValueError("give at least one value")
        # Snakemake hands over numbers inside a list or mapping of --config as text
        values = tuple(numbers.get(item, item) if isinstance(item, str) else item for item in values)
        for item in values:
            wrong = (item not in allowed or isinstance(item, bool)) if allowed else not isinstance(item, str)
            if wrong:
                raise ValueError(f"use {', '.join(map(str, allowed))} or a list of them" if allowed else "use a name")
        return tuple(allowed[allowed.index(item)] for item in values) if allowed else values

    single = {"enum": list(allowed)} if allowed else {"type": "string"}
    return Annotated[
        tuple,
        BeforeValidator(as_tuple),
        PlainSerializer(lambda values: values[0] if len(values) == 1 else list(values)),
        WithJsonSchema({"anyOf": [single, {"type": "array", "items": single, "minItems": 1}]}),
    ]


def one_or_range_within(low: float, high: float) -> Any:
    """Return the type of a `Range` within low … high of which a single number stands for both ends."""

    def as_pair(value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return value
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            raise ValueError(f"input should be a number from {low:g} to {high:g}, or two such numbers")
        return value, value

    number = {"type": "number", "minimum": low, "maximum": high}
    pair = {"type": "array", "prefixItems": [number, number], "minItems": 2, "maxItems": 2}
    return Annotated[
        range_within(low, high),
        BeforeValidator(as_pair),
        PlainSerializer(lambda ends: ends[0] if ends[0] == ends[1] else list(ends)),
        WithJsonSchema({"anyOf": [number, pair]}),
    ]
