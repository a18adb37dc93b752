"""All shards' scores in one table, and the CSV files a person reads.

How failures count is the same everywhere. Averages and percentiles of fidelity go over the leads that were read
(``leads_read`` of ``leads``); beside them stand the shares that failed, and means over all leads, with 0 dB for those
that were not read (``snr_db_mean_unread_0``). A page counts as failed or rejected when not one of its leads was read;
Kaggle's score, which is one of images, takes it for an image of ratio 0.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from papertrace import tables
from papertrace.config import Config
from papertrace.errors import PapertraceError
from papertrace.io import atomic_path, read_table, shard_folder, write_arrow, write_text
from papertrace.scores.agreement_table import agreement_table, group_text
from papertrace.scores.config import ScoresConfig
from papertrace.scores.digitizers import compare
from papertrace.scores.kaggle import image_ratio, score_db
from papertrace.scores.stage import ORDER
from papertrace.tables import CLINICAL

if TYPE_CHECKING:
    import pandas as pd

ATTEMPT = ("page_id", "input", "digitizer")
"""What a page-level row stands for: one digitizer's attempt at one image of one page."""

FIDELITY = (
    "coverage", "snr_db", "snr_median_db", "snr_aligned_db", "snr_aligned_median_db", "rmse_mv", "r",
    "challenge_snr_db", "challenge_snr_median_db", "challenge_ks", "challenge_asci", "challenge_wad_mv",
    "spikes_per_s", "snr_residual_db", "noise_missing", "noise_spikes", "noise_offset", "noise_shift", "noise_stretch",
    "noise_gain", "noise_rest",
    "rmse_qrs_mv", "rmse_st_mv", "rmse_t_mv", "rmse_baseline_mv", "below_ceiling_db", "below_column_ceiling_db",
)  # fmt: skip
SIGNED = ("lag_ms", "offset_mv", "gain_error_percent", "stretch_ppm")
"""Of these the summary has the sizes, pages and records the medians."""
UNREAD_0 = ("snr_db", "challenge_snr_db")
"""Of these there is a mean over all leads too, 0 dB for those that were not read."""
_KAGGLE = ("kaggle_db", "kaggle_image_db_mean", "kaggle_images")
_GROUP_ROWS = 50_000
_GROUPS = ("split", "layout", "dpi", "preset", "severity", "database", "source_database", "lead")


def run(config: Config, scores: list[Path], out: Path) -> None:
    """Join the shards' scores and summarise them.

    Parameters
    ----------
    config : Config
        Its `scores.kaggle_cap` and `scores.margins` are used.
    scores : list of Path
        ``scores/shard-NNNNN.parquet``, in any order.
    out : Path
        ``scores.parquet``, all rows sorted; beside it ``beats.parquet``, ``experts.parquet``, and ``summary.csv``,
        ``pages.csv``, ``records.csv``, ``failures.csv``, ``digitizers.csv`` and ``agreement.csv`` (columns in
        docs/tables.md). It is written last.

    Raises
    ------
    PapertraceError
        No shards, or one that is missing.
    """
    import pandas as pd

    if not scores:
        raise PapertraceError(f"{out}: there are no shards to summarise; run scores first")
    beats, experts = (
        [shard_folder(path) / f"{name}.parquet" for path in sorted(scores)] for name in ("beats", "experts")
    )
    for path in (*scores, *beats, *experts):
        if not Path(path).is_file():
            raise PapertraceError(f"{path}: no such file; run scores for this shard first")
    table = pa.concat_tables([read_table(path).cast(tables.SCORES) for path in scores])
    table = table.sort_by([(name, "ascending") for name in ORDER]).combine_chunks()
    held = [out.with_name("beats.parquet"), out.with_name("experts.parquet")]
    _join(beats, tables.BEATS, held[0])
    _join(experts, tables.EXPERTS, held[1])
    # Frames that are made of a frame share its columns: half of the memory, and a quarter of the time.
    with pd.option_context("mode.copy_on_write", True):
        frame = table.to_pandas()
        made = {
            "summary": partial(summarise, frame, config.scores.kaggle_cap),
            "pages": partial(per_page, frame, config.scores.kaggle_cap),
            "records": partial(per_record, frame),
            "failures": partial(failures, frame),
            "digitizers": partial(compare, frame),
            "agreement": partial(agreement_table, frame, held[0], _GROUPS, config.scores.margins),
        }
        for name, make in made.items():
            held.append(out.with_name(f"{name}.csv"))
            write_text(to_csv(make()), held[-1])
    write_arrow(table, out, held)


def _join(paths: list[Path], schema: pa.Schema, out: Path) -> None:
    """Write the shards' tables below each other, a few in memory at a time; shards in order are sorted by page.

    Groups of rows are of one size, so that the bytes do not tell where a shard ended.
    """
    waiting = schema.empty_table()
    with atomic_path(out) as beside, pq.ParquetWriter(beside, schema, compression="zstd") as writer:
        for path in paths:
            waiting = pa.concat_tables([waiting, read_table(path).cast(schema)])
            while waiting.num_rows >= _GROUP_ROWS:
                writer.write_table(waiting.slice(0, _GROUP_ROWS).combine_chunks())
                waiting = waiting.slice(_GROUP_ROWS).combine_chunks()
        writer.write_table(waiting.combine_chunks())


def failure_share(scores: pa.Table) -> float:
    """Return the share of attempts (page, input, digitizer) of which no lead was read, failed or rejected.

    Parameters
    ----------
    scores : pyarrow.Table
        With at least `page_id`, `input`, `digitizer` and `status`.

    Returns
    -------
    float
        0 for an empty table.
    """
    ok = pa.table([*(scores[name] for name in ATTEMPT), pc.equal(scores["status"], "ok")], names=[*ATTEMPT, "ok"])
    attempts = ok.group_by(list(ATTEMPT)).aggregate([("ok", "any")])
    return pc.mean(pc.invert(attempts["ok_any"])).as_py() if attempts.num_rows else 0.0


def summarise(frame: pd.DataFrame, kaggle_cap: float = ScoresConfig().kaggle_cap) -> pd.DataFrame:
    """Summarise scores per input and digitizer: over all pages, then by split, layout, database and lead.

    Parameters
    ----------
    frame : DataFrame
        Rows of `papertrace.tables.SCORES`.
    kaggle_cap : float
        See `papertrace.scores.kaggle.image_ratio`.

    Returns
    -------
    DataFrame
        One row per input, digitizer, `group` (``all``, ``split``, …) and `value` of the group; columns as in
        docs/tables.md.
    """
    import pandas as pd

    frame = _with_differences(frame).merge(_kaggle_ratios(frame, kaggle_cap), on=list(ATTEMPT), how="left")
    parts = []
    for group in ("all", *_GROUPS):
        rows = frame if group == "all" else frame[frame[group].notna()]
        if rows.empty and group != "all":
            continue
        value = pd.Series("all", rows.index) if group == "all" else rows[group].map(group_text)
        keys = {"input": rows["input"], "digitizer": rows["digitizer"], "group": group, "value": value}
        part = _summary(rows.assign(**keys), list(keys))
        if group == "lead":  # Kaggle's score is one of images
            part = part.drop(columns=list(_KAGGLE))
        parts.append(part)
    return pd.concat(parts, ignore_index=True).sort_values(["input", "digitizer"], kind="stable", ignore_index=True)


def per_page(frame: pd.DataFrame, kaggle_cap: float = ScoresConfig().kaggle_cap) -> pd.DataFrame:
    """Return one row per page, input and digitizer: status, medians over the leads read, Kaggle's ratio."""
    rows = _medians(frame, [*ATTEMPT, "record", "source_database", "split", "layout"])
    return rows.merge(_kaggle_ratios(frame, kaggle_cap), on=list(ATTEMPT), how="left")


def per_record(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row per record, input and digitizer: pages by outcome, and the median over all leads read."""
    return _medians(frame, ["record", "input", "digitizer", "database", "source_database", "split"])


def failures(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row per attempt and reason for which leads were not read, and whether the whole page was lost."""
    unread = frame[frame["status"] != "ok"].merge(_attempts(frame), on=list(ATTEMPT))
    unread = unread.assign(page_lost=unread["page_status"] != "ok")
    keys = [*ATTEMPT, "record", "status", "reason", "page_lost"]
    return unread.groupby(keys, sort=True, dropna=False)["lead"].count().rename("leads_unread").reset_index()


def to_csv(frame: pd.DataFrame) -> str:
    """Return a frame as CSV: four decimals, a line feed, nothing where a figure is absent."""
    figures = frame.select_dtypes("float")
    frame = frame.assign(**(figures.round(4) + 0.0))  # the sum turns -0.0 into 0.0
    return frame.to_csv(index=False, float_format="%.4f", lineterminator="\n")


def _attempts(frame: pd.DataFrame) -> pd.DataFrame:
    """The status of each attempt: ok if one lead was read, else rejected if any was, else failed."""
    marks = frame[list(ATTEMPT)].assign(ok=frame["status"] == "ok", rejected=frame["status"] == "rejected")
    rows = marks.groupby(list(ATTEMPT), sort=True).any().reset_index()
    rows["page_status"] = np.select([rows["ok"], rows["rejected"]], ["ok", "rejected"], "failed")
    return rows.drop(columns=["ok", "rejected"])


def _counts(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Pages by outcome and leads read in each group; `frame` has `page_status`."""
    pages = frame.drop_duplicates([*keys, *(name for name in ATTEMPT if name not in keys)])
    outcome = pages[keys].assign(
        pages=1,
        **{f"pages_{status}": (pages["page_status"] == status).astype(int) for status in ("ok", "failed", "rejected")},
    )
    counts = outcome.groupby(keys, sort=True, dropna=False).sum()
    leads = frame[keys].assign(leads=frame["lead"].notna(), leads_read=frame["status"] == "ok")
    return counts.join(leads.groupby(keys, sort=True, dropna=False).sum().astype(int))


def _medians(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    frame = _with_differences(frame)
    counts = _counts(frame, keys)
    if "page_id" in keys:
        status = np.select([counts["pages_ok"] > 0, counts["pages_rejected"] > 0], ["ok", "rejected"], "failed")
        counts = counts[["leads", "leads_read"]]
        counts.insert(0, "status", status)
    figures = [*FIDELITY, *SIGNED, *(f"{name}_error" for name in CLINICAL)]
    return counts.join(frame.groupby(keys, sort=True, dropna=False)[figures].median()).reset_index()


def _kaggle_ratios(frame: pd.DataFrame, cap: float) -> pd.DataFrame:
    """Kaggle's ratio of every attempt; NaN where no lead was drawn, or none has power."""
    counted = frame[frame["kaggle_signal_mv2"].notna()]
    signal, noise = counted["kaggle_signal_mv2"], counted["kaggle_noise_mv2"]
    sums = counted[list(ATTEMPT)].assign(signal=signal, noise=noise.fillna(signal), read=noise.notna())
    sums = sums.groupby(list(ATTEMPT), sort=True).agg({"signal": "sum", "noise": "sum", "read": "any"}).reset_index()
    ratios = [image_ratio(*row, cap) for row in sums[["signal", "noise", "read"]].itertuples(index=False)]
    return sums[list(ATTEMPT)].assign(kaggle_ratio=np.array(ratios, float))


def _with_differences(frame: pd.DataFrame) -> pd.DataFrame:
    """Add each attempt's status, the distance to the ceilings, and trace minus truth of the clinical parameters."""
    below = {f"below_{name}": frame[name] - frame["snr_db"] for name in tables.CEILINGS}
    errors = {f"{name}_error": frame[f"{name}_trace"] - frame[f"{name}_truth"] for name in CLINICAL}
    return frame.merge(_attempts(frame), on=list(ATTEMPT), how="left").assign(**below, **errors)


def _kaggle(frame: pd.DataFrame, keys: list[str]) -> dict[str, pd.Series]:
    """Kaggle's score over the images of each group, the mean of the images' own dB, and how many images it is of."""
    images = frame.drop_duplicates([*keys, *(name for name in ATTEMPT if name not in keys)])
    images = images.assign(own_db=10 * np.log10(images["kaggle_ratio"].where(images["kaggle_ratio"] > 0)))
    groups = images.groupby(keys, sort=True, dropna=False)
    ratios = groups["kaggle_ratio"]
    score = ratios.apply(lambda part: score_db(part.to_numpy(float)))
    return dict(zip(_KAGGLE, (score, groups["own_db"].mean(), ratios.count().astype("Int64")), strict=True))


def _summary(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    import pandas as pd

    counts = _counts(frame, keys)
    counts["failure_share"] = 1 - counts["pages_ok"] / counts["pages"]
    counts["leads_unread_share"] = 1 - counts["leads_read"] / counts["leads"].where(counts["leads"] > 0)
    frame = frame.assign(
        **{f"abs_{name}": frame[name].abs() for name in SIGNED},
        name_read=frame["name_read"].astype("boolean").astype("Float64").astype(float),
        **{
            f"{name}_unread_0": frame[name].where(frame["status"] == "ok", 0.0).where(frame["lead"].notna())
            for name in UNREAD_0
        },
    )
    grouped = frame.groupby(keys, sort=True, dropna=False)
    columns = {
        "names_read_share": grouped["name_read"].mean(),
        **{f"{name}_mean_unread_0": grouped[f"{name}_unread_0"].mean() for name in UNREAD_0},
        **_kaggle(frame, keys),
    }
    for name in (*FIDELITY, *(f"abs_{name}" for name in SIGNED)):
        figures = grouped[name]
        columns |= {
            f"{name}_n": figures.count(),
            f"{name}_mean": figures.mean(),
            f"{name}_median": figures.median(),
            f"{name}_p10": figures.quantile(0.1),
            f"{name}_p90": figures.quantile(0.9),
            f"{name}_sd": figures.std(),
        }
    for name in CLINICAL:
        columns |= {
            f"{name}_n_truth": grouped[f"{name}_truth"].count(),
            f"{name}_n_trace": grouped[f"{name}_trace"].count(),
            f"{name}_n": grouped[f"{name}_error"].count(),
            f"{name}_bias": grouped[f"{name}_error"].mean(),
            f"{name}_sd": grouped[f"{name}_error"].std(),
            f"{name}_mae": frame[f"{name}_error"].abs().groupby([frame[key] for key in keys], dropna=False).mean(),
        }
    return counts.join(pd.DataFrame(columns)).reset_index()
