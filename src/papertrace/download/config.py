"""Config of the download stage: how files are fetched; which ones is told by `records`."""

from __future__ import annotations

from pydantic import Field

from papertrace.section import Section

PHYSIONET = "https://physionet.org/files"


class DownloadConfig(Section):
    """How the files of `records.source: physionet` are fetched. Changes nothing in the results."""

    server: str = Field(
        PHYSIONET,
        pattern=r"^https?://[^\s?#]+$",
        description="PhysioNet or a mirror, such that there is <server>/<database>/<version>/RECORDS",
    )
    connections: int = Field(4, ge=1, le=16, description="files fetched at a time; more is not polite")
    timeout_s: float = Field(
        30.0, ge=0.1, le=600, description="give a connection up in which nothing, or next to nothing, came for so long"
    )
    retries: int = Field(
        6, ge=0, le=20, description="attempts after the first, further and further apart, without a byte of progress"
    )
