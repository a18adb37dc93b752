"""What the report says: every number it shows, taken from the tables and kept under a key.

Nothing is computed here that ``scores/summary.csv`` already holds. The template holds no number of its own;
its summary looks numbers up by the same key that the tables' cells carry.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from papertrace.errors import PapertraceError
from papertrace.figures.data import CLINICAL, Results
from papertrace.figures.plots import CLINICAL_NAMES, INPUT_NAMES
from papertrace.report.columns import parameter_title, split_unit

_NONE = "\u2013"  # en dash
_MINUS = "\u2212"
_THIN_SPACE = "\u202f"


@dataclass(frozen=True)
class Cell:
    """A table's cell; numeric cells have a `key` that is unique in the report."""

    text: str
    key: str | None = None


@dataclass(frozen=True)
class Table:
    """A table as the template draws it: `head` is rows of (title, columns spanned)."""

    title: str
    note: str
    text_columns: int
    head: list[list[tuple[str, int]]]
    rows: list[list[Cell]]


@dataclass
class Content:
    """All tables of the report, and all their numbers by key; `methods` is (digitizer, input) in the tables' order."""

    tables: dict[str, Table] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    methods: list[tuple[str, str]] = field(default_factory=list)

    def add(self, name: str, table: Table) -> None:
        """Add a table and its numbers."""
        self.tables[name] = table
        self.numbers.update((cell.key, cell.text) for row in table.rows for cell in row if cell.key)


@dataclass(frozen=True)
class _Column:
    """A column of summary.csv as the report shows it."""

    name: str
    title: str
    decimals: int = 1
    scale: float = 1
    sign: bool = False


_LEADS = [_Column("leads_read", "read", 0), _Column("leads", "of", 0)]
_STRICT = [_Column(f"snr_db_{k}", title) for k, title in (("mean", "mean"), ("median", "median"), ("p10", "10th pct."))]
_ALIGNED = [_Column(c.name.replace("snr_db", "snr_aligned_db"), c.title) for c in _STRICT]
_MEDIAN_FORM = [_Column(c.name.replace("snr_db", "snr_median_db"), c.title) for c in _STRICT[:2]]
_SNR_GROUPS = [
    ("leads", _LEADS),
    ("strict SNR (dB)", _STRICT),
    ("aligned SNR (dB)", _ALIGNED),
    ("median form (dB)", _MEDIAN_FORM),
]
_OTHER = [
    _Column("coverage_mean", "samples read (%)", 2, 100),
    _Column("rmse_mv_median", "RMSE (µV)", 1, 1000),
    _Column("r_median", "Pearson r", 4),
    _Column("abs_lag_ms_median", "|lag| (ms)", 2),
    _Column("names_read_share", "leads named right (%)", 1, 100),
    _Column("snr_db_mean_unread_0", "mean SNR, unread as 0 dB", 1),
    _Column("failure_share", "pages not read (%)", 2, 100),
]
_IMAGES = [
    _Column("pages", "images", 0),
    _Column("pages_ok", "read", 0),
    _Column("pages_rejected", "rejected", 0),
    _Column("pages_failed", "failed", 0),
]
_GLANCE = [
    ("images", _IMAGES),
    ("median SNR (dB)", [_Column("snr_db_median", "strict"), _Column("snr_aligned_db_median", "aligned")]),
    *(
        (
            f"{CLINICAL_NAMES[name]} (ms)",
            [_Column(f"{name}_bias", "bias", 1, sign=True), _Column(f"{name}_sd", "SD", 1)],
        )
        for name in CLINICAL
    ),
]


def number(value: float, decimals: int = 1, *, sign: bool = False) -> str:
    """Return a number as the report prints it: fixed decimals, a real minus sign, an en dash where there is none.

    Thousands are set apart by a thin space.
    """
    if np.isnan(value):
        return _NONE
    if np.isinf(value):
        return "∞" if value > 0 else f"{_MINUS}∞"
    # Adding 0.0 turns the -0.0 that rounding makes of small negatives into 0.0.
    text = f"{round(value, decimals) + 0.0:{'+' if sign else ''},.{decimals}f}"
    return text.replace("-", _MINUS).replace(",", _THIN_SPACE)


def build(results: Results) -> Content:
    """Lay out the report's tables from a dataset's results.

    Raises
    ------
    PapertraceError
        If ``summary.csv`` lacks a column.

    """
    content = Content()
    content.add("counts", _counts_table(results))
    content.numbers["count/all/pages"] = number(results.pages.num_rows, 0)
    content.numbers["count/all/records"] = number(results.n_records, 0)
    content.numbers["count/all/failures"] = number(len(results.failures), 0)
    rows = sorted(results.summary, key=lambda row: (row["digitizer"], row["input"], row["group"] != "all"))
    content.methods = [(row["digitizer"], row["input"]) for row in rows if row["group"] == "all"]
    content.add("glance", _glance_table([row for row in rows if row["group"] == "all"]))
    several_layouts = len({row["value"] for row in rows if row["group"] == "layout"}) > 1
    shown = ("all", "layout") if several_layouts else ("layout",)
    content.add("snr", _snr_table("Signal-to-noise ratio", "layout", [row for row in rows if row["group"] in shown]))
    content.add("other", _other_table([row for row in rows if row["group"] == "all"]))
    for per in ("lead", "beat"):
        content.add(f"agreement_{per}", _agreement_table(results.agreement, per))
    content.add("comparison", _comparison_table(results.comparison))
    for group, title in (("split", "By split"), ("source_database", "By source database"), ("lead", "By lead")):
        of_group = [row for row in rows if row["group"] == group]
        content.add(group, _snr_table(title, group.replace("_", " "), of_group))
    # Overall numbers are looked up by the summary whether or not a table has their row.
    for row in rows:
        if row["group"] == "all":
            content.numbers.update((cell.key, cell.text) for _, columns in _SNR_GROUPS for cell in _cells(row, columns))
            measured = [_Column(f"{name}_n", "n", 0) for name in CLINICAL]
            content.numbers.update((cell.key, cell.text) for cell in _cells(row, measured))
    return content


def _cells(row: dict[str, str], columns: list[_Column], prefix: str = "") -> list[Cell]:
    cells = []
    for column in columns:
        name = prefix + column.name
        if name not in row:
            raise PapertraceError(f"scores/summary.csv: has no column {name}; run the summary again with this version")
        value = float(row[name] or "nan") * column.scale
        key = "/".join((row["digitizer"], row["input"], row["group"], row["value"], name))
        cells.append(Cell(number(value, column.decimals, sign=column.sign), key))
    return cells


def _method(row: dict[str, str]) -> list[Cell]:
    return [Cell(row["digitizer"]), Cell(INPUT_NAMES.get(row["input"], row["input"]))]


def _counts_table(results: Results) -> Table:
    rows = []
    for count in results.counts:
        values = {"total": count.total, "ok": count.ok, "failed": count.failed, "rejected": count.rejected}
        cells = [Cell(number(value, 0), f"count/{count.stage}/{name}") for name, value in values.items()]
        rows.append([Cell(count.stage), *cells])
    note = (
        "A row is a record (records), a page (manifest, pages, scans), one digitizer's reading of one image (traces) "
        "or one lead of such a reading (scores). What fails is carried along, so later stages count it again."
    )
    head = [[(title, 1) for title in ("stage", "rows", "ok", "failed", "rejected")]]
    return Table("Rows of every stage", note, 1, head, rows)


def _snr_table(title: str, group: str, rows: list[dict[str, str]]) -> Table:
    body = [
        [*_method(row), Cell(row["value"]), *(cell for _, columns in _SNR_GROUPS for cell in _cells(row, columns))]
        for row in rows
    ]
    head = [
        [("", 3), *((name, len(columns)) for name, columns in _SNR_GROUPS)],
        [*((name, 1) for name in ("digitizer", "input", group)), *((c.title, 1) for _, cs in _SNR_GROUPS for c in cs)],
    ]
    return Table(title, "Over the leads that were read; “of” counts all leads there were to read.", 3, head, body)


def _other_table(rows: list[dict[str, str]]) -> Table:
    titles = ["digitizer", "input", *(column.title for column in _OTHER)]
    note = (
        "Samples read: mean over the leads that were read; RMSE, r and lag: their median. "
        "|lag| is the constant shift in time that the aligned SNR undoes."
    )
    body = [[*_method(row), *_cells(row, _OTHER)] for row in rows]
    return Table("Other measures of fidelity", note, 2, [[(title, 1) for title in titles]], body)


def _glance_table(rows: list[dict[str, str]]) -> Table:
    head = [
        [("", 2), *((name, len(columns)) for name, columns in _GLANCE)],
        [("digitizer", 1), ("input", 1), *((column.title, 1) for _, columns in _GLANCE for column in columns)],
    ]
    body = [[*_method(row), *(cell for _, columns in _GLANCE for cell in _cells(row, columns))] for row in rows]
    note = (
        "An image is read when at least one of its leads was. SNR: median over the leads that were read. Bias and SD: "
        "trace minus truth, one value a lead, both measured by the same program."
    )
    return Table("At a glance", note, 2, head, body)


def _agreement_table(rows: list[dict[str, str]], per: str) -> Table:
    rows = [row for row in rows if row["group"] == "all" and row["per"] == per]
    titles = ["digitizer", "input", "parameter", "unit", "n", "of", "bias", "95 % interval", "SD", "95 % interval"]
    titles += ["MAE", "limits of agreement", "r", "ICC", "margin", "bias within it"]
    what = "one value a lead, the median of its beats" if per == "lead" else "beat by beat"
    note = (
        f"Trace minus truth, {what}; both were measured with the same delineator. n: where both could be measured; of: "
        "where the truth could. Intervals: bootstrap over records, none of a single record. Limits of agreement: bias "
        "∓ 1.96 SD. ICC(2,1): absolute agreement. Within the margin: the bias's 90 % interval is (two one-sided tests)."
    )
    return Table(
        f"Agreement, per {per}", note, 4, [[(title, 1) for title in titles]], [_agreement(row) for row in rows]
    )


def _agreement(row: dict[str, str]) -> list[Cell]:
    name, unit = row["parameter"], split_unit(row["parameter"])[1]
    decimals = 3 if unit == "mV" else 2

    def cell(column: str, digits: int = decimals, *, sign: bool = False) -> Cell:
        key = "/".join((row["digitizer"], row["input"], row["per"], name, column))
        return Cell(number(float(row[column] or "nan"), digits, sign=sign), key)

    def interval(low: str, high: str, *, sign: bool = True) -> Cell:
        ends = [number(float(row[column] or "nan"), decimals, sign=sign) for column in (low, high)]
        return Cell(
            _NONE if _NONE in ends else " … ".join(ends),
            "/".join((row["digitizer"], row["input"], row["per"], name, low)),
        )

    equivalent = Cell({"True": "yes", "False": "no"}.get(row["equivalent"], _NONE))
    return [
        *(*_method(row), Cell(parameter_title(name)), Cell(unit), cell("n", 0), cell("n_truth", 0)),
        *(cell("bias", sign=True), interval("bias_ci_low", "bias_ci_high")),
        *(cell("sd"), interval("sd_ci_low", "sd_ci_high", sign=False), cell("mae"), interval("loa_low", "loa_high")),
        *(cell("r", 4), cell("icc", 4), cell("margin"), equivalent),
    ]


def _comparison_table(rows: list[dict[str, str]]) -> Table:
    rows = [row for row in rows if row["group"] == "all"]
    titles = ["input", "digitizer", "against", "images", "leads", "not read", "by the other", "SNR (dB)", "other's"]
    titles += ["difference", "95 % interval", "better in (%)"]
    note = (
        "On the same leads of the same images; aligned SNR, 0 dB for a lead that was not read. Intervals: bootstrap "
        "over records. Clinical parameters, splits and layouts: scores/digitizers.csv."
    )
    stem = "snr_aligned_db"
    body = []
    for row in rows:
        columns = [("pages", 0), ("stretches", 0), ("unread", 0), ("unread_against", 0), (stem, 1)]
        columns += [(f"{stem}_against", 1), (f"{stem}_difference", 1)]
        key = "/".join((row["digitizer"], row["against"], row["input"]))
        cells = [
            Cell(number(float(row[name] or "nan"), digits, sign=name.endswith("_difference")), f"{key}/{name}")
            for name, digits in columns
        ]
        ends = [number(float(row[f"{stem}_{end}"] or "nan"), 1, sign=True) for end in ("low", "high")]
        cells.append(Cell(_NONE if _NONE in ends else " … ".join(ends), f"{key}/{stem}_low"))
        cells.append(Cell(number(100 * float(row[f"{stem}_better"] or "nan"), 1), f"{key}/{stem}_better"))
        body.append(
            [Cell(INPUT_NAMES.get(row["input"], row["input"])), Cell(row["digitizer"]), Cell(row["against"]), *cells]
        )
    return Table("Digitizers on the same images", note, 3, [[(title, 1) for title in titles]], body)
