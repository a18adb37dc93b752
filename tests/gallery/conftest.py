"""One small gallery of everything, made once."""

from __future__ import annotations

import json

import pytest

from papertrace.config import Config
from papertrace.gallery import stage
from papertrace.pages.config import PagesConfig


@pytest.fixture(scope="session")
def config() -> Config:
    """Coarse pages, with one layout of its own."""
    own = {"mine": {"rows": [["V1", "V2"], ["-aVR"]]}, "odd": {"rows": [["V9"]]}}
    return Config(pages=PagesConfig(dpi=50, layouts=own, layout=["mine", "auto"]), scans={"preset": "kit"})


@pytest.fixture(scope="session")
def gallery(tmp_path_factory, config):
    """The gallery's folder."""
    out = tmp_path_factory.mktemp("gallery") / "out"
    stage.run(config, out, cores=2, own=True)
    return out


@pytest.fixture(scope="session")
def listing(gallery) -> list[dict]:
    """What the gallery says it holds."""
    return json.loads((gallery / "gallery.json").read_text(encoding="utf-8"))
