"""From a drawn page to named leads: layouts, names, gain, speed, columns' time."""

from types import SimpleNamespace

import numpy as np
import pytest

from papertrace.pages.config import PagesConfig
from papertrace.pages.render import Page, render_page
from papertrace.seeds import generator
from papertrace.traces.classical import Classical
from papertrace.traces.digitizer import PageTraces

RATE_HZ = 500.0
STANDARD_LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")


def heart(leads: int, seconds: float = 10.0, bpm: float = 71.0) -> np.ndarray:
    """Beats of plausible shape and not quite regular rhythm, other in each lead, shape (n, leads) in mV."""
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    rng = np.random.default_rng(3)
    times = 0.35 + np.cumsum(60 / bpm * (1 + rng.uniform(-0.06, 0.06, round(seconds * bpm / 60) + 3))) - 60 / bpm
    waves = ((-0.16, 0.02, 0.12), (-0.02, 0.008, -0.12), (0.0, 0.011, 1.0), (0.025, 0.009, -0.2), (0.25, 0.045, 0.3))
    samples = np.zeros((len(t), leads))
    for lead in range(leads):
        for after, width, height in waves:
            size = height * (1 + 0.25 * np.sin(2.1 * lead + 40 * after)) * (-1 if lead == 3 else 1)
            samples[:, lead] += sum(size * np.exp(-0.5 * ((t - beat - after) / width) ** 2) for beat in times)
    return samples


def draw(layout: str, seed: int = 1, speed: float = 25.0, gain: float = 10.0, bpm: float = 71.0, **keys) -> Page:
    names = list(STANDARD_LEADS) if layout not in ("1x1", "2x1") else ["MLII", "V5"][: int(layout[0])]
    signal = SimpleNamespace(samples=heart(len(names), bpm=bpm), rate_hz=RATE_HZ, leads=names)
    config = PagesConfig(**{"header_probability": 0, **keys})
    return render_page(signal, layout, config, generator(seed), speed_mm_s=speed, gain_mm_mv=gain)


def read(page: Page) -> PageTraces:
    found = Classical().digitize(page.image, RATE_HZ)
    assert found.status == "ok", found.reason
    return found


def leads_by_row(traces) -> list[list[str | None]]:
    rows: dict[int, list[str | None]] = {}
    for trace in traces:
        rows.setdefault(trace.row, []).append(trace.lead)
    return [rows[row] for row in sorted(rows)]


@pytest.mark.parametrize("layout", ["12x1", "3x1", "6x2", "6x2+1", "3x4", "3x4+1", "3x4+2", "3x4+3", "6x2-cabrera"])
def test_every_layout_is_read_as_drawn(layout):
    page = draw(layout, seed=4, row_spacing=[0.9, 1.0])
    found = read(page)
    assert leads_by_row(found.traces) == leads_by_row(page.truth)
    assert [trace.start_s for trace in found.traces] == pytest.approx([stretch.start_s for stretch in page.truth])


@pytest.mark.parametrize("layout", ["3x4+1", "6x2", "2x1"])
def test_an_upright_page_has_fewer_seconds(layout):
    page = draw(layout, orientation="portrait", pitch_scale=[0.9, 0.95])
    found = read(page)
    assert leads_by_row(found.traces) == leads_by_row(page.truth) or layout == "2x1"
    assert max(trace.start_s + len(trace.samples) / RATE_HZ for trace in found.traces) == page.recipe.row_s


@pytest.mark.parametrize("layout", ["3x4+1", "3x4", "6x2"])
@pytest.mark.parametrize("simultaneous", [0, 1])
def test_columns_that_show_the_same_seconds_begin_together(layout, simultaneous):
    page = draw(layout, simultaneous_probability=simultaneous)
    found = read(page)
    assert [trace.start_s for trace in found.traces] == pytest.approx([stretch.start_s for stretch in page.truth])


@pytest.mark.parametrize(("told", "source"), [("pulse", "pulse"), ("scale", "text")])
@pytest.mark.parametrize(("speed", "gain"), [(25, 5), (25, 20), (50, 10), (50, 5)])
def test_speed_and_gain_are_told_by_pulse_and_by_print(speed, gain, told, source):
    keys = {f"{name}_probability": float(name == told) for name in ("pulse", "scale")}
    found = read(draw("2x1", seed=speed + gain, speed=speed, gain=gain, pitch_scale=[0.85, 0.9], **keys))
    assert (found.speed_mm_s, found.speed_from) == (speed, source)
    assert (found.gain_mm_mv, found.gain_from) == (gain, source)
    assert {trace.gain_mm_mv for trace in found.traces} == {gain}


# at 50 mm/s a page's width is as long as the usual 10 s at 25 mm/s: only a slow heart tells
@pytest.mark.parametrize(("speed", "bpm"), [(25, 71), (50, 55)])
def test_beats_tell_the_speed_where_nothing_is_printed(speed, bpm):
    found = read(draw("2x1", speed=speed, bpm=bpm, pulse_probability=0, scale_probability=0))
    assert (found.speed_mm_s, found.speed_from) == (speed, "length")
    assert (found.gain_mm_mv, found.gain_from) == (10, "convention")


@pytest.mark.parametrize(
    ("layout", "keys"),
    [
        ("3x4+1", {"pulse_style": "stepped", "pulse_probability": 1, "scale_probability": 0}),
        ("6x2", {"pulse_style": "stepped", "pulse_probability": 1, "right_pulse_probability": 1}),
        ("12x1", {"pulse_probability": 1, "scale_probability": 0, "row_spacing": [0.9, 1.0]}),
        ("3x4+1", {"pulse_probability": 0, "scale_probability": 1}),
        ("6x2", {"pulse_probability": 1, "scale_probability": 1, "scale_style": "long"}),
    ],
)
def test_chest_leads_at_half_gain(layout, keys):
    page = draw(layout, seed=4, chest_gain_mm_mv="half", **keys)
    found = read(page)
    assert {(trace.lead, trace.gain_mm_mv) for trace in found.traces} == {
        (label.lead, label.gain_mm_mv) for label in page.labels.leads
    }
    assert found.gain_mm_mv == 10


def test_a_page_without_a_pulse_keeps_its_first_beat():
    page = draw("2x1", pulse_probability=0)
    found = read(page)
    for trace, label in zip(found.traces, page.labels.leads, strict=True):
        assert trace.x_px[0] == pytest.approx(label.x0_mm * page.labels.px_per_mm, abs=1)
