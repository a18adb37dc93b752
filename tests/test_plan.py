"""How many pages and shards there are is known before anything has run."""

from __future__ import annotations

import pytest

from papertrace.config import validate_config
from papertrace.errors import ConfigError
from papertrace.plan import page_count, shard_names


def folder_config(folder, n_records, **manifest):
    folder.mkdir(exist_ok=True)
    (folder / "RECORDS").write_text("".join(f"sel{k:05d}\n" for k in range(n_records)))
    return {"records": {"source": "folder", "folder": str(folder), "database": "qtdb"}, "manifest": manifest}


@pytest.mark.parametrize(
    ("recipe", "n_records", "pages"),
    [("qtdb-21801", 105, 21_801), ("qtdb-disjoint", 105, 9_450), ("ptbxl-21801", 21_801, 21_801)],
)
def test_the_recipes_of_the_study(tmp_path, recipe, n_records, pages):
    data = folder_config(tmp_path / "db", n_records, recipe=recipe)
    assert page_count(validate_config(data)) == pages
    assert page_count(validate_config({**data, "limit": 210})) == 210
    assert page_count(validate_config({**data, "limit": 10**6})) == pages


def test_the_headline_run_has_219_shards(tmp_path):
    names = shard_names(validate_config(folder_config(tmp_path / "db", 105, recipe="qtdb-21801")))
    assert (len(names), names[0], names[-1]) == (219, "shard-00000", "shard-00218")


def test_strided_windows_of_a_simulation():
    config = validate_config(
        {
            "records": {"simulation": {"two_lead": 3, "twelve_lead": 2}},
            "manifest": {"windows_per_record": 4},
            "shard_size": 7,
        }
    )
    assert page_count(config) == 20
    assert shard_names(config) == ["shard-00000", "shard-00001", "shard-00002"]


def test_a_folder_without_a_list_is_searched(tmp_path):
    for name in ("a.hea", "deep/er/b.hea", "deep/notes.txt"):
        path = tmp_path / "db" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    config = validate_config({"records": {"source": "folder", "folder": str(tmp_path / "db")}})
    assert page_count(config) == 2


def test_a_recipe_refuses_another_number_of_records(tmp_path):
    with pytest.raises(ConfigError, match="needs 105 records, not 3"):
        page_count(validate_config(folder_config(tmp_path / "db", 3, recipe="qtdb-21801")))


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="holds no records"):
        page_count(validate_config({"records": {"source": "folder", "folder": str(tmp_path)}}))


def test_parts_are_all_shards_once_and_in_order():
    data = {"records": {"simulation": {"two_lead": 10, "twelve_lead": 0}}, "shard_size": 1}
    parts = [shard_names(validate_config({**data, "part": f"{k}/3"})) for k in (1, 2, 3)]
    assert [len(part) for part in parts] == [3, 3, 4]
    assert [name for part in parts for name in part] == shard_names(validate_config(data))
    with pytest.raises(ConfigError, match="`part` is '1/11', but there are only 10 shards"):
        shard_names(validate_config({**data, "part": "1/11"}))
    with pytest.raises(ConfigError, match="`part` is '4/3': write 1/4"):
        validate_config({**data, "part": "4/3"})
