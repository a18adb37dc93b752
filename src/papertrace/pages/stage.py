"""The pages stage: a shard of the manifest in; images, truth and one table out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from papertrace import tables
from papertrace.encoding import SUFFIXES, encode_image, encode_png
from papertrace.errors import PapertraceError
from papertrace.geometry import PixelMap
from papertrace.io import atomic_folder, read_rows, read_table, sha256_bytes, shard_folder, write_table
from papertrace.pages.ceiling import readable
from papertrace.pages.printing import Window
from papertrace.pages.recipe import PageRecipe
from papertrace.pages.render import Page, Stretch, draw, render_page
from papertrace.seeds import generator

if TYPE_CHECKING:
    from papertrace.config import Config
    from papertrace.pages.config import PagesConfig


def run(config: Config, manifest: Path, records: Path, shard: int, out: Path) -> None:
    """Draw the pages of one shard.

    Parameters
    ----------
    config : Config
        Uses `records`, `pages` and `shard_size`.
    manifest, records : Path
        Tables of the stages before.
    shard : int
        Which rows of the manifest: ``shard * shard_size`` and the following.
    out : Path
        The shard's table; images and truth go into the folder of the same name without suffix.

    Raises
    ------
    PapertraceError
        The manifest has no such shard. A page that cannot be drawn becomes a row with a reason instead.
    """
    from papertrace.records.listing import records_root

    every_row = read_table(manifest)
    rows = every_row.slice(shard * config.shard_size, config.shard_size).to_pylist()
    if not rows:
        raise PapertraceError(
            f"{manifest}: holds {every_row.num_rows} pages, none of them in shard {shard} of {config.shard_size}; "
            "make the manifest anew or ask for an earlier shard"
        )
    root = records_root(config, Path(records))
    table, truth = [], []
    with atomic_folder(shard_folder(out)) as folder:
        for row in tqdm(rows, desc=f"pages, shard {shard}", unit="page", disable=None):
            drawn = draw_page(row, config, root)
            if isinstance(drawn, str):
                table.append(_failed(row["page_id"], drawn))
                continue
            table.append(_write(row["page_id"], drawn, config.pages, folder))
            truth.extend(truth_row(row["page_id"], stretch) for stretch in drawn.truth)
        write_table(truth, tables.TRUTH, folder / "truth.parquet")
    write_table(table, tables.PAGES, out, holds=[shard_folder(out)])


def truth_row(page_id: str, stretch: Stretch) -> dict:
    """Return a drawn stretch as a row of `papertrace.tables.TRUTH`."""
    return {"page_id": page_id, **vars(stretch)}


def draw_page(row: dict, config: Config, root: Path) -> Page | str:
    """Draw a manifest row's page, or say in one sentence why it cannot be.

    Parameters
    ----------
    row : dict
        Of `papertrace.tables.MANIFEST`.
    config : Config
        Uses `pages`.
    root : Path
        Where the records lie: `papertrace.records.listing.records_root`.
    """
    from papertrace.records.comments import read_age_and_sex
    from papertrace.records.reader import read_window

    if row["status"] != "ok":
        return row["reason"]
    try:
        signal = read_window(root, row["path"], row["start_sample"], row["n_samples"])
        age, sex = read_age_and_sex(root, row["path"]) if config.pages.header_from_record else (None, None)
        page = render_page(
            signal,
            row["layout"],
            config.pages,
            generator(row["seed_pages"]),
            dpi=row["dpi"],
            speed_mm_s=row["speed_mm_s"],
            gain_mm_mv=row["gain_mm_mv"],
            start_sample=row["start_sample"],
            window=Window(row["page_id"], age, sex),
        )
        if not page.shows_a_trace:
            shown = ", ".join(dict.fromkeys(stretch.lead for stretch in page.truth))
            return f"{row['path']}: no sample of {shown} is valid in this window; choose another layout or window"
        return page
    except PapertraceError as error:
        return str(error)
    except (ValueError, ArithmeticError, LookupError, TypeError) as error:
        # One odd record must not cost the others their pages; the reason names what to look at.
        return (
            f"{row['path']}: its page could not be drawn ({type(error).__name__}: {error}); please report this record"
        )


def redraw(row: dict, truth: list[Stretch]) -> Page:
    """Draw a page again from its row of `papertrace.tables.PAGES` and its truth, in the labels' order."""
    return draw(truth, PageRecipe.from_dict(json.loads(row["recipe"])))


def read_truth(pages: Path) -> dict[str, list[Stretch]]:
    """Return the truth of a shard's pages by page id, in the labels' order.

    Parameters
    ----------
    pages : Path
        The shard's table.
    """
    truth: dict[str, list[Stretch]] = {}
    for row in read_rows(shard_folder(pages) / "truth.parquet"):
        truth.setdefault(row.pop("page_id"), []).append(Stretch(**row | {"samples": np.float32(row["samples"])}))
    return truth


def _write(page_id: str, page: Page, config: PagesConfig, folder: Path) -> dict:
    name, data = f"{page_id}{SUFFIXES[config.format]}", encode_image(page.image, config.format, config.quality)
    stored, twin = config.store == "images", None
    if stored:
        (folder / name).write_bytes(data)
    if page.twin is not None and stored:
        twin = f"{page_id}.twin.png"
        (folder / twin).write_bytes(encode_png(page.twin))
    size = page.image.shape[1::-1]
    ceilings = readable(page.labels, page.truth, PixelMap.of_page(page.labels.px_per_mm), size)
    return {
        "page_id": page_id,
        "image": name if stored else None,
        "sha256": sha256_bytes(data),
        "twin": twin,
        "width_px": page.image.shape[1],
        "height_px": page.image.shape[0],
        "labels": page.labels.to_json(),
        "recipe": json.dumps(page.recipe.to_dict(), sort_keys=True, separators=(",", ":")),
        "ceiling_db": [round(each.ceiling_db, 3) for each in ceilings],
        "column_ceiling_db": [round(each.column_ceiling_db, 3) for each in ceilings],
        "status": "ok",
        "reason": None,
    }


def _failed(page_id: str, reason: str) -> dict:
    return {**dict.fromkeys(tables.PAGES.names), "page_id": page_id, "status": "failed", "reason": reason}
