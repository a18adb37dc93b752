"""The classical digitizer from image to millivolts: drawn pages of known truth, real records, foreign pages."""

import dataclasses
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from papertrace.images import read_image
from papertrace.pages.config import PagesConfig
from papertrace.pages.render import render_page
from papertrace.records.reader import read_window
from papertrace.scans.config import ScansConfig
from papertrace.scans.scan import scan_page
from papertrace.scores.config import ScoresConfig
from papertrace.scores.page import score_page
from papertrace.seeds import generator
from papertrace.traces.classical import Classical

RATE_HZ = 500.0


def score(page, image) -> list[dict]:
    """Score what the digitizer reads of an image against what was drawn."""
    read = Classical().digitize(image, RATE_HZ)
    assert read.status == "ok", read.reason
    truth = [dataclasses.asdict(stretch) for stretch in page.truth]
    signals = [{**dataclasses.asdict(trace), "input": "pages", "digitizer": "classical"} for trace in read.traces]
    return score_page(truth, signals, ScoresConfig(clinical=False)).rows


def column(rows: list[dict], key: str) -> np.ndarray:
    return np.array([np.nan if row[key] is None else row[key] for row in rows], float)


def sine_page(config: PagesConfig, seed: int = 1, amplitude: float = 1.0):
    t = np.arange(5000) / 500.0
    samples = amplitude * np.stack([0.8 * np.sin(2 * np.pi * 1.3 * t), 0.5 * np.sin(2 * np.pi * 2.1 * t + 1)], axis=1)
    signal = SimpleNamespace(samples=samples, rate_hz=500.0, leads=["MLII", "V5"])
    return render_page(signal, "2x1", config, generator(seed))


@pytest.mark.parametrize("pulse", [0.0, 1.0])
@pytest.mark.parametrize("dpi", [100, 200, 300])
def test_sine_comes_back_at_every_resolution(dpi, pulse):
    page = sine_page(PagesConfig(dpi=dpi, pulse_probability=pulse, header_probability=1.0))
    rows = score(page, page.image)
    assert column(rows, "snr_db").min() > 25
    # a third of a pixel, and 2 ms where pixels are fine
    assert np.abs(column(rows, "lag_ms")).max() < max(2, 1000 / 3 / (25 * page.labels.px_per_mm))
    assert column(rows, "coverage").min() > 0.995


def test_scale_is_found_to_a_hundred_thousandth():
    for seed in range(3):
        page = sine_page(PagesConfig(), seed)
        read = Classical().digitize(page.image, RATE_HZ)
        assert read.px_per_mm_x == pytest.approx(page.labels.px_per_mm, rel=2e-5)
        assert read.px_per_mm_y == pytest.approx(page.labels.px_per_mm, rel=2e-4)
        assert abs(read.rotation_deg) < 0.01
        assert (read.gain_mm_mv, read.speed_mm_s, read.layout) == (10.0, 25.0, "2x1")


@pytest.mark.parametrize("degrees", [-8.0, 3.0])
def test_rotated_page_reads_like_the_straight_one(degrees):
    page = sine_page(PagesConfig(pulse_probability=1.0))
    h, w = page.image.shape[:2]
    matrix = cv2.getRotationMatrix2D((w / 2, h / 2), -degrees, 0.85)
    rotated = cv2.warpAffine(page.image, matrix, (w, h), flags=cv2.INTER_CUBIC, borderValue=(60, 70, 80))
    read = Classical().digitize(rotated, RATE_HZ)
    assert read.rotation_deg == pytest.approx(degrees, abs=0.01)
    assert column(score(page, rotated), "snr_db").min() > 20


def test_print_of_another_colour_does_not_hide_the_trace():
    """Red print that outweighs a thin blue trace."""
    config = PagesConfig(pitch_scale=(0.8, 0.8), stroke_mm=(0.25, 0.25), pulse_probability=0, header_probability=0)
    page = sine_page(config)
    grey = page.image.min(axis=2)
    blue = page.image.copy()
    blue[grey < 140] = (130, 75, 70)
    for k, y in enumerate((120, 160, 1500, 1540, 1580)):
        cv2.putText(blue, f"atrial flutter {k} hypertension", (60, y), cv2.FONT_HERSHEY_DUPLEX, 1.6, (40, 40, 150), 4)
    assert column(score(page, blue), "snr_aligned_db").min() > 15


def test_calibration_pulse_sets_zero():
    page = sine_page(PagesConfig(pulse_probability=1.0))
    assert np.abs(column(score(page, page.image), "offset_mv")).max() < 0.005


def test_names_come_from_the_page_or_are_absent():
    named = Classical().digitize(sine_page(PagesConfig(lead_names_probability=1.0), amplitude=0.4).image, RATE_HZ)
    assert [trace.lead for trace in named.traces] == ["MLII", "V5"]
    unnamed = Classical().digitize(sine_page(PagesConfig(lead_names_probability=0.0), amplitude=0.4).image, RATE_HZ)
    assert [trace.lead for trace in unnamed.traces] == [None, None]


@pytest.mark.parametrize(
    "image",
    [
        np.full((1700, 2200, 3), 255, np.uint8),
        np.zeros((300, 400, 3), np.uint8),
        np.random.default_rng(1).integers(0, 256, (900, 1200, 3), dtype=np.uint8),
    ],
    ids=["blank", "black", "noise"],
)
def test_what_is_no_ecg_is_rejected_with_a_reason(image):
    read = Classical().digitize(image, RATE_HZ)
    assert read.status == "rejected"
    assert read.reason
    assert read.traces == []


def test_empty_grid_is_rejected_with_a_reason():
    blank = SimpleNamespace(samples=np.full((5000, 2), np.nan), rate_hz=500.0, leads=["a", "b"])
    config = PagesConfig(header_probability=0, pulse_probability=0, lead_names_probability=0, scale_probability=0)
    page = render_page(blank, "2x1", config, generator(1))
    read = Classical().digitize(page.image, RATE_HZ)
    assert read.status == "rejected"
    assert "no trace" in read.reason


def test_real_two_lead_records(shared_data):
    """Quality floors on QTDB, a little below what was measured when they were set."""
    clean, scanned = [], []
    for number, record in enumerate(["sel104", "sel16786", "sel36", "sele0203", "sel820"]):
        signal = read_window(shared_data / "qtdb", record, 50_000, 2_500)
        page = render_page(signal, "2x1", PagesConfig(), generator(number))
        clean += score(page, page.image)
        scan = scan_page(page.image, page.labels, ScansConfig(), generator(100 + number))
        scanned += score(page, scan.image)
    assert np.median(column(clean, "snr_db")) > 18
    assert np.median(column(clean, "snr_aligned_db")) > 21
    assert np.median(column(scanned, "snr_aligned_db")) > 17
    assert column(clean, "coverage").min() > 0.99


def test_real_twelve_lead_record(shared_data):
    signal = read_window(shared_data / "ptbxl", "records500/01000/01287_hr", 0, 5_000)
    page = render_page(signal, "3x4+1", PagesConfig(), generator(5))
    rows = score(page, page.image)
    assert len(rows) == 13
    assert all(row["name_read"] for row in rows)
    assert np.median(column(rows, "snr_db")) > 16


def test_page_of_another_program(shared_data):
    """ECGMiner's own published output on such pages has a median of 16.2 dB."""
    read = Classical().digitize(read_image(shared_data / "foreign-pages" / "ludb-094.png"), RATE_HZ)
    assert (read.status, read.layout, read.gain_mm_mv) == ("ok", "3x4+1", 10.0)
    signal = read_window(shared_data / "ludb", "data/94", 0, 5_000)
    truth = []
    for index, lead in enumerate(["i", "ii", "iii", "avr", "avl", "avf", "v1", "v2", "v3", "v4", "v5", "v6"]):
        start = index // 3 * 2.5
        samples = signal.samples[int(start * 500) : int((start + 2.5) * 500), signal.leads.index(lead)]
        place = {"lead": lead, "row": index % 3, "column": index // 3}
        truth.append({**place, "start_s": start, "rate_hz": 500.0, "samples": samples})
    signals = [{**dataclasses.asdict(trace), "input": "pages", "digitizer": "classical"} for trace in read.traces]
    rows = score_page(truth, signals, ScoresConfig(clinical=False)).rows
    assert all(row["name_read"] for row in rows)
    assert np.median(column(rows, "snr_aligned_db")) > 20
    assert np.median(column(rows, "snr_db")) > 12
