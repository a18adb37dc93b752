"""Delineators by name."""

from __future__ import annotations

from papertrace.scores.fiducials import Delineator
from papertrace.scores.neurokit import NeuroKit
from papertrace.scores.wavelet import Wavelet

DELINEATORS: dict[str, Delineator] = {
    "wavelet": Wavelet(),
    "prominence": NeuroKit("prominence"),
    "dwt": NeuroKit("dwt"),
}
"""What `scores.delineation` may name."""
