"""What the gallery shows: every layout, page option, artifact and preset there is, read from where they are defined."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from papertrace.manifest.layouts import STANDARD_LEADS, LayoutChoice, choose_layout
from papertrace.pages.config import PagesConfig
from papertrace.pages.layouts import known_layouts
from papertrace.scans.config import ScansConfig
from papertrace.scans.presets import ArtifactName
from papertrace.seeds import derive_seed

if TYPE_CHECKING:
    from papertrace.config import Config

SEVERITIES = (1, 3, 5)
LEADS = {"two-lead": ("MLII", "V5"), "twelve-lead": STANDARD_LEADS}
"""The records of the gallery and their leads."""

_PRESET_SEEDS, _CONFIG_SEEDS = (10, 9, 11), 7  # pages with a brown, a blue and a red grid
_PAGE_SEED = 15  # a page with a pink grid, black ink and upright type, its rows spread over the page
_NOT_SEEN = ("preset", "format", "quality", "store")  # a chapter of its own; how the file is stored
_TOGETHER: dict[str, dict[str, Any]] = {
    "clip_probability": {"gain_mm_mv": 20},
    "pulse_style": {"chest_gain_mm_mv": "half"},
    "random_": {"random_colour_probability": 1.0},
}
"""Other options, by the beginnings of keys, without which an option changes nothing."""
_ALWAYS = 0.5  # what at least this share of pages has by default, the page that is varied has


@dataclass(frozen=True)
class Tile:
    """One image of the gallery, before it is made.

    Attributes
    ----------
    name : str
        Unique; its files are named after it.
    title : str
        What tells it from the other tiles of its entry.
    record : str
        ``two-lead`` or ``twelve-lead``.
    layout : str
        A layout's name, or ``auto``.
    pages : PagesConfig
        How the page is drawn.
    page_seed : int
        The page's seed.
    scans : ScansConfig or None
        How it is scanned; None shows the clean page.
    artifact : str or None
        What the scan must have.
    plain : PagesConfig or None
        The page that this one is compared with, to find where they differ; None compares a scan with its own page.
    """

    name: str
    title: str
    record: str
    layout: str
    pages: PagesConfig
    page_seed: int = _PAGE_SEED
    scans: ScansConfig | None = None
    artifact: str | None = None
    plain: PagesConfig | None = None


@dataclass(frozen=True)
class Entry:
    """A layout, an option, an artifact or a preset: its name, what it is, and how it looks."""

    name: str
    about: str
    tiles: tuple[Tile, ...]


@dataclass(frozen=True)
class Section:
    """A chapter of the gallery."""

    key: str
    title: str
    about: str
    entries: tuple[Entry, ...]


def sections(config: Config, own: bool) -> list[Section]:
    """Return everything that there is to see.

    Parameters
    ----------
    config : Config
        Uses `seed`, `pages` and `scans`; its resolution and its own layouts count everywhere.
    own : bool
        Also show what the config itself makes.
    """
    plain = plain_page(config.pages)
    found = [
        Section("layouts", "Layouts", "Which lead stands where.", tuple(_layouts(plain))),
        Section(
            "pages",
            "Pages",
            "One page, and what each option of the pages changes of it.",
            tuple(_options(plain)),
        ),
        Section(
            "artifacts",
            "Artifacts",
            f"Each alone, on one page, at severities {', '.join(map(str, SEVERITIES[:-1]))} and {SEVERITIES[-1]} of 5; "
            "of nine seeds the one that is neither hardly seen nor the most striking.",
            tuple(_artifacts(plain)),
        ),
        Section(
            "presets",
            "Presets",
            "Artifacts together, drawn as often and as strong as what they imitate has them.",
            tuple(_presets(config.pages.dpi[0])),
        ),
    ]
    if own:
        entry = Entry(
            "as configured",
            "Pages and scans as this config draws them.",
            tuple(_drawn("config", config.pages, config.scans, config.seed)),
        )
        found.insert(0, Section("config", "This config", "", (entry,)))
    return found


def plain_page(pages: PagesConfig) -> PagesConfig:
    """Return the config of the page that is varied: what half of the pages have it has, the rest it has not."""
    settled: dict[str, Any] = {"dpi": pages.dpi[0], "layouts": pages.layouts, "pitch_scale": (0.93, 0.93)}
    settled["stroke_mm"] = (0.4, 0.4)
    for key, field in _properties().items():
        if key.endswith("_probability"):
            settled[key] = float(field["default"] >= _ALWAYS)
    return PagesConfig.model_validate(settled)


def _layouts(plain: PagesConfig) -> Iterator[Entry]:
    for name, layout in known_layouts(plain.layouts).items():
        cells = [cell for row in layout.rows for cell in row]
        two = all(isinstance(cell, int) and cell < 2 for cell in cells)
        about = "; ".join(" ".join(str(cell) for cell in row) for row in layout.rows)
        if all(isinstance(cell, int) for cell in cells):
            rows = len(layout.rows)
            about = "the record's first lead" if rows == 1 else f"the record's first {rows} leads, one a row"
        tile = Tile(f"layout-{slug(name)}", name, "two-lead" if two else "twelve-lead", name, plain)
        yield Entry(name, about, (tile,))


def _options(plain: PagesConfig) -> Iterator[Entry]:
    for key, field in _properties().items():
        if key in _NOT_SEEN:
            continue
        values = _worth_seeing(key, field, getattr(plain, key))
        others = next((other for start, other in _TOGETHER.items() if key.startswith(start)), {})
        tiles = [
            Tile(
                f"page-{slug(key)}-{slug(_text(value))}",
                {0.0: "never", 1.0: "always"}[value] if key.endswith("_probability") else _text(value),
                "twelve-lead",
                "3x4+1",
                PagesConfig.model_validate(plain.model_dump() | others | {key: value}),
                plain=plain,
            )
            for value in values
        ]
        if tiles:
            yield Entry(key, field["description"], tuple(tiles))


def _worth_seeing(key: str, field: dict[str, Any], plain: object) -> list[Any]:
    """Return the values of a page option that a picture shows: every choice, both ends of a range, the other case."""
    choices = _choices(field)
    if choices:
        return choices
    ends = next((kind["prefixItems"] for kind in (field, *field.get("anyOf", [])) if "prefixItems" in kind), None)
    if ends:
        low, high = field["default"]
        if low == high:
            low, high = ends[0]["minimum"], ends[0]["maximum"]
        return [[end, end] for end in (low, high)]
    if key.endswith("_probability"):
        return [1.0 - float(plain)]
    # A share of something within a page: half of it.
    return [0.5] if field.get("type") == "number" and (field["minimum"], field["maximum"]) == (0, 1) else []


def _artifacts(plain: PagesConfig) -> Iterator[Entry]:
    for name in ArtifactName.__args__:
        section = ScansConfig.model_fields[name].annotation
        tiles = [
            Tile(
                f"artifact-{slug(name)}-{severity}",
                f"severity {severity}",
                "twelve-lead",
                "3x4+1",
                plain,
                scans=only(name, severity),
                artifact=name,
            )
            for severity in SEVERITIES
        ]
        yield Entry(name, _sentence(section), tuple(tiles))


def only(artifact: str, severity: int) -> ScansConfig:
    """Return the config of scans with one artifact, at a severity, and no other."""
    off = {name: {"probability": 0.0} for name in ArtifactName.__args__ if name != artifact}
    return ScansConfig.model_validate({**off, "severity": {artifact: severity}})


def preset_names() -> list[str]:
    """Return the names that `scans.preset` may have."""
    field = ScansConfig.model_json_schema()["properties"]["preset"]
    return _choices(field) or []


def _choices(field: dict[str, Any]) -> list[Any] | None:
    """Return what a key allows, where that is a list of choices."""
    found = next((kind for kind in (field, *field.get("anyOf", [])) if "enum" in kind or "const" in kind), {})
    return found.get("enum", [found["const"]] if "const" in found else None)


def _presets(dpi: float) -> Iterator[Entry]:
    for name in _choices(_properties().get("preset", {})) or []:
        about = f"`pages.preset`: {_properties()['preset']['description'].partition(f'{name} ')[2]}"
        yield Entry(
            f"pages: {name}", about, tuple(_drawn(f"pages-{slug(name)}", PagesConfig(preset=name, dpi=dpi), None, 1))
        )
    for name in preset_names():
        scans = ScansConfig(preset=name)
        tiles = [
            Tile(
                f"preset-{slug(name)}-{number}",
                f"page {number}",
                "two-lead" if number == 1 else "twelve-lead",
                "auto",
                PagesConfig(dpi=dpi),
                page_seed=seed,
                scans=scans,
            )
            for number, seed in enumerate(_PRESET_SEEDS, 1)
        ]
        yield Entry(name, _content(scans), tuple(tiles))


def _content(scans: ScansConfig) -> str:
    """Say which artifacts the scans of a preset have, and how often."""
    if scans.mix:
        return f"one of {', '.join(scans.mix)}"
    shares = {name: getattr(scans, name).probability for name in ArtifactName.__args__}
    always = [name for name, share in shares.items() if share == 1]
    parts = [f"always {', '.join(always)}"] if always else []
    return "; ".join(parts + [f"{name} {share:.0%}" for name, share in shares.items() if 0 < share < 1])


def _drawn(name: str, pages: PagesConfig, scans: ScansConfig | None, seed: int) -> Iterator[Tile]:
    """Yield tiles of a whole config: pages of both records, in turn, in the layouts that each has the leads for."""
    layouts = known_layouts(pages.layouts)
    for number in range(1, _CONFIG_SEEDS + 1):
        record = "twelve-lead" if number % 2 else "two-lead"
        choices = [choose_layout(layout, list(LEADS[record]), layouts) for layout in pages.layout]
        fitting = [choice.name for choice in choices if isinstance(choice, LayoutChoice)] or pages.layout
        layout = fitting[derive_seed(seed + number, "gallery", "layout") % len(fitting)]
        yield Tile(f"{name}-{number}", f"page {number}", record, layout, pages, page_seed=seed + number, scans=scans)


def _properties() -> dict[str, dict[str, Any]]:
    return PagesConfig.model_json_schema()["properties"]


def _text(value: Any) -> str:
    if isinstance(value, list):
        return _text(value[0]) if value[0] == value[-1] else " to ".join(map(_text, value))
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


def _sentence(section: type) -> str:
    """Return the first sentence of a class's docstring."""
    return (section.__doc__ or "").strip().split("\n\n")[0].replace("\n", " ")


def slug(name: str) -> str:
    """Return a name as a part of a file's name."""
    return re.sub(r"[^a-z0-9.+]+", "-", name.lower()).strip("-")
