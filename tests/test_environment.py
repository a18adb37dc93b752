"""What the package asks for, what the lock file pins and what conda installs are the same."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def pins_of(lock):
    found = re.findall(r"^([\w.-]+)==([\w.]+)", lock, re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


LOCK, TRAIN_LOCK, CLUSTER_LOCK = (
    (ROOT / "envs" / name).read_text() for name in ("requirements.lock", "train.lock", "cluster.lock")
)
PINS, TRAIN_PINS, CLUSTER_PINS = pins_of(LOCK), pins_of(TRAIN_LOCK), pins_of(CLUSTER_LOCK)


@pytest.mark.parametrize("text", [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]])
def test_the_lock_pins_what_the_package_asks_for(text):
    wanted = Requirement(text)
    assert wanted.specifier.contains(PINS[canonicalize_name(wanted.name)])


@pytest.mark.parametrize("text", PROJECT["optional-dependencies"]["train"])
def test_training_is_pinned_apart_and_adds_to_what_the_package_asks_for(text):
    wanted = Requirement(text)
    assert wanted.specifier.contains(TRAIN_PINS[canonicalize_name(wanted.name)])
    assert canonicalize_name(wanted.name) not in PINS
    shared = PINS.keys() & TRAIN_PINS.keys()
    assert len(shared) > 50
    assert {name: PINS[name] for name in shared} == {name: TRAIN_PINS[name] for name in shared}


@pytest.mark.parametrize("extra", ["cluster", "cluster-test"])
def test_the_cluster_has_an_environment_of_its_own_that_makes_the_same_bytes(extra):
    for text in PROJECT["optional-dependencies"][extra]:
        wanted = Requirement(text)
        assert wanted.specifier.contains(CLUSTER_PINS[canonicalize_name(wanted.name)])
        assert canonicalize_name(wanted.name) not in PINS
    different = {name for name, version in PINS.items() if CLUSTER_PINS.get(name) != version}
    assert different == {"python-dateutil"}  # boto3 wants an older one; no image or table depends on it


@pytest.mark.parametrize("lock", [LOCK, TRAIN_LOCK, CLUSTER_LOCK], ids=["requirements", "train", "cluster"])
def test_every_pin_has_hashes_and_comes_from_the_package_index(lock):
    pins = re.split(r"^(?=[\w.-]+==)", lock, flags=re.MULTILINE)[1:]
    assert len(pins) >= len(pins_of(lock)) > 50
    assert all("--hash=sha256:" in pin for pin in pins)
    assert not re.search(r"file:|https?:|git\+|--index|--find-links|-e ", lock)


def imported(folder):
    """The names at the head of what a folder's modules import, wherever in them they do."""
    heads = set()
    for module in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                heads |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                heads.add(node.module.split(".")[0])
    return heads


@pytest.mark.parametrize(
    ("folder", "extra"), [("src", "train"), ("tests", "test"), ("benchmarks", "test"), ("tools", "test")]
)
def test_what_is_imported_is_asked_for(folder, extra):
    wanted = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"][extra]]
    asked = {canonicalize_name(Requirement(text).name) for text in wanted}
    places = ("benchmarks", "tests/helpers")
    own = {"papertrace"} | {path.stem for place in places for path in (ROOT / place).glob("*.py")}
    others = imported(folder) - own - sys.stdlib_module_names
    packages = packages_distributions()  # torch need not be installed; its package has the name that is imported
    found = {name: {canonicalize_name(package) for package in packages.get(name, [name])} for name in others}
    assert "numpy" in found
    assert {name for name in found if not found[name] & asked} == set()


def test_conda_installs_the_same_versions():
    environment = yaml.safe_load((ROOT / "envs/environment.yaml").read_text())
    (pip,) = [entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict)]
    conda = {canonicalize_name(name): version for name, version in (line.split("==") for line in pip)}
    wanted = {canonicalize_name(Requirement(text).name) for text in PROJECT["dependencies"]}
    assert conda == {name: PINS[name] for name in wanted}
