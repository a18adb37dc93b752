"""What was run: the versions of everything that makes the numbers."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import subprocess
from pathlib import Path

import papertrace


def versions() -> list[tuple[str, str]]:
    """Return (name, version) of papertrace, Python and the packages papertrace requires, as installed."""
    found = [("papertrace", papertrace.__version__), ("Python", platform.python_version())]
    try:
        requirements = importlib.metadata.requires("papertrace") or []
    except importlib.metadata.PackageNotFoundError:
        requirements = []
    names = {re.match(r"[A-Za-z0-9_.-]+", line).group() for line in requirements if "extra ==" not in line}
    for name in sorted(names, key=str.lower):
        try:
            found.append((name, importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            found.append((name, "not installed"))
    return found


def git_commit() -> str | None:
    """Return the commit papertrace runs from, marked where its sources differ from it; None outside a checkout."""
    source = Path(papertrace.__file__).parent
    try:
        # An installed copy may lie inside another project's repository: only a tracked file counts.
        _git(source, "ls-files", "--error-unmatch", "__init__.py")
        commit = _git(source, "rev-parse", "HEAD")
        changed = _git(source, "status", "--porcelain", "--", ".")
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{commit} with uncommitted changes" if changed else commit


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=10, check=True
    )
    return done.stdout.strip()
