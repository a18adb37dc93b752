"""A dataset rendered on demand, for training: no image is stored, and none is made before it is asked for.

Records, manifest and config are enough. The images are those that the stages would write, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from papertrace.errors import PapertraceError
from papertrace.exports.item import Item, LeftOut
from papertrace.exports.rebuild import dataset_config, make_item
from papertrace.io import read_rows, sha256_bytes
from papertrace.seeds import derive_seed

if TYPE_CHECKING:
    from papertrace.config import Config


class Rendered(Sequence):
    """The images of a dataset by number, each made when it is asked for; no framework is needed, any can use it.

    It holds the manifest's rows and nothing else, and can be copied to workers.

    Parameters
    ----------
    results : Path or str
        Folder of the dataset; `records`, `manifest` and `config` in it are used.
    kind : str
        ``pages`` or ``scans``.
    split : str, optional
        ``train``, ``validation`` or ``test``; all of them by default. What is held out of training stays out.
    epoch : int
        0 gives the dataset's own scans; every other number gives the same pages scanned in another way, drawn from
        seeds of its own, and the same ones each time.
    config : Config, optional
        Where the dataset's folder keeps none.

    Raises
    ------
    PapertraceError
        The dataset's folder lacks what is needed.
    """

    def __init__(
        self,
        results: Path | str,
        kind: str = "scans",
        split: str | None = None,
        epoch: int = 0,
        config: Config | None = None,
    ):
        from papertrace.records.listing import records_root

        results = Path(results)
        self.config = config or dataset_config(results)
        self.kind, self.epoch = kind, epoch
        for table in ("records", "manifest"):
            if not (path := results / table / f"{table}.parquet").is_file():
                raise PapertraceError(f"{path}: no such file; make it with `papertrace {table}`")
        self.root = records_root(self.config, results / "records/records.parquet")
        rows = read_rows(results / "manifest/manifest.parquet")
        self.rows = [row for row in rows if row["status"] == "ok" and split in (None, row["split"])]
        self._places = {row["page_id"]: place for place, row in enumerate(self.rows)}

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, place: int) -> Item:
        """Return an image with its labels.

        Raises
        ------
        IndexError
            There are not so many.
        PapertraceError
            The record is broken.
        """
        item = self._make(self.rows[place])
        if isinstance(item, LeftOut):
            raise PapertraceError(f"{item.page_id}: {item.reason}")
        return item

    def of_page(self, page_id: str) -> Item | LeftOut:
        """Return the image of a page with its labels, or why there is none."""
        return self._make(self.rows[self._places[page_id]])

    def as_told(self, page_id: str, sha256: str) -> Item | LeftOut:
        """Return the image of a page if it is the one of which a table tells the SHA-256, or why it is not."""
        item = self.of_page(page_id)
        if isinstance(item, LeftOut) or sha256_bytes(item.data) == sha256:
            return item
        return LeftOut(
            page_id,
            "this version of papertrace does not make the image that its table tells of; use the version that the "
            "dataset was made with, or make its shards anew",
        )

    def _make(self, row: dict) -> Item | LeftOut:
        if self.epoch:
            row = row | {"seed_scans": derive_seed(row["seed_scans"], f"epoch {self.epoch}", "scans")}
        return make_item(self.config, row, self.root, self.kind)


def stream(
    results: Path | str,
    kind: str = "scans",
    split: str | None = None,
    *,
    shuffle: int | None = None,
    epoch: int = 0,
    worker: int = 0,
    workers: int = 1,
    config: Config | None = None,
) -> Iterator[Item]:
    """Yield the images of a dataset once each, rendered on demand; those whose record is broken are left out.

    Parameters
    ----------
    results, kind, split, epoch, config
        See `Rendered`.
    shuffle : int, optional
        Seed of the order, which differs from epoch to epoch; the manifest's order without it.
    worker, workers : int
        Yield every so-many-th image, from the worker's number on: all workers together yield each image once.

    Examples
    --------
    >>> for item in stream("results/demo", split="train", shuffle=1):  # doctest: +SKIP
    ...     image, points = item.image, centre_lines(item.labels, item.truth, item.map, item.size, item.hidden)
    """
    images = Rendered(results, kind, split, epoch, config)
    order = np.arange(len(images))
    if shuffle is not None:
        np.random.default_rng([shuffle, epoch]).shuffle(order)
    for place in order[worker::workers].tolist():
        item = images.of_page(images.rows[place]["page_id"])
        if isinstance(item, Item):
            yield item
