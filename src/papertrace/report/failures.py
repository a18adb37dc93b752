"""Failures by reason: sentences that differ in names and numbers only count as one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from papertrace.figures.data import Failure

_FIRST = 20


@dataclass(frozen=True)
class Reason:
    """Why something is not ok, and how often.

    Attributes
    ----------
    stage, status : str
        Where it went wrong, and how: failed or rejected.
    input, digitizer : str or None
        Which images and whose readings, where it is theirs.
    pattern : str
        The sentence, with numbers as ``…``.
    count : int
        How many records, pages, readings or leads.
    first : list of Failure
        The first of them.

    """

    stage: str
    status: str
    input: str | None
    digitizer: str | None
    pattern: str
    count: int
    first: list[Failure]

    @property
    def example(self) -> Failure:
        """The first of them, to be told in full."""
        return self.first[0]


def by_reason(failures: Iterable[Failure]) -> list[Reason]:
    """Group failures by stage, digitizer, input and what their sentences have in common; the most frequent first."""
    groups: dict[tuple, list[Failure]] = {}
    for failure in failures:
        key = (failure.stage, failure.status, failure.input, failure.digitizer, pattern_of(failure.reason))
        groups.setdefault(key, []).append(failure)
    found = [Reason(*key, len(group), group[:_FIRST]) for key, group in groups.items()]
    return sorted(found, key=lambda reason: -reason.count)


def pattern_of(sentence: str) -> str:
    """Return what a sentence has in common with others of its kind.

    Examples
    --------
    >>> pattern_of("sel100.dat: holds 10 samples where its header promises 225000")
    '…: holds … samples where its header promises …'

    """
    sentence = re.sub(r"^[^\s:]*[./\d][^\s:]*:", "…:", sentence)
    return re.sub(r"[-+]?\d[\d.,]*\d|\d", "…", sentence)
