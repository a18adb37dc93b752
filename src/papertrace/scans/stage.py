"""The scans stage: a shard of pages in; scans and one table out."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from papertrace import tables
from papertrace.encoding import SUFFIXES, encode_image
from papertrace.errors import ImageError
from papertrace.images import read_stage_image
from papertrace.io import atomic_folder, read_rows, sha256_bytes, shard_folder, write_table
from papertrace.labels import PageLabels
from papertrace.scans.scan import Scan, scan_page
from papertrace.seeds import generator

if TYPE_CHECKING:
    from papertrace.config import Config
    from papertrace.scans.config import ScansConfig


def run(config: Config, manifest: Path, pages: Path, out: Path) -> None:
    """Scan the pages of one shard.

    Parameters
    ----------
    config : Config
        Uses `scans`.
    manifest : Path
        Table of all pages; holds the seeds.
    pages : Path
        The shard's table; its images lie in the folder of the same name without suffix.
    out : Path
        The scans' table; their images go into the folder of the same name without suffix.
    """
    planned = {row["page_id"]: row for row in read_rows(manifest, ["page_id", "split", "seed_scans"])}
    source = shard_folder(pages)
    table = []
    with atomic_folder(shard_folder(out)) as folder:
        for row in tqdm(read_rows(pages), desc="scans", unit="scan", disable=None):
            page_id = row["page_id"]
            if row["status"] != "ok":
                table.append(_failed(page_id, row["status"], row["reason"]))
                continue
            if page_id not in planned:
                reason = f"{manifest.name}: has no page {page_id}; make the pages of this shard anew"
                table.append(_failed(page_id, "failed", reason))
                continue
            try:
                image = read_stage_image(source / row["image"], row["sha256"], "pages")
            except ImageError as error:
                table.append(_failed(page_id, "failed", str(error)))
                continue
            labels = PageLabels.from_json(row["labels"])
            plan = planned[page_id]
            scan = scan_page(image, labels, config.scans.of_split(plan["split"]), generator(plan["seed_scans"]))
            table.append(_write(page_id, scan, config.scans, folder))
    write_table(table, tables.SCANS, out)


def _write(page_id: str, scan: Scan, config: ScansConfig, folder: Path) -> dict:
    name, data = f"{page_id}{SUFFIXES[config.format]}", encode_image(scan.image, config.format, config.quality)
    (folder / name).write_bytes(data)
    return {
        "page_id": page_id,
        "image": name,
        "sha256": sha256_bytes(data),
        "width_px": scan.image.shape[1],
        "height_px": scan.image.shape[0],
        **scan.map.to_row(),
        "texts": _json([asdict(text) for text in scan.texts]),
        "recipe": _json(scan.recipe),
        "status": "ok",
        "reason": None,
    }


def _failed(page_id: str, status: str, reason: str) -> dict:
    return {**dict.fromkeys(tables.SCANS.names), "page_id": page_id, "status": status, "reason": reason}


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
