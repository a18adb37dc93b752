"""A wrong config ends the workflow before anything runs, in one sentence without a traceback."""

from __future__ import annotations

import pytest


def only_sentence(result) -> str:
    """Return the one line that papertrace said; nothing may have been planned and nothing may look like a crash."""
    said = [line for line in result.stderr.splitlines() if line.startswith("papertrace: ")]
    assert result.returncode != 0
    assert "Traceback" not in result.stderr and "Job stats" not in result.stderr
    assert len(said) == 1, result.stderr
    return said[0]


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"shard_sie": 3}, "config.yaml: `shard_sie` is not a known key; allowed here: dataset, download, figures, "),
        ({"pages": {"dip": 3}}, "config.yaml: `pages.dip` is not a known key; allowed here: "),
        ({"limit": "many"}, "config.yaml: `limit` is 'many': input should be a valid integer"),
        ({"shard_size": 0}, "config.yaml: `shard_size` is 0: input should be greater than or equal to 1"),
        ({"pages": None}, "config.yaml: `pages` is None: give it keys of its own ("),
        (
            {"records": {"source": "folder", "folder": "no/such"}},
            "config.yaml: `records.folder` is 'no/such': no such folder, name the folder of WFDB records",
        ),
        (
            {"records": {"source": "folder", "folder": "."}},
            ".: holds no records; `records.folder` must hold a RECORDS file",
        ),
        (
            {"manifest": {"recipe": "qtdb-21801"}},
            "`manifest.recipe` is 'qtdb-21801', which needs 105 records, not 6: point `records.folder` at ",
        ),
    ],
)
def test_wrong_config(workspace, config, sentence):
    result = workspace.run("-n", "--configfile", workspace.configure(config))
    assert only_sentence(result).startswith(f"papertrace: {sentence}")
    assert not (workspace.folder / "results").exists()


def test_wrong_key_on_the_command_line(workspace):
    result = workspace.run("-n", "--configfile", workspace.configure({}), "--config", "pages={dpi: 7}")
    assert "`pages.dpi` is '7': input should be a number from 50 to 600, or two such numbers" in only_sentence(result)
