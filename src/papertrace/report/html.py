"""The report's HTML, of its template."""

from __future__ import annotations

from typing import Any

import jinja2


def render(**told: Any) -> str:
    """Return the report's HTML; a name that the template asks for and `told` lacks is an error."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("papertrace.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(told)
