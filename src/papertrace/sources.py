"""The version of a stage: a hash over the source files that its result can depend on.

The workflow passes it to every rule, so that results go stale when the code behind them changes,
and only then. The files are found by following imports, those inside functions too.
"""

from __future__ import annotations

import ast
import functools
import hashlib
from pathlib import Path

_ROOT = Path(__file__).parent

# What a stage takes from the config arrives by value, in the stage's own config file; descriptions and
# other stages' keys are none of its business.
_BY_VALUE = ("config.py", "section.py")


def source_version(stage: str) -> str:
    """Return the version of `stage` (a package with a ``stage`` module, or a dotted module such as ``scores.summary``).

    Returns
    -------
    str
        The first 16 hex digits of a SHA-256 over names and contents.
    """
    digest = hashlib.sha256()
    for path in source_files(stage):
        digest.update(f"{path.relative_to(_ROOT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def source_files(stage: str) -> list[Path]:
    """Return the package's files that `stage` imports, directly or not, and the data files beside them, sorted."""
    entry = f"papertrace.{stage}" if "." in stage else f"papertrace.{stage}.stage"
    if _file_of(entry) is None:
        raise FileNotFoundError(f"{entry}: no such module")
    found: set[Path] = set()
    seen, waiting = {entry}, {entry}
    while waiting:
        path = _file_of(waiting.pop())
        if path is None or path in found or path.name in _BY_VALUE:
            continue
        found.add(path)
        waiting |= _imports(path.read_bytes()) - seen
        seen |= waiting
    data = {
        file
        for folder in {path.parent for path in found} - {_ROOT}
        for file in folder.rglob("*")
        if file.is_file() and file.suffix not in {".py", ".pyc"}
    }
    return sorted(found | data)


@functools.cache  # stages share most of their files, and Snakemake asks for ten of them before it begins
def _imports(source: bytes) -> frozenset[str]:
    """Return the modules a file may import, and the packages they lie in."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from papertrace.a import b` may mean a module b.
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    own = [name.split(".") for name in names if name.split(".")[0] == "papertrace"]
    return frozenset(".".join(parts[:length]) for parts in own for length in range(1, len(parts) + 1))


def _file_of(module: str) -> Path | None:
    path = _ROOT.joinpath(*module.split(".")[1:])
    for file in (path.with_suffix(".py"), path / "__init__.py"):
        if file.is_file():
            return file
    return None
