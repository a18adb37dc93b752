"""Tiles, details and words, one by one."""

from __future__ import annotations

import numpy as np
import pytest

from papertrace.config import Config
from papertrace.gallery.picture import DETAIL_PX, _scan, find_detail, in_words, typical_seed
from papertrace.gallery.stage import simulated_signals
from papertrace.gallery.tiles import only, plain_page, sections, slug
from papertrace.geometry import PixelMap
from papertrace.pages.config import PagesConfig
from papertrace.pages.render import render_page
from papertrace.scans.damage import stains
from papertrace.scans.presets import ArtifactName
from papertrace.seeds import generator


@pytest.fixture(scope="module")
def page():
    return render_page(simulated_signals()["twelve-lead"], "3x4+1", plain_page(PagesConfig(dpi=100)), generator(1))


def test_one_artifact_alone():
    scans = only("blur", 3)
    assert scans.blur.probability == 1 and scans.blur.sigma_px == (1.3, 1.6)
    assert all(getattr(scans, name).probability == 0 for name in ArtifactName.__args__ if name != "blur")


def test_the_plain_page_has_what_most_pages_have():
    plain = plain_page(PagesConfig())
    assert (plain.header_probability, plain.pulse_probability, plain.lead_names_probability) == (1, 1, 1)
    assert (plain.separator_probability, plain.black_and_white_probability) == (0, 0)


def test_every_entry_says_what_it_is(config):
    everything = [entry for section in sections(config, own=True) for entry in section.entries]
    assert all(entry.about and "\n" not in entry.about for entry in everything)
    presets = {entry.name: entry.about for entry in everything}
    assert presets["fax"].startswith("always ") and "fax" in presets["fax"].partition(";")[0]
    assert "; rotation 80%" in presets["fax"]
    assert presets["mixed"].startswith("one of kit, flatbed")


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ({"artifact": "blur", "sigma_px": 1.23456}, "sigma px 1.23"),
        ({"artifact": "jpeg", "qualities": [80, 75]}, "qualities 80, 75"),
        ({"artifact": "stamps", "prints": [{"text": "COPY"}]}, "1 print"),
        ({"artifact": "perspective", "shifts": [[0.01, -0.05], [0.02, 0.0]]}, "shifts up to 0.05"),
        ({"artifact": "noise", "sigma": 2.0, "seed": 7}, "sigma 2"),
        ({"artifact": "mould", "colonies": [{"spots": 3}]}, "1 colony"),
        ({"artifact": "page_curl", "radius_mm": 2563.4}, "radius mm 2563"),
    ],
)
def test_a_recipe_in_words(item, words):
    assert in_words([item], item["artifact"]) == words
    name = item["artifact"].replace("_", " ")
    assert in_words([item], None) == f"{name}: {words}"
    assert in_words([item], "crop") == ""


def test_a_detail_shows_a_beat_of_the_middle_lead(page):
    image_map = PixelMap.of_page(page.labels.px_per_mm)
    (left, top), focus = find_detail(page, page, page.image, image_map)
    assert focus == (DETAIL_PX[0] // 2, DETAIL_PX[1] // 2)
    middle = page.labels.leads[len(page.labels.leads) // 2]
    x, y = image_map.inverse(np.add([[left, top]], np.array(DETAIL_PX) / 2))[0]
    x0, y0, x1, y1 = middle.box_mm
    assert x0 < x < x1 and y0 < y < y1


@pytest.mark.parametrize("place", [(40.0, 190.0), (250.0, 30.0)])
def test_a_detail_shows_where_the_stain_is(page, place):
    blot = {"x_mm": place[0], "y_mm": place[1], "radius_mm": 12.0, "colour": [60, 90, 120], "strength": 0.8}
    image = stains(page.image, page.labels.px_per_mm, [{**blot, "rim": 0.5, "seed": 1}])
    image_map = PixelMap.of_page(page.labels.px_per_mm)
    (left, top), _ = find_detail(page, page, image, image_map)
    x, y = image_map.apply(np.array([place]))[0]
    assert left <= x < left + DETAIL_PX[0] and top <= y < top + DETAIL_PX[1]


def test_a_detail_at_the_corner_knows_what_it_is_about(page):
    blot = {"x_mm": 8.0, "y_mm": 8.0, "radius_mm": 6.0, "colour": [60, 90, 120], "strength": 0.9, "rim": 0.5, "seed": 1}
    image_map = PixelMap.of_page(page.labels.px_per_mm)
    image = stains(page.image, page.labels.px_per_mm, [blot])
    corner, focus = find_detail(page, page, image, image_map)
    assert corner == (0, 0)
    assert np.hypot(*(image_map.apply(np.array([[8.0, 8.0]]))[0] - focus)) < 6 * page.labels.px_per_mm


def test_the_seed_shown_is_a_typical_one():
    tiles = {entry.name: entry.tiles[-1] for section in sections(Config(), own=False) for entry in section.entries}
    signal = simulated_signals()["twelve-lead"]
    page = render_page(signal, "3x4+1", plain_page(PagesConfig(dpi=50)), generator(1))
    seed = typical_seed(tiles["rotation"], signal)
    degrees = [abs(_scan(tiles["rotation"], page, each).recipe[0]["degrees"]) for each in range(9)]
    assert sorted(degrees)[2] < degrees[seed] < sorted(degrees)[6]


def test_file_names_are_plain():
    assert slug("3x4+1-cabrera") == "3x4+1-cabrera"
    assert slug("1 mm") == "1-mm" and slug("motion_blur") == "motion-blur"
