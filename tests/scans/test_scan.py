import json

import cv2
import numpy as np
import pytest

from papertrace.geometry import PixelMap
from papertrace.pages.config import PagesConfig
from papertrace.pages.render import render, render_page
from papertrace.records.reader import Signal, read_window
from papertrace.scans.compose import GEOMETRY, compose
from papertrace.scans.config import ScansConfig
from papertrace.scans.presets import ArtifactName, PresetName
from papertrace.scans.recipe import draw_recipe
from papertrace.scans.scan import apply_recipe, scan_page
from papertrace.scans.sensor import encode_jpeg

ARTIFACTS = (
    "printed_text",
    "creases",
    "wrinkles",
    "rotation",
    "perspective",
    "crop",
    "light",
    "temperature",
    "blur",
    "noise",
    "jpeg",
)
ALL = ScansConfig(**{name: {"probability": 1} for name in ARTIFACTS})
NONE = ScansConfig(**{name: {"probability": 0} for name in ARTIFACTS})


def rng(seed=0):
    return np.random.default_rng(seed)


def share_on_ink(signal, page, scan, shift_px=0.0):
    """The share of the centre-line points within 0.7 px of ink in the saved file, half the stroke aside.

    Ink is what is darker than in a scan of the same page without its traces; that one is spared noise, and a pen's
    strokes, as a trace below black ink makes it no darker.
    """
    blank = render(Signal(np.full_like(signal.samples, np.nan), signal.rate_hz, signal.leads), page.recipe).image
    left_out = ("handwriting", "noise", "shot_noise", "jpeg", "webp")
    quiet = [item for item in scan.recipe if item["artifact"] not in left_out]
    before = apply_recipe(blank, page.labels.px_per_mm, quiet).image
    after = cv2.imdecode(np.frombuffer(encode_jpeg(scan.image, 90), np.uint8), cv2.IMREAD_COLOR)
    darker = before.astype(np.int16).max(axis=2) - after.astype(np.int16).max(axis=2)
    height, width = darker.shape
    ink = min(35, 0.3 * np.percentile(darker, 99.9))  # less where all the light is dim
    hits = []
    for lead, stretch in zip(page.labels.leads, page.truth, strict=True):
        line = scan.map.apply(lead.centre_line_mm(stretch.samples, stretch.rate_hz)) + np.array([0, shift_px])
        line = line[np.isfinite(line).all(axis=1)]
        on_page = PixelMap.of_page(page.labels.px_per_mm).apply(lead.centre_line_mm(stretch.samples, stretch.rate_hz))
        on_page = on_page[np.isfinite(on_page).all(axis=1), 1]
        line = line[(on_page > 0) & (on_page < page.image.shape[0] - 1)]  # what was cut off at the paper's edge
        line = line[((line >= -0.5) & (line <= np.array([width, height]) - 0.5)).all(axis=1)]  # and at the image's
        local = np.hypot(*(scan.map.apply(np.array([[101.0, 100.0]])) - scan.map.apply(np.array([[100.0, 100.0]])))[0])
        radius = 0.7 + 0.5 * lead.stroke_mm * local
        reach = np.arange(-int(radius + 1), int(radius + 1) + 1)
        offsets = np.stack(np.meshgrid(reach, reach), axis=-1).reshape(-1, 2)
        pixels = np.rint(line)[:, None, :].astype(int) + offsets
        close = np.hypot(*np.moveaxis(pixels - line[:, None, :], -1, 0)) <= radius
        pixels = np.clip(pixels, 0, [width - 1, height - 1])
        hits.append(((darker[pixels[..., 1], pixels[..., 0]] >= ink) & close).any(axis=1))
    return float(np.concatenate(hits).mean())


@pytest.mark.parametrize("layout", ["2x1", "3x4+1"])
@pytest.mark.parametrize("seed", range(3))
def test_labels_lie_on_ink(layout, seed, signals):
    page = render_page(signals[layout], layout, PagesConfig(), rng(seed))
    scan = scan_page(page.image, page.labels, ALL, rng(seed + 10))
    assert share_on_ink(signals[layout], page, scan) > 0.99
    assert share_on_ink(signals[layout], page, scan, shift_px=6) < 0.7  # the check can fail


@pytest.mark.parametrize(
    ("database", "path", "n", "layout"),
    [("qtdb", "sel103", 2500, "2x1"), ("qtdb", "sele0104", 2500, "2x1"), ("ptbxl", None, 5000, "3x4+1")],
)
@pytest.mark.parametrize("config", [ALL, ScansConfig()], ids=["all", "default"])
def test_labels_lie_on_ink_of_real_records(shared_data, database, path, n, layout, config):
    path = path or (shared_data / database / "RECORDS").read_text().split()[3]
    signal = read_window(shared_data / database, path, 0, n)
    page = render_page(signal, layout, PagesConfig(), rng(1))
    scan = scan_page(page.image, page.labels, config, rng(2))
    assert share_on_ink(signal, page, scan) > 0.99


@pytest.mark.parametrize("name", PresetName.__args__)
@pytest.mark.parametrize("layout", ["2x1", "3x4+1"])
def test_labels_of_presets_lie_on_ink(name, layout, signals):
    page = render_page(signals[layout], layout, PagesConfig(), rng(2))
    scan = scan_page(page.image, page.labels, ScansConfig.model_validate({"preset": name}), rng(3))
    assert share_on_ink(signals[layout], page, scan) > 0.99
    assert share_on_ink(signals[layout], page, scan, shift_px=6) < 0.7


@pytest.mark.parametrize("artifact", GEOMETRY)
def test_labels_lie_on_ink_however_much_is_bent(artifact, signals):
    page = render_page(signals["3x4+1"], "3x4+1", PagesConfig(), rng(2))
    config = ScansConfig.model_validate({"severity": dict.fromkeys(ArtifactName.__args__, 0) | {artifact: 5}})
    for seed in (1, 2):
        scan = scan_page(page.image, page.labels, config, rng(seed))
        assert share_on_ink(signals["3x4+1"], page, scan) > 0.99
        assert share_on_ink(signals["3x4+1"], page, scan, shift_px=6) < 0.7


@pytest.mark.slow
@pytest.mark.parametrize("artifact", ArtifactName.__args__)
@pytest.mark.parametrize("layout", ["2x1", "3x4+1"])
def test_labels_of_severities_lie_on_ink(artifact, layout, signals):
    page = render_page(signals[layout], layout, PagesConfig(), rng(2))
    off = dict.fromkeys(ArtifactName.__args__, 0)
    for severity in (1, 3, 5):
        config = ScansConfig.model_validate({"severity": off | {artifact: severity}})
        scan = scan_page(page.image, page.labels, config, rng(severity))
        assert share_on_ink(signals[layout], page, scan) > 0.99, severity


def test_the_same_seed_gives_the_same_bytes(page):
    scans = [scan_page(page.image, page.labels, ALL, rng(seed)) for seed in (1, 1, 2)]
    data = [encode_jpeg(scan.image, 90) for scan in scans]
    assert data[0] == data[1] != data[2]
    assert scans[0].recipe == scans[1].recipe
    assert np.array_equal(scans[0].map.matrix, scans[1].map.matrix)


def test_a_scan_can_be_made_again_from_its_stored_recipe(page):
    scan = scan_page(page.image, page.labels, ALL, rng(4))
    assert [item["artifact"] for item in scan.recipe if item["artifact"] != "desk"] == list(ARTIFACTS)
    again = apply_recipe(page.image, page.labels.px_per_mm, json.loads(json.dumps(scan.recipe)))
    assert np.array_equal(again.image, scan.image)
    assert again.texts == scan.texts


def test_without_artifacts_a_scan_is_its_page(page):
    scan = scan_page(page.image, page.labels, NONE, rng())
    assert scan.recipe == [] and scan.texts == []
    assert np.array_equal(scan.image, page.image)
    np.testing.assert_allclose(scan.map.matrix, PixelMap.of_page(page.labels.px_per_mm).matrix)


def test_the_page_is_left_as_it_was(page):
    before = page.image.copy()
    scan_page(page.image, page.labels, ALL, rng())
    assert np.array_equal(page.image, before)


@pytest.mark.parametrize("layout", ["2x1", "3x4+1"])
def test_no_trace_is_cut_off_and_what_is_drawn_is_within_its_range(layout, signals):
    page = render_page(signals[layout], layout, PagesConfig(), rng(3))
    config = ALL.model_copy(update={"crop": ALL.crop.model_copy(update={"share": (0.0, 0.3)})})
    size = page.recipe.size_px
    for seed in range(60):
        recipe = draw_recipe(config, page.labels, size, rng(seed))
        composed = compose(recipe, size, page.labels.px_per_mm)
        (width, height), seen = composed.size, composed.map(page.labels.px_per_mm)
        for box in [lead.box_mm for lead in page.labels.leads] + [pulse.box_mm for pulse in page.labels.pulses]:
            x0, y0, x1, y1 = box
            points = seen.apply(np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]))
            assert (points >= -0.5).all() and (points <= np.array([width, height]) - 0.5).all()
        drawn = {item["artifact"]: item for item in recipe}
        assert -3 <= drawn["rotation"]["degrees"] <= 3
        assert np.abs(drawn["perspective"]["shifts"]).max() <= 0.015
        assert 3500 <= drawn["temperature"]["kelvin"] <= 14_000
        assert all(50 <= quality <= 90 for quality in drawn["jpeg"]["qualities"])
        assert 2 <= drawn["noise"]["sigma"] <= 12
        assert all(0.05 <= line["strength"] <= 0.3 for line in drawn["creases"]["lines"])
        assert json.loads(json.dumps(recipe)) == recipe


def test_probabilities_are_kept(page):
    names = [
        item["artifact"]
        for seed in range(300)
        for item in draw_recipe(ScansConfig(), page.labels, page.recipe.size_px, rng(seed))
    ]
    for name in ARTIFACTS:
        assert names.count(name) / 300 == pytest.approx(getattr(ScansConfig(), name).probability, abs=0.09)


def test_print_keeps_clear_of_the_traces(signals):
    page = render_page(signals["3x4+1"], "3x4+1", PagesConfig(), rng(3))
    config = ALL.model_copy(update={"printed_text": ALL.printed_text.model_copy(update={"lines": (8, 12)})})
    scan = scan_page(page.image, page.labels, config, rng(5))
    assert scan.texts
    for text in scan.texts:
        for lead in page.labels.leads:
            a, b = text.box_mm, lead.box_mm
            assert not (a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3])


def test_an_unknown_artifact_is_told(page):
    with pytest.raises(ValueError, match="coffee"):
        apply_recipe(page.image, 8.0, [{"artifact": "coffee"}])
