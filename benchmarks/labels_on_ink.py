"""Do the labels of scans lie on the ink? ``make labels``.

In    DATA/qtdb/ and DATA/ptbxl/: real records.
Out   a Markdown table on stdout; status 1 where a bar is missed.
Steps of each page (layout), under each preset and each artifact at severities 1 to 5:
      1. scan it as it is, and once more by the same recipe without its traces: where the two differ is ink;
      2. of the centre-line points that the labels call visible, how many lie on that ink, to 0.7 px, and how far is the
         ink's middle from them;
      3. scan it without its texts: what differs is print, and has to lie in the labels' boxes.

The labels have no say in where ink is. A shift of the labels, ``--shift 1.5`` (px), has to make the check fail.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from papertrace.exports.dense import OCCLUDED, VISIBLE, centre_lines, text_boxes
from papertrace.exports.occlusion import hidden
from papertrace.pages.config import PagesConfig
from papertrace.pages.layouts import LAYOUTS
from papertrace.pages.recipe import draw_recipe as draw_page
from papertrace.pages.render import Page, render
from papertrace.records.reader import Signal, read_window
from papertrace.scans.config import ScansConfig
from papertrace.scans.presets import ArtifactName, PresetName
from papertrace.scans.recipe import draw_recipe
from papertrace.scans.scan import apply_recipe

LEAST_ON_INK = 0.99
NEAR_PX = 0.7
MOST_OFFSET_PX = 0.5
LEAST_IN_BOXES = 0.99

_FLOOR = 0.04  # of the light; less is rounding and what JPEG makes of it
_DARK = 24.0  # grey levels; below, a share of the light says little
_NEIGHBOURHOOD_PX = 5  # ink is what takes at least a share of the light that is taken most of so near: a half,
_SHARE_OF_STROKES = 1 / 3  # but of a limb that is smeared across beside a line that is smeared along, less
_REACH_PX, _STEP_PX = 8.0, 0.25  # of the profiles across the line


@dataclass(frozen=True)
class Found:
    """What was found on one scan.

    Attributes
    ----------
    on_ink : float
        Share of the visible points within 0.7 px of ink.
    offset_px : float
        Median distance, along the line's normal and with its sign, of the ink's middle from the line.
    occluded : float
        Share of the points in the image that are not visible.
    in_boxes : float
        Share of the print that lies in the boxes of texts; NaN where there is none.
    """

    on_ink: float
    offset_px: float
    occluded: float
    in_boxes: float

    @property
    def holds(self) -> bool:
        """Whether every bar is met."""
        in_boxes = np.isnan(self.in_boxes) or self.in_boxes >= LEAST_IN_BOXES
        return self.on_ink >= LEAST_ON_INK and abs(self.offset_px) <= MOST_OFFSET_PX and bool(in_boxes)


def main() -> None:
    """Run the check from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder that holds qtdb/ and ptbxl/")
    parser.add_argument("--layout", nargs="+", default=list(LAYOUTS), choices=list(LAYOUTS), help="default: all")
    parser.add_argument("--shift", type=float, default=0.0, help="px that the labels are shifted by, right and down")
    parser.add_argument("--only", nargs="+", help="presets and artifacts, by name")
    given = parser.parse_args()
    rows = []
    for layout, name, severity, found in check(given.data, given.layout, given.only, given.shift):
        rows.append((layout, name, severity, found))
        if not found.holds:
            print(f"{layout}, {name} {severity or ''}: {found}", file=sys.stderr)
    print(markdown(rows), end="")
    sys.exit(not all(found.holds for *_, found in rows))


def check(
    data: Path, layouts: list[str], only: list[str] | None = None, shift_px: float = 0.0, dpi: float = 200
) -> Iterator[tuple[str, str, int | None, Found]]:
    """Yield layout, preset or artifact, severity (None of a preset) and what was found."""
    for layout in layouts:
        place = list(LAYOUTS).index(layout)
        signal, page = page_of(data, layout, place, dpi)
        for k, (name, severity, keys) in enumerate(plans()):
            if only is not None and name not in only:
                continue
            rng = np.random.default_rng([place, k])
            recipe = draw_recipe(ScansConfig.model_validate(keys), page.labels, page.recipe.size_px, rng)
            yield layout, name, severity, inspect(signal, page, recipe, shift_px)


def plans() -> list[tuple[str, int | None, dict]]:
    """Return every preset, and every artifact that there is at every severity, with the config's keys for it."""
    off = dict.fromkeys(ArtifactName.__args__, 0)
    found = [(name, None, {"preset": name}) for name in (*PresetName.__args__, "mixed")]
    return found + [(name, k, {"severity": off | {name: k}}) for name in ArtifactName.__args__ for k in range(1, 6)]


def page_of(data: Path, layout: str, seed: int, dpi: float = 200) -> tuple[Signal, Page]:
    """Return a record and a page of it: of the QT Database for one and two leads, of PTB-XL for more."""
    root = data / ("qtdb" if layout in ("1x1", "2x1") else "ptbxl")
    names = (root / "RECORDS").read_text(encoding="utf-8").split()
    signal = read_window(root, names[seed % len(names)], 0, 2500 if root.name == "qtdb" else 5000)
    recipe = draw_page(layout, PagesConfig(), np.random.default_rng(seed), dpi, 25, 10)
    return signal, render(signal, recipe)


def inspect(signal: Signal, page: Page, recipe: list[dict], shift_px: float = 0.0) -> Found:
    """Compare the labels of a page's scan with the scan's pixels."""
    if any(item["artifact"] == "fax" for item in recipe):  # it makes a grid as black as a trace, which then adds none
        page = render(signal, replace(page.recipe, grid="none", grid_box_mm=None))
    without = render(_silent(signal), page.recipe).image
    scan = apply_recipe(page.image, page.labels.px_per_mm, recipe)
    bare = apply_recipe(without, page.labels.px_per_mm, recipe)
    taken = light_taken(bare.image, scan.image)
    size = scan.image.shape[1::-1]
    covered = hidden(recipe, vars(page.recipe.palette), page.labels, page.truth)
    lines = centre_lines(page.labels, page.truth, scan.map, size, covered)
    visible = [line.points_px[line.visibility == VISIBLE] + shift_px for line in lines]
    ink = strokes(taken)
    hits = np.concatenate([on_ink(ink, points) for points in visible])
    offsets = np.concatenate([ink_offsets(taken, points) for points in visible])
    states = np.concatenate([line.visibility for line in lines])
    seen = np.isin(states, (VISIBLE, OCCLUDED)).sum()
    return Found(
        float(hits.mean()) if len(hits) else np.nan,
        float(np.median(offsets)) if len(offsets) else np.nan,
        float((states == OCCLUDED).sum() / max(seen, 1)),
        print_in_boxes(page, without, recipe),
    )


def light_taken(bare: np.ndarray, inked: np.ndarray) -> np.ndarray:
    """Return which share of a scan's light the ink takes, float32, shape (h, w); under a pen or in shadow the same."""
    least = np.float32(_DARK)
    share = cv2.subtract(bare, inked).astype(np.float32) / np.maximum(bare.astype(np.float32), least)
    return share.max(axis=2)


def strokes(taken: np.ndarray, share: float = _SHARE_OF_STROKES) -> np.ndarray:
    """Return which pixels are ink's, of the light that it takes."""
    near = np.ones((_NEIGHBOURHOOD_PX, _NEIGHBOURHOOD_PX), np.uint8)
    return (taken >= _FLOOR) & (taken >= share * cv2.dilate(taken, near))


def on_ink(ink: np.ndarray, points_px: np.ndarray) -> np.ndarray:
    """Return which points, shape (n, 2), have a pixel of ink's within 0.7 px."""
    ink = np.pad(ink, 2)
    reach = np.arange(-1, 2)
    pixels = np.rint(points_px).astype(int)[:, None] + np.stack(np.meshgrid(reach, reach), axis=-1).reshape(-1, 2)
    close = np.hypot(*np.moveaxis(pixels - points_px[:, None], -1, 0)) <= NEAR_PX
    height, width = ink.shape
    column, row = np.clip(pixels[..., 0] + 2, 0, width - 1), np.clip(pixels[..., 1] + 2, 0, height - 1)
    return (ink[row, column] & close).any(axis=1)


def ink_offsets(taken: np.ndarray, points_px: np.ndarray) -> np.ndarray:
    """Return where the ink's middle lies, in px along the normal of a line, where nothing else is near."""
    if len(points_px) < 3:
        return np.empty(0)
    along = np.gradient(points_px, axis=0)
    along /= np.maximum(np.hypot(*along.T), 1e-9)[:, None]
    normal = np.stack([-along[:, 1], along[:, 0]], axis=1)
    steps = np.arange(-_REACH_PX, _REACH_PX + _STEP_PX, _STEP_PX)
    places = (points_px[:, None] + steps[:, None] * normal[:, None]).astype(np.float32)
    rows = [
        cv2.remap(taken, part[..., 0], part[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        for part in np.array_split(places, max(len(places) // 16_000, 1) + 1)
    ]
    profile = np.concatenate(rows).astype(float)
    peak = profile.max(axis=1)
    alone = (peak >= 2 * _FLOOR) & (np.maximum(profile[:, 0], profile[:, -1]) <= 0.1 * peak)
    profile = profile[alone]
    return profile @ steps / profile.sum(axis=1)


def print_in_boxes(page: Page, without: np.ndarray, recipe: list[dict]) -> float:
    """Return which share of the print in a scan lies in the boxes of its texts; NaN where there is no print.

    Parameters
    ----------
    page : Page
        Whose print it is.
    without : ndarray, uint8, shape (h, w, 3)
        The page without its traces, which are no print.
    recipe : list of dict
        Of the scan. What moves nothing is left out: blur, noise, compression.
    """
    px_per_mm = page.labels.px_per_mm
    left_out = ("blur", "motion_blur", "noise", "shot_noise", "jpeg", "webp", "fax")
    quiet = [item for item in recipe if item["artifact"] not in left_out]
    blank = replace(page.recipe, prints=(), name_size_mm=None, name_rise_mm=None)
    rate, leads = page.truth[0].rate_hz, [stretch.lead for stretch in page.truth]
    n = round(max(stretch.start_s for stretch in page.truth) * rate) + len(page.truth[0].samples)
    silent = Signal(np.full((n, len(leads)), np.nan), rate, leads)
    wordless = render(silent, blank).image
    printed = apply_recipe(without, px_per_mm, quiet)
    bare = apply_recipe(wordless, px_per_mm, [_wordless(item) for item in quiet])
    found = strokes(light_taken(bare.image, printed.image), 0.5)
    if not found.any():
        return np.nan
    inside = np.zeros(found.shape, np.uint8)
    for box in text_boxes(page.labels, printed.texts, printed.map, found.shape[::-1]):
        cv2.fillPoly(inside, [np.rint(box.polygon_px * 16).astype(np.int32)], 1, cv2.LINE_8, 4)
    inside = cv2.dilate(inside, np.ones((3, 3), np.uint8))
    return float(inside[found].mean())


def _wordless(item: dict) -> dict:
    return item | {
        key: [] for key in ("lines", "prints") if key in item and item["artifact"] not in ("creases", "streaks")
    }


def _silent(signal: Signal) -> Signal:
    return replace(signal, samples=np.full_like(signal.samples, np.nan))


def markdown(rows: list[tuple[str, str, int | None, Found]]) -> str:
    """Return the worst figures of every preset, every artifact and severity, and every layout."""
    text = [
        "| | scans | least on ink (%) | farthest middle (px) | most occluded (%) | least print in boxes (%) |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    names = list(dict.fromkeys((name, severity) for _, name, severity, _ in rows))
    for name, severity in names:
        group = [found for _, n, s, found in rows if (n, s) == (name, severity)]
        text.append(_line(name if severity is None else f"{name} {severity}", group))
    for layout in dict.fromkeys(layout for layout, *_ in rows):
        text.append(_line(f"layout {layout}", [found for each, *_, found in rows if each == layout]))
    text.append(_line("all", [found for *_, found in rows]))
    return "\n".join(text) + "\n"


def _line(name: str, group: list[Found]) -> str:
    boxes = [found.in_boxes for found in group if not np.isnan(found.in_boxes)]
    return (
        f"| {name} | {len(group)} | {100 * min(f.on_ink for f in group):.2f} "
        f"| {max((f.offset_px for f in group), key=abs):+.2f} | {100 * max(f.occluded for f in group):.1f} "
        f"| {f'{100 * min(boxes):.2f}' if boxes else '-'} |"
    )


if __name__ == "__main__":
    main()
