"""The network digitizer: what its networks say becomes a curve, and pages of known truth come back."""

import dataclasses
from importlib import resources

import cv2
import numpy as np
import pytest

from papertrace.errors import ConfigError, PapertraceError
from papertrace.pages.config import PagesConfig
from papertrace.pages.render import render_page
from papertrace.records.reader import read_window
from papertrace.scans.config import ScansConfig
from papertrace.scans.scan import scan_page
from papertrace.scores.config import ScoresConfig
from papertrace.scores.page import score_page
from papertrace.seeds import generator
from papertrace.traces.network.bands import share_in_rows, without_slants
from papertrace.traces.network.decode import heights, stretches
from papertrace.traces.network.models import read_trace, read_view
from papertrace.traces.registry import get_digitizer
from papertrace.traces.strips import height_channel


def bumps(*curves: tuple[np.ndarray, float], rows: int = 96) -> np.ndarray:
    """Return logits of distributions with a peak of this weight on each curve."""
    at = np.arange(rows)
    shares = sum(weight * np.exp(-0.5 * ((at - curve[:, None]) / 0.8) ** 2) for curve, weight in curves)
    return np.log(shares + 1e-9).astype(np.float32)


def test_one_peak_is_read_to_a_hundredth_of_a_row():
    curve = 40 + 20 * np.sin(np.arange(300) / 20)
    assert np.abs(heights(bumps((curve, 1.0))) - curve).max() < 0.02
    assert np.abs(heights(bumps((curve, 1.0)), continuous=False) - curve).max() < 0.02


def test_between_two_peaks_the_sequence_decides_not_the_column():
    curve = 40 + 5 * np.sin(np.arange(200) / 20)
    crease = np.full(200, 75.0)
    weight = np.zeros(200)
    weight[90:95] = 1.5  # here the crease is the likelier of the two
    logits = np.log(np.exp(bumps((curve, 1.0))) + weight[:, None] * np.exp(bumps((crease, 1.0)))).astype(np.float32)
    assert np.abs(heights(logits) - curve).max() < 0.1
    assert np.abs(heights(logits, continuous=False) - curve).max() > 10


def test_a_narrow_wave_is_not_smoothed_away():
    curve = np.full(200, 80.0)
    curve[98:103] = (60, 30, 10, 30, 60)
    assert np.abs(heights(bumps((curve, 1.0))) - curve).max() < 0.05


def test_stretches_end_where_presence_crosses_one_half():
    presence = np.array([0, 0, 0.25, 0.75, 1, 1, 1, 0.6, 0.1, 0, 0])
    assert stretches(presence, np.arange(11.0), 1.0, 1.0) == pytest.approx(np.array([[2.5, 7.2]]))
    assert len(stretches(np.zeros(5), np.arange(5.0), 1.0, 1.0)) == 0
    whole = stretches(np.ones(5), np.arange(5.0), 1.0, 1.0)
    assert whole == pytest.approx(np.array([[0.0, 4.0]]))


def test_short_gaps_are_bridged_and_crumbs_are_left_out():
    presence = np.ones(100)
    presence[40:42] = 0
    presence[80:90] = 0
    presence[95:] = 0
    found = stretches(presence, np.arange(100.0), 4.0, 8.0)
    assert found == pytest.approx(np.array([[0.0, 79.5]]))


def test_the_networks_take_any_size():
    strip = np.zeros((4, 210, 333), np.float32)
    strip[3] = height_channel(210, 104.5)[:, None]
    reading = read_trace(strip)
    assert reading.logits.shape == (666, 210)
    assert reading.presence.shape == reading.error_px.shape == (666,)
    assert read_view(np.zeros((3, 101, 131), np.float32)).shape == (50, 65)


def test_switches_are_known_by_name():
    assert get_digitizer("network:no-continuity").name == "network"
    with pytest.raises(ConfigError, match="no-sense"):
        get_digitizer("network:no-sense")


def test_weights_of_ones_own_are_read_with(tmp_path):
    with pytest.raises(PapertraceError, match="there is no such file"):
        get_digitizer(f"network:weights={tmp_path}")
    (tmp_path / "trace.onnx").write_bytes(b"no network")
    with pytest.raises(PapertraceError, match="make train"):
        get_digitizer(f"network:weights={tmp_path}")
    folder = resources.files("papertrace.traces.network")
    for name in ("trace.onnx", "page.onnx"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    assert get_digitizer(f"network:no-warp,weights={tmp_path}").name == "network"


def test_a_long_slant_is_no_trace_and_a_trace_stays():
    trace = np.zeros((200, 600), np.float32)
    x = np.arange(600)
    y = np.rint(100 + 8 * np.sin(x / 9) - 60 * np.exp(-0.5 * ((x % 90 - 45) / 3) ** 2)).astype(int)
    cv2.polylines(trace, [np.stack([x, y], axis=1)], False, 1.0)
    creased = cv2.line(trace.copy(), (50, 190), (450, 20), 1.0)
    left = without_slants(creased.copy())
    only_crease = (creased > 0) & (trace == 0)
    assert (left[only_crease] > 0).mean() < 0.1
    assert (left[trace > 0] > 0).mean() > 0.95
    assert np.array_equal(without_slants(trace.copy()), trace)


def test_lines_beside_the_rows_count_as_not_in_them(flat_row):
    trace = np.zeros((100, 400), np.float32)
    trace[39:41] = 1
    row = flat_row(0.0, 200.0)
    row = dataclasses.replace(row, y_mm=np.full_like(row.y_mm, 20.0))
    assert share_in_rows(trace, [row]) == 1.0
    trace[60:64] = 1
    assert share_in_rows(trace, [row]) == pytest.approx(1 / 3, abs=0.01)


@pytest.fixture(scope="module")
def drawn(shared_data):
    record = read_window(shared_data / "qtdb", "sel102", 10_000, 2500)
    return render_page(record, "2x1", PagesConfig(pulse_probability=1.0), generator(3))


def scored(page, image) -> tuple[object, list[dict]]:
    read = get_digitizer("network").digitize(image, 500.0)
    assert read.status == "ok", read.reason
    truth = [dataclasses.asdict(stretch) for stretch in page.truth]
    signals = [{**dataclasses.asdict(trace), "input": "pages", "digitizer": "network"} for trace in read.traces]
    return read, score_page(truth, signals, ScoresConfig(clinical=False)).rows


def test_a_drawn_page_comes_back(drawn):
    read, rows = scored(drawn, drawn.image)
    assert min(row["snr_aligned_db"] for row in rows) > 20
    assert read.gain_mm_mv == 10


def test_a_scanned_page_comes_back(drawn):
    scan = scan_page(drawn.image, drawn.labels, ScansConfig(preset="kit"), generator(4))
    _, rows = scored(drawn, scan.image)
    assert min(row["snr_aligned_db"] for row in rows) > 17


def test_a_page_without_a_grid_is_read_by_the_length_of_its_rows(shared_data):
    record = read_window(shared_data / "qtdb", "sel102", 10_000, 2500)
    config = PagesConfig(grid="none", header_probability=0.0, pulse_probability=0.0)
    page = render_page(record, "2x1", config, generator(3))
    read, rows = scored(page, page.image)
    assert read.px_per_mm_x == pytest.approx(page.labels.px_per_mm, rel=1e-3)
    assert min(row["snr_aligned_db"] for row in rows) > 12


def test_lines_of_print_without_a_grid_are_rejected():
    image = np.full((1700, 2200, 3), 255, np.uint8)
    for line in range(12):
        cv2.putText(image, "Lorem ipsum dolor sit amet, consectetur", (60, 150 + 120 * line), 0, 2.8, (30, 30, 30), 5)
    read = get_digitizer("network").digitize(image, 500.0)
    assert read.status == "rejected"
    assert not read.traces
