"""Rounds of samples: pages of training records, drawn and scanned anew, cut into crops and stored.

A round depends on the config and its own number alone, so rounds are made on as many cores as there are.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
from tqdm import tqdm

from papertrace.errors import PapertraceError
from papertrace.exports.item import Item
from papertrace.io import atomic_folder
from papertrace.seeds import derive_seed, generator
from papertrace.training.config import SourceConfig, TrainingConfig
from papertrace.training.crops import crops_of_page, views_of_page

LOWEST, HIGHEST = -0.5, 1.5
"""What a stored byte's 0 and 255 stand for."""


def write_round(config: TrainingConfig, seed: int, number: int, split: str, out: Path) -> None:
    """Make one round of samples.

    Parameters
    ----------
    config : TrainingConfig
        Of the training.
    seed : int
        Of the dataset.
    number : int
        Of the round; 0 and up.
    split : str
        ``train``, or ``validation`` for crops to look at while training.
    out : Path
        Folder to write, of ``.npy`` files that can be read in parts: `strips` uint8 (n, 3, h, w), `heights` and
        `present` (n, 2 w) as in `Crop`; `views` uint8 (m, 3, h, w), `masks` uint8 (m, 3, h / 2, w / 2).
    """
    strips, heights, present, views, masks = [], [], [], [], []
    items = [(source, place) for source in config.sources for place in range(source.pages_per_round)]
    with tempfile.TemporaryDirectory() as scratch:
        datasets = {
            source.name: open_source(source, seed, number, split, Path(scratch) / source.name)
            for source in config.sources
        }
        for source, place in tqdm(items, desc="samples", unit="page", disable=None):
            rng = generator(derive_seed(seed, f"{source.name} {split} {number} {place}", "crops"))
            item = pick_item(datasets[source.name], source, rng)
            if item is None:
                continue
            image = item.image
            for crop in crops_of_page(image, item.map, item.labels, item.truth, rng, config.strips_per_page):
                strips.append(to_bytes(crop.strip[:3]))
                heights.append(crop.height)
                present.append(crop.present)
            for view, mask in views_of_page(
                image, item.map, item.labels, item.truth, rng, config.views_per_page, item.texts
            ):
                views.append(to_bytes(view))
                masks.append(mask)
    with atomic_folder(out) as folder:
        for name, values in (
            ("strips", strips),
            ("heights", heights),
            ("present", present),
            ("views", views),
            ("masks", masks),
        ):
            np.save(folder / f"{name}.npy", np.stack(values))
            values.clear()


def to_bytes(values: np.ndarray) -> np.ndarray:
    """Store values of LOWEST … HIGHEST in bytes."""
    return np.rint(np.clip((values - LOWEST) * (255 / (HIGHEST - LOWEST)), 0, 255)).astype(np.uint8)


def open_source(source: SourceConfig, seed: int, number: int, split: str, folder: Path) -> list:
    """Return the source's images of a round as pages and as scans, none of them made yet, less the excluded records."""
    from papertrace.config import validate_config
    from papertrace.exports.stream import Rendered
    from papertrace.manifest import stage as manifest
    from papertrace.records import stage as records

    sections = dict(source.config)
    if "folder" in sections.get("records", {}):
        sections["records"] = sections["records"] | {"folder": os.path.expandvars(sections["records"]["folder"])}
    config = validate_config(
        {"dataset": source.name, "seed": derive_seed(seed, f"{source.name} {number}", split) >> 1, **sections},
        f"source {source.name}",
    )
    tables = {name: folder / name / f"{name}.parquet" for name in ("records", "manifest")}
    records.run(config, tables["records"])
    manifest.run(config, tables["records"], tables["manifest"])
    opened = []
    for kind in ("pages", "scans"):
        images = Rendered(folder, kind, split, config=config)
        images.rows = [row for row in images.rows if row["record"] not in source.exclude]
        if not images.rows:
            raise PapertraceError(f"source {source.name}: has no page of the {split} split")
        opened.append(images)
    return opened


def pick_item(opened: list, source: SourceConfig, rng: np.random.Generator) -> Item | None:
    """Return an image, or None where the record is broken."""
    images = opened[int(rng.random() < source.scanned)]
    try:
        return images[int(rng.integers(len(images)))]
    except PapertraceError as error:
        tqdm.write(f"samples: {source.name}: {error}; left out")
        return None
