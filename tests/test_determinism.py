"""The same id gives the same bytes: whatever ran before, in any process, order, shard, place and number of threads.

Once, in a full run beside other jobs, one process made one of its 120 digests another ("mixed 2x1 page png"; the JPEG
of the same page was as ever); much later, one PNG of 2,000 differed between a run on this machine and one on Slurm, of
equal pixels. It was ISA-L's deflate, which gives a page in 2,000 to 4,000 other bytes from process to process;
`papertrace.encoding` compresses with libdeflate since. Pixels have digests of their own here, to tell the drawing from
the compression should another library do the like.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from papertrace.config import validate_config
from papertrace.io import read_rows
from papertrace.plan import shard_name
from papertrace.scans.presets import PresetName

# Pages and scans of every preset, in the order and with the threads that the arguments name; their SHA-256 on stdout.
SCRIPT = """
import json, locale, random, sys
order, threads = sys.argv[1], int(sys.argv[2])
import cv2
import numpy as np
from papertrace.config import validate_config
from papertrace.encoding import encode_image
from papertrace.io import sha256_bytes
from papertrace.pages.render import render_page
from papertrace.records.reader import Signal
from papertrace.scans.presets import PresetName
from papertrace.scans.scan import scan_page
from papertrace.seeds import derive_seed, generator

cv2.setNumThreads(threads)
if order == "backward":  # what ran before, in places that keep a state
    locale.setlocale(locale.LC_ALL, "")
    random.seed(5), np.random.seed(7), cv2.setRNGSeed(9)
    np.random.rand(10), random.random()
    cv2.randn(np.zeros((4, 4), np.uint8), 0, 9)

TWELVE = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"]
beats = np.exp(-0.5 * (((np.arange(2500) / 250) % 0.8 - 0.2) / 0.012) ** 2)[:, None]
signals = {"2x1": Signal(beats * [[1.2, 0.7]], 250.0, ["ECG1", "ECG2"])}
signals["3x4+1"] = Signal(beats * np.linspace(-0.8, 1.4, 12)[None], 250.0, TWELVE)
items = [(preset, layout) for preset in (None, *PresetName.__args__, "mixed") for layout in signals]
digests = {}
for preset, layout in items if order == "forward" else items[::-1]:
    page_id = f"{preset} {layout}"
    config = validate_config({"pages": {"preset": "varied" if layout == "2x1" else None}, "scans": {"preset": preset}})
    page = render_page(
        signals[layout], layout, config.pages, generator(derive_seed(1, page_id, "pages")), dpi=90, speed_mm_s=25
    )
    scan = scan_page(page.image, page.labels, config.scans, generator(derive_seed(1, page_id, "scans")))
    digests[f"{page_id} page pixels"] = sha256_bytes(page.image.tobytes())
    digests[f"{page_id} scan pixels"] = sha256_bytes(scan.image.tobytes())
    for form in ("png", "jpeg"):
        digests[f"{page_id} page {form}"] = sha256_bytes(encode_image(page.image, form, 90))
        digests[f"{page_id} scan {form}"] = sha256_bytes(encode_image(scan.image, form, 90))
    told = json.dumps([page.recipe.to_dict(), page.labels.to_json(), scan.recipe, scan.map.to_list()], sort_keys=True)
    digests[f"{page_id} recipes"] = sha256_bytes(told.encode())
print(json.dumps(digests))
"""


def made_by(order: str, threads: int, cwd, **environment: str) -> dict[str, str]:
    """Return the digests that a process of its own makes."""
    variables = {"OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads), **environment}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, order, str(threads)],
        capture_output=True,
        check=True,
        cwd=cwd,
        env=os.environ | variables,
        text=True,
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def forward(tmp_path_factory) -> dict[str, str]:
    place = tmp_path_factory.mktemp("here")
    return made_by("forward", 1, place, PYTHONHASHSEED="0", LC_ALL="C", TZ="UTC")


def test_every_preset_is_made(forward):
    assert len(forward) == 7 * 2 * (len(PresetName.__args__) + 2)
    assert len({digest for name, digest in forward.items() if name.endswith("scan png")}) == len(forward) // 7


@pytest.mark.parametrize("threads", [1, 3])
def test_order_process_threads_locale_and_place_change_nothing(threads, forward, tmp_path):
    elsewhere = {"PYTHONHASHSEED": "4711", "LC_ALL": "C.UTF-8", "TZ": "Asia/Tokyo", "PYTHONOPTIMIZE": "1"}
    again = made_by("backward", threads, tmp_path, **elsewhere)
    assert {name for name in forward if again[name] != forward[name]} == set()


def test_shard_size_changes_nothing(tmp_path):
    from papertrace.manifest import stage as manifest
    from papertrace.pages import stage as pages
    from papertrace.records import stage as records
    from papertrace.scans import stage as scans

    keys = {
        "records": {"source": "simulation", "simulation": {"two_lead": 2, "twelve_lead": 2, "duration_s": 10}},
        "pages": {"dpi": 60, "preset": "varied"},
        "scans": {"preset": "mixed"},
    }
    config = validate_config(keys)
    table = tmp_path / "records" / "records.parquet"
    plan = tmp_path / "manifest.parquet"
    records.run(config, table)
    manifest.run(config, table, plan)
    digests = {}
    for size in (1, 3, 4):
        of_size = config.model_copy(update={"shard_size": size})
        digests[size] = {}
        for shard in range(-(-4 // size)):
            made = [tmp_path / str(size) / stage / f"{shard_name(shard)}.parquet" for stage in ("pages", "scans")]
            pages.run(of_size, plan, table, shard, made[0])
            scans.run(of_size, plan, *made)
            for stage, path in zip(("page", "scan"), made, strict=True):
                digests[size] |= {(row["page_id"], stage): row["sha256"] for row in read_rows(path)}
    assert len(digests[1]) == 8 and None not in digests[1].values()
    assert digests[1] == digests[3] == digests[4]
