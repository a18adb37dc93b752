"""Digitizers by name, and their switches."""

from __future__ import annotations

import pytest

from papertrace.errors import ConfigError
from papertrace.traces.registry import _MAKERS, DigitizerName, get_digitizer


def test_every_name_of_the_config_has_a_digitizer_of_that_name():
    assert set(DigitizerName.__args__) == set(_MAKERS)
    assert [get_digitizer(name).name for name in DigitizerName.__args__] == list(DigitizerName.__args__)


def test_an_unknown_name_is_one_sentence_with_those_there_are():
    with pytest.raises(ConfigError, match=r"'nosuch' is not known; use one of .*classical"):
        get_digitizer("nosuch")


@pytest.mark.parametrize("name", DigitizerName.__args__)
def test_a_switch_that_there_is_not_is_one_sentence(name):
    with pytest.raises(ConfigError, match="has no switch 'no-paper'"):
        get_digitizer(f"{name}:no-paper")
