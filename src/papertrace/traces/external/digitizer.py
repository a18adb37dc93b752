"""A digitizer that is somebody else's program: it is handed an image file and nothing else."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from papertrace.encoding import SUFFIXES, encode_jpeg, encode_png
from papertrace.errors import ConfigError
from papertrace.traces.digitizer import PageTraces
from papertrace.traces.external.command import filled, words_of
from papertrace.traces.external.outputs import OutputError, find_output, read_csv, read_wfdb, traces_of
from papertrace.traces.external.process import run_program

if TYPE_CHECKING:
    from papertrace.traces.config import ExternalDigitizer

REJECTED = 65
"""Exit status by which a program says that the image is no ECG, or none that it can read (EX_DATAERR of sysexits.h)."""

_OUTPUTS = {"csv": ".csv", "wfdb": ".hea"}
_JPEG_QUALITY = 95
_MOST_SAID = 200


class External:
    """A program as a digitizer; what it does wrong costs it the page, in one sentence, and so does what it rejects.

    Raises
    ------
    ConfigError
        There is no such program.
    """

    def __init__(self, described: ExternalDigitizer):
        self.name = described.name
        self._described = described
        self._words = words_of(described.command)
        if shutil.which(self._words[0]) is None:
            raise ConfigError(
                f"digitizer {self.name!r}: there is no program {self._words[0]!r} that can be run; "
                "put it on the PATH, or name it by its path"
            )

    def digitize(self, image: np.ndarray, rate_hz: float = 500.0) -> PageTraces:
        """Read one page; see `papertrace.traces.digitizer.Digitizer`. The signals keep the program's own rate."""
        described = self._described
        with tempfile.TemporaryDirectory(prefix="papertrace-", ignore_cleanup_errors=True) as folder:
            places = _places(Path(folder).resolve(), described.image, _OUTPUTS[described.output])
            places["image"].write_bytes(_encoded(image, described.image))
            given = {**places, "output": places["output"].with_suffix("")} if described.output == "wfdb" else places
            ending = run_program(filled(self._words, given), Path(folder), described.timeout_s)
            said = ending.said.replace(str(places["image_folder"].parent), "")
            if ending.status == REJECTED:
                reason = _last_line(said) or "no ECG that it can read"
                return PageTraces("rejected", f"{self.name}: {reason}", said=said)
            try:
                if ending.trouble is not None:
                    raise OutputError(f"the program {ending.trouble}")
                output = find_output(places["output"])
                signals = read_wfdb(output) if described.output == "wfdb" else read_csv(output, described.rate_hz)
                traces = traces_of(signals, own_start=described.times == "lead")
            except OutputError as error:
                last = f"; it said last: {line}" if (line := _last_line(said)) else ""
                return PageTraces("failed", f"{self.name}: {error}{last}", said=said)
        return PageTraces("ok", traces=traces)


def _places(folder: Path, image: str, suffix: str) -> dict[str, Path]:
    """Make the folders of a run; names are the same on every page, so that they tell a program nothing."""
    images, outputs = folder / "image", folder / "output"
    images.mkdir()
    outputs.mkdir()
    return {
        "image": images / f"page{SUFFIXES[image]}",
        "image_folder": images,
        "output": outputs / f"page{suffix}",
        "output_folder": outputs,
    }


def _encoded(image: np.ndarray, form: str) -> bytes:
    """Return the pixels as a file, in three channels also where they are grey: many programs count on that."""
    return encode_png(image) if form == "png" else encode_jpeg(image, _JPEG_QUALITY, whole_chroma=True)


def _last_line(said: str) -> str:
    """Return the last line that a program wrote; nothing where it wrote none."""
    lines = [" ".join(line.split()) for line in said.splitlines() if line.strip()]
    return lines[-1][:_MOST_SAID] if lines else ""
