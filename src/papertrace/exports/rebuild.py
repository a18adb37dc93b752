"""One image, made again from its manifest row: no shard is read, and the bytes are those of the shard's image."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from papertrace.errors import ConfigError, PapertraceError
from papertrace.exports.item import Item, LeftOut
from papertrace.geometry import PixelMap
from papertrace.io import read_rows, read_table
from papertrace.labels import PageLabels

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

    from papertrace.records.listing import records_root

    table = read_table(manifest)
    row = table.filter(pc.equal(table["page_id"], page_id)).to_pylist()
    if not row:
        raise PapertraceError(
            f"{manifest}: has no page {page_id!r}; its column `page_id` lists the {table.num_rows} it has"
        )
    item = make_item(config, row[0], records_root(config, records), stage)
    if isinstance(item, LeftOut):
        raise PapertraceError(f"{page_id}: {item.reason}")
    return item.name, item.data


def make_item(config: Config, row: dict, root: Path, kind: str) -> Item | LeftOut:
    """Make an image and all that is known of it from its row of the manifest; no shard is read.

    Parameters
    ----------
    config : Config
        Of the whole dataset.
    row : dict
        Of `papertrace.tables.MANIFEST`.
    root : Path
        Where the records lie: `papertrace.records.listing.records_root`.
    kind : str
        ``pages`` or ``scans``.
    """
    from papertrace.encoding import SUFFIXES, decode_image, encode_image
    from papertrace.pages.stage import draw_page
    from papertrace.scans.stage import make_scan

    page = draw_page(row, config, root)
    if isinstance(page, str):
        return LeftOut(row["page_id"], page)
    labels = PageLabels.from_json(page.labels.to_json())  # as the table has them: to 1e-6 mm
    section, image, pixel_map = config.pages, page.image, PixelMap.of_page(labels.px_per_mm)
    texts, recipe = [], []
    if kind == "scans":
        if section.format != "png":  # a scan is made of the page as it was stored
            image = decode_image(encode_image(image, section.format, section.quality))
        scan = make_scan(image, labels, row, config.scans)
        section, image, pixel_map, texts, recipe = config.scans, scan.image, scan.map, scan.texts, scan.recipe
    return Item(
        page_id=row["page_id"],
        split=row["split"],
        name=row["page_id"] + SUFFIXES[section.format],
        data=encode_image(image, section.format, section.quality),
        size=image.shape[1::-1],
        labels=labels,
        truth=page.truth,
        map=pixel_map,
        texts=texts,
        page_recipe=page.recipe.to_dict(),
        recipe=recipe,
    )


def written_sha256(results: Path, page_id: str, stage: str) -> str | None:
    """Return the SHA-256 that a dataset's tables hold of an image; None where its shard is not there."""
    for path in sorted((results / stage).glob("shard-*.parquet")):
        for row in read_rows(path, ["page_id", "sha256"]):
            if row["page_id"] == page_id:
                return row["sha256"]
    return None
