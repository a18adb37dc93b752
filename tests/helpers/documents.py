"""Markdown pages as the tests read them: their tables, the commands that they name, what the benchmarks write."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_NUMBER = re.compile(r"[-+\u2212<\u2264\u2265 ]*\d[\d.,]*\b")
_COMMAND = re.compile(r"(make|snakemake|(\S*/)?papertrace|(\S*/)?python benchmarks/\S+)( .*|$)")
_ENVIRONMENT = re.compile(r"^(\w+=\S* )+")


@dataclass(frozen=True)
class Table:
    """A table of a page, and the commands of its section.

    A section that names none has the commands of the one it is part of.
    """

    page: str
    line: int
    heading: str
    head: list[str]
    rows: list[list[str]]
    commands: list[str]

    @property
    def figures(self) -> int:
        """How many cells are numbers."""
        return sum(bool(_NUMBER.match(cell)) for row in self.rows for cell in row)

    def __str__(self) -> str:
        return f"{self.page}:{self.line}, {self.heading!r}: | {' | '.join(self.head)} |"


@dataclass(frozen=True)
class _Section:
    level: int
    heading: str
    commands: list[str]


def tables_of(page: str) -> list[Table]:
    """Return the tables of a page, in order."""
    lines = _lines(page)
    sections = [_Section(0, page, [])]
    found = []
    for k, (line, code) in enumerate(lines):
        title = None if code else re.match(r"(#+) (.*)", line)
        if title:
            sections = [section for section in sections if section.level < len(title[1])]
            sections.append(_Section(len(title[1]), title[2], []))
        sections[-1].commands.extend(commands_in(line, code))
        below = lines[k + 1][0] if k + 1 < len(lines) else ""
        if not code and line.startswith("|") and re.fullmatch(r"\|[-|: ]+\|", below):
            found.append((k, list(sections)))
    tables = []
    for k, above in found:
        end = next((n for n in range(k, len(lines)) if not lines[n][0].startswith("|")), len(lines))
        body = [cells_of(line) for line, _ in lines[k + 2 : end]]
        commands = next((section.commands for section in reversed(above) if section.commands), [])
        tables.append(Table(page, k + 1, above[-1].heading, cells_of(lines[k][0]), body, commands))
    return tables


def commands_of(page: str) -> list[str]:
    """Return every command that a page names."""
    return [command for line, code in _lines(page) for command in commands_in(line, code)]


def cells_of(line: str) -> list[str]:
    """Return the cells of a table's line."""
    return [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]


def commands_in(line: str, code: bool) -> list[str]:
    """Return the commands of a line: all of a line of a code block, of a text what stands in backticks."""
    given = [re.split(r"\s#", line)[0]] if code else re.findall(r"`([^`]+)`", line)
    given = [_ENVIRONMENT.sub("", text.strip()) for text in given]
    return [text for text in given if _COMMAND.fullmatch(text)]


def _lines(page: str) -> list[tuple[str, bool]]:
    """Return a page's lines and whether each is code; lines that a backslash continues are one, their place kept."""
    lines, code, waiting = [], False, 0
    for line in (ROOT / page).read_text(encoding="utf-8").splitlines():
        fence = line.lstrip().startswith("```")
        code ^= fence
        if waiting:
            first = len(lines) - waiting
            lines[first] = (lines[first][0].removesuffix("\\").rstrip() + " " + line.strip(), True)
            lines.append(("", True))
        else:
            lines.append((line, code and not fence))
        waiting = waiting + 1 if code and line.endswith("\\") else 0
    return lines


def heads_written(scripts: list[Path]) -> list[re.Pattern]:
    """Return the title lines that stand in programs, a pattern each as a part of one may be computed, not its first."""
    nodes = (node for script in scripts for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))))
    lines = [text for node in nodes for text in _text(node).splitlines() if re.fullmatch(r"\| [^\0]*\|.+ \|", text)]
    return [re.compile(re.escape(re.sub(" +", " ", line)).replace("\0", ".*")) for line in lines if line[:3] != "| \0"]


def _text(node: ast.AST) -> str:
    """Return a string that stands in a program, what is computed in it as a zero byte."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "\0" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
