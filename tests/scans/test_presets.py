import json

import numpy as np
import pytest

from papertrace.config import stage_config_text, validate_config
from papertrace.errors import ConfigError
from papertrace.pages.config import PagesConfig
from papertrace.pages.render import render_page
from papertrace.scans.config import ScansConfig
from papertrace.scans.draws import DRAWS
from papertrace.scans.presets import ArtifactName, PresetName, at_severity, preset
from papertrace.scans.recipe import draw_recipe
from papertrace.scans.scan import apply_recipe, scan_page

ARTIFACTS = ArtifactName.__args__
PRESETS = (*PresetName.__args__, "mixed")


def scans(**keys) -> ScansConfig:
    return validate_config({"scans": keys}).scans


def rng(seed=0):
    return np.random.default_rng(seed)


def names(recipe):
    return [item["artifact"] for item in recipe if item["artifact"] not in ("desk", "preset")]


def test_every_artifact_has_a_section_and_they_are_all():
    config = ScansConfig()
    assert {name for name in ScansConfig.model_fields if hasattr(getattr(config, name), "probability")} == set(
        ARTIFACTS
    )
    assert set(DRAWS) < set(ARTIFACTS)
    assert {name for name in DRAWS if getattr(config, name).probability > 0} == {"wrinkles"}


@pytest.mark.parametrize("artifact", ARTIFACTS)
def test_every_severity_is_a_valid_section_and_happens(artifact, page):
    for severity in range(1, 6):
        config = scans(preset="kit", **{"severity": dict.fromkeys(ARTIFACTS, 0) | {artifact: severity}})
        assert getattr(config, artifact).probability == 1
        recipe = draw_recipe(config, page.labels, page.recipe.size_px, rng(severity))
        assert names(recipe) == [artifact] or (artifact in ("punch_holes", "staples", "torn_corners") and not recipe)
        assert json.loads(json.dumps(recipe)) == recipe
    changed = apply_recipe(page.image, page.labels.px_per_mm, recipe).image
    assert not recipe or changed.shape != page.image.shape or np.abs(changed.astype(int) - page.image).max() > 10
    assert draw_recipe(scans(severity=dict.fromkeys(ARTIFACTS, 0)), page.labels, page.recipe.size_px, rng()) == []


def test_severities_outside_are_told():
    for severity in (-1, 6):
        with pytest.raises(ValueError, match="0 to 5"):
            at_severity("blur", severity)
        with pytest.raises(ConfigError, match=r"`scans\.severity\.blur`"):
            scans(severity={"blur": severity})
    with pytest.raises(ConfigError, match=r"`scans\.severity"):
        scans(severity={"coffee": 1})
    with pytest.raises(ConfigError, match=r"`scans\.preset`"):
        scans(preset="papyrus")


def test_keys_outweigh_severities_and_those_presets():
    config = scans(preset="photo", severity={"blur": 5}, noise={"probability": 0.25})
    assert config.blur.sigma_px == (2.2, 2.6)
    assert config.noise.probability == 0.25
    assert config.shot_noise.probability == 1 and config.fax.probability == 0


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_survives_being_written_out(name):
    config = validate_config({"scans": {"preset": name, "severity": {"stains": 2}}})
    again = validate_config(json.loads(stage_config_text(config, "scans")))
    assert again.scans == config.scans


def test_kit_is_what_no_preset_is():
    kit = scans(preset="kit")
    assert kit == ScansConfig().model_copy(update={"preset": "kit"})


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("layout", ["2x1", "3x4+1"])
def test_a_preset_makes_scans_that_repeat(name, layout, signals):
    page = render_page(signals[layout], layout, PagesConfig(), rng(1), dpi=100)
    made = [scan_page(page.image, page.labels, scans(preset=name), rng(seed)) for seed in (4, 4, 5)]
    assert np.array_equal(made[0].image, made[1].image)
    assert made[0].recipe == made[1].recipe != made[2].recipe
    again = apply_recipe(page.image, page.labels.px_per_mm, json.loads(json.dumps(made[0].recipe)))
    assert np.array_equal(again.image, made[0].image) and again.texts == made[0].texts
    if name != "mixed":
        allowed = {key for key, value in preset(name).items() if value["probability"] > 0}
        assert {item for scan in made for item in names(scan.recipe)} <= allowed


def test_mixed_is_all_the_others(page):
    recipes = [draw_recipe(scans(preset="mixed"), page.labels, page.recipe.size_px, rng(k)) for k in range(150)]
    assert {recipe[0]["name"] for recipe in recipes} == set(PresetName.__args__)


@pytest.mark.parametrize("name", ["photo", "mixed"])
def test_what_is_held_out_is_for_the_test_split_only(name, page):
    config = scans(preset=name, held_out=["shot_noise", "jpeg"])
    drawn = {}
    for split in ("train", "validation", "test"):
        some = [draw_recipe(config.of_split(split), page.labels, page.recipe.size_px, rng(k)) for k in range(30)]
        drawn[split] = {item for recipe in some for item in names(recipe)}
    assert {"shot_noise", "jpeg"} <= drawn["test"]
    assert not {"shot_noise", "jpeg"} & (drawn["train"] | drawn["validation"])


def test_one_artifact_shifts_nothing_in_another(page):
    alone = draw_recipe(scans(severity={"stains": 3}), page.labels, page.recipe.size_px, rng(1))
    both = draw_recipe(scans(severity={"stains": 3, "shadow": 3, "mould": 2}), page.labels, page.recipe.size_px, rng(1))
    assert [item for item in both if item["artifact"] not in ("shadow", "mould")] == alone


def test_gamma_leaves_something_of_an_underexposed_scan(page):
    config = ScansConfig.model_validate(
        {"severity": dict.fromkeys(ArtifactName.__args__, 0), "exposure": {"probability": 1, "stops": [-4, -3.9]},
         "gamma": {"probability": 1, "exponent": [4.5, 5]}}
    )  # fmt: skip
    scan = scan_page(page.image, page.labels, config, np.random.default_rng(0))
    assert np.ptp(scan.image[..., 1]) > 12
