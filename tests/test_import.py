"""Students come in from tables as people really save them, all of them or none, and every bad cell is named."""

import contextlib
import csv
import io
import os
import subprocess
import sys
import zipfile
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from service import register
from service.demo.people import id_number
from service.errors import Problem
from service.importing import XLSX, faults_table, import_students, template
from service.importing.headings import known_names
from service.importing.lines import lines_of
from service.regulation.edition import RecordField
from service.spreadsheet import tables as importing_tables
from service.spreadsheet.cells import Wrong, value_of
from service.spreadsheet.names import plain
from service.spreadsheet.tables import Cell, column_letters, column_number, read_tables
from service.web.http import create
from tests.conftest import OTHER_SCHOOL, SCHOOL, UNITS, as_role
from tests.served import client_of

BIRTH = date(2011, 4, 12)
HEAD = ["★学籍号", "姓名（必填）", "性别", "出生日期", "年级", "班级", "身份证件类型", "身份证件号", "民族"]


def person(order, name="测试生"):
    """One good row; odd orders are boys."""
    number = id_number(BIRTH, order)
    sex = "男" if order % 2 else "女"
    return ["G" + number, name, sex, "2011-04-12", "初中三年级", "6", "居民身份证", number, "汉族"]


def book(*rows, head=HEAD, above=(), change=None):
    """A workbook with one sheet 学生; `change` may do anything to it."""
    made = Workbook()
    sheet = made.active
    sheet.title = "学生"
    for row in (*above, head, *rows):
        sheet.append(row)
    if change:
        change(made)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def text(*rows, head=HEAD, encoding="utf-8", delimiter=","):
    """The same as a CSV file."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([head, *rows])
    return out.getvalue().encode(encoding)


@pytest.fixture
def edition(office):
    return office.editions.on(office.today())


@pytest.fixture
def school(office, city):
    """The office with its units and nobody in them."""
    for code, body in UNITS.items():
        register.put_organization(office, city, code, body)
    return office


@pytest.fixture
def registrar():
    return as_role("registrar", SCHOOL)


def faults(report):
    """Row, column and code of each fault."""
    return [(fault.row, fault.column, fault.code) for fault in report.faults]


def on_file(office):
    with office.archive.read() as reading:
        return {student.student_no: student for student in reading.students(SCHOOL)}


def test_a_table_of_students_comes_in(school, registrar):
    """New ones are registered, known ones brought up to date; a blank cell leaves what is on file."""
    report = import_students(
        school, registrar, book(person(1), person(2, "测试乙"), above=[["全校花名册"], []])
    )
    assert report.faults == []
    assert report.to_json() | {"sheets": 0} == {
        "imported": 2,
        "created": 2,
        "updated": 0,
        "rows": 2,
        "dry_run": False,
        "sheets": 0,
        "ignored": [],
    }
    kept = on_file(school)["G" + id_number(BIRTH, 1)]
    assert (kept.name, kept.school) == ("测试生", SCHOOL)
    assert kept.data["sex"], kept.data["ethnic"] == ("1", "01")
    again = person(1, "测试甲")
    again[8] = None
    report = import_students(school, registrar, book(again))
    assert (report.created, report.updated) == (0, 1)
    kept = on_file(school)["G" + id_number(BIRTH, 1)]
    assert (kept.name, kept.data["ethnic"]) == ("测试甲", "01")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_csv_as_it_is_saved(school, registrar, encoding, delimiter):
    """Every encoding and separator that offices save, names with rare characters, texts kept as texts."""
    row = person(1, "郝一㛃")
    row[0], row[7] = f'="{row[0]}"', f"\t{row[7]}"
    report = import_students(school, registrar, text(row, encoding=encoding, delimiter=delimiter))
    assert report.faults == []
    assert on_file(school)["G" + id_number(BIRTH, 1)].name == "郝一㛃"


def test_every_bad_cell_is_named_and_nothing_written(school, registrar):
    """Row, column, what and how, for cells of every kind of spoiling; the good rows wait too."""
    rows = [person(number) for number in range(1, 10)]
    rows[1][2] = "女性"
    rows[2][3] = "2011年13月1日"
    rows[3][7] = 140499201104120049.0
    rows[4][0] = rows[0][0]
    rows[5][4] = "=A1"
    rows[6][2] = "女"
    rows[7][0] = None
    rows[8][7] = rows[0][7]
    report = import_students(school, registrar, book(*rows))
    assert faults(report) == [
        (3, "C", "bad_code"),
        (4, "D", "bad_date"),
        (4, "D", "birth_date_differs"),
        (5, "H", "digits_lost"),
        (6, "H", "student_no_differs"),
        (6, "A", "doubled_row"),
        (7, "E", "formula_cell"),
        (8, "C", "sex_differs"),
        (9, "A", "missing_field"),
        (10, "H", "student_no_differs"),
        (10, "H", "doubled_row"),
    ]
    assert all("；" in fault.message and fault.what_and_how()[1] for fault in report.faults)
    assert on_file(school) == {}
    problem = report.problem().to_json()
    assert (problem["status"], problem["code"], problem["faults"]) == (422, "import_refused", 11)
    first = problem["errors"][0]
    assert (first["sheet"], first["row"], first["column"], first["heading"]) == ("学生", 3, "C", "性别")
    listed = load_workbook(io.BytesIO(faults_table(report))).active
    assert [cell.value for cell in listed[2]][:4] == ["学生", "3", "C", "性别"]
    assert listed.max_row == 12


def test_numbers_dates_and_words_as_programs_spoil_them(school, registrar):
    """Serial numbers, datetimes, lost zeros, full-width digits, blanks, codes with their words."""
    rows = [person(number) for number in range(1, 7)]
    rows[0][3], rows[1][3], rows[2][3] = 40645, datetime(2011, 4, 12), 20110412  # noqa: DTZ001
    rows[3][3], rows[4][3], rows[5][3] = "2011/4/12", "２０１１．４．１２", "2011年4月12日"
    rows[0][8], rows[1][8], rows[2][8] = 1, "汉", "01-汉族"
    rows[0][2], rows[1][2] = 1, "2-女"
    for row, grade in zip(rows, ["九年级", "初三", "J3", "j3", "初中三年级 ", "９年级"], strict=True):
        row[4] = grade
    rows[0][5], rows[1][5], rows[2][5] = 6, "(6)班", "６班"
    rows[3][1], rows[4][1] = " 测　试 ", "阿卜杜拉•测试"
    rows[5][7] = rows[5][7].lower() + "\u200b"
    report = import_students(school, registrar, book(*rows))
    assert report.faults == []
    kept = sorted(on_file(school).values(), key=lambda student: student.student_no)
    assert {student.data["birth_date"] for student in kept} == {"2011-04-12"}
    assert {(student.data["grade"], student.data["class_no"]) for student in kept} == {("J3", "6")}
    assert {student.name for student in kept} == {"测试生", "测试", "阿卜杜拉·测试"}


def test_merged_and_hidden_rows_are_asked_about(school, registrar):
    """What nobody sees is neither taken nor dropped in silence."""

    def spoil(made):
        made.active.merge_cells("E2:E3")
        made.active.row_dimensions[4].hidden = True

    report = import_students(school, registrar, book(*[person(order) for order in (1, 2, 3)], change=spoil))
    assert faults(report) == [(2, "E", "merged_cell"), (3, "E", "merged_cell"), (4, "", "hidden_row")]


def test_several_sheets_and_a_heading_of_two_rows(school, registrar):
    """Each class on its own sheet; hidden sheets, and sheets without a heading, are none of it."""

    def more(made):
        second = made.create_sheet("二班")
        for column in (1, 2, 3, 4, 5, 6, 9):
            second.merge_cells(start_row=1, end_row=2, start_column=column, end_column=column)
            second.cell(1, column, HEAD[column - 1])
        second.merge_cells("G1:H1")
        second["G1"], second["G2"], second["H2"] = "身份证件", "证件类型", "证件号码"
        second.append(person(2))
        made.create_sheet("说明").append(["请先看说明"])
        secret = made.create_sheet("旧表")
        secret.append(HEAD)
        secret.append(person(9))
        secret.sheet_state = "hidden"

    report = import_students(school, registrar, book(person(1), change=more))
    assert (report.faults, report.rows, report.sheets) == ([], 2, ["学生", "二班"])


def test_a_table_without_what_it_needs(school, registrar):
    """No heading; a missing or doubled column is told once; unknown columns are listed, not dropped in silence."""
    assert faults(import_students(school, registrar, book(head=["甲", "乙"]))) == [(0, "", "no_heading")]
    assert faults(import_students(school, registrar, book())) == [(0, "", "no_rows")]
    rows = [[*person(1)[:3], "x"], [*person(2)[:3], "y"]]
    report = import_students(school, registrar, book(*rows, head=[*HEAD[:3], "鞋码"]))
    assert [(f.code, f.field, f.row) for f in report.faults] == [
        ("missing_column", "birth_date", 1),
        ("missing_column", "grade", 1),
    ]
    assert report.ignored == ("鞋码",)
    report = import_students(school, registrar, book([*person(1), "1"], head=[*HEAD, "性别"]))
    assert faults(report) == [(1, "J", "doubled_column")]


def test_nobody_gets_a_second_record(school, registrar, city):
    """Arts. 11 and 14: the same id number under another 学籍号, and a student on another school's roll."""
    assert import_students(school, registrar, book(person(1))).faults == []
    other = person(1)
    other[0] = "L140499201104129999"
    report = import_students(school, registrar, book(other))
    assert [(fault.code, fault.article) for fault in report.faults] == [("double_record", 14)]
    assert other[0] not in report.faults[0].message
    report = import_students(school, city, book(person(1)), school=OTHER_SCHOOL)
    assert [(fault.code, fault.article) for fault in report.faults] == [("on_another_roll", 14)]
    body = {"name": "测试", "sex": "1", "birth_date": "2011-04-12", "grade": "J3", "school": SCHOOL}
    with pytest.raises(Problem) as caught:
        register.put_student(school, city, other[0], {**body, "id_type": "1", "id_number": other[7]})
    assert caught.value.code == "double_record"


def test_a_school_lowers_no_grade(school, registrar, city):
    """Art. 23: what one record may not, a table may not either; an authority corrects."""
    assert import_students(school, registrar, book(person(1))).faults == []
    lower = person(1)
    lower[4] = "初二"
    report = import_students(school, registrar, book(lower))
    assert faults(report) == [(2, "E", "grade_lowered")]
    assert import_students(school, city, book(lower)).faults == []
    assert on_file(school)[lower[0]].data["grade"] == "J2"


def test_the_school_of_a_row(school, registrar, city):
    """By code or by name, in scope only; for the whole file when the caller names it."""
    head = [*HEAD, "学校"]
    report = import_students(school, city, book([*person(1), UNITS[OTHER_SCHOOL]["name"]], head=head))
    assert report.faults == []
    outside = book([*person(3), OTHER_SCHOOL], head=[*HEAD, "学校标识码"])
    assert [fault.code for fault in import_students(school, registrar, outside).faults] == ["out_of_scope"]
    nowhere = import_students(school, city, book(person(5)))
    assert [fault.code for fault in nowhere.faults] == ["missing_field"]
    with pytest.raises(Problem) as caught:
        import_students(school, registrar, book(person(1)), school=OTHER_SCHOOL)
    assert caught.value.code == "out_of_scope"
    with pytest.raises(Problem) as caught:
        import_students(school, as_role("head", SCHOOL), book(person(1)))
    assert caught.value.code == "role_not_allowed"


def test_a_dry_run_writes_nothing(school, registrar):
    """It tells what would be."""
    report = import_students(school, registrar, book(person(1)), dry_run=True)
    assert (report.to_json()["imported"], report.created, report.dry_run) == (0, 1, True)
    assert on_file(school) == {}


def test_the_empty_table_can_be_filled_in(school, registrar, edition):
    """Its headings are all understood, its cells are texts, and it offers the words of the codes."""
    made = load_workbook(io.BytesIO(template(edition)))
    sheet = made["学生"]
    names = known_names(edition)
    heads = [cell.value for cell in sheet[1]]
    assert [names[plain(head)].name for head in heads] == list(
        dict.fromkeys(names[plain(head)].name for head in heads)
    )
    assert sheet.column_dimensions["B"].number_format == "@"
    assert len(sheet.data_validations.dataValidation) > 20
    by_name = {names[plain(head)].name: number for number, head in enumerate(heads, 1)}
    fields = [
        "student_no",
        "name",
        "sex",
        "birth_date",
        "grade",
        "class_no",
        "id_type",
        "id_number",
        "ethnic",
    ]
    for field, value in zip(fields, person(1), strict=True):
        sheet.cell(2, by_name[field], value)
    out = io.BytesIO()
    made.save(out)
    assert import_students(school, registrar, out.getvalue()).faults == []


def bomb(size=200 << 20, name="xl/worksheets/sheet1.xml"):
    """A workbook one of whose parts inflates to `size` bytes of blanks."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        with package.open(name, "w") as part:
            for _ in range(size >> 20):
                part.write(b" " * (1 << 20))
    return out.getvalue()


def rows_of(count, cells=0):
    """A workbook with so many rows, empty or with cells."""
    out = io.BytesIO()
    row = "<row>" + "<c><v>1</v></c>" * cells + "</row>"
    with zipfile.ZipFile(io.BytesIO(book())) as good, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in good.namelist():
            content = good.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = content.replace(b"</sheetData>", (row * count).encode() + b"</sheetData>")
            made.writestr(name, content)
    return out.getvalue()


def merged(count):
    """A workbook with so many merged ranges, none of them near its rows."""
    out = io.BytesIO()
    ranges = "".join(f'<mergeCell ref="A{row}:B{row}"/>' for row in range(100, 100 + count))
    with zipfile.ZipFile(io.BytesIO(book())) as good, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in good.namelist():
            content = good.read(name)
            if name == "xl/worksheets/sheet1.xml":
                change = f"</sheetData><mergeCells>{ranges}</mergeCells>".encode()
                content = content.replace(b"</sheetData>", change)
            made.writestr(name, content)
    return out.getvalue()


def entities():
    """A workbook whose sheet declares entities."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr("xl/worksheets/sheet1.xml", '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>')
    return out.getvalue()


HOSTILE = {
    "empty": lambda: b"",
    "too_large": lambda: b"PK\x03\x04" + bytes(importing_tables.MAX_BYTES),
    "too_large_inside": bomb,
    "too_many_rows": lambda: rows_of(1_000_000),
    "too_many_cells": lambda: rows_of(20_000, 70),
    "too_many_merged": lambda: merged(2_001),
    "damaged": entities,
    "not_a_table": lambda: bomb(1 << 20, "word/document.xml"),
    "old_or_locked": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    "unknown_encoding": lambda: b"\xff\xff\xff\x00\x80",
}


@pytest.mark.parametrize("code", HOSTILE)
def test_a_hostile_file_is_refused_by_name(code):
    """In the child, before it costs anything; the message says what to do."""
    with pytest.raises(Problem) as caught:
        read_tables(HOSTILE[code]())
    assert caught.value.code == code
    assert "请" in caught.value.detail
    assert caught.value.status == (413 if code.startswith("too_") else 422)


@pytest.mark.parametrize("cut", [30, 200, 900])
def test_half_a_file_is_damaged(cut):
    """A broken upload is nobody's students."""
    with pytest.raises(Problem) as caught:
        read_tables(book(person(1))[:cut])
    assert caught.value.code == "damaged"


@pytest.mark.parametrize(
    ("line", "count", "code"),
    [(b"a,b\n", 10_001, "too_many_rows"), (b",".join([b"a"] * 300) + b"\n", 4_001, "too_many_cells")],
)
def test_csv_that_is_too_large(line, count, code):
    """The limits hold for texts too."""
    with pytest.raises(Problem) as caught:
        read_tables(line * count)
    assert caught.value.code == code


def test_a_list_of_faults_has_an_end(school, registrar, monkeypatch):
    """A workbook of a million faults would take the service's memory: the rest is counted."""
    monkeypatch.setattr("service.importing.sheets.FAULTS_LISTED", 2)
    rows = [[*person(order)[:2], "男女"] for order in range(1, 5)]
    report = import_students(school, registrar, book(*rows, head=HEAD[:3]))
    assert len(report.faults) > 4
    sheet = load_workbook(io.BytesIO(faults_table(report))).active
    assert (sheet.max_row, sheet.cell(4, 5).value) == (4, f"另有 {len(report.faults) - 2} 处未列出")


@given(st.binary(max_size=400))
@settings(max_examples=15, deadline=None)
def test_any_bytes_are_a_table_or_refused(data):
    """Never a crash: a Problem that says what to do, or sheets."""
    with contextlib.suppress(Problem):
        assert read_tables(data)


@given(st.integers(1, 16384))
def test_columns_are_named_as_the_program_shows_them(number):
    """And read back."""
    assert column_number(column_letters(number)) == number


@pytest.mark.parametrize(
    ("field", "cell", "value"),
    [
        (RecordField("postcode", "邮政编码", "postcode"), Cell("n", "46500"), "046500"),
        (RecordField("entry_month", "入学年月", "year_month"), Cell("n", "202309"), "2023-09"),
        (RecordField("entry_month", "入学年月", "year_month"), Cell("s", "2023年9月"), "2023-09"),
        (RecordField("entry_month", "入学年月", "year_month"), Cell("d", "2023-09-01"), "2023-09"),
        (RecordField("entry_month", "入学年月", "year_month"), Cell("n", "2023.1"), "2023.1"),
        (RecordField("birth_date", "出生日期", "date"), Cell("s", "2011-04-12 00:00:00"), "2011-04-12"),
        (RecordField("birth_date", "出生日期", "date"), Cell("s", "4/12/2011"), "4/12/2011"),
        (RecordField("hukou_division", "户口所在地", "division"), Cell("s", "山西省长治市黎城县"), "140426"),
        (RecordField("hukou_division", "户口所在地", "division"), Cell("n", "130102"), "130102"),
        (RecordField("orphan", "是否孤儿", "code", "yesno"), Cell("b", "0"), "0"),
        (RecordField("country", "国籍", "code", "country"), Cell("s", "中国"), "CHN"),
        (RecordField("grade", "年级", "code", "grade"), Cell("s", "高中二年级"), "S2"),
        (RecordField("grade", "年级", "code", "grade"), Cell("s", "小学五年级"), "P5"),
        (RecordField("name", "姓名"), Cell("s", "Mary  Smith"), "Mary Smith"),
        (RecordField("phone", "联系电话"), Cell("n", "13800000000"), "13800000000"),
        (RecordField("commute_km", "距离", "decimal"), Cell("n", "1.5"), "1.5"),
    ],
)
def test_what_a_cell_means(field, cell, value):
    """One spelling in the record, however the table has it; what is ambiguous stays for the rules to refuse."""
    assert value_of(field, cell) == value


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (Cell("n", "1.40499201104112e+17"), "digits_lost"),
        (Cell("n", "140499201104120000"), "digits_lost"),
        (Cell("s", "1.40499E+17"), "digits_lost"),
        (Cell("e", ""), "error_cell"),
        (Cell("f", ""), "formula_cell"),
    ],
)
def test_a_number_that_a_program_has_spoilt(cell, code):
    """It is never guessed at."""
    found = value_of(RecordField("id_number", "身份证件号"), cell)
    assert isinstance(found, Wrong)
    assert found.code == code


def test_dates_of_the_other_calendar(edition):
    """A workbook may count its days from 1904."""
    assert value_of(RecordField("birth_date", "出生日期", "date"), Cell("n", "39183"), 1904) == "2011-04-12"


def test_subjects_have_columns_of_their_own(edition):
    """A map of the record takes one column for each subject."""
    number = id_number(BIRTH, 1)
    head = ["学籍号", "姓名", "学业水平考试成绩语文", "exam_grades.数学"]
    lines = lines_of(read_tables(book(["G" + number, "测试", "A", "b"], head=head)), edition).lines
    assert lines[0].values | {"exam_grades.语文": "A", "exam_grades.数学": "B"} == lines[0].values


def test_over_http(school):
    """Multipart with its fields; the same report as a table; the empty table; and a refusal with its places."""
    token = register.make_token(school.archive, lambda count: bytes(range(count)), "registrar", SCHOOL)
    headers = {"Authorization": f"Bearer {token}"}
    with client_of(create(school)) as client:
        empty = client.get("/v1/students/import/template", headers=headers)
        assert (empty.status_code, empty.headers["content-type"]) == (200, XLSX)
        bad = person(1)
        bad[2] = "女"
        files = {"file": ("名册.xlsx", book(bad))}
        refusal = client.post("/v1/students/import", headers=headers, files=files)
        assert (refusal.status_code, refusal.json()["article"]) == (422, "第十四条")
        assert [error["row"] for error in refusal.json()["errors"]] == [2]
        table = client.post("/v1/students/import", headers={**headers, "Accept": XLSX}, files=files)
        assert (table.status_code, table.headers["content-type"]) == (422, XLSX)
        assert load_workbook(io.BytesIO(table.content)).active.max_row == 2
        good = {"file": ("名册.csv", text(person(1)))}
        tried = client.post("/v1/students/import", headers=headers, files=good, data={"dry_run": "true"})
        assert (tried.status_code, tried.json()["imported"]) == (200, 0)
        done = client.post("/v1/students/import", headers=headers, files=good, data={"school": SCHOOL})
        assert (done.status_code, done.json()["imported"]) == (200, 1)
        assert client.post("/v1/students/import", files=good).status_code == 401
        assert client.post("/v1/students/import", headers=headers, data={"x": "y"}, files={}).status_code in {
            415,
            422,
        }


def test_from_the_command_line(tmp_path, school, registrar):
    """The same, with the faults as lines and as a table."""
    folder = school.settings.data
    bad = person(1)
    bad[3] = "昨天"
    (tmp_path / "bad.csv").write_bytes(text(bad))
    (tmp_path / "good.csv").write_bytes(text(person(1)))

    def run(name, *more):
        command = [sys.executable, "-m", "service", "students", "import", str(tmp_path / name)]
        return subprocess.run(
            [*command, "--org", SCHOOL, "--data", str(folder), *more],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "YINZHENG_DATABASE": school.settings.database},
        )

    refused = run("bad.csv", "--report", str(tmp_path / "faults.xlsx"))
    assert refused.returncode == 1
    assert "第2行 D列（出生日期）" in refused.stdout
    assert load_workbook(tmp_path / "faults.xlsx").active["D2"].value == "出生日期"
    assert run("good.csv").returncode == 0
    assert len(on_file(school)) == 1


@pytest.mark.parametrize("made", [book, text])
def test_an_invisible_character_in_a_cell_is_named(school, registrar, made):
    """What nobody sees between two letters is not taken out in silence: the name on the paper would be another."""
    report = import_students(school, registrar, made(person(1, "张\u200b三"), person(2, "\ufeff李四\u200b")))
    assert faults(report) == [(2, "B", "bad_text")]
    assert "请" in report.faults[0].message


def test_of_a_student_out_of_scope_nothing_is_told(school, registrar):
    """Art. 44: no value of another school's record is built on or objected to; only that a transfer is needed."""
    theirs = as_role("registrar", OTHER_SCHOOL)
    whole = book([*person(1), "13800000000"], head=[*HEAD, "联系电话"])
    assert import_students(school, theirs, whole).faults == []
    number = person(1)[0]
    report = import_students(school, registrar, text([number, "测试生"], head=HEAD[:2]), school=SCHOOL)
    codes = {fault.code for fault in report.faults}
    assert "on_another_roll" in codes
    assert "missing_column" in codes
    assert "lowered" not in "".join(codes)
