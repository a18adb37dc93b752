"""Results in an S3 bucket, from a server on loopback: ``make test-s3``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from papertrace.checksums import checksums, difference

ROOT = Path(__file__).resolve().parents[2]
BUCKET = "papertrace"
KEYS = ("an-access-key", "a-secret-key")
CONFIG = {
    "dataset": "tiny",
    "shard_size": 6,
    "max_failure_share": 1,
    "records": {"simulation": {"two_lead": 9, "twelve_lead": 3, "duration_s": 10}},
    "pages": {"dpi": 100},
    "traces": {"digitizers": ["classical"]},
    "figures": {"examples": 1, "study": False},
    "report": {"examples": 1},
}

pytestmark = pytest.mark.slow


@pytest.fixture
def endpoint():
    """The address of an S3 server with nothing in it."""
    moto = pytest.importorskip("moto.server", reason="needs moto: make test-s3")
    server = moto.ThreadedMotoServer(port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


def snakemake(folder: Path, *options: object, on: tuple[object, ...] = ()) -> subprocess.CompletedProcess[str]:
    folder.mkdir(exist_ok=True)
    (folder / "config.yaml").write_text(yaml.safe_dump(CONFIG))
    command = [*on, sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", *options]
    names = ("SNAKEMAKE_STORAGE_S3_ACCESS_KEY", "SNAKEMAKE_STORAGE_S3_SECRET_KEY")
    return subprocess.run(
        [*map(str, command), "--configfile", "config.yaml"],
        cwd=folder,
        env={**os.environ, **dict(zip(names, KEYS, strict=True))},
        capture_output=True,
        text=True,
        check=False,
    )


def fetch(endpoint: str, folder: Path) -> Path:
    """Copy the bucket to `folder`, as ``aws s3 sync`` does; return the dataset's folder."""
    boto3 = pytest.importorskip("boto3")
    names = ("aws_access_key_id", "aws_secret_access_key")
    s3 = boto3.resource("s3", endpoint_url=endpoint, region_name="us-east-1", **dict(zip(names, KEYS, strict=True)))
    for item in s3.Bucket(BUCKET).objects.all():
        (folder / item.key).parent.mkdir(parents=True, exist_ok=True)
        s3.Object(BUCKET, item.key).download_file(folder / item.key)
    return folder / "results/tiny"


def test_what_comes_back_from_the_bucket_are_the_bytes_of_the_local_run(endpoint, tmp_path):
    scores = "results/tiny/scores/checked.txt"
    local = snakemake(tmp_path / "local", "--workflow-profile", ROOT / "profiles/default", "--cores", 2, scores)
    assert local.returncode == 0, local.stderr

    stored = ("--profile", ROOT / "profiles/s3", "--storage-s3-endpoint-url", endpoint)
    stored = (*stored, "--default-storage-prefix", f"s3://{BUCKET}", "--workflow-profile", ROOT / "profiles/default")
    first = snakemake(tmp_path / "remote", *stored, "--cores", 2)
    assert first.returncode == 0, first.stderr
    results = fetch(endpoint, tmp_path / "fetched")
    assert len(list(results.glob("pages/*/*.png"))) == len(list(results.glob("scans/*/*.jpg"))) == 12
    wanted = checksums(tmp_path / "local/results/tiny")
    assert not difference(checksums(results), wanted)

    # Another machine knows nothing but the bucket, and finds nothing left to do.
    again = snakemake(tmp_path / "elsewhere", *stored, "--cores", 2, "--rerun-triggers", "mtime")
    assert "Nothing to be done" in again.stdout + again.stderr
    assert not (tmp_path / "elsewhere/results/tiny/pages").exists()

    done = [sys.executable, "-m", "papertrace", "figures", "--config", tmp_path / "local/config.yaml"]
    made = subprocess.run([*map(str, done), "--results", str(results)], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
