"""The digitizers: ours by name, other people's by how they are run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from papertrace.errors import ConfigError
from papertrace.io import sha256_bytes
from papertrace.traces import dncnn, network
from papertrace.traces.digitizer import Digitizer

if TYPE_CHECKING:
    from papertrace.traces.config import ExternalDigitizer

_WEIGHTS = "weights="


def get_digitizer(choice: str | ExternalDigitizer) -> Digitizer:
    """Return a digitizer by its name, or one that is a program.

    Parameters
    ----------
    choice : str or ExternalDigitizer
        What `traces.digitizers` in a config may hold: one of `OURS`, or how a program is run. Where one of ours has
        switches they may follow a colon, with commas between them, such as ``network:no-warp,no-continuity``: the
        digitizer without those of its parts, to measure what they bring. ``network:weights=FOLDER`` reads with the
        networks that a training left in a folder.

    Raises
    ------
    ConfigError
        If there is none of that name, it has no such switch, or the program cannot be found.
    PapertraceError
        If the folder of weights has no networks.
    """
    if not isinstance(choice, str):
        from papertrace.traces.external.digitizer import External

        return External(choice)
    base, switches = check_name(choice)
    return _MAKERS[base](switches)


def check_name(name: str) -> tuple[str, tuple[str, ...]]:
    """Split the name of one of ours from its switches; raise `ConfigError` where either is not known."""
    base, _, given = name.partition(":")
    if base not in OURS:
        raise ConfigError(f"digitizer {base!r} is not known; use one of {', '.join(OURS)}")
    switches = tuple(given.split(",")) if given else ()
    known = OURS[base]
    for switch in switches:
        if switch not in known and not (switch.startswith(_WEIGHTS) and f"{_WEIGHTS}FOLDER" in known):
            has = f"its switches are {', '.join(known)}" if known else "it has none"
            raise ConfigError(f"digitizer {base!r} has no switch {switch!r}; {has}")
    return base, switches


def files_behind(choice: str | ExternalDigitizer) -> list[Path]:
    """Return the files outside papertrace that a digitizer's traces depend on: weights, or what its command names."""
    if not isinstance(choice, str):
        from papertrace.traces.external.command import files_of

        return files_of(choice.command)
    _, switches = check_name(choice)
    return [file for folder in _weights(switches) for file in sorted(folder.glob("*.onnx"))]


def version_behind(choice: str | ExternalDigitizer) -> str:
    """Return a hash over a program's description and `files_behind`; empty where all is papertrace's own."""
    described = [] if isinstance(choice, str) else [choice.model_dump_json()]
    parts = described + [sha256_bytes(file.read_bytes()) for file in files_behind(choice)]
    return sha256_bytes("\0".join(parts).encode())[:16] if parts else ""


def _classical(switches: tuple[str, ...]) -> Digitizer:
    from papertrace.traces.classical import Classical

    return Classical()


def _dncnn(switches: tuple[str, ...]) -> Digitizer:
    from papertrace.traces.dncnn.digitizer import DnCNN

    return DnCNN(lattice="lattice" in switches)


def _network(switches: tuple[str, ...]) -> Digitizer:
    from papertrace.traces.network.digitizer import Network
    from papertrace.traces.network.models import Weights, check_weights

    folders = _weights(switches)
    for folder in folders:
        check_weights(folder)
    return Network(
        tuple(switch for switch in switches if not switch.startswith(_WEIGHTS)),
        Weights(folders[-1] if folders else None, exact="no-bfloat16" in switches),
    )


def _weights(switches: tuple[str, ...]) -> list[Path]:
    return [Path(switch.removeprefix(_WEIGHTS)) for switch in switches if switch.startswith(_WEIGHTS)]


OURS: dict[str, tuple[str, ...]] = {
    "classical": (),
    "network": (*network.SWITCHES, f"{_WEIGHTS}FOLDER"),
    "dncnn": dncnn.SWITCHES,
}
"""Our digitizers, and the switches that each has."""

_MAKERS: dict[str, Callable[[tuple[str, ...]], Digitizer]] = {
    "classical": _classical,
    "network": _network,
    "dncnn": _dncnn,
}
