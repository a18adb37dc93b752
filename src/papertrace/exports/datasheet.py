"""What a dataset holds and where it comes from: its checksums, the schema of its recipes, its data sheet."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from papertrace.checksums import checksums, to_text
from papertrace.errors import ConfigError, PapertraceError
from papertrace.exports.dataset import shard_tables
from papertrace.exports.rebuild import kept_keys
from papertrace.io import read_rows, shard_folder, write_text
from papertrace.provenance import git_commit, versions
from papertrace.scans.schema import recipe_schema

_SPLITS = ("train", "validation", "test")

# As PhysioNet states them with version 1.0.0 of QTDB, 1.0.1 of LUDB and 1.0.3 of PTB-XL; of these, LUDB alone brings
# its licence along as a file.
LICENCES = {
    "qtdb": "QT Database, <https://physionet.org/content/qtdb/>: Open Data Commons Attribution License 1.0",
    "ludb": "Lobachevsky University Database, <https://physionet.org/content/ludb/>: "
    "Open Data Commons Attribution License 1.0",
    "ptbxl": "PTB-XL, <https://physionet.org/content/ptb-xl/>: Creative Commons Attribution 4.0",
    "simulation": "simulated by papertrace; no person's data",
}
"""The licences of the databases that papertrace knows."""

_UNKNOWN_LICENCE = "licence not known to papertrace; ask where the records come from"


def write_datasheet(results: Path) -> list[Path]:
    """Write ``DATASHEET.md``, ``SHA256SUMS`` and the schemas of the recipes into a dataset's folder.

    The same dataset and the same installation give the same bytes.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    PapertraceError
        Tables are missing, or an image is missing or not the one that its table tells of: such a dataset is not
        certified, and nothing is written.
    """
    for table in ("records/records.parquet", "manifest/manifest.parquet"):
        if not (results / table).is_file():
            raise PapertraceError(f"{results / table}: no such file; make it with `papertrace {table.split('/')[0]}`")
    sums = checksums(results)
    _check_images(results, sums)
    texts = {
        "SHA256SUMS": to_text(sums),
        "page-recipe.schema.json": json.dumps(page_recipe_schema(), indent=1, sort_keys=True) + "\n",
        "scan-recipe.schema.json": json.dumps(recipe_schema(), indent=1, sort_keys=True) + "\n",
        "DATASHEET.md": datasheet_text(results, sums),
    }
    for name, text in texts.items():
        write_text(text, results / name)
    return [results / name for name in texts]


def page_recipe_schema() -> dict:
    """Return the JSON schema of the column `recipe` of `papertrace.tables.PAGES`."""
    from pydantic import TypeAdapter

    from papertrace.pages.recipe import PageRecipe

    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **TypeAdapter(PageRecipe).json_schema(mode="serialization"),
    }


def datasheet_text(results: Path, sums: dict[str, str]) -> str:
    """Return the data sheet as Markdown: what, counts, splits, licences, seeds, versions."""
    records = read_rows(results / "records/records.parquet", ["record", "database", "source_database", "status"])
    columns = ["page_id", "record", "split", "layout", "dpi", "speed_mm_s", "gain_mm_mv", "duration_s", "rate_hz"]
    manifest = read_rows(results / "manifest/manifest.parquet", columns)
    lines = [
        f"# Data sheet: {results.resolve().name}",
        "",
        "ECGs printed on paper, and what a scanner or a camera would have seen of them, with the truth: the samples",
        "that were drawn and where on the image they lie. Made by papertrace from the records named below.",
        "",
        "## What it holds",
        "",
        "| | whole | failed | bytes |",
        "|---|--:|--:|--:|",
        _count_row("records", records, ""),
    ]
    for kind in ("pages", "scans"):
        if list((results / kind).glob("shard-*.parquet")):
            rows = [
                (shard_folder(path), row)
                for path in shard_tables(results, kind)
                for row in read_rows(path, ["image", "status"])
            ]
            stored = [folder / row["image"] for folder, row in rows if row["image"] is not None]
            bare = not stored and any(row["status"] == "ok" for _, row in rows)
            size = "not stored" if bare else f"{sum(path.stat().st_size for path in stored):,}"
            lines.append(_count_row(kind, [row for _, row in rows], size))
    lines += ["", "Pages as planned: " + "; ".join(_spread(manifest, columns[3:])) + ".", ""]
    lines += [
        "## Splits",
        "",
        _disjoint(manifest),
        "",
        "| split | records | pages |",
        "|---|--:|--:|",
    ]
    for split in _SPLITS:
        planned = [row for row in manifest if row["split"] == split]
        lines.append(f"| {split} | {len({row['record'] for row in planned})} | {len(planned)} |")
    lines += ["", "## Where the records come from", ""]
    for database, count in sorted(Counter(row["database"] for row in records).items()):
        lines.append(f"* {count} records, `{database}`: {LICENCES.get(database, _UNKNOWN_LICENCE)}")
    sources = sorted(Counter(row["source_database"] or "unknown" for row in records).items())
    lines += ["", "First published in: " + ", ".join(f"{name} {count}" for name, count in sources) + ".", ""]
    lines += ["Headers and texts on the pages are made up; they name no person.", ""]
    lines += ["## How to make it again", "", *_config_lines(results), ""]
    lines += ["Versions of what wrote this sheet:", ""]
    lines += [f"* {name} {version}" for name, version in versions()]
    lines += [f"* commit {git_commit() or 'not known: papertrace does not run from a checkout'}", ""]
    lines += [
        "## Checks",
        "",
        f"`SHA256SUMS` holds {len(sums)} files; `sha256sum --check SHA256SUMS` checks them.",
        "`page-recipe.schema.json` and `scan-recipe.schema.json` are the schemas of the column `recipe` of the pages'",
        "and of the scans' tables. Columns: `papertrace.tables`.",
    ]
    return "\n".join(lines) + "\n"


def _count_row(name: str, rows: list[dict], size: str) -> str:
    whole = sum(row["status"] == "ok" for row in rows)
    return f"| {name} | {whole:,} | {len(rows) - whole:,} | {size} |"


def _spread(rows: list[dict], columns: list[str]) -> list[str]:
    """Return for each column which values it has, the most frequent ones with how often."""
    found = []
    for column in columns:
        counts = Counter(row[column] for row in rows if row[column] is not None)
        common = sorted(counts.items(), key=lambda pair: (-pair[1], str(pair[0])))
        named = [(value if isinstance(value, str) else format(value, "g"), count) for value, count in common[:8]]
        values = [f"{value} ({count:,})" for value, count in named]
        rest = [f"{len(common) - 8} more"] if len(common) > 8 else []
        found.append(f"{column} {', '.join(values + rest) or 'unknown'}")
    return found


def _disjoint(manifest: list[dict]) -> str:
    pairs = {(row["record"], row["split"]) for row in manifest}
    shared = len(pairs) - len({record for record, _ in pairs})
    return f"{shared} records are in more than one split." if shared else "By record: no record is in two splits."


def _config_lines(results: Path) -> list[str]:
    try:
        keys = kept_keys(results)
    except ConfigError:
        return [
            "The config is not kept in this folder: its stages were run by hand. Every page's own seeds are in the",
            "manifest.",
        ]
    if keys.get("records", {}).get("folder"):
        keys["records"] |= {"folder": Path(keys["records"]["folder"]).name}  # where it lay on one's disk says nothing
    shown = json.dumps(keys, indent=1, sort_keys=True)
    return [
        f"Seed of the dataset: {keys.get('seed')}; every page's own seeds are in the manifest. One image alone:",
        "`papertrace scans --results FOLDER --id PAGE --out FILE`. The config:",
        "",
        "```json",
        *shown.splitlines(),
        "```",
    ]


def _check_images(results: Path, sums: dict[str, str]) -> None:
    """Compare the checksums with those that the tables hold."""
    for kind in ("pages", "scans"):
        for path in sorted((results / kind).glob("shard-*.parquet")):
            for row in read_rows(path, ["image", "sha256", "status"]):
                name = f"{kind}/{shard_folder(path).name}/{row['image']}"
                if row["image"] is not None and sums.get(name) != row["sha256"]:
                    what = f"is not the image that was written; make its shard of {kind} anew"
                    if name not in sums:
                        what = f"is missing; make it again with `papertrace restore --results {results}`"
                    raise PapertraceError(f"{results / name}: {what}")
