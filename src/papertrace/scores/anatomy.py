"""What an error is made of: gain, offset, shift, stretch, spikes, gaps, and what is left when these are undone.

A trace is taken to be the truth by another scale and another clock, ŝ(t + τ + ε u) = g s(t) + o, u being the time from
the middle of the stretch, but for spikes and noise. The four are fitted together by Gauss-Newton under Huber's loss
[1]_, from the alignment on. A spike is a run of samples that stay further off than a small box (0.1 mV, or five robust
standard deviations where the whole trace is worse than that).

The power of the strict error, of which `snr_db` is made, is then split up: what is missing, what lies in spikes, and of
the rest what is won by undoing first the offset, then the shift, the stretch and the gain. These shares add up to 1.

References
----------
.. [1] Huber, P. J. (1964). Robust estimation of a location parameter. Annals of Mathematical Statistics, 35(1), 73-101.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from papertrace.scores.alignment import Pair, coarse_costs, is_flat
from papertrace.scores.fidelity import SNR_LIMIT_DB, ratio_db
from papertrace.spans import spans_of

SPIKE_MV, SPIKE_SD = 0.1, 5.0
"""A spike is off by more than the larger of this and so many robust standard deviations of what is left."""

_HUBER_SD = 3.0  # errors beyond so many robust standard deviations pull no harder
_LEAST_SD_MV = 0.001
_ROUNDS, _STEPS = 3, 10
_PRECISION_S = 1e-6
_MOST_STRETCH = 0.05
_COARSE_STRETCH = 0.03
_BLOCK_S = 1.25


@dataclass(frozen=True)
class Anatomy:
    """The figures of one lead; names and units as in `papertrace.tables.SCORES`, NaN where undefined."""

    gain_error_percent: float = math.nan
    stretch_ppm: float = math.nan
    spikes_per_s: float = math.nan
    snr_residual_db: float = math.nan
    noise_missing: float = math.nan
    noise_spikes: float = math.nan
    noise_offset: float = math.nan
    noise_shift: float = math.nan
    noise_stretch: float = math.nan
    noise_gain: float = math.nan
    noise_rest: float = math.nan


@dataclass(frozen=True)
class Distortion:
    """A trace's clock and scale, ŝ(t + shift + stretch u) = gain s(t) + offset; u in s from the middle of the truth."""

    shift_s: float = 0.0
    stretch: float = 0.0
    gain: float = 1.0
    offset_mv: float = 0.0


def anatomy(pair: Pair) -> Anatomy:
    """Take the error of a trace apart.

    Parameters
    ----------
    pair : Pair
        Truth and trace.

    Returns
    -------
    Anatomy
        Gain, stretch, spikes and residual are NaN where truth or trace is flat or they share less than a tenth of a
        second; all is NaN without truth, and the shares of an error that is none (an SNR of 100 dB).

    Examples
    --------
    >>> from papertrace.scores.series import Series
    >>> t = np.arange(2500) / 250
    >>> truth, trace = (Series(gain * np.sin(8 * pace * (t - 5)), 250.0) for gain, pace in ((1, 1), (1.02, 0.999)))
    >>> found = anatomy(Pair(truth, trace, 0.2))
    >>> round(found.gain_error_percent, 2), round(found.stretch_ppm)
    (2.0, 1001)
    """
    s = pair.reference
    drawn = np.isfinite(s)
    strict = pair.read - s
    known = np.isfinite(strict)
    power = float(np.sum(s[drawn] ** 2))
    missing = float(np.sum(s[drawn & ~known] ** 2))
    total = missing + float(np.sum(strict[known] ** 2))
    distortion = fit(pair)
    if distortion is None:
        rest = strict[known]
        after = [np.sum(rest**2), np.sum((rest - rest.mean()) ** 2) if len(rest) else 0.0]
        return Anatomy(**_shares(power, total, missing, 0.0, [*after, after[-1], after[-1], after[-1]]))

    left = _error(pair, distortion)
    spikes = known & (np.abs(left) > spike_threshold_mv(left))
    calm = known & ~spikes
    aligned = Distortion(pair.alignment.lag_s)
    stretched = Distortion(distortion.shift_s, distortion.stretch)
    # Samples that are moved off the trace have no error any more, as in the aligned figures.
    stages = [strict, *(_error(pair, state) for state in (Distortion(), aligned, stretched))]
    errors = [np.nan_to_num(error[calm]) for error in stages]
    errors = [errors[0], *(_centred(error) for error in errors[1:]), np.nan_to_num(left[calm])]
    after = [float(np.sum(error**2)) for error in errors]
    signal = float(np.sum((distortion.gain * s[calm]) ** 2))
    return Anatomy(
        gain_error_percent=100 * (distortion.gain - 1),
        stretch_ppm=1e6 * distortion.stretch,
        spikes_per_s=len(spans_of(spikes)) * pair.truth.rate_hz / known.sum(),
        snr_residual_db=ratio_db(signal, after[-1]),
        **_shares(power, total, missing, float(np.sum(strict[spikes] ** 2)), after),
    )


def fit(pair: Pair) -> Distortion | None:
    """Fit a trace's clock and scale.

    Parameters
    ----------
    pair : Pair
        Truth and trace.

    Returns
    -------
    Distortion or None
        None where truth or trace is flat, or they share less than a tenth of a second.
    """
    s, alignment = pair.reference, pair.alignment
    if math.isnan(alignment.lag_s) or is_flat(s) or is_flat(pair.trace.samples):
        return None
    u = _from_middle_s(pair)
    reach = max(float(np.abs(u).max()), 1e-3)
    step_limit = np.array([1 / pair.truth.rate_hz, 1 / pair.truth.rate_hz / reach, 0.5, np.inf])

    def linearised(state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Errors where both are known, shape (m,), and their derivatives by shift, stretch, gain, offset, (m, 4)."""
        read, slope = pair.at_with_slope(pair.truth.times_s + state[0] + state[1] * u)
        error = read - state[2] * s - state[3]
        both = np.isfinite(error)
        by_clock = slope[both]
        return error[both], np.stack([by_clock, by_clock * u[both], -s[both], -np.ones(both.sum())], axis=1)

    state = np.array([alignment.lag_s, 0.0, 1.0, alignment.offset_mv])
    error, derivatives = linearised(state)
    if len(error) < 0.1 * pair.truth.rate_hz:
        return None
    if 10 * np.mean(error**2) > np.nanvar(s):  # one shift alone may be far from the best shift and stretch
        other = np.array([*coarse_clock(pair), *state[2:]])
        new = linearised(other)
        bend = _HUBER_SD * _robust_sd(error)
        if len(new[0]) and _huber(new[0], bend) < _huber(error, bend):
            state, (error, derivatives) = other, new
    for _ in range(_ROUNDS):
        bend = _HUBER_SD * _robust_sd(error)
        for _ in range(_STEPS):
            weights = np.minimum(1, bend / np.maximum(np.abs(error), bend))
            weighted = derivatives * weights[:, None]
            step = -np.linalg.lstsq(weighted.T @ derivatives, weighted.T @ error, rcond=1e-12)[0]
            step *= min(1.0, *(step_limit / np.maximum(np.abs(step), 1e-300)))
            before = _huber(error, bend)
            while abs(step[0]) + abs(step[1]) * reach > _PRECISION_S or np.abs(step[2:]).max() > _PRECISION_S:
                candidate = state + step
                new = linearised(candidate) if abs(candidate[1]) < _MOST_STRETCH else ([], [])
                if len(new[0]) and _huber(new[0], bend) < before:
                    break
                step /= 4
            else:
                break
            state, (error, derivatives) = candidate, new
    return Distortion(*state.tolist())


def coarse_clock(pair: Pair) -> tuple[float, float]:
    """Find shift in s and stretch with the least squared error, to a sample at either end.

    Every block of the truth is tried at every whole-sample lag, by `papertrace.scores.alignment.coarse_costs`; a shift
    and a stretch together give each block its lag.

    Parameters
    ----------
    pair : Pair
        Truth and trace.

    Returns
    -------
    shift_s, stretch : float
        Within `pair.max_lag_s` and ±`_COARSE_STRETCH`; of equal costs the smallest stretch.
    """
    rate_hz, u = pair.truth.rate_hz, _from_middle_s(pair)
    blocks = np.array_split(np.arange(len(u)), max(int(np.ptp(u) / _BLOCK_S), 2))
    middles = np.array([u[block].mean() for block in blocks]) * rate_hz
    most = math.floor(pair.max_lag_s * rate_hz + 1e-9)
    steps = most + math.ceil(_COARSE_STRETCH * np.abs(middles).max())
    moments = pair.truth.times_s[0] + np.arange(-steps, len(u) + steps) / rate_hz
    trace = pair.at(moments)
    costs = np.zeros((len(blocks), 2 * steps + 1))
    for k, block in enumerate(blocks):
        lags, cost = coarse_costs(pair.reference[block], trace[block[0] : block[-1] + 1 + 2 * steps], steps)
        if len(lags):  # a block of which nothing was read has no say
            costs[k] = cost.max()
            costs[k, lags + steps] = cost
    stretches = np.arange(0, _COARSE_STRETCH, 1 / max(np.abs(middles).max(), 1.0))
    stretches = np.unique([-stretches, stretches])
    stretches = stretches[np.argsort(np.abs(stretches), kind="stable")]
    shifts = np.arange(-most, most + 1)
    lags = np.rint(stretches[:, None, None] * middles + shifts[:, None]).astype(int)  # stretch, shift, block
    found = costs[np.arange(len(blocks)), lags + steps].sum(axis=2)
    stretch, shift = np.unravel_index(np.argmin(found), found.shape)
    return float(shifts[shift] / rate_hz), float(stretches[stretch])


def spike_threshold_mv(left: np.ndarray) -> float:
    """Return how far off a spike is at least, of errors without shift, stretch, gain and offset; shape (n,), in mV."""
    return max(SPIKE_MV, SPIKE_SD * _robust_sd(left[np.isfinite(left)]))


def _error(pair: Pair, distortion: Distortion) -> np.ndarray:
    """The trace by this clock less the truth by this scale, shape (n,)."""
    moments = pair.truth.times_s + distortion.shift_s + distortion.stretch * _from_middle_s(pair)
    return pair.at(moments) - distortion.gain * pair.reference - distortion.offset_mv


def _from_middle_s(pair: Pair) -> np.ndarray:
    times = pair.truth.times_s
    return times - (times[0] + times[-1]) / 2


def _shares(signal: float, total: float, missing: float, spikes: float, after: list[float]) -> dict[str, float]:
    """Shares of the noise; `after` holds what is left at first and after each of offset, shift, stretch and gain."""
    if not total > signal * 10 ** (-SNR_LIMIT_DB / 10):
        return {}
    left = np.minimum.accumulate(after)
    parts = [missing, spikes, *(left[:-1] - left[1:]), left[-1]]
    names = ("missing", "spikes", "offset", "shift", "stretch", "gain", "rest")
    return {f"noise_{name}": float(part / total) for name, part in zip(names, parts, strict=True)}


def _centred(error: np.ndarray) -> np.ndarray:
    return error - error.mean() if len(error) else error


def _huber(error: np.ndarray, bend: float) -> float:
    """Mean of Huber's loss."""
    size = np.abs(error)
    return float(np.mean(np.where(size <= bend, size**2, bend * (2 * size - bend))))


def _robust_sd(error: np.ndarray) -> float:
    return max(1.4826 * float(np.median(np.abs(error))), _LEAST_SD_MV) if len(error) else _LEAST_SD_MV
