import pytest

from papertrace.records.comments import age_and_sex, read_age_and_sex


@pytest.mark.parametrize(
    ("comments", "found"),
    [
        (["<age>: 71", "<sex>: M", "<diagnoses>:", "Rhythm: Sinus rhythm."], (71, "male")),
        (["Age: 47  Sex: M", "Recorder type: ICR model 7200"], (47, "male")),
        ([" 69 M 1085 1629 x1", " Aldomet, Inderal"], (69, "male")),
        ([" Age: 56", " Sex: Female", " Dx: 164889003"], (56, "female")),
        (["age 300", "gender=F"], (None, "female")),
        (["Age: NaN", "Sex: Unknown"], (None, None)),
        (["Produced by xform from record mqt2, beginning at 11:13:10.000", "------"], (None, None)),
        (["Coronary angiography", "The signal 0 was delayed with a delay=7 samples"], (None, None)),
        ([], (None, None)),
    ],
)
def test_age_and_sex_of_every_way_to_write_them(comments, found):
    assert age_and_sex(comments) == found


def test_headers_of_real_databases(shared_data):
    """QTDB's comments are of every kind, and none stops anything."""
    qtdb = [read_age_and_sex(shared_data / "qtdb", path.stem) for path in sorted((shared_data / "qtdb").glob("*.hea"))]
    assert len(qtdb) == 105 and sum(age is not None for age, _ in qtdb) > 30
    assert all(age is None or 15 < age < 100 for age, _ in qtdb)
    records = (shared_data / "ludb" / "RECORDS").read_text().split()
    ludb = [read_age_and_sex(shared_data / "ludb", record) for record in records]
    assert sum(age is not None and sex is not None for age, sex in ludb) > 0.9 * len(records)
    assert read_age_and_sex(shared_data / "qtdb", "no-such") == (None, None)


def test_a_header_of_another_alphabet_is_no_obstacle(tmp_path):
    (tmp_path / "r.hea").write_bytes(b"r 1 250 10\nr.dat 16\n#Alter: \xe4\xff\n#Age: 33\n#Sex: f\n")
    assert read_age_and_sex(tmp_path, "r") == (33, "female")
