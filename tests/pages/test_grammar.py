"""Every layout at every paper speed and gain."""

import json

import numpy as np
import pytest

from papertrace.config import validate_config
from papertrace.errors import ConfigError, PapertraceError
from papertrace.manifest.stage import plan
from papertrace.pages.config import PagesConfig
from papertrace.pages.layouts import LAYOUTS
from papertrace.pages.printing import Window
from papertrace.pages.recipe import ROLLS_MM
from papertrace.pages.render import render_page

SPEEDS, GAINS = (12.5, 25, 50), (2.5, 5, 10, 20)
FULL = {"pulse_probability": 1, "scale_probability": 1, "header_probability": 1}


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_labels_lie_on_ink_at_every_speed_and_gain(layout, twelve_leads, ink_share):
    papers = ("letter", "a4", "roll")
    for number, (speed, gain) in enumerate((speed, gain) for speed in SPEEDS for gain in GAINS):
        config = PagesConfig(paper=papers[number % 3], half_chest_gain_probability=number % 2, pulse_probability=1)
        page = render_page(twelve_leads, layout, config, rng(number), dpi=110, speed_mm_s=speed, gain_mm_mv=gain)
        assert ink_share(twelve_leads, page) > 0.99, (layout, speed, gain)
        if gain >= 10:
            assert ink_share(twelve_leads, page, shift_px=4) < 0.95
        across = len(LAYOUTS[layout].rows[0])
        for stretch, lead in zip(page.truth, page.labels.leads, strict=True):
            chest = lead.lead in {"V1", "V2", "V3", "V4", "V5", "V6"}
            assert lead.gain_mm_mv == (gain / 2 if chest and number % 2 else gain)
            assert lead.speed_mm_s == speed
            assert len(stretch.samples) / 500 == pytest.approx(lead.duration_s, abs=0.01)
            end = lead.x0_mm + lead.duration_s * speed
            assert lead.x0_mm >= 4 and end <= page.labels.width_mm - 3.5
        assert len(page.truth) == sum(map(len, LAYOUTS[layout].rows)) >= across
        for pulse in page.labels.pulses:
            x0, y0, x1, y1 = pulse.box_mm
            first = next(lead for lead in page.labels.leads if lead.row == pulse.row)
            assert x1 - x0 - page.recipe.stroke_mm == pytest.approx(0.2 * speed)
            if y0 > 0:
                assert y1 - y0 - page.recipe.stroke_mm == pytest.approx(first.gain_mm_mv)


def test_sheets_and_rolls_have_their_sizes(twelve_leads):
    for paper, size in (("letter", (1100, 850)), ("a4", (1169, 827))):
        page = render_page(twelve_leads, "3x4", PagesConfig(paper=paper), rng(), dpi=100)
        assert (page.image.shape[1], page.image.shape[0]) == size
        assert page.labels.paper == paper
    lengths, widths = [], []
    for speed in SPEEDS:
        page = render_page(twelve_leads, "2x1", PagesConfig(paper="roll"), rng(), dpi=100, speed_mm_s=speed)
        assert page.recipe.row_s == 10
        lengths.append(page.labels.width_mm)
        widths.append(page.image.shape[0] / 100 * 25.4)
    assert np.diff(lengths) == pytest.approx([127.5 - 2.5, 250], abs=10)
    assert all(np.abs(np.subtract(ROLLS_MM, width)).min() < 0.2 for width in widths)


def test_a_row_holds_what_the_paper_can(twelve_leads):
    fast = render_page(twelve_leads, "3x4+1", PagesConfig(), rng(), dpi=60, speed_mm_s=50)
    assert fast.recipe.row_s == 5
    assert [lead.duration_s for lead in fast.labels.leads] == [1.25] * 12 + [5]
    short = render_page(twelve_leads, "6x2", PagesConfig(row_s=4), rng(), dpi=60)
    assert {lead.duration_s for lead in short.labels.leads} == {2}
    with pytest.raises(PapertraceError, match=r"10 s at 50 mm/s do not fit on a page of a4 paper.*to roll"):
        render_page(twelve_leads, "2x1", PagesConfig(paper="a4", row_s=10), rng(), speed_mm_s=50)
    with pytest.raises(PapertraceError, match=r"more than 120 million pixels; set a lower `pages.dpi`"):
        render_page(twelve_leads, "12x1", PagesConfig(paper="roll", row_s=60), rng(), speed_mm_s=50, dpi=600)


@pytest.mark.parametrize(
    ("layout", "dpi"),
    [(layout, 50) for layout in LAYOUTS]
    + [pytest.param(layout, 600, marks=[pytest.mark.slow] * (layout != "3x4+1")) for layout in LAYOUTS],
)
def test_ends_of_the_resolutions(layout, dpi, twelve_leads, ink_share):
    """Everything printed at 50 dpi is there at 600, and what is too fine for 50 is left out."""
    config = PagesConfig(
        preset="varied", paper="a4", orientation="landscape", grid="lines", qr_probability=1, barcode_probability=1,
        **FULL, intervals_probability=1, statements_probability=1, scale_style="short", fading=(0, 0),
    )  # fmt: skip
    window = Window("sel103_00001")
    page = render_page(twelve_leads, layout, config, rng(2), dpi=dpi, gain_mm_mv=5, window=window)
    assert ink_share(twelve_leads, page) > 0.99
    assert page.image.shape == (round(210 / 25.4 * dpi), round(297 / 25.4 * dpi), 3)
    kinds = {text.kind for text in page.labels.texts}
    words = {"lead-name", "header", "interval", "statement", "scale"}
    assert kinds == (words if dpi == 50 else words | {"qr", "barcode"})
    for text in page.labels.texts:
        height_px = (text.box_mm[3] - text.box_mm[1]) * page.labels.px_per_mm
        assert height_px >= 3 or set(text.text) <= set("-_. ")


def test_two_gains_are_printed_and_drawn(twelve_leads):
    config = PagesConfig(**FULL, half_chest_gain_probability=1)
    page = render_page(twelve_leads, "12x1", config, rng(), dpi=80)
    assert "25 mm/s    10/5 mm/mV" in {text.text for text in page.labels.texts}
    heights = [pulse.box_mm[3] - pulse.box_mm[1] - page.recipe.stroke_mm for pulse in page.labels.pulses]
    assert heights == pytest.approx([10] * 6 + [5] * 6)


def record(name, leads):
    return {
        "record": name, "path": name, "database": "d", "source_database": "d", "fold": None,
        "rate_hz": 500.0, "n_samples": 5000, "leads": leads, "status": "ok", "reason": None,
    }  # fmt: skip


def test_the_manifest_draws_layout_speed_and_gain():
    config = validate_config(
        {
            "pages": {
                "layout": ["2x1", "3x4", "6x2"],
                "speed_mm_s": [12.5, 25, 50],
                "gain_mm_mv": [5, 10, 20],
                "dpi": [90, 120],
            }
        }
    )
    twelve = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"]
    rows = plan(config, [record(f"r{k:03d}", twelve if k % 2 else ["A", "B"]) for k in range(80)])
    assert {row["layout"] for row in rows if len(row["leads"]) == 12} == {"3x4", "6x2"}
    assert {row["layout"] for row in rows if row["leads"] == ["A", "B"]} == {"2x1"}
    assert {row["speed_mm_s"] for row in rows} == {12.5, 25, 50}
    assert {row["gain_mm_mv"] for row in rows} == {5, 10, 20}
    dpi = {row["dpi"] for row in rows}
    assert 90 <= min(dpi) < 95 and 115 < max(dpi) <= 120 and all(value == int(value) for value in dpi)
    assert rows == plan(config, [record(f"r{k:03d}", twelve if k % 2 else ["A", "B"]) for k in range(80)][::-1])
    assert {row["status"] for row in rows} == {"ok"}


def test_values_that_are_not_drawn_are_told():
    for key, value in (("speed_mm_s", 30), ("gain_mm_mv", [10, 15]), ("paper", "a3"), ("speed_mm_s", [])):
        with pytest.raises(ConfigError, match=rf"`pages.{key}` is .*: (use .* or a list of them|give at least one)"):
            validate_config({"pages": {key: value}})
    assert json.loads(PagesConfig().model_dump_json())["speed_mm_s"] == 25
    for dpi in (49, [100, 601], [300, 200], "many"):
        with pytest.raises(ConfigError, match=r"`pages.dpi.*` is "):
            validate_config({"pages": {"dpi": dpi}})
