"""The command of a digitizer that is somebody else's program: its words, and the files it names."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path


def words_of(command: str) -> list[str]:
    """Split a command as a shell would, and do no more of what a shell does.

    A word (or what follows its ``=``) that looks like a path and is there, seen from the current folder, becomes
    absolute: the program works in a folder of its own.
    """
    words = []
    for word in shlex.split(command):
        option, equals, path = word.rpartition("=")
        looks_like_a_path = "/" in path or "." in path
        there = looks_like_a_path and Path(path).exists()
        # absolute, but links are not followed: the python of a virtual environment is one
        words.append(f"{option}{equals}{Path(path).absolute()}" if there else word)
    return words


def filled(words: list[str], places: Mapping[str, Path]) -> list[str]:
    """Put paths in where the words have ``{image}`` and the like; nothing is split or expanded any more."""
    return [re.sub(r"\{(\w+)\}", lambda m: str(places.get(m[1], m[0])), word) for word in words]


def files_of(command: str) -> list[Path]:
    """Return the files that a command names, the program itself among them if it is named by its path."""
    paths = (Path(word.rpartition("=")[2]) for word in words_of(command))
    return [path for path in paths if path.is_absolute() and path.is_file()]
