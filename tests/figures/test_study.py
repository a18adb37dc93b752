"""The study's figures: each is made, or told why not; what a run has decides, never an error."""

import csv
from pathlib import Path

import jinja2
import matplotlib.collections
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from papertrace.config import Config
from papertrace.figures import stage
from papertrace.figures.drawn import Drawn
from papertrace.figures.study import catalogue, clinical, fidelity, pitch, style
from papertrace.figures.study.table import table_figure

ROOT = Path(__file__).parents[2]


def listed(out):
    with out.open(encoding="utf-8", newline="") as file:
        return {row["name"]: Drawn(**row) for row in csv.DictReader(file) if row["kind"] == "study"}


@pytest.fixture(scope="module")
def drawn(results, tmp_path_factory):
    """The study's figures of the tiny run, which has no recipes, no beats and one digitizer."""
    out = tmp_path_factory.mktemp("figures") / "figures.csv"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pitch, "_IMAGES", 1)
        stage.run(Config(dataset="tiny", shard_size=4), results, out)
    return out


def test_every_figure_is_there_or_says_why_not(drawn):
    figures = listed(drawn)
    assert list(figures) == [f"study/{item.name}" for item in catalogue.items()]
    for name, figure in figures.items():
        made = [(drawn.parent / f"{name}{suffix}").is_file() for suffix in (".png", ".pdf")]
        assert made == [not figure.problem] * 2, name
        assert bool(figure.caption) is not bool(figure.problem), name
    problems = {name.split("/")[1].split("-")[0]: figure.problem for name, figure in figures.items() if figure.problem}
    assert "no page of the run has 12 leads" in problems["F4"]
    assert "no beat" in problems["F13"] and "one digitizer only" in problems["T5"]
    assert "expects" in problems["F17"]
    made = {name.split("/")[1].split("-")[0] for name, figure in figures.items() if not figure.problem}
    assert made >= {"F1", "F9", "F11", "F12", "F14", "T1", "T4"}


def test_the_index_names_them_all_with_caption_or_reason(drawn):
    text = (drawn.parent / "study/index.md").read_text(encoding="utf-8")
    for figure in listed(drawn).values():
        assert f"## {figure.title}\n" in text
        assert (figure.caption or f"Not made: {figure.problem}.") in text


def test_a_run_without_a_reading_is_no_error(write_results, tmp_path, monkeypatch):
    monkeypatch.setattr(pitch, "_IMAGES", 1)
    failed = dict.fromkeys(range(2), ("traces", "rejected", "this is no ECG"))
    config = Config(dataset="tiny", shard_size=4)
    stage.run(config, write_results(tmp_path / "tiny", config, 2, failed), tmp_path / "figures/figures.csv")
    figures = listed(tmp_path / "figures/figures.csv")
    assert figures["study/F12-snr"].problem == "no lead was read"
    assert not figures["study/F1-round-trip"].problem


@pytest.mark.parametrize(("split", "leads"), [("all", 10), ("test", 4)])
def test_scores_are_of_the_split_that_is_asked_for(write_results, tmp_path, monkeypatch, split, leads):
    config = Config(dataset="tiny", shard_size=4, figures={"split": split})
    results = write_results(tmp_path / "tiny", config, 5)
    monkeypatch.setattr(catalogue, "items", lambda: [item for item in fidelity.ITEMS if item.number == "F12"])
    stage.run(config, results, tmp_path / "figures/figures.csv")
    [snr] = listed(tmp_path / "figures/figures.csv").values()
    assert f"scans, SNR: n = {leads}" in snr.caption
    assert ("Scores of the test split alone." in snr.caption) == (split == "test")


def test_a_split_without_a_score_is_told(write_results, tmp_path, monkeypatch):
    config = Config(dataset="tiny", shard_size=4, figures={"split": "validation"})
    results = write_results(tmp_path / "tiny", config, 2)
    monkeypatch.setattr(catalogue, "items", lambda: list(fidelity.ITEMS))
    stage.run(config, results, tmp_path / "figures/figures.csv")
    problems = {figure.problem for figure in listed(tmp_path / "figures/figures.csv").values()}
    assert problems == {"no page of the split validation was scored; see `figures.split`"}


def test_every_item_has_a_caption_in_snakemakes_report():
    text = (ROOT / "workflow/report/study.rst").read_text(encoding="utf-8")
    template = jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(text)
    told = set()
    for item in catalogue.items():
        wildcards = {"name": item.name}
        told.add(template.render(snakemake={"wildcards": wildcards, "config": {"dataset": "demo"}}))
    assert len(told) == len(catalogue.items())
    with pytest.raises(jinja2.UndefinedError):
        template.render(snakemake={"wildcards": {"name": "F0"}, "config": {"dataset": "demo"}})


@pytest.mark.parametrize(
    ("n", "kind"), [(50, matplotlib.collections.PathCollection), (4000, matplotlib.collections.PolyCollection)]
)
def test_many_points_are_a_density(n, kind):
    rng = np.random.default_rng(0)
    axes = Figure().add_subplot()
    style.cloud(axes, rng.normal(0, 1, n), rng.normal(0, 1, n), "#0072b2", (-3, 3, -3, 3))
    [drawn] = axes.collections
    assert type(drawn) is kind


def test_limits_leave_the_outermost_out_and_never_fail():
    values = np.concatenate([np.linspace(0, 1, 1001), [1e6]])
    low, high = style.around(values)
    assert -0.2 < low < 0 and 1 < high < 1.2
    assert style.around(np.array([np.nan])) == (0.0, 1.0)
    low, high = style.around(np.array([5.0]))
    assert low < 5 < high


def test_numbers_for_print():
    told = [style.number(value) for value in (1234.56, -0.04, -1.5, np.nan)]
    assert told == ["1\u202f234.6", "0.0", "\u22121.5", "\u2013"]
    assert style.number(0.25, 1, sign=True) == "+0.2"


def test_a_long_table_is_cut_and_says_so():
    table = pd.DataFrame({"name": [f"row {k}" for k in range(110)], "value": ["1.0"] * 110})
    texts = {text.get_text() for text in table_figure(table).texts}
    assert "row 89" in texts and "row 90" not in texts
    assert "… 20 more rows in the CSV" in texts


def test_bland_altman_shows_bias_and_limits():
    class Run:
        digitizer = "network"

        def agreed(self, **_):
            figures = {"bias": 2.0, "sd": 1.0, "loa_low": 0.04, "loa_high": 3.96}
            ends = (("low", -0.1), ("high", 0.1))
            return figures | {f"{name}_ci_{end}": figures[name] + d for name in figures for end, d in ends}

    truth = np.linspace(380, 420, 100)
    axes = Figure().add_subplot()
    clinical._bland_altman(axes, Run(), "pages", truth, truth + 2, "qt_ms")
    levels = [line.get_ydata()[0] for line in axes.lines]
    assert levels == [2.0, 0.04, 3.96]
    assert axes.get_ylim()[1] > 3.96 and axes.get_ylim()[0] == -axes.get_ylim()[1]
    assert "ms" in axes.get_xlabel() and "ms" in axes.get_ylabel()
