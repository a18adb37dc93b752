"""The training of the baseline: crops of scans fit to those of their twins; the export says what was trained."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch, which digitizing does not")
from papertrace.errors import ConfigError  # noqa: E402
from papertrace.geometry import PixelMap  # noqa: E402
from papertrace.pages.config import PagesConfig  # noqa: E402
from papertrace.pages.render import render_page  # noqa: E402
from papertrace.seeds import generator  # noqa: E402
from papertrace.training.dncnn import CROP, DnCNN, crops_of, export, read_config  # noqa: E402


def test_crops_of_a_page_and_of_its_twin_show_the_same_stroke():
    t = np.arange(5000) / 500.0
    signal = SimpleNamespace(samples=np.sin(8 * t)[:, None], rate_hz=500.0, leads=["II"])
    page = render_page(signal, "1x1", PagesConfig(black_and_white_probability=0.0), generator(1))
    h, w = page.image.shape[:2]
    pixel_map = PixelMap.of_page(page.labels.px_per_mm)
    item = SimpleNamespace(image=page.image, labels=page.labels, truth=page.truth, map=pixel_map, size=(w, h))
    crops = list(crops_of(item, generator(2), 12))
    assert len(crops) == 12
    inked = 0
    for scan, twin in crops:
        assert scan.shape == (CROP, CROP, 3) and twin.shape == (CROP, CROP)
        stroke = twin < 64
        inked += stroke.any()
        if stroke.any():
            assert scan[stroke].mean() < 100
    assert inked >= 4


def test_the_exported_network_says_what_the_trained_one_says(tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    torch.manual_seed(1)
    net = DnCNN(layers=4, features=4).eval()
    export(net, tmp_path / "net.onnx")
    session = onnxruntime.InferenceSession((tmp_path / "net.onnx").read_bytes(), providers=["CPUExecutionProvider"])
    image = np.random.default_rng(0).random((1, 3, 40, 56), np.float32)
    with torch.inference_mode():
        wanted = net(torch.from_numpy(image)).numpy()
    np.testing.assert_allclose(session.run(None, {"image": image})[0], wanted, atol=1e-5)


def test_a_wrong_key_is_one_sentence(tmp_path):
    (tmp_path / "x.yaml").write_text("crops_per_page: 0\n")
    with pytest.raises(ConfigError, match="crops_per_page"):
        read_config(tmp_path / "x.yaml")
