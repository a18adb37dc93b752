"""Config of the records stage."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from papertrace.section import Section


class SimulationConfig(Section):
    """Simulated records (NeuroKit2), written as real WFDB."""

    two_lead: int = Field(4, ge=0, description="how many 2-lead records")
    twelve_lead: int = Field(2, ge=0, description="how many 12-lead records")
    duration_s: float = Field(30.0, ge=5, le=3600, description="length of each record in s")
    rate_hz: int = Field(500, ge=100, le=2000, description="sampling rate in Hz")
    noise_mv: float = Field(0.01, ge=0, le=1, description="SD of the added white noise in mV")
    wander_mv: float = Field(0.1, ge=0, le=5, description="amplitude of the baseline wander in mV")


class RecordsConfig(Section):
    """Where the records come from."""

    source: Literal["simulation", "folder", "physionet"] = Field(
        "simulation", description="simulation, a local WFDB folder, or a database of PhysioNet, which is downloaded"
    )
    physionet: str | None = Field(
        None,
        pattern=r"^[a-z0-9][a-z0-9_-]*/[0-9][A-Za-z0-9._-]*$",
        description="with source physionet: the database and its version, such as qtdb/1.0.0",
    )
    folder: str | None = Field(
        None,
        description="with source folder: the folder that holds RECORDS or .hea files; with source physionet: where the "
        "files are kept, null being data/<database>/<version>",
    )
    database: Literal["qtdb", "ludb", "ptbxl", "other"] = Field(
        "other",
        description="which database it is; decides how source databases are told from names, and which of PTB-XL's two "
        "rates is taken",
    )
    simulation: SimulationConfig = SimulationConfig()

    @property
    def location(self) -> Path | None:
        """The folder that the records lie in; None where they are simulated, or no folder is named."""
        if self.source == "simulation":
            return None
        if self.folder is None and self.source == "physionet" and self.physionet is not None:
            return Path("data", self.physionet)
        return None if self.folder is None else Path(self.folder)
