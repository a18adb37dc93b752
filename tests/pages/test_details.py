"""Grids, margins, pulses, separators, names, fading and clipping."""

from dataclasses import replace

import numpy as np
import pytest

from papertrace.exports.dense import CLIPPED, GAP, VISIBLE, centre_lines
from papertrace.geometry import PixelMap
from papertrace.labels import PageLabels
from papertrace.pages.colours import Palette
from papertrace.pages.config import PagesConfig
from papertrace.pages.grid import KINDS, draw_grid
from papertrace.pages.render import render_page

PALETTE = Palette("test", (250, 250, 250), (200, 200, 250), (120, 120, 240), (0, 0, 0))
BARE = {"pulse_probability": 0, "header_probability": 0, "lead_names_probability": 0, "scale_probability": 0}


def rng(seed=0):
    return np.random.default_rng(seed)


def test_each_kind_of_grid():
    shape = (300, 300, 10.0, PALETTE, 0.2, 0.4)
    grids = {kind: draw_grid(*shape, kind) for kind in KINDS}
    on_fine, on_bold = (5, 109), (5, 149)  # between the lines of one direction, on a line of the other
    cross, bold_cross = (109, 109), (149, 109)
    seen = {
        kind: [tuple(int(v) for v in image[place]) for place in ((5, 5), on_fine, on_bold, cross, bold_cross)]
        for kind, image in grids.items()
    }
    paper, fine, bold = PALETTE.paper, PALETTE.minor, PALETTE.major
    assert seen["lines"] == [paper, fine, bold, fine, bold]
    assert seen["1 mm"] == [paper, fine, fine, fine, fine]
    assert seen["5 mm"] == [paper, paper, bold, paper, bold]
    assert seen["dotted"] == [paper, paper, paper, fine, bold]
    assert seen["lines and dots"] == [paper, paper, bold, bold, bold]
    assert seen["none"] == [paper] * 5
    assert np.array_equal(grids["lines"], draw_grid(*shape))


@pytest.mark.parametrize("kind", KINDS)
def test_a_large_page_is_drawn_as_its_parts_are(kind):
    whole = draw_grid(700, 130, 7.3, PALETTE, 0.15, 0.3, kind)
    assert np.array_equal(whole[:90], draw_grid(90, 130, 7.3, PALETTE, 0.15, 0.3, kind))
    assert whole.shape == (700, 130, 3)


def test_margins_are_bare_and_labelled(twelve_leads):
    config = PagesConfig(**BARE, grid_margin_mm=(12, 12), black_and_white_probability=0)
    page = render_page(twelve_leads, "3x4+1", config, rng(1))
    x0, y0, x1, y1 = page.labels.grid_box_mm
    assert y0 == 12 and 0 <= x0 <= 12 and x1 < page.labels.width_mm and y1 <= page.labels.height_mm - 10
    assert all(edge == int(edge) for edge in (x0, y0, x1, y1))
    for lead in page.labels.leads:
        assert x0 < lead.x0_mm and lead.x0_mm + lead.duration_s * 25 < x1
    (left, top), (right, bottom) = PixelMap.of_page(page.labels.px_per_mm).apply([[x0, y0], [x1, y1]])
    bare = np.ones(page.image.shape[:2], bool)
    bare[int(top) - 2 : int(bottom) + 4, int(left) - 2 : int(right) + 4] = False
    assert bare.sum() > 1000
    assert (page.image[bare] == page.recipe.palette.paper).all()
    edge = page.image[round(top), int(left) + 5 : int(right) - 5].astype(int)
    assert (edge.sum(axis=1) < sum(page.recipe.palette.paper)).all()  # the box's edge is a line of the grid
    assert render_page(twelve_leads, "3x4+1", PagesConfig(grid="none"), rng(1), dpi=60).labels.grid_box_mm is None


def test_a_pulse_on_the_right(twelve_leads, ink_share):
    config = PagesConfig(pulse_probability=1, right_pulse_probability=1, half_chest_gain_probability=1)
    page = render_page(twelve_leads, "6x2", config, rng(4))
    assert page.recipe.pulse_side == "right" and len(page.labels.pulses) == 6
    for pulse in page.labels.pulses:
        x0, y0, x1, y1 = pulse.box_mm
        last = [lead for lead in page.labels.leads if lead.row == pulse.row][-1]
        assert last.x0_mm + last.duration_s * 25 < x0 < x1 < page.labels.width_mm - 4
        assert y1 - y0 - page.recipe.stroke_mm == pytest.approx(last.gain_mm_mv) == 5
        assert x1 - x0 - page.recipe.stroke_mm == pytest.approx(5)
    assert min(lead.x0_mm for lead in page.labels.leads) >= 4
    assert ink_share(twelve_leads, page) > 0.99


def test_separators_stand_between_columns(twelve_leads):
    blank = replace(twelve_leads, samples=np.full_like(twelve_leads.samples, np.nan))
    with_them = render_page(blank, "3x4+1", PagesConfig(**BARE, separator_probability=1), rng())
    without = render_page(blank, "3x4+1", PagesConfig(**BARE), rng())
    rows, columns = np.nonzero((with_them.image != without.image).any(axis=2))
    recipe = with_them.recipe
    expected = (recipe.x_left_mm + 62.5 * np.array([1, 2, 3])) * recipe.px_per_mm
    assert np.abs(columns[:, None] - expected).min(axis=1).max() < 4
    heights = np.array(recipe.row_y_mm[:3]) * recipe.px_per_mm
    assert np.abs(rows[:, None] - heights).min(axis=1).max() < 8 * recipe.px_per_mm
    assert all((np.abs(columns - x) < 4).any() for x in expected)


@pytest.mark.parametrize(("style", "name"), [("plain", "aVR"), ("capitals", "AVR"), ("lead", "Lead aVR")])
@pytest.mark.parametrize("place", ["above", "below"])
def test_lead_names_have_styles_and_places(style, name, place, twelve_leads):
    config = PagesConfig(lead_name_style=style, lead_name_place=place)
    page = render_page(twelve_leads, "3x4", config, rng())
    assert name in {text.text for text in page.labels.texts if text.kind == "lead-name"}
    assert page.labels.leads[1].lead == "aVR"  # the truth's name, whatever is printed
    for lead in page.labels.leads:
        x0, top, _, bottom = lead.name_box_mm
        assert (bottom < lead.y0_mm) if place == "above" else (top > lead.y0_mm)
        assert lead.x0_mm < x0 < lead.x0_mm + 4


def test_names_are_left_out(twelve_leads):
    page = render_page(twelve_leads, "12x1", PagesConfig(lead_name_omission=0.5), rng(1), dpi=80)
    named = [lead.lead for lead in page.labels.leads if lead.name_box_mm is not None]
    assert 1 < len(named) < 11
    assert named == [text.text for text in page.labels.texts if text.kind == "lead-name"]
    none = render_page(twelve_leads, "12x1", PagesConfig(lead_name_omission=1), rng(1), dpi=80)
    assert not [text for text in none.labels.texts if text.kind == "lead-name"]


def test_faded_ink_is_paler_and_still_there(two_leads, ink_share):
    pages = [
        render_page(two_leads, "2x1", PagesConfig(**BARE, fading=(f, f), grid="none", twin=True), rng(3))
        for f in (0.0, 0.6)
    ]
    full, pale = (float(255 - page.image.min(axis=(0, 2)).astype(float).max()) for page in pages)
    darkest = [page.image.min(axis=(0, 2)).astype(int) for page in pages]
    assert full >= pale
    lost = (darkest[1] - darkest[0])[300:-300]
    assert lost.min() >= 0 and lost.max() > 80
    assert ink_share(two_leads, pages[1]) > 0.99
    assert np.array_equal(pages[0].twin, pages[1].twin)


def test_clipped_traces_keep_to_their_row_and_so_does_the_truth(twelve_leads, ink_share):
    tall = replace(twelve_leads, samples=4 * twelve_leads.samples)
    page = render_page(tall, "12x1", PagesConfig(**BARE, clip_probability=1, twin=True), rng(2))
    band = page.recipe.clip_mm
    assert band == pytest.approx(np.diff(page.recipe.row_y_mm)[0] / 2)
    for stretch, lead in zip(page.truth, page.labels.leads, strict=True):
        assert np.abs(stretch.samples).max() * lead.gain_mm_mv <= band * (1 + 1e-6)
        assert lead.box_mm[1] >= lead.y0_mm - band - page.recipe.stroke_mm
        whole = tall.samples[:, tall.leads.index(stretch.lead)] - stretch.offset_mv
        free = np.abs(whole) * lead.gain_mm_mv < band
        assert np.array_equal(lead.is_clipped(5000), ~free)
    assert any(np.isclose(stretch.samples.max() * 10, band) for stretch in page.truth)
    assert any(lead.clipped for lead in page.labels.leads)
    assert PageLabels.from_json(page.labels.to_json()).leads[-1].clipped == page.labels.leads[-1].clipped
    assert ink_share(tall, page) > 0.99
    rows = np.flatnonzero(page.twin.min(axis=1) < 128)
    assert rows[0] >= (page.recipe.row_y_mm[0] - band - 1) * page.labels.px_per_mm


@pytest.mark.parametrize("clip", [0, 1])
def test_labels_and_dense_labels_agree_on_what_is_clipped(clip, two_leads):
    samples = two_leads.samples.copy()
    samples[500:520, 0] += 60
    samples[1000:1100, 1] = np.nan
    tall = replace(two_leads, samples=samples)
    page = render_page(tall, "2x1", PagesConfig(**BARE, clip_probability=clip), rng(2), dpi=80)
    size = page.image.shape[1], page.image.shape[0]
    lines = centre_lines(page.labels, page.truth, PixelMap.of_page(page.labels.px_per_mm), size)
    for line, lead in zip(lines, page.labels.leads, strict=True):
        assert np.array_equal(line.visibility == CLIPPED, lead.is_clipped(2500))
    assert page.labels.leads[0].clipped == ((500, 520),)
    assert (lines[1].visibility[1000:1100] == GAP).all() and (lines[1].visibility[:1000] == VISIBLE).all()


@pytest.mark.parametrize("seed", range(12))
def test_any_mixture_of_them_has_its_labels_on_ink(seed, twelve_leads, ink_share):
    draws = rng(1000 + seed)
    config = PagesConfig(
        grid=list(KINDS), grid_margin_mm=(0, 30), fading=(0, 0.5), clip_probability=0.5, separator_probability=0.5,
        right_pulse_probability=0.5, lead_name_style=["plain", "capitals", "lead"], lead_name_omission=0.2,
        lead_name_place=["above", "below"], paper=["letter", "a4", "roll"], simultaneous_probability=0.5,
        half_chest_gain_probability=0.5,
    )  # fmt: skip
    layout = str(draws.choice(["1x1", "2x1", "3x1", "3x4", "3x4+2", "6x2+1", "12x1", "6x2-cabrera"]))
    speed, gain = float(draws.choice([12.5, 25, 50])), float(draws.choice([2.5, 5, 10, 20]))
    page = render_page(twelve_leads, layout, config, draws, dpi=120, speed_mm_s=speed, gain_mm_mv=gain)
    assert ink_share(twelve_leads, page) > 0.99
    assert np.isfinite([lead.box_mm for lead in page.labels.leads]).all()
    assert np.ptp(page.image) > 100
