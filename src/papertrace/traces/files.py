"""A person's own images in, and beside each other in a folder what a person wants of them: CSV, WFDB, JSON, overlay."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from papertrace import __version__
from papertrace.errors import ImageError
from papertrace.figures.overlay import draw_overlay
from papertrace.images import read_image
from papertrace.io import write_bytes, write_text
from papertrace.traces.digitizer import PageTraces, Trace
from papertrace.traces.registry import get_digitizer
from papertrace.traces.stage import read_page


def digitize_files(images: list[Path], out: Path, rate_hz: float = 500.0, digitizer: str = "classical") -> int:
    """Digitize image files and write what was read.

    For each image ``<stem>.json`` says what was found or why not; where the page was read there are also
    ``<stem>.csv`` (`time_s`, then one column a lead in mV, empty where the lead is not on the page), ``<stem>.hea`` and
    ``<stem>.dat`` (the same as WFDB, format 16) and ``<stem>.overlay.png`` (the traces over the image).

    Parameters
    ----------
    images : list of Path
        Image files of any kind that `papertrace.images.read_image` reads.
    out : Path
        Folder, made where it does not exist.
    rate_hz : float
        Sampling rate of the signals written.
    digitizer : str
        A name that `papertrace.traces.registry` knows.

    Returns
    -------
    int
        How many images could not be read.
    """
    out.mkdir(parents=True, exist_ok=True)
    reader = get_digitizer(digitizer)
    failed = 0
    for path, stem in zip(tqdm(images, desc="digitize", unit="image", disable=None), output_stems(images), strict=True):
        try:
            image = read_image(path)
            page = read_page(reader, image, rate_hz)
        except ImageError as error:
            image, page = None, PageTraces("failed", str(error))
        if page.status != "ok":
            failed += 1
            reason = page.reason if str(path) in str(page.reason) else f"{path}: {page.reason}"
            tqdm.write(f"papertrace: {reason}", file=sys.stderr)
        if page.status == "ok" and image is not None:
            names, signals = lead_columns(page.traces, rate_hz)
            write_text(csv_text(names, signals, rate_hz), out / f"{stem}.csv")
            _write_wfdb(names, signals, rate_hz, out, stem)
            overlay = draw_overlay(image, [(t.x_px, t.y_px, t.lead) for t in page.traces])
            write_bytes(cv2.imencode(".png", overlay)[1].tobytes(), out / f"{stem}.overlay.png")
        write_text(_report(path, page, digitizer, rate_hz), out / f"{stem}.json")
    return failed


def output_stems(images: list[Path]) -> list[str]:
    """Return the stem of each image's outputs: its own, or with its suffix where two images would share one."""
    stems = [path.stem for path in images]
    taken: set[str] = set()
    result = []
    for path, stem in zip(images, stems, strict=True):
        name = stem if stems.count(stem) == 1 else path.name.replace(".", "-")
        number = 2
        while name in taken:
            name = f"{stem}-{number}"
            number += 1
        taken.add(name)
        result.append(name)
    return result


def lead_columns(traces: list[Trace], rate_hz: float) -> tuple[list[str], np.ndarray]:
    """Put a page's traces on one time axis, one column a lead.

    A lead that is on the page twice (a rhythm strip) is one column: its longest stretch, and where that has no value
    the others'. A stretch without a name is called after its place.

    Returns
    -------
    names : list of str
    signals : ndarray of float32, shape (n, len(names))
        mV; NaN where the lead is not on the page.
    """
    columns: dict[str, np.ndarray] = {}
    length = max(round(trace.start_s * rate_hz) + len(trace.samples) for trace in traces)
    for trace in sorted(traces, key=lambda t: (-len(t.samples), t.row, t.column)):
        name = _column_name(trace)
        first = round(trace.start_s * rate_hz)
        column = columns.setdefault(name, np.full(length, np.nan, np.float32))
        part = column[first : first + len(trace.samples)]
        part[:] = np.where(np.isnan(part), trace.samples, part)
    order = list(dict.fromkeys(map(_column_name, traces)))
    return order, np.stack([columns[name] for name in order], axis=1)


def _column_name(trace: Trace) -> str:
    return trace.lead or f"row{trace.row + 1}" + (f"_column{trace.column + 1}" if trace.column else "")


def csv_text(names: list[str], signals: np.ndarray, rate_hz: float) -> str:
    """Return `time_s` and the leads in mV (microvolt resolution) as CSV; a value that was not read is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["time_s", *names])
    for index, row in enumerate(signals):
        writer.writerow([f"{index / rate_hz:.6g}", *("" if np.isnan(v) else f"{v:.4f}" for v in row)])
    return text.getvalue()


def _write_wfdb(names: list[str], signals: np.ndarray, rate_hz: float, out: Path, stem: str) -> None:
    """Write a WFDB record of format 16; its name is the stem with what WFDB does not allow replaced by _."""
    import wfdb

    record = re.sub(r"[^A-Za-z0-9_-]", "_", stem)
    with tempfile.TemporaryDirectory() as folder:
        wfdb.wrsamp(
            record,
            fs=rate_hz,
            units=["mV"] * len(names),
            sig_name=names,
            p_signal=signals.astype(np.float64),
            fmt=["16"] * len(names),
            adc_gain=[1000.0] * len(names),
            baseline=[0] * len(names),
            write_dir=folder,
        )
        # the header last: a record exists when its header does
        for suffix in (".dat", ".hea"):
            write_bytes((Path(folder) / f"{record}{suffix}").read_bytes(), out / f"{record}{suffix}")


def _report(path: Path, page: PageTraces, digitizer: str, rate_hz: float) -> str:
    def number(value: float | None, digits: int) -> float | None:
        return None if value is None else round(float(value), digits)

    report = {
        "image": path.name,
        "status": page.status,
        "reason": page.reason,
        "layout": page.layout,
        "px_per_mm": None if page.px_per_mm_x is None else [number(page.px_per_mm_x, 5), number(page.px_per_mm_y, 5)],
        "rotation_deg": number(page.rotation_deg, 3),
        "paper_speed_mm_s": page.speed_mm_s,
        "gain_mm_mv": page.gain_mm_mv,
        "confidence": number(page.confidence, 3),
        "rate_hz": rate_hz,
        "leads": [
            {
                "lead": trace.lead,
                "row": trace.row,
                "column": trace.column,
                "start_s": number(trace.start_s, 4),
                "end_s": number(trace.start_s + len(trace.samples) / trace.rate_hz, 4),
                "read": number(np.mean(np.isfinite(trace.samples)), 4),
                "confidence": number(trace.confidence.mean(), 3),
            }
            for trace in page.traces
        ],
        "digitizer": digitizer,
        "papertrace": __version__,
    }
    return json.dumps(report, indent=1) + "\n"
