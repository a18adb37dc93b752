import json

import cv2
import numpy as np
import pytest

from papertrace import tables
from papertrace.config import validate_config
from papertrace.encoding import encode_png
from papertrace.errors import ConfigError
from papertrace.geometry import PixelMap
from papertrace.io import read_rows, sha256_bytes, write_table
from papertrace.labels import PageLabels
from papertrace.pages.config import PagesConfig
from papertrace.pages.render import render_page
from papertrace.scans import stage
from papertrace.scans.scan import apply_recipe


@pytest.fixture
def shard(tmp_path, signals):
    """A shard of pages: two whole, one whose image is missing, one of another image, one of no image, one failed."""
    folder = tmp_path / "pages" / "shard-00000"
    folder.mkdir(parents=True)
    page = render_page(signals["2x1"], "2x1", PagesConfig(), np.random.default_rng(0), dpi=100)
    data = encode_png(page.image)
    rows = []
    for name in ("a", "b", "missing", "changed", "damaged"):
        written = {"changed": encode_png(page.image[:-1]), "damaged": data[:2000]}.get(name, data)
        if name != "missing":
            (folder / f"{name}.png").write_bytes(written)
        row = dict.fromkeys(tables.PAGES.names)
        row |= {"page_id": name, "image": f"{name}.png", "status": "ok", "labels": page.labels.to_json()}
        row["sha256"] = sha256_bytes(written if name == "damaged" else data)
        rows.append(row)
    rows.append(dict.fromkeys(tables.PAGES.names) | {"page_id": "z", "status": "failed", "reason": "z.dat: cut short"})
    write_table(rows, tables.PAGES, tmp_path / "pages" / "shard-00000.parquet")
    seeds = [
        dict.fromkeys(tables.MANIFEST.names) | {"page_id": row["page_id"], "seed_scans": 2**63 + k}
        for k, row in enumerate(rows)
    ]
    write_table(seeds, tables.MANIFEST, tmp_path / "manifest.parquet")
    return tmp_path, page


def make(shard, name="scans", **scans):
    folder = shard[0]
    out = folder / name / "shard-00000.parquet"
    config = validate_config({"scans": scans})
    stage.run(config, folder / "manifest.parquet", folder / "pages" / "shard-00000.parquet", out)
    return out


def test_one_bad_page_does_not_stop_the_others(shard):
    out = make(shard)
    rows = read_rows(out)
    assert [row["status"] for row in rows] == ["ok", "ok", "failed", "failed", "failed", "failed"]
    assert rows[5]["reason"] == "z.dat: cut short"
    place = "pages/shard-00000/"
    assert rows[2]["reason"].startswith(f"{place}missing.png: the image cannot be read (No such file")
    assert rows[3]["reason"].startswith(f"{place}changed.png: the image is not the one that was written")
    assert rows[4]["reason"].startswith(f"{place}damaged.png: the file is no image")
    assert {path.name for path in out.with_suffix("").iterdir()} == {"a.jpg", "b.jpg"}
    assert rows[0]["sha256"] != rows[1]["sha256"]


def test_a_page_that_is_not_in_the_manifest_is_told(shard):
    write_table(read_rows(shard[0] / "manifest.parquet")[1:], tables.MANIFEST, shard[0] / "manifest.parquet")
    rows = read_rows(make(shard))
    assert rows[0]["reason"] == "manifest.parquet: has no page a; make the pages of this shard anew"
    assert rows[1]["status"] == "ok"


def test_a_row_tells_the_truth_about_its_image(shard):
    out = make(shard, format="png", rotation={"probability": 1}, printed_text={"probability": 1})
    page = shard[1]
    row = read_rows(out)[1]
    data = (out.with_suffix("") / row["image"]).read_bytes()
    assert sha256_bytes(data) == row["sha256"]
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert image.shape == (row["height_px"], row["width_px"], 3)
    again = apply_recipe(page.image, page.labels.px_per_mm, json.loads(row["recipe"]))
    assert np.array_equal(again.image, image)
    np.testing.assert_allclose(PixelMap.from_row(row).matrix, again.map.matrix)
    assert {text["kind"] for text in json.loads(row["texts"])} == {"printed"}


def test_a_row_tells_where_a_bent_page_went(shard):
    out = make(shard, format="png", page_curl={"probability": 1}, rotation={"probability": 0})
    row, labels = read_rows(out)[0], PageLabels.from_json(shard[1].labels.to_json())
    again = apply_recipe(shard[1].image, labels.px_per_mm, json.loads(row["recipe"]))
    points = np.random.default_rng(0).uniform([0, 0], [labels.width_mm, labels.height_mm], (500, 2))
    assert row["displacement"]["rows"] * row["displacement"]["columns"] * 2 == len(row["displacement"]["values_mm"])
    assert np.array_equal(PixelMap.from_row(row).apply(points), again.map.apply(points))
    assert np.abs(again.map.apply(points) - PixelMap.from_list(row["mm_to_px"]).apply(points)).max() > 5


def test_two_runs_give_the_same_bytes(shard):
    first, second = make(shard, "one"), make(shard, "two")
    assert first.read_bytes() == second.read_bytes()
    for name in ("a.jpg", "b.jpg"):
        assert (first.with_suffix("") / name).read_bytes() == (second.with_suffix("") / name).read_bytes()


@pytest.mark.parametrize(
    ("scans", "sentence"),
    [
        ({"coffee": {}}, "`scans.coffee` is not a known key"),
        ({"noise": {"sigma": [5, 2]}}, "`scans.noise.sigma` is .*lower end of the range is above its upper end"),
        ({"noise": {"sigma": [5, 200]}}, "`scans.noise.sigma.1` is 200: .*less than or equal to 60"),
        ({"blur": {"probability": 2}}, "`scans.blur.probability` is 2: .*less than or equal to 1"),
        ({"format": "gif"}, "`scans.format` is 'gif'"),
    ],
)
def test_config_errors_are_one_sentence(scans, sentence):
    with pytest.raises(ConfigError, match=sentence):
        validate_config({"scans": scans})
