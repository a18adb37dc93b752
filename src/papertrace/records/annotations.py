"""Which annotation files papertrace reads beside a record: cardiologists' marks, and no others."""

from __future__ import annotations

OF_RECORD = ("q1c", "q2c")
"""Annotators of all leads at once (QTDB): suffixes of their files."""
OF_LEAD = "lead"
"""What marks are called that were made lead by lead (LUDB), in files whose suffix is the lead's name."""


def mark_suffixes(lead: str) -> dict[str, str]:
    """Return the suffixes of the files that may hold experts' marks of a lead, by annotator.

    Examples
    --------
    >>> mark_suffixes("aVR")
    {'q1c': 'q1c', 'q2c': 'q2c', 'lead': 'avr'}
    """
    suffixes = {name: name for name in OF_RECORD} | {OF_LEAD: lead.lower()}
    return {name: suffix for name, suffix in suffixes.items() if suffix.isalnum() and suffix not in ("hea", "dat")}
