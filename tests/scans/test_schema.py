"""Every recipe that is drawn meets the schema, and what is none does not."""

from __future__ import annotations

import copy
import json

import jsonschema
import numpy as np
import pytest

from papertrace.scans.config import ScansConfig
from papertrace.scans.presets import ArtifactName, PresetName
from papertrace.scans.recipe import draw_recipe
from papertrace.scans.schema import item_types, recipe_schema


@pytest.fixture(scope="module")
def validator():
    schema = json.loads(json.dumps(recipe_schema()))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def drawn(page, seed, **keys):
    config = ScansConfig.model_validate(keys)
    recipe = draw_recipe(config, page.labels, page.recipe.size_px, np.random.default_rng(seed))
    return json.loads(json.dumps(recipe))


@pytest.mark.parametrize("name", [*PresetName.__args__, "mixed"])
def test_recipes_of_presets_meet_it(name, page, validator):
    for seed in range(20):
        validator.validate(drawn(page, seed, preset=name))


@pytest.mark.parametrize("artifact", ArtifactName.__args__)
def test_recipes_of_severities_meet_it_and_changed_ones_do_not(artifact, page, validator):
    off = dict.fromkeys(ArtifactName.__args__, 0)
    for severity in range(1, 6):
        recipe = drawn(page, severity, severity=off | {artifact: severity})
        validator.validate(recipe)
    if artifact not in item_types():
        return
    for k, item in enumerate(recipe):
        for key, value in item.items():
            wrong = copy.deepcopy(recipe)
            wrong[k][key] = {"no": "value"} if not isinstance(value, dict) else 3
            assert not validator.is_valid(wrong), key
            del wrong[k][key]
            assert not validator.is_valid(wrong), key
            for place, entry in enumerate(value) if isinstance(value, list) else ():
                if isinstance(entry, dict):
                    for inner in entry:
                        wrong = copy.deepcopy(recipe)
                        del wrong[k][key][place][inner]
                        assert not validator.is_valid(wrong), inner
        assert not validator.is_valid([*recipe, {**item, "more": 1}])


def test_an_unknown_artifact_does_not(validator):
    assert validator.is_valid([])
    assert not validator.is_valid([{"artifact": "tea", "strength": 1.0}])
