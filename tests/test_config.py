"""What is wrong with a config is said in one sentence; each stage is given its own keys and no others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import BaseModel

from papertrace.config import STAGE_SECTIONS, Config, json_schema, load_config, stage_config_text, validate_config
from papertrace.errors import ConfigError
from papertrace.options import renewed

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"shard_sie": 3}, "c.yaml: `shard_sie` is not a known key; allowed here: dataset, download, figures, "),
        ({"pages": {"dip": 3}}, "c.yaml: `pages.dip` is not a known key; allowed here: "),
        (
            {"records": {"simulation": {"leads": 3}}},
            "c.yaml: `records.simulation.leads` is not a known key; allowed here: duration_s, noise_mv, rate_hz, ",
        ),
        ({"limit": "many"}, "c.yaml: `limit` is 'many': input should be a valid integer"),
        ({"shard_size": 0}, "c.yaml: `shard_size` is 0: input should be greater than or equal to 1"),
        ({"seed": -1}, "c.yaml: `seed` is -1: input should be greater than or equal to 0"),
        ({"pages": {"dpi": float("nan")}}, "c.yaml: `pages.dpi` is nan: input should be "),
        (
            {"pages": {"layout": "5x5"}},
            "c.yaml: `pages.layout` is '5x5': no such layout; use one of auto, 1x1, 2x1, 3x1, 3x4, ",
        ),
        ({"dataset": "../up"}, "c.yaml: `dataset` is '../up': string should match pattern"),
        ({"pages": None}, "c.yaml: `pages` is None: give it keys of its own ("),
        ({"records": {"simulation": 7}}, "c.yaml: `records.simulation` is 7: give it keys of its own (duration_s, "),
        (
            {"records": {"source": "folder"}},
            "c.yaml: `records.folder` is missing: with source 'folder' name the folder of WFDB records",
        ),
        (
            {"records": {"source": "folder", "folder": "/no/such"}},
            "c.yaml: `records.folder` is '/no/such': no such folder, name the folder of WFDB records",
        ),
        (
            {"records": {"source": "physionet"}},
            "c.yaml: `records.physionet` is missing: with source 'physionet' name the database and its ",
        ),
        ({"records": {"physionet": "qtdb"}}, "c.yaml: `records.physionet` is 'qtdb': string should match pattern "),
        (
            {"download": {"connections": 99}},
            "c.yaml: `download.connections` is 99: input should be less than ",
        ),
        (
            {"manifest": {"validation_share": 0.6, "test_share": 0.7}},
            "c.yaml: `manifest.validation_share` and `manifest.test_share` add up to 1.3: at most 1 is allowed",
        ),
    ],
)
def test_wrong_config_is_one_sentence(data, sentence):
    with pytest.raises(ConfigError) as caught:
        validate_config(data, "c.yaml")
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"pages: [1, 2", "not valid YAML at line 1; mend the file's indentation and quotes"),
        (b"a: b\n c: d\n", "not valid YAML at line 2; mend the file's indentation and quotes"),
        (b"\xff\xfe\x00", "not valid YAML; mend the file's indentation and quotes"),
        (b"", "holds no keys; a config is a YAML mapping such as config/demo.yaml"),
        (b"- 1\n", "holds no keys; a config is a YAML mapping such as config/demo.yaml"),
    ],
)
def test_unreadable_file_is_one_sentence(tmp_path, content, sentence):
    path = tmp_path / "c.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert str(caught.value) == f"{path}: {sentence}"


def test_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(
        ConfigError, match=r"none\.yaml: cannot be read \(No such file or directory\); name a config file"
    ):
        load_config(tmp_path / "none.yaml")


def test_stage_config_holds_its_own_keys_and_reads_back_the_same():
    config = Config(seed=7, shard_size=3)
    for stage, keys in STAGE_SECTIONS.items():
        data = json.loads(stage_config_text(config, stage))
        assert set(data) == set(keys)
        assert stage_config_text(validate_config(data), stage) == stage_config_text(config, stage)


@pytest.mark.parametrize(
    ("change", "concerned"),
    [
        ({"shard_size": 7}, {"pages", "figures", "report"}),
        ({"max_failure_share": 0.5}, {"check", "report"}),
        ({"scores": {"clinical": False}}, {"scores", "report"}),
        ({"traces": {"rate_hz": 250}}, {"traces", "scores", "figures", "report"}),
        ({"figures": {"examples": 1}}, {"figures", "report"}),
        ({"report": {"examples": 1}}, {"report"}),
        ({"seed": 9}, {"records", "manifest", "pages", "scans", "report", "training"}),
        ({"training": {"rounds": 2}}, {"training"}),
        ({"download": {"server": "http://mirror", "connections": 1}}, {"download"}),
    ],
)
def test_a_change_concerns_only_some_stages(change, concerned):
    before, after = Config(), validate_config(change)
    changed = {stage for stage in STAGE_SECTIONS if stage_config_text(before, stage) != stage_config_text(after, stage)}
    assert changed == concerned


def test_every_option_has_a_description_and_every_section_a_sentence():
    def sections(model: type[BaseModel]):
        yield model
        for field in model.model_fields.values():
            if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
                yield from sections(field.annotation)

    for model in sections(Config):
        assert (model.__doc__ or "").strip(), model
        for name, field in model.model_fields.items():
            is_section = isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
            assert is_section or field.description, f"{model.__name__}.{name}"


def test_the_readme_documents_every_option():
    text = (ROOT / "config/README.md").read_text(encoding="utf-8")
    assert renewed(text) == text, "run `make schema`"


def test_the_schema_agrees_with_the_models():
    stored = json.loads((ROOT / "workflow/schemas/config.schema.json").read_text(encoding="utf-8"))
    assert stored == json_schema(), "run `make schema`"


def test_the_example_configs_are_valid(tmp_path, monkeypatch):
    (tmp_path / "data/qtdb").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    for path in sorted((ROOT / "config").glob("*.yaml")):
        assert load_config(path).dataset == path.stem


def test_numbers_in_a_list_from_the_command_line_are_numbers():
    config = validate_config({"pages": {"speed_mm_s": ["25", "12.5"], "gain_mm_mv": "10"}})
    assert config.pages.speed_mm_s == (25, 12.5)
    assert config.pages.gain_mm_mv == (10,)
    with pytest.raises(ConfigError, match="speed_mm_s"):
        validate_config({"pages": {"speed_mm_s": ["26"]}})
