"""What goes into a batch as a table and what comes out of it: errors as a table, papers as a zip and for the printer."""

import io
import json
import zipfile

import pypdf
import pytest
from openpyxl import Workbook, load_workbook

from service.spreadsheet.writing import XLSX
from storage.check import check
from tests.batched import FORM, admit, asked, city_block, ended, made, numbers, rows, working
from tests.bureau import bureau_of, objections, refused
from tests.conftest import COUNTY, DIPLOMA, OTHER_SCHOOL, SCHOOL, STUDENT

FORMULA = '=HYPERLINK("http://127.0.0.1","x")'


@pytest.fixture
def bureau(request):
    with bureau_of(request, reading=False) as bureau:
        yield bureau


@pytest.fixture(scope="module")
def printed(request):
    """A bureau with a batch of six in classes 2, 3 … 7, in no order of class, one of them refused; and its id."""
    with bureau_of(request, reading=False) as bureau:
        students = admit(bureau.office, 6)
        admit(bureau.office, 1, start=2, grade="J1")
        in_no_order = [students[place] for place in (3, 0, 5, 2, 1, 4)]
        batch = made(bureau.caller().post("/v1/batches", json=asked(in_no_order)))
        with working(bureau.office):
            assert ended(bureau.caller(), batch)["done"] == 5
        yield bureau, batch


def workbook(*lines):
    """An .xlsx of these lines."""
    book = Workbook()
    for line in lines:
        book.active.append(list(line))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def upload(caller, table, name="list.xlsx", **fields):
    """Hand a table in and give the answer as it came."""
    given = {"form": FORM, "data": json.dumps(DIPLOMA), **fields}
    return caller.post("/v1/batches", files={"file": (name, table)}, data=given)


def test_a_table_of_a_school(bureau):
    """Chinese labels, dates as a program keeps them, a title above; values beside the 学籍号 are the row's own."""
    students = admit(bureau.office, 3)
    data = workbook(
        ("2026届初中毕业生",),
        ("★学籍号", "入学年月", "study_to", "issued_on"),
        (students[0], "2023-09", "2026-07", "2026年7月2日"),
        (students[1], "2023.9", None, None),
        (students[2], 202309, "2026-07", "2026-07-03"),
    )
    caller = bureau.caller()
    batch = made(upload(caller, data))
    with working(bureau.office):
        body = ended(caller, batch)
    assert (body["done"], body["errors"]) == (3, [])
    documents = caller.get("/v1/documents", params={"form": FORM}).json()["documents"]
    assert [one["issued_on"] for one in documents] == ["2026-07-02", "2026-07-01", "2026-07-03"]
    assert [one["student"] for one in documents] == students


def test_a_csv_file(bureau):
    """GB 18030 as offices save it; a spoilt cell is its row's objection, told by the row of the table."""
    students = admit(bureau.office, 2)
    text = f"全国学籍号,study_from\n{students[0]},2023-09\n\n{students[1]},1.40499E+17\n9.9E+17,2023-09\n"
    caller = bureau.caller()
    batch = made(upload(caller, text.encode("gb18030"), "list.csv"))
    with working(bureau.office):
        body = ended(caller, batch)
    assert body["done"] == 1
    told = [(error["row"], error["line"], error["code"], error["field"]) for error in body["errors"]]
    assert told == [(2, 4, "bad_month", "study_from"), (3, 5, "digits_lost", "student_no")]
    table = caller.get(f"/v1/batches/{batch}/errors", params={"format": "xlsx"})
    lines = list(load_workbook(io.BytesIO(table.content)).active.iter_rows(values_only=True))
    assert lines[0] == ("行号", "学籍号", "栏目", "原因", "条款", "代码")
    assert [line[5] for line in lines[1:]] == ["bad_month", "digits_lost"]
    assert [line[0] for line in lines[1:]] == ["4", "5"]


@pytest.mark.parametrize(
    ("lines", "codes"),
    [
        ([("姓名", "班级"), ("文勇俊", "6")], {"no_heading"}),
        ([("学籍号", "星座"), (STUDENT, "狮子")], {"unknown_column"}),
        ([("学籍号", "student_no"), (STUDENT, STUDENT)], {"doubled_column"}),
        ([("学籍号",)], {"no_rows"}),
    ],
)
def test_a_table_that_is_no_list(bureau, lines, codes):
    """The whole file is refused with what is wrong with it."""
    answer = upload(bureau.caller(), workbook(*lines))
    assert answer.status_code == 422
    assert {code for _, code, _ in objections(answer.json())} == codes


def test_a_file_that_is_no_table(bureau):
    """Hostile bytes meet the child process, and a form that is not there, or no JSON, is said."""
    caller = bureau.caller()
    refused(upload(caller, b"PK\x03\x04" + b"x" * 99), 422, "damaged")
    refused(upload(caller, workbook(("学籍号",)), data="{"), 422, "json_invalid")
    assert upload(caller, workbook(("学籍号",)), form="no_form").status_code == 404


def test_the_zip(printed):
    """Archived PDFs as they are, by number, named by number and serial; each look stands in the register."""
    bureau, batch = printed
    answer = bureau.caller().get(f"/v1/batches/{batch}/content")
    assert answer.headers["content-type"] == "application/zip"
    package = zipfile.ZipFile(io.BytesIO(answer.content))
    assert package.testzip() is None
    done = [row for row in rows(bureau.office, batch) if row.state == "printed"]
    by_number = sorted(done, key=lambda row: row.number)
    assert package.namelist() == [f"{row.number}_{row.serial}.pdf" for row in by_number]
    with bureau.office.archive.read() as reading:
        for row, name in zip(by_number, package.namelist(), strict=True):
            assert package.read(name) == bureau.office.archive.objects.get(reading.document(row.serial).pdf)
            looks = [access.what for access in reading.accesses(row.student_no)]
            assert f"batch {batch} {row.serial}" in looks
    assert not any(row.student_no in " ".join(package.namelist()) for row in done)


@pytest.mark.parametrize("order", ["number", "class", "list"])
def test_the_print_file(printed, order):
    """One PDF in the order asked for; two to a sheet it has half the pages, on both sides as many sheets."""
    bureau, batch = printed
    caller = bureau.caller()
    got = caller.get(f"/v1/batches/{batch}/content", params={"format": "print", "order": order})
    assert got.headers["content-type"] == "application/pdf"
    pages = pypdf.PdfReader(io.BytesIO(got.content)).pages
    done = [row for row in rows(bureau.office, batch) if row.state == "printed"]
    if order == "class":
        done.sort(key=lambda row: int(row.values["class_no"]))
    assert [number_on(page) for page in pages] == [row.number for row in done]
    two = caller.get(f"/v1/batches/{batch}/content", params={"format": "print", "per_sheet": 2})
    assert len(pypdf.PdfReader(io.BytesIO(two.content)).pages) == 3
    back = caller.get(f"/v1/batches/{batch}/content", params={"format": "print", "duplex": "true"})
    assert len(pypdf.PdfReader(io.BytesIO(back.content)).pages) == 10


def number_on(page):
    """The official number that a page shows."""
    text = "".join(page.extract_text().split())
    start = text.index("14042620262012")
    return text[start : start + 18]


def test_the_errors(printed):
    """Row, 学籍号, field in the form's words, reason, article, code; JSON says the same."""
    bureau, batch = printed
    caller = bureau.caller()
    (error,) = caller.get(f"/v1/batches/{batch}/errors").json()["errors"]
    answer = caller.get(f"/v1/batches/{batch}/errors", params={"format": "xlsx"})
    assert answer.headers["content-type"] == XLSX
    _, line = load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True)
    assert line == (
        str(error["row"]),
        error["student"],
        "grade",
        error["message"],
        "第三十四条",
        error["code"],
    )
    assert error["code"] == "not_final_grade"


def test_no_formula_gets_into_the_table(bureau):
    """What somebody wrote as a formula comes back as text."""
    caller = bureau.caller()
    wanted = [{"student": FORMULA[:40], FORMULA[:60]: "1"}]
    batch = made(caller.post("/v1/batches", json={"form": FORM, "rows": wanted, "data": DIPLOMA}))
    with working(bureau.office):
        ended(caller, batch)
    answer = caller.get(f"/v1/batches/{batch}/errors", params={"format": "xlsx"})
    heads, line = load_workbook(io.BytesIO(answer.content)).active.iter_rows()
    assert "f" not in {cell.data_type for cell in (*heads, *line)}
    assert line[1].value == FORMULA[:40]


def test_nothing_is_printed_yet(bureau):
    """409 says to wait."""
    caller = bureau.caller()
    batch = made(caller.post("/v1/batches", json=asked([STUDENT])))
    for kind in ("zip", "print"):
        answer = caller.get(f"/v1/batches/{batch}/content", params={"format": kind})
        refused(answer, 409, "nothing_printed")


def test_what_was_revoked_is_not_printed(bureau):
    """The print file leaves a withdrawn paper out; the zip is what was issued."""
    students = admit(bureau.office, 2)
    caller = bureau.caller()
    batch = made(caller.post("/v1/batches", json=asked(students)))
    with working(bureau.office):
        ended(caller, batch)
    first = rows(bureau.office, batch)[0]
    caller.post(f"/v1/documents/{first.serial}/revoke", json={"reason": "姓名用字有误"})
    got = caller.get(f"/v1/batches/{batch}/content", params={"format": "print"})
    (page,) = pypdf.PdfReader(io.BytesIO(got.content)).pages
    assert number_on(page) == numbers(bureau.office, batch)[1]
    package = zipfile.ZipFile(io.BytesIO(caller.get(f"/v1/batches/{batch}/content").content))
    assert len(package.namelist()) == 2


def test_events(bureau):
    """Server-sent events tell every change as a whole, and end by themselves with the batch."""
    students = admit(bureau.office, 3)
    caller = bureau.caller()
    batch = made(caller.post("/v1/batches", json=asked(students)))
    told = []
    with caller.stream("GET", f"/v1/batches/{batch}/events", headers={"Last-Event-ID": "77"}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        assert next(lines) == "event: progress"
        with working(bureau.office):
            told = [json.loads(line[6:]) for line in lines if line.startswith("data: ")]
    assert told[0]["state"] == "checking"
    assert (told[-1]["state"], told[-1]["done"]) == ("done", 3)
    assert [body["done"] for body in told] == sorted(body["done"] for body in told)
    again = caller.get(f"/v1/batches/{batch}/events").text
    assert again.startswith("event: end\nid: 3\ndata: ")


def test_a_city_gets_every_school(bureau):
    """Papers of two schools in one zip for the city; a school may not fetch the city's batch."""
    city_block(bureau.office)
    students = [*admit(bureau.office, 1), *admit(bureau.office, 1, OTHER_SCHOOL, start=1)]
    caller = bureau.caller("city", "140400")
    batch = made(caller.post("/v1/batches", json=asked(students)))
    with working(bureau.office):
        ended(caller, batch)
    package = zipfile.ZipFile(io.BytesIO(caller.get(f"/v1/batches/{batch}/content").content))
    assert len(package.namelist()) == 2
    own = bureau.caller(org=SCHOOL).get(f"/v1/batches/{batch}/content")
    refused(own, 403, "out_of_scope", article="第四十四条")
    assert [fault for fault in check(bureau.office.archive) if not fault.harmless] == []


@pytest.mark.parametrize("kind", ["zip", "print"])
def test_an_archive_copy_that_cannot_be_read(bureau, kind):
    """The answer names the serial and what to do, for bytes that are gone and for such that are no PDF."""
    students = admit(bureau.office, 1)
    caller = bureau.caller()
    batch = made(caller.post("/v1/batches", json=asked(students)))
    with working(bureau.office):
        ended(caller, batch)
    (row,) = rows(bureau.office, batch)
    with bureau.office.archive.read() as reading:
        sha256 = reading.document(row.serial).pdf
    (bureau.office.settings.data / "objects" / sha256[:2] / sha256[2:4] / sha256).unlink()
    answer = caller.get(f"/v1/batches/{batch}/content", params={"format": kind})
    refused(answer, 500, "paper_unreadable", row.serial, "yinzheng check")


def test_nothing_is_left_to_print(bureau):
    """Papers that were revoked are in the zip, and not in the print file."""
    students = admit(bureau.office, 1)
    caller = bureau.caller()
    batch = made(caller.post("/v1/batches", json=asked(students)))
    with working(bureau.office):
        ended(caller, batch)
    (row,) = rows(bureau.office, batch)
    revoked = bureau.caller("county", COUNTY).post(
        f"/v1/documents/{row.serial}/revoke", json={"reason": "重印"}
    )
    assert revoked.status_code == 200, revoked.text
    path = f"/v1/batches/{batch}/content"
    refused(caller.get(path, params={"format": "print"}), 409, "nothing_printed", "zip")
    assert zipfile.ZipFile(io.BytesIO(caller.get(path).content)).testzip() is None


def test_what_is_only_told_of_a_row(bureau):
    """A late paper is issued all the same; its warning stands in the list of errors, apart from them."""
    students = admit(bureau.office, 1)
    caller = bureau.caller()
    died = {"died_on": "2026-01-01", "proof_no": "居民死亡医学证明 2026-001"}
    body = {"form": "death_cancellation", "students": students, "data": died}
    batch = made(caller.post("/v1/batches", json=body))
    with working(bureau.office):
        assert ended(caller, batch)["done"] == 1
    told = caller.get(f"/v1/batches/{batch}/errors").json()
    assert told["errors"] == []
    assert [(item["row"], item["code"]) for item in told["warnings"]] == [(1, "death_reported_late")]
    table = caller.get(f"/v1/batches/{batch}/errors", params={"format": "xlsx"}).content
    lines = list(load_workbook(io.BytesIO(table)).active.iter_rows(values_only=True))
    assert "已出具；提示" in lines[1][3]
