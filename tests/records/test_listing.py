from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papertrace.config import Config
from papertrace.errors import ConfigError
from papertrace.records.listing import RecordRef, list_records, make_refs, records_root


def folder_config(folder, database="other") -> Config:
    return Config.model_validate({"records": {"source": "folder", "folder": str(folder), "database": database}})


def test_simulation_is_known_from_the_config_alone(tmp_path):
    config = Config.model_validate({"records": {"simulation": {"two_lead": 1, "twelve_lead": 2}}})
    assert [ref.record for ref in list_records(config)] == ["twelve-lead-0000", "twelve-lead-0001", "two-lead-0000"]
    assert records_root(config, tmp_path / "records.parquet") == tmp_path / "wfdb"


def test_records_file_decides_and_points_on(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "RECORDS").write_text("a/7\n\n  b/\nplain.hea\n")
    (tmp_path / "b" / "RECORDS").write_text("7\n8\n")
    (tmp_path / "unlisted.hea").write_text("")
    assert list_records(folder_config(tmp_path)) == [
        RecordRef("8", "b/8"),
        RecordRef("a-7", "a/7"),
        RecordRef("b-7", "b/7"),
        RecordRef("plain", "plain"),
    ]
    assert records_root(folder_config(tmp_path), tmp_path / "x") == tmp_path


def test_without_records_file_headers_are_found_but_hidden_ones(tmp_path):
    for name in ("x.hea", "deep/er/y.hea", ".git/z.hea", "x.dat"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert list_records(folder_config(tmp_path)) == [RecordRef("x", "x"), RecordRef("y", "deep/er/y")]


def test_ptbxl_is_taken_at_500_hz_where_both_rates_are_listed(tmp_path):
    (tmp_path / "RECORDS").write_text("records100/00000/00001_lr\nrecords500/00000/00001_hr\n")
    assert [ref.record for ref in list_records(folder_config(tmp_path, "ptbxl"))] == ["00001_hr"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "holds no records"),
        ("", "holds no records"),
        ("../secret\n", "'../secret' leads out of the folder"),
        ("/etc/passwd\n", "'/etc/passwd' leads out of the folder"),
        (b"\xff\xfe\x00", "cannot be read as text"),
    ],
)
def test_unusable_lists_are_told_in_a_sentence(tmp_path, content, sentence):
    if content is not None:
        (tmp_path / "RECORDS").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigError, match=sentence):
        list_records(folder_config(tmp_path))


def test_missing_folder_is_told_in_a_sentence(tmp_path):
    with pytest.raises(ConfigError, match=r"records\.folder.*no such folder"):
        list_records(folder_config(tmp_path / "nowhere"))


names = st.text("ab/-. _é", min_size=1, max_size=6).filter(lambda name: name.strip("/. "))


@given(st.sets(names, min_size=1, max_size=12))
def test_ids_are_unique_clean_and_independent_of_order(paths):
    refs = make_refs(paths)
    assert len({ref.record for ref in refs}) == len(paths) == len(refs)
    assert all(set(ref.record) <= set("ab-_0123456789") and ref.record for ref in refs)
    assert refs == make_refs(sorted(paths, reverse=True)) == sorted(refs)


def test_listing_imports_nothing_heavy():
    code = "import sys, papertrace.records.listing, papertrace.manifest.recipes; print(*sys.modules)"
    modules = set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )
    assert not modules & {"wfdb", "numpy", "pandas", "pyarrow", "neurokit2", "scipy"}


@pytest.mark.parametrize(("database", "count"), [("qtdb", 105), ("ludb", 80), ("ptbxl", 200)])
def test_real_databases(shared_data, database, count):
    refs = list_records(folder_config(shared_data / database, database))
    assert len(refs) == count
    assert all((shared_data / database / f"{ref.path}.hea").is_file() for ref in refs)
