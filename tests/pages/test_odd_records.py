"""Odd signals, as real WFDB files through records, manifest and pages: each gives a sensible page or one sentence."""

import cv2
import numpy as np
import pytest
import wfdb

from papertrace.config import validate_config
from papertrace.geometry import PixelMap
from papertrace.io import read_rows
from papertrace.labels import PageLabels
from papertrace.manifest import stage as manifest
from papertrace.pages import stage as pages
from papertrace.records import stage as records

TWELVE = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"]
DPI = 90


def rhythm(seconds, rate_hz, n_leads):
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    beat = np.exp(-0.5 * ((t % 0.8 - 0.3) / 0.02) ** 2) + 0.2 * np.exp(-0.5 * ((t % 0.8 - 0.55) / 0.05) ** 2)
    return beat[:, None] * np.linspace(0.6, 1.2, n_leads)


@pytest.fixture
def made(tmp_path):
    """Function (samples, rate, leads, config's keys) -> manifest row, page row, labels, truth and image of its page."""

    def make(samples, rate_hz=500.0, leads=("ECG1", "ECG2"), gain=1000.0, **config):
        folder = tmp_path / "wfdb"
        folder.mkdir()
        n = len(leads)
        wfdb.wrsamp(
            "odd", fs=rate_hz, units=["mV"] * n, sig_name=list(leads), p_signal=samples, fmt=["16"] * n,
            adc_gain=[gain] * n, baseline=[0] * n, write_dir=str(folder), comments=["Age: nonsense", "<sex>: ?"],
        )  # fmt: skip
        pages_config = {"dpi": DPI, "header_from_record": True, **config.pop("pages", {})}
        settings = validate_config(
            {"records": {"source": "folder", "folder": str(folder)}, "pages": pages_config, **config}
        )
        tables = [tmp_path / f"{name}.parquet" for name in ("records", "manifest", "shard-00000")]
        records.run(settings, tables[0])
        manifest.run(settings, *tables[:2])
        pages.run(settings, tables[1], tables[0], 0, tables[2])
        (planned,), (row,) = read_rows(tables[1]), read_rows(tables[2])
        if row["status"] != "ok":
            return planned, row, None, [], None
        image = cv2.imread(str(tables[2].with_suffix("") / row["image"]))
        truth = read_rows(tables[2].with_suffix("") / "truth.parquet")
        return planned, row, PageLabels.from_json(row["labels"]), truth, image

    return make


def check(labels, truth, image, leads):
    """A page with these leads, finite boxes, and every trace's ink where its label says."""
    assert [lead.lead for lead in labels.leads] == [stretch["lead"] for stretch in truth]
    assert {lead.lead for lead in labels.leads} == set(leads)
    to_px, grey = PixelMap.of_page(labels.px_per_mm), image.min(axis=2)
    for lead, stretch in zip(labels.leads, truth, strict=True):
        assert np.isfinite(lead.box_mm).all()
        line = to_px.apply(lead.centre_line_mm(np.array(stretch["samples"], float), stretch["rate_hz"]))
        shown = np.isfinite(line[:, 1]) & ~lead.is_clipped(len(line))
        x, y = np.rint(line[shown]).astype(int).T
        near = np.min([grey[np.clip(y + d, 0, len(grey) - 1), x] for d in (-1, 0, 1)], axis=0)
        assert not shown.any() or (near < 130).mean() > 0.97


def test_flat(made):
    samples = rhythm(10, 500, 2)
    samples[:, 1] = 0.25
    _, _, labels, truth, image = made(samples)
    check(labels, truth, image, ["ECG1", "ECG2"])
    assert np.abs(truth[1]["samples"]).max() < 1e-3
    x0, y0, x1, y1 = labels.leads[1].box_mm
    assert x1 - x0 > 249 and y1 - y0 == pytest.approx(labels.leads[1].stroke_mm, abs=1e-3)


def test_all_flat_with_every_print(made):
    _, _, labels, truth, image = made(np.zeros((5000, 2)), pages={"preset": "varied", "pacing_probability": 1,
                                      "intervals_probability": 1, "speed_mm_s": 25, "clip_probability": 0})  # fmt: skip
    check(labels, truth, image, {stretch["lead"] for stretch in truth})
    assert labels.marks and [text for text in labels.texts if text.kind == "interval"]


def test_nan_gap(made):
    samples = rhythm(10, 500, 2)
    samples[2000:3000, 0] = np.nan
    _, _, labels, truth, image = made(samples)
    check(labels, truth, image, ["ECG1", "ECG2"])
    assert np.isnan(truth[0]["samples"][2000:3000]).all() and np.isfinite(truth[0]["samples"][3000:]).all()
    lead, to_px = labels.leads[0], PixelMap.of_page(labels.px_per_mm)
    (left, y), (right, _) = to_px.apply([[lead.x0_mm + 101, lead.y0_mm], [lead.x0_mm + 149, lead.y0_mm]])
    strip = image[round(y) - 4 : round(y) + 4, int(left) : int(right)].min(axis=(0, 2))
    assert strip.min() > 75  # grid, no ink


def test_a_lead_of_nan_alone(made):
    samples = rhythm(10, 500, 2)
    samples[:, 1] = np.nan
    _, _, labels, truth, image = made(samples)
    check(labels, truth, image, ["ECG1", "ECG2"])
    assert np.isnan(truth[1]["samples"]).all()


def test_nan_everywhere_is_told(made):
    planned, row, *_ = made(np.full((5000, 2), np.nan))
    assert planned["status"] == row["status"] == "failed"
    assert row["reason"] == "odd.hea: no lead has a valid sample; leave this record out"


def test_a_window_without_a_valid_sample_is_told(made):
    samples = rhythm(30, 500, 2)
    samples[:14_500] = np.nan
    planned, row, *_ = made(samples, manifest={"windows_per_record": 1})
    assert planned["start_sample"] + planned["n_samples"] <= 14_500
    assert planned["status"] == "ok" and row["status"] == "failed"
    assert row["reason"] == "odd: no sample of ECG1, ECG2 is valid in this window; choose another layout or window"


def test_a_spike_of_20_mv(made):
    samples = rhythm(10, 500, 2)
    samples[2500, 0] += 20
    _, _, labels, truth, image = made(samples)
    check(labels, truth, image, ["ECG1", "ECG2"])
    assert max(truth[0]["samples"]) == pytest.approx(20.1, abs=0.3)
    assert labels.leads[0].clipped == ((2500, 2501),)  # beyond the paper's upper edge
    assert labels.leads[0].box_mm[1] == 0


@pytest.mark.parametrize("rate_hz", [100.0, 1000.0])
def test_rates(made, rate_hz):
    _, row, labels, truth, image = made(rhythm(10, rate_hz, 12), rate_hz, TWELVE)
    check(labels, truth, image, TWELVE)
    assert row["status"] == "ok" and len(truth) == 13
    assert len(truth[-1]["samples"]) == 10 * rate_hz and labels.leads[-1].duration_s == 10


def test_one_lead(made):
    planned, _, labels, truth, image = made(rhythm(10, 500, 1), leads=["MLII"])
    assert planned["layout"] == labels.layout == "1x1"
    check(labels, truth, image, ["MLII"])


def test_fifteen_leads(made):
    leads = [*TWELVE, "vx", "vy", "vz"]
    planned, _, labels, truth, image = made(rhythm(10, 500, 15), leads=leads)
    assert planned["layout"] == "3x4+1"
    check(labels, truth, image, TWELVE)


def test_fifteen_leads_in_a_layout_of_ones_own(made):
    leads = [*TWELVE, "V7", "V8", "V9"]
    rows = [["I", "aVR", "V1", "V4", "V7"], ["II", "aVL", "V2", "V5", "V8"], ["III", "aVF", "V3", "V6", "V9"]]
    _, _, labels, truth, image = made(
        rhythm(10, 500, 15),
        leads=leads,
        pages={"layouts": {"3x5": {"rows": rows}}, "layout": "3x5", "chest_gain_mm_mv": 5},
    )
    check(labels, truth, image, leads)
    assert {lead.gain_mm_mv for lead in labels.leads if lead.lead in ("V7", "V8", "V9")} == {5}


def test_2_s_are_told_where_10_are_wanted(made):
    planned, row, *_ = made(rhythm(2, 500, 2))
    assert planned["status"] == row["status"] == "failed"
    assert row["reason"] == (
        "odd: 2 s long, shorter than a window of 10 s; shorten `manifest.window_s` or leave the record out"
    )


def test_2_s_of_two_leads(made):
    _, _, labels, truth, image = made(rhythm(2, 500, 2), manifest={"window_s": 2})
    check(labels, truth, image, ["ECG1", "ECG2"])
    assert [lead.duration_s for lead in labels.leads] == [2, 2]


@pytest.mark.parametrize("layout", ["3x4+1", "6x2", "12x1"])
def test_a_window_shorter_than_the_layout_shows_every_lead(made, layout):
    """Columns that would begin after the window's end show its seconds all the same."""
    config = {"manifest": {"window_s": 2}, "pages": {"layout": layout}}
    _, _, labels, truth, image = made(rhythm(2, 500, 12), leads=TWELVE, **config)
    check(labels, truth, image, TWELVE)
    assert {stretch["start_s"] for stretch in truth} == {0} and {len(s["samples"]) for s in truth} == {1000}


def test_a_window_that_reaches_the_last_column_keeps_its_time(made):
    _, _, labels, truth, image = made(rhythm(9, 500, 12), leads=TWELVE, manifest={"window_s": 9})
    check(labels, truth, image, TWELVE)
    assert [stretch["start_s"] for stretch in truth[:4]] == [0, 2.5, 5, 7.5]
    assert len(truth[3]["samples"]) == 750


def test_noise_from_edge_to_edge(made):
    samples = np.random.default_rng(0).normal(0, 6, (5000, 2))
    _, row, labels, _, _ = made(samples, pages={"dpi": 50})
    assert row["status"] == "ok" and all(np.isfinite(lead.box_mm).all() for lead in labels.leads)
