"""The training loop, where torch is installed (`make venv-train`): it learns, stops, goes on, and exports."""

import csv

import numpy as np
import pytest

from papertrace.training.config import FitConfig
from papertrace.training.crops import CROP

torch = pytest.importorskip("torch", reason="torch is for training only: `make venv-train`")


@pytest.fixture(scope="module")
def rounds(tmp_path_factory):
    """Two rounds of straight dark lines on paper."""
    folders = []
    rng = np.random.default_rng(0)
    for number in range(2):
        folder = tmp_path_factory.mktemp(f"round-{number}")
        heights = rng.uniform(-60, 60, (24, 1)) * np.ones(576)
        rows = np.arange(CROP[0])[None, :, None] - (CROP[0] - 1) / 2
        ink = np.clip(1.5 - np.abs(rows - heights[:, None, ::2]), 0, 1)
        np.save(folder / "strips.npy", np.rint(64 + 128 * np.repeat(ink[:, None], 3, axis=1)).astype(np.uint8))
        np.save(folder / "heights.npy", heights.astype(np.float32))
        np.save(folder / "present.npy", np.ones((24, 576), np.float16))
        folders.append(folder)
    return folders


def test_cut_strips_tell_the_heights_of_their_own_rows(rounds):
    from papertrace.training.tasks import TASKS

    arrays = [np.load(rounds[0] / f"{name}.npy") for name in TASKS["trace"].arrays]
    sizes, blank = set(), 0
    for seed in range(12):
        x, (below, present) = TASKS["trace"].prepare([array.copy() for array in arrays], np.random.default_rng(seed))
        _, channels, height, width = x.shape
        assert channels == 4
        sizes.add(height)
        # the row's middle lies where the last channel is nought: the line's distance from it does not change
        middles = torch.argmin(x[:, 3, :, 0].abs(), dim=1).numpy()
        for k in range(len(x)):
            known = np.flatnonzero(np.isfinite(below[k].numpy()))
            assert (present[k].numpy()[known] == 1).all()
            blank += 2 * width - len(known)
            rows = below[k].numpy()[known] + (height - 1) / 2
            assert (x[k, 1, np.rint(rows).astype(int), known // 2] > 0.3).all()
            assert np.abs(rows - middles[k]) == pytest.approx(abs(float(arrays[1][k, 0])), abs=1.0)
    assert len(sizes) > 2
    assert blank > 0


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
    _fit(rounds, tmp_path, 40)
    _fit(rounds, tmp_path, 90)
    log = _log(tmp_path)
    assert [row["step"] for row in log] == ["40", "90"]
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


def test_no_exported_network_stacks_what_it_doubled(rounds, tmp_path):
    from papertrace.training.export import export

    onnx = pytest.importorskip("onnx")
    export(_fit(rounds, tmp_path, 1), "trace", tmp_path / "trace.onnx")
    kinds = [node.op_type for node in onnx.load(tmp_path / "trace.onnx").graph.node]
    assert (kinds.count("ConvTranspose"), kinds.count("Resize")) == (3, 0)
