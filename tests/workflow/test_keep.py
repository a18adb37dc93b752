"""A run that keeps no images: the same tables and pictures, and every image at hand when it is wanted again."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner

from papertrace.cli import cli

STAGES = ("records", "manifest", "pages", "scans", "traces", "scores")
IMAGES = (".png", ".jpg")


def images(hashes: dict[str, str]) -> dict[str, str]:
    return {name: sha256 for name, sha256 in hashes.items() if name.endswith(IMAGES)}


def tables(hashes: dict[str, str]) -> dict[str, str]:
    return {name: sha256 for name, sha256 in hashes.items() if not name.endswith(IMAGES)}


@pytest.fixture(scope="module")
def bare(workspaces, tiny_config):
    """The tiny dataset without its images."""
    made = workspaces("bare")
    made.make({**tiny_config, "keep": []})
    return made


def test_no_image_stays_and_every_table_is_the_same(bare, tiny):
    made = bare.hashes(*STAGES)
    assert images(made) == {}
    assert made == tables(tiny.hashes(*STAGES))


def test_the_report_and_the_figures_show_the_same_images(bare, tiny):
    def shown(workspace):
        folder = workspace.folder / "results/tiny"
        files = [*folder.glob("report/report-files/images/*"), *folder.glob("figures/*.png")]
        return {path.relative_to(folder): path.read_bytes() for path in files}

    assert len(shown(tiny)) > 4
    assert shown(bare) == shown(tiny)


def test_a_finished_run_stays_finished_whatever_it_keeps(bare, tiny_config):
    for keep, stale in (("[]", set()), ("[pages,scans]", {"stage_config", "report"})):
        result = bare.run("-n", "--configfile", bare.configure({**tiny_config, "keep": []}), "--config", f"keep={keep}")
        planned = set(re.findall(r"^([a-z_]+) +\d+$", result.stdout + result.stderr, re.MULTILINE))
        assert planned - {"total", "default"} == stale


def test_stale_traces_and_scans_are_made_of_images_made_again(bare, tiny):
    folder, whole = bare.folder / "results/tiny", tiny.hashes(*STAGES)
    for stage, inputs in (("scans", ("manifest", "pages")), ("traces", ("pages", "scans"))):
        table = folder / stage / "shard-00001.parquet"
        table.unlink()
        options = [f"--{name}={folder / name / name}.parquet" for name in inputs if name == "manifest"]
        options += [f"--{name}={folder / name}/shard-00001.parquet" for name in inputs if name != "manifest"]
        config = folder / f"config/{stage}.json"
        result = CliRunner().invoke(cli, [stage, f"--config={config}", *options, f"--out={table}"])
        assert result.exit_code == 0, result.output
    result = CliRunner().invoke(cli, ["restore", f"--results={folder}"])
    assert result.output == "pages: 2 images made again\nscans: 2 images made again\n"
    assert bare.hashes(*STAGES) == whole


def test_one_core_has_the_images_of_one_shard_at_a_time(workspace, tiny_config):
    """What a run needs of the disk counts on it: a shard is scored, and its images go, before the next is drawn."""
    config = {**tiny_config, "keep": [], "shard_size": 1, "part": "1/1", "traces": {"digitizers": ["classical"]}}
    folder = workspace.make(config, cores=1)
    ends = sorted((file.stat().st_mtime, file.parent.name, file.stem) for file in folder.glob("benchmarks/*/shard-*"))
    order = [(stage, shard) for _, stage, shard in ends if stage in ("pages", "scores")]
    assert [stage for stage, _ in order] == ["pages", "scores"] * 4
    assert all(drawn[1] == scored[1] for drawn, scored in zip(order[::2], order[1::2], strict=True))
