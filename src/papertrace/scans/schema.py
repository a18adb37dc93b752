"""The JSON schema of a scan's recipe. An item is a call: the artifact's name, and the arguments of its function.

So the schema derives from the functions' signatures; only what is no one function's call is typed here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, Literal, get_type_hints

from pydantic import ConfigDict, Field, TypeAdapter, create_model
from typing_extensions import TypedDict

from papertrace.scans import surface, warp, writing
from papertrace.scans.background import TEXTURES
from papertrace.scans.items import CarriageWave, CastShadow, Colour, FoldFamily, Paper, Point, Seed, SlantingLight
from papertrace.scans.presets import ArtifactName, PresetName
from papertrace.scans.scan import IN_MM, IN_PIXELS

_NOT_DRAWN = ("image", "px_per_mm", "size")  # a page has them, no recipe does

_Pixels = Annotated[int, Field(ge=0)]
_Share = Annotated[float, Field(ge=0, lt=1)]


class _Crop(TypedDict):
    pixels: Annotated[list[_Pixels], Field(min_length=4, max_length=4)]


class _Desk(TypedDict):
    colour: Colour


class _Preset(TypedDict):
    name: PresetName


class _Background(TypedDict):
    kind: Literal[(*TEXTURES, "clipboard", "screen")]
    colour: Colour
    margins: Annotated[list[_Pixels], Field(min_length=4, max_length=4)]
    sheets: list[Paper]
    shadow: CastShadow
    seed: Seed


class _Folds(TypedDict):
    families: list[FoldFamily]
    distance_mm: float
    light: SlantingLight
    seed: Seed


class _PageCurl(TypedDict):
    degrees: float
    vertex_mm: Point
    radius_mm: float
    apex_mm: float | None
    distance_mm: float
    light: SlantingLight


class _PartialPage(TypedDict):
    shares: Annotated[list[_Share], Field(min_length=4, max_length=4)]


class _AnisotropicDpi(TypedDict):
    stretch: float
    waves: list[CarriageWave]


_CALLED: dict[str, Callable] = {
    **IN_MM,
    **IN_PIXELS,
    "printed_text": surface.printed_text,
    "handwriting": writing.handwriting,
    "stamps": writing.stamps,
    "rotation": warp.rotation,
    "perspective": warp.perspective,
    "lens": warp.lens,
}
_TYPED: dict[str, type] = {
    "crop": _Crop,
    "desk": _Desk,
    "preset": _Preset,
    "folds": _Folds,
    "page_curl": _PageCurl,
    "partial_page": _PartialPage,
    "anisotropic_dpi": _AnisotropicDpi,
    "background": _Background,
}


def recipe_schema() -> dict[str, Any]:
    """Return the JSON schema of the column `recipe` of `papertrace.tables.SCANS`: a list of artifacts as drawn."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "ScanRecipe",
        **TypeAdapter(list[_any_item()]).json_schema(),
    }
    _close(schema)
    return schema


def item_types() -> dict[str, Any]:
    """Return what the arguments of items derive from, by the artifact's name: a function or a type.

    The schema leaves open what an artifact is drawn with that is missing here.
    """
    return {**_CALLED, **_TYPED}


@cache
def _any_item() -> Any:
    items = tuple(_item(name) for name in dict.fromkeys([*item_types(), *ArtifactName.__args__]))
    union = items[0]
    for item in items[1:]:
        union |= item
    return Annotated[union, Field(discriminator="artifact")]


def _item(name: str) -> Any:
    fields: dict[str, Any] = {"artifact": (Literal[name], ...)}
    fields |= {key: (kind, ...) for key, kind in _arguments(name).items()}
    title = "".join(part.capitalize() for part in name.split("_"))
    extra = "forbid" if name in item_types() else "allow"
    return create_model(title, __config__=ConfigDict(extra=extra), **fields)


def _arguments(name: str) -> dict[str, Any]:
    if name in _TYPED:
        return get_type_hints(_TYPED[name], include_extras=True)
    if name not in _CALLED:
        return {}
    function = _CALLED[name]
    hints = get_type_hints(function, include_extras=True)
    return {key: hints[key] for key in inspect.signature(function).parameters if key not in _NOT_DRAWN}


def _close(node: Any) -> None:
    """Let no object of a schema have keys that it does not name."""
    if isinstance(node, dict):
        if node.get("type") == "object" and "properties" in node:
            node.setdefault("additionalProperties", False)
        for value in node.values():
            _close(value)
    elif isinstance(node, list):
        for value in node:
            _close(value)
