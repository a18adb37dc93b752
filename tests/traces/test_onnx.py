"""The two arithmetics in which a network is run."""

from __future__ import annotations

import subprocess
import sys
from importlib import resources

import numpy as np
import pytest

from papertrace.traces.network.models import Weights, read_trace, read_view
from papertrace.traces.onnx import has_bfloat16, open_network

PACKAGE = "papertrace.traces.network"


def test_bfloat16_says_what_float32_says_to_its_third_digit():
    if not has_bfloat16():
        pytest.skip("this processor has no bfloat16 arithmetic")
    rng = np.random.default_rng(1)
    strip = np.zeros((4, 96, 256), np.float32)
    strip[0, 40:44] = 1
    strip[:3] += rng.normal(0, 0.1, (3, 96, 256))
    fast, exact = read_trace(strip), read_trace(strip, Weights(exact=True))
    span = np.ptp(exact.logits)
    assert 0 < np.abs(fast.logits - exact.logits).max() < 0.03 * span
    assert np.abs(fast.presence - exact.presence).max() < 0.05
    view = rng.random((3, 128, 192), dtype=np.float32)
    assert np.abs(read_view(view) - read_view(view, Weights(exact=True))).max() < 0.05


def test_without_bfloat16_all_is_float32(monkeypatch):
    from papertrace.traces import onnx

    strips = np.random.default_rng(2).random((1, 4, 64, 96), dtype=np.float32)
    exact = open_network(PACKAGE, "trace.onnx", exact=True)(strips)
    monkeypatch.setattr(onnx, "_bfloat16", lambda: None)
    assert not has_bfloat16()
    plain = open_network.__wrapped__(PACKAGE, "trace.onnx")(strips)
    assert [each.shape for each in plain] == [each.shape for each in exact]
    for a, b in zip(plain, exact, strict=True):
        np.testing.assert_array_equal(a, b)


def test_what_a_network_says_is_kept_when_it_is_run_again():
    run = open_network(PACKAGE, "page.onnx")
    views = np.random.default_rng(3).random((2, 1, 3, 64, 64), dtype=np.float32)
    first = run(views[0])[0]
    before = first.copy()
    assert np.abs(run(views[1])[0] - before).max() > 0
    np.testing.assert_array_equal(first, before)


def test_opening_a_network_reports_to_nobody():
    code = (
        "import socket, sys\n"
        "def refuse(*_): raise SystemExit('a connection')\n"
        "socket.getaddrinfo = socket.socket.connect = refuse\n"
        f"from papertrace.traces.onnx import open_network\n"
        f"open_network('{PACKAGE}', 'page.onnx')\n"
        "told = [name for name in sys.modules if name.startswith('openvino_telemetry') and sys.modules[name]]\n"
        "assert 'openvino' in sys.modules and not told, told\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_packaged_trace_network_sums_and_does_not_stack():
    """As `papertrace.training.unstack` leaves it; as PyTorch exports it, it would cost a sixth more."""
    network = (resources.files(PACKAGE) / "trace.onnx").read_bytes()
    assert (network.count(b"ConvTranspose"), b"Resize" in network) == (4, False)
