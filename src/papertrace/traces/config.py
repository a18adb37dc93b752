"""Config of the traces stage."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, ValidationError, ValidationInfo, field_validator

from papertrace.errors import ConfigError
from papertrace.section import Probability, Section
from papertrace.traces.registry import OURS, check_name

_PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)\}")
_IMAGE, _OUTPUT = ("image", "image_folder"), ("output", "output_folder")


def _runnable(command: str) -> str:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ValueError(f"a quotation mark is missing ({error})") from None
    placeholders = set(_PLACEHOLDER.findall(" ".join(words)))
    if strangers := placeholders - {*_IMAGE, *_OUTPUT}:
        raise ValueError(f"there is no {{{min(strangers)}}}; use {{image}} and {{output}}, or their folders")
    if not placeholders & set(_IMAGE) or not placeholders & set(_OUTPUT):
        raise ValueError("write where the image and the output go, such as mytool {image} {output}")
    return command


class ExternalDigitizer(Section):
    """Somebody else's program as a digitizer; docs/your-digitizer.md."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$", description="what it is called in tables and figures"
    )
    command: Annotated[str, AfterValidator(_runnable)] = Field(
        description="program and arguments, run without a shell; {image} and {output} are the files it reads and "
        "writes, {image_folder} and {output_folder} their folders"
    )
    output: Literal["csv", "wfdb"] = Field("csv", description="what it writes: a CSV file, or a WFDB record")
    image: Literal["png", "jpeg"] = Field("png", description="what it is given")
    timeout_s: float = Field(120.0, gt=0, le=86_400, description="time it has for an image in s; then it is killed")
    times: Literal["page", "lead"] = Field(
        "page", description="whether time counts from the page's first moment, or for each lead from its own"
    )
    rate_hz: float | None = Field(
        None, ge=50, le=20_000, description="sampling rate in Hz of CSV files without a column time_s"
    )
    version: str = Field("", description="its version; another one makes its traces anew")


def _known(name: str) -> str:
    try:
        check_name(name)
    except ConfigError as error:
        raise ValueError(str(error)) from None
    return name


Choice = Annotated[
    Annotated[str, AfterValidator(_known), Tag("<name>")] | Annotated[ExternalDigitizer, Tag("<keys>")],
    Discriminator(lambda value: "<name>" if isinstance(value, str) else "<keys>"),
]
"""One of ours by its name and switches, or a program; the tags are no keys that a person writes."""


class TracesConfig(Section):
    """Who digitizes what."""

    digitizers: list[Choice] = Field(
        ["network"],
        min_length=1,
        description="ours by name (classical, network, dncnn), with switches after a colon such as network:no-warp "
        "or network:weights=FOLDER; other people's by the keys below",
    )
    inputs: list[Literal["pages", "scans"]] = Field(
        ["pages", "scans"], min_length=1, description="which images are digitized: clean pages, scans, or both"
    )
    shares: dict[str, dict[Literal["pages", "scans"], Probability]] = Field(
        {},
        description="by digitizer and input, the share of the images that it reads, such as dncnn: {pages: 0, scans: "
        "0.05}; without it all. Shares are spread over records and windows, and a smaller one is part of a larger one",
    )
    rate_hz: float = Field(500, ge=50, le=2000, description="sampling rate of the traces in Hz")

    @field_validator("digitizers")
    @classmethod
    def _told_apart(cls, choices: list[Choice]) -> list[Choice]:
        name, count = Counter(map(name_of, choices)).most_common(1)[0]
        if count > 1:
            raise ValueError(f"{name} is there {count} times; give each digitizer a name of its own")
        if clashes := {c.name for c in choices if isinstance(c, ExternalDigitizer)} & {*OURS}:
            raise ValueError(f"{min(clashes)} is one of ours; give the program another name")
        return choices

    @field_validator("shares")
    @classmethod
    def _of_digitizers(cls, shares: dict[str, dict[str, float]], given: ValidationInfo) -> dict[str, dict[str, float]]:
        names = [name_of(choice) for choice in given.data.get("digitizers", [])]
        if strangers := [name for name in shares if names and name not in names]:
            raise ValueError(f"{strangers[0]} is none of the digitizers; name one of {', '.join(names)}")
        return shares

    @property
    def names(self) -> list[str]:
        """What the digitizers are called in tables, in the config's order."""
        return [name_of(choice) for choice in self.digitizers]


def name_of(choice: str | ExternalDigitizer) -> str:
    """Return what a digitizer is called in tables."""
    return choice if isinstance(choice, str) else choice.name


def choice_named(name: str, choices: Sequence[str | ExternalDigitizer] = ()) -> str | ExternalDigitizer:
    """Return the digitizer of that name: one of a config's, or else one of ours.

    Raises
    ------
    ConfigError
        There is none of that name.
    """
    found = [choice for choice in choices if name_of(choice) == name]
    if not found and name.partition(":")[0] not in OURS:
        known = dict.fromkeys([*map(name_of, choices), *OURS])
        raise ConfigError(f"digitizer {name!r} is not known; use one of {', '.join(known)}")
    return found[0] if found else name


def choice_told(text: str) -> ExternalDigitizer:
    """Return the digitizer that a command line tells as ``NAME=COMMAND``; the rest is as by default.

    Raises
    ------
    ConfigError
        It is not of that form.
    """
    name, _, command = text.partition("=")
    try:
        return ExternalDigitizer(name=name, command=command)
    except ValidationError as error:
        message = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise ConfigError(f"digitizer {text!r}: {message}; write NAME='mytool {{image}} {{output}}'") from None
