"""Simulated records: ECGSYN heart beats with noise and baseline wander, written as real WFDB.

References
----------
.. [1] McSharry P E, Clifford G D, Tarassenko L, Smith L A, "A dynamical model for generating synthetic
   electrocardiogram signals", IEEE Trans Biomed Eng 50(3):289-294, 2003; as implemented in NeuroKit2.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from papertrace.config import Config
from papertrace.io import atomic_folder
from papertrace.records.listing import list_records
from papertrace.seeds import derive_seed, generator

TWELVE_LEADS = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"]
TWO_LEADS = ["MLII", "V5"]

# Per lead: ECGSYN's amplitudes of P, Q, R, S, T (its own default is lead II), and the peak-to-peak amplitude in mV.
# The other limb leads follow from I and II.
_MORPHOLOGY = {
    "I": ((0.8, -3.0, 24.0, -4.0, 0.6), 0.9),
    "II": ((1.2, -5.0, 30.0, -7.5, 0.75), 1.3),
    "V1": ((0.5, 0.0, 7.0, -26.0, -0.15), 1.2),
    "V2": ((0.6, 0.0, 14.0, -32.0, 0.9), 2.0),
    "V3": ((0.7, 0.0, 24.0, -24.0, 1.0), 1.8),
    "V4": ((0.8, -2.0, 34.0, -14.0, 1.0), 1.8),
    "V5": ((0.9, -4.0, 32.0, -7.0, 0.85), 1.5),
    "V6": ((0.9, -4.0, 26.0, -3.0, 0.7), 1.2),
}
_LEAD_IN_S = 2.0
_GAIN = 1000.0


def write_records(config: Config, folder: Path) -> None:
    """Write the simulated records of a config as WFDB (format 16, 1000 units/mV) into `folder`, whole or not at all."""
    import wfdb
    from tqdm import tqdm

    simulation = config.records.simulation
    with atomic_folder(folder) as beside:
        for ref in tqdm(list_records(config), desc="simulation", unit="record", disable=None):
            leads = TWELVE_LEADS if ref.record.startswith("twelve-lead") else TWO_LEADS
            samples = simulate(
                leads,
                duration_s=simulation.duration_s,
                rate_hz=simulation.rate_hz,
                noise_mv=simulation.noise_mv,
                wander_mv=simulation.wander_mv,
                rng=generator(derive_seed(config.seed, ref.record, "records")),
            )
            wfdb.wrsamp(
                ref.path,
                fs=simulation.rate_hz,
                units=["mV"] * len(leads),
                sig_name=leads,
                d_signal=np.round(samples * _GAIN).astype(np.int64),
                fmt=["16"] * len(leads),
                adc_gain=[_GAIN] * len(leads),
                baseline=[0] * len(leads),
                write_dir=str(beside),
            )


def simulate(
    leads: list[str],
    duration_s: float,
    rate_hz: int,
    noise_mv: float,
    wander_mv: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Simulate the ECG of one heart in several leads.

    All leads share the beats; heart rate (50 to 110 per minute), its variability and each lead's amplitude are drawn.
    III, aVR, aVL and aVF are computed from I and II as Einthoven and Goldberger define them.

    Parameters
    ----------
    leads : list of str
        Standard names; MLII is lead II.
    duration_s : float
        Length in s.
    rate_hz : int
        Sampling rate in Hz.
    noise_mv : float
        SD of the white noise of each lead.
    wander_mv : float
        Amplitude of the baseline wander, a sum of sines of 0.05 to 0.5 Hz.
    rng : numpy.random.Generator
        Draws the heart, the wander and the noise.

    Returns
    -------
    ndarray, shape (n_samples, n_leads)
        In mV, each lead about its isoelectric line before wander and noise.
    """
    heart_rate, variability = rng.uniform(50, 110), rng.uniform(0.5, 4)
    beats_seed = int(rng.integers(2**31))
    size = rng.uniform(0.75, 1.25)
    sizes = dict(zip(_MORPHOLOGY, size * rng.uniform(0.85, 1.15, len(_MORPHOLOGY)), strict=True))
    n_samples = round(duration_s * rate_hz)

    def electrode(lead: str) -> np.ndarray:
        amplitudes, height_mv = _MORPHOLOGY[lead]
        curve = _beats(amplitudes, duration_s, rate_hz, heart_rate, variability, beats_seed)[:n_samples]
        return curve * (height_mv * sizes[lead])

    curves = {"II": electrode("II")}
    if set(leads) & {"I", "III", "aVR", "aVL", "aVF"}:
        one, two = electrode("I"), curves["II"]
        curves |= {"I": one, "III": two - one, "aVR": -(one + two) / 2, "aVL": one - two / 2, "aVF": two - one / 2}
    curves |= {lead: electrode(lead) for lead in leads if lead.startswith("V")}
    clean = np.stack([curves["II" if lead == "MLII" else lead] for lead in leads], axis=1)
    wander = np.stack([_wander(n_samples, rate_hz, rng) for _ in leads], axis=1) * wander_mv
    return clean + wander + rng.normal(0, noise_mv, clean.shape)


def _beats(amplitudes, duration_s, rate_hz, heart_rate, variability, seed) -> np.ndarray:
    """Return ECGSYN's curve about its isoelectric line, its height from peak to peak 1."""
    import neurokit2

    curve = neurokit2.ecg_simulate(
        duration=duration_s + 2 * _LEAD_IN_S,
        sampling_rate=rate_hz,
        noise=0,
        heart_rate=heart_rate,
        heart_rate_std=variability,
        random_state=np.random.Generator(np.random.PCG64(seed)),
        ai=amplitudes,
    )
    # ECGSYN starts off its limit cycle: the first seconds are left out.
    curve = np.asarray(curve)[round(_LEAD_IN_S * rate_hz) :]
    return (curve - np.median(curve)) / np.ptp(curve)


def _wander(n_samples: int, rate_hz: float, rng: np.random.Generator) -> np.ndarray:
    """Return baseline wander of amplitude 1: five sines of 0.05 to 0.5 Hz, the slower the larger."""
    time_s = np.arange(n_samples) / rate_hz
    frequencies = rng.uniform(0.05, 0.5, 5)
    phases = rng.uniform(0, 2 * np.pi, 5)
    weights = 1 / frequencies
    curve = np.sin(2 * np.pi * np.outer(time_s, frequencies) + phases) @ weights
    return curve / weights.sum()
