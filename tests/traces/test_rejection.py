"""What may be an ECG and what may not, told from curves of either kind drawn without an error."""

from __future__ import annotations

import numpy as np
import pytest

from papertrace.traces.layout import Row
from papertrace.traces.rejection import crossed_share, fault_of, reason_to_reject, shape_of

STEP_MM = 0.125
X = np.arange(0, 250, STEP_MM)
SECONDS = X / 25
RNG = np.random.default_rng(1)


def row(y_mv, top_mm=0.0, gain=10.0, pen_mm=0.35, inked=None) -> Row:
    """Return a row of 10 s whose curve is given in mV."""
    y = top_mm - gain * np.asarray(y_mv, float)
    x = X[: len(y)]
    stretches = np.array([[x[0], x[-1]]] if inked is None else inked, float)
    covered = ((x >= stretches[:, :1]) & (x <= stretches[:, 1:])).any(axis=0)
    return Row(x, np.where(covered, y, np.nan), np.zeros(len(y)), stretches, pen_mm=pen_mm)


def beats(rate_hz=1.2, height=1.0):
    phase = (SECONDS * rate_hz) % 1 / rate_hz
    return height * np.exp(-(((phase - 0.3) / 0.015) ** 2)) + 0.2 * np.exp(-(((phase - 0.55) / 0.05) ** 2))


def smooth(values, width):
    kernel = np.hanning(width)
    return np.convolve(values, kernel / kernel.sum(), "same")


def rhythms():
    """Return what hearts, electrodes and pacemakers do, in mV."""
    muscle = RNG.normal(0, 0.08, len(X))
    swell = 1 + 0.6 * np.sin(2 * np.pi * 0.3 * SECONDS)
    return {
        "sinus rhythm": beats(),
        "bradycardia": beats(0.5),
        "tall complexes": beats(1.5, 4.5),
        "low voltage": 0.15 * beats(),
        "asystole": RNG.normal(0, 0.005, len(X)),
        "asystole on a wandering baseline": 0.2 * np.sin(2 * np.pi * 0.25 * SECONDS) + RNG.normal(0, 0.005, len(X)),
        "ventricular fibrillation": 0.6 * swell * np.sin(2 * np.pi * 5 * SECONDS + np.sin(SECONDS)),
        "ventricular tachycardia": 1.5 * np.sin(2 * np.pi * 3 * SECONDS),
        "atrial flutter": 0.25 * (1 - 2 * ((4.7 * SECONDS) % 1)) + beats(1.2),
        "pacing without capture": np.where((SECONDS % 0.9) < 0.01, 1.5, 0.0),
        "muscle artefact": beats() + smooth(muscle, 5) * 3,
        "a deep wander": beats() + 1.2 * np.sin(2 * np.pi * 0.2 * SECONDS),
        "mains hum": beats() + 0.1 * np.sin(2 * np.pi * 50 * SECONDS),
    }


@pytest.mark.parametrize("gain", [5.0, 10.0, 20.0])
@pytest.mark.parametrize("name", rhythms())
def test_whatever_a_heart_does_may_be_an_ecg(name, gain):
    signal = rhythms()[name]
    rows = [row(signal, 60.0 * k, gain) for k in range(3)]
    assert reason_to_reject(rows, gain, 0.03) is None
    assert reason_to_reject(rows[:1], gain, 0.03) is None


def test_a_trace_with_holes_is_a_trace():
    """Stains took a quarter of it, in seven places."""
    kept = [(30 * k + 4, 30 * k + 27) for k in range(8)]
    assert reason_to_reject([row(beats(), inked=kept)], 10.0, 0.03) is None


def words():
    """Return loops that lean forward, in mV, and where the words are."""
    y = 0.3 * np.sin(2 * np.pi * X / 3.1) * (1 + 0.4 * np.sin(2 * np.pi * X / 17))
    return y, [(22 * k, 22 * k + 16) for k in range(11)]


def test_handwriting_is_broken_and_restless():
    y, inked = words()
    assert "handwriting" in reason_to_reject([row(y, inked=inked)], 10.0, 0.05)


@pytest.mark.parametrize(
    ("rows", "ink", "reason"),
    [
        ([row(beats())], 0.3, "30% of it is dark"),
        ([row(beats()[:300])], 0.03, "too short"),
        ([row(12 * beats())], 0.03, "taller than any ECG"),
        ([row(beats(), pen_mm=0.05)], 0.03, "no stroke of a pen"),
        ([row(beats(), pen_mm=2.5)], 0.03, "no stroke of a pen"),
        ([row(np.where(SECONDS % 4 < 2, 0.4, 0.0))], 0.03, "boxes of a form"),
        ([row(0.6 * (SECONDS - 5))], 0.03, "drawn with a ruler"),
        ([row(3 * (SECONDS * 0.7 % 1))], 0.03, "drawn with a ruler"),
        ([row(2 * np.sin(2 * np.pi * SECONDS / 1.5))], 0.03, "only drifts"),
        ([row(3 * np.sin(SECONDS), 0), row(-3 * np.sin(SECONDS) + beats(), 0), row(beats(), 90)], 0.03, "cross"),
    ],
)
def test_what_no_heart_draws_is_rejected(rows, ink, reason):
    assert reason in reason_to_reject(rows, 10.0, ink)


def test_one_odd_row_among_three_is_no_reason():
    odd = row(12 * beats(), 120)
    assert fault_of(shape_of(odd), 10.0) is not None
    assert reason_to_reject([row(beats()), row(beats(), 40), odd], 10.0, 0.03) is None
    assert reason_to_reject([odd, odd, row(beats())], 10.0, 0.03) is not None


def test_shape_of_a_known_curve():
    """A triangle wave of 20 mm period and 4 mm from trough to peak, inked over 200 of 250 mm."""
    y = 0.4 * np.abs((X / 20) % 1 - 0.5) * 2
    shape = shape_of(row(y, inked=[(0, 100), (150, 250 - STEP_MM)]))
    assert (shape.pieces, shape.pen_mm) == (2, 0.35)
    assert shape.length_mm == pytest.approx(250, abs=0.2)
    assert shape.inked == pytest.approx(0.8, abs=0.001)
    assert shape.height_mm == pytest.approx(4, abs=0.05)
    # at a corner both neighbours, a millimetre away, lie 0.4 mm to the same side
    assert shape.quick_mm == pytest.approx(0.4, abs=0.01)
    assert shape.steps == 0
    assert shape_of(row(np.where(SECONDS % 4 < 2, 0.4, 0.0))).steps == 4
    assert shape.level == pytest.approx(50 / 250, abs=0.01)  # the bridge
    # windows of 8 mm on a limb of 10 mm: 2 of every 10, and none in the bridge
    assert shape.ruled == pytest.approx(0.2, abs=0.07)


def test_crossing():
    apart = [row(beats(), 0), row(beats(), 30)]
    assert crossed_share(apart) == 0
    assert crossed_share(apart[:1]) == 0
    assert crossed_share(apart[::-1]) == 1
    half = [row(np.zeros(len(X)), 0), row(np.where(SECONDS < 5, 1.0, -1.0), 0)]
    assert crossed_share(half) == pytest.approx(0.5, abs=0.01)
    # a tall R wave that reaches into the row above is no crossing to speak of
    assert crossed_share([row(beats(), 0), row(beats(1.2, 3.0), 20)]) < 0.1
