"""One image of the report: its picture, and truth, readings and scores for the browser to draw over and below it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from papertrace.figures.data import Given, Results, Row, Stretch, read_given, read_signals, stretches_of
from papertrace.figures.overlay import OverlayTrace, draw_overlay
from papertrace.figures.pages import fit
from papertrace.io import write_bytes, write_text
from papertrace.report.shown import Image
from papertrace.spans import spans_of

_WIDTH_PX = 1600
_THUMB_WIDTH_PX = 560
_QUALITY = 68
_TOLERANCE_PX = 0.3
_NOT_FIGURES = {"page_id", "input", "digitizer", "record", "database", "source_database", "split", "layout"}


def write_image(results: Results, image: Image, scores: Sequence[Row], thumbs: Sequence[str], folder: Path) -> None:
    """Write an image's files: ``<stem>.webp``, ``<stem>.js`` and a thumbnail a digitizer, ``<stem>.<digitizer>.webp``.

    Parameters
    ----------
    results : Results
        The dataset.
    image : Image
        Which image.
    scores : sequence of Row
        Rows of the table of scores; those of other images are passed over.
    thumbs : sequence of str
        Digitizers whose reading a thumbnail is drawn of.
    folder : Path
        Where the files go.

    Raises
    ------
    PapertraceError
        If the image or one of its tables is gone.

    """
    given = read_given(results, image.page_id, image.input)
    signals = read_signals(results, given)
    scores = [row for row in scores if (row["page_id"], row["input"]) == (image.page_id, image.input)]
    picture = fit(given.image, _WIDTH_PX)
    write_bytes(_webp(picture), folder / f"{image.stem}.webp")
    for digitizer in thumbs:
        thumb = _thumbnail(given.image, signals.get(digitizer, []))
        write_bytes(_webp(thumb), folder / f"{image.stem}.{digitizer}.webp")
    told = told_of(given, signals, scores, picture.shape[1] / given.image.shape[1])
    told["image"] = {"file": f"{image.stem}.webp", "width": picture.shape[1], "height": picture.shape[0]}
    text = json.dumps(told, separators=(",", ":"))
    write_text(f"papertrace.receivePage({json.dumps(image.stem)},{text});\n", folder / f"{image.stem}.js")


def told_of(given: Given, signals: Mapping[str, list[Row]], scores: Sequence[Row], factor: float) -> dict[str, Any]:
    """Return what the browser draws of an image.

    Voltages are whole µV at the truth's times, points whole tenths of a px of the picture, which is `factor` times as
    large as the image; null is where there is nothing.
    """
    digitizers = sorted({*signals, *(row["digitizer"] for row in scores)})
    truth = stretches_of(given, [])
    rates = [row["rate_hz"] for row in given.truth]
    return {
        "leads": [_lead(stretch, rate, factor) for stretch, rate in zip(truth, rates, strict=True)],
        "readings": {
            name: {
                "microvolts": [_microvolts(_at_truths_times(s)) for s in stretches_of(given, signals.get(name, []))],
                "curves": [
                    points
                    for row in signals.get(name, [])
                    for points in _pieces(np.array([row["x_px"], row["y_px"]], float).T, factor)
                ],
                "scores": [_figures(row) for row in scores if row["digitizer"] == name],
            }
            for name in digitizers
        },
        "recipes": {
            name: json.loads(text)
            for name, text in (("page", given.page_recipe), ("scan", given.scan_recipe))
            if text is not None
        },
    }


def _lead(stretch: Stretch, rate_hz: float, factor: float) -> dict[str, Any]:
    return {
        "lead": stretch.lead,
        "row": stretch.row,
        "column": stretch.column,
        "start": round(float(stretch.truth_s[0]), 4),
        "rate": rate_hz,
        "microvolts": _microvolts(stretch.truth_mv),
        "curves": _pieces(stretch.truth_px, factor),
    }


def _at_truths_times(stretch: Stretch) -> np.ndarray | None:
    """Return the trace at the truth's times in mV, as it is scored; None where the lead was not read."""
    return stretch.residual_mv() + stretch.truth_mv if len(stretch.trace_s) >= 2 else None


def _microvolts(mv: np.ndarray | None) -> list[int | None] | None:
    if mv is None:
        return None
    return [None if np.isnan(value) else round(value) for value in (mv * 1000).tolist()]


def _pieces(points_px: np.ndarray, factor: float) -> list[list[int]]:
    """Return a curve's unbroken pieces as x, y, x, y …, with points left out where the line hardly moves for it."""
    # Integer coordinates are pixel centres, so the half pixel moves with the scale (papertrace.geometry).
    points = (points_px + 0.5) * factor - 0.5
    pieces = []
    for start, stop in spans_of(np.isfinite(points).all(axis=1)):
        kept = cv2.approxPolyDP(points[start:stop].astype(np.float32)[:, None], _TOLERANCE_PX, False)
        pieces.append(np.rint(kept * 10).astype(int).ravel().tolist())
    return pieces


def _figures(row: Row) -> dict[str, Any]:
    """Return a row of scores without what the whole page shares; figures to six digits, None where there is none."""
    told = {}
    for name, value in row.items():
        if name not in _NOT_FIGURES:
            number = isinstance(value, float)
            told[name] = (float(f"{value:.6g}") if np.isfinite(value) else None) if number else value
    return told


def _thumbnail(image_bgr: np.ndarray, signals: Sequence[Row]) -> np.ndarray:
    small = fit(image_bgr, _THUMB_WIDTH_PX)
    factor = small.shape[1] / image_bgr.shape[1]
    traces = [
        OverlayTrace(*((np.array(row[axis], float) + 0.5) * factor - 0.5 for axis in ("x_px", "y_px")))
        for row in signals
    ]
    return draw_overlay(small, traces, fade=0.35)


def _webp(image_bgr: np.ndarray) -> bytes:
    """WebP: a tenth of a noisy scan's PNG and readable by every browser since 2020."""
    return cv2.imencode(".webp", image_bgr, [cv2.IMWRITE_WEBP_QUALITY, _QUALITY])[1].tobytes()
