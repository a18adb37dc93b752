"""The images of a dataset with everything that is known about them, one after another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from papertrace.errors import ImageError, PapertraceError
from papertrace.exports.item import Item, LeftOut
from papertrace.exports.stream import Rendered
from papertrace.geometry import PixelMap
from papertrace.io import read_rows, sha256_bytes, shard_folder
from papertrace.labels import PageLabels, TextLabel
from papertrace.pages.stage import read_truth


def count_images(results: Path, kind: str) -> int:
    """Return how many images (whole or failed) a dataset has of a kind, ``pages`` or ``scans``."""
    import pyarrow.parquet as pq

    return sum(pq.read_metadata(path).num_rows for path in shard_tables(results, kind))


def shard_tables(results: Path, kind: str) -> list[Path]:
    """Return the tables of a dataset's shards of pages or scans.

    Raises
    ------
    PapertraceError
        There are none.
    """
    found = sorted((results / kind).glob("shard-*.parquet"))
    if not found:
        raise PapertraceError(f"{results / kind}: holds no shards; make them with `papertrace {kind}`")
    return found


def read_items(results: Path, kind: str) -> Iterator[Item | LeftOut]:
    """Yield the images of a dataset in the order of its shards.

    Raises
    ------
    PapertraceError
        A table is missing. An image that is not stored, or no more, is made again; one that is not the one its table
        tells of is `LeftOut`.
    """
    manifest = _table(results / "manifest/manifest.parquet", "manifest")
    rendered: Rendered | None = None
    splits = {row["page_id"]: row["split"] for row in read_rows(manifest, ["page_id", "split"])}
    for path in shard_tables(results, kind):
        pages_table = _table(results / "pages" / path.name, "pages")
        pages = {row["page_id"]: row for row in read_rows(pages_table)}
        _table(shard_folder(pages_table) / "truth.parquet", "pages")
        truth = read_truth(pages_table)
        for row in read_rows(path) if kind == "scans" else pages.values():
            page_id = row["page_id"]
            if row["status"] != "ok":
                yield LeftOut(page_id, row["reason"])
                continue
            if row["image"] is None or not (shard_folder(path) / row["image"]).exists():
                rendered = rendered or Rendered(results, kind)
                yield rendered.as_told(page_id, row["sha256"])
                continue
            try:
                data = _image(shard_folder(path) / row["image"], row["sha256"], kind)
            except ImageError as error:
                yield LeftOut(page_id, str(error))
                continue
            labels = PageLabels.from_json(pages[page_id]["labels"])
            scanned = kind == "scans"
            yield Item(
                page_id=page_id,
                split=splits[page_id],
                name=row["image"],
                data=data,
                size=(row["width_px"], row["height_px"]),
                labels=labels,
                truth=truth.get(page_id, []),
                map=PixelMap.from_row(row) if scanned else PixelMap.of_page(labels.px_per_mm),
                texts=[_text(text) for text in json.loads(row["texts"])] if scanned else [],
                page_recipe=json.loads(pages[page_id]["recipe"]),
                recipe=json.loads(row["recipe"]) if scanned else [],
            )


def _text(values: dict) -> TextLabel:
    return TextLabel(values["text"], values["kind"], tuple(values["box_mm"]))


def _table(path: Path, command: str) -> Path:
    if not path.is_file():
        raise PapertraceError(f"{path}: no such file; make it with `papertrace {command}`")
    return path


def _image(path: Path, sha256: str, kind: str) -> bytes:
    name = f"{kind}/{path.parent.name}/{path.name}"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ImageError(
            f"{name}: the image cannot be read ({error.strerror}); make its shard of {kind} anew"
        ) from None
    if sha256_bytes(data) != sha256:
        raise ImageError(f"{name}: the image is not the one that was written; make its shard of {kind} anew")
    return data
