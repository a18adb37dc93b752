"""The training's commands: a round of samples, and a network from the rounds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from papertrace.errors import PapertraceError

if TYPE_CHECKING:
    from papertrace.config import Config

NETWORKS = ("trace", "page")


def run_samples(config: Config, number: int, split: str, out: Path) -> None:
    """Make one round of samples; see `papertrace.training.samples.write_round`."""
    from papertrace.training.samples import write_round

    write_round(config.training, config.seed, number, split, out)


def run_fit(config: Config, kind: str, train: list[Path], validation: Path, work: Path, out: Path) -> None:
    """Train a network and export it.

    Parameters
    ----------
    config : Config
        Uses `seed` and `training`.
    kind : str
        One of `NETWORKS`.
    train : list of Path
        Rounds of samples.
    validation : Path
        A round of the validation split.
    work : Path
        Folder of the checkpoint, from which a stopped training goes on, and of the log.
    out : Path
        ONNX file to write.

    Raises
    ------
    PapertraceError
        There is no torch.
    """
    try:
        import torch
    except ImportError:
        raise PapertraceError(
            "training needs torch, which digitizing does not: `make venv-train`, or pip install 'papertrace[train]'"
        ) from None
    from papertrace.training.export import export
    from papertrace.training.fit import fit
    from papertrace.training.model import PageNet, TraceNet
    from papertrace.training.tasks import TASKS

    torch.set_num_threads(1)
    torch.manual_seed(config.seed)
    net = {"trace": TraceNet, "page": PageNet}[kind]()
    settings = getattr(config.training, kind)
    net = fit(net, TASKS[kind], settings, config.seed, train, [validation], work)
    export(net, kind, out)
