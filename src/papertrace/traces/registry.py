"""The digitizers by name."""

from __future__ import annotations

from typing import Literal

from papertrace.errors import ConfigError
from papertrace.traces.digitizer import Digitizer

DigitizerName = Literal["classical"]
"""What `traces.digitizers` in a config may hold."""


def get_digitizer(name: str) -> Digitizer:
    """Return a digitizer by its name.

    Raises
    ------
    ConfigError
        If there is none of that name.
    """
    if name == "classical":
        from papertrace.traces.classical import Classical

        return Classical()
    raise ConfigError(f"digitizer {name!r} is not known; use one of {', '.join(DigitizerName.__args__)}")
