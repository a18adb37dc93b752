"""What a fictional electrocardiograph prints in a header; nothing here comes from a record or a person."""

from __future__ import annotations

import numpy as np

_HOSPITALS = ("General Hospital", "University Clinic", "Cardiology Outpatients", "County Medical Centre", "Ward 7B")
_STATEMENTS = ("Unconfirmed report", "Automatic reading, to be confirmed", "Technically adequate recording")


def header_lines(rng: np.random.Generator) -> list[tuple[float, float, str]]:
    """Return the header's lines: left end as a share of the page's width, baseline in mm, text."""
    day, month, year = int(rng.integers(1, 29)), int(rng.integers(1, 13)), int(rng.integers(1990, 2025))
    hour, minute = int(rng.integers(0, 24)), int(rng.integers(0, 60))
    left, middle, right = 0.04, 0.36, 0.68
    return [
        (left, 7.0, f"ID {rng.integers(100_000, 1_000_000)}"),
        (left, 12.0, f"{rng.integers(18, 96)} years   {rng.choice(['male', 'female'])}"),
        (left, 17.0, f"{rng.integers(150, 196)} cm   {rng.integers(48, 110)} kg"),
        (middle, 7.0, f"{year:04d}-{month:02d}-{day:02d}  {hour:02d}:{minute:02d}"),
        (middle, 12.0, str(rng.choice(_HOSPITALS))),
        (right, 7.0, f"Filter 0.05-{rng.choice([40, 100, 150])} Hz   AC {rng.choice([50, 60])} Hz"),
        (right, 12.0, str(rng.choice(_STATEMENTS))),
    ]
