"""Put generated photos beside real ones: ``make photo-statistics``.

In    DATA/real-photos/: 20 public, de-identified images of paper ECGs; DATA/ptbxl/: the records that are drawn.
Out   a Markdown table on stdout; a sheet of generated photos and crops in --sheet; what was generated in --keep.
Steps 1. draw --pages PTB-XL records as the real sheets are printed (`STYLE`) and scan them with --preset;
      2. measure each image in the same way, from its pixels alone: the grid tells the scale;
      3. tell median and 10th to 90th percentile of both, and the distance of Kolmogorov and Smirnov between them.

Of the 20 images 13 are photos, 2 come from a flatbed and 5 were never on paper (`KINDS`, judged by eye). Photos are
compared with photos only. Nothing here is fitted to what a digitizer reads.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np

KINDS: dict[str, str] = {
    "ecg00002": "flatbed",
    "ecg00005": "photo",
    "ecg00007": "export",
    "ecg00008": "photo",
    "ecg00013": "flatbed",
    "ecg00016": "export",
    "ecg00017": "export",
    "ecg00023": "export",
    "ecg00024": "export",
    "ecg00028": "photo",
    "ecg00029": "photo",
    "ecg00030": "photo",
    "ecg00034": "photo",
    "ecg00041": "photo",
    "ecg00042": "photo",
    "ecg00043": "photo",
    "ecg00044": "photo",
    "ecg00045": "photo",
    "ecg00048": "photo",
    "ecg00049": "photo",
}
"""What each real image is: a photo of paper, a flatbed's scan, or the export of a program that never was on paper."""

SHEET_SHARE: dict[str, float] = {
    "ecg00005": 0.93,
    "ecg00029": 0.99,
    "ecg00034": 0.92,
    "ecg00042": 0.95,
    "ecg00043": 0.97,
    "ecg00045": 0.99,
    "ecg00049": 0.99,
}
"""Share of a real photo's frame that is the sheet, by eye; 1 where not named."""

STYLE: dict[str, Any] = {
    "layout": ["3x4+1", "3x4+1", "3x4+1", "3x4+1", "6x2", "3x4"],
    "dpi": [100, 130],
    "pitch_scale": [0.9, 1.0],
    "row_spacing": [0.85, 1.0],
    "stroke_mm": [0.25, 0.45],
    "grid": ["lines and dots", "lines and dots", "lines and dots", "lines"],
    "minor_line_mm": [0.09, 0.16],
    "major_line_mm": [0.12, 0.22],
    "separator_probability": 0.8,
    "pulse_probability": 0.9,
    "typeface": ["serif", "serif", "sans"],
    "header_probability": 0.5,
    "black_and_white_probability": 0.2,
    "random_colour_probability": 0.8,
    "random_grid_hue": [5, 30],
    "random_grid_contrast": [0.2, 0.45],
    "random_ink_lightness": [0.0, 0.1],
}
"""Keys of the pages' config that draw sheets much as those of the real photos are printed."""

FIGURES: dict[str, str] = {
    "px_per_mm": "resolution (px/mm)",
    "sheet_share": "sheet, share of the frame",
    "rotation_deg": "rotation (degrees, absolute)",
    "scale_ratio": "largest over smallest scale in the frame",
    "edge_px": "edge of the trace (px)",
    "edge_mm": "edge of the trace (mm)",
    "stroke_mm": "width of the trace (mm)",
    "detail": "detail: Laplacian's standard deviation at 4 px/mm",
    "noise": "noise (grey levels)",
    "ink_contrast": "contrast of the ink",
    "line_contrast": "contrast of the 5 mm lines",
    "grid_visibility": "grid over noise",
    "line_chroma": "colour of the 5 mm lines against the paper (Lab)",
    "paper_l": "paper, L*",
    "paper_a": "paper, a*",
    "paper_b": "paper, b*",
    "unevenness": "unevenness of the light",
}
"""What is measured; see `statistics`."""

_BLOCK_MM, _INNER = 5.0, 0.9
_BINS = 20  # of a 5 mm cell
_TILE_MM = 25.0
_QUIET = 0.538  # of white noise: its level by the 10th percentile of small windows
_LINE_MM, _BARE_MM = 0.2, 0.28
_MOST_PX = 1_500_000  # larger images are looked at in their middle


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder that holds real-photos/ and ptbxl/")
    parser.add_argument("--pages", type=int, default=60, help="how many pages are drawn (60)")
    parser.add_argument("--preset", default="photo", help="preset of the scans (photo)")
    parser.add_argument("--kind", default="photo", help="which of the real images are compared: photo, flatbed, export")
    parser.add_argument("--keep", type=Path, help="folder for the generated images")
    parser.add_argument("--sheet", type=Path, help="picture of generated photos, and of crops beside real ones")
    given = parser.parse_args()
    from papertrace.images import read_image

    files = [path for path in sorted((given.data / "real-photos").glob("ecg*")) if KINDS.get(path.stem) == given.kind]
    if not files:
        parser.error(f"{given.data}/real-photos holds no {given.kind}; name the folder of public data")
    real, made = [], []
    photos = [read_image(path) for path in files]
    for path, image in zip(files, photos, strict=True):
        real.append(statistics(image) | {"sheet_share": SHEET_SHARE.get(path.stem, 1.0)})
    images = generate(given.data / "ptbxl", given.pages, given.preset)
    for image, share in images:
        found = statistics(image)
        made.append(found and found | {"sheet_share": share})
    if given.keep:
        given.keep.mkdir(parents=True, exist_ok=True)
        for k, (image, _) in enumerate(images):
            cv2.imwrite(str(given.keep / f"{given.preset}-{k:03d}.jpg"), image, [cv2.IMWRITE_JPEG_QUALITY, 92])
    if given.sheet:
        shown = [(image, row["px_per_mm"]) for (image, _), row in zip(images, made, strict=True) if row]
        beside = [(image, row["px_per_mm"]) for image, row in zip(photos, real, strict=True)]
        cv2.imwrite(str(given.sheet), contact_sheet(shown, beside), [cv2.IMWRITE_JPEG_QUALITY, 80])
    print(markdown([row for row in real if row], [row for row in made if row], len(made)), end="")


def generate(ptbxl: Path, n_pages: int, preset: str, seed: int = 1) -> list[tuple[np.ndarray, float]]:
    """Return generated photos, as a reader decodes them, and the share of each frame that is the sheet."""
    from papertrace.config import validate_config
    from papertrace.pages.render import render_page
    from papertrace.records.header import read_header
    from papertrace.records.reader import read_window
    from papertrace.scans.scan import scan_page

    config = validate_config({"pages": STYLE, "scans": {"preset": preset}})
    records = (ptbxl / "RECORDS").read_text(encoding="utf-8").split()
    made = []
    for k in range(n_pages):
        rng = np.random.default_rng([seed, k])
        record = records[k * len(records) // n_pages % len(records)]
        signal = read_window(ptbxl, record, 0, round(10 * read_header(ptbxl, record).rate_hz))
        layout = config.pages.layout[int(rng.integers(len(config.pages.layout)))]
        dpi = int(rng.integers(config.pages.dpi[0], config.pages.dpi[1] + 1))
        page = render_page(signal, layout, config.pages, rng, dpi=dpi)
        scan = scan_page(page.image, page.labels, config.scans, rng)
        data = cv2.imencode(".jpg", scan.image, [cv2.IMWRITE_JPEG_QUALITY, config.scans.quality])[1]
        image = cv2.imdecode(data, cv2.IMREAD_COLOR)
        made.append((image, _sheet_share(scan.map, (page.labels.width_mm, page.labels.height_mm), image.shape[:2])))
    return made


def statistics(image: np.ndarray) -> dict[str, float] | None:
    """Measure an image of a paper ECG; None where no grid is found in it.

    Levels are shares of the paper's about them (the upper quartile of blocks of 5 mm), so that uneven light counts
    only as such.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w, 3)
        Blue, green, red.

    Returns
    -------
    dict
        ``px_per_mm``, ``rotation_deg`` and ``scale_ratio`` of the grid's lattice; ``edge_px`` and ``edge_mm``, the
        depth of the trace over its steepest flank; ``stroke_mm``, the width of a bar as deep and as dark; ``detail``;
        ``noise``, of single pixels by their second differences (Immerkaer 1996), where it is least;
        ``ink_contrast`` and ``line_contrast``, as shares of the paper's level; ``grid_visibility``, the standard
        deviation of the mean 5 mm cell over the noise; ``line_chroma``; ``paper_l``, ``paper_a``, ``paper_b`` (CIELAB
        for sRGB); ``unevenness``, 5th to 95th percentile of the paper's level over its median.
    """
    from papertrace.traces.lattice import NoLatticeError, page_lattice

    try:
        lattice = page_lattice(image)
    except NoLatticeError:
        return None
    scale = math.sqrt(lattice.px_per_mm[0] * lattice.px_per_mm[1])
    height, width = image.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], float)
    share = min(_INNER, math.sqrt(_MOST_PX / (height * width)))
    (top, bottom), (left, right) = ((round(n * (1 - share) / 2), round(n * (1 + share) / 2)) for n in (height, width))
    inner = image[top:bottom, left:right]
    y, x = np.mgrid[top:bottom, left:right]
    grid_x, grid_y = _mm(lattice.px_to_mm, x, y)
    grey = cv2.cvtColor(inner, cv2.COLOR_BGR2GRAY).astype(np.float32)
    field, paper = _paper(grey, scale)
    level = grey / paper

    ink_level = float(np.percentile(level, 0.4))
    ink = level < 0.5 * (1 + ink_level)
    bare = cv2.dilate(ink.astype(np.uint8), np.ones((3, 3), np.uint8), iterations=max(round(scale * 0.7), 1)) == 0
    if bare.mean() < 0.2:  # the grid is as dark as ink
        bare = ~ink
    edge_px, stroke_px = _edges(level, 0.5 * (1 + ink_level))

    grid_x, grid_y = (_from_bold(mm, level, bare, max(round(_TILE_MM * scale), 32)) for mm in (grid_x, grid_y))
    from_line = np.minimum(_to_line(grid_x, 5), _to_line(grid_y, 5))
    from_any = np.minimum(_to_line(grid_x, 1), _to_line(grid_y, 1))
    lab = cv2.cvtColor(np.float32(inner) / 255, cv2.COLOR_BGR2LAB)
    clear = bare & (from_any > _BARE_MM)
    paper_lab = np.median(lab[clear], axis=0)
    line_lab = np.median(lab[bare & (from_line < _LINE_MM)], axis=0)
    noise = _noise(grey)
    cell = _mean_cell(level[bare], grid_x[bare], grid_y[bare])
    return {
        "px_per_mm": scale,
        "rotation_deg": abs(lattice.rotation_deg),
        "scale_ratio": _scale_ratio(lattice.px_to_mm, corners),
        "edge_px": edge_px,
        "edge_mm": edge_px / scale,
        "stroke_mm": stroke_px / scale,
        "detail": _detail(level, scale),
        "noise": noise,
        "ink_contrast": 1 - ink_level,
        "line_contrast": float(_line_depth(cell)),
        "grid_visibility": float(cell.std() * np.median(paper) / max(noise, 0.2)),
        "line_chroma": float(np.hypot(*(line_lab - paper_lab)[1:])),
        "paper_l": float(paper_lab[0]),
        "paper_a": float(paper_lab[1]),
        "paper_b": float(paper_lab[2]),
        "unevenness": float(np.diff(np.percentile(field, [5, 95]))[0] / np.median(field)),
    }


def distance(a: np.ndarray, b: np.ndarray) -> float:
    """Return the distance of Kolmogorov and Smirnov between two samples: 0 the same, 1 apart."""
    values = np.concatenate([a, b])
    shares = [np.searchsorted(np.sort(sample), values, side="right") / len(sample) for sample in (a, b)]
    return float(np.abs(shares[0] - shares[1]).max())


def markdown(real: list[dict[str, float]], made: list[dict[str, float]], n_made: int) -> str:
    """Return the table: medians with the 10th to 90th percentile, and how far apart the distributions are."""
    text = [
        f"| figure | real ({len(real)}) | generated ({len(made)}) | KS distance |",
        "|---|--:|--:|--:|",
    ]
    for key, name in FIGURES.items():
        samples = [np.array([row[key] for row in rows]) for rows in (real, made)]
        cells = [_spread(sample) for sample in samples]
        text.append(f"| {name} | {cells[0]} | {cells[1]} | {distance(*samples):.2f} |")
    limit = 1.36 * math.sqrt((len(real) + len(made)) / (len(real) * len(made)))
    text += [
        "",
        f"Two such samples of one and the same distribution differ by more than {limit:.2f} once in twenty times.",
    ]
    if n_made > len(made):
        text.append(f"In {n_made - len(made)} of {n_made} generated images no grid was found; they are left out.")
    return "\n".join(text) + "\n"


def contact_sheet(
    made: list[tuple[np.ndarray, float]], real: list[tuple[np.ndarray, float]], wide: int = 260
) -> np.ndarray:
    """Return generated photos whole (two rows), and 40 x 30 mm of them and of real ones (a row each).

    Parameters
    ----------
    made, real : list of tuple
        Images and their px/mm; of each four are taken, spread evenly.
    wide : int
        Width of one of the four columns in px.
    """

    def fitted(image: np.ndarray) -> np.ndarray:
        high = wide * 3 // 4
        factor = min((wide - 4) / image.shape[1], (high - 4) / image.shape[0])
        small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        framed = np.full((high, wide, 3), 255, np.uint8)
        framed[2 : 2 + small.shape[0], 2 : 2 + small.shape[1]] = small
        return framed

    def middle(image: np.ndarray, px_per_mm: float) -> np.ndarray:
        w, h = min(round(40 * px_per_mm), image.shape[1]), min(round(30 * px_per_mm), image.shape[0])
        y, x = (image.shape[0] - h) // 2, (image.shape[1] - w) // 2
        return fitted(cv2.resize(image[y : y + h, x : x + w], (4 * w, 4 * h), interpolation=cv2.INTER_CUBIC))

    few = [made[k * len(made) // 12] for k in range(12)] if len(made) >= 12 else (made * 12)[:12]
    rows = [np.hstack([fitted(image) for image, _ in few[k : k + 4]]) for k in (0, 4)]
    others = [real[k * len(real) // 4] for k in range(4)]
    rows += [np.hstack([middle(*item) for item in some]) for some in (few[8:], others)]
    return np.vstack(rows)


def _spread(sample: np.ndarray) -> str:
    middle, low, high = np.percentile(sample, [50, 10, 90])
    digits = max(0, 1 - math.floor(math.log10(max(abs(middle), abs(high), 1e-3))))
    return f"{middle:.{digits}f} [{low:.{digits}f} … {high:.{digits}f}]"


def _sheet_share(page_map, size_mm: tuple[float, float], shape: tuple[int, int]) -> float:
    width, height = size_mm
    side = np.linspace(0, 1, 20)[:, None]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height], [0, 0]], float)
    outline = np.concatenate([(1 - side) * corners[k] + side * corners[k + 1] for k in range(4)])
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [np.rint(page_map.apply(outline)).astype(np.int32)], 1)
    return float(mask.mean())


def _mm(matrix: np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    below = matrix[2, 0] * x + matrix[2, 1] * y + matrix[2, 2]
    return tuple(((matrix[k, 0] * x + matrix[k, 1] * y + matrix[k, 2]) / below).astype(np.float32) for k in (0, 1))


def _from_bold(mm: np.ndarray, level: np.ndarray, bare: np.ndarray, side: int) -> np.ndarray:
    """Return millimetres whose multiples of five are the darkest lines, tile by tile, as paper is never quite flat."""
    found = np.empty_like(mm)
    for top in range(0, mm.shape[0], side):
        for left in range(0, mm.shape[1], side):
            tile = np.s_[top : top + side, left : left + side]
            use = bare[tile]
            bins = np.floor(mm[tile][use] % 5 / 5 * _BINS).astype(int) % _BINS
            total = np.bincount(bins, level[tile][use], _BINS) / np.maximum(np.bincount(bins, minlength=_BINS), 1)
            total[total == 0] = 1  # no bare paper there
            smooth = total + 0.5 * (np.roll(total, 1) + np.roll(total, -1))
            found[tile] = mm[tile] - np.float32((smooth.argmin() + 0.5) * 5 / _BINS)
    return found


def _to_line(mm: np.ndarray, every: float) -> np.ndarray:
    return np.abs(mm - every * np.round(mm / every))


def _scale_ratio(matrix: np.ndarray, corners: np.ndarray) -> float:
    scales = []
    for corner in corners:
        steps = corner + np.array([[0, 0], [1, 0], [0, 1]])
        x, y = _mm(matrix, *steps.T)
        scales.append(math.sqrt(abs((x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0]))))
    return max(scales) / min(scales)


def _paper(grey: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the paper's level in blocks and at every pixel."""
    side = max(round(_BLOCK_MM * scale), 8)
    rows, columns = max(grey.shape[0] // side, 2), max(grey.shape[1] // side, 2)
    whole = cv2.resize(grey, (columns * side, rows * side), interpolation=cv2.INTER_LINEAR)
    blocks = whole.reshape(rows, side, columns, side).transpose(0, 2, 1, 3).reshape(rows, columns, -1)
    field = np.percentile(blocks, 75, axis=2).astype(np.float32)
    return field, cv2.resize(field, grey.shape[::-1], interpolation=cv2.INTER_CUBIC)


def _edges(level: np.ndarray, threshold: float) -> tuple[float, float]:
    """Return the depth over the steepest slope, and the width of the trace, in px, where it runs across."""
    here = level[6:-6]
    trough = (here < threshold) & (here <= level[5:-7]) & (here < level[7:-5])
    # where the neighbours to the left and right are as dark, the trace runs across
    along = np.maximum(np.roll(level, 2, axis=1), np.roll(level, -2, axis=1))[6:-6] < threshold + 0.1
    rows, columns = np.nonzero(trough & along)
    if len(rows) == 0:
        return float("nan"), float("nan")
    profiles = level[rows[:, None] + np.arange(13), columns[:, None]]
    depth = 1 - profiles[:, 6]
    slope = np.abs(np.diff(profiles[:, 2:11], axis=1)).max(axis=1)
    width = np.clip(1 - profiles[:, 1:12], 0, None).sum(axis=1) / depth
    return float(np.median(depth / slope)), float(np.median(width))


def _detail(level: np.ndarray, scale: float) -> float:
    same = cv2.resize(
        level, None, fx=4 / scale, fy=4 / scale, interpolation=cv2.INTER_AREA if scale > 4 else cv2.INTER_CUBIC
    )
    return float(cv2.Laplacian(np.clip(same, 0, 1.3), cv2.CV_32F).std())


def _noise(grey: np.ndarray) -> float:
    """Return the noise where the image is quietest: between the marks of the grid."""
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6
    power = cv2.blur(cv2.filter2D(grey, cv2.CV_32F, kernel) ** 2, (3, 3))
    return math.sqrt(float(np.percentile(power, 10))) / _QUIET


def _mean_cell(level: np.ndarray, grid_x: np.ndarray, grid_y: np.ndarray) -> np.ndarray:
    bins = [np.floor((mm % 5) / 5 * _BINS).astype(int) % _BINS for mm in (grid_x, grid_y)]
    place = bins[1] * _BINS + bins[0]
    count = np.bincount(place, minlength=_BINS**2)
    total = np.bincount(place, level, _BINS**2)
    return (total / np.maximum(count, 1)).reshape(_BINS, _BINS)


def _line_depth(cell: np.ndarray) -> float:
    """Return how much darker 5 mm lines are than the paper between the lines, the mean over both directions."""
    depths = []
    for profile in (np.median(cell, axis=0), np.median(cell, axis=1)):
        depths.append(1 - min(profile[0], profile[-1]) / np.percentile(profile, 80))
    return float(np.mean(depths))


if __name__ == "__main__":
    main()
