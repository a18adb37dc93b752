"""Age and sex from the comments of WFDB headers, which every database writes in its own way."""

from __future__ import annotations

import re
from pathlib import Path

# "#<age>: 71" (LUDB), "#Age: 47  Sex: M" (QTDB), "# 69 M 1085 1629 x1" (MIT-BIH), "# Sex: Female" (PhysioNet)
_AGE = re.compile(r"\bage\b>?\s*[:=]?\s*(\d{1,3})(?![\d])", re.IGNORECASE)
_SEX = re.compile(r"\b(?:sex|gender)\b>?\s*[:=]?\s*(male|female|m|f)\b", re.IGNORECASE)
_BARE = re.compile(r"\s*(\d{1,3})\s+([MF])\b.*")
_OLDEST = 120  # PTB-XL writes 300 for everybody above 89


def read_age_and_sex(root: Path | str, path: str) -> tuple[int | None, str | None]:
    """Return a person's age in years and sex (``male`` or ``female``) from a record's header; None where it tells none.

    Whatever else comments hold is passed over; a header that cannot be read tells nothing.

    Parameters
    ----------
    root : Path
        Folder that the record's path is relative to.
    path : str
        WFDB path, without suffix.
    """
    try:
        text = (Path(root) / f"{path}.hea").read_bytes().decode("utf-8", errors="replace")
    except OSError:
        return None, None
    return age_and_sex([line[1:] for line in text.splitlines() if line.startswith("#")])


def age_and_sex(comments: list[str]) -> tuple[int | None, str | None]:
    """Return age and sex from comment lines without their ``#``; see `read_age_and_sex`.

    Examples
    --------
    >>> age_and_sex(["Age: 47  Sex: M", "Recorder type: ICR model 7200"])
    (47, 'male')
    >>> age_and_sex([" 69 M 1085 1629 x1"])
    (69, 'male')
    >>> age_and_sex(["Produced by xform from record mqt2, beginning at 11:13:10.000"])
    (None, None)
    """
    age = sex = None
    for line in comments:
        bare = _BARE.fullmatch(line)
        found_age, found_sex = (bare[1], bare[2]) if bare else (_first(_AGE, line), _first(_SEX, line))
        age = int(found_age) if age is None and found_age else age
        sex = found_sex if sex is None else sex
    if age is not None and age > _OLDEST:
        age = None
    return age, None if sex is None else {"m": "male", "f": "female"}[sex[0].lower()]


def _first(pattern: re.Pattern[str], line: str) -> str | None:
    found = pattern.search(line)
    return found[1] if found else None
