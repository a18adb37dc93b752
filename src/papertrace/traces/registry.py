"""The digitizers by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from papertrace.errors import ConfigError
from papertrace.traces.digitizer import Digitizer

DigitizerName = Literal["classical", "network", "dncnn"]
"""What `traces.digitizers` in a config may hold."""

_WEIGHTS = "weights="


def get_digitizer(name: str) -> Digitizer:
    """Return a digitizer by its name.

    Parameters
    ----------
    name : str
        One of `DigitizerName`. Where a digitizer has switches they may follow a colon, with commas between them, such
        as ``network:no-warp,no-continuity``: the digitizer without those of its parts, to measure what they bring.
        ``network:weights=FOLDER`` reads with the networks that a training left in a folder.

    Raises
    ------
    ConfigError
        If there is none of that name, or it has no such switch.
    PapertraceError
        If the folder of weights has no networks.
    """
    base, _, given = name.partition(":")
    if base not in _MAKERS:
        raise ConfigError(f"digitizer {base!r} is not known; use one of {', '.join(_MAKERS)}")
    return _MAKERS[base](tuple(given.split(",")) if given else ())


def _classical(switches: tuple[str, ...]) -> Digitizer:
    from papertrace.traces.classical import Classical

    _check_switches("classical", switches, ())
    return Classical()


def _dncnn(switches: tuple[str, ...]) -> Digitizer:
    from papertrace.traces.dncnn.digitizer import DnCNN

    _check_switches("dncnn", switches, ("lattice",))
    return DnCNN(lattice="lattice" in switches)


def _network(switches: tuple[str, ...]) -> Digitizer:
    from papertrace.traces.network.digitizer import SWITCHES, Network
    from papertrace.traces.network.models import check_weights

    folders = [Path(switch.removeprefix(_WEIGHTS)) for switch in switches if switch.startswith(_WEIGHTS)]
    switches = tuple(switch for switch in switches if not switch.startswith(_WEIGHTS))
    _check_switches("network", switches, (*SWITCHES, f"{_WEIGHTS}FOLDER"))
    for folder in folders:
        check_weights(folder)
    return Network(switches, *folders[-1:])


def _check_switches(name: str, given: tuple[str, ...], known: tuple[str, ...]) -> None:
    strangers = [switch for switch in given if switch not in known]
    if strangers:
        has = f"its switches are {', '.join(known)}" if known else "it has none"
        raise ConfigError(f"digitizer {name!r} has no switch {strangers[0]!r}; {has}")


_MAKERS: dict[str, Callable[[tuple[str, ...]], Digitizer]] = {
    "classical": _classical,
    "network": _network,
    "dncnn": _dncnn,
}
