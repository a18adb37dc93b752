"""Is a record whole, and what is odd about its leads?"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from papertrace.errors import RecordError
from papertrace.records.header import Header, signal_files
from papertrace.records.reader import check_sizes, decode, read_samples

_CHUNK = 1 << 20
"""Frames read at a time, so that a day-long record fits into a worker's memory."""

LEAST_MV, MOST_MV = 1e-4, 1000.0
"""Peak to peak; below lies no recorder's resolution, above no electrode's voltage: such a gain cannot be right."""

OFFSET_MV = 1.0
"""A lead whose mean lies further from zero is noted; pages centre every lead, so that it is no error."""


@dataclass
class LeadStatistics:
    """What is known of each lead after all samples have passed by; arrays of shape (n_leads,), in mV."""

    n: int
    valid: np.ndarray
    total: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray

    @classmethod
    def of_nothing(cls, n_leads: int) -> LeadStatistics:
        """Return the statistics of no samples at all."""
        return cls(0, np.zeros(n_leads, int), np.zeros(n_leads), np.full(n_leads, np.inf), np.full(n_leads, -np.inf))

    def add(self, samples: np.ndarray) -> None:
        """Take in samples, shape (n, n_leads) in mV."""
        self.n += len(samples)
        self.valid += np.isfinite(samples).sum(axis=0)
        self.total += np.nansum(samples, axis=0)
        self.lowest = np.fmin(self.lowest, np.fmin.reduce(samples, axis=0))
        self.highest = np.fmax(self.highest, np.fmax.reduce(samples, axis=0))


def check_record(root: Path | str, header: Header) -> list[str]:
    """Read a whole record, verify its sizes and checksums, and return what is odd about each lead.

    Raises
    ------
    RecordError
        A signal file is missing, cut short or damaged, no lead has a valid sample, or none is of the size of an ECG.
    """
    for part in header.segments or (header,):
        check_sizes(root, part)
        _check_sums(root, part)
    if header.n_samples == 0:
        raise RecordError(f"{header.file}: the record holds no samples; leave it out")
    statistics = LeadStatistics.of_nothing(len(header.leads))
    for start in range(0, header.n_samples, _CHUNK):
        statistics.add(read_samples(root, header, start, min(_CHUNK, header.n_samples - start)).samples)
    if not statistics.valid.any():
        raise RecordError(f"{header.file}: no lead has a valid sample; leave this record out")
    height = statistics.highest - statistics.lowest
    if np.nanmin(np.where(statistics.valid > 0, height, np.nan)) > MOST_MV:
        raise RecordError(
            f"{header.file}: every lead is more than {MOST_MV:g} mV high, as no ECG is; write the right gains into it"
        )
    return lead_issues(header, statistics)


def lead_issues(header: Header, statistics: LeadStatistics) -> list[str]:
    """Return, for each lead, what is odd about it; an empty string where nothing is."""
    issues = []
    for place, (channel, lead) in enumerate(zip(header.channels, header.leads, strict=True)):
        signal, found = header.signals[channel], []
        valid = statistics.valid[place]
        if signal.name.strip() != lead:
            found.append(f"named {signal.name!r} in the header" if signal.name else "without a name in the header")
        if not signal.calibrated:
            found.append("no gain in the header, 200 ADC units per mV taken")
        if signal.per_frame > 1:
            found.append(f"mean of {signal.per_frame} samples a frame")
        if valid < statistics.n:
            found.append(f"{statistics.n - valid:,} of {statistics.n:,} samples are NaN")
        height = statistics.highest[place] - statistics.lowest[place]
        if valid and height <= LEAST_MV:
            found.append("flat" if height == 0 else f"flat ({height:.1g} mV from peak to peak; is its gain right?)")
        elif valid and height > MOST_MV:
            found.append(f"{height:,.0f} mV from peak to peak; is its gain right?")
        elif valid and abs(offset := statistics.total[place] / valid) > OFFSET_MV:
            found.append(f"DC offset of {offset:+.1f} mV")
        issues.append("; ".join(found))
    return issues


def record_digest(root: Path | str, header: Header) -> str:
    """Return the SHA-256 of a record's header and signal files together, in the order they are named."""
    parts = (header,) if not header.segments else (header, *header.segments)
    files = [part.file for part in parts]
    files += [part.beside(name) for part in header.segments or (header,) for name in signal_files(part)]
    digest = hashlib.sha256()
    for file in dict.fromkeys(files):
        with (Path(root) / file).open("rb") as stream:
            while block := stream.read(1 << 22):
                digest.update(block)
    return digest.hexdigest()


def _check_sums(root: Path | str, header: Header) -> None:
    """Compare each signal's 16-bit sum of samples with the checksum that its header promises."""
    if all(signal.checksum is None for signal in header.signals) or header.n_samples == 0:
        return
    sums = np.zeros(len(header.signals), np.int64)
    for start in range(0, header.n_samples, _CHUNK):
        record = decode(
            root,
            header,
            sampfrom=start,
            sampto=min(start + _CHUNK, header.n_samples),
            physical=False,
            smooth_frames=False,
            ignore_skew=True,
        )
        sums += [int(np.sum(samples, dtype=np.int64)) for samples in record.e_d_signal]
    for signal, total in zip(header.signals, sums, strict=True):
        # Some writers leave a 0 for want of a sum; header(5) knows no other way to leave it out but the line's end.
        if signal.checksum and (int(total) - signal.checksum) % 65536:
            raise RecordError(
                f"{header.beside(signal.file)}: the samples of {signal.name or 'a signal'} do not add up to the "
                f"checksum {signal.checksum} in {header.file}; fetch both files again"
            )
