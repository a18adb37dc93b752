"""The training loop, where torch is installed (`make venv-train`): it learns, stops, goes on, and exports."""

import csv

import numpy as np
import pytest

from papertrace.training.config import FitConfig

torch = pytest.importorskip("torch", reason="torch is for training only: `make venv-train`")


@pytest.fixture(scope="module")
def rounds(tmp_path_factory):
    """Two rounds of straight dark lines on paper."""
    folders = []
    rng = np.random.default_rng(0)
    for number in range(2):
        folder = tmp_path_factory.mktemp(f"round-{number}")
        heights = rng.uniform(-60, 60, (24, 1)) * np.ones(576)
        rows = np.arange(320)[None, :, None] - 159.5
        ink = np.clip(1.5 - np.abs(rows - heights[:, None, ::2]), 0, 1)
        np.save(folder / "strips.npy", np.rint(64 + 128 * np.repeat(ink[:, None], 3, axis=1)).astype(np.uint8))
        np.save(folder / "heights.npy", heights.astype(np.float32))
        np.save(folder / "present.npy", np.ones((24, 576), np.float16))
        folders.append(folder)
    return folders


def _fit(rounds, out, steps):
    from papertrace.training.fit import fit
    from papertrace.training.model import TraceNet
    from papertrace.training.tasks import TASKS

    torch.manual_seed(1)
    config = FitConfig(steps=steps, batch=4, validation_every=20)
    return fit(TraceNet((8, 8, 12, 16)), TASKS["trace"], config, 1, rounds[:1], rounds[1:], out)


def _log(folder):
    with (folder / "log.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_it_learns_and_goes_on_where_it_stopped(rounds, tmp_path):
    _fit(rounds, tmp_path, 20)
    _fit(rounds, tmp_path, 40)
    log = _log(tmp_path)
    assert [row["step"] for row in log] == ["20", "40"]
    assert float(log[1]["height"]) < float(log[0]["height"])
    assert float(log[1]["validation_height"]) > 0


def test_the_exported_network_says_what_torch_says(rounds, tmp_path):
    import onnxruntime

    from papertrace.training.export import export

    net = _fit(rounds, tmp_path, 5)
    export(net, "trace", tmp_path / "trace.onnx")
    strips = np.random.default_rng(1).normal(0, 1, (1, 4, 64, 96)).astype(np.float32)
    told = onnxruntime.InferenceSession(tmp_path / "trace.onnx").run(None, {"strips": strips})
    with torch.inference_mode():
        wanted = net(torch.from_numpy(strips))
    for a, b in zip(told, wanted, strict=True):
        assert np.abs(a - b.numpy()).max() < 1e-3
