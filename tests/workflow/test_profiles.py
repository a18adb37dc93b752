"""The profiles name what there is, and differ in what a cluster needs and in nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PROFILES = sorted(path.parent.name for path in ROOT.glob("profiles/*/profile.v9+.yaml"))


def profile(name: str) -> dict:
    return yaml.safe_load((ROOT / f"profiles/{name}/profile.v9+.yaml").read_text())


def rules() -> set[str]:
    files = (path.read_text() for path in ROOT.glob("workflow/rules/*.smk"))
    return {name for text in files for name in re.findall(r"^rule (\w+):", text, re.MULTILINE)}


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_names_rules_that_there_are(name):
    settings = profile(name)
    named = {*settings.get("set-resources", {}), *(entry.split("=")[0] for entry in settings.get("groups", []))}
    assert named <= rules()


@pytest.mark.parametrize("name", ["default", "slurm"])
def test_a_profile_does_as_the_workstation_does(name):
    settings, default = profile(name), profile("default")
    assert {key: settings.get(key) for key in default} == default


def test_the_storage_goes_with_any_other_profile():
    assert not profile("s3").keys() & {*profile("default"), *profile("slurm")}
