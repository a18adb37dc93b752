import hashlib

import numpy as np
import pytest

from papertrace.encoding import encode_png
from papertrace.errors import PapertraceError
from papertrace.geometry import PixelMap
from papertrace.labels import PageLabels
from papertrace.pages.config import PagesConfig
from papertrace.pages.layouts import LAYOUTS
from papertrace.pages.render import render, render_page
from papertrace.records.reader import Signal, read_window

CONFIG = PagesConfig()
FULL = PagesConfig(pulse_probability=1, header_probability=1, scale_probability=1)


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("layout", ["2x1", "3x4+1"])
def test_labels_lie_on_ink(layout, seed, two_leads, twelve_leads, ink_share):
    signal = two_leads if layout == "2x1" else twelve_leads
    page = render_page(signal, layout, CONFIG, rng(seed))
    assert ink_share(signal, page) > 0.999
    assert ink_share(signal, page, shift_px=4) < 0.9  # the check can fail


@pytest.mark.parametrize(
    ("database", "path", "start", "n", "layout"),
    [
        ("qtdb", "sel103", 0, 2500, "2x1"),
        ("qtdb", "sel16265", 40_000, 2500, "2x1"),
        ("qtdb", "sele0104", 9_000, 2500, "2x1"),
        ("ptbxl", "first", 0, 5000, "3x4+1"),
        ("ptbxl", "last", 0, 5000, "3x4+1"),
    ],
)
def test_labels_lie_on_ink_of_real_records(shared_data, database, path, start, n, layout, ink_share):
    if path in ("first", "last"):
        listed = (shared_data / database / "RECORDS").read_text().split()
        path = listed[0 if path == "first" else -1]
    signal = read_window(shared_data / database, path, start, n)
    page = render_page(signal, layout, CONFIG, rng(n + start))
    assert ink_share(signal, page) > 0.99


@pytest.mark.parametrize("dpi", [50, 100, 300])
def test_any_dpi(dpi, twelve_leads, ink_share):
    page = render_page(twelve_leads, "3x4+1", CONFIG, rng(3), dpi=dpi)
    assert page.image.shape == (round(8.5 * dpi), round(11 * dpi), 3)
    assert ink_share(twelve_leads, page) > 0.99


def test_the_same_seed_gives_the_same_bytes(two_leads):
    pages = [render_page(two_leads, "2x1", CONFIG, rng(seed)) for seed in (5, 5, 6)]
    digests = [hashlib.sha256(encode_png(page.image)).hexdigest() for page in pages]
    assert digests[0] == digests[1] != digests[2]
    assert pages[0].labels == pages[1].labels
    again = render(two_leads, pages[0].recipe)
    assert np.array_equal(again.image, pages[0].image)


def test_truth_is_what_was_drawn(two_leads):
    page = render_page(two_leads, "2x1", CONFIG, rng(), start_sample=700)
    assert [stretch.lead for stretch in page.truth] == ["ECG1", "ECG2"]
    for k, stretch in enumerate(page.truth):
        assert stretch.unit == "mV" and stretch.rate_hz == 250 and stretch.start_s == 0 and stretch.start_sample == 700
        assert stretch.samples.dtype == np.float32
        assert abs(stretch.samples.mean()) < 1e-5
        np.testing.assert_allclose(stretch.samples + stretch.offset_mv, two_leads.samples[:, k], atol=1e-5)


def test_each_column_shows_its_own_stretch(twelve_leads):
    page = render_page(twelve_leads, "3x4+1", CONFIG, rng())
    assert len(page.truth) == len(page.labels.leads) == 13
    for stretch, lead in zip(page.truth, page.labels.leads, strict=True):
        long = stretch.row == 3
        assert stretch.start_s == stretch.column * 2.5
        assert len(stretch.samples) == (5000 if long else 1250)
        assert stretch.start_sample == stretch.start_s * 500
        assert lead.duration_s == (10 if long else 2.5)
        assert lead.x0_mm == pytest.approx(page.recipe.x_left_mm + 62.5 * stretch.column)
        place = twelve_leads.leads.index(stretch.lead)
        whole = twelve_leads.samples[stretch.start_sample : stretch.start_sample + len(stretch.samples), place]
        np.testing.assert_allclose(stretch.samples + stretch.offset_mv, whole, atol=1e-5)
    names = [[s.lead for s in page.truth if s.row == row] for row in range(4)]
    assert names == [["I", "aVR", "V1", "V4"], ["II", "aVL", "V2", "V5"], ["III", "aVF", "V3", "V6"], ["II"]]


@pytest.mark.parametrize("rate_hz", [128.0, 257.0, 360.0, 999.5])
def test_columns_join_at_any_rate(rate_hz, twelve_leads):
    n = int(10 * rate_hz)
    signal = Signal(twelve_leads.samples[np.linspace(0, 4999, n).astype(int)], rate_hz, twelve_leads.leads)
    page = render_page(signal, "3x4+1", CONFIG, rng())
    for row in range(3):
        stretches = [stretch for stretch in page.truth if stretch.row == row]
        ends = [stretch.start_sample + len(stretch.samples) for stretch in stretches]
        assert [stretch.start_sample for stretch in stretches] == [0, *ends[:-1]]
        assert ends[-1] == n


def test_lead_names_match_in_any_case(twelve_leads):
    lower = Signal(twelve_leads.samples, 500.0, [name.lower() for name in twelve_leads.leads])
    page = render_page(lower, "3x4+1", CONFIG, rng())
    assert {stretch.lead for stretch in page.truth} == set(twelve_leads.leads)


@pytest.mark.parametrize("seed", range(6))
def test_everything_has_its_place_on_the_page(seed, twelve_leads):
    page = render_page(twelve_leads, "3x4+1", FULL, rng(seed))
    labels = page.labels
    assert len(labels.pulses) == 4
    assert {text.kind for text in labels.texts} == {"lead-name", "header", "scale"}
    boxes = [lead.box_mm for lead in labels.leads] + [lead.name_box_mm for lead in labels.leads]
    boxes += [item.box_mm for item in labels.texts + labels.pulses]
    for x0, y0, x1, y1 in boxes:
        assert 0 <= x0 < x1 <= labels.width_mm and 0 <= y0 < y1 <= labels.height_mm
    for lead in labels.leads:  # 10 s and the pulse are on the paper
        assert lead.x0_mm >= 14 and lead.x0_mm + lead.duration_s * 25 <= labels.width_mm - 3.9
    for pulse in labels.pulses:
        x0, y0, x1, y1 = pulse.box_mm
        assert x1 - x0 - page.recipe.stroke_mm == pytest.approx(5)
        assert y1 - y0 - page.recipe.stroke_mm == pytest.approx(10)
        assert x1 < min(lead.box_mm[0] for lead in labels.leads if lead.row == pulse.row)
    assert PageLabels.from_json(labels.to_json()).to_json() == labels.to_json()


def test_the_ink_of_text_and_pulse_is_within_its_box(twelve_leads):
    blank = Signal(np.full((5000, 12), np.nan), 500.0, twelve_leads.leads)
    page = render_page(blank, "3x4+1", FULL, rng(2))
    recipe = page.recipe
    dark = page.image.max(axis=2) < 110
    assert dark.any()
    free = np.ones_like(dark)
    flat = 2.0 + recipe.stroke_mm  # of baseline on either side of the pulse
    boxes = [text.box_mm for text in page.labels.texts]
    boxes += [(x0 - flat, y0, x1 + flat, y1) for x0, y0, x1, y1 in (pulse.box_mm for pulse in page.labels.pulses)]
    for box in boxes:
        (x0, y0), (x1, y1) = PixelMap.of_page(recipe.px_per_mm).apply(np.reshape(box, (2, 2)))
        inside = (slice(int(np.floor(y0)), int(np.ceil(y1)) + 1), slice(int(np.floor(x0)), int(np.ceil(x1)) + 1))
        assert dark[inside].any()
        free[inside] = False
    assert not (dark & free).any()


def test_the_twin_is_the_trace_alone(two_leads):
    page = render_page(two_leads, "2x1", PagesConfig(twin=True, header_probability=1), rng(1))
    assert page.twin.shape == page.image.shape[:2]
    assert page.twin.max() == 255 and page.twin.min() < 10
    rows = np.flatnonzero(page.twin.min(axis=1) < 128)
    top = min(lead.box_mm[1] for lead in page.labels.leads) * page.recipe.px_per_mm
    assert rows[0] >= top - 2  # neither header nor lead names
    assert render_page(two_leads, "2x1", CONFIG, rng(1)).twin is None


def odd(kind: str, signal: Signal) -> Signal:
    samples = signal.samples.copy()
    if kind == "flat":
        samples[:, 0] = 3.0
    elif kind == "gap":
        samples[500:900, 0] = np.nan
    elif kind == "empty lead":
        samples[:, 1] = np.nan
    elif kind == "spike":
        samples[1000, 0] += 20
    elif kind == "huge":
        samples[:, 0] *= 1e6
    elif kind == "infinite":
        samples[10, 0] = np.inf
    elif kind == "short":
        samples = samples[:300]
    elif kind == "one sample":
        samples = samples[:1]
    elif kind == "long":
        samples = np.tile(samples, (3, 1))
    elif kind == "wild":
        samples[:400:2] += 6
        samples[1:400:2] -= 6
    elif kind == "noise":
        samples += np.random.default_rng(0).normal(0, 0.2, samples.shape)
    return Signal(samples, signal.rate_hz, signal.leads)


@pytest.mark.parametrize(
    "kind", ["flat", "gap", "empty lead", "spike", "huge", "infinite", "short", "one sample", "long", "noise", "wild"]
)
def test_odd_signals_are_drawn(kind, two_leads, ink_share):
    signal = odd(kind, two_leads)
    page = render_page(signal, "2x1", CONFIG, rng(7))
    assert len(page.truth) == 2
    assert all(len(stretch.samples) == min(len(signal.samples), 2500) for stretch in page.truth)
    for box in (lead.box_mm for lead in page.labels.leads):
        assert np.isfinite(box).all()
    assert ink_share(signal, page) > 0.99
    assert PageLabels.from_json(page.labels.to_json()).leads


def test_a_gap_is_missing_in_truth_and_on_paper(two_leads):
    page = render_page(odd("gap", two_leads), "2x1", PagesConfig(twin=True, lead_names_probability=0), rng(7))
    assert np.isnan(page.truth[0].samples[500:900]).all()
    assert np.isfinite(page.truth[0].samples[:500]).all()
    lead = page.labels.leads[0]
    x = PixelMap.of_page(page.labels.px_per_mm).apply(lead.centre_line_mm(np.zeros(2500), 250))[:, 0]
    middle = int(np.mean([lead.y0_mm, page.labels.leads[1].y0_mm]) * page.labels.px_per_mm)
    assert page.twin[:middle, int(x[500]) + 4 : int(x[900]) - 4].min() == 255


def test_what_cannot_be_drawn_is_told_in_a_sentence(two_leads, twelve_leads):
    with pytest.raises(PapertraceError, match="none of the record's leads"):
        render_page(two_leads, "3x4+1", CONFIG, rng())
    with pytest.raises(PapertraceError, match="use one of"):
        render_page(two_leads, "7x7", CONFIG, rng())
    with pytest.raises(PapertraceError, match="slower speed"):
        render_page(two_leads, "2x1", PagesConfig(row_s=10), rng(), speed_mm_s=50)
    some = Signal(twelve_leads.samples[:, :5], 500.0, twelve_leads.leads[:5])
    assert len(render_page(some, "3x4+1", CONFIG, rng()).truth) == 6


def test_layouts_hold_ten_seconds():
    for layout in LAYOUTS.values():
        for row in range(len(layout.rows)):
            cells = [cell for cell in layout.cells() if cell.row == row]
            assert sum(cell.duration_s for cell in cells) == 10
            assert [cell.column for cell in cells] == list(range(len(cells)))
