"""WFDB headers: a strict reading of the grammar of header(5), with every departure told in one sentence.

The wfdb package's own parser takes what it can match and passes over the rest (a sampling rate ``abc`` becomes
250 Hz, ``µV`` becomes ``V``), which is why headers are read here; wfdb reads the signals (`papertrace.records.reader`).

References
----------
.. [1] Moody G B, "WFDB Applications Guide", header(5), https://physionet.org/physiotools/wag/header-5.htm
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from papertrace.errors import RecordError

DEFAULT_RATE_HZ = 250.0
DEFAULT_GAIN = 200.0
"""What header(5) prescribes where a header gives no rate, and no gain or a gain of 0."""

_BITS = {"8": 8, "16": 16, "24": 24, "32": 32, "61": 16, "80": 8, "160": 16, "212": 12, "310": 32 / 3, "311": 32 / 3}
_COMPRESSED = {"508", "516", "524"}
_NO_SAMPLES = "0"
_MILLIVOLTS = {"nv": 1e-6, "uv": 1e-3, "mv": 1.0, "v": 1e3}

_RECORD_LINE = re.compile(
    r"(?P<name>[-\w]+)(?:/(?P<segments>\d+))?\s+(?P<n_signals>\d+)"
    r"(?:\s+(?P<rate>\d+\.?\d*|\.\d+)(?:/-?\d*\.?\d*(?:\(-?\d*\.?\d*\))?)?"
    r"(?:\s+(?P<n_samples>\d+)(?:\s.*)?)?)?",
    re.ASCII,
)
_SIGNAL_LINE = re.compile(
    r"(?P<file>~|[-\w]+(?:\.\w*)?)\s+(?P<format>\d+)(?:x(?P<per_frame>[1-9]\d*))?(?::(?P<skew>\d+))?(?:\+(?P<offset>\d+))?"
    r"(?:\s+(?P<gain>-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(?:\((?P<baseline>-?\d+)\))?(?:/(?P<unit>\S+))?"
    r"(?:\s+(?P<resolution>\d+)(?:\s+(?P<zero>-?\d+)(?:\s+(?P<first>-?\d+)"
    r"(?:\s+(?P<checksum>-?\d+)(?:\s+(?P<block>\d+)(?:\s+(?P<name>\S.*))?)?)?)?)?)?)?",
    re.ASCII,
)
_SEGMENT_LINE = re.compile(r"(?P<name>[-\w]+|~)\s+(?P<n_samples>\d+)", re.ASCII)


@dataclass(frozen=True)
class SignalSpec:
    """One signal line; `gain` is in ADC units per physical unit, `checksum` None where the header has none."""

    name: str
    file: str
    format: str
    per_frame: int
    skew: int
    offset: int
    gain: float
    calibrated: bool
    baseline: int
    unit: str
    checksum: int | None

    @property
    def millivolts(self) -> float | None:
        """How many mV one physical unit is; None where the unit is no voltage."""
        return _MILLIVOLTS.get(self.unit.replace("µ", "u").replace("μ", "u").lower())


@dataclass(frozen=True)
class Header:
    """What a record's header says.

    Attributes
    ----------
    path : str
        WFDB path of the record relative to the root, without suffix.
    rate_hz : float
        Frames per second; ``250/360`` reads as 250, the 360 being a counter's frequency.
    n_samples : int
        Samples a lead.
    signals : tuple of SignalSpec
        All signals; of a multi-segment record, those of its layout.
    segments : tuple of Header
        The segments that hold samples; empty for a plain record.
    """

    path: str
    rate_hz: float
    n_samples: int
    signals: tuple[SignalSpec, ...]
    segments: tuple[Header, ...] = ()

    @cached_property
    def channels(self) -> list[int]:
        """Places of the signals that are leads: those measured in volts (pressures and the like are not)."""
        return [place for place, signal in enumerate(self.signals) if signal.millivolts is not None]

    @cached_property
    def leads(self) -> list[str]:
        """Names of the leads, as the header has them; empty and repeated names are made unique."""
        return unique_names([self.signals[place].name for place in self.channels])

    @property
    def file(self) -> str:
        """The header's file relative to the root."""
        return f"{self.path}.hea"

    def beside(self, name: str) -> str:
        """Return the path of a file that the header names, relative to the root."""
        return (PurePosixPath(self.path).parent / name).as_posix()


def read_header(root: Path | str, path: str) -> Header:
    """Read and check a record's header, and those of its segments; no signal file is opened.

    Parameters
    ----------
    root : Path
        Folder that the record's path is relative to.
    path : str
        WFDB path, without suffix.

    Raises
    ------
    RecordError
        The header is missing, empty or not as header(5) prescribes, or no signal is measured in volts.
    """
    header = _read(Path(root), path, depth=0)
    if not header.channels:
        units = ", ".join(sorted({signal.unit for signal in header.signals})) or "none"
        raise RecordError(f"{header.file}: no signal is measured in volts (units: {units}); leave this record out")
    return header


def unique_names(names: list[str]) -> list[str]:
    """Return lead names with blanks named ``lead1``, ``lead2`` … by place and repeats numbered.

    Examples
    --------
    >>> unique_names(["ECG", "", "ECG"])
    ['ECG', 'lead2', 'ECG-2']
    """
    taken: set[str] = set()
    unique = []
    for place, name in enumerate(names, start=1):
        first = candidate = name.strip() or f"lead{place}"
        count = 1
        while candidate in taken or (count > 1 and candidate in names):
            count += 1
            candidate = f"{first}-{count}"
        taken.add(candidate)
        unique.append(candidate)
    return unique


def _read(root: Path, path: str, depth: int) -> Header:
    file = f"{path}.hea"
    lines = _lines(root, file)
    found = _RECORD_LINE.fullmatch(lines[0])
    if not found:
        raise RecordError(
            f"{file}: {_shown(lines[0])} is no WFDB record line (name, signals, rate, samples); fetch the file again"
        )
    rate_hz = float(found["rate"] or DEFAULT_RATE_HZ)
    if rate_hz <= 0:
        raise RecordError(f"{file}: the sampling rate is 0; write the right rate into its first line")
    stated = int(found["n_samples"] or 0)
    if found["segments"] is not None:
        if depth:
            raise RecordError(f"{file}: a segment is made of segments again, which WFDB does not allow; leave it out")
        return _multi_segment(root, path, rate_hz, stated, int(found["segments"]), lines[1:])
    n_signals = int(found["n_signals"])
    if len(lines) - 1 != n_signals:
        raise RecordError(f"{file}: promises {n_signals} signals and describes {len(lines) - 1}; fetch the file again")
    signals = tuple(_signal(file, line) for line in lines[1:])
    if not signals and not depth:
        raise RecordError(f"{file}: holds no signals; leave this record out")
    if any(signal.skew > stated for signal in signals):
        raise RecordError(f"{file}: a signal is skewed by more samples than there are; fetch the file again")
    header = Header(path, rate_hz, stated, signals)
    if found["n_samples"] is None or (stated == 0 and not depth):
        # header(5) lets the signal files' size decide then; wfdb cannot read windows of such a record.
        held = [held_samples(root, header, name) for name in signal_files(header)]
        number = min((n for n in held if n is not None), default=0)
        raise RecordError(
            f"{file}: does not say how many samples a lead has; write {number} (what its signal files hold) "
            "after the sampling rate in its first line"
        )
    return header


def _multi_segment(root: Path, path: str, rate_hz: float, stated: int, count: int, lines: list[str]) -> Header:
    file = f"{path}.hea"
    matches = [_SEGMENT_LINE.fullmatch(line) for line in lines]
    if len(matches) != count or not all(matches):
        raise RecordError(f"{file}: promises {count} segments and does not describe them all; fetch the file again")
    named = [(found["name"], int(found["n_samples"])) for found in matches]
    if stated != sum(length for _, length in named):
        raise RecordError(f"{file}: promises {stated:,} samples, but its segments have others in all; fetch it again")
    folder = PurePosixPath(path).parent
    headers = [_read(root, (folder / name).as_posix(), depth=1) for name, _ in named if name != "~"]
    if not headers:
        raise RecordError(f"{file}: none of its segments holds samples; leave this record out")
    lengths = [length for name, length in named if name != "~"]
    for header, length in zip(headers, lengths, strict=True):
        if header.n_samples != length:
            raise RecordError(
                f"{file}: promises {length:,} samples of {header.file}, not its {header.n_samples:,}; fetch both again"
            )
    return Header(path, rate_hz, stated, headers[0].signals, tuple(h for h in headers if h.n_samples))


def _lines(root: Path, file: str) -> list[str]:
    try:
        data = (root / file).read_bytes()
    except FileNotFoundError:
        raise RecordError(f"{file}: no such header; fetch it, or take the record off the RECORDS list") from None
    except OSError as error:
        raise RecordError(f"{file}: cannot be read ({error.strerror}); check the file's rights and its disk") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    if not lines:
        raise RecordError(f"{file}: is empty; fetch it again")
    return lines


def _signal(file: str, line: str) -> SignalSpec:
    found = _SIGNAL_LINE.fullmatch(line)
    if not found:
        raise RecordError(f"{file}: {_shown(line)} is no WFDB signal line; fetch the file again")
    if found["format"] not in _BITS.keys() | _COMPRESSED | {_NO_SAMPLES}:
        raise RecordError(f"{file}: signal format {found['format']} is none of WFDB's; fetch the file again")
    gain = float(found["gain"] or 0)
    if not math.isfinite(gain):
        raise RecordError(f"{file}: the gain {found['gain']} is no finite number; fetch the file again")
    return SignalSpec(
        name=(found["name"] or "").strip(),
        file=found["file"],
        format=found["format"],
        per_frame=int(found["per_frame"] or 1),
        skew=int(found["skew"] or 0),
        offset=int(found["offset"] or 0),
        gain=gain or DEFAULT_GAIN,
        calibrated=gain != 0,
        baseline=int(found["baseline"] or found["zero"] or 0),
        unit=found["unit"] or "mV",
        checksum=None if found["checksum"] is None else int(found["checksum"]),
    )


def _shown(line: str) -> str:
    """Return a line fit for a sentence: printable and short."""
    printable = "".join(sign if sign.isprintable() else "?" for sign in line)
    return repr(printable if len(printable) <= 40 else printable[:39] + "…")


def signal_files(header: Header) -> list[str]:
    """Return the names of a plain record's signal files, in the order of their signals."""
    return list(dict.fromkeys(signal.file for signal in header.signals if signal.format != _NO_SAMPLES))


def segment_paths(root: Path | str, path: str) -> list[str]:
    """Return the WFDB paths of the segments that a header names; none for a plain record.

    Raises
    ------
    RecordError
        The header is missing, empty or not as header(5) prescribes.
    """
    lines = _lines(Path(root), f"{path}.hea")
    found = _RECORD_LINE.fullmatch(lines[0])
    if not found or found["segments"] is None:
        return []
    segments = [segment["name"] for line in lines[1:] if (segment := _SEGMENT_LINE.fullmatch(line))]
    return [(PurePosixPath(path).parent / name).as_posix() for name in dict.fromkeys(segments) if name != "~"]


def held_samples(root: Path | str, header: Header, name: str) -> int | None:
    """Return how many whole frames a signal file holds, told from its size; None for a compressed one.

    Raises
    ------
    RecordError
        The file is missing.
    """
    file = header.beside(name)
    try:
        size = (Path(root) / file).stat().st_size
    except OSError:
        raise RecordError(f"{file}: no such signal file, though {header.file} names it; fetch it") from None
    signals = [signal for signal in header.signals if signal.file == name]
    if signals[0].format in _COMPRESSED:
        return None
    bits = _BITS[signals[0].format] * sum(signal.per_frame for signal in signals)
    return int(max(size - signals[0].offset, 0) * 8 / bits + 1e-6)
