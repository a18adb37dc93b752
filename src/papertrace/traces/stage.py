"""The traces stage: the images of a shard in, and nothing else of them; signals and one table out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from papertrace import tables
from papertrace.errors import ConfigError, ImageError
from papertrace.images import read_stage_image
from papertrace.io import atomic_folder, read_rows, shard_folder, write_table
from papertrace.memory import return_freed_memory
from papertrace.subset import is_read
from papertrace.traces.digitizer import Digitizer, PageTraces
from papertrace.traces.registry import get_digitizer

if TYPE_CHECKING:
    import numpy as np

    from papertrace.config import Config

_PAGE_FIELDS = ("layout", "px_per_mm_x", "px_per_mm_y", "rotation_deg")
_PAGE_FIELDS += ("speed_mm_s", "gain_mm_mv", "speed_from", "gain_from", "confidence", "expected_snr_db")
_LEAD_FIELDS = ("lead", "row", "column", "start_s", "rate_hz", "samples", "confidence", "error_mv", "x_px", "y_px")
_LEAD_FIELDS += ("gain_mm_mv",)
_MOST_MIB = 1000  # between two images; the next one may add a third


def run(config: Config, pages: Path, scans: Path, out: Path) -> None:
    """Digitize the images of one shard.

    Parameters
    ----------
    config : Config
        Uses `traces`: which digitizers read which images. One that is not read has no row.
    pages, scans : Path
        The shard's tables; of each row the digitizer is given the image's pixels and no more.
    out : Path
        The traces' table; `signals.parquet` goes into the folder of the same name without suffix.
    """
    sources = {"pages": pages, "scans": scans}
    digitizers = dict(zip(config.traces.names, map(get_digitizer, config.traces.digitizers), strict=True))
    table, signals = [], []
    jobs = [
        (name, sources[name], row, readers)
        for name in config.traces.inputs
        for row in read_rows(sources[name], ["page_id", "image", "sha256", "status", "reason"])
        if (readers := [called for called in digitizers if is_read(config.traces, row["page_id"], name, called)])
    ]
    for name, source, row, readers in tqdm(jobs, desc="traces", unit="image", disable=None):
        image, status, reason = None, row["status"], row["reason"]
        if status == "ok" and row["image"] is None:
            raise ConfigError(
                f"{source.parent.name}/{source.name}: holds recipes and no images, as `{name}.store` has it; "
                f"store images to digitize them, or leave {name} out of `traces.inputs`"
            )
        if status == "ok":
            try:
                image = read_stage_image(shard_folder(source) / row["image"], row["sha256"], name)
            except ImageError as error:
                status, reason = "failed", str(error)
        for called in readers:
            digitizer, rate_hz = digitizers[called], config.traces.rate_hz
            read = PageTraces(status, reason) if image is None else read_page(digitizer, image, rate_hz)
            if read.said:
                tqdm.write(f"{row['page_id']}, {name}, {called}: {read.reason}\n{read.said}", file=sys.stderr)
            key = {"page_id": row["page_id"], "input": name, "digitizer": called}
            table.append(
                {
                    **key,
                    **{field: getattr(read, field) for field in _PAGE_FIELDS},
                    "status": read.status,
                    "reason": read.reason,
                }
            )
            signals += [{**key, **{field: getattr(trace, field) for field in _LEAD_FIELDS}} for trace in read.traces]
        return_freed_memory(_MOST_MIB)
    with atomic_folder(shard_folder(out)) as folder:
        write_table(signals, tables.SIGNALS, folder / "signals.parquet")
    write_table(table, tables.TRACES, out, holds=[shard_folder(out)])


def read_page(digitizer: Digitizer, image: np.ndarray, rate_hz: float) -> PageTraces:
    """Let a digitizer read a page; what it did not foresee costs that page, not the run."""
    try:
        return digitizer.digitize(image, rate_hz)
    except Exception as error:
        # OpenCV, onnxruntime and LAPACK have their own kinds of errors; whichever it is, the other pages are read
        text = " ".join(str(error).split())[:200]
        return PageTraces("failed", f"{digitizer.name} broke on this image ({type(error).__name__}: {text})")
