"""A results folder in miniature, written by hand through the contracts."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from papertrace import tables
from papertrace.io import write_table


@dataclass
class Shard:
    """Rows of one shard, and where they go."""

    root: Path
    number: int = 0
    manifest: list[dict] = field(default_factory=list)
    pages: list[dict] = field(default_factory=list)
    truth: list[dict] = field(default_factory=list)
    traces: list[dict] = field(default_factory=list)
    signals: list[dict] = field(default_factory=list)

    def path(self, stage: str) -> Path:
        return self.root / stage / f"shard-{self.number:05d}.parquet"

    def page(self, page_id: str, status: str = "ok", reason: str | None = None, split: str = "test") -> None:
        row = dict.fromkeys(tables.MANIFEST.names)
        row.update(page_id=page_id, record=page_id.split("_")[0], database="qtdb", source_database="mitdb")
        self.manifest.append({**row, "split": split, "layout": "2x1", "status": "ok"})
        row = dict.fromkeys(tables.PAGES.names)
        self.pages.append({**row, "page_id": page_id, "status": status, "reason": reason})

    def lead(self, page_id: str, lead: str, row: int, samples: np.ndarray, rate_hz: float = 250.0) -> None:
        place = {"page_id": page_id, "lead": lead, "row": row, "column": 0, "start_s": 0.0, "rate_hz": rate_hz}
        self.truth.append({**place, "unit": "mV", "start_sample": 0, "offset_mv": 0.0, "samples": samples})

    def trace(self, page_id: str, input_: str = "pages", status: str = "ok", reason: str | None = None) -> None:
        row = dict.fromkeys(tables.TRACES.names)
        row.update(page_id=page_id, input=input_, digitizer="classical", status=status, reason=reason)
        self.traces.append(row)

    def signal(self, page_id: str, lead: str | None, row: int, samples: np.ndarray, **more) -> None:
        place = {"page_id": page_id, "input": "pages", "digitizer": "classical", "lead": lead, "row": row, "column": 0}
        rest = {
            "start_s": 0.0,
            "rate_hz": 250.0,
            "samples": samples,
            "confidence": [],
            "error_mv": [],
            "x_px": [],
            "y_px": [],
            "gain_mm_mv": 10.0,
        }
        self.signals.append({**place, **rest, **more})

    def write(self) -> Shard:
        write_table(self.manifest, tables.MANIFEST, self.root / "manifest.parquet")
        write_table(self.pages, tables.PAGES, self.path("pages"))
        write_table(self.truth, tables.TRUTH, self.path("pages").with_suffix("") / "truth.parquet")
        write_table(self.traces, tables.TRACES, self.path("traces"))
        write_table(self.signals, tables.SIGNALS, self.path("traces").with_suffix("") / "signals.parquet")
        return self


@pytest.fixture
def shard(tmp_path: Path) -> Shard:
    """An empty shard 0."""
    return Shard(tmp_path)


@pytest.fixture
def wave() -> np.ndarray:
    """10 s at 250 Hz of a signal with power everywhere, in mV."""
    t = np.arange(2500) / 250
    return np.sin(2 * np.pi * 1.3 * t) + 0.3 * np.sin(2 * np.pi * 7.1 * t + 0.4)
