"""The image files of a shard: removed when its scores are there, made again, byte for byte, where they are wanted."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from papertrace.io import read_rows, sha256_bytes, shard_folder, write_bytes

if TYPE_CHECKING:
    from papertrace.config import Config


def discard_images(table: Path) -> int:
    """Remove the images that a shard's table of pages or scans names, and nothing else.

    Returns
    -------
    int
        How many were there.
    """
    found = [path for _, path, _ in _named(table) if path.is_file()]
    for path in found:
        path.unlink()
    return len(found)


def missing_images(table: Path) -> dict[str, tuple[Path, str]]:
    """Return path and SHA-256 of each image that a shard's table names and that is not there, by page id."""
    return {page_id: (path, sha256) for page_id, path, sha256 in _named(table) if not path.is_file()}


def restore_images(config: Config, table: Path) -> int:
    """Make the images of a shard again that are not there.

    One that cannot be made, or would not be the one its table tells of, stays away: whoever reads it says so.

    Parameters
    ----------
    config : Config
        Of the whole dataset.
    table : Path
        ``<results>/pages/shard-NNNNN.parquet`` or that of scans.

    Returns
    -------
    int
        How many were made.
    """
    missing = missing_images(table)
    if not missing:
        return 0
    from tqdm import tqdm

    from papertrace.exports.item import Item
    from papertrace.exports.rebuild import make_item
    from papertrace.records.listing import records_root

    kind, results = table.parent.name, table.parents[1]
    root = records_root(config, results / "records/records.parquet")
    rows = [row for row in read_rows(results / "manifest/manifest.parquet") if row["page_id"] in missing]
    made = 0
    for row in tqdm(rows, desc=f"{kind} {table.stem} again", unit="image", disable=None):
        path, sha256 = missing[row["page_id"]]
        item = make_item(config, row, root, kind)
        if isinstance(item, Item) and sha256_bytes(item.data) == sha256:
            write_bytes(item.data, path)
            made += 1
        else:
            why = "this version makes another image" if isinstance(item, Item) else item.reason
            print(f"{row['page_id']}: the image was removed and cannot be made again: {why}", file=sys.stderr)
    return made


def _named(table: Path) -> list[tuple[str, Path, str]]:
    """Return page id, path and SHA-256 of every image that a table names."""
    rows = read_rows(table, ["page_id", "image", "sha256"])
    return [(row["page_id"], shard_folder(table) / row["image"], row["sha256"]) for row in rows if row["image"]]
