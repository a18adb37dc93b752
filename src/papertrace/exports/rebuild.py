"""One image, made again from its manifest row: no shard is read, and the bytes are those of the shard's image."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from papertrace.errors import ConfigError, PapertraceError
from papertrace.io import read_rows, read_table, shard_folder, write_table
from papertrace.plan import shard_name
from papertrace.tables import MANIFEST

if TYPE_CHECKING:
    from papertrace.config import Config

_STAGES = ("records", "manifest", "pages", "scans")


def dataset_config(results: Path) -> Config:
    """Return the config that a dataset was made with, from what its stages were given (``<results>/config/*.json``).

    Raises
    ------
    ConfigError
        The folder keeps no config: the stages were run by hand with a config of their own.
    """
    from papertrace.config import validate_config

    return validate_config(kept_keys(results), str(results / "config"))


def kept_keys(results: Path) -> dict:
    """Return the keys that a dataset's stages up to the scans were given; see `dataset_config`."""
    import json

    merged: dict = {}
    for stage in _STAGES:
        path = results / "config" / f"{stage}.json"
        try:
            merged |= json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ConfigError(f"{path}: no such file; name the dataset's --config instead") from None
        except ValueError:
            raise ConfigError(f"{path}: is no JSON; name the dataset's --config instead") from None
    return merged


def rebuild_image(config: Config, manifest: Path, records: Path, page_id: str, stage: str) -> tuple[str, bytes]:
    """Make one page or scan again.

    The stages themselves run on a manifest of one row, so the bytes are the shard's whatever the stages do.

    Parameters
    ----------
    config : Config
        Of the whole dataset.
    manifest, records : Path
        The dataset's tables.
    page_id : str
        Which page.
    stage : str
        ``pages`` or ``scans``.

    Returns
    -------
    name : str
        The image's file name in its shard.
    data : bytes
        The image file.

    Raises
    ------
    PapertraceError
        The manifest has no such page, or it cannot be made; the sentence is the row's reason.
    """
    import pyarrow.compute as pc

    from papertrace.pages import stage as pages_stage
    from papertrace.scans import stage as scans_stage

    table = read_table(manifest)
    row = table.filter(pc.equal(table["page_id"], page_id)).to_pylist()
    if not row:
        raise PapertraceError(
            f"{manifest}: has no page {page_id!r}; its column `page_id` lists the {table.num_rows} it has"
        )
    with tempfile.TemporaryDirectory(prefix="papertrace-") as name:
        folder = Path(name)
        one = folder / "manifest.parquet"
        write_table(row, MANIFEST, one)
        made = folder / "pages" / f"{shard_name(0)}.parquet"
        pages_stage.run(config, one, records, 0, made)
        if stage == "scans":
            pages, made = made, folder / "scans" / f"{shard_name(0)}.parquet"
            scans_stage.run(config, one, pages, made)
        result = read_rows(made)[0]
        if result["status"] != "ok":
            raise PapertraceError(f"{page_id}: {result['reason']}")
        return result["image"], (shard_folder(made) / result["image"]).read_bytes()


def written_sha256(results: Path, page_id: str, stage: str) -> str | None:
    """Return the SHA-256 that a dataset's tables hold of an image; None where its shard is not there."""
    for path in sorted((results / stage).glob("shard-*.parquet")):
        for row in read_rows(path, ["page_id", "sha256"]):
            if row["page_id"] == page_id:
                return row["sha256"]
    return None
