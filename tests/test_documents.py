"""What README and docs claim: every figure has its command, every command is there, and README repeats docs."""

from __future__ import annotations

import ast
import re
import shlex

import click
import digitizer_tables
import digitizers
import pytest
import results_table
import robustness
from documents import ROOT, Table, commands_of, heads_written, tables_of

from papertrace.cli import cli as papertrace

PAGES = (
    "README.md",
    *(f"docs/results/{name}.md" for name in ("qtdb-210", "qtdb-21801", "clinical", "digitizers")),
    *(f"docs/{name}.md" for name in ("exports", "generator", "geometry", "grammar", "realism", "rejection", "report")),
    *(f"docs/{name}.md" for name in ("models/dncnn", "models/network", "your-digitizer")),
)
"""Pages whose figures a command makes anew."""

FIGURES = 4
"""A table with as many cells that are numbers is a table of figures."""

BY_HAND = {
    "README.md": "lines of docs/results/*.md, see the tests below",
    "docs/results/qtdb-210.md, From a fresh clone": "the commands are its rows; wall clock of this machine",
    "docs/generator.md, Seconds a page: step, one page": "before and after a commit that it names",
    "docs/models/network.md": "a model card: what its training was",
    "docs/report.md": "a shared machine's wall clock is left out",
    "docs/realism.md": "as written, and a column of before a commit",
}
"""Tables whose titles no program writes, and why."""

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def figures_of(page: str) -> list[Table]:
    return [table for table in tables_of(page) if table.figures >= FIGURES]


@pytest.mark.parametrize("page", PAGES)
def test_a_table_of_figures_stands_with_the_command_that_makes_it(page):
    silent = [str(table) for table in figures_of(page) if not table.commands]
    assert not silent


def test_there_are_such_tables():
    assert sum(len(figures_of(page)) for page in PAGES) > 30
    assert all(figures_of(page) for page in PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_commands_are_there(page):
    wrong = [command for command in commands_of(page) if not exists(command)]
    assert not wrong


@pytest.mark.parametrize(
    "command",
    [
        "make coffee",
        "make experts N=3",
        "python benchmarks/nothing.py",
        "python benchmarks/pitch.py x --into y",
        "papertrace reports",
        "papertrace costs --result x",
        "snakemake --configfile config/none.yaml",
    ],
)
def test_commands_that_are_not_there_are_seen(command):
    assert not exists(command)


def exists(command: str) -> bool:
    """Return whether there is such a command with such options."""
    words = shlex.split(command.replace("…", "X").replace("<stage>", "pages"))
    if words[0] == "make":
        return all(_is_made(word, words) for word in words[1:])
    if words[0] == "snakemake":
        named = re.findall(r"(?:--configfile |config )(config/\S+\.yaml)", command)
        return all((ROOT / path).is_file() for path in named)
    if words[0].endswith("papertrace"):
        return len(words) == 1 or _is_papertrace(words[1], words[2:])
    script = ROOT / words[1]
    return script.is_file() and set(_options(words[2:])) <= _options_of(script) | {"--help"}


def _is_made(word: str, words: list[str]) -> bool:
    name, is_variable, _ = word.partition("=")
    if not is_variable:
        return re.search(rf"^{re.escape(name)}:", MAKEFILE, re.M) is not None
    # A variable that only another target reads says nothing here: it is looked for in the recipes of those named.
    recipes = [re.search(rf"^{re.escape(w)}:.*\n((?:\t.*\n)*)", MAKEFILE, re.M) for w in words[1:] if "=" not in w]
    everywhere = {"PAPERTRACE_DATA", "QTDB", "PYTHON", "CORES"}
    return name in everywhere or any(recipe and re.search(rf"\b{name}\b", recipe[0]) for recipe in recipes)


def _is_papertrace(name: str, words: list[str]) -> bool:
    found = papertrace.get_command(click.Context(papertrace), name)
    if found is None:
        return False
    known = {option for parameter in found.params for option in (*parameter.opts, *parameter.secondary_opts)}
    return set(_options(words)) <= known | {"--help"}


def _options(words: list[str]) -> list[str]:
    return [word.partition("=")[0] for word in words if re.match(r"--\w", word)]


def _options_of(script) -> set[str]:
    texts = [path.read_text(encoding="utf-8") for path in (script, ROOT / "benchmarks/digitizer_choices.py")]
    strings = (node.value for text in texts for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant))
    return {text for text in strings if isinstance(text, str) and re.fullmatch(r"--[\w-]+", text)}


@pytest.fixture(scope="module")
def heads() -> list[re.Pattern]:
    """Every title line that a program writes: as it stands in it, or of a table of next to nothing."""
    scripts = sorted((ROOT / "benchmarks").glob("*.py"))
    scripts += [ROOT / f"src/papertrace/{name}.py" for name in ("costs", "forecast_told")]
    text = "".join(results_table.markdown(columns, []) for columns in results_table.TABLES.values())
    sets = ("clean", "kit", "photo", "damaged", "12-lead", "100 dpi")
    entries = [entry(name, who) for name in sets for who in ("classical", "b", "classical:c")]
    text += "\n".join(digitizers.tables(entries).values())
    text += robustness.table(robustness.curves([entry(f"blur {severity}", "b") for severity in range(6)]))
    return heads_written(scripts) + [re.compile(re.escape(re.sub(" +", " ", line))) for line in text.splitlines()]


def entry(image_set: str, digitizer: str) -> dict:
    """A line of the scores that the benchmarks keep."""
    lead = {"lead": "I", "row": 0, "column": 0, "status": "ok", "name_read": True, "ceiling_db": 60.0}
    figures = (digitizer_tables.STRICT, digitizer_tables.ALIGNED, digitizer_tables.MEDIAN_FORM, "column_ceiling_db")
    right = dict.fromkeys(("speed_right", "gain_right", "layout_right", "speed_told", "gain_told"), True)
    told = {"set": image_set, "digitizer": digitizer, "page_id": "r_0", "record": "r", "status": "ok", "reason": None}
    return {**told, **right, "commit": "c", "cpu_s": 0.1, "leads": [{**lead, **dict.fromkeys(figures, 20.0)}]}


@pytest.mark.parametrize("page", PAGES)
def test_titles_are_those_that_a_program_writes(page, heads):
    unknown = []
    for table in figures_of(page):
        place = f"{page}, {table.heading}: {table.head[0]}"
        line = re.sub(" +", " ", f"| {' | '.join(table.head)} |")
        if not any(place.startswith(known) for known in BY_HAND) and not any(head.fullmatch(line) for head in heads):
            unknown.append(str(table))
    assert not unknown


def test_readme_repeats_the_digitizers_results():
    by_set, foreign = tables_of("README.md")[0].rows
    titles = tables_of("README.md")[0].head
    assert all("`network`" in table.head[0] for table in tables_of("README.md")[:2])
    two_lead = {row[0]: row for row in body("two-lead") if row[1] == "network"}
    sets = [title.strip("`") for title in titles[2:]]
    told = [two_lead[name] for name in sets]
    head = table_between("docs/results/digitizers.md", "two-lead").head
    for cell, row in zip(by_set[2:], told, strict=True):
        assert cell == f"{float(row[head.index('median')]):.1f} dB"
    pages = sum(int(row[head.index("pages")]) for row in told)
    lost = sum(int(count) for row in told for count in row[head.index("failed, rejected")].split(", "))
    assert by_set[1] == f"{pages - lost}/{pages}"
    assert {row[head.index("pages")] for row in told} == set(re.findall(r"(\d+) pages", titles[0]))
    [others] = [table for table in tables_of("docs/results/digitizers.md") if "another program" in table.heading]
    [row] = [dict(zip(others.head, row, strict=False)) for row in others.rows if row[0] == "network"]
    assert foreign[2] == f"{float(row['aligned: median']):.1f} dB"


def test_readme_repeats_the_clinical_results():
    table = tables_of("README.md")[1]
    head = table_between("docs/results/clinical.md", "digitized").head
    rows = {tuple(row[:3]): row for row in body("digitized", "docs/results/clinical.md")}
    for name, line in zip(("clean", "kit"), table.rows, strict=True):
        assert name in line[0]
        for title, cell in zip(table.head[1:], line[1:], strict=True):
            row = rows[name, "beat", f"{title.split()[0]} (ms)"]
            told = [float(row[head.index(figure)].split()[0]) for figure in ("bias", "SD")]
            assert [float(text) for text in cell.removesuffix(" ms").split(" ± ")] == told


def table_between(page: str, name: str) -> Table:
    """Return the table that stands between markers."""
    lines = (ROOT / page).read_text(encoding="utf-8").splitlines()
    first = lines.index(f"<!-- {name}: begin -->")
    return next(table for table in tables_of(page) if table.line == first + 2)


def body(name: str, page: str = "docs/results/digitizers.md") -> list[list[str]]:
    return table_between(page, name).rows
