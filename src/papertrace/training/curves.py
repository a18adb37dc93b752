"""Learning curves: the logs of the trainings as a figure."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from papertrace.errors import PapertraceError
from papertrace.io import atomic_path


def draw_curves(folder: Path, out: Path) -> None:
    """Draw the parts of each network's loss over the steps, as trained and on the validation crops.

    Parameters
    ----------
    folder : Path
        Holds ``trace/log.csv`` and ``page/log.csv``, or one of them.
    out : Path
        Figure to write.

    Raises
    ------
    PapertraceError
        There is no log.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    logs = {path.parent.name: _read(path) for path in sorted(folder.glob("*/log.csv"))}
    if not logs:
        raise PapertraceError(f"{folder}: holds no log of a training; train first, with `snakemake train`")
    columns = max(len(_parts(log)) for log in logs.values())
    figure, axes = plt.subplots(len(logs), columns, figsize=(3 * columns, 2.6 * len(logs)), squeeze=False)
    for line, (network, log) in zip(axes, logs.items(), strict=True):
        for axis, part in zip(line, _parts(log), strict=False):
            axis.plot(log["step"], log[part], lw=0.8, label="training")
            looked = np.isfinite(log[f"validation_{part}"])
            axis.plot(log["step"][looked], log[f"validation_{part}"][looked], "o-", ms=3, label="validation")
            # a likelihood's part may be negative
            axis.set_yscale("log" if np.nanmin(log[part]) > 0 else "asinh")
            axis.set(title=f"{network} network: {part}", xlabel="batches")
            axis.grid(alpha=0.3)
        for axis in line[len(_parts(log)) :]:
            axis.set_visible(False)
    axes[0, 0].legend()
    figure.tight_layout()
    with atomic_path(out) as path:
        figure.savefig(path, dpi=120, format=out.suffix[1:] or "png")
    plt.close(figure)


def _read(path: Path) -> dict[str, np.ndarray]:
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    # after a stop the steps since the last checkpoint are logged a second time: the later ones count
    latest = {int(row["step"]): row for row in rows}
    steps = sorted(latest)
    return {key: np.array([float(latest[step][key] or "nan") for step in steps]) for key in rows[0]}


def _parts(log: dict[str, np.ndarray]) -> list[str]:
    return [name for name in log if f"validation_{name}" in log and not name.startswith("validation_")]
