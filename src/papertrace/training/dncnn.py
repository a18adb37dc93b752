"""The training of the `dncnn` baseline: scans in, their gridless twins out.

    make train-dncnn

The twin of a scan is its traces drawn alone, black on white, under the scan's own map; so scan and twin fit to a
fraction of a pixel, bent sheets included. Text is painted over before the network sees a page, as when a page is read.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
import yaml
from pydantic import Field, ValidationError
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from papertrace.errors import ConfigError, PapertraceError
from papertrace.exports.instances import gridless_twin
from papertrace.exports.item import Item
from papertrace.io import atomic_folder, atomic_path
from papertrace.section import Section
from papertrace.seeds import derive_seed, generator
from papertrace.traces.dncnn.network import FEATURES, LAYERS, WEIGHTS
from papertrace.traces.dncnn.text import find_text, paint_over
from papertrace.training.config import FitConfig, SourceConfig
from papertrace.training.fit import Batch, Task, fit
from papertrace.training.samples import open_source, pick_item

CROP = 96
"""Side of a crop in pixels."""

OPSET = 17
_VALIDATION = 10  # times fewer pages to look at than to learn from
_ON_A_TRACE = 0.5  # share of crops with ink in their middle: most of a page has none
_INKED = 128
_LUMA = (0.114, 0.587, 0.299)  # of blue, green, red (ITU-R BT.601)


class DncnnConfig(Section):
    """A training of the baseline from scratch."""

    seed: int = Field(1, ge=0, lt=2**63, description="seed of pages, crops and weights")
    crops_per_page: int = Field(40, ge=1, description="crops of an image")
    sources: list[SourceConfig] = Field([SourceConfig()], min_length=1, description="where the images come from")
    fit: FitConfig = FitConfig(steps=2000, batch=16, rate=1e-3)


class DnCNN(nn.Module):
    """The network of Zhang et al. (2017): what is not trace is learned and taken away from the image's light."""

    def __init__(self, layers: int = LAYERS, features: int = FEATURES):
        super().__init__()
        blocks: list[nn.Module] = [nn.Conv2d(3, features, 3, padding=1), nn.ReLU(inplace=True)]
        for _ in range(layers - 2):
            blocks += [
                nn.Conv2d(features, features, 3, padding=1, bias=False),
                nn.BatchNorm2d(features),
                nn.ReLU(inplace=True),
            ]
        self.noise = nn.Sequential(*blocks, nn.Conv2d(features, 1, 3, padding=1))
        self.register_buffer("luma", torch.tensor(_LUMA)[None, :, None, None], persistent=False)

    def forward(self, image: Tensor) -> Tensor:
        """Clean images, shape (n, 3, h, w), blue, green, red, 0 … 1; light, shape (n, 1, h, w): 0 trace, 1 paper."""
        return (image * self.luma).sum(dim=1, keepdim=True) - self.noise(image)


def write_pairs(config: DncnnConfig, split: str, out: Path) -> None:
    """Make crops of scans and of their twins.

    Parameters
    ----------
    config : DncnnConfig
        Of the training.
    split : str
        ``train``, or ``validation`` for crops to look at while training.
    out : Path
        Folder to write: `scans.npy`, uint8 (n, h, w, 3), and `twins.npy`, uint8 (n, h, w).
    """
    scans, twins = [], []
    with tempfile.TemporaryDirectory() as scratch:
        for source in config.sources:
            opened = open_source(source, config.seed, 0, split, Path(scratch) / source.name)
            pages = source.pages_per_round if split == "train" else -(-source.pages_per_round // _VALIDATION)
            for place in tqdm(range(pages), desc=source.name, unit="page", disable=None):
                rng = generator(derive_seed(config.seed, f"{source.name} {split} {place}", "crops"))
                item = pick_item(opened, source, rng)
                for scan, twin in crops_of(item, rng, config.crops_per_page) if item else ():
                    scans.append(scan)
                    twins.append(twin)
    with atomic_folder(out) as folder:
        np.save(folder / "scans.npy", np.stack(scans))
        np.save(folder / "twins.npy", np.stack(twins))


def crops_of(item: Item, rng: np.random.Generator, count: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Cut crops out of an image without its text, and the same ones out of its twin.

    Yields
    ------
    scan : ndarray of uint8, shape (CROP, CROP, 3)
    twin : ndarray of uint8, shape (CROP, CROP)
    """
    px_per_mm = item.labels.px_per_mm
    image = item.image
    image = paint_over(image, *find_text(image, px_per_mm), px_per_mm)
    twin = gridless_twin(item.labels, item.truth, item.map, item.size)
    inked = np.argwhere(twin < _INKED)
    last = np.subtract(twin.shape, CROP)
    if (last < 0).any():
        return
    for _ in range(count):
        corner = rng.integers(0, last + 1)
        if len(inked) and rng.random() < _ON_A_TRACE:
            shift = rng.integers(CROP // 4, 3 * CROP // 4, 2)
            corner = np.clip(inked[rng.integers(len(inked))] - shift, 0, last)
        window = tuple(slice(first, first + CROP) for first in corner.tolist())
        yield image[window], twin[window]


def _prepare(arrays: list[np.ndarray], rng: np.random.Generator | None) -> tuple[Tensor, Batch]:
    scans, twins = (torch.from_numpy(array).float() / 255 for array in arrays)
    scans, twins = scans.permute(0, 3, 1, 2), twins[:, None]
    if rng is not None:
        for axis in (2, 3):
            if rng.random() < 0.5:
                scans, twins = scans.flip(axis), twins.flip(axis)
    return scans, (twins,)


def _losses(light: Tensor, twins: Tensor) -> dict[str, Tensor]:
    return {"square": F.mse_loss(light.float(), twins)}


TASK = Task(("scans", "twins"), _prepare, _losses, {"square": 1.0})


def train(config: DncnnConfig, out: Path) -> Path:
    """Train the network and write it as ONNX; an earlier run that was stopped is gone on with.

    Parameters
    ----------
    config : DncnnConfig
        Where the images come from and how long the network learns.
    out : Path
        Folder of the crops, ``checkpoint.pt``, ``log.csv`` and the network.
    """
    for split in ("train", "validation"):
        if not (out / split).is_dir():
            write_pairs(config, split, out / split)
    torch.manual_seed(config.seed)
    net = fit(DnCNN(), TASK, config.fit, config.seed, [out / "train"], [out / "validation"], out)
    export(net, out / WEIGHTS)
    return out / WEIGHTS


def export(net: nn.Module, out: Path) -> None:
    """Write the network as ONNX, for images of any size."""
    net = net.to("cpu", memory_format=torch.contiguous_format).float().eval()
    free = {0: "n", 2: "h", 3: "w"}
    with atomic_path(out) as path:
        # the tracing exporter: its graph keeps the sizes free, and its files do not hold the source's paths
        torch.onnx.export(
            net,
            torch.zeros(1, 3, CROP, CROP),
            str(path),
            dynamo=False,
            opset_version=OPSET,
            input_names=["image"],
            output_names=["light"],
            dynamic_axes={"image": free, "light": free},
        )


def read_config(path: Path) -> DncnnConfig:
    """Read a training's config (YAML).

    Raises
    ------
    ConfigError
        It cannot be read, or a key is wrong.
    """
    try:
        return DncnnConfig.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: cannot be read ({error})") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def main() -> None:
    """Train from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path(__file__).with_suffix(".yaml"), help="of the training")
    parser.add_argument("--out", type=Path, required=True, help="folder of crops, checkpoint, log and network")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    try:
        print(train(read_config(given.config), given.out))
    except PapertraceError as error:
        sys.exit(f"dncnn: {error}")


if __name__ == "__main__":
    main()
