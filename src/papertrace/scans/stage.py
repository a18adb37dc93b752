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
from papertrace.pages.stage import read_truth, redraw
from papertrace.scans.scan import Scan, scan_page
from papertrace.seeds import generator

if TYPE_CHECKING:
    import numpy as np

    from papertrace.config import Config
    from papertrace.pages.render import Stretch
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
    table: list[dict] = []
    truth: dict[str, list[Stretch]] = {}
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
                if row["image"] is None:
                    truth = truth or read_truth(pages)
                    image = redraw(row, truth[page_id]).image
                else:
                    image = read_stage_image(source / row["image"], row["sha256"], "pages")
            except ImageError as error:
                table.append(_failed(page_id, "failed", str(error)))
                continue
            scan = make_scan(image, PageLabels.from_json(row["labels"]), planned[page_id], config.scans)
            table.append(_write(page_id, scan, config.scans, folder))
    write_table(table, tables.SCANS, out, holds=[shard_folder(out)])


def make_scan(image: np.ndarray, labels: PageLabels, row: dict, config: ScansConfig) -> Scan:
    """Scan a page as its row of the manifest has it.

    Parameters
    ----------
    image : ndarray, uint8, shape (h, w, 3)
        The page.
    labels : PageLabels
        As its table gives them: to 1e-6 mm.
    row : dict
        Of `papertrace.tables.MANIFEST`; `split` and `seed_scans` are used.
    config : ScansConfig
        Of the whole dataset.
    """
    return scan_page(image, labels, config.of_split(row["split"]), generator(row["seed_scans"]))


def _write(page_id: str, scan: Scan, config: ScansConfig, folder: Path) -> dict:
    name, data = f"{page_id}{SUFFIXES[config.format]}", encode_image(scan.image, config.format, config.quality)
    stored = config.store == "images"
    if stored:
        (folder / name).write_bytes(data)
    return {
        "page_id": page_id,
        "image": name if stored else None,
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
