"""How many pages of a run failed."""

from __future__ import annotations

from pathlib import Path

from papertrace.io import read_table


def count_failures(scores: Path) -> tuple[int, int]:
    """Count the digitizations of which not one lead could be scored, and all digitizations.

    A digitization is one page as read by one digitizer from one input (clean page or scan).

    Parameters
    ----------
    scores : Path
        A table of `papertrace.tables.SCORES`.

    Returns
    -------
    failed, total : int
    """
    table = read_table(scores, ["page_id", "input", "digitizer", "status"])
    keys = list(zip(*(table[name].to_pylist() for name in ("page_id", "input", "digitizer")), strict=True))
    done = {key for key, status in zip(keys, table["status"].to_pylist(), strict=True) if status == "ok"}
    total = len(set(keys))
    return total - len(done), total
