"""Requests of any JSON become flat texts, and what cannot be one is named by its cell."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.regulation import sources
from service.regulation.flat import MAX_CELLS, flatten
from service.regulation.values import form_objections
from templates.catalogue import Catalogue
from templates.form import Field

COLUMNS = (
    Field("no", "序号", "int", required=False, max=4),
    Field("student_no", "学籍号", "string", required=True, max=19, format="student_no"),
    Field("student_name", "姓名（毕业时）", "string", required=True, max=50, record="name"),
    Field("score", "成绩", "decimal", required=False, max=6),
    Field("signature", "签名", "string", required=False, max=1, blank=True),
)
FIELDS = (
    Field("term", "学期", "string", required=True, max=10),
    Field("size", "人数", "int", required=False, max=4),
    Field("agreed", "同意", "code", required=False, max=1, code_set="yesno"),
    Field("exam_grades", "学业水平考试", "map", required=False, max=1, code_set=None),
    Field("rows", "名册", "table", required=True, max=2000, max_rows=50, columns=COLUMNS),
)
FORM = replace(Catalogue.load().get("transfer_application"), name="list", fields=FIELDS)
RECORD = {"student_no": "G140499201104120011", "name": "文勇俊", "sex": "1"}


def codes(objections):
    return [(item.field, item.code) for item in objections]


def test_values_of_every_kind():
    """Numbers as a person writes them, booleans as codes, rows and maps under dotted names, nothing for null."""
    values, found = flatten(
        FORM,
        {
            "term": "2026春",
            "size": 48,
            "agreed": True,
            "exam_grades": {"语文": "A", "数学": None},
            "rows": [{"student_no": RECORD["student_no"], "成绩": 91.5}, {"姓名": "郝一㛃", "score": 90.0}],
        },
    )
    assert found == []
    assert values == {
        "term": "2026春",
        "size": "48",
        "agreed": "1",
        "exam_grades.语文": "A",
        "rows.1.student_no": RECORD["student_no"],
        "rows.1.score": "91.5",
        "rows.2.student_name": "郝一㛃",
        "rows.2.score": "90",
    }


@pytest.mark.parametrize(
    ("data", "field", "code"),
    [
        ({"colour": "red"}, "colour", "unknown_field"),
        ({"rows.1.score": "1"}, "rows.1.score", "unknown_field"),
        ({"rows": [{"score": 1}, {"colour": 1}, {"colour": 2}]}, "rows.2.colour", "unknown_field"),
        ({"rows": [{"signature": "x"}]}, "rows.1.signature", "unknown_field"),
        ({"rows": "文勇俊"}, "rows", "not_table"),
        ({"rows": {"1": {}}}, "rows", "not_table"),
        ({"rows": [["文勇俊"]]}, "rows", "not_table"),
        ({"rows": [{}] * 51}, "rows", "too_many_rows"),
        ({"rows": [{"score": [1]}]}, "rows.1.score", "not_text"),
        ({"term": ["2026"]}, "term", "not_text"),
        ({"size": float("nan")}, "size", "not_text"),
        ({"size": 10**15}, "size", "not_text"),
        ({"exam_grades": "A"}, "exam_grades", "not_map"),
        ({"exam_grades": {"a.b": "A"}}, "exam_grades", "not_map"),
        ({"rows": [{"姓名": "甲", "student_name": "乙"}]}, "rows.1.student_name", "given_twice"),
    ],
)
def test_what_is_no_value(data, field, code):
    assert codes(flatten(FORM, data)[1]) == [(field, code)]


def test_too_many_cells():
    wide = replace(FORM, fields=(replace(FIELDS[-1], max_rows=MAX_CELLS),))
    values, found = flatten(wide, {"rows": [{"score": 1, "no": 1}] * (MAX_CELLS // 2 + 1)})
    assert (values, codes(found)) == ({}, [(None, "too_many_rows")])


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
NAMES = st.sampled_from([field.name for field in FIELDS]) | st.text(max_size=5)


@pytest.mark.parametrize(("value", "text"), [(1e-7, "0"), (2.0000000001, "2"), (0.25, "0.25"), (-0.0, "0")])
def test_a_number_ends_in_a_digit(value, text):
    """What is too small for six places leaves no point behind."""
    assert flatten(FORM, {"size": value}) == ({"size": text}, [])


@given(st.dictionaries(NAMES, JSON, max_size=5))
def test_any_json_is_text_or_objected_to(data):
    """Nothing else than texts comes in, each under a name the form knows."""
    values, _ = flatten(FORM, data)
    assert all(isinstance(value, str) and value for value in values.values())
    assert all(FORM.field(name) for name in values)


def roll(student_no):
    return RECORD if student_no == RECORD["student_no"] else None


def test_rows_are_numbered_and_completed():
    """A row that names a student has what the record has; an unknown student's row stays as it is."""
    data, _ = flatten(FORM, {"rows": [{"student_no": RECORD["student_no"]}, {"student_no": "L1"}]})
    done = sources.complete(FORM, data, roll)
    assert done.data["rows.1.student_name"] == "文勇俊"
    assert (done.data["rows.1.no"], done.data["rows.2.no"]) == ("1", "2")
    assert done.recorded == {"rows.1.student_no", "rows.1.student_name"}
    assert codes(sources.missing(FORM, done.data)) == [
        ("term", "missing_field"),
        ("rows.2.student_name", "missing_field"),
    ]
    assert codes(form_objections(FORM, done.data, done.recorded)) == [("rows.2.student_no", "bad_student_no")]


def test_a_picture_only_comes_from_the_record():
    """Whoever knows the digest of another's portrait cannot print it in a row, nor any other object."""
    photo = Field("photo", "照片", "photo", required=False, max=64)
    form = replace(FORM, fields=(*FIELDS[:-1], replace(FIELDS[-1], columns=(*COLUMNS, photo))))
    other = "b" * 64

    def photographed(student_no):
        return {**RECORD, "photo": "a" * 64} if student_no == RECORD["student_no"] else None

    rows = [{"student_no": RECORD["student_no"], "photo": other}, {"student_name": "郝一㛃", "photo": other}]
    done = sources.complete(form, flatten(form, {"rows": rows})[0], photographed)
    wanted = [("rows.1.photo", "contradicts_record"), ("rows.2.photo", "contradicts_record")]
    assert codes(done.objections) == wanted
    done = sources.complete(form, flatten(form, {"rows": rows})[0], roll)
    assert codes(done.objections) == wanted


def test_a_cell_may_not_contradict_the_record():
    data, _ = flatten(FORM, {"rows": [{"student_no": RECORD["student_no"], "姓名": "别人"}]})
    found = sources.complete(FORM, data, roll).objections
    assert codes(found) == [("rows.1.student_name", "contradicts_record")]
    assert found[0].message.startswith("名册第1行姓名")


@pytest.mark.parametrize("text", ["3.0", "-1", "１", "03", "many"])
def test_a_count_is_a_whole_number(text):
    assert codes(form_objections(FORM, {"size": text}, frozenset())) == [("size", "bad_number")]
