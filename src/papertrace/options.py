"""The config's options as Markdown tables: the reference part of ``config/README.md``.

``python -m papertrace.options config/README.md`` writes the tables between the file's two markers anew.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from papertrace.config import Config, json_schema
from papertrace.io import write_text

BEGIN, END = "<!-- options: begin -->", "<!-- options: end -->"


def option_tables() -> str:
    """Return one Markdown table for the top level and one for each section, in the order of the models."""
    schema = json_schema()
    return "\n".join(_tables(schema, schema, ()))


def renewed(text: str) -> str:
    """Return `text` with what stands between the two markers replaced by the tables."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{option_tables()}\n{END}{tail}"


def _tables(schema: dict[str, Any], section: dict[str, Any], path: tuple[str, ...]) -> list[str]:
    title = ".".join(path)
    lines = [f"### `{title}`" if path else "### Top level", "", section["description"].split("\n")[0], ""]
    rows, below = [], []
    for key, spec in section["properties"].items():
        inner = _resolved(schema, spec)
        if "properties" in inner:
            below += ["", *_tables(schema, inner, (*path, key))]
            continue
        rows.append(
            f"| `{key}` | {_default(spec, path, key)} | {_allowed(schema, spec)} | {spec.get('description', '')} |"
        )
        items = spec.get("items", {})
        for choice in items.get("oneOf", [items]):
            if "properties" in (described := _resolved(schema, choice)):
                below += ["", *_tables(schema, described, (*path, f"{key}[]"))]
    if rows:
        lines += ["| key | default | allowed | what it is |", "|---|---|---|---|", *rows]
    elif not below:
        lines += ["No options."]
    return lines + below


def _resolved(schema: dict[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    return schema["$defs"][spec["$ref"].rpartition("/")[2]] if "$ref" in spec else spec


def _default(spec: dict[str, Any], path: tuple[str, ...], key: str) -> str:
    value: Any = Config().model_dump(mode="json")
    for part in (*path, key):
        if part.endswith("[]"):  # what stands in a list has the defaults of its own model, or must be told
            return f"`{json.dumps(spec['default'])}`" if "default" in spec else "to be told"
        value = value[part]
    return f"`{json.dumps(value)}`"


def _allowed(schema: dict[str, Any], spec: dict[str, Any]) -> str:
    """Return in words which values a key takes."""
    spec = {**_resolved(schema, spec), **{key: value for key, value in spec.items() if key != "$ref"}}
    if choices := spec.get("anyOf") or spec.get("oneOf"):
        return " or ".join(_allowed(schema, choice) for choice in choices)
    if "const" in spec or "enum" in spec:
        return ", ".join(f"`{value}`" for value in spec.get("enum", [spec.get("const")]))
    kind = {"integer": "whole number", "number": "number", "string": "text", "boolean": "`true`, `false`"}
    bounds = [
        f"{sign} {spec[name]:,}"
        for name, sign in (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"), ("exclusiveMaximum", "<"))
        if name in spec
    ]
    if spec.get("type") == "array":
        items = spec.get("prefixItems") or [spec.get("items", {})]
        inner = _allowed(schema, items[0])
        return f"[{inner}, {inner}], in order" if "prefixItems" in spec else f"list of {inner}"
    if spec.get("type") == "null":
        return "`null`"
    if "properties" in spec:
        return "keys as below"
    if spec.get("type") == "object":
        values = spec.get("additionalProperties")
        return "keys with values: " + _allowed(schema, values if isinstance(values, dict) else {})
    if "pattern" in spec:
        bounds.append(f"like `{spec['pattern']}`")
    return " ".join([kind.get(spec.get("type", ""), "any value"), ", ".join(bounds)]).strip()


def main(path: Path) -> None:
    """Write the tables of the file at `path` anew."""
    write_text(renewed(path.read_text(encoding="utf-8")), path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
