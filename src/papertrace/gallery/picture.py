"""One tile of the gallery made: image, thumbnail, detail, labels and recipe."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from papertrace.errors import PapertraceError
from papertrace.exports.occlusion import hidden
from papertrace.gallery.labels import labels_svg
from papertrace.gallery.tiles import Entry, Tile
from papertrace.geometry import PixelMap
from papertrace.manifest.layouts import choose_layout
from papertrace.pages.layouts import known_layouts
from papertrace.pages.render import Page, render_page
from papertrace.scans.scan import Scan, scan_page
from papertrace.seeds import derive_seed, generator

if TYPE_CHECKING:
    from papertrace.pages.config import PagesConfig
    from papertrace.records.reader import Signal

THUMB_PX = (400, 310)
"""Width and height that thumbnails fit into."""
DETAIL_PX = (260, 260)
"""Width and height of details, which show pixels as they are."""
FOLDERS = ("images", "thumbs", "details", "labels", "recipes")
_QUALITY = {"images": 62, "thumbs": 82, "details": 92}
_NOT_TOLD = ("artifact", "seed", "colour")
_SEEDS = 9  # of which a typical one is shown
_COARSE_DPI = 50.0
_TRIES = 40  # seeds tried for an artifact that a page may have no room for
_CLEARLY = 4.0  # elsewhere must differ this much more for the detail to leave its usual place
_EDGE = 0.01  # share of an image's width and height that is not compared
_AT_LEAST = 4.0  # and so much at all, in grey levels summed over the channels


@dataclass(frozen=True)
class Picture:
    """A tile as made; its files are ``<folder>/<name>.<ext>``.

    Attributes
    ----------
    tile : Tile
        What was wanted.
    size : tuple of int
        Width and height of the image in pixels.
    drawn : str
        The parameters as drawn, in words.
    corner : tuple of int
        Column and row of the detail's upper left pixel.
    focus : tuple of int
        Column and row in the detail of what it is about.
    problem : str or None
        Why there is no image.
    """

    tile: Tile
    size: tuple[int, int] = (0, 0)
    drawn: str = ""
    corner: tuple[int, int] = (0, 0)
    focus: tuple[int, int] = (0, 0)
    problem: str | None = None


def make_entry(entry: Entry, signals: dict[str, Signal], folder: Path) -> list[Picture]:
    """Make the tiles of an entry and write their files.

    Parameters
    ----------
    entry : Entry
        Its tiles.
    signals : dict
        The records by name.
    folder : Path
        Holds `FOLDERS`.
    """
    made = []
    seed = 0
    for tile in entry.tiles[::-1]:  # what is worst first: its seed is the others' too
        try:
            if tile.artifact and tile is entry.tiles[-1]:
                seed = typical_seed(tile, signals[tile.record])
            made.append(_make(tile, signals[tile.record], folder, seed))
        except PapertraceError as error:  # such as a layout of a config's own that wants other leads
            made.append(Picture(tile, problem=str(error)))
    return made[::-1]


def typical_seed(tile: Tile, signal: Signal) -> int:
    """Return the seed of a scan with an artifact that is, of `_SEEDS`, neither hardly seen nor the most striking.

    On a coarse page, by how much the scan's colours differ from it and how far it moves what is on it.

    Raises
    ------
    PapertraceError
        The page has no room for the artifact.
    """
    pages = type(tile.pages).model_validate(tile.pages.model_dump() | {"dpi": _COARSE_DPI})
    page = _page(tile, pages, signal)
    differ = {}
    for seed in range(_TRIES):
        scan = _scan(tile, page, seed)
        if any(item["artifact"] == tile.artifact for item in scan.recipe):
            differ[seed] = float(_difference(page, scan.image, scan.map).mean()) + 255 * _shift(page, scan)
        if len(differ) == _SEEDS:
            break
    if not differ:
        raise PapertraceError(f"the page has no room for {tile.artifact}")
    return sorted(differ, key=differ.get)[len(differ) // 2]


def _shift(page: Page, scan: Scan) -> float:
    """Return how far a scan moves the page's traces on average, as a share of the image's width and height."""
    points = np.concatenate(_beats(page))
    before = PixelMap.of_page(page.labels.px_per_mm).apply(points) / page.image.shape[1::-1]
    return float(np.abs(scan.map.apply(points) / scan.image.shape[1::-1] - before).sum(axis=1).mean())


def _make(tile: Tile, signal: Signal, folder: Path, seed: int) -> Picture:
    page = _page(tile, tile.pages, signal)
    if tile.scans is None:
        image, pixel_map, added = page.image, PixelMap.of_page(page.labels.px_per_mm), []
        recipe, drawn = page.recipe.to_dict(), ""
        plain = _page(tile, tile.plain, signal) if tile.plain else page
        covered = None
    else:
        scan = _scan(tile, page, seed)
        image, pixel_map, added, recipe = scan.image, scan.map, scan.texts, scan.recipe
        drawn, plain = in_words(scan.recipe, tile.artifact), page
        covered = hidden(recipe, asdict(page.recipe.palette), page.labels, page.truth)
    size = (image.shape[1], image.shape[0])
    corner, focus = find_detail(plain, page, image, pixel_map)
    x, y = corner
    for kind, picture in (
        ("images", image),
        ("thumbs", fit(image, THUMB_PX)),
        ("details", image[y : y + DETAIL_PX[1], x : x + DETAIL_PX[0]]),
    ):
        data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY[kind]])[1].tobytes()
        (folder / kind / f"{tile.name}.jpg").write_bytes(data)
    svg = labels_svg(page.labels, page.truth, added, pixel_map, size, covered)
    (folder / "labels" / f"{tile.name}.svg").write_text(svg, encoding="utf-8")
    told = json.dumps(recipe, indent=1, sort_keys=True, ensure_ascii=False)
    (folder / "recipes" / f"{tile.name}.json").write_text(told + "\n", encoding="utf-8")
    return Picture(tile, size, drawn, corner, focus)


def _page(tile: Tile, pages: PagesConfig, signal: Signal) -> Page:
    choice = choose_layout(tile.layout, signal.leads, known_layouts(pages.layouts))
    if isinstance(choice, str):
        raise PapertraceError(choice)
    return render_page(signal, choice.name, pages, generator(derive_seed(tile.page_seed, "gallery", "pages")))


def _scan(tile: Tile, page: Page, seed: int) -> Scan:
    """Scan a page; the same seed at each severity, so that what is added to grows where it was."""
    rng = generator(derive_seed(tile.page_seed, f"gallery {seed}", "scans"))
    return scan_page(page.image, page.labels, tile.scans, rng)


def in_words(recipe: list[dict], artifact: str | None) -> str:
    """Return a scan's parameters as drawn, of one artifact or of all of them, in one line."""
    told = []
    for item in recipe:
        if artifact not in (None, item["artifact"]):
            continue
        name = item["artifact"].replace("_", " ")
        words = ", ".join(_value(key, value) for key, value in item.items() if key not in _NOT_TOLD)
        told.append(words if artifact else f"{name}: {words}" if words else name)
    return " · ".join(told)


def _value(key: str, value: object) -> str:
    """Return a parameter in words: numbers as they are, lists by their length."""
    key = key.replace("_", " ")
    if isinstance(value, (list, tuple)):
        if value and all(isinstance(each, (int, float)) for each in value):
            return f"{key} {', '.join(map(_number, value[:6]))}{' …' if len(value) > 6 else ''}"
        if value and all(isinstance(each, (list, tuple)) for each in value):
            return f"{key} up to {_number(float(np.abs(value).max()))}"
        if len(value) == 1:
            key = f"{key.removesuffix('ies')}y" if key.endswith("ies") else key.removesuffix("s")
        return f"{len(value)} {key}"
    return f"{key} {_number(value) if isinstance(value, float) else value}"


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def find_detail(
    plain: Page, page: Page, image: np.ndarray, pixel_map: PixelMap
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return column and row of a detail's upper left pixel in an image, and in the detail those of what it is about.

    It shows a beat in the middle of the page, unless the image differs clearly more from the plain page elsewhere:
    preferably elsewhere on a trace, or anywhere.

    Parameters
    ----------
    plain : Page
        What the image is compared with, millimetre by millimetre; not at all where it has another scale or size.
    page : Page
        What the image shows.
    image : ndarray, uint8, shape (h, w, 3)
        The page itself or its scan.
    pixel_map : PixelMap
        Page millimetres to the image's pixels.
    """
    beats = _beats(page)
    centre = beats[len(beats) // 2][0]
    labels = page.labels
    if plain.image.shape == page.image.shape and plain.labels.px_per_mm == labels.px_per_mm:
        differ = _difference(plain, image, pixel_map)
        traces = np.zeros(differ.shape, np.float32)
        columns, rows = (np.clip(np.concatenate(beats).T, 0, np.subtract(differ.shape[::-1], 1)[:, None])).astype(int)
        traces[rows, columns] = differ[rows, columns]
        for where in (traces, differ):
            row, column = np.unravel_index(np.argmax(where), where.shape)
            x, y = np.clip(centre, 0, np.subtract(differ.shape[::-1], 1)).astype(int)
            if where[row, column] > _CLEARLY * differ[y, x] + _AT_LEAST:
                centre = np.array([column, row], float)
    middle = pixel_map.apply(centre[None])[0]
    free = np.maximum(np.subtract(image.shape[1::-1], DETAIL_PX), 0)
    corner = np.clip(np.rint(middle - np.array(DETAIL_PX) / 2), 0, free).astype(int)
    focus = np.clip(np.rint(middle - corner), 0, np.subtract(DETAIL_PX, 1)).astype(int)
    return (int(corner[0]), int(corner[1])), (int(focus[0]), int(focus[1]))


def _difference(plain: Page, image: np.ndarray, pixel_map: PixelMap) -> np.ndarray:
    """Return how much page and image differ about each whole millimetre of the page, each seen through its own map."""
    labels = plain.labels
    x, y = np.meshgrid(np.arange(int(labels.width_mm)), np.arange(int(labels.height_mm)))
    points = np.stack([x, y], axis=-1).reshape(-1, 2).astype(float)
    of_page = PixelMap.of_page(labels.px_per_mm)
    seen = [
        cv2.remap(
            cv2.blur(picture, (max(1, round(labels.px_per_mm)),) * 2),
            to.apply(points).astype(np.float32).reshape(*x.shape, 2),
            None,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        ).astype(np.float32)
        for picture, to in ((plain.image, of_page), (image, pixel_map))
    ]
    differ = np.abs(seen[0] - seen[1]).sum(axis=2)
    # At the edges of page and image the blur mixes in what lies beyond.
    height, width = image.shape[:2]
    inset = pixel_map.apply(points) / (width - 1, height - 1)
    differ[~((inset > _EDGE) & (inset < 1 - _EDGE)).all(axis=1).reshape(x.shape)] = 0
    differ[:2], differ[-2:], differ[:, :2], differ[:, -2:] = 0, 0, 0, 0
    reach = [side / labels.px_per_mm / 5 for side in DETAIL_PX]
    return cv2.GaussianBlur(differ, (0, 0), reach[0], None, reach[1], cv2.BORDER_CONSTANT)


def _beats(page: Page) -> list[np.ndarray]:
    """Return where the tallest wave of each second stands, half-way up, shape (n, 2) in mm, stretch by stretch."""
    found = []
    for lead, stretch in zip(page.labels.leads, page.truth, strict=True):
        second = round(stretch.rate_hz)
        samples = np.nan_to_num(stretch.samples)
        height = np.abs(samples - np.median(samples))
        peaks = [first + int(np.argmax(height[first : first + second])) for first in range(0, len(samples), second)]
        line = lead.centre_line_mm(samples, stretch.rate_hz)[peaks]
        found.append(np.stack([line[:, 0], (line[:, 1] + lead.y0_mm) / 2], axis=1))
    return found


def fit(image: np.ndarray, box: tuple[int, int]) -> np.ndarray:
    """Return an image shrunk so that it fits into a box; a smaller one is left as it is."""
    factor = min(1.0, box[0] / image.shape[1], box[1] / image.shape[0])
    size = max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor))
    return image if factor == 1 else cv2.resize(image, size, interpolation=cv2.INTER_AREA)
