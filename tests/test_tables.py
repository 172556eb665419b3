"""Tables: cells are values with dotted names, from form.toml to the words on the paper."""

import dataclasses
import json
import shutil

import pytest

from templates.catalogue import FORMS, load_form
from templates.errors import BadForm, TemplateRefused, ValueRefused
from templates.form import Form, flat
from templates.render import Order, rehearse
from templates.wording import copies_note, printed
from tests import tabled

COLUMN = """
[[field]]
name = "members"
label = "家庭成员"
type = "table"
required = true
max = 10
min_rows = 2
max_rows = 4
[[field.column]]
name = "member_name"
label = "姓名"
type = "string"
required = true
max = 50
[[field.column]]
name = "phone"
label = "电话"
type = "string"
required = false
max = 11
"""


@pytest.fixture
def folder(tmp_path):
    """The transfer form with a table."""
    made = shutil.copytree(FORMS / "transfer_application", tmp_path / "transfer_application")
    file = made / "form.toml"
    file.write_text(file.read_text("utf-8") + COLUMN, "utf-8")
    return made


@pytest.fixture
def form(tmp_path):
    return tabled.roster(tmp_path)


def test_a_flat_name_finds_its_column(folder):
    """`members.2.phone` is column phone in row 2; anything else is no field."""
    form = load_form(folder)
    assert form.field("members.2.phone").label == "电话"
    assert form.label("members.2.phone") == "家庭成员第2行电话"
    assert form.label("sex") == "性别"
    assert [field.name for field in form.tables] == ["members"]
    for wrong in (
        "members.2.shoe",
        "members.0.phone",
        "members.x.phone",
        "members.2",
        "sex.1.phone",
        "rows.1.no",
    ):
        with pytest.raises(KeyError):
            form.field(wrong)


def test_rows_are_counted_from_the_names():
    """The highest row that has a value; other tables do not count."""
    form = Form(
        "x", "x", 1, "roster", (), (), (1, 1), "", (tabled.table(),), (), None, ""
    )  # fmt: skip
    assert form.rows({}, "rows") == 0
    assert (
        form.rows({"rows.1.no": "1", "rows.12.no": "2", "rowsx.40.no": "3", "other.30.no": "4"}, "rows") == 12
    )


def test_nested_values_become_flat():
    """Lists of objects and maps; nothing stays nothing."""
    nested = {"a": 1, "rows": [{"no": 1, "name": None}, {"no": 2}], "grades": {"语文": "A"}, "empty": []}
    assert flat(nested) == {
        "a": "1",
        "rows.1.no": "1",
        "rows.1.name": "",
        "rows.2.no": "2",
        "grades.语文": "A",
    }


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('type = "table"', 'type = "string"', "column"),
        ('name = "phone"', 'name = "member_name"', "重名"),
        ('name = "phone"', 'name = "phone"\nshoe = 1', "shoe"),
        ('name = "phone"', 'name = "phone"\nsource = "school"', "source"),
        ('name = "member_name"', 'name = "member_name"\nblank = true', "blank"),
        ("min_rows = 2", "min_rows = 5", "min_rows"),
        ("max_rows = 4", "max_rows = 99999", "max_rows"),
        ('name = "members"', 'name = "title"', "保留字"),
        ('name = "members"\n', 'name = "members"\nblank = true\n', "blank"),
        ("pages = 1", "pages = 251", "pages"),
        ("pages = 1", 'pages = 1\nsubject = "cat"', "subject"),
        ("pages = 1", 'pages = 1\narchive_to = ["cellar"]', "archive_to"),
        ("pages = 1", 'pages = 1\naccess = "open"', "access"),
        ("pages = 1", 'pages = 1\ntexts = {"a-b" = "x"}', "texts"),
        ("pages = 1", 'pages = 1\nattachment = "附件8"', "attachment"),
    ],
)
def test_a_spoilt_table_is_refused(folder, old, new, said):
    """What would only be noticed on paper."""
    file = folder / "form.toml"
    text = file.read_text("utf-8")
    assert old in text
    head, _, tail = text.rpartition(old)
    file.write_text(head + new + tail, "utf-8")
    with pytest.raises(BadForm) as caught:
        load_form(folder)
    assert said in caught.value.message_zh


def test_cells_are_printed_as_words_and_rows_are_numbered(form):
    """Codes as words, dates short, empty cells not at all, `no` counted unless somebody gave it."""
    data = tabled.rows(2) | {"rows.2.no": "7"}
    facts = printed(form, data)
    assert facts["rows.1.no"] == "1"
    assert facts["rows.2.no"] == "7"
    assert facts["rows.1.sex"] == "女"
    assert facts["rows.1.birth_date"] == "2011-04-12"
    assert facts["rows.1.score"] == "401.5"
    assert "rows.1.remark" not in facts
    assert not any("signature" in name for name in facts)


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"rows.2.student_name": ""}, "rows.2.student_name", "名册第2行姓名"),
        ({"rows.5.no": "5"}, "rows.4.student_no", "必填"),
        ({"rows.1.sex": "男"}, "rows.1.sex", "代码"),
        ({"rows.1.score": "1e3"}, "rows.1.score", "数"),
        ({"rows.1.no": "01"}, "rows.1.no", "整数"),
        ({"rows.1.no": "-1"}, "rows.1.no", "整数"),
        ({"rows.1.birth_date": "2011-02-30"}, "rows.1.birth_date", "日期"),
    ],
)
def test_a_wrong_cell_is_named_by_row_and_label(form, change, field, said):
    """The clerk must find it among five hundred."""
    data = {name: value for name, value in (tabled.rows(3) | change).items() if value}
    with pytest.raises(ValueRefused) as caught:
        printed(form, data)
    assert caught.value.field == field
    assert said in caught.value.message_zh


def test_a_table_has_its_least_and_most_rows(form):
    """None where there must be one, and more than the form takes."""
    with pytest.raises(ValueRefused, match="至少"):
        printed(form, {"class_no": "1"})
    tight = dataclasses.replace(form, fields=(form.fields[0], tabled.table(max_rows=3)))
    with pytest.raises(ValueRefused, match="最多 3 行"):
        printed(tight, tabled.rows(4))


def test_copies_are_told_with_whom_they_are_for(catalogue):
    """The last line of a form."""
    assert copies_note(catalogue.get("transfer_application")).startswith("一式4份，转出学校、转入学校")
    assert copies_note(catalogue.get("diploma_junior")) == ""


def marks(filled):
    return [(mark.name, mark.text) for mark in filled.marks]


def rehearsed(folder, build, data, **changes):
    """Fill a template built by `build`, without LibreOffice."""
    form = tabled.roster(folder, build, **changes)
    example = folder / "example.json"
    example.write_text(json.dumps({"data": data}), "utf-8")
    return rehearse(form, "HTTPS://YINZHENG.EXAMPLE/V/ABC")


ROW = {"student_no": "L1", "student_name": "文勇俊"}


def test_rows_of_fixed_places_are_padded(tmp_path):
    """`{{ rows[1].x }}` on a form with two places, one of them empty."""

    def build(document):
        document.add_paragraph(
            "{{ class_no }}{{ rows[0].student_name }}/{{ rows[2].student_name }}{{ rows[0].no }}"
        )
        document.add_paragraph("{% if rows[0].raw.sex == '1' %}{{ rows[0].student_no }}{% endif %}")

    filled = rehearsed(tmp_path, build, {"class_no": "6", "rows": [{**ROW, "sex": 1}]})
    assert marks(filled)[:4] == [
        ("class_no", "6"), ("rows.1.student_name", "文勇俊"), ("rows.1.no", "1"), ("rows.1.student_no", "L1"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "evil",
    ["{{ rows[9].student_name }}", "{{ rows[0].shoe }}", "{{ rows[0]._values }}", "{{ rows.__class__ }}"],
)
def test_a_row_gives_its_columns_and_nothing_else(tmp_path, evil):
    """A template that asks for more is refused."""
    with pytest.raises(TemplateRefused):
        rehearsed(tmp_path, lambda document: document.add_paragraph(evil), {"class_no": "6", "rows": [ROW]})


def test_wordings_and_notes_are_printed_but_not_compared(tmp_path, printer):
    """`text.name` and the loop over `footnotes`; an order (an edition) may replace both, and the title."""

    def build(document):
        tabled.body(document)
        for line in (
            "{{ title }}{{ text.effect }}",
            "{%p for note in footnotes %}",
            "注：{{ note }}",
            "{%p endfor %}",
        ):
            document.add_paragraph(line)

    form = tabled.roster(tmp_path, build, texts={"effect": "一经盖章生效"}, footnotes=("甲", "乙"))
    assert {mark.kind for mark in rehearse_with(form).marks if mark.name in {"effect", "note"}} == set()
    order = Order(
        form,
        tabled.rows(1),
        "7K2M9QX4TB5DR",
        tabled.codes,
        {"title": "新题"},
        {"effect": "新版<措辞>"},
        ("丙",),
    )
    paper = printer.print(order)
    text = tabled.text_of(paper.pdf)[0]
    assert "新题新版<措辞>" in text
    assert "注：丙" in text
    assert "甲" not in text


def rehearse_with(form):
    (form.folder / "example.json").write_text(json.dumps({"data": {"class_no": "6", "rows": [ROW]}}), "utf-8")
    return rehearse(form, "HTTPS://YINZHENG.EXAMPLE/V/ABC")
