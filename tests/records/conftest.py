from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import wfdb
from hypothesis import settings

# Test machines are shared: how long one example takes says nothing.
settings.register_profile("shared-machine", deadline=None)
settings.load_profile("shared-machine")


@pytest.fixture
def write_record(tmp_path):
    """A function that writes a WFDB record of digital samples into `tmp_path` and returns that folder."""

    def write(name: str, digital: np.ndarray, *, fmt="212", gain=200.0, baseline=0, unit="mV", leads=None, rate=250):
        n_leads = digital.shape[1]
        every = lambda value: list(value) if isinstance(value, (list, tuple)) else [value] * n_leads  # noqa: E731
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        wfdb.wrsamp(
            Path(name).name,
            fs=rate,
            units=every(unit),
            sig_name=leads or [f"ECG{k + 1}" for k in range(n_leads)],
            d_signal=digital.astype(np.int64),
            fmt=every(fmt),
            adc_gain=[float(value) for value in every(gain)],
            baseline=every(baseline),
            write_dir=str((tmp_path / name).parent),
        )
        return tmp_path

    return write


@pytest.fixture
def beats():
    """Digital samples of two leads, 10 s at 250 Hz: a spike a second on a slow wave."""
    time_s = np.arange(2500) / 250
    lead = 40 * np.sin(2 * np.pi * 0.3 * time_s) + 200 * (np.arange(2500) % 250 == 100)
    return np.round(np.stack([lead, -lead / 2], axis=1)).astype(int)
