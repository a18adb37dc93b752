"""The baseline digitizer: its network, and a page read from image to millivolts."""

from __future__ import annotations

import dataclasses
from importlib.resources import files
from types import SimpleNamespace

import numpy as np
import pytest

from papertrace.exports.instances import gridless_twin
from papertrace.geometry import PixelMap
from papertrace.images import read_image
from papertrace.pages.config import PagesConfig
from papertrace.pages.render import render_page
from papertrace.scores.config import ScoresConfig
from papertrace.scores.page import score_page
from papertrace.seeds import generator
from papertrace.traces.dncnn import network
from papertrace.traces.dncnn.digitizer import DnCNN, straight_sheet, to_row
from papertrace.traces.dncnn.network import REACH_PX, WEIGHTS, clean
from papertrace.traces.dncnn.trace import Curve
from papertrace.traces.ink import Light, ink_map

RATE_HZ = 500.0


@pytest.fixture(scope="module")
def page():
    t = np.arange(5000) / 500.0
    samples = np.stack([0.8 * np.sin(2 * np.pi * 1.3 * t), 0.5 * np.sin(2 * np.pi * 2.1 * t + 1)], axis=1)
    signal = SimpleNamespace(samples=samples, rate_hz=500.0, leads=["MLII", "V5"])
    config = PagesConfig(dpi=150, pulse_probability=0.0, header_probability=1.0, black_and_white_probability=0.0)
    return render_page(signal, "2x1", config, generator(3))


@pytest.fixture(scope="module")
def twin(page):
    h, w = page.image.shape[:2]
    return 1 - gridless_twin(page.labels, page.truth, PixelMap.of_page(page.labels.px_per_mm), (w, h)) / 255


def aligned_snr(page, read):
    truth = [dataclasses.asdict(stretch) for stretch in page.truth]
    signals = [{**dataclasses.asdict(trace), "input": "pages", "digitizer": "dncnn"} for trace in read.traces]
    rows = score_page(truth, signals, ScoresConfig(clinical=False)).rows
    return [row["snr_aligned_db"] for row in rows]


def test_the_weights_are_small():
    assert 50_000 < len(files("papertrace.traces.dncnn").joinpath(WEIGHTS).read_bytes()) < 2_000_000


def test_the_network_takes_the_grid_away_and_leaves_the_trace(page, twin):
    darkness = clean(page.image)
    assert darkness.shape == page.image.shape[:2] and darkness.dtype == np.float32
    traced, paper = twin > 0.6, twin == 0
    assert np.median(darkness[traced]) > 0.7
    assert np.percentile(darkness[paper], 98) < 0.25
    # a coloured grid alone is well above that
    assert np.percentile(1 - page.image.mean(axis=2)[paper] / 255, 98) > 0.25


def test_a_page_in_bands_has_no_seams(page, monkeypatch):
    part = page.image[:400, :500]
    whole = clean(part)
    monkeypatch.setattr(network, "_BAND_PX", 500 * (2 * REACH_PX + 7))
    np.testing.assert_allclose(clean(part), whole, atol=1e-4)


def test_a_clean_page_is_read(page):
    read = DnCNN().digitize(page.image, RATE_HZ)
    assert (read.status, read.layout) == ("ok", "2x1")
    assert read.px_per_mm_x == pytest.approx(page.labels.px_per_mm, rel=2e-3)
    assert min(aligned_snr(page, read)) > 12


def test_with_the_lattice_s_geometry_it_is_read_better(page):
    read = DnCNN(lattice=True).digitize(page.image, RATE_HZ)
    assert read.px_per_mm_x == pytest.approx(page.labels.px_per_mm, rel=5e-5)
    assert min(aligned_snr(page, read)) > 18


def test_traces_tell_where_they_were_read(page):
    read = DnCNN(lattice=True).digitize(page.image, RATE_HZ)
    trace = read.traces[0]
    at = page.image.min(axis=2)[np.rint(trace.y_px).astype(int), np.rint(trace.x_px).astype(int)]
    assert np.median(at) < 120


def test_no_grid_no_scale():
    read = DnCNN().digitize(np.full((400, 600, 3), 250, np.uint8))
    assert read.status == "rejected" and "scale" in read.reason


def test_a_grid_without_a_trace_is_rejected(draw_grid, place_grid):
    shape = (900, 1300)
    read = DnCNN().digitize(draw_grid(shape, place_grid(shape, 5.0, 5.0)))
    assert read.status == "rejected"


def test_columns_become_millimetres_with_their_gaps(page):
    sheet = straight_sheet(5.0, 5.0)
    ink = ink_map(page.image, sheet, Light.of(page.image))
    y = np.full(101, 249.5)
    y[40:60] = np.nan
    filled = np.full(101, 3.0)
    filled[20] = 23
    row = to_row(Curve(200, y, filled), ink, 0.2)
    assert row.doubt_mm.max() == pytest.approx(20 / 5, abs=0.01)
    assert np.median(row.doubt_mm) == 0
    assert np.nanmax(np.abs(row.y_mm - 50.0)) < 1e-9
    assert row.pen_mm == pytest.approx(0.6)
    # the ink of a pen 3 px wide begins 1.5 px before the curve; the first column reaches half a pixel before its middle
    first, last = (200 + 0.5 + 1) / 5, (300 + 0.5 - 1) / 5
    np.testing.assert_allclose(row.inked_mm, [[first, 239.5 / 5 + 0.2], [260.5 / 5, last]], atol=0.21)
    assert row.start_mm == pytest.approx(first) and row.end_mm == pytest.approx(last)
    inside = (row.x_mm > 48.4) & (row.x_mm < 51.8)
    assert np.isnan(row.y_mm[inside]).all() and np.isfinite(row.y_mm[~inside]).mean() > 0.9


@pytest.mark.slow
def test_a_foreign_page_ends_with_a_status(shared_data):
    path = sorted((shared_data / "foreign-pages").glob("ludb-*.png"))[0]
    assert DnCNN().digitize(read_image(path)).status in ("ok", "rejected")
