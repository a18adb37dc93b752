"""Severities and presets: other ways to say what the config of the scans says."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal

import yaml

ArtifactName = Literal[
    "printed_text",
    "handwriting",
    "stamps",
    "fading",
    "photocopy",
    "stains",
    "mould",
    "creases",
    "wrinkles",
    "punch_holes",
    "staples",
    "torn_corners",
    "folds",
    "page_curl",
    "rotation",
    "perspective",
    "partial_page",
    "lens",
    "anisotropic_dpi",
    "crop",
    "background",
    "light",
    "shadow",
    "glare",
    "temperature",
    "vignette",
    "exposure",
    "moire",
    "blur",
    "motion_blur",
    "shot_noise",
    "noise",
    "gamma",
    "sharpening",
    "streaks",
    "fax",
    "jpeg",
    "webp",
]
"""All artifacts, each a section of the scans' config, in the order in which they are applied."""

PresetName = Literal[
    "kit",
    "flatbed",
    "flatbed-bw",
    "photo",
    "screen-photo",
    "stained",
    "damaged",
    "mould",
    "fax",
    "photocopy",
]


def preset(name: str) -> dict[str, Any]:
    """Return the keys of the scans' config that a preset sets; what it does not name never happens."""
    data = _read("presets.yaml")[name]
    off = {} if "mix" in data else {artifact: {"probability": 0.0} for artifact in ArtifactName.__args__}
    return merge(off, data)


def at_severity(artifact: str, severity: float) -> dict[str, Any]:
    """Return the section of an artifact at a severity.

    Parameters
    ----------
    artifact : str
        One of `ArtifactName`.
    severity : float
        0 (never) to 5 (as bad as it gets on paper that a person still reads).

    Returns
    -------
    dict
        ``probability`` and the ranges of the parameters, straight lines from severity 1 to 5 as ``severities.yaml``
        gives them; a parameter that does not grow with the severity keeps its default.

    Raises
    ------
    ValueError
        Of a severity outside 0 … 5.

    Examples
    --------
    >>> at_severity("blur", 3)
    {'probability': 1.0, 'sigma_px': [1.3, 1.6]}
    >>> at_severity("blur", 0)
    {'probability': 0.0}
    """
    if not 0 <= severity <= 5:
        raise ValueError(f"the severity of {artifact} is {severity:g}: 0 to 5 is allowed")
    if severity == 0:
        return {"probability": 0.0}
    share = (severity - 1) / 4
    section: dict[str, Any] = {"probability": 1.0}
    for key, (first, last) in _read("severities.yaml")[artifact].items():
        if isinstance(first, list):
            section[key] = [round(a + share * (b - a), 6) for a, b in zip(first, last, strict=True)]
        else:
            section[key] = round(first + share * (last - first), 6)
    return section


def with_presets(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a scans config with its preset and severities written out; what is set there stays.

    A preset, an artifact or a severity that does not exist is left to the model's own checks.
    """
    base: dict[str, Any] = {}
    if data.get("preset") in (*PresetName.__args__, "mixed"):
        base = preset(data["preset"])
    if isinstance(data.get("severity"), Mapping):
        for artifact, severity in data["severity"].items():
            if artifact in ArtifactName.__args__ and isinstance(severity, int) and 0 <= severity <= 5:
                base[artifact] = at_severity(artifact, severity)
    return merge(base, data)


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with the values of `over`, section by section."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = merge(below, value) if isinstance(value, Mapping) and isinstance(below, Mapping) else value
    return merged


@cache
def _read(name: str) -> dict[str, Any]:
    return yaml.safe_load(resources.files(__package__).joinpath(name).read_text(encoding="utf-8"))
