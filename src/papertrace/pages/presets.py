"""Presets: the pages' config in one word."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal

import yaml

PresetName = Literal["varied"]


def with_preset(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a pages config with its preset written out; what is set there stays.

    A preset that does not exist is left to the model's own checks.
    """
    name = data.get("preset")
    return {**(_read()[name] if name in PresetName.__args__ else {}), **data}


@cache
def _read() -> dict[str, dict[str, Any]]:
    return yaml.safe_load(resources.files(__package__).joinpath("presets.yaml").read_text(encoding="utf-8"))
