"""Pages to scan."""

from __future__ import annotations

import numpy as np
import pytest

from papertrace.pages.config import PagesConfig
from papertrace.pages.render import Page, render_page
from papertrace.records.reader import Signal

TWELVE = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"]


def beats(n: int, rate_hz: float, amplitude_mv: float) -> np.ndarray:
    phase = (np.arange(n) / rate_hz) % 0.8
    qrs = amplitude_mv * np.exp(-0.5 * ((phase - 0.2) / 0.011) ** 2)
    return qrs + 0.25 * np.exp(-0.5 * ((phase - 0.45) / 0.04) ** 2)


@pytest.fixture(scope="session")
def signals() -> dict[str, Signal]:
    """One signal a layout."""
    return {
        "2x1": Signal(np.stack([beats(2500, 250, 1.2), beats(2500, 250, 0.7)], axis=1), 250.0, ["ECG1", "ECG2"]),
        "3x4+1": Signal(np.stack([beats(5000, 500, 0.4 + 0.1 * k) for k in range(12)], axis=1), 500.0, TWELVE),
    }


@pytest.fixture(scope="session")
def page(signals) -> Page:
    return render_page(signals["2x1"], "2x1", PagesConfig(), np.random.default_rng(0))
