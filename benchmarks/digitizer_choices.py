"""Which digitizers a benchmark is asked to measure: ours by name, other people's by their command or a config."""

from __future__ import annotations

import argparse
from pathlib import Path

from papertrace.config import load_config
from papertrace.traces.config import Choice, choice_named, choice_told


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give a benchmark's command line the options that `chosen` reads."""
    parser.add_argument(
        "--digitizer",
        action="append",
        default=[],
        metavar="NAME",
        help="one of ours, with its switches, or of the --config's; give it repeatedly [default: classical]",
    )
    parser.add_argument(
        "--digitizer-command",
        action="append",
        default=[],
        metavar="NAME=COMMAND",
        help="a program such as mine='mytool {image} {output}', see docs/your-digitizer.md; give it repeatedly",
    )
    parser.add_argument("--config", type=Path, help="config whose digitizers --digitizer may name")


def chosen(given: argparse.Namespace) -> list[Choice]:
    """Return the digitizers that a command line asks for, `classical` where it asks for none.

    Raises
    ------
    ConfigError
        There is none of a name, or a command is not told as it should be.
    """
    known = load_config(given.config).traces.digitizers if given.config else ()
    named = [choice_named(name, known) for name in given.digitizer]
    return [*named, *map(choice_told, given.digitizer_command)] or ["classical"]
