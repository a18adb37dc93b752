"""Config of the records stage."""

from __future__ import annotations

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

    source: Literal["simulation", "folder"] = Field("simulation", description="simulation, or a local WFDB folder")
    folder: str | None = Field(None, description="with source folder: the folder that holds RECORDS or .hea files")
    database: Literal["qtdb", "ludb", "ptbxl", "other"] = Field(
        "other", description="which database the folder holds; decides how source databases are told from names"
    )
    simulation: SimulationConfig = SimulationConfig()
