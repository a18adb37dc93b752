"""The fault campaign: what it reads from a run, how it spoils records, and what its table says."""

from __future__ import annotations

import shutil
import sys
from collections import Counter

import faults
import pytest
from fault_kinds import Outcome
from fault_records import BROKEN, ODD, mend, spoil, write_records
from fault_runs import Place, Run, twice

from papertrace.io import sha256_file
from papertrace.records.listing import make_refs
from papertrace.records.stage import examine

SAID = """
Finished jobid: 3 (Rule: pages)
Finished jobid: 4 (Rule: pages)
Finished jobid: 5 (Rule: scans)
Finished jobid: 0 (Rule: default)
    papertrace: results/faults/scans/shard-00000: No space left on device; free some space
papertrace: results/faults/scans/shard-00000: No space left on device; free some space
"""


def test_what_a_run_made_and_said():
    run = Run(1, SAID, 1.0)
    assert run.finished == {"pages": 2, "scans": 1}
    assert run.sentences == ["results/faults/scans/shard-00000: No space left on device; free some space"]
    assert not run.traceback
    assert Run(1, "Traceback (most recent call last):\n", 1.0).traceback


def test_a_job_that_is_finished_again_counts_once_too_often():
    total = Counter(pages=3, scans=2)
    assert twice([Run(1, SAID, 1), Run(0, "Finished jobid: 1 (Rule: pages)\n", 1)], total) == 0
    assert twice([Run(1, SAID, 1), Run(0, SAID, 1)], total) == 1


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory):
    """Records, one in ten of them spoilt, and a sound copy."""
    folder = tmp_path_factory.mktemp("records")
    write_records(folder / "sound", 10 * len([*BROKEN, *ODD]))
    shutil.copytree(folder / "sound", folder / "spoilt")
    return folder, spoil(folder / "spoilt")


@pytest.mark.parametrize("kind", [*BROKEN, *ODD])
def test_records_says_of_every_way_to_spoil_a_record_what_it_promises(spoilt, kind):
    folder, which = spoilt
    [ref] = make_refs([which[kind]])
    row = examine(folder / "spoilt", ref, "other")
    if kind in BROKEN:
        assert row["status"] == "failed"
        assert BROKEN[kind] in row["reason"]
    else:
        assert row["status"] == "ok"
        assert any(row["lead_issues"])


def test_one_record_in_ten_is_spoilt_and_mended(spoilt):
    folder, which = spoilt
    changed = {
        path.stem
        for path in (folder / "sound").iterdir()
        if not (folder / "spoilt" / path.name).is_file()
        or sha256_file(path) != sha256_file(folder / "spoilt" / path.name)
    }
    assert changed == set(which.values())
    shutil.copytree(folder / "spoilt", folder / "mended")
    mend(folder / "sound", folder / "mended")
    again = {path.name for path in (folder / "mended").iterdir() if path.name != "RECORDS"}
    assert again == {path.name for path in (folder / "sound").iterdir() if path.name != "RECORDS"}
    for name in again:
        assert sha256_file(folder / "mended" / name) == sha256_file(folder / "sound" / name)
    listed = [(folder / place / "RECORDS").read_text() for place in ("mended", "sound")]
    assert listed[0] != listed[1]
    assert listed[0].split() == listed[1].split()


def test_a_place_writes_its_config_beside_itself_and_names_what_is_not_as_it_should_be(tmp_path):
    place = Place(tmp_path / "here", {"dataset": "faults"})
    table = place.results / "pages/shard-00000.parquet"
    table.parent.mkdir(parents=True)
    table.write_bytes(b"whole")
    (place.results / "pages/.shard-00001.parquet.dead0000.part").write_bytes(b"half")
    assert list(place.folder.iterdir()) == [place.folder / "results"]
    wanted = {"pages/shard-00000.parquet": "0" * 64, "pages/shard-00001.parquet": "0" * 64}
    assert place.unlike(wanted) == (
        "1 missing (pages/shard-00001.parquet), 1 changed (pages/shard-00000.parquet), "
        f"1 half-written ({place.results}/pages/.shard-00001.parquet.dead0000.part), "
        "no report/report.html, no figures/figures.csv"
    )


def test_the_table_counts_what_went_wrong():
    good = Outcome("disk full", "50%", "no room", 3, 4, 0, "")
    text = faults.table([good, Outcome("cut short", "`x`", "", 7, 0, 0, "1 missing (x)")])
    assert "| disk full | 50% | no room | 3 | 4 | 0 | yes |" in text
    assert "| cut short | `x` | whole | 7 | 0 | 0 | 1 missing (x) |" in text
    assert "1 of 2 trials ended as they should." in text


def test_a_campaign_that_goes_on_makes_no_trial_twice(tmp_path, monkeypatch, capsys):
    made = []

    def trials(*_):
        for name in ("a", "b"):
            yield name, lambda name=name: made.append(name) or Outcome("fault", name, "", 1, 1, 0, "")

    monkeypatch.setattr(faults, "trials", trials)
    monkeypatch.setattr(faults, "dataset", lambda *_, **__: None)
    out = tmp_path / "faults.jsonl"
    for only in (["a"], []):
        names = [part for name in only for part in ("--only", name)]
        monkeypatch.setattr(sys, "argv", ["faults.py", "--out", str(out), "--work", str(tmp_path / "work"), *names])
        assert faults.main() == 0
    assert made == ["a", "b"]
    assert "2 of 2 trials ended as they should." in capsys.readouterr().out
