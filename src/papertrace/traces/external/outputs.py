"""What a program wrote, as traces: the contract of docs/your-digitizer.md, checked.

Every error is one sentence that names the file and what is wrong with it, for the program's author to read.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from papertrace.errors import PapertraceError
from papertrace.traces.digitizer import Trace
from papertrace.traces.names import TEXTS

TIME = "time_s"
"""The column of a CSV file that tells the time."""

MOST_BYTES = 30_000_000
"""As text ten minutes of twelve leads at 500 Hz; to read more may take more memory than a worker has."""
RATES_HZ = (50.0, 20_000.0)
MOST_S = 600.0
MOST_MV, LEAST_MV = 20.0, 0.005
"""Wrong units show: no ECG is more than 20 mV off its median for 1 % of the time, or nowhere more than 5 µV."""

_UNITS_MV = {"mv": 1.0, "uv": 1e-3, "µv": 1e-3, "μv": 1e-3, "v": 1e3}
_PLACE = re.compile(r"row(\d{1,2})(?:_column(\d{1,2}))?")
_LEADS = {name.casefold(): name for name in TEXTS}


class OutputError(PapertraceError):
    """What a program wrote is not what the contract asks for."""


@dataclass(frozen=True)
class Signals:
    """What a file holds.

    Attributes
    ----------
    names : list of str
        Of the leads, as the file has them.
    samples : ndarray of float64, shape (n, len(names))
        mV; NaN where a lead is not on the page or was not read.
    rate_hz : float
    start_s : float
        Time of the first sample.
    """

    names: list[str]
    samples: np.ndarray
    rate_hz: float
    start_s: float = 0.0


def find_output(path: Path) -> Path:
    """Return the file that a program wrote: `path`, or else the only one in its folder with that suffix.

    Raises
    ------
    OutputError
        There is none, several, or more than `MOST_BYTES` in it and the files of the same stem (a record's samples).
    """
    found = [path] if path.is_file() else sorted(p for p in path.parent.rglob(f"*{path.suffix}") if p.is_file())
    if not found:
        raise OutputError(f"it wrote no {path.name}")
    if len(found) > 1:
        raise OutputError(f"it wrote {len(found)} {path.suffix} files and none of them is {path.name}")
    parts = [p for p in found[0].parent.iterdir() if p.stem == found[0].stem and p.is_file()]
    if sum(part.stat().st_size for part in parts) > MOST_BYTES:
        raise OutputError(f"its {found[0].name} has more than {MOST_BYTES // 1_000_000} MB")
    return found[0]


def read_csv(path: Path, rate_hz: float | None = None) -> Signals:
    """Read a CSV file: a header, then numbers; an empty cell or ``nan`` where there is no value.

    Parameters
    ----------
    path : Path
        UTF-8, commas between the cells.
    rate_hz : float, optional
        Sampling rate of a file that has no column ``time_s``; its first sample is at 0 s.

    Raises
    ------
    OutputError
        It is no such file, or its times are not evenly spaced.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file) if row]
    except (UnicodeDecodeError, csv.Error):
        raise OutputError(f"its {path.name} is no CSV text in UTF-8") from None
    if not rows:
        raise OutputError(f"its {path.name} is empty")
    names = [name.strip() for name in rows[0]]
    values = _numbers(path.name, names, rows[1:])
    if len(values) < 2:
        raise OutputError(f"its {path.name} has {len(values)} samples")
    if TIME in names:
        times = values[:, names.index(TIME)]
        start, rate = _clock(path.name, times)
    elif rate_hz is not None:
        start, rate = 0.0, rate_hz
    else:
        raise OutputError(f"its {path.name} has no column {TIME}, and the config tells no `rate_hz`")
    leads = [k for k, name in enumerate(names) if name != TIME]
    return Signals([names[k] for k in leads], values[:, leads], rate, start)


def _numbers(name: str, columns: list[str], rows: list[list[str]]) -> np.ndarray:
    values = np.full((len(rows), len(columns)), np.nan)
    for number, row in enumerate(rows):
        if len(row) != len(columns):
            raise OutputError(
                f"its {name} has {len(row)} cells in data row {number + 1} and {len(columns)} in its header"
            )
        try:
            values[number] = [float(cell) if cell.strip() else np.nan for cell in row]
        except ValueError as error:
            raise OutputError(f"its {name} has no number in data row {number + 1} ({error})") from None
    return values


def _clock(name: str, times: np.ndarray) -> tuple[float, float]:
    """Return start (s) and rate (Hz) of evenly spaced times; rounded ones are, to half a step.

    A whole number of Hz that moves no sample by a tenth of a step is meant: times are written with few digits.
    """
    steps = len(times) - 1
    length = times[-1] - times[0]
    if not np.isfinite(times).all() or length <= 0:
        raise OutputError(f"its {name} has a column {TIME} that does not grow")
    if np.abs(times - np.linspace(times[0], times[-1], len(times))).max() > 0.5 * length / steps:
        raise OutputError(f"its {name} has a column {TIME} that is not evenly spaced")
    rate = float(steps / length)
    whole = float(round(rate))
    return float(times[0]), whole if abs(whole - rate) * length < 0.1 else rate


def read_wfdb(path: Path) -> Signals:
    """Read a WFDB record by its header; units may be mV, uV or V.

    Raises
    ------
    OutputError
        It cannot be read, or has other units.
    """
    import wfdb

    try:
        record = wfdb.rdrecord(str(path.with_suffix("")))
        names, units = list(record.sig_name), list(record.units)
        samples, rate_hz = np.asarray(record.p_signal, float), float(record.fs)
    except Exception as error:
        # wfdb raises whatever a wrong header makes it stumble over
        text = " ".join(str(error).split())[:120]
        raise OutputError(f"its {path.name} is no WFDB record that can be read ({text})") from None
    for unit in units:
        if unit.casefold() not in _UNITS_MV:
            raise OutputError(f"its {path.name} has signals in {unit!r}, not in mV, uV or V")
    return Signals(names, samples * [_UNITS_MV[unit.casefold()] for unit in units], rate_hz)


def traces_of(signals: Signals, own_start: bool = False) -> list[Trace]:
    """Return a trace a lead, from its first value to its last.

    A lead's name gives a trace without a place, as it may stand on the page more than once; ``row2`` or
    ``row2_column3`` give one with a place and no name.

    Parameters
    ----------
    signals : Signals
        What a file holds.
    own_start : bool
        Each lead's time begins where it begins on the page, which the file does not tell: `start_s` is NaN. Else time
        is the page's.

    Raises
    ------
    OutputError
        A column is no lead or there twice, or the values are no ECG's.
    """
    if not RATES_HZ[0] <= signals.rate_hz <= RATES_HZ[1]:
        raise OutputError(f"its signals have {signals.rate_hz:g} Hz: {RATES_HZ[0]:g} to {RATES_HZ[1]:g} are allowed")
    if abs(signals.start_s) + len(signals.samples) / signals.rate_hz > MOST_S:
        raise OutputError(f"its signals are longer than {MOST_S:g} s")
    places = [_place_of(name) for name in signals.names]
    for name, place in zip(signals.names, places, strict=True):
        if places.count(place) > 1:
            raise OutputError(f"lead {name} is there more than once")
    samples = signals.samples
    if np.isinf(samples).any():
        raise OutputError(f"lead {signals.names[int(np.isinf(samples).any(axis=0).argmax())]} has infinite values")
    known = np.isfinite(samples)
    if not known.any():
        raise OutputError("its signals hold no value, only gaps")
    _check_units(signals.names, samples, known)
    return [
        _trace(place, samples[:, k], known[:, k], signals, own_start)
        for k, place in enumerate(places)
        if known[:, k].any()
    ]


def _place_of(name: str) -> tuple[str | None, int | None, int | None]:
    """Return lead, row and column of a column's name."""
    place = _PLACE.fullmatch(name)
    if place and int(place[1]) > 0 and int(place[2] or 1) > 0:
        return None, int(place[1]) - 1, int(place[2] or 1) - 1
    if name.casefold() not in _LEADS:
        raise OutputError(f"{name!r} is no lead: it may be I … aVF, V1 … V9, MLII and the like, or row1, row2_column3")
    return _LEADS[name.casefold()], None, None


def _check_units(names: Sequence[str], samples: np.ndarray, known: np.ndarray) -> None:
    most = 0.0
    for k in np.flatnonzero(known.any(axis=0)):
        values = samples[known[:, k], k]
        off = np.abs(values - np.median(values))
        if np.quantile(off, 0.99) > MOST_MV:
            raise OutputError(
                f"lead {names[k]} is more than {MOST_MV:g} mV off its median for over 1 % of the time: not in mV?"
            )
        most = max(most, float(off.max()))
    if most < LEAST_MV:
        raise OutputError(f"no lead is anywhere more than {1000 * LEAST_MV:g} µV off its median: flat, or not in mV")


def _trace(
    place: tuple[str | None, int | None, int | None],
    samples: np.ndarray,
    known: np.ndarray,
    signals: Signals,
    own_start: bool,
) -> Trace:
    first, last = np.flatnonzero(known)[[0, -1]]
    first = 0 if own_start else first
    values = samples[first : last + 1].astype(np.float32)
    untold = np.full(len(values), np.nan, np.float32)
    start = np.nan if own_start else signals.start_s + first / signals.rate_hz
    return Trace(*place, start, signals.rate_hz, values, untold, untold, untold)
