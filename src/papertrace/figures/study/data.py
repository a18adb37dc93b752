"""What the study's figures read of a run; tables that several of them need are read once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from papertrace.config import Config
from papertrace.errors import PapertraceError
from papertrace.figures.data import Example, Results, read_example
from papertrace.figures.study.plate import AbsentError
from papertrace.io import read_table
from papertrace.scans.presets import ArtifactName

if TYPE_CHECKING:
    import pandas as pd

_TEXT = (
    "page_id",
    "input",
    "digitizer",
    "record",
    "source_database",
    "split",
    "layout",
    "lead",
    "preset",
    "severity",
    "status",
)
_ARTIFACTS = set(ArtifactName.__args__)
_FIGURES = ("snr_db", "snr_median_db", "snr_aligned_db", "dpi")


@dataclass(frozen=True)
class Study:
    """A run, as the figures ask for it.

    Attributes
    ----------
    results : Results
        Its counts, summaries and shards.
    config : Config
        Uses `figures` and `traces.digitizers`.
    input, digitizer : str
        Whose pages are shown where one has to do.
    """

    results: Results
    config: Config
    input: str
    digitizer: str

    @property
    def folder(self) -> Path:
        """``results/<dataset>``."""
        return self.results.folder

    @property
    def split(self) -> str:
        """Whose scores are shown: a split, or ``all`` records."""
        return self.config.figures.split

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Rows of ``scores.parquet`` with a lead, text as categories, of the split."""
        return self.of_split(self._scores)

    @cached_property
    def _scores(self) -> pd.DataFrame:
        import pyarrow.parquet as pq

        path = self.folder / "scores/scores.parquet"
        there = set(pq.read_schema(path).names)  # tables of earlier versions lack some
        frame = read_table(path, [name for name in (*_TEXT, *_FIGURES) if name in there]).to_pandas(
            strings_to_categorical=True
        )
        for name in frame.select_dtypes("category"):
            frame[name] = frame[name].cat.reorder_categories(sorted(frame[name].cat.categories))
        return frame[frame["lead"].notna()].reset_index(drop=True)

    @cached_property
    def agreement(self) -> pd.DataFrame:
        """Rows of ``agreement.csv`` that are of all pages of the split."""
        frame = self._csv("agreement.csv")
        if self.split == "all":
            return frame[frame["group"] == "all"]
        return frame[(frame["group"] == "split") & (frame["value"] == self.split)]

    @cached_property
    def summary(self) -> pd.DataFrame:
        """``summary.csv``."""
        return self._csv("summary.csv")

    @cached_property
    def inputs(self) -> list[str]:
        """Which inputs were read, clean pages first."""
        return [name for name in ("pages", "scans") if (self._scores["input"] == name).any()]

    @cached_property
    def digitizers(self) -> list[str]:
        """Which digitizers read them, the one that is shown first."""
        names = sorted(set(self.scores["digitizer"]))
        return sorted(names, key=lambda name: (name != self.digitizer, names.index(name)))

    @cached_property
    def artifacts(self) -> dict[str, list[str]]:
        """Which scans have an artifact: page ids by its name."""
        found: dict[str, list[str]] = {}
        for shard in sorted(set(self.results.shard_of.values())):
            table = read_table(self.folder / f"scans/{shard}.parquet", ["page_id", "recipe"])
            for page_id, recipe in zip(*(table[name].to_pylist() for name in table.column_names), strict=True):
                for name in {item["artifact"] for item in json.loads(recipe or "[]")} & _ARTIFACTS:
                    found.setdefault(name, []).append(page_id)
        return dict(sorted(found.items()))

    @cached_property
    def example(self) -> Example:
        """The median page of what is shown."""
        ranked = self.results.ranked(self.input, self.digitizer)
        if not ranked:
            raise AbsentError(f"{self.digitizer} read no page")
        return read_example(self.results, ranked[len(ranked) // 2].page_id, self.input, self.digitizer)

    def of_split(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of the split; raises `AbsentError` where there is none."""
        if self.split == "all":
            return frame
        mine = frame[frame["split"] == self.split].reset_index(drop=True)
        if mine.empty:
            raise AbsentError(f"no page of the split {self.split} was scored; see `figures.split`")
        return mine

    def leads(self, input_: str, digitizer: str) -> pd.DataFrame:
        """Return the scores of the leads that a digitizer read."""
        frame = self.scores
        return frame[(frame["input"] == input_) & (frame["digitizer"] == digitizer) & (frame["status"] == "ok")]

    def beats(self, input_: str, digitizer: str, parameter: str) -> tuple[np.ndarray, np.ndarray]:
        """Return a parameter of matched beats on truth and trace, shape (n,) each; both can be measured."""
        import pyarrow.parquet as pq

        names = [f"{parameter}_{which}" for which in ("truth", "trace")]
        table = pq.read_table(
            self.folder / "scores/beats.parquet",
            columns=names,
            filters=[
                ("input", "=", input_),
                ("digitizer", "=", digitizer),
                ("match", "=", "matched"),
                *([] if self.split == "all" else [("split", "=", self.split)]),
            ],
            partitioning=None,
        )
        truth, trace = (table[name].to_numpy().astype(float) for name in names)
        both = np.isfinite(truth) & np.isfinite(trace)
        return truth[both], trace[both]

    def agreed(self, **wanted: str) -> dict[str, float] | None:
        """Return a row of the agreement, by default per beat; None where there is none."""
        frame = self.agreement
        for name, value in ({"per": "beat"} | wanted).items():
            frame = frame[frame[name] == value]
        return frame.iloc[0].to_dict() if len(frame) else None

    def _csv(self, name: str) -> pd.DataFrame:
        import pandas as pd

        path = self.folder / "scores" / name
        if not path.is_file():
            raise PapertraceError(f"{path}: no such table; run the summary again with this version")
        return pd.read_csv(path, dtype={"value": str}, keep_default_na=True)
