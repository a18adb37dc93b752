"""Config of the scans stage."""

from __future__ import annotations

from papertrace.section import Section


class ScansConfig(Section):
    """Which artifacts a scan may have and how strong they are."""
