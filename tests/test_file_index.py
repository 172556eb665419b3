"""The index of a file over HTTP: ten classes of a school, six of a student, what is missing, 档号, where the paper lies."""

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image, ImageDraw

from service import archives, issue
from service.errors import Problem
from storage.check import check
from storage.errors import StoreAway
from tests.bureau import bureau_of, objections, refused
from tests.conftest import (
    CITY,
    COUNTY,
    MOVER,
    OTHER_SCHOOL,
    SCHOOL,
    STUDENT,
    TRANSFER,
    UNITS,
    as_role,
    issue_diploma,
)
from tests.paper import level
from tests.specimens.hostile.museum import MUSEUM
from tests.test_receive import brought, only, paper_of
from tests.test_school_papers import CLASS, ask

YEAR = 2026
SEALS = {"head": UNITS[SCHOOL]["name"], "authority": UNITS[COUNTY]["name"]}
NAMES = {"teacher": "栗红", "head": "钟涛", "authority": "申海"}


def picture(words="体检表", kind="PNG"):
    """A scan of a page of somebody else's form."""
    sheet = Image.new("RGB", (620, 877), "white")
    ImageDraw.Draw(sheet).text((80, 80), words.encode("ascii", "replace").decode() * 3, fill=0)
    out = io.BytesIO()
    sheet.save(out, kind)
    return out.getvalue()


def of(index, number):
    """One class of an index."""
    return next(one for one in index["classes"] if one["number"] == number)


def lacks(index, number):
    """The codes of what a class is missing."""
    return [one["code"] for one in of(index, number)["missing"]]


@pytest.fixture(scope="module")
def bureau(request):
    """A served office with its town; nothing is read in it."""
    with bureau_of(request, reading=False) as opened:
        yield opened


def told(caller, owner, **query):
    answer = caller.get(f"/v1/archives/{owner}/index", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def file(caller, owner, data=None, name="scan.png", **fields):
    return caller.post(
        f"/v1/archives/{owner}/entries", files={"file": (name, data or picture())}, data=fields
    )


def test_a_school_is_told_what_it_lacks(bureau):
    """Art. 6: ten classes by name, each with its article; what is missing says what to do about it."""
    index = told(bureau.caller(), SCHOOL)
    assert [one["clause"] for one in index["classes"]] == [f"（{n}）" for n in "一二三四五六七八九十"]
    assert of(index, 3)["article"] == "第六条（三）"
    assert (index["kind"], index["year_name"][4:5], index["held_by"]) == ("school", "—", [])
    assert lacks(index, 1) == lacks(index, 2) == lacks(index, 5) == ["paper_missing"]
    assert lacks(index, 3) == ["roster_missing"] * 3  # classes 2 and 6 of J3, class 4 of J2
    assert "初中三年级6班" in "".join(one["text"] for one in of(index, 3)["missing"])
    assert lacks(index, 6) == ["graduates_missing"]
    assert lacks(index, 9) == []  # nobody is in J1
    assert not index["complete"]
    missing = [one for group in index["classes"] for one in group["missing"]]
    assert index["counts"]["missing"] == len(missing)
    assert all("请" in one["text"] and one["article"].startswith("第六条") for one in missing)
    assert STUDENT not in json.dumps(missing)


def test_a_year_that_is_over_is_not_judged_by_present_classes(bureau):
    """The records tell today's classes alone: of an earlier year only whether there is a roster at all."""
    index = told(bureau.caller(), SCHOOL, year=2019)
    assert lacks(index, 3) == ["roster_missing"]
    assert lacks(index, 6) == []
    answer = bureau.caller().get(f"/v1/archives/{SCHOOL}/index", params={"year": 1900})
    refused(answer, 422, "bad_year")


def test_a_student_is_told_what_is_lacking(bureau):
    """Art. 11: six classes; an application printed and not come back is named by its serial, with its evidence."""
    student = bureau.admit("文远", 31, grade="J2")
    serial = bureau.issue(student, "transfer_application", TRANSFER)["serial"]
    index = told(bureau.caller(), student)
    assert len(index["classes"]) == 6
    assert lacks(index, 1) == ["first_form_missing"]
    assert lacks(index, 2) == ["paper_not_returned", "evidence_missing"]
    assert {one["serial"] for one in of(index, 2)["missing"]} == {serial}
    assert "户口簿" in of(index, 2)["missing"][1]["text"]
    assert lacks(index, 3) == lacks(index, 4) == ["nothing_filed"]
    assert lacks(index, 5) == lacks(index, 6) == []
    (item,) = of(index, 2)["items"]
    assert (item["serial"], item["kind"], item["status"], item["location"]) == (
        serial,
        "paper",
        "pending",
        None,
    )
    assert {one["kind"] for one in item["files"]} == {"document", "layout"}
    school = told(bureau.caller(), SCHOOL)
    assert lacks(school, 4) == ["paper_not_returned"]
    assert of(school, 4)["missing"][0]["serial"] == serial


def test_what_no_form_makes_is_filed_by_the_registrar(bureau):
    """Classes (三) and (四) of art. 11 and (十) of art. 6: kept as it came, numbered, located, listed; once."""
    student, caller = bureau.admit("文静", 32), bureau.caller()
    data = picture()
    answer = file(
        caller, student, data, title="2025年体质健康测试", **{"class": "4"}, box="2025-3", pages="7-8"
    )
    assert answer.status_code == 201, answer.text
    item = answer.json()
    assert item["archive_no"].endswith("-Y-1104-0001-0001") or "-Y-1104-" in item["archive_no"]
    assert student[1:] not in item["archive_no"]
    assert item["location"]["text"] == "盒 2025-3 页 7-8"
    kept = caller.get(item["files"][0]["content"])
    assert (kept.content, kept.headers["content-disposition"].split(";")[0]) == (data, "attachment")
    again = file(caller, student, data, title="又一次", **{"class": "1104"})
    assert (again.status_code, again.json()["archive_no"]) == (200, item["archive_no"])
    index = told(caller, student)
    assert lacks(index, 4) == []
    assert of(index, 4)["items"] == [item]
    own = file(caller, SCHOOL, title="招生计划批复", **{"class": "10"}, year="2024")
    assert "-2024-Y-0610-" in own.json()["archive_no"]
    assert [one["title"] for one in of(told(caller, SCHOOL, year=2024), 10)["items"]] == ["招生计划批复"]
    bureau.assert_sound()


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ({"class": "7", "title": "材料"}, {("class", "unknown_class", None)}),
        ({"class": "4", "title": " "}, {("title", "bad_title", None)}),
        ({"class": "4", "title": "甲\n乙"}, {("title", "bad_title", None)}),
        ({"class": "4", "title": "材料", "year": "去年"}, {("year", "bad_year", None)}),
        ({"class": "4", "title": "材料", "year": "2200"}, {("year", "bad_year", None)}),
        ({"class": "4", "title": "材料", "shelf": "1"}, {("shelf", "unknown_field", None)}),
        (
            {"class": "0", "title": "", "box": "1", "no_paper": "true"},
            {
                ("class", "unknown_class", None),
                ("title", "bad_title", None),
                ("no_paper", "location_contradicts", "第五条"),
            },
        ),
    ],
)
def test_what_is_filed_wrongly_is_refused(bureau, fields, codes):
    """Class, title, year and place, each named; nothing is filed."""
    before = told(bureau.caller(), STUDENT)["counts"]
    answer = file(bureau.caller(), STUDENT, **fields)
    assert answer.status_code == 422, answer.text
    assert objections(answer.json()) == codes
    assert told(bureau.caller(), STUDENT)["counts"] == before


def test_a_hostile_file_is_kept_and_listed(bureau):
    """Nothing handed in is lost: what cannot be read stands among the scans, and in no file."""
    caller = bureau.caller()
    for data, code in ((b"MZ nothing of ours", "unknown_type"), (picture()[:400], "truncated")):
        body = file(caller, STUDENT, data, title="体检表", **{"class": "4"})
        assert body.status_code in {415, 422}
        assert body.json()["code"] == code
        bureau.assert_kept(body.json()["scan"], data)
    assert of(told(caller, STUDENT), 4)["items"] == []


def test_a_page_that_cannot_be_decoded_is_not_filed(bureau):
    """Headers that promise more than there is: every page is decoded before a thing becomes an item."""
    data = MUSEUM["larger-than-it-is.heic"].make()
    answer = file(bureau.caller(), STUDENT, data, "x.heic", title="体检表", **{"class": "4"})
    assert (answer.status_code, answer.json()["code"]) == (422, "damaged")
    bureau.assert_kept(answer.json()["scan"], data)


def test_where_the_paper_lies(bureau):
    """Art. 5: noted by the registrar for any file of the item, the latest counts, earlier notes stay; or there is none."""
    student, caller = bureau.admit("文山", 33), bureau.caller()
    bureau.issue(student)
    (item,) = of(told(caller, student), 1)["items"]
    layout = next(one["entry"] for one in item["files"] if one["kind"] == "layout")
    path = f"/v1/archives/{student}/entries/{layout}/location"
    first = caller.put(path, json={"cabinet": "甲3", "box": "2026-1", "pages": "3"})
    assert (first.status_code, first.json()["entry"]) == (201, item["entry"])
    assert caller.put(path, json={"cabinet": "甲3", "box": "2026-1", "pages": "3"}).status_code == 200
    assert caller.put(path, json={"no_paper": True}).json()["location"]["text"] == "无纸质件"
    history = caller.get(path).json()["locations"]
    assert [one["text"] for one in history] == ["柜 甲3 盒 2026-1 页 3", "无纸质件"]
    assert {(one["role"], one["org"]) for one in history} == {("registrar", SCHOOL)}
    assert of(told(caller, student), 1)["items"][0]["location"] == history[-1]
    refused(caller.put(path, json={}), 422, "no_location", article="第五条")
    refused(
        caller.put(path, json={"no_paper": True, "box": "1"}), 422, "location_contradicts", article="第五条"
    )
    refused(
        caller.put(f"/v1/archives/{student}/entries/999999/location", json={"box": "1"}), 404, "unknown_entry"
    )
    assert bureau.caller("head", SCHOOL).put(path, json={"box": "1"}).status_code == 403
    refused(
        bureau.caller("registrar", OTHER_SCHOOL).put(path, json={"box": "1"}),
        403,
        "out_of_scope",
        article="第四十四条",
    )


def test_a_token_sees_its_own_only(bureau):
    """Art. 44: another school is refused by article, nobody is told without a token, and each look is on the register."""
    for owner in (SCHOOL, STUDENT):
        path = f"/v1/archives/{owner}/index"
        refused(
            bureau.caller("registrar", OTHER_SCHOOL).get(path), 403, "approval_needed", article="第四十四条"
        )
        assert bureau.caller(None).get(path).status_code == 401
    refused(
        file(bureau.caller("registrar", OTHER_SCHOOL), STUDENT, title="体检表", **{"class": "4"}),
        403,
        "out_of_scope",
        article="第四十四条",
    )
    assert file(bureau.caller("county", COUNTY), STUDENT, title="体检表", **{"class": "4"}).status_code == 403
    told(bureau.caller("auditor", CITY), STUDENT)
    with bureau.office.archive.read() as reading:
        assert [(row.role, row.what) for row in reading.accesses(STUDENT)][-1] == ("auditor", "index")
    refused(bureau.caller("county", COUNTY).get(f"/v1/archives/{COUNTY}/index"), 404, "no_index")


def test_the_index_prints(bureau):
    """A page that can be saved: everything in it, no script, nothing fetched, a student's without the 学籍号."""
    caller = bureau.caller()
    page = caller.get(f"/v1/archives/{SCHOOL}/index", params={"format": "html"})
    assert page.headers["content-type"].startswith("text/html")
    assert "script" not in page.headers["content-security-policy"]
    for words in (
        "学校学籍档案目录",
        "（十）",
        "6班有学生，但没有本学年盖章收回的分班名册",
        "黎城县第三中学校",
    ):
        assert words in page.text
    assert "<script" not in page.text
    assert "http" not in page.text
    student = caller.get(f"/v1/archives/{STUDENT}/index", params={"format": "html"}).text
    assert "文勇俊" in student
    assert STUDENT not in student


def test_without_the_register_no_index_is_shown(town, registrar, monkeypatch):
    """Art. 44 fails closed."""

    def away(*_arguments, **_named):
        raise StoreAway("SQLITE_READONLY")

    monkeypatch.setattr("storage.entries.WritesEntries.note_access", away)
    with pytest.raises(StoreAway):
        archives.index(town, registrar, STUDENT)


def test_a_stamped_roster_settles_its_class(town, registrar):
    """Art. 13: printed it is not there yet; scanned with its marks it is, and its scan and check lie in the same item."""
    serial = ask(town, registrar, "class_roster", data=CLASS)["serial"]
    before = archives.index(town, registrar, SCHOOL, YEAR)
    assert sorted(lacks(before, 3)) == ["paper_not_returned", *["roster_missing"] * 2]
    scan = paper_of(town, serial).complete(SEALS, NAMES).scan(level("A", 7))
    assert only(brought(town, registrar, scan))["verdict"] == "genuine"
    after = archives.index(town, registrar, SCHOOL, YEAR)
    assert lacks(after, 3) == ["roster_missing"] * 2
    (item,) = of(after, 3)["items"]
    assert (item["archive_no"], item["status"]) == (f"XJ-{SCHOOL}-{YEAR}-Y-0603-0001-0001", "effective")
    assert item["about"] == "初中三年级6班"
    assert [one["kind"] for one in item["files"]][-4:] == ["layout", "scan", "check", "picture"]
    assert of(before, 3)["items"][0]["archive_no"] == item["archive_no"]


def test_restricted_papers_are_withheld(town, registrar):
    """Arts. 41 and 44: neither the item nor what it lacks is told to a registrar who did not issue it."""
    absent = {"ground": "1", "left_on": "2026-11-10", "keep_roll": "1"}
    request = issue.IssueRequest("absence_report", STUDENT, absent)
    serial = issue.issue(town, registrar, request).body["serial"]
    other = archives.index(town, type(registrar)(registrar.role, registrar.org, "another"), STUDENT)
    assert other["withheld"] == 1
    assert serial not in json.dumps(other)
    mine = archives.index(town, registrar, STUDENT)
    assert (mine["withheld"], of(mine, 1)["items"][0]["serial"]) == (0, serial)
    entry = of(mine, 1)["items"][0]["entry"]
    stranger = type(registrar)(registrar.role, registrar.org, "another")
    with pytest.raises(Problem, match="unknown_entry"):
        archives.put_location(town, stranger, STUDENT, entry, archives.Place(box="1"))


def test_when_a_file_was_opened(town, city, registrar, clock):
    """Art. 11: within fifteen days of entering, in September by the tenth."""
    index = archives.index(town, registrar, STUDENT)
    assert (index["opened"]["on"], index["opened"]["volume"]) == (None, None)
    assert "请" in index["opened"]["missing"]
    with town.archive.begin() as transaction:
        student = transaction.student(MOVER)
        record = {**student.data, "entry_month": "2026-09"}
        transaction.put_student(type(student)(MOVER, student.name, student.school, record))
    issue_diploma(town, registrar)
    clock.time = datetime(2026, 9, 9, 1, 0, tzinfo=UTC)
    issue.issue(
        town,
        registrar,
        issue.IssueRequest("transfer_application", MOVER, {**TRANSFER, "entry_month": "2026-09"}),
    )
    clock.time += timedelta(days=60)
    on_time = archives.index(town, registrar, MOVER)["opened"]
    assert (on_time["on"], on_time["due"], on_time["late"]) == ("2026-09-09", "2026-09-10", False)
    assert on_time["volume"] == f"XJ-{SCHOOL}-2026-Y-11-0001"
    assert archives.index(town, registrar, STUDENT)["opened"]["volume"] == f"XJ-{SCHOOL}-2026-Y-11-0002"
    assert [fault.code for fault in check(town.archive) if not fault.harmless] == []


def test_roles_that_file(town):
    """A county reads and does not file; nobody files for somebody else."""
    with pytest.raises(Problem, match="role_not_allowed"):
        archives.file_item(
            town, as_role("county", COUNTY), STUDENT, picture(), archives.NewItem("4", "体检表")
        )
