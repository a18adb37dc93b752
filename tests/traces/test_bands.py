"""Where rows are looked for, and the strips that they are read from."""

from types import SimpleNamespace

import numpy as np
import pytest

from papertrace.pages.config import PagesConfig
from papertrace.pages.render import render_page
from papertrace.seeds import generator
from papertrace.traces.network.bands import Band
from papertrace.traces.registry import get_digitizer
from papertrace.traces.strips import SCALE


def band(drift_mm: float) -> Band:
    """Return a row of beats 20 mm apart and 10 mm high, whose baseline falls and rises again by `drift_mm`."""
    x = np.arange(20.0, 270.0, 0.5)
    y = 100 + drift_mm * np.sin(np.pi * (x - 20) / 250) - 10 * (np.abs((x % 20) - 10) < 0.6)
    return Band(x, y - 0.3, y + 0.3)


def test_a_strip_follows_a_baseline_that_drifts_far():
    window = band(60.0).window()
    assert window.height <= 32 * SCALE
    # the quiet baseline is where the trace network is told that the row is, within what two beats' waves may shift it
    x = np.arange(30.0, 260.0)
    seen = window.y_mm + window.middle / SCALE + window.drift_mm(x)
    assert seen == pytest.approx(100 + 60 * np.sin(np.pi * (x - 20) / 250), abs=3.0)


def test_a_strip_of_usual_height_is_straight():
    window = band(4.0).window()
    assert window.drift is None
    assert window.drift_mm(np.array([1.0, 2.0])) == 0.0


def test_a_row_that_wanders_over_seven_millivolts_is_read():
    t = np.arange(5000) / 500.0
    beat = np.exp(-0.5 * (((t % 0.8) - 0.4) / 0.012) ** 2) + 0.25 * np.exp(-0.5 * (((t % 0.8) - 0.65) / 0.05) ** 2)
    wander = 7.0 * np.sin(np.pi * t / 10)
    signal = SimpleNamespace(samples=np.stack([beat + wander, 0.7 * beat], axis=1), rate_hz=500.0, leads=["MLII", "V5"])
    page = render_page(signal, "2x1", PagesConfig(header_probability=0), generator(1))
    read = get_digitizer("network").digitize(page.image, 500.0)
    assert [trace.row for trace in read.traces] == [0, 1]
    truth = page.truth[0].samples - np.mean(page.truth[0].samples)
    error = read.traces[0].samples[: len(truth)] - truth
    assert np.std(error) < 0.1
