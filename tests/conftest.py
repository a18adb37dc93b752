"""Fixtures that every room shares."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no fault of what is tested.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public data to test on (QTDB, LUDB, PTB-XL …); the test is skipped where there is none."""
    named = os.environ.get("PAPERTRACE_DATA")
    folder = Path(named).resolve() if named else Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no public data at {folder}: set PAPERTRACE_DATA to the folder that holds qtdb/, ludb/ and ptbxl/")
    return folder
