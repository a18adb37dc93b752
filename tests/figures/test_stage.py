"""The figures stage: what is drawn is listed, and the same bytes come out again."""

import csv

import pytest

from papertrace.figures import stage
from papertrace.figures.drawn import Drawn, file_stem
from papertrace.io import write_bytes


def listed(path):
    with path.open(encoding="utf-8", newline="") as file:
        return [Drawn(**row) for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def figures(results, config, tmp_path_factory):
    out = tmp_path_factory.mktemp("figures") / "figures.csv"
    stage.run(config, results, out)
    return out


def test_every_figure_is_there_and_every_file_is_listed(figures):
    drawn = listed(figures)
    assert not any(figure.problem for figure in drawn)
    files = {path.name for path in figures.parent.glob("*.*")} - {figures.name}
    assert {f"{figure.name}.png" for figure in drawn} == {name for name in files if name.endswith(".png")}
    assert {f"{figure.name}.pdf" for figure in drawn if figure.kind != "overlay"} == {
        name for name in files if name.endswith(".pdf")
    }
    assert [figure.kind for figure in drawn] == ["snr"] * 2 + ["clinical"] * 3 + ["page"] + ["page", "overlay"] * 3


def test_same_results_same_bytes(figures, results, config, tmp_path):
    stage.run(config, results, tmp_path / "figures.csv")
    for path in figures.parent.glob("*.*"):
        assert path.read_bytes() == (tmp_path / path.name).read_bytes(), path.name


def test_a_missing_image_costs_its_figures_and_is_told(write_results, config, tmp_path):
    folder = write_results(tmp_path / "tiny", config, 4)
    write_bytes(b"no image", folder / "scans/shard-00000/rec0_00000.png")
    stage.run(config, folder, tmp_path / "figures/figures.csv")
    drawn = listed(tmp_path / "figures/figures.csv")
    lost = [figure for figure in drawn if figure.problem]
    assert [figure.name for figure in lost] == ["best-1", "best-1-overlay"]
    assert all("no readable image; run the stage that writes it again" in figure.problem for figure in lost)
    assert not (tmp_path / "figures/best-1.png").exists() and (tmp_path / "figures/worst-1.png").exists()


def test_no_page_was_read(write_results, config, tmp_path):
    failed = dict.fromkeys(range(2), ("traces", "rejected", "this is no ECG"))
    stage.run(config, write_results(tmp_path / "tiny", config, 2, failed), tmp_path / "figures/figures.csv")
    assert {figure.kind for figure in listed(tmp_path / "figures/figures.csv")} == {"snr", "clinical"}


def test_a_digitizers_name_becomes_a_files():
    assert file_stem("network:no-warp,weights=/a b/c") == "network-no-warp-weights-a-b-c"
    assert file_stem("my_digitizer-1.2") == "my_digitizer-1.2"
