from __future__ import annotations

import pytest

from papertrace.config import Config
from papertrace.errors import ConfigError
from papertrace.io import read_rows
from papertrace.records import stage
from papertrace.records.folds import TABLE, Person, read_folds

HEAD = "ecg_id,patient_id,age,strat_fold,filename_lr,filename_hr"


def line(ecg_id: int, patient: str, fold: str) -> str:
    name = f"00000/{ecg_id:05d}"
    return f'{ecg_id},{patient},"56,0",{fold},records100/{name}_lr,records500/{name}_hr'


def test_patient_and_fold_of_each_record_at_both_rates(tmp_path):
    (tmp_path / TABLE).write_text("\n".join([HEAD, line(1, "15709.0", "3"), line(2, "13243.0", "10")]))
    people = read_folds(tmp_path)
    assert len(people) == 4
    assert people["records500/00000/00001_hr"] == people["records100/00000/00001_lr"] == Person("15709", 3)
    assert people["records500/00000/00002_hr"] == Person("13243", 10)


def test_without_the_table_nobody_is_known(tmp_path):
    assert read_folds(tmp_path) == {}


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n",
        f"{HEAD}\n{line(1, '', '3')}\n",
        f"{HEAD}\n{line(1, '1.0', 'x')}\n",
        f"{HEAD}\n1,2\n",
        b"\xff\xfe\0",
    ],
    ids=["other columns", "no patient", "no fold", "short line", "no text"],
)
def test_a_table_that_cannot_be_read_is_told(tmp_path, text):
    (tmp_path / TABLE).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError, match=r"ptbxl_database\.csv: cannot be read as PTB-XL's table of records \("):
        read_folds(tmp_path)


def test_they_stand_in_the_table_of_records(write_record, beats, tmp_path):
    for name in ("records500/00000/00001_hr", "records500/00000/00002_hr"):
        root = write_record(name, beats)
    (root / "RECORDS").write_text("records500/00000/00001_hr\nrecords500/00000/00002_hr\n")
    (root / TABLE).write_text("\n".join([HEAD, line(1, "15709.0", "9")]))
    config = {"records": {"source": "folder", "folder": str(root), "database": "ptbxl"}}
    stage.run(Config.model_validate(config), tmp_path / "records.parquet")
    rows = read_rows(tmp_path / "records.parquet")
    assert [(row["record"], row["patient"], row["fold"]) for row in rows] == [
        ("00001_hr", "15709", 9),
        ("00002_hr", None, None),
    ]
