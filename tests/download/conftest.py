from __future__ import annotations

from pathlib import Path

import numpy as np
import physionet
import pytest
import wfdb

from papertrace.config import Config


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    """Loopback needs no proxy, and a proxy knows no loopback."""
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture(scope="session")
def records(tmp_path_factory) -> Path:
    """Three records of two leads, 80 s at 250 Hz, one in a folder of its own; with marks, and things not needed."""
    folder = tmp_path_factory.mktemp("records")
    rng = np.random.default_rng(1)
    for name in ("sel1", "sel2", "more/sel3"):
        (folder / name).parent.mkdir(exist_ok=True)
        wfdb.wrsamp(
            Path(name).name,
            fs=250,
            units=["mV"] * 2,
            sig_name=["MLII", "V5"],
            d_signal=rng.integers(-500, 500, (20_000, 2)),
            fmt=["16"] * 2,
            adc_gain=[200.0] * 2,
            baseline=[0] * 2,
            write_dir=str((folder / name).parent),
        )
    (folder / "sel1.q1c").write_bytes(b"marks of one")
    (folder / "sel1.v5").write_bytes(b"marks of a lead")
    for needless in ("sel1.atr", "sel2.hea-", "index.html", "sel1.png"):
        (folder / needless).write_text("not needed")
    (folder / "LICENSE.txt").write_text("ODC-By")
    return folder


@pytest.fixture(scope="session")
def needed() -> list[str]:
    """The files of `records` that papertrace needs."""
    signals = [f"{name}.{suffix}" for name in ("sel1", "sel2", "more/sel3") for suffix in ("hea", "dat")]
    return sorted(["LICENSE.txt", "sel1.q1c", "sel1.v5", *signals])


@pytest.fixture
def net(records, tmp_path):
    """A server that publishes them as tiny/1.0.0."""
    physionet.publish(records, tmp_path / "net", "tiny")
    with physionet.serve(tmp_path / "net") as server:
        yield server


@pytest.fixture
def config(net, tmp_path):
    """A function that makes the config of a dataset of that database."""

    def make(**download) -> Config:
        return Config.model_validate(
            {
                "records": {"source": "physionet", "physionet": "tiny/1.0.0", "folder": str(tmp_path / "data")},
                "download": {"server": net.address, "timeout_s": 0.3, "retries": 2, **download},
            }
        )

    return make
