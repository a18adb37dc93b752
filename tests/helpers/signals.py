"""Signals that tests are made with."""

import numpy as np


def ecg_like(t):
    """A periodic signal with narrow peaks (30 Hz wide) and slow waves, in mV; t in s, any shape."""
    phase = (np.asarray(t) + 100.0) % 0.85
    return (
        1.2 * np.exp(-0.5 * ((phase - 0.30) / 0.012) ** 2)
        - 0.3 * np.exp(-0.5 * ((phase - 0.33) / 0.012) ** 2)
        + 0.15 * np.exp(-0.5 * ((phase - 0.15) / 0.025) ** 2)
        + 0.3 * np.exp(-0.5 * ((phase - 0.58) / 0.05) ** 2)
    )
