"""How many windows of which records become pages, and where in the record each window lies.

Everything here is integer arithmetic on counts: the workflow calls `page_total` while it plans.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from papertrace.errors import ConfigError

if TYPE_CHECKING:
    from papertrace.config import Config

# The study's recipes: records that each wants, pages that it comes to, and why a count may be off.
_STUDY = {
    "qtdb-21801": (105, 21_801, "point `records.folder` at the whole QT Database 1.0.0"),
    "qtdb-disjoint": (105, 9_450, "point `records.folder` at the whole QT Database 1.0.0"),
    "ptbxl-21801": (21_801, 21_801, "point `records.folder` at the whole of PTB-XL 1.0.2 (1.0.3 has 21,799)"),
}
_STUDY_WINDOW_S = 10.0


def windows_per_record(config: Config, n_records: int) -> list[int]:
    """Return how many windows the whole recipe takes of each record, in the sorted order of their ids.

    The counts differ by at most 1. ``qtdb-21801`` takes 208 windows of the first 66 records and 207 of the
    other 39, which is the only even way to make 21,801 pages of 105 records.

    Raises
    ------
    ConfigError
        A recipe of the study meets another number of records, or another length of window, than its own.
    """
    recipe = config.manifest.recipe
    if recipe == "strided":
        return [config.manifest.windows_per_record] * n_records
    wanted_records, wanted_pages, remedy = _STUDY[recipe]
    if n_records != wanted_records:
        raise ConfigError(
            f"`manifest.recipe` is {recipe!r}, which needs {wanted_records:,} records, not {n_records:,}: "
            f"{remedy}, or use recipe 'strided'"
        )
    if config.manifest.window_s != _STUDY_WINDOW_S:
        raise ConfigError(
            f"`manifest.window_s` is {config.manifest.window_s:g}, but recipe {recipe!r} has windows of 10 s: "
            "leave it at 10, or use recipe 'strided'"
        )
    fewest, extra = divmod(wanted_pages, n_records)
    counts = [fewest + (place < extra) for place in range(n_records)]
    assert sum(counts) == wanted_pages
    return counts


def page_total(config: Config, n_records: int) -> int:
    """Return how many pages a dataset of `n_records` records has, its `limit` taken into account."""
    total = sum(windows_per_record(config, n_records))
    return total if config.limit is None else min(config.limit, total)


def spread(total: int, chosen: int) -> list[int]:
    """Return `chosen` distinct places among `total`, as evenly spread as whole numbers allow.

    Each place is the middle of one of `chosen` equal stretches of ``range(total)``.

    Examples
    --------
    >>> spread(208, 2)
    [52, 156]
    >>> spread(3, 3)
    [0, 1, 2]
    """
    return [(2 * k + 1) * total // (2 * chosen) for k in range(chosen)]


def limited_windows(counts: list[int], order: list[int], limit: int | None) -> list[list[int]]:
    """Return which windows of each record are taken under a limit.

    Parameters
    ----------
    counts : list of int
        Windows of each record under the whole recipe; they differ by at most 1.
    order : list of int
        All places of `counts`. Where the limit is no multiple of the number of records, those that have a page
        more than the others are evenly spread in this order.
    limit : int or None
        Pages in all; None or more than there are takes everything.

    Returns
    -------
    list of list of int
        Ascending window numbers of each record. Their counts differ by at most 1 and sum to the limit.
    """
    if limit is None or limit >= sum(counts):
        return [list(range(count)) for count in counts]
    fewest, extra = divmod(limit, len(counts))
    with_room = [place for place in order if counts[place] > fewest]
    favoured = {with_room[k] for k in spread(len(with_room), extra)}
    return [spread(count, min(fewest, count) + (place in favoured)) for place, count in enumerate(counts)]


def window_start(n_record: int, n_window: int, window: int, n_windows: int) -> int:
    """Return the first sample of one of `n_windows` windows, evenly strided from the record's start to its end.

    A single window is taken from the middle. Windows overlap where the record is shorter than all of them together.
    """
    free = n_record - n_window
    return free // 2 if n_windows == 1 else window * free // (n_windows - 1)


def window_length(config: Config, n_record: int, rate_hz: float, n_windows: int) -> int:
    """Return the samples of a window of a record.

    Half of QTDB's records are 1 or 7 samples short of 15 min, so that 90 windows of 10 s would overlap there:
    ``qtdb-disjoint`` makes their windows one sample shorter instead.
    """
    length = round(config.manifest.window_s * rate_hz)
    if config.manifest.recipe == "qtdb-disjoint" and n_record // n_windows == length - 1:
        return length - 1
    return length
