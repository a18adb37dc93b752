"""Which pages the report shows: the best, the median and the worst by their median SNR."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PageScore:
    """A page's strict SNR in dB, the median over the leads that were read."""

    page_id: str
    snr_db: float


def rank(pages: list[PageScore]) -> list[PageScore]:
    """Return the pages from worst to best; equal scores by page id, so that the order is always the same."""
    return sorted(pages, key=lambda page: (page.snr_db, page.page_id))


def pick(ranked: list[PageScore], count: int) -> dict[str, list[PageScore]]:
    """Pick `count` best, median and worst pages, fewer where the three would overlap.

    Parameters
    ----------
    ranked : list of PageScore
        From worst to best.
    count : int
        How many of each.

    Returns
    -------
    dict
        ``best`` (best first), ``median`` (best first) and ``worst`` (worst first); no page is in two of them.

    """
    n = len(ranked)
    if n < 3:
        return {"best": ranked[::-1][:1], "median": [], "worst": ranked[: n - 1] if n else []}
    count = min(count, n // 3)
    middle = (n - count) // 2
    return {
        "best": ranked[::-1][:count],
        "median": ranked[middle : middle + count][::-1],
        "worst": ranked[:count],
    }
