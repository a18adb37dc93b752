"""Records to be spoilt, and the ways in which one can be: those `papertrace.records` tells of, or puts up with."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

RATE_HZ = 250
_HEARTS = 12
_GAIN = 1000.0
_NAN = -32768  # of format 16


def write_records(folder: Path, count: int) -> None:
    """Write two-lead records of 10 s, of a few hearts over and over, and their list."""
    from papertrace.records.simulation import TWO_LEADS, simulate
    from papertrace.seeds import derive_seed, generator

    folder.mkdir(parents=True)
    names = [f"r{k:03d}" for k in range(count)]
    hearts = [
        simulate(TWO_LEADS, 10, RATE_HZ, 0.005, 0.05, generator(derive_seed(1, name, "faults"))) * _GAIN
        for name in names[:_HEARTS]
    ]
    for k, name in enumerate(names):
        _write(folder, name, np.round(hearts[k % _HEARTS]).astype(int))
    (folder / "RECORDS").write_text("".join(f"{name}\n" for name in names))


def spoil(folder: Path) -> dict[str, str]:
    """Spoil one in ten records, each in another way; return the record of each way."""
    names = (folder / "RECORDS").read_text().split()
    kinds = [*BROKEN, *ODD]
    if len(names) < 10 * len(kinds):
        raise ValueError(f"{folder}: {10 * len(kinds)} records are needed to spoil one in ten in every way")
    which = dict(zip(kinds, names[4::10], strict=False))
    for kind, name in which.items():
        _WAYS[kind](folder, name)
    return which


def mend(sound: Path, spoilt: Path) -> None:
    """Put the sound files in the place of the spoilt, and change the list: by it Snakemake knows of changed records."""
    shutil.rmtree(spoilt)
    shutil.copytree(sound, spoilt)
    with (spoilt / "RECORDS").open("a") as file:
        file.write("\n")


def _write(folder: Path, name: str, digital: np.ndarray) -> None:
    import wfdb

    wfdb.wrsamp(
        name,
        fs=RATE_HZ,
        units=["mV", "mV"],
        sig_name=["MLII", "V5"],
        d_signal=digital,
        fmt=["16", "16"],
        adc_gain=[_GAIN, _GAIN],
        baseline=[0, 0],
        write_dir=str(folder),
    )


def _rewritten(change: Callable[[np.ndarray], None]) -> Callable[[Path, str], None]:
    """Write the record anew with other samples, and with checksums that are theirs."""

    def way(folder: Path, name: str) -> None:
        digital = np.fromfile(folder / f"{name}.dat", "<i2").reshape(-1, 2).astype(int)
        change(digital)
        _write(folder, name, digital)

    return way


def _header(old: str, new: str) -> Callable[[Path, str], None]:
    def way(folder: Path, name: str) -> None:
        path = folder / f"{name}.hea"
        text = path.read_text()
        if old not in text:
            raise ValueError(f"{path}: has no {old!r}")
        path.write_text(text.replace(old, new))

    return way


def _cut(suffix: str, share: float) -> Callable[[Path, str], None]:
    def way(folder: Path, name: str) -> None:
        path = folder / f"{name}{suffix}"
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * share)])

    return way


def _changed(folder: Path, name: str) -> None:
    path = folder / f"{name}.dat"
    data = bytearray(path.read_bytes())
    data[1000] ^= 0x10
    path.write_bytes(bytes(data))


def _lose(suffix: str) -> Callable[[Path, str], None]:
    return lambda folder, name: (folder / f"{name}{suffix}").unlink()


def _garbage(folder: Path, name: str) -> None:
    (folder / f"{name}.hea").write_bytes(b"\x00\xffthis is no header\n")


def _no_samples(folder: Path, name: str) -> None:
    _cut(".dat", 0)(folder, name)
    _header(f" {RATE_HZ} 2500", f" {RATE_HZ} 0")(folder, name)


def _all(value: int) -> Callable[[np.ndarray], None]:
    return lambda digital: digital.__setitem__(slice(None), value)


def _some_nan(digital: np.ndarray) -> None:
    digital[500:700, 0] = _NAN


def _flat(digital: np.ndarray) -> None:
    digital[:, 1] = 7


def _offset(digital: np.ndarray) -> None:
    digital += 4800


_WAYS: dict[str, Callable[[Path, str], None]] = {
    "no .dat": _lose(".dat"),
    ".dat cut short": _cut(".dat", 0.4),
    ".dat empty": _cut(".dat", 0),
    "a bit changed": _changed,
    "no header": _lose(".hea"),
    "header cut short": _cut(".hea", 0.5),
    "header empty": _cut(".hea", 0),
    "header of garbage": _garbage,
    "no rate": _header(f" {RATE_HZ} ", " 0 "),
    "no samples": _no_samples,
    "no volts": _header("/mV", "/mmHg"),
    "all NaN": _rewritten(_all(_NAN)),
    "some NaN": _rewritten(_some_nan),
    "a lead flat": _rewritten(_flat),
    "all flat": _rewritten(_all(7)),
    "offset": _rewritten(_offset),
    "gain 0": _header("1000.0(0)/mV", "0(0)/mV"),
    "gain absurdly low": _header("1000.0(0)/mV", "0.001(0)/mV"),
    "gain absurdly high": _header("1000.0(0)/mV", "1e12(0)/mV"),
}
BROKEN = {
    "no .dat": "no such signal file",
    ".dat cut short": "cut short",
    ".dat empty": "cut short",
    "a bit changed": "checksum",
    "no header": "no such header",
    "header cut short": ".hea",
    "header empty": "is empty",
    "header of garbage": "is no WFDB record line",
    "no rate": "the sampling rate is 0",
    "no samples": "does not say how many samples",
    "no volts": "no signal is measured in volts",
    "all NaN": "no lead has a valid sample",
    "gain absurdly low": "every lead is more than 1000 mV high",
}
"""Ways after which a record cannot be used, and what its reason must say."""
ODD = tuple(kind for kind in _WAYS if kind not in BROKEN)
"""Ways that are noted and put up with."""
