"""The config of a dataset: one model, from which the JSON schema and every check derive.

A config file is YAML or JSON. Unknown keys, wrong types and impossible values raise `ConfigError`
with one sentence that names the file, the key, the value and what is allowed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import yaml
from pydantic import Field, ValidationError

from papertrace.download.config import DownloadConfig
from papertrace.errors import ConfigError
from papertrace.figures.config import FiguresConfig
from papertrace.pages.config import PagesConfig
from papertrace.pages.layouts import known_layouts, read_layouts
from papertrace.records.config import RecordsConfig
from papertrace.report.config import ReportConfig
from papertrace.scans.config import ScansConfig
from papertrace.scores.config import ScoresConfig
from papertrace.section import Section
from papertrace.traces.config import TracesConfig
from papertrace.training.config import TrainingConfig


class ManifestConfig(Section):
    """Which windows of which records become pages."""

    recipe: Literal["strided", "qtdb-21801", "qtdb-disjoint", "ptbxl-21801"] = Field(
        "strided", description="windows_per_record evenly strided windows a record, or one of the study's recipes"
    )
    windows_per_record: int = Field(1, ge=1, le=100_000, description="with recipe strided: windows a record")
    window_s: float = Field(10.0, ge=1, le=60, description="length of a window in s")
    validation_share: float = Field(
        0.15,
        ge=0,
        le=1,
        description="share of the records in the validation split, unless the records have folds (PTB-XL)",
    )
    test_share: float = Field(
        0.25,
        ge=0,
        le=1,
        description="share of the records in the test split, unless the records have folds (PTB-XL)",
    )


class Config(Section):
    """A dataset, from records to report."""

    dataset: str = Field(
        "demo", pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", description="name; results go to results/<name>"
    )
    seed: int = Field(1, ge=0, lt=2**63, description="seed of the dataset; the same seed gives the same bytes")
    limit: int | None = Field(None, ge=1, description="take only this many pages, spread evenly over records")
    shard_size: int = Field(100, ge=1, le=10_000, description="pages a shard; does not change any page")
    part: str | None = Field(
        None,
        pattern=r"^[1-9][0-9]{0,4}/[1-9][0-9]{0,4}$",
        description="make only this part of the shards, such as 2/8, the second eighth; `papertrace merge` puts parts "
        "together that were made in several places",
    )
    results: str = Field("results", description="folder that results are written under")
    max_failure_share: float = Field(
        0.02, ge=0, le=1, description="the run ends in an error above this share of failed pages"
    )
    keep: list[Literal["pages", "scans"]] = Field(
        ["pages", "scans"],
        description="images that stay when their shard is scored; the others are removed then, and made again, byte "
        "for byte, wherever they are shown or wanted",
    )
    records: RecordsConfig = RecordsConfig()
    download: DownloadConfig = DownloadConfig()
    manifest: ManifestConfig = ManifestConfig()
    pages: PagesConfig = PagesConfig()
    scans: ScansConfig = ScansConfig()
    traces: TracesConfig = TracesConfig()
    scores: ScoresConfig = ScoresConfig()
    figures: FiguresConfig = FiguresConfig()
    report: ReportConfig = ReportConfig()
    training: TrainingConfig = TrainingConfig()

    @property
    def discarded(self) -> list[str]:
        """Kinds of images that are removed when their shard is scored."""
        return [kind for kind in ("pages", "scans") if kind not in self.keep and getattr(self, kind).store == "images"]

    @property
    def digitizes(self) -> bool:
        """Whether there are images of every kind that is to be digitized; else the workflow ends with the scans."""
        return all(getattr(self, kind).store == "images" for kind in self.traces.inputs)


# What each stage's output depends on: these keys, and no others, go into its config file.
STAGE_SECTIONS: dict[str, tuple[str, ...]] = {
    "download": ("records", "download"),
    "records": ("seed", "records"),
    "manifest": ("dataset", "seed", "limit", "records", "manifest", "pages"),
    "pages": ("seed", "shard_size", "records", "pages"),
    "scans": ("seed", "scans"),
    "traces": ("traces",),
    "scores": ("records", "scans", "traces", "scores"),
    "check": ("max_failure_share",),
    "figures": ("shard_size", "traces", "figures"),
    "report": tuple(name for name in Config.model_fields if name not in ("download", "part", "training")),
    "training": ("seed", "training"),
}


def validate_config(data: Mapping[str, Any], origin: str = "config") -> Config:
    """Check a config given as a mapping and return it with all defaults filled in.

    Parameters
    ----------
    data : mapping
        The config's keys and values.
    origin : str
        What to call the config in an error's sentence: the file's name.

    Raises
    ------
    ConfigError
        One sentence with the first wrong key, its value and what is allowed.
    """
    try:
        config = Config.model_validate(dict(data))
    except ValidationError as error:
        raise ConfigError(_sentence(error, origin)) from None
    if config.records.source == "folder":
        folder = config.records.folder
        if folder is None:
            raise ConfigError(
                f"{origin}: `records.folder` is missing: with source 'folder' name the folder of WFDB records"
            )
        if not Path(folder).is_dir():
            raise ConfigError(
                f"{origin}: `records.folder` is {folder!r}: no such folder, name the folder of WFDB records"
            )
    if config.records.source == "physionet" and config.records.physionet is None:
        raise ConfigError(
            f"{origin}: `records.physionet` is missing: with source 'physionet' name the database and its version, "
            "such as qtdb/1.0.0"
        )
    if config.part is not None and not 1 <= int(config.part.split("/")[0]) <= int(config.part.split("/")[1]):
        raise ConfigError(f"{origin}: `part` is {config.part!r}: write 1/4, 2/4 … 4/4")
    if config.manifest.validation_share + config.manifest.test_share > 1:
        raise ConfigError(
            f"{origin}: `manifest.validation_share` and `manifest.test_share` add up to "
            f"{config.manifest.validation_share + config.manifest.test_share:g}: at most 1 is allowed"
        )
    if config.pages.store == "recipes" and config.pages.format != "png":
        raise ConfigError(
            f"{origin}: `pages.format` is {config.pages.format!r}, but with `pages.store` recipes no file is there to "
            "lose anything: set `pages.format` to png"
        )
    return _with_layouts(config, origin)


def _with_layouts(config: Config, origin: str) -> Config:
    """Return the config with the layouts of its `pages.layout_file` in it, so that no stage reads that file again."""
    pages = config.pages
    if pages.layout_file is not None:
        layouts = {**read_layouts(Path(pages.layout_file)), **pages.layouts}
        pages = pages.model_copy(update={"layouts": layouts, "layout_file": None})
        config = config.model_copy(update={"pages": pages})
    known = ("auto", *known_layouts(pages.layouts))
    for name in pages.layout:
        if name not in known:
            raise ConfigError(
                f"{origin}: `pages.layout` is {name!r}: no such layout; use one of {', '.join(known)}, "
                "or describe your own in `pages.layouts`"
            )
    return config


def load_config(path: Path | str, keys: Sequence[str] = ()) -> Config:
    """Read and check a config file (YAML or JSON); see `validate_config`.

    Parameters
    ----------
    path : Path
        The file.
    keys : sequence of str
        ``KEY=VALUE`` with the value in YAML, as Snakemake's ``--config`` has them: laid over those of the file.
    """
    path = Path(path)
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read ({error.strerror}); name a config file such as config/demo.yaml"
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        where = getattr(error, "problem_mark", None)
        line = f" at line {where.line + 1}" if where else ""
        raise ConfigError(f"{path}: not valid YAML{line}; mend the file's indentation and quotes") from None
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: holds no keys; a config is a YAML mapping such as config/demo.yaml")
    for told in keys:
        name, equals, value = told.partition("=")
        try:
            given = yaml.safe_load(value)
        except yaml.YAMLError:
            raise ConfigError(f"{told!r}: the value is not valid YAML; write KEY=VALUE such as limit=210") from None
        if not equals:
            raise ConfigError(f"{told!r}: write KEY=VALUE such as limit=210")
        data = _merged(data, {name: given})
    return validate_config(data, str(path))


def _merged(data: dict, over: Mapping) -> dict:
    """Lay keys over others, those of sections into the sections."""
    both = {k: _merged(data[k], v) for k, v in over.items() if isinstance(data.get(k), dict) and isinstance(v, Mapping)}
    return {**data, **over, **both}


def stage_config_text(config: Config, stage: str) -> str:
    """Return the JSON text of what a stage depends on: the content of ``<results>/config/<stage>.json``."""
    data = config.model_dump(mode="json")
    return json.dumps({key: data[key] for key in STAGE_SECTIONS[stage]}, indent=1, sort_keys=True)


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of a config file (``workflow/schemas/config.schema.json``)."""
    return Config.model_json_schema()


def _sentence(error: ValidationError, origin: str) -> str:
    first = error.errors()[0]
    key = ".".join(part for part in map(str, first["loc"]) if not _is_tag(part))
    if first["type"] == "extra_forbidden":
        return f"{origin}: `{key}` is not a known key; allowed here: {_known_keys(first['loc'][:-1])}"
    if first["type"] == "model_type":
        known = _known_keys(first["loc"])
        return f"{origin}: `{key}` is {first['input']!r}: give it keys of its own ({known}) or leave it out"
    if first["type"] == "missing":
        return f"{origin}: `{key}` is missing; it must be told"
    message = first["msg"].removeprefix("Value error, ")
    message = message[0].lower() + message[1:]
    return f"{origin}: `{key}` is {first['input']!r}: {message}"


def _is_tag(part: str) -> bool:
    """Whether a part of an error's place is no key of the file but which of several kinds a value was taken for."""
    return part.startswith("<")


def _known_keys(path: tuple[int | str, ...]) -> str:
    model: Any = Config
    for part in path:
        # What stands in a list or in a mapping of sections is of its last type, and so is the section of a choice.
        fields = getattr(model, "model_fields", None)
        model = fields[part].annotation if fields is not None else get_args(model)[-1]
        while get_origin(model) is Annotated:
            model = get_args(model)[0]
    return ", ".join(sorted(model.model_fields))
