"""The formats of other programs: one writer a format, fed with one image after another.

A writer is made with the folder to write to, gets every image by `add`, and finishes by `close`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TextIO

import cv2
import numpy as np

from papertrace import __version__
from papertrace.encoding import encode_png
from papertrace.exports.dense import (
    STATES,
    BoxLabel,
    centre_lines,
    grid_intersections,
    page_corners,
    pulse_boxes,
    text_boxes,
)
from papertrace.exports.instances import Instance, gridless_twin, label_image, lead_instances
from papertrace.exports.item import Item
from papertrace.labels import Box
from papertrace.pages.ceiling import readable

if TYPE_CHECKING:
    import pyarrow as pa

CLASSES = ("lead", "lead-name", "text", "pulse")
"""What is marked: traces, the names beside them, all other print, calibration pulses."""

_YOLO_SPLITS = {"train": "train", "validation": "val", "test": "test"}


class Writer(Protocol):
    """Writes a dataset in one format."""

    def add(self, item: Item) -> None:
        """Write one image and its labels."""

    def close(self) -> None:
        """Write what concerns all of them."""


class Coco:
    """COCO instances: ``images/`` and ``annotations/instances_<split>.json``.

    `segmentation` is the whole stroke of a lead (run-length encoded), also where another lead or something else covers
    it; there `visible_segmentation` is what is left of it. Texts and pulses are polygons. Extra keys say more: `lead`,
    `row`, `column`, `text`, `kind`.
    """

    def __init__(self, folder: Path):
        self.images = folder / "images"
        self.images.mkdir()
        self.annotations = folder / "annotations"
        self.annotations.mkdir()
        self.files: dict[str, TextIO] = {}
        self.listed: dict[str, list[dict]] = {}
        self.count = {"images": 0, "annotations": 0}

    def add(self, item: Item) -> None:
        """Write one image and its annotations; these go to disk at once, as those of many images fill the memory."""
        (self.images / item.name).write_bytes(item.data)
        self.count["images"] += 1
        number, (width, height) = self.count["images"], item.size
        if item.split not in self.files:
            file = (self.annotations / f"instances_{item.split}.json").open("w", encoding="utf-8")
            info = {"description": "ECG pages of papertrace", "version": __version__}
            categories = [
                {"id": k + 1, "name": name, "supercategory": "trace" if name == "lead" else "page"}
                for k, name in enumerate(CLASSES)
            ]
            file.write(f'{{"info": {json.dumps(info)},\n"licenses": [],\n"categories": {json.dumps(categories)},\n')
            file.write('"annotations": [')
            self.files[item.split] = file
        before = bool(self.listed.setdefault(item.split, []))
        image = {"id": number, "file_name": item.name, "width": width, "height": height, "page_id": item.page_id}
        self.listed[item.split].append(image)
        for annotation in self._annotations(item):
            self.count["annotations"] += 1
            annotation |= {"id": self.count["annotations"], "image_id": number, "iscrowd": 0}
            separator, before = ",\n" if before else "\n", True
            self.files[item.split].write(separator + json.dumps(annotation, separators=(",", ":")))

    def close(self) -> None:
        """Finish the annotation files with the list of their images."""
        for split, file in self.files.items():
            file.write('\n],\n"images": [\n' + ",\n".join(map(json.dumps, self.listed[split])) + "\n]}\n")
            file.close()

    def _annotations(self, item: Item) -> list[dict]:
        found = []
        for instance in lead_instances(item.labels, item.truth, item.map, item.size, item.hidden):
            if instance is None:
                continue
            annotation = {
                "category_id": 1,
                "segmentation": rle(instance.amodal, instance.corner, item.size),
                "area": int(instance.amodal.sum()),
                "bbox": _xywh(instance.box_px),
                "lead": instance.lead,
                "row": instance.row,
                "column": instance.column,
            }
            if (instance.amodal != instance.modal).any():
                annotation["visible_segmentation"] = rle(instance.modal, instance.corner, item.size)
            found.append(annotation)
        for box in _boxes(item):
            polygon = np.round(box.polygon_px + 0.5, 2)
            found.append(
                {
                    "category_id": CLASSES.index(class_of(box)) + 1,
                    "segmentation": [polygon.ravel().tolist()],
                    "area": round(float(cv2.contourArea(box.polygon_px.astype(np.float32))), 2),
                    "bbox": _xywh(box.box_px),
                    "kind": box.kind,
                    "text": box.text,
                }
            )
        return found


class Yolo:
    """YOLO: ``images/<split>/``, ``labels/<split>/<page>.txt`` and ``data.yaml``.

    A line is a box: the place of its class in `CLASSES`, its centre and its size as shares of the image's.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        for split in _YOLO_SPLITS.values():
            (folder / "images" / split).mkdir(parents=True)
            (folder / "labels" / split).mkdir(parents=True)

    def add(self, item: Item) -> None:
        """Write one image and the boxes in it."""
        split, size = _YOLO_SPLITS[item.split], np.array(item.size)
        (self.folder / "images" / split / item.name).write_bytes(item.data)
        marked = [("lead", i.box_px) for i in lead_instances(item.labels, item.truth, item.map, item.size) if i]
        marked += [(class_of(box), box.box_px) for box in _boxes(item)]
        lines = []
        for name, box in marked:
            first, last = (np.clip(np.add(corner, 0.5) / size, 0, 1) for corner in (box[:2], box[2:]))
            values = [*(first + last) / 2, *(last - first)]
            lines.append(" ".join([str(CLASSES.index(name)), *(f"{value:.6f}" for value in values)]) + "\n")
        stem = Path(item.name).stem
        (self.folder / "labels" / split / f"{stem}.txt").write_text("".join(lines), encoding="utf-8")

    def close(self) -> None:
        """Write ``data.yaml``; without a `path` the splits are relative to it."""
        lines = [f"{split}: images/{split}" for split in _YOLO_SPLITS.values()]
        lines += ["names:", *(f"  {k}: {name}" for k, name in enumerate(CLASSES))]
        (self.folder / "data.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


class Masks:
    """Label images: ``images/``, ``masks/<page>.png`` with its legend, ``masks/<page>.json``, and ``twins/<page>.png``.

    A pixel of a mask is 0 where there is no trace, k on that of the page's k-th stretch of a lead; a twin is the image
    with nothing but its traces, black on white.
    """

    def __init__(self, folder: Path):
        self.images, self.masks, self.twins = folder / "images", folder / "masks", folder / "twins"
        for each in (self.images, self.masks, self.twins):
            each.mkdir()

    def add(self, item: Item) -> None:
        """Write one image, its mask and the mask's legend."""
        (self.images / item.name).write_bytes(item.data)
        instances = lead_instances(item.labels, item.truth, item.map, item.size, item.hidden)
        (self.masks / f"{item.page_id}.png").write_bytes(encode_png(label_image(instances, item.size)))
        twin = gridless_twin(item.labels, item.truth, item.map, item.size)
        (self.twins / f"{item.page_id}.png").write_bytes(encode_png(twin))
        legend = {
            "image": item.name,
            "split": item.split,
            "instances": {str(k + 1): _legend(i) for k, i in enumerate(instances) if i is not None},
        }
        (self.masks / f"{item.page_id}.json").write_text(json.dumps(legend, indent=1) + "\n", encoding="utf-8")

    def close(self) -> None:
        """Nothing concerns all of them."""


class Challenge2024:
    """Records as in the George B. Moody PhysioNet Challenge 2024: ``<split>/<page>.hea``, ``.dat`` and the image.

    The header's comment ``# Image: <file>`` names the image beside it. Signals are what was drawn, in mV on the page's
    time axis, NaN where a lead is not on the page. Labels (diagnoses) are not known and not written.
    """

    def __init__(self, folder: Path):
        self.folder = folder

    def add(self, item: Item) -> None:
        """Write one record and its image."""
        import wfdb

        names, signals, rate_hz = lead_signals(item)
        # A microvolt a step, or as fine as 16 bits allow; their least value stands for NaN.
        highest = float(np.max(np.abs(signals), initial=1.0, where=np.isfinite(signals)))
        gain = min(1000.0, float(np.floor(32_000 / highest)))
        folder = self.folder / item.split
        folder.mkdir(exist_ok=True)
        (folder / item.name).write_bytes(item.data)
        wfdb.wrsamp(
            re.sub(r"[^A-Za-z0-9_-]", "_", item.page_id),
            fs=rate_hz,
            units=["mV"] * len(names),
            sig_name=names,
            p_signal=signals,
            fmt=["16"] * len(names),
            adc_gain=[gain] * len(names),
            baseline=[0] * len(names),
            comments=[f"Image: {item.name}"],
            write_dir=str(folder),
        )

    def close(self) -> None:
        """Nothing concerns all of them."""


class Lines:
    """Centre lines and grids in two tables: ``images/``, ``lines.parquet`` and ``grids.parquet``.

    A row of the lines is a stretch of a lead: for every sample its place in pixels (NaN in a gap), its state (the names
    are in `STATES`) and its voltage, and what the ideal readers have of it in this image. A row of the grids is an
    image: where the grid's 5 mm lines cross, on the page and in the image, and the paper's corners.
    """

    def __init__(self, folder: Path):
        import pyarrow.parquet as pq

        self.images = folder / "images"
        self.images.mkdir()
        lines, grids = _line_schemas()
        self.lines = pq.ParquetWriter(folder / "lines.parquet", lines, compression="zstd")
        self.grids = pq.ParquetWriter(folder / "grids.parquet", grids, compression="zstd")

    def add(self, item: Item) -> None:
        """Write one image, its lines and its grid."""
        import pyarrow as pa

        (self.images / item.name).write_bytes(item.data)
        key = {"page_id": item.page_id, "split": item.split, "image": item.name}
        seen = (item.labels, item.truth, item.map, item.size, item.hidden)
        rows = [
            {
                **key,
                **{name: getattr(line, name) for name in ("lead", "row", "column", "start_s", "rate_hz")},
                "x_px": line.points_px[:, 0].astype(np.float32),
                "y_px": line.points_px[:, 1].astype(np.float32),
                "state": line.visibility,
                "samples_mv": np.asarray(stretch.samples, np.float32),
                "ceiling_db": had.ceiling_db,
                "column_ceiling_db": had.column_ceiling_db,
            }
            for line, stretch, had in zip(centre_lines(*seen), item.truth, readable(*seen), strict=True)
        ]
        self.lines.write_table(pa.Table.from_pylist(rows, schema=self.lines.schema))
        mm, px = grid_intersections(item.labels, item.map, item.size)
        corners, _ = page_corners(item.labels, item.map, item.size)
        grid = dict(zip(("x_mm", "y_mm", "x_px", "y_px"), [*mm.T, *px.T], strict=True))
        grid |= dict(zip(("corners_x_px", "corners_y_px"), corners.T, strict=True))
        size = dict(zip(("width_px", "height_px"), item.size, strict=True))
        self.grids.write_table(pa.Table.from_pylist([key | size | grid], schema=self.grids.schema))

    def close(self) -> None:
        """Finish the tables."""
        self.lines.close()
        self.grids.close()


def _line_schemas() -> tuple[pa.Schema, pa.Schema]:
    import pyarrow as pa

    key = [("page_id", pa.string()), ("split", pa.string()), ("image", pa.string())]
    place = [("lead", pa.string()), ("row", pa.int32()), ("column", pa.int32())]
    place += [("start_s", pa.float64()), ("rate_hz", pa.float64())]
    samples = [("x_px", pa.list_(pa.float32())), ("y_px", pa.list_(pa.float32())), ("state", pa.list_(pa.uint8()))]
    samples += [("samples_mv", pa.list_(pa.float32()))]
    ceilings = [(name, pa.float64()) for name in ("ceiling_db", "column_ceiling_db")]
    size = [("width_px", pa.int32()), ("height_px", pa.int32())]
    points = [(name, pa.list_(pa.float64())) for name in ("x_mm", "y_mm", "x_px", "y_px")]
    corners = [(name, pa.list_(pa.float64())) for name in ("corners_x_px", "corners_y_px")]
    # The states' names travel with the table.
    named = {b"states": json.dumps(STATES).encode()}
    return pa.schema(key + place + samples + ceilings, metadata=named), pa.schema(key + size + points + corners)


FORMATS: dict[str, type[Writer]] = {
    "coco": Coco,
    "yolo": Yolo,
    "masks": Masks,
    "lines": Lines,
    "challenge2024": Challenge2024,
}
"""The writers by the names they have on the command line."""


def lead_signals(item: Item) -> tuple[list[str], np.ndarray, float]:
    """Put what was drawn on one time axis, one column a lead, a rhythm strip in its lead's column.

    Returns
    -------
    names : list of str
    signals : ndarray, shape (n, len(names))
        mV, from the page's first moment; NaN where the lead is not on the page.
    rate_hz : float
        The signals' sampling rate.
    """
    rate_hz = item.truth[0].rate_hz
    starts = [round(stretch.start_s * rate_hz) for stretch in item.truth]
    length = max(first + len(stretch.samples) for first, stretch in zip(starts, item.truth, strict=True))
    columns: dict[str, np.ndarray] = {}
    # The longest stretch first: each is centred on its own mean, so that a lead is of one piece where it can be.
    for first, stretch in sorted(zip(starts, item.truth, strict=True), key=lambda pair: -len(pair[1].samples)):
        column = columns.setdefault(stretch.lead, np.full(length, np.nan))
        part = column[first : first + len(stretch.samples)]
        part[:] = np.where(np.isnan(part), np.asarray(stretch.samples, float), part)
    names = list(dict.fromkeys(stretch.lead for stretch in item.truth))
    return names, np.stack([columns[name] for name in names], axis=1), rate_hz


def rle(mask: np.ndarray, corner: tuple[int, int], size: tuple[int, int]) -> dict:
    """Return COCO's uncompressed run-length code of a mask that lies at `corner` (column, row) of an image.

    Runs go down the columns of the whole image and begin with background.

    Examples
    --------
    >>> rle(np.array([[True], [True]]), (1, 0), (3, 2))
    {'size': [2, 3], 'counts': [2, 2, 2]}
    """
    width, height = size
    column, row = np.nonzero(mask.T)
    place = (column + corner[0]) * height + row + corner[1]
    if len(place) == 0:
        return {"size": [height, width], "counts": [width * height]}
    breaks = np.flatnonzero(np.diff(place) != 1)
    first, end = place[np.append(0, breaks + 1)], place[np.append(breaks, len(place) - 1)] + 1
    edges = np.concatenate([[0], np.stack([first, end], axis=1).ravel(), [width * height]])
    counts = np.diff(edges).tolist()
    return {"size": [height, width], "counts": counts[:-1] if counts[-1] == 0 else counts}


def class_of(box: BoxLabel) -> str:
    """Return which of `CLASSES` a text or pulse is."""
    return box.kind if box.kind in CLASSES else "text"


def _boxes(item: Item) -> list[BoxLabel]:
    return text_boxes(item.labels, item.texts, item.map, item.size) + pulse_boxes(item.labels, item.map, item.size)


def _xywh(box: Box) -> list[float]:
    """Return a box as COCO has it: corner and size, counted from the image's upper left corner."""
    x0, y0, x1, y1 = (round(float(value) + 0.5, 2) for value in box)
    return [x0, y0, round(x1 - x0, 2), round(y1 - y0, 2)]


def _legend(instance: Instance) -> dict:
    return {"kind": "lead", "lead": instance.lead, "row": instance.row, "column": instance.column}
