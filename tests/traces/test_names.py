"""Lead names: reading what was printed, and the columns that follow from it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from papertrace.geometry import PixelMap
from papertrace.pages.text import draw_text
from papertrace.traces.columns import assign_columns
from papertrace.traces.ink import InkMap, Light, ink_map
from papertrace.traces.layout import Row
from papertrace.traces.names import ASSET, NAMES, TEXTS, LeadName, read_lead_names
from papertrace.traces.sheet import sheet_of

SCALE = 8
START, LENGTH = 15.0, 250.0
STANDARD = (("I", "aVR", "V1", "V4"), ("II", "aVL", "V2", "V5"), ("III", "aVF", "V3", "V6"), ("II",))


def make_row(centre_mm: float, beats_mm: np.ndarray | None = None) -> Row:
    """A baseline with a narrow 12 mm spike at every beat."""
    x = np.arange(START, START + LENGTH, 1 / (4 * SCALE))
    y = np.full(len(x), centre_mm)
    for beat in START + 20.0 + LENGTH / 12 * np.arange(11) if beats_mm is None else beats_mm:
        y -= 12 * np.clip(1 - np.abs(x - beat) / 0.8, 0, None)
    return Row(x, y, np.zeros(len(x)), np.array([[x[0], x[-1]]]))


def make_page(rows: list[Row], noise: float = 0.0) -> InkMap:
    """The rows drawn with a 0.4 mm pen."""
    ink = np.zeros((int((rows[-1].centre_mm + 30) * SCALE), int((START + LENGTH + 15) * SCALE)), np.float32)
    for row in rows:
        points = np.rint(np.stack([row.x_mm, row.y_mm], axis=1) * SCALE * 16).astype(np.int32)
        cv2.polylines(ink, [points], False, 1.0, round(0.4 * SCALE), cv2.LINE_8, 4)
    ink += np.random.default_rng(0).normal(0, noise, ink.shape).astype(np.float32)
    cells = (ink.shape[0] // SCALE, ink.shape[1] // SCALE)
    return InkMap(ink, SCALE, PixelMap(np.eye(3)), noise, np.zeros(cells, bool))


def write(page: InkMap, text: str, x_mm: float, baseline_mm: float, size_mm: float = 3.5, **face) -> None:
    assert draw_text(page.ink, text, x_mm * SCALE, baseline_mm * SCALE, size_mm * SCALE, **face) is not None


def write_names(page: InkMap, rows: list[Row], layout=STANDARD, **how) -> None:
    for row, leads in zip(rows, layout, strict=True):
        for column, lead in enumerate(leads):
            write(page, lead, START + 1 + column * LENGTH / len(leads), row.centre_mm - 7, **how)


@pytest.fixture
def rows() -> list[Row]:
    return [make_row(centre) for centre in (40.0, 75.0, 110.0, 145.0)]


def by_row(names: list[LeadName], count: int = 4) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(name.text for name in names if name.row == row) for row in range(count))


@pytest.mark.parametrize("face", ["sans", "italic"])
@pytest.mark.parametrize(("weight", "size_mm", "noise"), [(300, 3.0, 0.0), (400, 3.6, 0.03), (600, 4.8, 0.0)])
def test_every_name_of_a_12_lead_page_is_read(rows, face, weight, size_mm, noise):
    page = make_page(rows, noise)
    write_names(page, rows, face=face, weight=weight, size_mm=size_mm)
    names = read_lead_names(page, rows)
    assert by_row(names) == STANDARD
    assert names[0].x_mm == pytest.approx(START + 1, abs=1)
    assert names[0].y_mm == pytest.approx(rows[0].centre_mm - 7 - names[0].height_mm / 2, abs=0.5)
    assert all(0.6 * size_mm < name.height_mm < 0.85 * size_mm and 0 < name.score <= 1 for name in names)


def test_a_typeface_never_seen_is_read_without_error(rows):
    page = make_page(rows)
    write_names(page, rows)
    names = read_lead_names(page, rows, without=("Rubik",))
    assert len(names) >= 9
    leads = assign_columns(names, rows, START, LENGTH)
    assert tuple(row and row.leads for row in leads) == STANDARD


@pytest.mark.parametrize(
    "pair", [("MLII", "V5"), ("ECG1", "ECG2"), ("mod.V1", "MLII"), ("V1-V2", "V4-V5"), ("CM5", "CC5"), ("V2R", "D3")]
)
def test_holter_names(pair):
    rows = [make_row(60.0), make_row(140.0)]
    page = make_page(rows)
    write_names(page, rows, [(lead,) for lead in pair], size_mm=4.0)
    leads = assign_columns(read_lead_names(page, rows), rows, START, LENGTH)
    assert [row and row.leads for row in leads] == [(lead,) for lead in pair]


@pytest.mark.parametrize(("printed", "canonical"), [("AVR", "aVR"), ("avl", "aVL"), ("v3", "V3"), ("aVF", "aVF")])
def test_spelling_is_canonical(rows, printed, canonical):
    page = make_page(rows)
    for row in rows[:2]:
        write(page, printed, START + 1, row.centre_mm - 7)
    assert {name.text for name in read_lead_names(page, rows)} == {canonical}


def test_other_print_is_no_name(rows):
    page = make_page(rows)
    write(page, "25 mm/s   10 mm/mV   0.05-150 Hz", START + 1, rows[0].centre_mm - 15, 3.4)
    write(page, "Patient 004211   Sinus rhythm", START + 60, rows[0].centre_mm - 15, 3.4)
    write(page, "12.07.2019", START + 150, rows[3].centre_mm + 10, 3.4)
    assert read_lead_names(page, rows) == []


def test_separators_between_columns_are_not_lead_i(rows):
    page = make_page(rows)
    for row in rows:
        for column in range(1, 4):
            x, y = round((START + column * LENGTH / 4) * SCALE), round((row.centre_mm - 8) * SCALE)
            page.ink[y : y + 3 * SCALE, x : x + 3] = 1
    assert read_lead_names(page, rows) == []
    write_names(page, rows)
    texts = [name.text for name in read_lead_names(page, rows)]
    assert texts.count("I") <= 1
    assert texts.count("III") <= 1


@pytest.mark.parametrize("shift_mm", np.linspace(0, 6, 13))
def test_a_name_crossed_by_a_qrs_is_never_misread(rows, shift_mm):
    starts = START + LENGTH / 4 * np.arange(4)
    rows = [make_row(row.centre_mm, starts + shift_mm) for row in rows]
    page = make_page(rows)
    write_names(page, rows)
    leads = assign_columns(read_lead_names(page, rows), rows, START, LENGTH)
    for row, usual in zip(leads, STANDARD, strict=True):
        assert row is None or all(lead in (None, its) for lead, its in zip(row.leads, usual, strict=True))


def test_no_rows_no_names():
    assert read_lead_names(make_page([make_row(40.0)]), []) == []


def test_asset_holds_the_vocabulary():
    assert ASSET.stat().st_size < 300_000
    with np.load(ASSET) as asset:
        assert set(asset["word"].tolist()) == set(range(len(NAMES.printed)))
    assert set(TEXTS) >= {lead for row in STANDARD for lead in row}


def name(text: str, row: int, column: int, columns: int = 4, score: float = 0.9, offset_mm: float = 1.0) -> LeadName:
    return LeadName(text, START + column * LENGTH / columns + offset_mm, 0.0, 2.5, row, score)


def standard_names() -> list[LeadName]:
    return [
        name(lead, row, column, len(leads)) for row, leads in enumerate(STANDARD) for column, lead in enumerate(leads)
    ]


def test_columns_of_a_12_lead_page(rows):
    result = assign_columns(standard_names(), rows, START, LENGTH)
    assert tuple(row.leads for row in result) == STANDARD
    assert all(all(row.read) for row in result)


def test_names_not_read_follow_from_the_format(rows):
    names = [n for n in standard_names() if n.text not in ("V5", "III")]
    result = assign_columns(names, rows, START, LENGTH)
    assert tuple(row.leads for row in result) == STANDARD
    assert [row.read for row in result[1:3]] == [(True, True, True, False), (False, True, True, True)]


def test_a_misread_name_gives_way_to_the_format(rows):
    names = [n for n in standard_names() if n.text != "V5"] + [name("V6", 1, 3)]
    result = assign_columns(names, rows, START, LENGTH)
    assert tuple(row.leads for row in result) == STANDARD
    assert not result[1].read[3]


def test_names_against_every_format_are_kept_as_read(rows):
    order = (("V6", "V3", "aVF", "III"), ("V5", "V2", "aVL", "II"), ("V4", "V1", "aVR", "I"), ("V1",))
    names = [
        name(lead, row, column, len(leads)) for row, leads in enumerate(order) for column, lead in enumerate(leads)
    ]
    names = [n for n in names if n.text != "aVL"]
    result = assign_columns(names, rows, START, LENGTH)
    assert result[0].leads == order[0]
    assert result[1].leads == ("V5", "V2", None, "II")
    assert result[3].leads == ("V1",)


def test_cabrera_order(rows):
    limb, chest = ("aVL", "I", "-aVR", "II", "aVF", "III"), ("V1", "V2", "V3", "V4", "V5", "V6")
    six = [make_row(30.0 + 25 * k) for k in range(6)]
    names = [name(lead, row, column, 2) for column, leads in enumerate((limb, chest)) for row, lead in enumerate(leads)]
    result = assign_columns([n for n in names if n.text != "II"], six, START, LENGTH)
    assert [row.leads for row in result] == list(zip(limb, chest, strict=True))


def test_the_same_lead_twice_is_not_believed(rows):
    names = [name("V3", 0, 0), name("V1", 0, 1), name("V3", 1, 0), name("V2", 1, 1), name("V7", 0, 3), name("V8", 1, 3)]
    result = assign_columns(names, rows[:2], START, LENGTH)
    assert [row.leads for row in result] == [(None, "V1", None, "V7"), (None, "V2", None, "V8")]
    names[0] = name("V3", 0, 0, score=0.98)
    assert assign_columns(names, rows[:2], START, LENGTH)[0].leads == ("V3", "V1", None, "V7")


def test_one_column():
    rows = [make_row(60.0), make_row(140.0)]
    result = assign_columns([name("MLII", 0, 0, 1), name("V5", 1, 0, 1)], rows, START, LENGTH)
    assert [row.leads for row in result] == [("MLII",), ("V5",)]
    assert [row and row.leads for row in assign_columns([name("V5", 1, 0, 1)], rows, START, LENGTH)] == [None, ("V5",)]


def test_too_few_names_tell_nothing(rows):
    assert assign_columns([], rows, START, LENGTH) == [None] * 4
    # the first column of a 3x4 page looks like a page of one column
    assert assign_columns([name("I", 0, 0), name("II", 1, 0)], rows, START, LENGTH) == [None] * 4
    # half-way: the second of two columns, or the third of four
    assert assign_columns([name("V1", 0, 2), name("V2", 1, 2)], rows, START, LENGTH) == [None] * 4


def test_one_column_is_believed_where_every_row_has_its_name():
    three = [make_row(40.0 + 50 * k, np.array([])) for k in range(3)]
    names = [name(lead, row, 0, 1) for row, lead in enumerate(("I", "II", "III"))]
    assert [row.leads for row in assign_columns(names, three, START, LENGTH)] == [("I",), ("II",), ("III",)]
    # one of the four is a rhythm strip, or the page would show II twice
    four = [make_row(40.0 + 35 * k, np.array([])) for k in range(4)]
    assert assign_columns([*names, name("II", 3, 0, 1)], four, START, LENGTH) == [None] * 4


def test_two_columns_and_four_that_explain_the_names_alike_tell_nothing(rows):
    first_and_third = [n for n in standard_names() if n.text in ("I", "II", "III", "V1", "V2", "V3")]
    assert assign_columns(first_and_third, rows, START, LENGTH) == [None] * 4
    # aVR stands in the third column of no format of four
    others = [name(lead, row, 2) for row, lead in enumerate(("aVR", "aVL", "aVF"))]
    result = assign_columns([n for n in first_and_third if n.x_mm < START + 60] + others, rows, START, LENGTH)
    assert [row and row.leads for row in result[:3]] == [("I", "aVR"), ("II", "aVL"), ("III", "aVF")]


def test_six_rows_of_two_columns_are_no_four(rows):
    leads = (("I", "V1"), ("II", "V2"), ("III", "V3"), ("aVR", "V4"), ("aVL", "V5"), ("aVF", "V6"))
    six = [make_row(30.0 + 25 * k) for k in range(6)]
    names = [name(lead, row, column, 2) for row, pair in enumerate(leads) for column, lead in enumerate(pair)]
    kept = [n for n in names if n.text not in ("V5", "aVF")]
    assert [row.leads for row in assign_columns(kept, six, START, LENGTH)] == list(leads)


FORMATS = {
    "3x4": STANDARD[:3],
    "3x4+1": STANDARD,
    "3x4+3": (*STANDARD[:3], ("II",), ("V1",), ("V5",)),
    "6x2": (("I", "V1"), ("II", "V2"), ("III", "V3"), ("aVR", "V4"), ("aVL", "V5"), ("aVF", "V6")),
    "12x1": tuple((lead,) for lead in ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")),
    "cabrera": (("aVL", "II", "V1", "V4"), ("I", "aVF", "V2", "V5"), ("-aVR", "III", "V3", "V6"), ("II",)),
}


def names_of(form: tuple[tuple[str, ...], ...]) -> list[LeadName]:
    return [name(lead, row, k, len(leads)) for row, leads in enumerate(form) for k, lead in enumerate(leads)]


@st.composite
def subsets(draw) -> tuple[tuple[tuple[str, ...], ...], list[LeadName]]:
    """A format and some of its names; names of some columns alone can look like a page with fewer columns."""
    form = FORMATS[draw(st.sampled_from(list(FORMATS)))]
    columns = draw(st.sets(st.integers(0, 3), min_size=1))
    among = [n for n in names_of(form) if round(4 * (n.x_mm - START) / LENGTH) in columns]
    return form, draw(st.lists(st.sampled_from(among or names_of(form)), unique=True))


@settings(max_examples=1500, deadline=None, derandomize=True, database=None)
@given(chosen=subsets(), offset=st.floats(-4, 6))
def test_a_subset_of_the_names_never_gives_a_wrong_lead(chosen, offset):
    form, kept = chosen
    # that all of the first column was read and nothing of the others is how a page of one column looks
    assume(max(map(len, form)) == 1 or {(n.row, n.x_mm) for n in kept} != {(k, START + 1) for k in range(len(form))})
    kept = [LeadName(n.text, n.x_mm + offset, n.y_mm, n.height_mm, n.row, n.score) for n in kept]
    result = assign_columns(kept, [make_row(40.0 + 15 * k, np.array([])) for k in range(len(form))], START, LENGTH)
    for row, usual in zip(result, form, strict=True):
        assert row is None or all(lead in (None, its) for lead, its in zip(row.leads, usual, strict=True))


@pytest.mark.parametrize("layout", list(FORMATS))
def test_every_format_is_read_from_all_its_names(layout):
    form = FORMATS[layout]
    rows = [make_row(40.0 + 15 * k, np.array([])) for k in range(len(form))]
    result = assign_columns(names_of(form), rows, START, LENGTH)
    assert tuple(row.leads for row in result) == form


def test_a_row_below_a_format_is_a_strip_without_its_name(rows):
    names = [n for n in names_of(FORMATS["cabrera"]) if n.row < 3]
    result = assign_columns(names, rows, START, LENGTH)
    assert tuple(row.leads for row in result) == (*FORMATS["cabrera"][:3], (None,))


@pytest.mark.parametrize("number", ["015", "045", "094"])
def test_pages_of_another_program(shared_data, number):
    image = cv2.imread(str(shared_data / "foreign-pages" / f"ludb-{number}.png"))
    page = ink_map(image, sheet_of(image), Light.of(image))
    # where its rows are is another's task; names stand 6.3 mm above them
    rows = [make_row(centre, np.array([])) for centre in (29.0, 59.0, 89.0, 119.0)]
    names = read_lead_names(page, rows)
    assert len(names) >= 11
    assert all(name.text in STANDARD[name.row] for name in names)
    leads = assign_columns(names, rows, 1.1, LENGTH)
    assert tuple(row and row.leads for row in leads) == STANDARD
