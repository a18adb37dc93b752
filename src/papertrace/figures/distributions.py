"""SNR and clinical parameters of all leads, one set of plots a digitizer."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from papertrace.figures import plots
from papertrace.figures.data import CLINICAL
from papertrace.figures.drawn import Drawn, file_stem


def draw(columns: dict[str, np.ndarray], folder: Path) -> list[Drawn]:
    """Draw the distributions of every digitizer.

    Parameters
    ----------
    columns : dict of str to ndarray, shape (n,)
        As `papertrace.figures.data.read_score_columns` returns them.
    folder : Path
        Where the figures go.

    """
    drawn = []
    for digitizer in sorted(set(columns["digitizer"])):
        of_digitizer = columns["digitizer"] == digitizer
        masks = {input_: of_digitizer & (columns["input"] == input_) for input_ in plots.INPUT_NAMES}
        masks = {input_: mask for input_, mask in masks.items() if mask.any()}
        for form, column in (("strict", "snr_db"), ("aligned", "snr_aligned_db")):
            title = f"{form.capitalize()} SNR of every lead"
            figure = plots.snr_histogram({name: columns[column][mask] for name, mask in masks.items()}, title, form)
            drawn.append(
                Drawn(f"{file_stem(digitizer)}-snr-{form}", "snr", f"{title}, {digitizer}").save(figure, folder)
            )
        for name in CLINICAL:
            pairs = {
                input_: (columns[f"{name}_truth"][mask], columns[f"{name}_trace"][mask])
                for input_, mask in masks.items()
            }
            title = plots.CLINICAL_NAMES[name]
            stem = f"{file_stem(digitizer)}-{name.removesuffix('_ms')}"
            entry = Drawn(stem, "clinical", f"{title} on the trace against the truth, {digitizer}")
            drawn.append(entry.save(plots.clinical_scatter(pairs, title), folder))
    return drawn
