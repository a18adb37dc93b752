"""Windows of a record, in mV."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from papertrace.errors import RecordError
from papertrace.records.header import Header, held_samples, read_header, signal_files


@dataclass(frozen=True)
class Signal:
    """A stretch of a record.

    Attributes
    ----------
    samples : ndarray of float64, shape (n_samples, n_leads)
        In mV; NaN where the record has no valid sample.
    rate_hz : float
        Samples per second.
    leads : list of str
        One name a column, as in the table of records.
    """

    samples: np.ndarray
    rate_hz: float
    leads: list[str]


def read_window(root: Path | str, path: str, start_sample: int, n_samples: int) -> Signal:
    """Read a window of all leads of a record, and no more of its files than that.

    Parameters
    ----------
    root : Path
        Folder that the record's path is relative to.
    path : str
        WFDB path, without suffix.
    start_sample, n_samples : int
        First sample and length of the window.

    Raises
    ------
    RecordError
        Header or signal files are missing, cut short or damaged, or the window leaves the record.
    """
    header = read_header(root, path)
    if start_sample < 0 or n_samples < 1 or start_sample + n_samples > header.n_samples:
        raise RecordError(
            f"{header.file}: samples {start_sample:,} to {start_sample + n_samples - 1:,} are not all within "
            f"the record's {header.n_samples:,}; write the manifest again"
        )
    for part in header.segments or (header,):
        check_sizes(root, part)
    return read_samples(root, header, start_sample, n_samples)


def read_samples(root: Path | str, header: Header, start_sample: int, n_samples: int) -> Signal:
    """Read a window of a record whose header and file sizes have been checked; see `read_window`."""
    record = decode(
        root,
        header,
        sampfrom=start_sample,
        sampto=start_sample + n_samples,
        channels=None if len(header.channels) == len(header.signals) else header.channels,
        smooth_frames=False,
    )
    if record.sig_name is None or len(record.sig_name) != len(header.leads):
        raise RecordError(f"{header.file}: its leads differ from segment to segment; leave this record out")
    # Several samples a frame become their mean; wfdb's own (smooth_frames) rounds it down to whole ADC units.
    samples = np.stack([lead.reshape(n_samples, -1).mean(axis=1) for lead in record.e_p_signal], axis=1)
    samples *= [header.signals[place].millivolts for place in header.channels]
    return Signal(samples, header.rate_hz, header.leads)


def decode(root: Path | str, header: Header, **options):
    """Call `wfdb.rdrecord`; whatever a damaged file makes it raise becomes a sentence."""
    import wfdb

    try:
        return wfdb.rdrecord(str(Path(root) / header.path), **options)
    except MemoryError:
        raise
    except Exception as error:
        # wfdb raises whatever its parsing of damaged bytes runs into; there is no narrower family of errors.
        told = str(error).replace(f"{Path(root).absolute()}{os.sep}", "").strip().splitlines()
        detail = f"{type(error).__name__}: {told[0]}" if told else type(error).__name__
        raise RecordError(f"{header.file}: its signals cannot be decoded ({detail}); fetch the record again") from None


def check_sizes(root: Path | str, header: Header) -> None:
    """Check that each signal file of a plain record is there and as long as the header says.

    A record that is cut short is not used at all, not even where it is whole: its pages would be other ones
    than those of the whole record, and nobody would notice.

    Raises
    ------
    RecordError
        A file is missing or cut short.
    """
    for name in signal_files(header):
        held = held_samples(root, header, name)
        if held is not None and held < header.n_samples:
            raise RecordError(
                f"{header.beside(name)}: cut short, {header.n_samples - held:,} of {header.n_samples:,} samples a lead "
                "are missing; fetch the file again"
            )
