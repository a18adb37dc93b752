"""Parts of a dataset, made in several places and put together."""

from __future__ import annotations

import re
import shutil

import pytest
from click.testing import CliRunner

from papertrace import tables as tables_of
from papertrace.cli import cli
from papertrace.errors import PapertraceError
from papertrace.io import write_table
from papertrace.merge import merge

STAGES = ("records", "manifest", "pages", "scans", "traces", "scores")


@pytest.fixture(scope="module")
def parts(workspaces, tiny_config):
    """Two halves of the tiny dataset, each made in a place of its own."""
    made = []
    for part in ("1/2", "2/2"):
        workspace = workspaces(f"part-{part[0]}")
        made.append(workspace.make({**tiny_config, "part": part}))
    return made


@pytest.fixture
def copies(parts, tmp_path):
    """Both halves, to be spoilt."""
    return [shutil.copytree(part, tmp_path / f"part-{k}/tiny") for k, part in enumerate(parts)]


def tables(folder) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.glob("*/shard-*.parquet")}


def test_a_part_is_its_shards_up_to_the_scores(parts):
    for part, shard in zip(parts, ("shard-00000", "shard-00001"), strict=True):
        assert tables(part) == {f"{stage}/{shard}.parquet" for stage in ("pages", "scans", "traces", "scores")}
        assert not (part / "report").exists()


def test_parts_put_together_are_the_whole_and_the_workflow_goes_on(parts, tiny, tiny_config, workspace):
    out = workspace.folder / "results/tiny"
    result = CliRunner().invoke(cli, ["merge", *map(str, parts), "--out", str(out)])
    assert result.output == f"{out}: 4 pages of 2 parts\n"
    whole = tiny.hashes(*STAGES)
    assert workspace.hashes(*STAGES) == {name: sha for name, sha in whole.items() if "/scores/" not in name} | {
        name: sha for name, sha in whole.items() if "/scores/shard-" in name
    }
    dry = workspace.run("-n", "--configfile", workspace.configure(tiny_config))
    planned = set(re.findall(r"^([a-z_]+) +\d+$", dry.stdout + dry.stderr, re.MULTILINE))
    assert planned - {"total", "default"} == {"stage_config", "summary", "check", "figures", "report"}


def test_a_part_that_lacks_a_shard_is_a_gap(copies, tmp_path):
    with pytest.raises(PapertraceError, match=r"pages/shard-00001.parquet and 3 more tables: in none of the parts"):
        merge(copies[:1], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_same_shard_in_two_parts_must_be_the_same(copies, tmp_path):
    assert merge([*copies, copies[0]], tmp_path / "twice") == 4
    # a table of scores without what belongs to it is sound, and another one
    write_table([], tables_of.SCORES, copies[0] / "scores/shard-00001.parquet")
    with pytest.raises(PapertraceError, match=r"scores/shard-00001.parquet: is not the same as .*; make one"):
        merge(copies, tmp_path / "out")


def test_parts_of_other_datasets_and_damaged_ones_are_refused(copies, tmp_path):
    config = copies[1] / "config/scans.json"
    text = config.read_text()
    config.write_text(text.replace('"seed": 1', '"seed": 2'))
    with pytest.raises(
        PapertraceError, match=r"scans.json: is not the same as .*; make all parts with the same config"
    ):
        merge(copies, tmp_path / "out")
    config.write_text(text)
    image = next((copies[1] / "scans/shard-00001").iterdir())
    image.write_bytes(image.read_bytes()[:100])
    with pytest.raises(PapertraceError, match=r"has 100 bytes in place of .*; run the part again"):
        merge(copies, tmp_path / "out")
    with pytest.raises(PapertraceError, match="is there already; name a new folder"):
        merge(copies, copies[0])
    assert not (tmp_path / "out").exists()
