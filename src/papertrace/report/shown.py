"""Which images the report shows: the worst, median and best of every digitizer and input, and some of every failure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from papertrace.figures.data import Results
from papertrace.figures.examples import pick
from papertrace.report.failures import Reason


@dataclass(frozen=True, order=True)
class Image:
    """An image that was given to the digitizers: a page, or a scan of it."""

    page_id: str
    input: str

    @property
    def stem(self) -> str:
        """Name of the image's files in the report."""
        return f"{self.page_id}.{self.input}"


@dataclass(frozen=True)
class Example:
    """An image that is shown because of what a digitizer made of it; `kind` is worst, median, best or failed."""

    image: Image
    digitizer: str
    kind: str
    snr_db: float | None = None
    reason: str = ""


def ranked_examples(results: Results, methods: Iterable[tuple[str, str]], count: int) -> list[Example]:
    """Pick `count` worst, median and best images of every (digitizer, input)."""
    shown = []
    for digitizer, input_ in methods:
        picked = pick(results.ranked(input_, digitizer), count)
        shown += [
            Example(Image(page.page_id, input_), digitizer, kind, page.snr_db)
            for kind in ("worst", "median", "best")
            for page in picked[kind]
        ]
    return shown


def failed_examples(reasons: Iterable[Reason], count: int) -> list[Example]:
    """Pick the first `count` images of every reason for which images were not read."""
    shown = []
    for reason in reasons:
        if reason.stage in ("traces", "scores"):
            shown += [
                Example(Image(failure.item, failure.input), failure.digitizer, "failed", None, failure.reason)
                for failure in reason.first[:count]
            ]
    return shown
