"""What figures and report read of a results folder: counts, failures, scores, and single pages as examples.

Only the columns that are needed are read, and images and signals only of the pages shown,
so that a run of 21,801 pages costs little more than a run of ten. Statistics are not computed here a second
time: they are the ones of ``scores/summary.csv`` and ``scores/pages.csv``.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from papertrace.errors import PapertraceError
from papertrace.exports.item import LeftOut
from papertrace.exports.stream import Rendered
from papertrace.figures.examples import PageScore, rank
from papertrace.figures.overlay import OverlayTrace
from papertrace.geometry import PixelMap
from papertrace.labels import PageLabels
from papertrace.plan import shard_name
from papertrace.scores.matching import match
from papertrace.scores.series import Series

Row = dict[str, Any]

CLINICAL = ("rr_ms", "qrs_ms", "qt_ms")
"""The clinical parameters that `scores` measures on truth and trace alike."""

_SHARDED = ("pages", "scans", "traces")
_SCORE_COLUMNS = (
    "input",
    "digitizer",
    "snr_db",
    "snr_aligned_db",
    *(f"{name}_{which}" for name in CLINICAL for which in ("truth", "trace")),
)


_PLACE = ["page_id", "input", "digitizer", "lead", "row", "column"]
_SIGNAL_COLUMNS = [*_PLACE, "start_s", "rate_hz", "samples", "x_px", "y_px"]


@dataclass(frozen=True)
class StageCount:
    """How many rows a stage wrote, by status."""

    stage: str
    total: int
    ok: int
    failed: int
    rejected: int

    @classmethod
    def of(cls, stage: str, rows: list[Row]) -> StageCount:
        """Count the rows of one stage."""
        status = Counter(row["status"] for row in rows)
        return cls(stage, len(rows), status["ok"], status["failed"], status["rejected"])


@dataclass(frozen=True)
class Failure:
    """Something that is not ok, told once, at the stage where it first went wrong.

    `item` is the page id (the record's name in stage records); `lead` is set where only a lead failed.
    """

    stage: str
    item: str
    input: str | None
    digitizer: str | None
    lead: str | None
    status: str
    reason: str


@dataclass(frozen=True)
class Results:
    """The tables of one dataset, as far as the report needs them.

    Attributes
    ----------
    folder : Path
        ``results/<dataset>``.
    n_records : int
        Records that the pages are drawn from.
    databases : list of str
        The databases they come from, sorted.
    counts : list of StageCount
        In the order of the round trip.
    failures : list of Failure
        Everything that is not ok.
    summary, agreement, comparison : list of dict
        Rows of ``scores/summary.csv``, ``agreement.csv`` and ``digitizers.csv``; all values as text.
    pages : pyarrow.Table
        ``scores/pages.csv``: a row a page, input and digitizer; figures are float64, null where absent.
    shard_of : dict of str to str
        Page id to the name of its shard.

    """

    folder: Path
    n_records: int
    databases: list[str]
    counts: list[StageCount]
    failures: list[Failure]
    summary: list[dict[str, str]]
    agreement: list[dict[str, str]]
    comparison: list[dict[str, str]]
    pages: pa.Table
    shard_of: dict[str, str]

    def ranked(self, input_: str, digitizer: str) -> list[PageScore]:
        """Return the pages of one input and digitizer that have a score, from worst to best."""
        of_these = pc.and_(pc.equal(self.pages["input"], input_), pc.equal(self.pages["digitizer"], digitizer))
        scored = self.pages.filter(pc.and_(of_these, pc.is_valid(self.pages["snr_db"])))
        return rank(
            [
                PageScore(page_id, snr)
                for page_id, snr in zip(scored["page_id"].to_pylist(), scored["snr_db"].to_pylist(), strict=True)
            ]
        )

    @cached_property
    def _rendered(self) -> dict[str, Rendered]:
        return {}

    def rendered(self, stage: str) -> Rendered:
        """Return the images of pages or scans, each made when it is asked for."""
        if stage not in self._rendered:
            self._rendered[stage] = Rendered(self.folder, stage)
        return self._rendered[stage]

    def shown(self, digitizer: str) -> tuple[str, str]:
        """Return the input and the digitizer whose pages are shown: scans, where any of them was read."""
        return ("scans" if self.ranked("scans", digitizer) else "pages"), digitizer


@dataclass(frozen=True)
class Stretch:
    """One drawn stretch of a lead: the truth, and its trace where there is one (s, mV and px)."""

    lead: str
    row: int
    column: int
    truth_s: np.ndarray
    truth_mv: np.ndarray
    truth_px: np.ndarray
    trace_s: np.ndarray
    trace_mv: np.ndarray
    trace_px: np.ndarray

    def residual_mv(self) -> np.ndarray:
        """Return trace minus truth at the truth's times, shape (n,) in mV; NaN where the trace has no sample."""
        if len(self.trace_s) < 2:
            return np.full(len(self.truth_s), np.nan)
        return np.interp(self.truth_s, self.trace_s, self.trace_mv, left=np.nan, right=np.nan) - self.truth_mv


@dataclass(frozen=True)
class Given:
    """A page or a scan as it was given to the digitizers, and what is true of it.

    `truth` is the page's rows of the table of that name; `page_recipe` and `scan_recipe` are the JSON texts of the
    choices drawn for this image, the latter None for a clean page.
    """

    page_id: str
    input: str
    image: np.ndarray
    labels: PageLabels
    pixel_map: PixelMap
    truth: list[Row]
    page_recipe: str
    scan_recipe: str | None


@dataclass(frozen=True)
class Example:
    """A page as the digitizer saw it, what is true, what was read of it, and how that scored.

    `traces` is everything that was read, `scores` the page's rows of the scores table, `recipe` the JSON text of
    the choices drawn for this image.
    """

    page_id: str
    input: str
    image: np.ndarray
    labels: PageLabels
    stretches: list[Stretch]
    traces: list[OverlayTrace]
    scores: list[Row]
    recipe: str


def read_results(folder: Path, shard_size: int) -> Results:
    """Read the counts, failures and summaries of ``results/<dataset>/``.

    Parameters
    ----------
    folder : Path
        The dataset's folder.
    shard_size : int
        Pages a shard. Only the shards that follow from it are read: tables of an earlier run with another
        size may still lie beside them.

    Raises
    ------
    PapertraceError
        If a table that the report needs is missing or unreadable.

    """
    records = read_rows(folder / "records" / "records.parquet", ["record", "status", "reason"])
    statuses = [("records", records)]
    manifest = read_rows(
        folder / "manifest" / "manifest.parquet", ["page_id", "record", "database", "status", "reason"]
    )
    statuses.append(("manifest", manifest))
    shard_of: dict[str, str] = {}
    for stage in _SHARDED:
        columns = ["page_id", *(["input", "digitizer"] if stage == "traces" else []), "status", "reason"]
        rows = []
        for k in range(-(-len(manifest) // shard_size)):
            shard = read_rows(folder / stage / f"{shard_name(k)}.parquet", columns)
            shard_of.update((row["page_id"], shard_name(k)) for row in shard)
            rows += shard
        statuses.append((stage, rows))
    scores = read_rows(
        _scores(folder), ["page_id", "input", "digitizer", "lead", "status", "reason"], ("status", "!=", "ok")
    )
    n_scores = pq.read_metadata(_scores(folder)).num_rows
    unread = StageCount.of("scores", scores)
    return Results(
        folder,
        len({row["record"] for row in manifest}),
        sorted({row["database"] for row in manifest if row["database"]}),
        [StageCount.of(*stage) for stage in statuses]
        + [StageCount("scores", n_scores, n_scores - unread.total, unread.failed, unread.rejected)],
        _failures([*statuses, ("scores", scores)]),
        *(_csv_rows(folder / "scores" / f"{name}.csv") for name in ("summary", "agreement", "digitizers")),
        _pages(folder / "scores" / "pages.csv"),
        shard_of,
    )


def read_score_columns(folder: Path) -> dict[str, np.ndarray]:
    """Read what the distributions show of every lead: input, digitizer, strict SNR and clinical parameters.

    Returns
    -------
    dict of str to ndarray, shape (n,)
        Missing numbers are NaN.

    """
    table = read_columns(_scores(folder), list(_SCORE_COLUMNS)).combine_chunks()
    return {name: table[name].to_numpy() for name in _SCORE_COLUMNS}


def read_given(results: Results, page_id: str, input_: str) -> Given:
    """Read one page's image, labels and truth.

    Raises
    ------
    PapertraceError
        If the page's image or tables are gone.

    """
    shard = results.shard_of[page_id]
    page = _one_row(results, "pages", page_id)
    if page["labels"] is None:
        raise PapertraceError(f"{page_id}: this page was not drawn ({page['reason']})")
    labels = PageLabels.from_json(page["labels"])
    seen, pixel_map = page, PixelMap.of_page(labels.px_per_mm)
    if input_ == "scans":
        seen = _one_row(results, "scans", page_id)
    if not seen["image"]:
        raise PapertraceError(f"{results.folder / input_ / shard}: no image of page {page_id} was written")
    if input_ == "scans":
        pixel_map = PixelMap.from_row(seen)
    scan_recipe = seen["recipe"] if input_ == "scans" else None
    image = stored_image(results, seen, input_)
    truth = read_rows(results.folder / "pages" / shard / "truth.parquet", None, ("page_id", "=", page_id))
    return Given(page_id, input_, image, labels, pixel_map, truth, page["recipe"], scan_recipe)


def read_signals(results: Results, given: Given) -> dict[str, list[Row]]:
    """Read what every digitizer read of an image: its rows of the table of signals, by digitizer.

    Where a digitizer does not tell where in the image it read them, they are laid on the page, see `laid_on_page`.
    """
    path = results.folder / "traces" / results.shard_of[given.page_id] / "signals.parquet"
    rows = read_rows(path, _SIGNAL_COLUMNS, ("page_id", "=", given.page_id), ("input", "=", given.input))
    names = sorted({row["digitizer"] for row in rows})
    return {name: laid_on_page(given, [row for row in rows if row["digitizer"] == name]) for name in names}


def laid_on_page(given: Given, signals: list[Row]) -> list[Row]:
    """Lay signals that tell no place in the image where the page shows their times and voltages.

    Returns
    -------
    list of dict
        `signals` where they tell their places. Else those that are scored, one a stretch of the truth, at its times.
    """
    if any(np.isfinite(row["x_px"]).any() for row in signals):
        return signals
    placements = {(lead.row, lead.column): lead for lead in given.labels.leads}
    laid = []
    for truth, found in zip(given.truth, match(given.truth, signals), strict=True):
        if found.signal is None:
            continue
        signal = signals[found.signal]
        series = Series(np.array(signal["samples"], float), signal["rate_hz"], found.start_s)
        samples = series.at(_timed(truth)[0])
        placement = placements[truth["row"], truth["column"]]
        x_px, y_px = given.pixel_map.apply(placement.centre_line_mm(samples, truth["rate_hz"])).T
        place = {name: truth[name] for name in ("row", "column", "start_s", "rate_hz")}
        laid.append({**signal, **place, "samples": samples, "x_px": x_px, "y_px": y_px})
    return laid


def read_scores(results: Results, page_ids: Sequence[str]) -> list[Row]:
    """Read some pages' rows of the table of scores: both inputs, all digitizers and leads."""
    return read_rows(_scores(results.folder), None, ("page_id", "in", set(page_ids)))


def stretches_of(given: Given, signals: Sequence[Row]) -> list[Stretch]:
    """Return the stretches of a page's truth, each with the signal that it is scored with."""
    placements = {(lead.row, lead.column): lead for lead in given.labels.leads}
    stretches = []
    for row, found in zip(given.truth, match(given.truth, signals), strict=True):
        place = row["row"], row["column"]
        truth_s, truth_mv = _timed(row)
        truth_px = given.pixel_map.apply(placements[place].centre_line_mm(truth_mv, row["rate_hz"]))
        trace = (np.empty(0), np.empty(0), np.empty((0, 2)))
        if found.signal is not None:
            signal = signals[found.signal]
            trace = (*_timed({**signal, "start_s": found.start_s}), np.array([signal["x_px"], signal["y_px"]], float).T)
        stretches.append(Stretch(row["lead"], *place, truth_s, truth_mv, truth_px, *trace))
    return stretches


def read_example(results: Results, page_id: str, input_: str, digitizer: str) -> Example:
    """Read one page's image, labels, truth, trace and scores.

    Raises
    ------
    PapertraceError
        If the page's image or tables are gone.

    """
    given = read_given(results, page_id, input_)
    signals = read_signals(results, given).get(digitizer, [])
    return Example(
        page_id,
        input_,
        given.image,
        given.labels,
        stretches_of(given, signals),
        [OverlayTrace(np.array(s["x_px"], float), np.array(s["y_px"], float), s["lead"]) for s in signals],
        [row for row in read_scores(results, [page_id]) if (row["input"], row["digitizer"]) == (input_, digitizer)],
        given.scan_recipe or given.page_recipe,
    )


def page_image(results: Results, page_id: str, stage: str) -> np.ndarray:
    """Read the image of a page as stage `pages` or `scans` wrote it, shape (height, width, 3) BGR."""
    folder = results.folder / stage / results.shard_of[page_id]
    row = _one_row(results, stage, page_id)
    if not row["image"]:
        raise PapertraceError(f"{folder}: no image of page {page_id} was written")
    return stored_image(results, row, stage)


def stored_image(results: Results, row: Row, stage: str) -> np.ndarray:
    """Read the image of a row of the table of pages or scans; where the run did not keep it, it is made again.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        Blue, green, red.

    Raises
    ------
    PapertraceError
        It is broken, or cannot be made again.
    """
    path = results.folder / stage / results.shard_of[row["page_id"]] / row["image"]
    if path.is_file():
        return read_image(path)
    item = results.rendered(stage).as_told(row["page_id"], row["sha256"])
    if isinstance(item, LeftOut):
        raise PapertraceError(f"{path}: the image is gone and cannot be made again: {item.reason}")
    return item.image


def read_image(path: Path) -> np.ndarray:
    """Read an image as 8-bit BGR; a missing or broken file is a `PapertraceError`."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR) if path.is_file() else None
    if image is None:
        raise PapertraceError(f"{path}: no readable image; run the stage that writes it again")
    return image


def _scores(folder: Path) -> Path:
    return folder / "scores" / "scores.parquet"


def _timed(row: Row) -> tuple[np.ndarray, np.ndarray]:
    samples = np.array(row["samples"], float)
    return row["start_s"] + np.arange(len(samples)) / row["rate_hz"], samples


def read_columns(path: Path, columns: list[str] | None, *filters: tuple) -> pa.Table:
    """Read columns of a Parquet table (all where None), of the rows that meet the filters.

    Raises
    ------
    PapertraceError
        If the table is missing or torn.

    """
    try:
        return pq.read_table(path, columns=columns, filters=list(filters) or None, partitioning=None)
    except FileNotFoundError:
        raise PapertraceError(f"{path}: no such table; run the stages before this one first") from None
    except (pa.ArrowException, OSError) as error:
        sentence = str(error).splitlines()[0]
        raise PapertraceError(f"{path}: not the table it should be ({sentence}); run its stage again") from None


def read_rows(path: Path, columns: list[str] | None, *filters: tuple) -> list[Row]:
    """Read rows of a Parquet table as mappings; see `read_columns`."""
    return read_columns(path, columns, *filters).to_pylist()


def _one_row(results: Results, stage: str, page_id: str) -> Row:
    path = results.folder / stage / f"{results.shard_of[page_id]}.parquet"
    rows = read_rows(path, None, ("page_id", "=", page_id))
    if len(rows) != 1:
        raise PapertraceError(f"{path}: holds {len(rows)} rows of page {page_id} instead of one; run its stage again")
    return rows[0]


def _csv_rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError:
        raise PapertraceError(f"{path}: no such table; run the stages before this one first") from None


def _pages(path: Path) -> pa.Table:
    """Read ``pages.csv``: keys, status and what else is text as text, every other column as a number."""
    text = ("page_id", "input", "digitizer", "record", "source_database", "split", "layout", "status")
    options = pa.csv.ConvertOptions(column_types=dict.fromkeys(text, pa.string()), strings_can_be_null=True)
    try:
        table = pa.csv.read_csv(path, convert_options=options)
    except FileNotFoundError:
        raise PapertraceError(f"{path}: no such table; run the stages before this one first") from None
    except pa.ArrowException as error:
        raise PapertraceError(f"{path}: not the table it should be ({error}); run the summary again") from None
    # A column without a single figure is read as of no type at all, one of whole numbers as of integers.
    numbers = (pa.types.is_null, pa.types.is_integer, pa.types.is_floating)
    types = [pa.float64() if any(test(type_) for test in numbers) else pa.string() for type_ in table.schema.types]
    return table.cast(pa.schema(zip(table.column_names, types, strict=True)))


def _failures(statuses: list[tuple[str, list[Row]]]) -> list[Failure]:
    """List what is not ok, each at the first stage that says so; what is merely carried along is not repeated."""
    told: set[tuple] = set()
    failures = []
    for stage, rows in statuses:
        for row in rows:
            if row["status"] == "ok":
                continue
            item = row.get("page_id", row.get("record"))
            # A page that failed has no readings; a scan that failed takes down the readings of scans only.
            page = (stage == "records", item)
            image = (*page, "scans" if stage == "scans" else row.get("input"))
            reading = (*image, row.get("digitizer"))
            if told & {page, image, reading}:
                continue
            # A page's leads are told one by one.
            if stage != "scores":
                told.add(page if stage in ("records", "manifest", "pages") else image if stage == "scans" else reading)
            failures.append(
                Failure(
                    stage,
                    item,
                    image[2],
                    reading[3],
                    row.get("lead"),
                    row["status"],
                    row["reason"] or "no reason given",
                )
            )
    return failures
