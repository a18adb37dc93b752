from __future__ import annotations

import numpy as np
import pytest

from papertrace.config import Config
from papertrace.records.header import read_header
from papertrace.records.reader import read_window
from papertrace.records.simulation import TWELVE_LEADS, TWO_LEADS, simulate, write_records
from papertrace.seeds import generator


def twelve(seed=1, noise_mv=0.0, wander_mv=0.0, duration_s=8, rate_hz=250):
    return simulate(TWELVE_LEADS, duration_s, rate_hz, noise_mv, wander_mv, generator(seed))


def r_peaks(curve):
    """Samples of the local maxima above 60 % of the highest."""
    inner = curve[1:-1]
    return 1 + np.flatnonzero((inner > curve[:-2]) & (inner >= curve[2:]) & (inner > 0.6 * curve.max()))


def test_limb_leads_obey_einthoven_and_goldberger():
    lead = dict(zip(TWELVE_LEADS, twelve().T, strict=True))
    np.testing.assert_allclose(lead["I"] + lead["III"], lead["II"], atol=1e-12)
    np.testing.assert_allclose(lead["aVR"] + lead["aVL"] + lead["aVF"], 0, atol=1e-12)


def test_all_leads_share_one_heart():
    lead = dict(zip(TWELVE_LEADS, twelve().T, strict=True))
    peaks = r_peaks(lead["II"])
    assert 6 <= len(peaks) <= 15
    for name in ("I", "V4", "V5", "V6"):
        np.testing.assert_allclose(r_peaks(lead[name]), peaks, atol=3)
    assert lead["aVR"].min() < -abs(lead["aVR"].max()), "aVR points down"
    assert lead["V1"].min() < -2 * lead["V1"].max(), "V1 is rS"
    assert all(0.3 < np.ptp(lead[name]) < 4 for name in TWELVE_LEADS if name not in ("III", "aVL"))


@pytest.mark.parametrize("seed", range(4))
def test_heart_rates_differ_and_stay_physiological(seed):
    curve = simulate(["MLII"], 20, 250, 0, 0, generator(seed))[:, 0]
    rate = 60 * 250 / np.diff(r_peaks(curve)).mean()
    assert 45 < rate < 120


def test_noise_and_wander_are_as_large_as_asked():
    clean = twelve()
    noise = twelve(noise_mv=0.05) - clean
    assert noise.std(axis=0) == pytest.approx(np.full(12, 0.05), rel=0.1)
    wander = twelve(wander_mv=0.4) - clean
    assert np.abs(wander).max() <= 0.4
    assert wander.std(axis=0).min() > 0.04
    assert np.abs(np.diff(wander, axis=0)).max() < 0.4 * 2 * np.pi * 0.5 / 250 * 1.01, "no faster than 0.5 Hz"


def small(**changes) -> Config:
    return Config.model_validate(
        {"seed": 3, "records": {"simulation": {"two_lead": 2, "twelve_lead": 1, "duration_s": 5, **changes}}}
    )


def test_records_are_real_wfdb_with_the_same_bytes_every_time(tmp_path):
    write_records(small(), tmp_path / "a")
    write_records(small(), tmp_path / "b")
    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert files == [
        f"{name}.{kind}" for name in ("twelve-lead-0000", "two-lead-0000", "two-lead-0001") for kind in ("dat", "hea")
    ]
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    header = read_header(tmp_path / "a", "two-lead-0000")
    assert (header.rate_hz, header.n_samples, header.leads) == (500, 2500, TWO_LEADS)
    assert (tmp_path / "a" / "two-lead-0000.hea").read_text().splitlines()[0] == "two-lead-0000 2 500 2500", "no dates"


def test_a_record_does_not_depend_on_how_many_others_there_are_but_on_the_seed(tmp_path):
    write_records(small(), tmp_path / "a")
    write_records(small(two_lead=1, twelve_lead=0), tmp_path / "b")
    write_records(small(two_lead=1, twelve_lead=0).model_copy(update={"seed": 4}), tmp_path / "c")
    windows = [read_window(tmp_path / folder, "two-lead-0000", 0, 2500).samples for folder in "abc"]
    np.testing.assert_array_equal(windows[0], windows[1])
    assert np.abs(windows[0] - windows[2]).max() > 0.1
    assert np.abs(windows[0] - read_window(tmp_path / "a", "two-lead-0001", 0, 2500).samples).max() > 0.1
