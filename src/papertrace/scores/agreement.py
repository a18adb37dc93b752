"""How well two ways of measuring agree: a parameter on the trace against the same parameter on the truth.

* **Bias, SD, limits of agreement**: mean and SD of trace - truth, and the bias -+ 1.96 SD within which 95 % of Gaussian
  differences lie [1]_. The differences are pooled: the SD is that of one measurement, not of a record's mean.
* **MAE**: mean absolute difference. **r**: Pearson's correlation.
* **ICC**: ICC(2,1) of Shrout & Fleiss [2]_, single measurements, absolute agreement, two-way random effects; also known
  as ICC(A,1) [3]_. A bias lowers it, as it does not lower r or ICC(3,1). Like r it depends on how far the measured
  values spread, so that both are told beside the differences and not instead of them.
* **Failure rate**: share of the truth's measurements that the trace has no counterpart of.
* **Intervals**: 95 %, percentile bootstrap over records (`papertrace.scores.bootstrap`).
* **Equivalence**: two one-sided tests of the bias at 5 % each [4]_: the margin is kept if the bootstrap's 90 % interval
  lies within it.

All of these are functions of a few sums over the pairs, which is what is computed here, and what is resampled.

References
----------
.. [1] Bland J M, Altman D G (1986). Statistical methods for assessing agreement between two methods of clinical
   measurement. Lancet 327:307-310.
.. [2] Shrout P E, Fleiss J L (1979). Intraclass correlations: uses in assessing rater reliability. Psychological
   Bulletin 86:420-428.
.. [3] McGraw K O, Wong S P (1996). Forming inferences about some intraclass correlation coefficients. Psychological
   Methods 1:30-46.
.. [4] Schuirmann D J (1987). A comparison of the two one-sided tests procedure and the power approach for assessing the
   equivalence of average bioavailability. Journal of Pharmacokinetics and Biopharmaceutics 15:657-680.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from papertrace.scores.bootstrap import interval, resampled

FIGURES = ("failure_rate", "bias", "sd", "mae", "loa_low", "loa_high", "r", "icc")
"""The figures that have an interval, in the order of `statistics`' columns."""

_LOA = 1.96
_TOST_LEVEL = 0.90

_TRUTH, _PAIRS, _EXTRA, _D, _DD, _ABS, _X, _Y, _XX, _YY, _XY = range(11)
SUMS = 11


def contributions(truth: np.ndarray, trace: np.ndarray) -> Iterator[np.ndarray]:
    """Yield what each measurement adds to each of the `SUMS` sums, one sum after the other.

    Parameters
    ----------
    truth, trace : ndarray, shape (n,)
        The same parameter on both, NaN where it could not be measured.

    Yields
    ------
    ndarray, shape (n,)
    """
    there, seen = np.isfinite(truth), np.isfinite(trace)
    both = there & seen
    x, y = (np.where(both, values, 0.0) for values in (truth, trace))
    d = y - x
    yield there
    yield both
    yield seen & ~there
    yield from (d, d * d, np.abs(d), x, y, x * x, y * y, x * y)


def group_sums(truth: np.ndarray, trace: np.ndarray, group: np.ndarray, groups: int) -> np.ndarray:
    """Return the sums of each group of measurements.

    Parameters
    ----------
    truth, trace : ndarray, shape (n,)
        As `contributions` takes them.
    group : ndarray of int, shape (n,)
        Which group each measurement is of, 0 … `groups` - 1.
    groups : int
        How many groups there are.

    Returns
    -------
    ndarray, shape (groups, `SUMS`)
        Groups that have no measurement are 0.
    """
    columns = [np.bincount(group, values, groups) for values in contributions(truth, trace)]
    return np.stack(columns, axis=1)


def statistics(sums: np.ndarray) -> np.ndarray:
    """Return the figures that follow from sums.

    Parameters
    ----------
    sums : ndarray, shape (..., `SUMS`)
        As `group_sums` returns them, added up over what is pooled.

    Returns
    -------
    ndarray, shape (..., len(`FIGURES`))
        NaN where one is undefined: differences need one pair, SD and what follows from it two, r and ICC values that
        differ.
    """
    s = np.moveaxis(np.asarray(sums, float), -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        n = np.where(s[_PAIRS] > 0, s[_PAIRS], np.nan)
        more = np.where(n > 1, n - 1, np.nan)
        bias = s[_D] / n
        mean_x, mean_y = s[_X] / n, s[_Y] / n
        variance, var_x, var_y = (
            _about_mean(squares, n, mean) / more
            for squares, mean in ((s[_DD], bias), (s[_XX], mean_x), (s[_YY], mean_y))
        )
        sd = np.sqrt(variance)
        covariance = (s[_XY] - n * mean_x * mean_y) / more
        r = np.clip(covariance / np.sqrt(var_x * var_y), -1, 1)
        r = np.where((var_x > 0) & (var_y > 0), r, np.nan)
        # The two-way table of n measurements by truth and trace: mean squares of rows, columns and what is left.
        rows, left, columns = (var_x + var_y + 2 * covariance) / 2, variance / 2, n * bias**2 / 2
        total = rows + left + 2 * (columns - left) / n
        icc = np.where((n > 1) & (total > 0), (rows - left) / total, np.nan)
        failures = (s[_TRUTH] - s[_PAIRS]) / np.where(s[_TRUTH] > 0, s[_TRUTH], np.nan)
    figures = (failures, bias, sd, s[_ABS] / n, bias - _LOA * sd, bias + _LOA * sd, r, icc)
    return np.stack(figures, axis=-1)


def agreement(sums: np.ndarray, margin: float = np.nan) -> dict[str, float | int | bool | None]:
    """Return how truth and trace agree, with intervals over records.

    Parameters
    ----------
    sums : ndarray, shape (records, `SUMS`)
        Each record's own, in an order of their own; records without a measurement count for nothing.
    margin : float
        What bias is of no matter, in the parameter's unit; NaN where no margin is stated.

    Returns
    -------
    dict
        `records`, `n_truth` (measurements of the truth), `n` (pairs), `n_absent` (of the truth only), `n_extra` (of
        the trace only); each of `FIGURES`, with ``_ci_low`` and ``_ci_high``; `bias_ci90_low`, `bias_ci90_high`,
        `margin` and `equivalent`, None where no margin is stated or there is no interval. Of less than two records
        there is none.
    """
    sums = np.asarray(sums, float)
    sums = sums[sums[:, [_TRUTH, _EXTRA]].any(axis=1)]
    total = sums.sum(axis=0)
    counts = {"records": len(sums), "n_truth": int(total[_TRUTH]), "n": int(total[_PAIRS])}
    counts |= {"n_absent": int(total[_TRUTH] - total[_PAIRS]), "n_extra": int(total[_EXTRA])}
    values = statistics(total)
    low = high = np.full(len(FIGURES), np.nan)
    low90 = high90 = np.nan
    if len(sums) > 1:
        drawn = statistics(resampled(sums))
        low, high = interval(drawn)
        low90, high90 = interval(drawn[:, FIGURES.index("bias")], _TOST_LEVEL)
    figures: dict[str, float] = {}
    for name, *three in zip(FIGURES, values, low, high, strict=True):
        figures |= dict(zip((name, f"{name}_ci_low", f"{name}_ci_high"), map(float, three), strict=True))
    tested = np.isfinite([margin, low90, high90]).all()
    return {
        **counts,
        **figures,
        "bias_ci90_low": float(low90),
        "bias_ci90_high": float(high90),
        "margin": float(margin),
        "equivalent": bool(-margin < low90 and high90 < margin) if tested else None,
    }


def _about_mean(squares: np.ndarray, n: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return the sum of squares about the mean, 0 where all of it may be rounding."""
    left = squares - n * mean**2
    return np.where(left > 1e-12 * squares, left, 0.0) + 0 * n
