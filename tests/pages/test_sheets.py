"""Upright sheets, rows close together, gains of chest leads and their pulses, colours, lines and typefaces."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from papertrace.config import load_config, stage_config_text, validate_config
from papertrace.errors import ConfigError, PapertraceError
from papertrace.geometry import PixelMap
from papertrace.pages.config import PagesConfig
from papertrace.pages.layouts import LAYOUTS
from papertrace.pages.recipe import is_chest_lead
from papertrace.pages.render import render_page
from papertrace.pages.text import TYPEFACES, text_width

BARE = {"pulse_probability": 0, "header_probability": 0, "lead_names_probability": 0, "scale_probability": 0}


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("paper", ["letter", "a4"])
def test_every_layout_stands_upright(layout, paper, twelve_leads, ink_share):
    config = PagesConfig(orientation="portrait", paper=paper, pulse_probability=1, header_probability=1)
    for speed in (12.5, 25, 50):
        page = render_page(twelve_leads, layout, config, rng(2), dpi=80, speed_mm_s=speed)
        assert page.image.shape[:2] == {"letter": (880, 680), "a4": (935, 661)}[paper]
        assert ink_share(twelve_leads, page) > 0.99
        row_s = page.recipe.row_s
        assert row_s == int(row_s) and (row_s == 10) if speed < 25 else (3 <= row_s <= 10)
        for lead in page.labels.leads:
            assert lead.x0_mm + lead.duration_s * speed <= page.labels.width_mm - 3.9
        # No second more would have fitted.
        room = page.labels.width_mm - 8 - (0.2 * speed + 5.5)
        assert row_s == min(5 if speed > 25 else 10, int(room / speed))
        for text in page.labels.texts:
            assert text.box_mm[2] <= page.labels.width_mm - 1


def test_a_row_too_long_for_an_upright_sheet_is_told(twelve_leads):
    config = PagesConfig(orientation="portrait", pitch_scale=(1, 1), row_s=10, pulse_probability=1)
    with pytest.raises(PapertraceError, match=r"10 s at 25 mm/s do not fit on a page of upright letter paper"):
        render_page(twelve_leads, "2x1", config, rng())
    usual = render_page(twelve_leads, "2x1", config.model_copy(update={"row_s": None}), rng(), dpi=60)
    assert usual.recipe.row_s == 7


@pytest.mark.parametrize("chest", [2.5, 5, 20])
def test_chest_leads_have_a_gain_of_their_own(chest, twelve_leads, ink_share):
    config = PagesConfig(chest_gain_mm_mv=chest, scale_probability=1)
    page = render_page(twelve_leads, "6x2+1", config, rng(1), dpi=100)
    gains = {lead.lead: lead.gain_mm_mv for lead in page.labels.leads}
    assert {gain for lead, gain in gains.items() if lead.startswith("V")} == {chest}
    assert {gain for lead, gain in gains.items() if not lead.startswith("V")} == {10}
    assert ink_share(twelve_leads, page) > 0.99
    assert f"25 mm/s    10/{chest:g} mm/mV" in {text.text for text in page.labels.texts}
    same = render_page(twelve_leads, "2x1", config, rng(1), dpi=60)
    assert {lead.gain_mm_mv for lead in same.labels.leads} == {10}  # its cells name no chest lead


def test_which_leads_are_of_the_chest():
    assert all(map(is_chest_lead, ["V1", "v6", "-V2", "V9", "V4R"]))
    assert not any(map(is_chest_lead, ["I", "aVL", "-aVR", "V", "MV5", 0]))


@pytest.mark.parametrize("side", [0, 1])
def test_a_stepped_pulse_shows_each_gain_of_its_row(side, twelve_leads):
    blank = replace(twelve_leads, samples=np.full_like(twelve_leads.samples, np.nan))
    config = PagesConfig(
        **{**BARE, "pulse_probability": 1}, pulse_style="stepped", chest_gain_mm_mv=5, right_pulse_probability=side
    )
    page = render_page(blank, "3x4+1", config, rng(3))
    steps = [[pulse for pulse in page.labels.pulses if pulse.row == row] for row in range(4)]
    assert [[(p.gain_mm_mv, p.width_s) for p in row] for row in steps] == [[(10, 0.1), (5, 0.1)]] * 3 + [[(10, 0.2)]]
    to_px, dark = PixelMap.of_page(page.labels.px_per_mm), page.image.max(axis=2) < 110
    for row in steps:
        for pulse in row:
            x0, y0, x1, y1 = pulse.box_mm
            assert y1 - y0 - page.recipe.stroke_mm == pytest.approx(pulse.gain_mm_mv)
            assert x1 - x0 - page.recipe.stroke_mm == pytest.approx(pulse.width_s * 25)
            (left, top), (right, bottom) = to_px.apply(np.reshape(pulse.box_mm, (2, 2)))
            inside = dark[int(top) : int(np.ceil(bottom)) + 1, int(left) : int(np.ceil(right)) + 1]
            roof = np.flatnonzero(inside.all(axis=1) | (inside.mean(axis=1) > 0.7))
            assert len(roof) and roof[0] <= 3  # its roof is drawn along its box's upper edge


def test_pulses_of_neighbouring_rows_never_cross(twelve_leads):
    for seed in range(6):
        config = PagesConfig(pulse_probability=1, chest_gain_mm_mv=[2.5, 10, 20])
        page = render_page(twelve_leads, "12x1", config, rng(seed), dpi=60, gain_mm_mv=20)
        boxes = [pulse.box_mm for pulse in page.labels.pulses]
        assert len(boxes) >= 4 and page.labels.pulses[0].row == 0
        assert all(above[3] < below[1] for above, below in pairwise(boxes))
    wide = render_page(twelve_leads, "3x4+1", PagesConfig(pulse_probability=1), rng(), dpi=60)
    assert [pulse.row for pulse in wide.labels.pulses] == [0, 1, 2, 3]


def test_close_rows_overlap_and_keep_their_labels(twelve_leads, ink_share):
    tall = replace(twelve_leads, samples=2 * twelve_leads.samples)
    page = render_page(tall, "12x1", PagesConfig(**BARE, row_spacing=(0.3, 0.3)), rng(1), dpi=150)
    boxes = [lead.box_mm for lead in page.labels.leads]
    assert all(below[1] < above[3] for above, below in pairwise(boxes))
    assert np.diff(page.recipe.row_y_mm).max() < 8
    assert ink_share(tall, page) > 0.99
    tallest = page.truth[11].samples.max() * 10
    assert tallest > 2 * np.diff(page.recipe.row_y_mm)[0]  # reaches over its neighbours' baselines


def test_any_colours_within_their_ranges(two_leads):
    config = PagesConfig(
        random_colour_probability=1, black_and_white_probability=0, random_grid_hue=(100, 140),
        random_grid_contrast=(0.2, 0.3), random_ink_hue=(230, 250), random_ink_lightness=(0.1, 0.2),
    )  # fmt: skip
    luma = np.array([0.114, 0.587, 0.299]) / 255
    palettes = [render_page(two_leads, "2x1", config, rng(seed), dpi=50).recipe.palette for seed in range(30)]
    for palette in palettes:
        paper, minor, major, ink = (
            np.array(c) @ luma for c in (palette.paper, palette.minor, palette.major, palette.ink)
        )
        assert 0.19 < paper - major < 0.31
        assert 0.3 < (paper - minor) / (paper - major) < 0.7
        assert major - ink > 0.2
        assert palette.major[1] == max(palette.major)  # green
        assert palette.ink[0] == max(palette.ink)  # blue
    assert len(set(palettes)) == 30


def test_black_and_white_goes_before_any_colours(two_leads):
    config = PagesConfig(random_colour_probability=1, black_and_white_probability=1)
    assert render_page(two_leads, "2x1", config, rng(), dpi=50).recipe.palette.name == "black and white"


def test_lines_and_type_keep_to_their_ranges(two_leads):
    config = PagesConfig(
        minor_line_mm=(0.3, 0.31), major_line_mm=(0.6, 0.61), lead_name_mm=(6, 6.1), typeface="mono", type_weight=900
    )
    recipe = render_page(two_leads, "2x1", config, rng(), dpi=60).recipe
    assert 0.3 <= recipe.minor_line_mm <= 0.31 and 0.6 <= recipe.major_line_mm <= 0.61
    assert 6 <= recipe.name_size_mm <= 6.1 and (recipe.typeface, recipe.type_weight) == ("mono", 900)


@pytest.mark.parametrize("typeface", TYPEFACES)
def test_text_of_every_typeface_is_within_its_box(typeface, twelve_leads):
    blank = replace(twelve_leads, samples=np.full_like(twelve_leads.samples, np.nan))
    config = PagesConfig(
        typeface=typeface, header_probability=1, scale_probability=1, pulse_probability=0, grid="none",
        lead_name_style="lead", black_and_white_probability=1,
    )  # fmt: skip
    page = render_page(blank, "6x2", config, rng(2))
    dark = page.image.max(axis=2) < 200
    total = dark.sum()
    assert total > 1000
    for text in page.labels.texts:
        (x0, y0), (x1, y1) = PixelMap.of_page(page.labels.px_per_mm).apply(np.reshape(text.box_mm, (2, 2)))
        inside = (slice(int(np.floor(y0)), int(np.ceil(y1)) + 1), slice(int(np.floor(x0)), int(np.ceil(x1)) + 1))
        assert dark[inside].any()
        told = text_width(text.text, {"lead-name": page.recipe.name_size_mm, "header": 3.4, "scale": 3.2}[text.kind],
                          typeface, page.recipe.type_weight)  # fmt: skip
        assert text.box_mm[2] - text.box_mm[0] == pytest.approx(told, abs=0.08 * told + 1)
        dark[inside] = False
    assert not dark.any()


@pytest.mark.parametrize("seed", range(10))
def test_varied_pages_are_sound(seed, twelve_leads, ink_share):
    config = PagesConfig(preset="varied", twin=True)
    draws = rng(seed)
    layout, speed, gain = (str(draws.choice(config.layout)), float(draws.choice(config.speed_mm_s)),
                           float(draws.choice(config.gain_mm_mv)))  # fmt: skip
    page = render_page(twelve_leads, layout, config, draws, dpi=float(draws.integers(100, 140)), speed_mm_s=speed,
                       gain_mm_mv=gain)  # fmt: skip
    assert ink_share(twelve_leads, page) > 0.99
    boxes = [lead.box_mm for lead in page.labels.leads] + [text.box_mm for text in page.labels.texts]
    for x0, y0, x1, y1 in boxes:
        assert 0 <= x0 < x1 <= page.labels.width_mm and 0 <= y0 < y1 <= page.labels.height_mm
    ink = page.twin < 128
    for lead in page.labels.leads:  # their boxes hold the traces, and reach no farther than these do
        (x0, y0), (x1, y1) = PixelMap.of_page(page.labels.px_per_mm).apply(np.reshape(lead.box_mm, (2, 2)))
        inside = page.twin[max(round(y0), 0) : round(y1) + 2, max(round(x0), 0) : round(x1) + 2] < 250
        assert inside[:3].any() and inside[-4:].any() and inside[:, :3].any() and inside[:, -4:].any()
        ink[max(round(y0) - 1, 0) : round(y1) + 2, max(round(x0) - 1, 0) : round(x1) + 2] = False
    assert not ink.any()


def test_a_preset_gives_way_to_what_is_set(tmp_path):
    config = validate_config({"pages": {"preset": "varied", "paper": "a4", "typeface": ["mono"]}})
    assert config.pages.paper == ("a4",) and config.pages.typeface == ("mono",)
    assert config.pages.orientation == ("landscape", "landscape", "portrait") and len(config.pages.layout) == 12
    stage = tmp_path / "pages.json"
    stage.write_text(stage_config_text(config, "pages"))
    assert load_config(stage).pages == config.pages
    with pytest.raises(ConfigError, match=r"`pages.preset` is 'wild': input should be 'varied'"):
        validate_config({"pages": {"preset": "wild"}})


def test_varied_pages_have_every_layout():
    assert set(LAYOUTS) == set(PagesConfig(preset="varied").layout)
