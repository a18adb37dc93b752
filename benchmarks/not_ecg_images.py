"""Pictures that are not ECGs, drawn from a seed: pages, photos, plots, patterns, and ECG paper without an ECG.

`IMAGES` names every picture; `draw` makes one. `NEAR_MISSES` are curves of other kinds, which a person who has not
seen the axes might take for an ECG. Three are photographs that matplotlib (public domain) and scikit-learn (CC BY 2.0)
carry along, where these are installed; everything else is drawn here.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

_TEXT = """
the patient was seen in clinic today and reports no chest pain dyspnoea or palpitations on exertion blood pressure one
hundred thirty over eighty heart rate regular lungs clear abdomen soft plan continue aspirin beta blocker repeat lipid
panel in three months invoice total balance due contract party shall notify within thirty days of receipt
"""

Draw = Callable[[np.random.Generator], np.ndarray]


def draw(name: str, seed: int) -> np.ndarray | None:
    """Return a picture (uint8, shape (h, w, 3), blue green red), or None where it is a photograph not installed here.

    The same name and seed give the same picture.
    """
    everything = IMAGES | NEAR_MISSES
    return everything[name](np.random.default_rng([seed, zlib.crc32(name.encode())]))


# What lies on a desk


def text_page(rng: np.random.Generator) -> np.ndarray:
    """A letter: paragraphs of print."""
    page, pen = _sheet(1240, 1600)
    size = int(rng.integers(20, 34))
    font = _font(str(rng.choice(["DejaVuSans", "DejaVuSerif", "DejaVuSansMono"])), size)
    y = 120
    pen.text((120, 60), _phrase(rng, 4).title(), (20, 20, 20), _font("DejaVuSans-Bold", size + 12))
    while y < 1480:
        for _ in range(int(rng.integers(3, 9))):
            pen.text((120, y), _phrase(rng, 60)[: int(1000 / size * 1.7)], (30, 30, 30), font)
            y += round(1.45 * size)
        y += size
    return _bgr(page)


def form(rng: np.random.Generator) -> np.ndarray:
    """A form: boxes with labels, some filled in by hand."""
    page, pen = _sheet(1240, 1600)
    y = 100
    while y < 1450:
        x = 80
        while x < 1100:
            width = min(int(rng.integers(150, 500)), 1160 - x)
            pen.rectangle((x, y, x + width, y + 70), outline=(60, 60, 60), width=2)
            pen.text((x + 6, y + 4), _phrase(rng, 2), (80, 80, 80), _font("DejaVuSans", 15))
            if rng.random() < 0.6:
                _scribble(pen, rng, x + 15, y + 45, width - 40, 12, (120, 40, 20))
            x += width
        y += 70 + int(rng.choice([0, 0, 40]))
    return _bgr(page)


def table(rng: np.random.Generator) -> np.ndarray:
    """A table of numbers, ruled."""
    page, pen = _sheet(1500, 1100)
    dy, dx = int(rng.integers(26, 44)), int(rng.integers(90, 170))
    for y in range(80, 1020, dy):
        pen.line((60, y, 1440, y), (150, 150, 150) if rng.random() < 0.8 else (0, 0, 0), 1)
        for x in range(60, 1400, dx):
            pen.text((x + 8, y + 3), f"{rng.normal(0, 100):.2f}", (20, 20, 20), _font("DejaVuSans", dy - 14))
    for x in range(60, 1441, dx):
        pen.line((x, 80, x, 1020), (150, 150, 150), 1)
    return _bgr(page)


def handwriting(rng: np.random.Generator) -> np.ndarray:
    """A page of handwriting on ruled paper."""
    page, pen = _sheet(1240, 1600, (250, 248, 240))
    for y in range(150, 1550, 55):
        pen.line((0, y, 1240, y), (150, 180, 220), 2)
        _scribble(pen, rng, 120, y - 12, int(rng.integers(500, 1000)), 18, (90, 40, 30))
    pen.line((100, 0, 100, 1600), (220, 120, 120), 2)
    return _bgr(page)


def squared_handwriting(rng: np.random.Generator) -> np.ndarray:
    """Notes on squared paper, 5 mm."""
    image = _grid(1100, 1500, 39.37, (215, 190, 170), None)
    page = Image.fromarray(image)
    pen = ImageDraw.Draw(page)
    for y in range(160, 1050, 78):
        _scribble(pen, rng, 110, y, int(rng.integers(600, 1300)), 22, (140, 50, 30))
    return np.asarray(page)


def sheet_music(rng: np.random.Generator) -> np.ndarray:
    """Staves with notes."""
    page, pen = _sheet(1240, 1600)
    for top in range(120, 1450, 170):
        for line in range(5):
            pen.line((80, top + 14 * line, 1160, top + 14 * line), (30, 30, 30), 2)
        for x in np.arange(150, 1140, rng.uniform(35, 70)):
            step = int(rng.integers(-2, 11))
            y = top + 56 - 7 * step
            pen.ellipse((x, y - 7, x + 18, y + 7), fill=(20, 20, 20))
            pen.line((x + 17, y, x + 17, y - 50), (20, 20, 20), 3)
            if rng.random() < 0.2:
                pen.line((x + 40, top, x + 40, top + 56), (20, 20, 20), 2)
    return _bgr(page)


def bar_codes(rng: np.random.Generator) -> np.ndarray:
    """Labels with bar codes and one square code."""
    page = np.full((1000, 1400, 3), 250, np.uint8)
    for y in range(60, 900, 220):
        for x in (60, 520):
            widths = rng.integers(1, 5, 120) * 2
            edges = x + np.cumsum(widths)
            for k in range(0, len(edges) - 1, 2):
                page[y : y + 140, edges[k] : edges[k + 1]] = 15
    code = np.kron(rng.integers(0, 2, (41, 41)), np.ones((9, 9))).astype(np.uint8)
    page[100:469, 990:1359] = 255 * (1 - code)[:, :, None]
    return page


def crossword(rng: np.random.Generator) -> np.ndarray:
    """A crossword: a lattice of squares, some black, with figures."""
    page, pen = _sheet(1200, 1200)
    for i in range(24):
        for j in range(24):
            box = (60 + 45 * j, 60 + 45 * i, 105 + 45 * j, 105 + 45 * i)
            black = rng.random() < 0.18
            pen.rectangle(box, outline=(0, 0, 0), fill=(0, 0, 0) if black else None, width=2)
            if not black and rng.random() < 0.3:
                pen.text((box[0] + 4, box[1] + 2), str(rng.integers(1, 99)), (0, 0, 0), _font("DejaVuSans", 14))
    return _bgr(page)


def calendar(rng: np.random.Generator) -> np.ndarray:
    """A calendar of a month."""
    page, pen = _sheet(1400, 1000)
    for k in range(35):
        x, y = 70 + 180 * (k % 7), 140 + 160 * (k // 7)
        pen.rectangle((x, y, x + 180, y + 160), outline=(90, 90, 90), width=2)
        pen.text((x + 10, y + 8), str(k + 1), (160, 30, 30), _font("DejaVuSans-Bold", 28))
        if rng.random() < 0.4:
            _scribble(pen, rng, x + 15, y + 90, 140, 12, (60, 60, 160))
    return _bgr(page)


# Photographs, and what looks like them


def photograph(path: Callable[[], Path]) -> Draw:
    """Return what reads a photograph that a package carries along."""

    def read(rng: np.random.Generator) -> np.ndarray | None:
        try:
            return cv2.imread(str(path()))
        except ImportError:
            return None

    return read


def _of_matplotlib() -> Path:
    import matplotlib

    return Path(matplotlib.get_data_path()) / "sample_data/grace_hopper.jpg"


def _of_sklearn(name: str) -> Callable[[], Path]:
    def path() -> Path:
        from importlib.util import find_spec

        found = find_spec("sklearn")
        if found is None or found.origin is None:
            raise ImportError("scikit-learn is not installed")
        return Path(found.origin).parent / "datasets/images" / name

    return path


def landscape(rng: np.random.Generator) -> np.ndarray:
    """Ridges of hills under a sky."""
    h, w = 900, 1400
    y, image = np.mgrid[0:h, 0:w][0], np.empty((h, w, 3), np.float32)
    image[:] = (235, 190, 140) - 0.1 * y[:, :, None] * np.array([1, 0.5, -0.3])
    image += 25 * _clouds(rng, (h, w), 1.8)[:, :, None]
    for k in range(5):
        ridge = 350 + 110 * k + 90 * _clouds(rng, (1, w), 1.6)[0]
        colour = np.array([90, 110, 80]) * (1 - 0.15 * k) + 20 * _clouds(rng, (h, w), 1.0)[:, :, None]
        image = np.where((y > ridge)[:, :, None], colour, image)
    return _photo(image, rng)


def face(rng: np.random.Generator) -> np.ndarray:
    """A head of ellipses before a blurred room."""
    h, w = 1100, 900
    image = (130 + 60 * _clouds(rng, (h, w), 2.2)[:, :, None] * np.array([1, 0.9, 0.7])).astype(np.float32)
    canvas = np.ascontiguousarray(np.clip(image, 0, 255).astype(np.uint8))
    cv2.ellipse(canvas, (450, 1150), (420, 350), 0, 0, 360, (90, 60, 50), -1)
    cv2.ellipse(canvas, (450, 520), (260, 340), 0, 0, 360, (150, 180, 225), -1)
    cv2.ellipse(canvas, (450, 300), (280, 190), 0, 180, 360, (30, 40, 60), -1)
    for x in (350, 550):
        cv2.ellipse(canvas, (x, 470), (45, 22), 0, 0, 360, (240, 240, 240), -1)
        cv2.circle(canvas, (x, 470), 18, (60, 60, 40), -1)
        cv2.ellipse(canvas, (x, 420), (60, 20), 0, 200, 340, (40, 50, 70), 8)
    cv2.ellipse(canvas, (450, 690), (90, 35), 0, 0, 180, (110, 110, 190), 12)
    return _photo(cv2.GaussianBlur(canvas, (0, 0), 4).astype(np.float32), rng)


def texture(kind: str) -> Draw:
    """Return what draws a surface: clouds, wood, fabric, bricks, tiles or waves."""

    def make(rng: np.random.Generator) -> np.ndarray:
        h, w = 900, 1200
        y, x = np.mgrid[0:h, 0:w].astype(np.float32)
        rough = _clouds(rng, (h, w), 1.2)
        if kind == "wood":
            value = np.sin(0.09 * y + 7 * _clouds(rng, (h, w), 2.0)) * 30 + 12 * rough
        elif kind == "fabric":
            value = 45 * np.sin(2 * np.pi * x / 9.3) * np.sin(2 * np.pi * y / 8.7) + 10 * rough
        elif kind == "bricks":
            course = np.floor(y / 60)
            joint = (y % 60 < 7) | ((x + 70 * (course % 2)) % 140 < 7)
            value = np.where(joint, 60, -20) + 18 * rough
        elif kind == "tiles":
            value = np.where((y % 83 < 5) | (x % 83 < 5), -70, 20) + 8 * rough
        elif kind == "waves":
            value = 60 * np.sin(0.05 * y + 3 * _clouds(rng, (h, w), 2.0)) + 10 * rough
        else:
            value = 70 * rough
        tint = rng.uniform(0.7, 1.2, 3)
        return _photo((130 + value)[:, :, None] * tint, rng)

    return make


def scan_of_a_head(rng: np.random.Generator) -> np.ndarray:
    """A slice of a head, as tomography shows it."""
    image = np.zeros((900, 900, 3), np.uint8)
    cv2.ellipse(image, (450, 450), (330, 400), 0, 0, 360, (220,) * 3, -1)
    cv2.ellipse(image, (450, 450), (300, 370), 0, 0, 360, (90,) * 3, -1)
    for _ in range(30):
        centre = tuple(rng.integers(250, 650, 2).tolist())
        axes = tuple(rng.integers(15, 80, 2).tolist())
        cv2.ellipse(image, centre, axes, float(rng.uniform(0, 180)), 0, 360, (int(rng.integers(60, 140)),) * 3, -1)
    return _photo(cv2.GaussianBlur(image, (0, 0), 5).astype(np.float32), rng)


# Plots


def plot(kind: str) -> Draw:
    """Return what lets matplotlib draw a figure of this kind."""

    def make(rng: np.random.Generator) -> np.ndarray:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(10, 7), dpi=int(rng.choice([100, 150])))
        FigureCanvasAgg(figure)
        x = np.linspace(0, 10, 600)
        walk = np.cumsum(rng.normal(0, 1, (6, 600)), axis=1)
        if kind == "panels":
            for k, axes in enumerate(figure.subplots(3, 2).flat):
                axes.plot(x, walk[k], lw=1)
                axes.grid(True)
        elif kind == "strips":
            for k, axes in enumerate(figure.subplots(5, 1, sharex=True)):
                axes.plot(x, walk[k], "k", lw=0.8)
        elif kind == "spectrogram":
            figure.subplots().specgram(rng.normal(0, 1, 20_000) + np.sin(np.arange(20_000) ** 1.4 / 300), NFFT=256)
        elif kind == "polar":
            axes = figure.add_subplot(projection="polar")
            axes.plot(x, 1 + np.cos(3 * x))
        else:
            axes = figure.subplots()
            if kind == "lines":
                axes.plot(x, walk[:3].T)
                axes.legend(["a", "b", "c"])
            elif kind == "grid":
                axes.plot(x, walk[:2].T)
                axes.grid(True)
            elif kind == "stock":
                axes.plot(x, 100 * np.exp(walk[0] / 40), color="#b03030", lw=1)
                axes.minorticks_on()
                axes.grid(True, which="major", color="#e0a0a0", lw=0.9)
                axes.grid(True, which="minor", color="#f0d0d0", lw=0.5)
                axes.set_title("Closing price")
            elif kind == "candles":
                day = np.arange(80)
                price = 50 + np.cumsum(rng.normal(0, 1, 80))
                axes.vlines(day, price - rng.uniform(0.5, 2, 80), price + rng.uniform(0.5, 2, 80), color="k", lw=1)
                axes.bar(day, rng.normal(0, 1, 80), bottom=price, color=["g", "r"] * 40, width=0.7)
                axes.grid(True)
            elif kind == "bars":
                axes.bar(np.arange(24), rng.uniform(0, 10, 24))
                axes.grid(True, axis="y")
            elif kind == "scatter":
                axes.scatter(*rng.normal(0, 1, (2, 400)), s=8)
                axes.grid(True)
            elif kind == "heat-map":
                axes.imshow(rng.normal(0, 1, (20, 30)), aspect="auto")
            elif kind == "contours":
                axes.contour(_clouds(rng, (120, 160), 2.2), 14, colors="saddlebrown", linewidths=0.8)
                axes.grid(True)
            elif kind == "steps":
                axes.step(np.arange(60), np.cumsum(rng.integers(-1, 2, 60)), "k")
                axes.grid(True)
        return _of_figure(figure)

    return make


def screen(rng: np.random.Generator) -> np.ndarray:
    """A window of a program: menus, buttons, a list."""
    page, pen = _sheet(1600, 1000, (236, 236, 240))
    pen.rectangle((0, 0, 1600, 40), fill=(60, 70, 90))
    for k in range(7):
        pen.text((20 + 110 * k, 50), _phrase(rng, 1), (20, 20, 20), _font("DejaVuSans", 18))
    pen.rectangle((0, 90, 320, 1000), fill=(250, 250, 252))
    for y in range(110, 980, 34):
        pen.text((24, y), _phrase(rng, 3)[:26], (40, 40, 40), _font("DejaVuSans", 17))
        pen.line((340, y, 1580, y), (220, 220, 226), 1)
        for x in range(350, 1500, 230):
            pen.text((x, y + 6), _phrase(rng, 2)[:18], (60, 60, 60), _font("DejaVuSans", 15))
    pen.rounded_rectangle((1300, 920, 1560, 975), 10, fill=(50, 110, 220))
    return _bgr(page)


def spreadsheet(rng: np.random.Generator) -> np.ndarray:
    """Cells of a spreadsheet."""
    page, pen = _sheet(1600, 1000)
    for y in range(60, 1000, 28):
        pen.line((0, y, 1600, y), (212, 212, 212), 1)
    for x in range(50, 1600, 96):
        pen.line((x, 60, x, 1000), (212, 212, 212), 1)
        for y in range(60, 980, 28):
            if rng.random() < 0.5:
                pen.text((x + 30, y + 6), f"{rng.integers(0, 9999)}", (0, 0, 0), _font("DejaVuSans", 14))
    return _bgr(page)


def code(rng: np.random.Generator) -> np.ndarray:
    """A dark editor with lines of code."""
    page, pen = _sheet(1400, 1000, (30, 30, 34))
    for y in range(20, 980, 24):
        x = 60 + 32 * int(rng.integers(0, 5))
        for word in _phrase(rng, int(rng.integers(1, 8))).split():
            colour = tuple(rng.choice([110, 160, 210], 3).tolist())
            pen.text((x, y), word, colour, _font("DejaVuSansMono", 17))
            x += 11 * (len(word) + 1)
    return _bgr(page)


def street_map(rng: np.random.Generator) -> np.ndarray:
    """Contour lines, streets and a river, with a reference grid."""
    h, w = 1100, 1400
    image = np.full((h, w, 3), (225, 238, 232), np.uint8)
    height = _clouds(rng, (h, w), 2.4)
    for level in np.arange(-2, 2, 0.25):
        found, _ = cv2.findContours((height > level).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(image, found, -1, (130, 170, 200), 1, cv2.LINE_AA)
    for _ in range(18):
        points = np.cumsum(rng.normal(0, 60, (14, 2)), axis=0) + rng.uniform(0, (w, h))
        cv2.polylines(image, [points.astype(np.int32)], False, (255, 255, 255), 9, cv2.LINE_AA)
        cv2.polylines(image, [points.astype(np.int32)], False, (120, 120, 120), 1, cv2.LINE_AA)
    image[:, ::200] = (200, 150, 120)
    image[::200] = (200, 150, 120)
    return image


def circuit(rng: np.random.Generator) -> np.ndarray:
    """Lines at right angles between boxes: a circuit or a floor plan."""
    page, pen = _sheet(1400, 1000)
    for _ in range(40):
        x, y = rng.integers(80, 1300), rng.integers(80, 900)
        points = [(int(x), int(y))]
        for k in range(5):
            step = int(rng.integers(-6, 7)) * 40
            points.append((points[-1][0] + step * (k % 2), points[-1][1] + step * (1 - k % 2)))
        pen.line(points, (20, 20, 60), 3)
        pen.rectangle((x - 18, y - 12, x + 18, y + 12), outline=(20, 20, 60), fill=(255, 255, 255), width=2)
    return _bgr(page)


# Patterns and nothing


def noise(kind: str) -> Draw:
    """Return what draws white or pink noise, or pixels of pepper on white."""

    def make(rng: np.random.Generator) -> np.ndarray:
        if kind == "white":
            return rng.integers(0, 256, (900, 1200, 3), np.uint8)
        if kind == "pink":
            return _photo(128 + 50 * _clouds(rng, (900, 1200), 1.0)[:, :, None].repeat(3, 2), rng)
        pepper = np.full((900, 1200, 3), 255, np.uint8)
        pepper[rng.random((900, 1200)) < 0.03] = 0
        return pepper

    return make


def plain(blue: int, green: int, red: int, uneven: float = 0.0) -> Draw:
    """Return what draws one colour, evenly or with a vignette and a camera's noise."""

    def make(rng: np.random.Generator) -> np.ndarray:
        h, w = 1000, 1300
        image = np.full((h, w, 3), (blue, green, red), np.float32)
        if uneven:
            y, x = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j]
            image = image * (1 - uneven * (x**2 + y**2))[:, :, None] + rng.normal(0, 3, image.shape)
        return np.clip(image, 0, 255).astype(np.uint8)

    return make


def chessboard(side: int) -> Draw:
    """Return what draws a board with squares of this side in px."""

    def make(rng: np.random.Generator) -> np.ndarray:
        y, x = np.mgrid[0:960, 0:1280] // side
        board = np.where((x + y) % 2 == 1, 235, 60).astype(np.float32)[:, :, None] * np.array([0.8, 0.9, 1.0])
        return np.clip(board + rng.normal(0, 2, board.shape), 0, 255).astype(np.uint8)

    return make


def halftone(rng: np.random.Generator) -> np.ndarray:
    """A photo as newspapers print it: a raster of dots of many sizes."""
    h, w = 900, 1200
    light = 0.5 + 0.3 * _clouds(rng, (h, w), 2.0)
    y, x = np.mgrid[0:h, 0:w]
    pitch = float(rng.uniform(7, 12))
    u, v = (x + y) * np.pi / pitch, (x - y) * np.pi / pitch
    dots = (np.cos(u) + np.cos(v)) / 4 + 0.5
    return _photo(np.where(dots > light, 30.0, 240.0)[:, :, None].repeat(3, 2), rng)


def stripes(rng: np.random.Generator) -> np.ndarray:
    """Slanting stripes."""
    y, x = np.mgrid[0:900, 0:1200]
    value = 128 + 100 * np.sin(2 * np.pi * (x + 0.4 * y) / rng.uniform(10, 30))
    return np.clip(value[:, :, None].repeat(3, 2) * rng.uniform(0.7, 1.0, 3), 0, 255).astype(np.uint8)


# ECG paper and millimetre paper, and no ECG on it


def ecg_paper(kind: str) -> Draw:
    """Return what draws ECG paper without a trace: clean, with all its print, or under a preset of the scans."""

    def make(rng: np.random.Generator) -> np.ndarray:
        return _ecg_paper(rng, kind)

    return make


def written_paper(kind: str) -> Draw:
    """Return what puts handwriting, print or a table on ECG paper."""

    def make(rng: np.random.Generator) -> np.ndarray:
        page = Image.fromarray(_ecg_paper(rng, "clean"))
        pen = ImageDraw.Draw(page)
        w, h = page.size
        for y in range(200, h - 150, 110):
            if kind == "handwriting":
                _scribble(pen, rng, 150, y, int(rng.uniform(0.4, 0.8) * w), 30, (90, 30, 20), 4)
            elif kind == "print":
                pen.text((150, y), _phrase(rng, 40)[:80], (20, 20, 20), _font("DejaVuSans", 36))
            else:
                pen.line((150, y, w - 150, y), (20, 20, 20), 4)
                for x in range(160, w - 250, 300):
                    pen.text((x, y + 25), f"{rng.normal(0, 10):.1f}", (20, 20, 20), _font("DejaVuSans", 40))
        return np.asarray(page)

    return make


def millimetre_paper(kind: str) -> Draw:
    """Return what draws millimetre paper: empty, with shapes, or with a construction of straight lines."""

    def make(rng: np.random.Generator) -> np.ndarray:
        image = _grid(1500, 2000, 7.874, (190, 210, 150), (150, 180, 90))
        for _ in range(0 if kind == "empty" else 14):
            a, b = (tuple(rng.integers(100, 1400, 2).tolist()) for _ in range(2))
            if kind == "shapes":
                cv2.circle(image, a, int(rng.integers(30, 300)), (40, 40, 40), 3, cv2.LINE_AA)
                cv2.rectangle(image, a, b, (60, 30, 30), 3, cv2.LINE_AA)
            else:
                cv2.line(image, a, b, (30, 30, 30), 3, cv2.LINE_AA)
        return image

    return make


# Near misses: curves, but not of a heart


def on_paper(kind: str) -> Draw:
    """Return what draws another curve in ink on ECG paper, two rows of 250 mm."""

    def make(rng: np.random.Generator) -> np.ndarray:
        image = _ecg_paper(rng, "clean")
        h, w = image.shape[:2]
        for middle in (0.35 * h, 0.68 * h):
            x = np.arange(120, w - 120, 0.5)
            u = (x - x[0]) / (x[-1] - x[0])
            if kind == "random walk":
                y = np.cumsum(rng.normal(0, 1.2, len(x)))
                y = cv2.GaussianBlur((y - y.mean())[None], (0, 0), 3)[0]
                y *= 90 / np.abs(y).max()
            elif kind == "slow sine":
                y = 110 * np.sin(2 * np.pi * u)
            elif kind == "parabola":
                y = 220 * (u - 0.5) ** 2 * 4 - 110
            elif kind == "saw":
                y = 60 * ((14 * u) % 1) - 30
            else:
                y = np.where((9 * u) % 1 < 0.5, 40.0, -40.0)
            points = np.round(np.stack([x, middle + y], axis=1) * 16).astype(np.int32)
            cv2.polylines(image, [points], False, (30, 25, 25), 3, cv2.LINE_AA, shift=4)
        return image

    return make


def seismogram(rng: np.random.Generator) -> np.ndarray:
    """Rows of a drum recorder, with one quake."""
    image = np.full((1200, 1600, 3), 248, np.uint8)
    x = np.arange(40, 1560, 0.5)
    for k, y in enumerate(range(80, 1150, 60)):
        size = 2 + 45 * np.exp(-np.maximum(x - 500, 0) / 300) * (x > 500) * (k == 8)
        line = cv2.GaussianBlur(rng.normal(0, 1, len(x))[None], (0, 0), 2)[0] * 3 * size
        points = np.round(np.stack([x, y + line], axis=1) * 16).astype(np.int32)
        cv2.polylines(image, [points], False, (60, 30, 20), 1, cv2.LINE_AA, shift=4)
    return image


def brain_waves(rng: np.random.Generator) -> np.ndarray:
    """Sixteen channels of an EEG on ruled paper."""
    image = np.full((1200, 1800, 3), 250, np.uint8)
    image[:, 60::60] = (225, 215, 205)
    x = np.arange(60, 1760, 0.5)
    for y in range(60, 1180, 70):
        wave = cv2.GaussianBlur(rng.normal(0, 1, len(x))[None], (0, 0), 6)[0] * 28 + 8 * np.sin(x / 5)
        points = np.round(np.stack([x, y + wave], axis=1) * 16).astype(np.int32)
        cv2.polylines(image, [points], False, (40, 30, 30), 1, cv2.LINE_AA, shift=4)
    return image


def sound(rng: np.random.Generator) -> np.ndarray:
    """The envelope of a recording, as sound editors show it."""
    image = np.full((700, 1600, 3), 60, np.uint8)
    level = np.abs(_clouds(rng, (1, 1600), 1.2)[0]) * 120
    for x in range(1600):
        cv2.line(image, (x, int(350 - level[x])), (x, int(350 + level[x] * 0.9)), (200, 170, 60), 1)
    image[::70] = 80
    return image


_PLOTS = "lines grid stock candles panels strips bars scatter steps heat-map contours spectrogram polar"

IMAGES: dict[str, Draw] = {
    **{f"text page {k}": text_page for k in range(1, 6)},
    **{f"form {k}": form for k in range(1, 4)},
    **{f"table {k}": table for k in range(1, 4)},
    **{f"handwriting {k}": handwriting for k in (1, 2)},
    **{f"squared paper with notes {k}": squared_handwriting for k in (1, 2)},
    **{f"sheet music {k}": sheet_music for k in (1, 2)},
    "bar codes": bar_codes,
    "crossword": crossword,
    "calendar": calendar,
    "photo of a woman": photograph(_of_matplotlib),
    "photo of a temple": photograph(_of_sklearn("china.jpg")),
    "photo of a flower": photograph(_of_sklearn("flower.jpg")),
    **{f"landscape {k}": landscape for k in (1, 2)},
    **{f"face {k}": face for k in (1, 2)},
    **{kind: texture(kind) for kind in ("clouds", "wood", "fabric", "bricks", "tiles", "waves")},
    "slice of a head": scan_of_a_head,
    **{f"plot, {kind}": plot(kind) for kind in _PLOTS.split()},
    **{f"screen {k}": screen for k in (1, 2)},
    "spreadsheet": spreadsheet,
    "code": code,
    **{f"map {k}": street_map for k in (1, 2)},
    "circuit": circuit,
    **{f"noise, {kind}": noise(kind) for kind in ("white", "pink", "pepper")},
    "blank, white": plain(255, 255, 255),
    "blank, photographed": plain(215, 228, 235, 0.2),
    "black": plain(0, 0, 0),
    "blue": plain(200, 90, 30),
    "pink": plain(205, 200, 250, 0.05),
    **{f"chessboard of {side} px": chessboard(side) for side in (8, 40)},
    "halftone": halftone,
    "stripes": stripes,
    **{f"ECG paper, {kind}": ecg_paper(kind) for kind in ("clean", "printed", "kit", "photo", "stained", "fax")},
    **{f"ECG paper with {kind}": written_paper(kind) for kind in ("handwriting", "print", "a table")},
    **{f"millimetre paper, {kind}": millimetre_paper(kind) for kind in ("empty", "shapes", "lines")},
}
"""Pictures that no digitizer may accept, by name."""

NEAR_MISSES: dict[str, Draw] = {
    **{
        f"{kind} on ECG paper": on_paper(kind)
        for kind in ("random walk", "slow sine", "parabola", "saw", "square wave")
    },
    "seismogram": seismogram,
    "EEG": brain_waves,
    "sound": sound,
}
"""Curves that are not of a heart, by name; two of a kind with ECGs, and counted apart."""


def _sheet(width: int, height: int, colour: tuple[int, int, int] = (255, 255, 255)):
    page = Image.new("RGB", (width, height), colour)
    return page, ImageDraw.Draw(page)


def _bgr(page: Image.Image) -> np.ndarray:
    return np.ascontiguousarray(np.asarray(page)[:, :, ::-1])


def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    import matplotlib

    return ImageFont.truetype(Path(matplotlib.get_data_path()) / f"fonts/ttf/{name}.ttf", size)


def _phrase(rng: np.random.Generator, count: int) -> str:
    return " ".join(rng.choice(_TEXT.split(), count))


def _scribble(pen, rng, x: float, y: float, width: float, height: float, colour, stroke: int = 3) -> None:
    """Write words by hand: loops that lean forward, with gaps between them."""
    end = x + width
    while x < end:
        letters = int(rng.integers(3, 9))
        t = np.linspace(0, 2 * np.pi * letters, 24 * letters)
        size = height * np.repeat(rng.uniform(0.4, 1.0, letters), 24)
        points = np.stack([x + height * 0.14 * t + 0.4 * size * np.sin(t), y - size * np.cos(t)], axis=1)
        pen.line([tuple(point) for point in points.tolist()], colour, stroke)
        x = points[-1, 0] + height * 1.2


def _clouds(rng: np.random.Generator, shape: tuple[int, int], slope: float) -> np.ndarray:
    """Return noise of SD 1 whose amplitude falls with frequency to the power of -`slope`."""
    fy, fx = np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None]
    amplitude = np.hypot(fy, fx)
    amplitude[0, 0] = np.inf
    spectrum = rng.normal(size=amplitude.shape) + 1j * rng.normal(size=amplitude.shape)
    field = np.fft.irfft2(spectrum * amplitude**-slope, s=shape)
    return (field / field.std()).astype(np.float32)


def _photo(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Add a camera's noise and JPEG's blocks."""
    noisy = np.clip(image + rng.normal(0, 3, image.shape), 0, 255).astype(np.uint8)
    return cv2.imdecode(cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 85])[1], cv2.IMREAD_COLOR)


def _of_figure(figure) -> np.ndarray:
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return cv2.imdecode(np.frombuffer(file.getvalue(), np.uint8), cv2.IMREAD_COLOR)


def _grid(height: int, width: int, pitch: float, minor: tuple, major: tuple | None) -> np.ndarray:
    """Return paper with lines every `pitch` px, and, where wanted, darker ones every tenth."""
    image = np.full((height, width, 3), 250, np.uint8)
    for colour, step, thick in ((minor, pitch, 1), *(((major, 10 * pitch, 2),) if major else ())):
        for x in np.arange(0, width, step):
            cv2.line(image, (round(x * 16), 0), (round(x * 16), height * 16), colour, thick, cv2.LINE_AA, shift=4)
        for y in np.arange(0, height, step):
            cv2.line(image, (0, round(y * 16)), (width * 16, round(y * 16)), colour, thick, cv2.LINE_AA, shift=4)
    return image


def _ecg_paper(rng: np.random.Generator, kind: str) -> np.ndarray:
    """Return a page of papertrace whose lead is missing throughout: clean, printed, or under a preset of the scans."""
    from types import SimpleNamespace

    from papertrace.config import validate_config
    from papertrace.pages.render import render_page
    from papertrace.scans.scan import scan_page

    print_ = 0.0 if kind == "clean" else 1.0
    keys = ("header_probability", "lead_names_probability", "scale_probability")
    pages = {"pulse_probability": 0.0, **dict.fromkeys(keys, print_)}
    scans = {} if kind in ("clean", "printed") else {"preset": kind}
    config = validate_config({"dataset": "not-ecgs", "pages": pages, "scans": scans}, "not_ecgs")
    signal = SimpleNamespace(samples=np.full((5000, 2), np.nan), rate_hz=500.0, leads=["II", "V5"])
    page = render_page(signal, "2x1", config.pages, rng)
    return scan_page(page.image, page.labels, config.scans, rng).image if scans else page.image
