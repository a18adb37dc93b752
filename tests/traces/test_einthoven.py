"""Limb leads of the same seconds are made to agree, where they are what they seem."""

import dataclasses

import numpy as np
import pytest

from papertrace.traces.digitizer import Trace
from papertrace.traces.einthoven import OF_I_AND_II, reconcile

RATE_HZ = 500.0
NOISE_MV = 0.005


def limb_leads(seconds: float = 2.5) -> dict[str, np.ndarray]:
    """Return the six limb leads of a heart that has two signals."""
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    one = 0.8 * np.exp(-0.5 * ((t % 0.8 - 0.4) / 0.015) ** 2)
    two = 1.1 * np.exp(-0.5 * ((t % 0.8 - 0.41) / 0.02) ** 2) + 0.2 * np.sin(2 * np.pi * t / 0.8)
    return {lead: a * one + b * two for lead, (a, b) in OF_I_AND_II.items()}


def trace(lead: str, samples: np.ndarray, row: int = 0, start_s: float = 0.0, error_mv: float = NOISE_MV) -> Trace:
    nothing = np.zeros(len(samples), np.float32)
    told = np.full(len(samples), error_mv, np.float32)
    return Trace(lead, row, 0, start_s, RATE_HZ, samples.astype(np.float32), nothing, nothing, nothing, 10.0, told)


def noise(rng: np.random.Generator, samples: np.ndarray) -> np.ndarray:
    return samples + rng.normal(0, NOISE_MV, len(samples))


def rms(error: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(error))))


def test_three_leads_with_two_signals_lose_a_third_of_the_noise_power():
    rng = np.random.default_rng(1)
    truth = limb_leads()
    read = [trace(lead, noise(rng, truth[lead])) for lead in ("I", "II", "III")]
    for found in reconcile(read):
        assert rms(found.samples - truth[found.lead]) == pytest.approx(NOISE_MV * np.sqrt(2 / 3), rel=0.06)


def test_a_rhythm_strip_helps_the_columns_that_it_runs_under_and_they_help_it():
    rng = np.random.default_rng(2)
    truth, whole = limb_leads(), limb_leads(10.0)
    strip = trace("II", noise(rng, whole["II"]), row=3)
    n = len(truth["I"])
    columns = [
        trace(lead, noise(rng, whole[lead][k * n : (k + 1) * n]), start_s=2.5 * k)
        for k, leads in enumerate((("I", "II", "III"), ("aVR", "aVL", "aVF")))
        for lead in leads
    ]
    *_, found = reconcile([*columns, strip])
    error = found.samples - whole["II"]
    assert rms(error[: 2 * n]) < 0.8 * NOISE_MV
    assert np.array_equal(found.samples[2 * n :], strip.samples[2 * n :])  # chest leads stand above


def test_a_lead_that_is_less_sure_gives_way():
    truth = limb_leads()
    wrong = truth["III"] + 0.008 * np.sin(np.arange(len(truth["III"])) / 40)
    read = [trace("I", truth["I"]), trace("II", truth["II"]), trace("III", wrong, error_mv=0.3)]
    one, two, three = reconcile(read)
    assert rms(three.samples - truth["III"]) < 0.1 * rms(wrong - truth["III"])
    assert max(rms(one.samples - truth["I"]), rms(two.samples - truth["II"])) < 0.002


def test_zeros_are_the_leads_own():
    truth = limb_leads()
    read = [trace(lead, truth[lead] + level) for lead, level in (("I", 0.3), ("II", -0.1), ("III", 0.05))]
    for before, after in zip(read, reconcile(read), strict=True):
        assert np.allclose(before.samples, after.samples, atol=1e-5)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda traces: [dataclasses.replace(traces[0], lead="II"), traces[1], traces[2]], id="wrong name"),
        pytest.param(
            lambda traces: [dataclasses.replace(traces[0], samples=0.7 * traces[0].samples), *traces[1:]],
            id="filtered otherwise",
        ),
        pytest.param(lambda traces: [dataclasses.replace(traces[0], start_s=2.5), *traces[1:]], id="other seconds"),
        pytest.param(lambda traces: [dataclasses.replace(traces[0], error_mv=None), *traces[1:]], id="no error told"),
        pytest.param(lambda traces: [dataclasses.replace(traces[0], lead="V1"), *traces[1:]], id="chest lead"),
        pytest.param(lambda traces: traces[:2], id="two leads"),
        pytest.param(lambda traces: [], id="nothing"),
    ],
)
def test_what_the_equations_do_not_hold_for_stays(change):
    rng = np.random.default_rng(3)
    truth = limb_leads()
    given = change([trace(lead, noise(rng, truth[lead])) for lead in ("I", "II", "III")])
    for before, after in zip(given, reconcile(given), strict=True):
        assert np.array_equal(before.samples, after.samples)


def test_what_was_not_read_of_one_lead_stays_missing_and_leaves_the_others_alone_there():
    rng = np.random.default_rng(4)
    truth = limb_leads()
    read = [trace(lead, noise(rng, truth[lead])) for lead in ("I", "II", "III")]
    read[0].samples[100:300] = np.nan
    found = reconcile(read)
    assert np.isnan(found[0].samples[100:300]).all()
    assert np.array_equal(found[1].samples[100:300], read[1].samples[100:300])
    assert not np.array_equal(found[1].samples[400:], read[1].samples[400:])
