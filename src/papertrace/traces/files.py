"""A person's own images in, and beside each other in a folder what a person wants of them: CSV, WFDB, JSON, overlay."""

from __future__ import annotations

import collections
import csv
import io
import json
import math
import os
import re
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from tqdm import tqdm

from papertrace import __version__
from papertrace.errors import ImageError, PapertraceError
from papertrace.figures.overlay import draw_overlay
from papertrace.images import read_image
from papertrace.io import write_bytes, write_text
from papertrace.scores.series import Series
from papertrace.traces.config import name_of
from papertrace.traces.digitizer import Digitizer, PageTraces, Trace
from papertrace.traces.registry import get_digitizer
from papertrace.traces.stage import read_page

if TYPE_CHECKING:
    from papertrace.traces.config import ExternalDigitizer


def digitize_files(
    images: list[Path], out: Path, rate_hz: float = 500.0, digitizer: str | ExternalDigitizer = "network"
) -> collections.Counter[str]:
    """Digitize image files and write what was read.

    For each image ``<stem>.json`` says what was found or why not; where the page was read there are also
    ``<stem>.csv`` (`time_s`, then one column a lead in mV, empty where the lead is not on the page), ``<stem>.hea`` and
    ``<stem>.dat`` (the same as WFDB, format 16) and ``<stem>.overlay.png`` (the traces over the image). Every file is
    whole or absent; of an image that was not read, what an earlier run made of it is removed.

    Parameters
    ----------
    images : list of Path
        Image files of any kind that `papertrace.images.read_image` reads.
    out : Path
        Folder, made where it does not exist.
    rate_hz : float
        Sampling rate of the signals written.
    digitizer : str or ExternalDigitizer
        As `papertrace.traces.registry.get_digitizer` takes it.

    Returns
    -------
    Counter
        How many images ended as ok, failed (could not be read) and rejected (are no ECG that can be read); of each of
        the latter two one sentence was written to stderr.

    Raises
    ------
    PapertraceError
        If nothing can be written to `out`.
    """
    _check_folder(out)
    reader, called = get_digitizer(digitizer), name_of(digitizer)
    inputs = {path.absolute() for path in images}
    outcomes: collections.Counter[str] = collections.Counter()
    for path, stem in zip(tqdm(images, desc="digitize", unit="image", disable=None), output_stems(images), strict=True):
        status, reason = _digitize_file(path, out, stem, inputs, reader, called, rate_hz)
        outcomes[status] += 1
        if reason is not None:
            tqdm.write(f"papertrace: {reason if str(path) in reason else f'{path}: {reason}'}", file=sys.stderr)
    return outcomes


def _check_folder(out: Path) -> None:
    """Find out at once, and not after the first image, whether the folder takes files."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise PapertraceError(
            f"{out}: nothing can be written there ({error.strerror}); name another folder with --out"
        ) from None


def _digitize_file(
    path: Path, out: Path, stem: str, inputs: set[Path], reader: Digitizer, called: str, rate_hz: float
) -> tuple[str, str | None]:
    """Digitize one file, write its outputs; return its status and, unless that is ok, one sentence."""
    names = _output_names(stem)
    try:
        for name in names.values():
            if (out / name).absolute() in inputs:
                raise ImageError(
                    f"{path}: {out / name}, which would be written, is one of the images; name another --out"
                )
        image = read_image(path)
        page = read_page(reader, image, rate_hz)
        page = replace(page, traces=[_at_rate(trace, rate_hz) for trace in page.traces])
    except ImageError as error:
        image, page = None, PageTraces("failed", str(error))
    try:
        if page.status == "ok" and image is not None:
            _write_traces(image, page, rate_hz, out, names)
        else:
            _remove_earlier(out, names, inputs)
        if (out / names["report"]).absolute() not in inputs:
            write_text(_report(path, page, called, rate_hz), out / names["report"])
    except OSError as error:
        sentence = f"{path}: what was read of it cannot be written to {out} ({error.strerror}); name another --out"
        return "failed", sentence
    return page.status, page.reason


def _output_names(stem: str) -> dict[str, str]:
    """Return the names of an image's outputs."""
    return {
        "csv": f"{stem}.csv",
        "header": f"{record_name(stem)}.hea",
        "samples": f"{record_name(stem)}.dat",
        "overlay": f"{stem}.overlay.png",
        "report": f"{stem}.json",
    }


def record_name(stem: str) -> str:
    """Return a stem with what WFDB does not allow in the names of records replaced by _."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", stem)


def _write_traces(image: np.ndarray, page: PageTraces, rate_hz: float, out: Path, names: dict[str, str]) -> None:
    leads, signals = lead_columns(page.traces, rate_hz)
    write_text(csv_text(leads, signals, rate_hz), out / names["csv"])
    header, samples = _wfdb_bytes(leads, signals, rate_hz, Path(names["header"]).stem)
    # the header last: a record exists when its header does
    write_bytes(samples, out / names["samples"])
    write_bytes(header, out / names["header"])
    overlay = draw_overlay(image, [(t.x_px, t.y_px, t.lead) for t in page.traces])
    write_bytes(cv2.imencode(".png", overlay)[1].tobytes(), out / names["overlay"])


def _remove_earlier(out: Path, names: dict[str, str], inputs: set[Path]) -> None:
    """Remove the traces that an earlier run wrote under these names, as its report shows; nothing else."""
    try:
        earlier = json.loads((out / names["report"]).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    if not (isinstance(earlier, dict) and "papertrace" in earlier):
        return
    for kind, name in names.items():
        if kind != "report" and (out / name).absolute() not in inputs:
            (out / name).unlink(missing_ok=True)


def output_stems(images: list[Path]) -> list[str]:
    """Return the stem of each image's outputs: its own, or with its suffix where two images would share one.

    Two stems differ also as WFDB records, and where upper and lower case are the same to the disk.
    """
    stems = [_shortened(path.stem or "image") for path in images]
    common = collections.Counter(map(_key, stems))
    taken: set[str] = set()
    result = []
    for path, stem in zip(images, stems, strict=True):
        name = stem if common[_key(stem)] == 1 else _shortened(path.name.replace(".", "-"))
        number = 2
        while _key(name) in taken:
            name = f"{stem}-{number}"
            number += 1
        taken.add(_key(name))
        result.append(name)
    return result


def _key(stem: str) -> str:
    return record_name(stem).casefold()


def _shortened(stem: str) -> str:
    """Cut a name so that the outputs' suffixes, and those of files being written, fit into 255 bytes."""
    return os.fsencode(stem)[:200].decode("utf-8", "ignore") if len(os.fsencode(stem)) > 200 else stem


def _at_rate(trace: Trace, rate_hz: float) -> Trace:
    """Return a trace at another rate, by cubic splines between its samples; as it is where it has that rate.

    What does not tell when it begins, begins with the page, and what begins earlier is cut.
    """
    start = 0.0 if np.isnan(trace.start_s) else trace.start_s
    if trace.rate_hz == rate_hz and start == trace.start_s >= 0:
        return trace
    first = max(0, math.ceil(round(start * rate_hz, 6)))
    end = math.ceil(round((start + len(trace.samples) / trace.rate_hz) * rate_hz, 6))
    times_s = np.arange(first, max(first, end)) / rate_hz

    def resampled(values: np.ndarray) -> np.ndarray:
        return Series(values, trace.rate_hz, start).at(times_s).astype(np.float32)

    fields = ("samples", "confidence", "x_px", "y_px", *(() if trace.error_mv is None else ("error_mv",)))
    values = {name: resampled(getattr(trace, name)) for name in fields}
    return replace(trace, start_s=first / rate_hz, rate_hz=rate_hz, **values)


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
    for trace in sorted(traces, key=lambda t: (-len(t.samples), t.row or 0, t.column or 0)):
        name = _column_name(trace)
        first = round(trace.start_s * rate_hz)
        column = columns.setdefault(name, np.full(length, np.nan, np.float32))
        part = column[first : first + len(trace.samples)]
        part[:] = np.where(np.isnan(part), trace.samples, part)
    order = list(dict.fromkeys(map(_column_name, traces)))
    return order, np.stack([columns[name] for name in order], axis=1)


def _column_name(trace: Trace) -> str:
    return trace.lead or f"row{(trace.row or 0) + 1}" + (f"_column{trace.column + 1}" if trace.column else "")


def csv_text(names: list[str], signals: np.ndarray, rate_hz: float) -> str:
    """Return `time_s` and the leads in mV (microvolt resolution) as CSV; a value that was not read is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["time_s", *names])
    for index, row in enumerate(signals):
        writer.writerow([f"{index / rate_hz:.6g}", *("" if np.isnan(v) else f"{v:.4f}" for v in row)])
    return text.getvalue()


def _wfdb_bytes(names: list[str], signals: np.ndarray, rate_hz: float, record: str) -> tuple[bytes, bytes]:
    """Return header and samples of a WFDB record of format 16."""
    import wfdb

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
        return (Path(folder) / f"{record}.hea").read_bytes(), (Path(folder) / f"{record}.dat").read_bytes()


def _mean(values: np.ndarray) -> float | None:
    known = values[np.isfinite(values)]
    return round(float(known.mean()), 4) if len(known) else None


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
        "paper_speed_from": page.speed_from,
        "gain_mm_mv": page.gain_mm_mv,
        "gain_from": page.gain_from,
        "confidence": number(page.confidence, 3),
        "expected_snr_db": number(page.expected_snr_db, 1),
        "rate_hz": rate_hz,
        "leads": [
            {
                "lead": trace.lead,
                "row": trace.row,
                "column": trace.column,
                "gain_mm_mv": trace.gain_mm_mv,
                "start_s": number(trace.start_s, 4),
                "end_s": number(trace.start_s + len(trace.samples) / trace.rate_hz, 4),
                "read": number(np.mean(np.isfinite(trace.samples)), 4),
                "confidence": number(_mean(trace.confidence), 3),
                "expected_error_mv": None if trace.error_mv is None else _mean(trace.error_mv),
            }
            for trace in page.traces
        ],
        "digitizer": digitizer,
        "papertrace": __version__,
    }
    return json.dumps(report, indent=1) + "\n"
