"""Make a figure as small as the documentation shows it: ``make docs-figures``."""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image


def main() -> None:
    """Shrink one picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("picture", type=Path, help="PNG, as the workflow leaves it")
    parser.add_argument("out", type=Path, help="PNG to write")
    parser.add_argument("--width", type=int, default=1210, help="in pixels")
    given = parser.parse_args()
    with Image.open(given.picture) as picture:
        height = round(picture.height * given.width / picture.width)
        small = picture.convert("RGB").resize((given.width, height), Image.Resampling.LANCZOS)
    small.save(given.out, optimize=True)


if __name__ == "__main__":
    main()
