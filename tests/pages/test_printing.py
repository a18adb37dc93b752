"""Header, measurements, statements, codes and pacing marks: what they say, where they stand, and their boxes."""

import re
from dataclasses import replace
from itertools import combinations

import cv2
import numpy as np
import pytest

from papertrace.exports.dense import grid_intersections
from papertrace.geometry import PixelMap
from papertrace.labels import PageLabels
from papertrace.pages.beats import find_beats, heart_rate
from papertrace.pages.codes import MODULES, code128, draw_modules, qr_code
from papertrace.pages.config import PagesConfig
from papertrace.pages.printing import Window
from papertrace.pages.render import render_page
from papertrace.pages.words import draw_intervals, statement_lines
from papertrace.records.reader import read_window

ALL = {
    f"{what}_probability": 1
    for what in ("header", "intervals", "statements", "qr", "barcode", "pacing", "pulse", "scale", "lead_names")
}
WINDOW = Window("records500_21000_21837_hr_00000", 47, "female")


def rng(seed=0):
    return np.random.default_rng(seed)


def kinds(page):
    return {text.kind for text in page.labels.texts}


def pixels(page, box):
    (x0, y0), (x1, y1) = PixelMap.of_page(page.labels.px_per_mm).apply(np.reshape(box, (2, 2)))
    return slice(int(np.floor(y0)), int(np.ceil(y1)) + 1), slice(int(np.floor(x0)), int(np.ceil(x1)) + 1)


@pytest.mark.parametrize("typeface", ["sans", "mono"])
@pytest.mark.parametrize("orientation", ["landscape", "portrait"])
@pytest.mark.parametrize("style", ["short", "long"])
def test_everything_printed_is_in_a_box_and_no_box_is_empty(typeface, orientation, style, twelve_leads):
    blank = replace(twelve_leads, samples=np.full_like(twelve_leads.samples, np.nan))
    config = PagesConfig(
        **ALL, typeface=typeface, orientation=orientation, scale_style=style, grid="none", chest_gain_mm_mv=5,
        pulse_style="stepped",
    )  # fmt: skip
    page = render_page(blank, "3x4+1", config, rng(3), dpi=200, window=WINDOW)
    wanted = {"lead-name", "header", "interval", "statement", "scale", "qr"}
    no_room = (typeface, orientation, style) == ("mono", "portrait", "long")  # beside the scale's long line
    assert kinds(page) == wanted | (set() if no_room else {"barcode"})
    dark = page.image.max(axis=2) < 0.75 * min(page.recipe.palette.paper)
    boxes = [text.box_mm for text in page.labels.texts] + [mark.box_mm for mark in page.labels.marks]
    flat = 2.0 + page.recipe.stroke_mm  # of baseline on either side of the pulse
    boxes += [(x0 - flat, y0, x1 + flat, y1) for x0, y0, x1, y1 in (pulse.box_mm for pulse in page.labels.pulses)]
    assert all(dark[pixels(page, box)].any() for box in boxes)
    for box in boxes:
        dark[pixels(page, box)] = False
    assert not dark.any()


@pytest.mark.parametrize("seed", range(8))
def test_print_does_not_overlap_print(seed, twelve_leads):
    config = PagesConfig(
        **ALL, paper=["letter", "a4", "roll"], orientation=["landscape", "portrait"], scale_style=["short", "long"],
        typeface=["sans", "serif", "mono"], header_from_record=True,
    )  # fmt: skip
    page = render_page(twelve_leads, "2x1", config, rng(seed), dpi=150, speed_mm_s=(12.5, 25)[seed % 2], window=WINDOW)
    boxes = {text.text: text.box_mm for text in page.labels.texts if text.kind != "lead-name"}
    assert len(boxes) >= 12
    for (one, a), (two, b) in combinations(boxes.items(), 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], (one, two)
    for x0, y0, x1, y1 in boxes.values():
        assert x0 > 3 and y0 > 1 and x1 < page.labels.width_mm - 1 and y1 < page.labels.height_mm - 1


def test_each_kind_of_print_comes_alone(twelve_leads):
    nothing = dict.fromkeys(ALL, 0)
    for what, kind in (("intervals", "interval"), ("statements", "statement"), ("qr", "qr"), ("barcode", "barcode")):
        page = render_page(
            twelve_leads, "3x4", PagesConfig(**{**nothing, f"{what}_probability": 1}), rng(1), dpi=150, window=WINDOW
        )
        assert kinds(page) == {kind}, what
    assert kinds(render_page(twelve_leads, "3x4", PagesConfig(**nothing), rng(1), dpi=60, window=WINDOW)) == set()


def test_age_and_sex_are_those_of_the_record(twelve_leads):
    config = PagesConfig(header_probability=1)
    texts = {t.text for t in render_page(twelve_leads, "3x4", config, rng(1), dpi=60, window=WINDOW).labels.texts}
    assert "47 years   female" in texts
    drawn = {t.text for t in render_page(twelve_leads, "3x4", config, rng(1), dpi=60).labels.texts}
    assert len(texts - drawn) <= 1 and len(texts) == len(drawn)  # nothing else of the header has changed


@pytest.mark.parametrize("grid", ["lines", "dotted", "none"])
@pytest.mark.parametrize("page_id", ["sel103_00001", WINDOW.page_id])
def test_the_qr_code_is_read_from_the_page(grid, page_id, twelve_leads):
    config = PagesConfig(qr_probability=1, header_probability=1, grid=grid)
    for seed in range(3):
        page = render_page(twelve_leads, "3x4+1", config, rng(seed), dpi=200, window=Window(page_id))
        (code,) = [text for text in page.labels.texts if text.kind == "qr"]
        assert code.text == page_id
        rows, columns = pixels(page, code.box_mm)
        margin = int(3 * page.labels.px_per_mm)
        part = page.image[max(rows.start - margin, 0) : rows.stop + margin, columns.start - margin :]
        found = [cv2.QRCodeDetector().detectAndDecode(image)[0] for image in (page.image, part)]
        assert page_id in found  # in its box, or on the whole page


def test_codes_stand_on_bare_paper_and_clear_of_pulses(twelve_leads):
    config = PagesConfig(
        **{**dict.fromkeys(ALL, 0), "qr_probability": 1, "barcode_probability": 1, "pulse_probability": 1},
        right_pulse_probability=1,
    )  # fmt: skip
    blank = replace(twelve_leads, samples=np.full_like(twelve_leads.samples, np.nan))
    for seed in range(6):
        page = render_page(blank, "12x1", config, rng(seed), dpi=200, gain_mm_mv=20, window=WINDOW)
        codes = [text.box_mm for text in page.labels.texts]
        assert len(codes) == 2 and page.labels.pulses
        for x0, y0, x1, y1 in codes:
            assert not any(p.box_mm[2] > x0 and p.box_mm[0] < x1 and p.box_mm[1] < y1 for p in page.labels.pulses[:1])
            around = page.image[pixels(page, (x0 - 1.8, y0 - 1.8, x1 + 1.8, y1 + 1.8))].reshape(-1, 3)
            paper = (around == page.recipe.palette.paper).all(axis=1)
            dark = (around < np.array(page.recipe.palette.major) - 20).any(axis=1)
            assert (paper | dark).mean() > 0.75  # the rest: edges of modules
        size = page.image.shape[1], page.image.shape[0]
        points, _ = grid_intersections(page.labels, PixelMap.of_page(page.labels.px_per_mm), size, pitch_mm=1.0)
        x0, y0, x1, y1 = codes[0]
        near = ((points > (x0 - 2, y0 - 2)) & (points < (x1 + 2, y1 + 2))).all(axis=1)
        assert not near.any() and len(points) > 50_000


def read_bars(line):
    """The text of a Code 128 (set B) along a line of grey levels, by its runs."""
    dark = line < 128
    edges = np.flatnonzero(dark[1:] != dark[:-1]) + 1
    edges = np.concatenate([[0], edges, [len(line)]]) if dark[0] else np.append(edges, len(line))
    widths = np.diff(edges)[:-1] if not dark[-1] else np.diff(edges)
    module = widths.sum() / (11 * ((len(widths) - 7) // 6) + 13)
    runs = np.rint(widths / module).astype(int)
    table = {tuple(np.diff(np.flatnonzero(np.diff(np.r_[0, code, 1])))): sign for sign, code in WORDS.items()}
    return "".join(table[tuple(runs[k : k + 6])] for k in range(6, len(runs) - 13, 6))


# The modules of each sign alone, cut out of the code of two of them between start and check digit.
WORDS = {chr(sign): code128(chr(sign) * 2)[0, 11:22].astype(int) for sign in range(32, 127)}


def test_the_bar_code_is_read_from_the_page(twelve_leads):
    for seed in range(4):
        config = PagesConfig(barcode_probability=1, grid="none", black_and_white_probability=1)
        page = render_page(twelve_leads, "3x4+1", config, rng(seed), dpi=300, window=WINDOW)
        (code,) = [text for text in page.labels.texts if text.kind == "barcode"]
        assert code.text == WINDOW.page_id
        rows, columns = pixels(page, code.box_mm)
        line = page.image[(rows.start + rows.stop) // 2, columns.start : columns.stop].mean(axis=1)
        wide = np.interp(np.arange(0, len(line), 0.1), np.arange(len(line)), line)
        assert read_bars(wide) == WINDOW.page_id


def test_code128_is_as_the_standard_says():
    signs = [WORDS[sign] for sign in WORDS]
    assert len({tuple(sign) for sign in signs}) == 95
    for sign in signs:  # every sign: 11 modules, three bars, an even number of them dark
        assert len(sign) == 11 and sign[0] and not sign[-1] and sign.sum() % 2 == 0
        assert (np.diff(sign) == -1).sum() == 3
    # "PJJ123C" in set B: start B 11010010000, check digit 54 (1110101100 0 is its pattern), stop 1100011101011
    bars = "".join(map(str, code128("PJJ123C")[0].astype(int)))
    assert bars.startswith("11010010000") and bars.endswith("1100011101011") and len(bars) == 11 * 9 + 13
    with pytest.raises(ValueError, match="printable ASCII"):
        code128("Ω")


def test_modules_are_drawn_by_area():
    coverage = np.zeros((8, 12), np.float32)
    draw_modules(coverage, np.array([[True, False], [False, True]]), (0.25, 1.0, 6.25, 5.0))
    assert coverage.sum() == pytest.approx(2 * 3 * 2)
    assert coverage[1, 0] == pytest.approx(0.25 * 0.5) and coverage[2, 1] == 1 and coverage[2, 5] == 0
    draw_modules(coverage, np.array([[True]]), (20, 20, 30, 30))  # beyond the image
    assert coverage.sum() == pytest.approx(12)
    assert qr_code("a").shape == (21, 21) and set(MODULES) == {"qr", "barcode"}


def test_a_page_too_coarse_or_too_small_has_no_code(twelve_leads):
    config = PagesConfig(qr_probability=1, barcode_probability=1)
    coarse = render_page(twelve_leads, "3x4", config, rng(), dpi=50, window=WINDOW)
    assert not kinds(coarse) & {"qr", "barcode"}
    assert not kinds(render_page(twelve_leads, "3x4", config, rng(), dpi=200)) & {"qr", "barcode"}  # no id, no code
    short = PagesConfig(paper="roll", row_s=1, pitch_scale=(1, 1), barcode_probability=1)
    assert "barcode" not in kinds(render_page(twelve_leads, "2x1", short, rng(), dpi=200, window=WINDOW))


def test_measurements_agree_with_each_other():
    for seed in range(300):
        draws = rng(seed)
        rate = None if seed % 3 else float(draws.uniform(25, 210))
        found = draw_intervals(draws, rate)
        assert rate is None or found.rate == round(rate)
        assert found.rr == round(60_000 / found.rate)
        assert abs(found.qtc - found.qt / (found.rr / 1000) ** 0.5) <= 0.5
        assert 60 <= found.pr <= 240 and found.qrs <= found.qt / 2
        assert found.pr + found.qt <= found.rr or found.pr == 60
        lines = statement_lines(found, draws)
        assert 2 < len(lines) <= 6 and all("{" not in line for line in lines)
        assert any("axis" in line for line in lines) == (not -30 <= found.r <= 90) or len(lines) >= 5


@pytest.mark.parametrize("rate_hz", [100.0, 250.0, 1000.0])
def test_beats_are_found(rate_hz):
    t = np.arange(int(9.8 * rate_hz)) / rate_hz
    signal = np.exp(-0.5 * (((t % 0.8) - 0.4) / 0.015) ** 2)[:, None] * [[1.0, -0.5]]
    signal[int(4.2 * rate_hz) : int(4.6 * rate_hz)] = np.nan  # around no beat but between two
    beats = find_beats(signal, rate_hz)
    true = np.arange(0.4, 9.8, 0.8)
    true = true[np.abs(true - 4.4) > 0.25]
    assert len(beats) == len(true) and np.abs(beats - true).max() < 0.05
    assert heart_rate(beats) == pytest.approx(75, abs=0.5)


def test_where_there_are_no_beats_none_are_found():
    for nothing in (np.zeros((2500, 2)), np.full((2500, 2), np.nan), rng().normal(size=(2500, 2)), np.zeros((1, 1))):
        assert len(find_beats(nothing, 250.0)) == 0
    assert heart_rate(np.array([1.0, 2.0])) is None


def test_the_printed_rate_is_the_records_own(shared_data):
    wfdb = pytest.importorskip("wfdb")
    config = PagesConfig(intervals_probability=1)
    for path in ("sel103", "sel16265", "sel213", "sele0104"):
        signal = read_window(shared_data / "qtdb", path, 50_000, 2500)
        page = render_page(signal, "2x1", config, rng(1), dpi=60)
        marks = wfdb.rdann(str(shared_data / "qtdb" / path), "atr", sampfrom=50_000, sampto=52_500)
        beats = np.array([s for s, sign in zip(marks.sample, marks.symbol, strict=True) if sign in "NLRAaJSVFEe/fQ"])
        true = 60 * 250 / np.median(np.diff(beats))
        (line,) = [t.text for t in page.labels.texts if re.match(r"Vent. rate|HR|Rate", t.text)]
        assert abs(int(re.search(r"\d+", line)[0]) - true) <= 2


@pytest.mark.parametrize("style", ["marker", "spike"])
def test_pacing_marks_stand_before_the_beats(style, twelve_leads, ink_share):
    config = PagesConfig(pacing_probability=1, pacing_style=style, twin=True)
    page = render_page(twelve_leads, "6x2+1", config, rng(4), dpi=150)
    plain = render_page(twelve_leads, "6x2+1", config.model_copy(update={"pacing_probability": 0}), rng(4), dpi=150)
    assert all(np.array_equal(a.samples, b.samples) for a, b in zip(page.truth, plain.truth, strict=True))
    assert np.array_equal(page.twin, plain.twin)  # print, and not of the trace
    assert len(page.labels.marks) > 50 and {mark.kind for mark in page.labels.marks} == {"pacing"}
    changed = (page.image != plain.image).any(axis=2)
    for mark in page.labels.marks:
        x0, y0, x1, y1 = mark.box_mm
        (lead,) = [x for x in page.labels.leads if (x.row, x.column) == (mark.row, mark.column)]
        assert (x0 + x1) / 2 == pytest.approx(lead.x0_mm + (mark.time_s - lead.start_s) * 25, abs=1e-3)
        assert 2 < y1 - y0 < 9 and changed[pixels(page, mark.box_mm)].any()
        assert (y0 > lead.y0_mm) if style == "marker" else (y1 > lead.box_mm[1])
    for mark in page.labels.marks:
        changed[pixels(page, mark.box_mm)] = False
    assert changed.sum() < 5 * len(page.labels.marks)  # but for the strokes' faint edges
    before = (np.arange(0.2, 10, 0.8)[:, None] - [m.time_s for m in page.labels.marks]).ravel()
    assert any(np.abs(before - early).min() < 0.03 for early in (0.05, 0.2))
    assert ink_share(twelve_leads, page) > 0.99
    assert PageLabels.from_json(page.labels.to_json()).marks[0].box_mm == pytest.approx(page.labels.marks[0].box_mm)


def test_a_flat_record_is_paced_at_a_rate_of_its_own(twelve_leads):
    flat = replace(twelve_leads, samples=np.zeros_like(twelve_leads.samples))
    times = set()
    for seed in range(4):
        page = render_page(flat, "2x1", PagesConfig(pacing_probability=1), rng(seed), dpi=60)
        times |= {len(page.recipe.pacing.times_s)}
        assert 8 <= len(page.recipe.pacing.times_s) <= 32 and max(page.recipe.pacing.times_s) < 10
    assert len(times) > 1
