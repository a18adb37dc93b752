"""Digitizers by name, and their switches; what a config may hold of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from papertrace.config import validate_config
from papertrace.errors import ConfigError
from papertrace.traces.config import choice_named, choice_told
from papertrace.traces.registry import _MAKERS, OURS, files_behind, get_digitizer, version_behind

PROGRAM = {"name": "mine", "command": "mytool {image} {output}"}


def test_every_name_of_the_config_has_a_digitizer_of_that_name():
    assert set(OURS) == set(_MAKERS)
    assert [get_digitizer(name).name for name in OURS] == list(OURS)


def test_an_unknown_name_is_one_sentence_with_those_there_are():
    with pytest.raises(ConfigError, match=r"'nosuch' is not known; use one of .*classical"):
        get_digitizer("nosuch")


@pytest.mark.parametrize("name", OURS)
def test_a_switch_that_there_is_not_is_one_sentence(name):
    with pytest.raises(ConfigError, match="has no switch 'no-paper'"):
        get_digitizer(f"{name}:no-paper")


@pytest.mark.parametrize("name", ["classical", "dncnn"])
def test_weights_of_ones_own_are_the_networks_alone(name):
    with pytest.raises(ConfigError, match="has no switch 'weights=here'"):
        get_digitizer(f"{name}:weights=here")


def test_a_config_holds_switches_and_programs():
    traces = validate_config({"traces": {"digitizers": ["network:no-warp", "network", PROGRAM]}}).traces
    assert traces.names == ["network:no-warp", "network", "mine"]
    assert traces.digitizers[2].timeout_s == 120


@pytest.mark.parametrize(
    ("digitizers", "sentence"),
    [
        ([5], "`traces.digitizers.0` is 5: give it keys of its own (command, image, name, "),
        (["nosuch"], "`traces.digitizers.0` is 'nosuch': digitizer 'nosuch' is not known; use one of classical, "),
        (["network:no-x"], "`traces.digitizers.0` is 'network:no-x': digitizer 'network' has no switch 'no-x'; its "),
        (["network", "network"], "network is there 2 times; give each digitizer a name of its own"),
        ([PROGRAM | {"name": "dncnn"}], "dncnn is one of ours; give the program another name"),
        ([PROGRAM | {"name": "../x"}], "`traces.digitizers.0.name` is '../x': "),
        ([{"name": "mine"}], "`traces.digitizers.0.command` is missing; it must be told"),
        (
            [PROGRAM | {"comand": "x"}],
            "`traces.digitizers.0.comand` is not a known key; allowed here: command, image, ",
        ),
        ([PROGRAM | {"timeout_s": 0}], "`traces.digitizers.0.timeout_s` is 0: input should be greater than 0"),
        ([PROGRAM | {"command": "a {image}"}], "write where the image and the output go, such as mytool {image} "),
        ([PROGRAM | {"command": "a {image} {output} {dpi}"}], "there is no {dpi}; use {image} and {output}, or their "),
        ([PROGRAM | {"command": "a '{image} {output}"}], "a quotation mark is missing"),
    ],
)
def test_a_wrong_digitizer_is_one_sentence(digitizers, sentence):
    with pytest.raises(ConfigError) as error:
        validate_config({"traces": {"digitizers": digitizers}}, "c.yaml")
    assert str(error.value).startswith("c.yaml: `traces.digitizers") and sentence in str(error.value)


def test_the_command_line_names_ours_those_of_a_config_and_programs():
    [mine] = validate_config({"traces": {"digitizers": [PROGRAM]}}).traces.digitizers
    assert choice_named("mine", [mine]) == mine == choice_told("mine=mytool {image} {output}")
    assert choice_named("network:no-warp", [mine]) == "network:no-warp"
    with pytest.raises(ConfigError, match="digitizer 'yours' is not known; use one of mine, classical, network, dncnn"):
        choice_named("yours", [mine])
    for text in ("mytool {image} {output}", "mine=", "mine=mytool {image}"):
        with pytest.raises(ConfigError, match=r"write NAME='mytool \{image\} \{output\}'"):
            choice_told(text)


def test_files_behind_a_digitizer_are_weights_and_what_a_command_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("weights").mkdir()
    for name in ("page.onnx", "trace.onnx", "notes.txt"):
        Path("weights", name).touch()
    Path("tool.py").touch()
    assert files_behind("network") == []
    assert [file.name for file in files_behind("network:no-warp,weights=weights")] == ["page.onnx", "trace.onnx"]
    assert files_behind(choice_told("mine=python3 tool.py {image} {output}")) == [tmp_path / "tool.py"]


def test_what_is_behind_a_digitizer_makes_its_version(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert version_behind("network") == ""
    script = Path("tool.py")
    script.write_text("one")
    tool = choice_told("mine=python3 tool.py {image} {output}")
    versions = [version_behind(tool), version_behind(tool.model_copy(update={"version": "2"}))]
    script.write_text("two")
    versions.append(version_behind(tool))
    assert len(set(versions)) == 3
    script.write_text("one")
    assert version_behind(tool) == versions[0]
    Path("page.onnx").touch()
    assert version_behind("network:weights=.") not in ("", *versions)
