from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from papertrace.config import load_config, stage_config_text, validate_config
from papertrace.errors import ConfigError
from papertrace.geometry import PixelMap
from papertrace.manifest.layouts import STANDARD_LEADS, LayoutChoice, choose_layout
from papertrace.pages.config import PagesConfig
from papertrace.pages.layouts import LAYOUTS, Layout, find_lead
from papertrace.pages.render import render_page
from papertrace.records.reader import Signal

BARE = {"pulse_probability": 0, "header_probability": 0, "lead_names_probability": 0, "scale_probability": 0}
NAMES = ["1x1", "2x1", "3x1", "3x4", "3x4+1", "3x4+2", "3x4+3", "6x2", "6x2+1", "12x1", "3x4+1-cabrera", "6x2-cabrera"]


def rng(seed=0):
    return np.random.default_rng(seed)


def test_the_layouts_that_come_along():
    assert list(LAYOUTS) == NAMES
    for name, layout in LAYOUTS.items():
        columns = {len(row) for row in layout.rows}
        leads = {lead.removeprefix("-") for row in layout.rows for lead in row if isinstance(lead, str)}
        assert leads in (set(), set(STANDARD_LEADS))
        across = int(name.split("x")[1][0])
        assert columns <= {across, 1}
        strips = int(name.partition("+")[2][:1] or 0)
        assert len(layout.rows) == int(name.split("x")[0]) + strips


def bumps(leads, rate_hz=500.0, seconds=10):
    """Leads that tell themselves apart: lead k has its one bump, k + 1 tenths of a mV high, in every second."""
    t = np.arange(int(seconds * rate_hz)) / rate_hz
    shape = np.exp(-0.5 * ((t % 0.5 - 0.25) / 0.02) ** 2)
    return Signal(np.stack([0.1 * (k + 1) * shape for k in range(len(leads))], axis=1), rate_hz, list(leads))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("simultaneous", [0, 1])
def test_each_lead_stands_where_its_layout_says(name, simultaneous):
    signal = bumps(STANDARD_LEADS)
    config = PagesConfig(**BARE, simultaneous_probability=simultaneous, twin=True)
    page = render_page(signal, name, config, rng(3))
    rows = LAYOUTS[name].rows
    assert [(s.row, s.column) for s in page.truth] == [(r, c) for r, row in enumerate(rows) for c in range(len(row))]
    to_px = PixelMap.of_page(page.labels.px_per_mm)
    for stretch, label in zip(page.truth, page.labels.leads, strict=True):
        cell = rows[stretch.row][stretch.column]
        across = len(rows[stretch.row])
        assert label.x0_mm == pytest.approx(page.recipe.x_left_mm + 250 / across * stretch.column)
        assert label.duration_s == pytest.approx(10 / across)
        assert stretch.start_s == (0 if simultaneous else pytest.approx(10 / across * stretch.column))
        sign = -1 if str(cell).startswith("-") else 1
        place = cell if isinstance(cell, int) else STANDARD_LEADS.index(cell.removeprefix("-"))
        assert stretch.lead == (STANDARD_LEADS[cell] if isinstance(cell, int) else cell)
        # In the image, the bump's ink reaches as far from the baseline as this lead's, and no other lead's, would.
        peak = sign * 0.1 * (place + 1) - stretch.offset_mv
        (x, y), (_, base) = to_px.apply(
            [[label.x0_mm + 1.25 * 25, label.y0_mm - 10 * peak], [0, label.y0_mm + 10 * stretch.offset_mv]]
        )
        alone = 255 - page.twin[:, round(x)].astype(float)
        near = slice(*sorted((int(min(y, base)) - 3, int(max(y, base)) + 5)))
        dark = np.flatnonzero(alone[near] > 60) + near.start
        assert len(dark), (name, stretch.lead)
        assert np.abs(dark - y).min() <= 2


def test_simultaneous_columns_show_the_same_moment():
    signal = bumps(STANDARD_LEADS)
    signal = replace(signal, samples=signal.samples * np.linspace(0, 1, 5000)[:, None])
    page = render_page(signal, "6x2", PagesConfig(simultaneous_probability=1), rng())
    one, two = page.truth[0], page.truth[1]
    np.testing.assert_allclose((one.samples + one.offset_mv) * 7, two.samples + two.offset_mv, atol=1e-5)
    assert page.labels.leads[1].start_s == 0
    assert page.labels.leads[1].x0_mm - page.labels.leads[0].x0_mm == pytest.approx(125)


def test_cabrera_shows_avr_upside_down():
    signal = bumps(STANDARD_LEADS)
    page = render_page(signal, "6x2-cabrera", PagesConfig(), rng())
    stretch = next(s for s in page.truth if s.lead == "-aVR")
    np.testing.assert_allclose(stretch.samples + stretch.offset_mv, -signal.samples[:2500, 3], atol=1e-5)
    assert "-aVR" in {text.text for text in page.labels.texts}
    assert [find_lead(row[0], list(STANDARD_LEADS)) for row in LAYOUTS["6x2-cabrera"].rows] == [4, 0, 3, 1, 5, 2]


def test_a_config_has_layouts_of_its_own(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("two: {rows: [[V1, V6], [II]]}\n")
    data = {"pages": {"layout": ["two", "one"], "layout_file": str(file), "layouts": {"one": {"rows": [["V2"]]}}}}
    config = validate_config(data)
    page = render_page(bumps(STANDARD_LEADS), "two", config.pages, rng())
    assert [(s.lead, s.row, s.column) for s in page.truth] == [("V1", 0, 0), ("V6", 0, 1), ("II", 1, 0)]
    assert page.recipe.rows == (("V1", "V6"), ("II",))
    # The stages' config files hold the layouts themselves: a changed file is a changed config.
    stage = tmp_path / "pages.json"
    stage.write_text(stage_config_text(config, "pages"))
    file.unlink()
    assert load_config(stage).pages == config.pages
    assert choose_layout("two", ["v1", "V6", "II"], config.pages.layouts) == LayoutChoice("two", ["II", "v1", "V6"])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: {rows: []}", "layout a: write a list of 1 to 15 rows, such as"),
        ("a: {rows: I}", "layout a: write a list of 1 to 15 rows"),
        ("a: {rows: [I, II]}", "layout a: row 1 is 'I': write a list of 1 to 12 leads"),
        ("a: {rows: [[I], []]}", "layout a: row 2 is []: write a list of"),
        ("a: {rows: [[I, -1]]}", "layout a: cell 2 of row 1 is -1: write a lead's name such as V1 or -aVR"),
        ("a: {rows: [[I], [true]]}", "layout a: cell 1 of row 2 is True"),
        ("a: {rows: [[I, 1.5]]}", "layout a: cell 2 of row 1 is 1.5"),
        ("a: {rows: [[I, ]], cols: 3}", "layout a has a key 'cols'; only rows is known"),
        ("a: {rows: [[--I]]}", "layout a: cell 1 of row 1 is '--I'"),
        ("a: 3", "layout a has no rows; write"),
        ("a: {}", "layout a has no rows; write"),
        ("a b: {rows: [[I]]}", "'a b' is no name for a layout"),
        ("3: {rows: [[I]]}", "3 is no name for a layout"),
        ("auto: {rows: [[I]]}", "auto is taken"),
        ("", "holds no layouts; write one a line"),
        ("- 3", "holds no layouts; write one a line"),
        ("a: [", "cannot be read as layouts (it is not valid YAML)"),
    ],
)
def test_a_wrong_file_of_layouts_is_told(tmp_path, text, sentence):
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        validate_config({"pages": {"layout_file": str(file)}})
    assert str(caught.value).startswith(f"{file}: {sentence}")
    assert "\n" not in str(caught.value)


def test_wrong_names_and_shapes_are_told():
    with pytest.raises(ConfigError, match=r"`pages.layouts.a.rows` is .*: cell 2 of row 1 is -1: write a lead's name"):
        validate_config({"pages": {"layouts": {"a": {"rows": [["I", -1]]}}}})
    with pytest.raises(ConfigError, match="auto is taken"):
        validate_config({"pages": {"layouts": {"auto": {"rows": [["I"]]}}}})
    with pytest.raises(ConfigError, match=r"`pages.layout` is '9x9': no such layout; use one of auto, 1x1, .*6x2-cab"):
        validate_config({"pages": {"layout": ["2x1", "9x9"]}})
    with pytest.raises(ConfigError, match=r"`pages.layouts.a.wide` is not a known key; allowed here: rows"):
        validate_config({"pages": {"layouts": {"a": {"rows": [["I"]], "wide": 1}}}})
    with pytest.raises(ConfigError, match="cannot be read"):
        validate_config({"pages": {"layout_file": "/no/such.yaml"}})
    assert choose_layout("3x1", ["I", "II"]).startswith("layout 3x1 needs three leads, and the record has only I, II")


def test_layouts_are_package_data():
    pyproject = (Path(__file__).parents[2] / "pyproject.toml").read_text()
    assert '"**/*.yaml"' in pyproject
    assert Layout(rows=[["I"]]).rows == (("I",),)
