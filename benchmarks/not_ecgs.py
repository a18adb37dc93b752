"""Images that are not ECGs, and what a digitizer makes of them: ``python benchmarks/not_ecgs.py [--digitizer NAME]``.

Every picture of `not_ecg_images` is drawn, written to ``--out`` and read. None of them may be accepted; near misses,
curves that are not of a heart, are counted apart and may be.

Out   the pictures, ``not-ecgs.json`` (what became of each, and the reason), a Markdown table on stdout. Exit status 1
      where one was accepted that is no near miss.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import cv2
from not_ecg_images import IMAGES, NEAR_MISSES, draw
from tqdm import tqdm

from papertrace.io import write_bytes, write_text
from papertrace.threads import limit_threads
from papertrace.traces.digitizer import Digitizer
from papertrace.traces.registry import get_digitizer
from papertrace.traces.stage import read_page


def main() -> int:
    """Run the benchmark from the command line; return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--digitizer", default="classical", help="a name of papertrace.traces.registry")
    parser.add_argument("--out", type=Path, default=Path("results/not-ecgs"), help="folder for the pictures")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="pictures whose names hold this")
    given = parser.parse_args()
    limit_threads()
    names = [name for name in (*IMAGES, *NEAR_MISSES) if (given.only or "") in name]
    rows = judge(get_digitizer(given.digitizer), names, given.seed, given.out)
    write_text(json.dumps(rows, indent=1) + "\n", given.out / "not-ecgs.json")
    print(markdown(rows), end="")
    return int(any(row["status"] == "ok" and not row["near_miss"] for row in rows))


def judge(digitizer: Digitizer, names: list[str], seed: int, out: Path) -> list[dict]:
    """Draw pictures, write them to a folder, and let a digitizer read each; return one row a picture."""
    rows = []
    for name in tqdm(names, desc="not ECGs", unit="image", disable=None):
        image = draw(name, seed)
        if image is None:
            print(f"{name}: not installed here, left out", file=sys.stderr)
            continue
        write_bytes(cv2.imencode(".png", image)[1].tobytes(), out / f"{name.replace(', ', '-').replace(' ', '-')}.png")
        read = read_page(digitizer, image, 500.0)
        rows.append({"image": name, "near_miss": name in NEAR_MISSES, "status": read.status, "reason": read.reason})
    return rows


def markdown(rows: list[dict]) -> str:
    """Return a table of how many ended how, and the names of those that were accepted."""
    lines = ["| | images | rejected | failed | accepted |", "|---|---|---|---|---|"]
    for title, near in (("not ECGs", False), ("near misses", True)):
        group = [row for row in rows if row["near_miss"] == near]
        counts = [sum(row["status"] == status for row in group) for status in ("rejected", "failed", "ok")]
        lines.append(f"| {title} | {len(group)} | {' | '.join(map(str, counts))} |")
        accepted = ", ".join(row["image"] for row in group if row["status"] == "ok")
        if accepted:
            lines.append(f"| accepted | {accepted} | | | |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
