"""The training loop: batches of stored crops, a checkpoint to go on from, a log of how it goes."""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from papertrace.training.config import FitConfig
from papertrace.training.samples import HIGHEST, LOWEST

_WARM_UP = 200
_AVERAGE = 0.999
_SAVE_EVERY_S = 60.0

Batch = tuple[Tensor, ...]


@dataclass(frozen=True)
class Task:
    """What is learned.

    Attributes
    ----------
    arrays : tuple of str
        Which of a round's arrays make an example.
    prepare : callable
        Turns those of a batch and a numpy generator (None while validating) into the network's input and its targets.
    losses : callable
        Output and targets in, named parts of the loss out.
    weights : dict
        How the parts are added.
    """

    arrays: tuple[str, ...]
    prepare: Callable[[list[np.ndarray], np.random.Generator | None], tuple[Tensor, Batch]]
    losses: Callable[..., dict[str, Tensor]]
    weights: dict[str, float]


class Samples:
    """Rounds of samples on disk, read batch by batch."""

    def __init__(self, folders: list[Path], arrays: tuple[str, ...]):
        self._rounds = [[np.load(folder / f"{name}.npy", mmap_mode="r") for name in arrays] for folder in folders]
        self._ends = np.cumsum([len(arrays[0]) for arrays in self._rounds])

    def __len__(self) -> int:
        return int(self._ends[-1])

    def take(self, places: np.ndarray) -> list[np.ndarray]:
        """Return the examples at these places, stacked."""
        picked = []
        for place in np.sort(places).tolist():  # in the order of the files
            number = int(np.searchsorted(self._ends, place, side="right"))
            start = int(self._ends[number - 1]) if number else 0
            picked.append([array[place - start] for array in self._rounds[number]])
        return [np.stack(values) for values in zip(*picked, strict=True)]


def fit(
    net: nn.Module,
    task: Task,
    config: FitConfig,
    seed: int,
    train: list[Path],
    validation: list[Path],
    out: Path,
) -> nn.Module:
    """Train a network, or go on where an earlier run of the same training was stopped.

    Parameters
    ----------
    net : Module
        With its first weights.
    task, config : Task, FitConfig
        What to learn and how long.
    seed : int
        Of the order of examples and of their augmentation.
    train, validation : list of Path
        Rounds of samples (`papertrace.training.samples.write_round`).
    out : Path
        Folder of ``checkpoint.pt`` and ``log.csv``.

    Returns
    -------
    Module
        With averaged weights, in evaluation mode.
    """
    out.mkdir(parents=True, exist_ok=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    samples = Samples(train, task.arrays)
    net = net.to(device, memory_format=torch.channels_last)
    average = torch.optim.swa_utils.AveragedModel(net, avg_fn=_averaged, use_buffers=True)
    optimizer = torch.optim.AdamW(net.parameters(), lr=config.rate, weight_decay=1e-4)
    step, seconds = _resume(out / "checkpoint.pt", net, average, optimizer)
    begun = saved = time.monotonic()
    sums: dict[str, float] = {}
    counted = 0
    while step < config.steps:
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, config)
        rng = np.random.default_rng([seed, step])
        x, targets = task.prepare(samples.take(rng.integers(len(samples), size=config.batch)), rng)
        net.train()
        parts = _parts(net, task, x, targets, device)
        loss = sum(task.weights[name] * part for name, part in parts.items())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        average.update_parameters(net)
        step += 1
        counted += 1
        for name, part in parts.items():
            sums[name] = sums.get(name, 0.0) + float(part.detach())
        now = time.monotonic()
        if step % 100 == 0 or step == config.steps:
            row = {name: total / counted for name, total in sums.items()}
            if step % config.validation_every == 0 or step == config.steps:
                row |= {f"validation_{k}": v for k, v in validate(average, task, validation, device).items()}
            _log(out / "log.csv", task, {"step": step, "seconds": round(seconds + now - begun, 1), **row})
            sums, counted = {}, 0
        if now - saved > _SAVE_EVERY_S or step == config.steps:
            _save(out / "checkpoint.pt", net, average, optimizer, step, seconds + now - begun)
            saved = now
    return average.module.eval()


def _averaged(old: Tensor, new: Tensor, count: Tensor) -> Tensor:
    """Return the moving average of a weight: over few steps at first, so that it does not remember its first value."""
    if not old.is_floating_point():
        return new
    return torch.lerp(old, new.to(old.dtype), float(1 - min(_AVERAGE, (count + 1) / (count + 10))))


def learning_rate(step: int, config: FitConfig) -> float:
    """Return a step's learning rate: a rise over the first steps, then half a cosine."""
    return config.rate * (min(1.0, (step + 1) / _WARM_UP) * 0.5 * (1 + math.cos(math.pi * step / config.steps)) + 3e-3)


def validate(net: nn.Module, task: Task, rounds: list[Path], device: str, batch: int = 8) -> dict[str, float]:
    """Return the mean parts of the loss over the validation crops."""
    net.eval()
    totals: dict[str, float] = {}
    batches = 0
    with torch.inference_mode():
        for x, targets in _in_order(Samples(rounds, task.arrays), task, batch):
            for name, part in _parts(net, task, x, targets, device).items():
                totals[name] = totals.get(name, 0.0) + float(part.detach())
            batches += 1
    return {name: total / batches for name, total in totals.items()}


def _in_order(samples: Samples, task: Task, batch: int) -> Iterator[tuple[Tensor, Batch]]:
    for first in range(0, len(samples), batch):
        yield task.prepare(samples.take(np.arange(first, min(first + batch, len(samples)))), None)


def _parts(net: nn.Module, task: Task, x: Tensor, targets: Batch, device: str) -> dict[str, Tensor]:
    x = x.to(device).contiguous(memory_format=torch.channels_last)
    # bfloat16 halves the time where the processor or the GPU multiplies it in hardware
    with torch.autocast(device, torch.bfloat16):
        told = net(x)
    return task.losses(told, *(target.to(device) for target in targets))


def to_values(data: np.ndarray) -> Tensor:
    """Return what `papertrace.training.samples.to_bytes` stored."""
    return torch.from_numpy(data).float() * ((HIGHEST - LOWEST) / 255) + LOWEST


def _resume(path: Path, net: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer) -> tuple[int, float]:
    if not path.exists():
        return 0, 0.0
    kept = torch.load(path, weights_only=True, map_location="cpu")
    net.load_state_dict(kept["net"])
    average.load_state_dict(kept["average"])
    optimizer.load_state_dict(kept["optimizer"])
    return kept["step"], kept["seconds"]


def _save(
    path: Path, net: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer, step: int, seconds: float
) -> None:
    beside = path.with_suffix(".new")
    state = {"net": net.state_dict(), "average": average.state_dict(), "optimizer": optimizer.state_dict()}
    torch.save({**state, "step": step, "seconds": seconds}, beside)
    beside.replace(path)


def _log(path: Path, task: Task, row: dict[str, float]) -> None:
    names = ["step", "seconds", *task.weights, *(f"validation_{name}" for name in task.weights)]
    new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, restval="")
        if new:
            writer.writeheader()
        writer.writerow({key: f"{value:.5g}" if isinstance(value, float) else value for key, value in row.items()})
