"""Batches over HTTP: a list becomes numbered, archived papers in list order, or says of each row why not."""

import json
import secrets
from collections import Counter

import pytest

from service import register, worker
from service.issue.batch import MAX_ROWS
from service.register import make_token
from service.web.http import create
from templates.errors import DoesNotFit
from tests.batched import (
    FORM,
    admit,
    asked,
    city_block,
    ended,
    made,
    numbers,
    rows,
    states,
    working,
)
from tests.bureau import bureau_of, objections, refused
from tests.conftest import (
    BEARER,
    CITY,
    COUNTY,
    DIPLOMA,
    OTHER_COUNTY,
    OTHER_SCHOOL,
    SCHOOL,
    STUDENT,
    as_role,
    diploma_block,
)
from tests.served import client_of

RARE = "𠀣"
"""A character that none of the pinned fonts has."""


@pytest.fixture
def bureau(request):
    with bureau_of(request, reading=False) as bureau:
        yield bureau


def test_twenty_diplomas_two_of_them_refused(bureau):
    """Each row is judged as a single request is: numbers in list order without a gap, refusals by their article."""
    students = admit(bureau.office, 20)
    admit(bureau.office, 1, start=4, roll_status="suspended")
    admit(bureau.office, 1, start=11, grade="J2")
    caller = bureau.caller()
    batch = made(caller.post("/v1/batches", json=asked(students)))
    with working(bureau.office):
        body = ended(caller, batch)
    assert (body["state"], body["total"], body["done"], body["failed"]) == ("done", 20, 18, 2)
    told = [(error["row"], error["student"], error["code"], error["article"]) for error in body["errors"]]
    assert told == [
        (5, students[4], "suspended", "第二十四条"),
        (12, students[11], "not_final_grade", "第三十四条"),
    ]
    given = numbers(bureau.office, batch)
    assert [number for number in given if number] == [f"14042620262012{seq:04d}" for seq in range(1, 19)]
    assert [row for row, number in enumerate(given, 1) if number is None] == [5, 12]
    for student in (students[0], students[19]):
        (document,) = caller.get("/v1/documents", params={"student": student}).json()["documents"]
        assert document["number"] == given[students.index(student)]
        assert caller.get(document["links"]["content"]).content.startswith(b"%PDF-")
        assert bureau.verified(document)["verdict"] == "pending"
    bureau.assert_sound()


def test_a_row_is_what_a_single_request_is(bureau):
    """The same student, refused alone and in a list, is told the same objections."""
    (student,) = admit(bureau.office, 1, roll_status="suspended")
    data = {**DIPLOMA, "study_to": "2023-07", "student_name": "别人"}
    alone = bureau.ask(student, data=data).json()["errors"]
    caller = bureau.caller()
    batch = made(caller.post("/v1/batches", json=asked([student], data=data)))
    with working(bureau.office):
        body = ended(caller, batch)
    in_list = [{name: error[name] for name in alone[0]} for error in body["errors"]]
    assert in_list == alone
    assert len(alone) > 2


def test_everybody_of_a_grade_under_an_authority(bureau):
    """School by school, class as a number, then by 学籍号; whoever is suspended or in another grade is not asked for."""
    city_block(bureau.office)
    here = admit(bureau.office, 12)
    there = admit(bureau.office, 2, OTHER_SCHOOL, start=20)
    admit(bureau.office, 1, start=30, grade="J2")
    admit(bureau.office, 1, start=31, roll_status="suspended")
    caller = bureau.caller("city", CITY)
    batch = made(caller.post("/v1/batches", json={"form": FORM, "grade": "J3", "data": DIPLOMA}))
    with working(bureau.office):
        body = ended(caller, batch)
    assert (body["total"], body["done"]) == (16, 16)
    in_order = [row.student_no for row in rows(bureau.office, batch)]
    with bureau.office.archive.read() as reading:
        students = [reading.student(number) for number in in_order]
    keys = [(one.school, int(one.data["class_no"]), one.student_no) for one in students]
    assert keys == sorted(keys)
    assert set(in_order) == {*here, *there, STUDENT, BEARER}
    # the school's own block goes first, the city's serves the other school
    given = numbers(bureau.office, batch)
    assert given[:14] == [f"14042620262012{seq:04d}" for seq in range(1, 15)]
    assert given[14:] == ["14040020269900001", "14040020269900002"]
    bureau.assert_sound()


def test_a_class_of_a_school(bureau):
    """A class is meant with or without its 班."""
    admit(bureau.office, 24)
    caller = bureau.caller()
    body = {"form": FORM, "grade": "J3", "class_no": "10班", "school": SCHOOL, "data": DIPLOMA}
    batch = made(caller.post("/v1/batches", json=body))
    with bureau.office.archive.read() as reading:
        asked_for = [reading.student(row.student_no) for row in reading.batch_rows(int(batch))]
    assert [student.data["class_no"] for student in asked_for] == ["10", "10"]


def test_the_block_ends_in_the_middle(bureau):
    """Those who come first in the list get the last numbers; the others are told to ask for a new block."""
    register.add_block(
        bureau.office,
        as_role("city", CITY),
        diploma_block(1, 2, org=OTHER_SCHOOL, pattern="14042920262012{:04d}"),
    )
    students = admit(bureau.office, 4, OTHER_SCHOOL)
    caller = bureau.caller(org=OTHER_SCHOOL)
    batch = made(caller.post("/v1/batches", json=asked(students)))
    with working(bureau.office):
        body = ended(caller, batch)
    assert numbers(bureau.office, batch) == ["140429202620120001", "140429202620120002", None, None]
    errors = [(error["row"], error["code"], error["article"]) for error in body["errors"]]
    assert errors == [(row, "number_block_exhausted", "第三十四条") for row in (3, 4)]
    bureau.assert_sound()


def test_rows_that_are_wrong_by_themselves(bureau):
    """A double, a stranger, another county's student, a student nobody named: each is told of its own row."""
    (mine,) = admit(bureau.office, 1)
    (theirs,) = admit(bureau.office, 1, OTHER_SCHOOL, start=5)
    unknown = "G140499201104129999"
    caller = bureau.caller("county", COUNTY)
    wanted = [{"student": mine}, {"student": unknown}, {"student": theirs}, {"student": mine}, {}]
    wanted += [
        {"student": 7},
        {"student": "G" * 41},
        {"student": STUDENT, "data": "x"},
        {"student": BEARER, "nonsense": "1"},
    ]
    batch = made(caller.post("/v1/batches", json={"form": FORM, "rows": wanted, "data": DIPLOMA}))
    with working(bureau.office):
        body = ended(caller, batch)
    assert [(error["row"], error["code"]) for error in body["errors"]] == [
        (2, "unknown_student"),
        (3, "out_of_scope"),
        (4, "doubled_row"),
        (5, "missing_field"),
        (6, "not_text"),
        (7, "not_text"),
        (8, "not_map"),
        (9, "unknown_field"),
    ]
    assert "第1行" in body["errors"][2]["message"]
    assert body["done"] == 1
    bureau.assert_sound()


def test_a_rows_own_values_win(bureau):
    """What all share stands in data; a row may say otherwise, under its fields' names or together."""
    students = admit(bureau.office, 3)
    shared = {"study_from": "2023-09", "study_to": "2026-07", "issued_on": "2026-07-01"}
    wanted = [
        {"student": students[0]},
        {"student": students[1], "issued_on": "2026-07-02"},
        {"student": students[2], "data": {"issued_on": "2026-07-03"}},
    ]
    caller = bureau.caller()
    batch = made(caller.post("/v1/batches", json={"form": FORM, "rows": wanted, "data": shared}))
    with working(bureau.office):
        ended(caller, batch)
    documents = caller.get("/v1/documents", params={"form": FORM}).json()["documents"]
    assert [document["issued_on"] for document in documents] == ["2026-07-01", "2026-07-02", "2026-07-03"]


def test_what_no_font_can_show_takes_no_number(bureau):
    """A name that cannot be printed is told by the check: its row leaves no hole among the numbers."""
    students = admit(bureau.office, 3)
    admit(bureau.office, 1, start=1, name="王" + RARE)
    caller = bureau.caller()
    batch = made(caller.post("/v1/batches", json=asked(students)))
    with working(bureau.office):
        body = ended(caller, batch)
    (error,) = body["errors"]
    assert (error["row"], error["code"], error["field"]) == (2, "glyph_missing", "student_name")
    assert bureau.used() == {"used": 2}
    bureau.assert_sound()


def test_what_the_printer_refuses_gives_its_number_back(bureau, monkeypatch):
    """A paper that does not fit is known only when it is printed: its number is the next to be taken."""
    students = admit(bureau.office, 3)
    printer = bureau.office.printer
    print_one = printer.print

    def tight(order):
        if order.data["student_no"] == students[1]:
            raise DoesNotFit(["student_name"], 2, 1)
        return print_one(order)

    caller = bureau.caller()
    batch = made(caller.post("/v1/batches", json=asked(students)))
    with monkeypatch.context() as patched:
        patched.setattr(printer, "print", tight)
        with working(bureau.office):
            body = ended(caller, batch)
    assert [(error["row"], error["code"]) for error in body["errors"]] == [(2, "does_not_fit")]
    assert bureau.used() == {"used": 2, "free": 1}
    assert bureau.issue(students[1])["number"] == "140426202620120002"
    bureau.assert_sound()


def test_two_batches_of_the_same_pupils_leave_no_hole(bureau):
    """Whoever holds a number in one batch is given none by another: its row says so, and the numbers run on."""
    students = admit(bureau.office, 6)
    caller = bureau.caller()
    batches = [made(caller.post("/v1/batches", json=asked(students[at:]))) for at in (0, 2)]
    with working(bureau.office):
        bodies = [ended(caller, one) for one in batches]
    assert sum(body["done"] for body in bodies) == 6
    assert bureau.used() == {"used": 6}
    numbers = [d["number"] for d in caller.get("/v1/documents", params={"form": FORM}).json()["documents"]]
    assert sorted(int(number[-4:]) for number in numbers) == [1, 2, 3, 4, 5, 6]
    bureau.assert_sound()


def test_it_was_issued_meanwhile(bureau):
    """A diploma that is given between the check and the printer stands: the row is refused by art. 38."""
    students = admit(bureau.office, 2)
    caller = bureau.caller()
    batch = made(caller.post("/v1/batches", json=asked(students)))
    while "numbered" not in states(bureau.office, batch):
        assert worker.work_once(bureau.office, (worker.BATCH,))
    bureau.issue(students[0])
    with working(bureau.office):
        body = ended(caller, batch)
    assert [(error["row"], error["code"], error["article"]) for error in body["errors"]] == [
        (1, "diploma_already_issued", "第三十八条")
    ]
    assert body["done"] == 1
    bureau.assert_sound()


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {(None, "list_needed", None)}),
        ({"students": []}, {("rows", "no_rows", None)}),
        ({"grade": "J9"}, {("grade", "bad_code", None)}),
        ({"students": [STUDENT], "class_no": "6"}, {("class_no", "grade_needed", None)}),
        ({"students": [STUDENT], "grade": "J3"}, {(None, "list_needed", None)}),
        ({"students": [STUDENT], "rows": [{"student": STUDENT}]}, {(None, "list_needed", None)}),
        ({"students": [STUDENT], "data": {"no_field": "1"}}, {("no_field", "unknown_field", None)}),
        ({"students": [STUDENT], "blank": "x"}, {("blank", "unknown_field", None)}),
        ({"students": [STUDENT], "dated": "2026-02-30"}, {("dated", "bad_date", None)}),
        (
            {"students": [], "data": {"a": "1", "b": "2"}},
            {("rows", "no_rows", None), ("a", "unknown_field", None), ("b", "unknown_field", None)},
        ),
        ({"grade": "P1", "data": DIPLOMA}, {("grade", "no_rows", None)}),
    ],
)
def test_a_request_that_is_wrong_as_a_whole(client, body, wrong):
    """It is refused at once with everything that is wrong, and nothing is queued."""
    answer = client.post("/v1/batches", json={"form": FORM, **body})
    assert answer.status_code == 422, answer.text
    assert objections(answer.json()) == wrong
    assert client.get("/v1/batches").json() == {"batches": []}


@pytest.fixture
def client(town):
    token = make_token(town.archive, secrets.token_bytes, "registrar", SCHOOL)
    with client_of(create(town), headers={"Authorization": f"Bearer {token}"}) as client:
        yield client


def test_the_same_key_makes_one_batch(bureau):
    """A repeated request gets the same answer; another one under the same key is refused."""
    caller, headers = bureau.caller(), {"Idempotency-Key": "k"}
    first = caller.post("/v1/batches", json=asked([STUDENT]), headers=headers)
    again = caller.post("/v1/batches", json=asked([STUDENT]), headers=headers)
    assert again.json() == first.json()
    assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (None, "true")
    other = caller.post("/v1/batches", json=asked([BEARER]), headers=headers)
    refused(other, 409, "idempotency_key_reused")
    assert len(caller.get("/v1/batches").json()["batches"]) == 1


def test_a_long_list_is_taken(bureau):
    """Ten thousand rows with their values are more than a megabyte; only the list is allowed as much."""
    wanted = [
        {"student": f"G1404992011{row:08d}", "study_from": "2023-09", "x" * 60: "1"} for row in range(10_000)
    ]
    body = json.dumps({"form": FORM, "rows": wanted, "data": DIPLOMA})
    assert len(body) > 1 << 20
    caller = bureau.caller()
    batch = made(caller.post("/v1/batches", content=body, headers={"Content-Type": "application/json"}))
    assert caller.get(f"/v1/batches/{batch}").json()["total"] == 10_000
    answer = caller.post("/v1/documents", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


def test_cancelled_before_it_began(bureau):
    """No row gets a paper; nothing is held; to cancel once more changes nothing."""
    caller = bureau.caller()
    batch = made(caller.post("/v1/batches", json=asked(admit(bureau.office, 3))))
    for _ in range(2):
        body = caller.post(f"/v1/batches/{batch}/cancel").json()
        assert (body["state"], body["cancelled"], body["done"]) == ("cancelled", 3, 0)
    with working(bureau.office):
        bureau.issue(STUDENT)
    assert states(bureau.office, batch) == {"cancelled": 3}
    assert bureau.used() == {"used": 1}


def test_cancelled_on_its_way(bureau):
    """Numbers that were held are free again and are the next to be taken; what is printed stays."""
    students = admit(bureau.office, 3)
    caller = bureau.caller()
    batch = made(caller.post("/v1/batches", json=asked(students)))
    while "numbered" not in states(bureau.office, batch):
        assert worker.work_once(bureau.office, (worker.BATCH,))
    assert bureau.used() == {"held": 3}
    caller.post(f"/v1/batches/{batch}/cancel")
    while worker.work_once(bureau.office, (worker.BATCH,)):
        pass
    assert bureau.used() == {"free": 3}
    assert states(bureau.office, batch) == {"cancelled": 3}
    assert bureau.issue(students[2])["number"] == "140426202620120001"
    done = made(caller.post("/v1/batches", json=asked(students[:1])))
    with working(bureau.office):
        ended(caller, done)
    refused(caller.post(f"/v1/batches/{done}/cancel"), 409, "batch_done")
    bureau.assert_sound()


def test_whose_batches_one_sees(bureau):
    """As for documents: the asker's organization and those above; nobody else learns more than that there is one."""
    caller = bureau.caller()
    batch = made(caller.post("/v1/batches", json=asked([STUDENT])))
    paths = ["", "/errors", "/content", "/events"]
    for role, org in (("county", COUNTY), ("city", CITY), ("auditor", COUNTY)):
        assert bureau.caller(role, org).get(f"/v1/batches/{batch}").json()["id"] == batch
        assert [one["id"] for one in bureau.caller(role, org).get("/v1/batches").json()["batches"]] == [batch]
    stranger = bureau.caller("county", OTHER_COUNTY)
    assert stranger.get("/v1/batches").json() == {"batches": []}
    for path in paths:
        refused(stranger.get(f"/v1/batches/{batch}{path}"), 403, "out_of_scope", article="第四十四条")
        refused(caller.get(f"/v1/batches/77{path}"), 404, "unknown_batch")
        refused(caller.get(f"/v1/batches/x{path}"), 404, "unknown_batch")
        assert bureau.caller(None).get(f"/v1/batches/{batch}{path}").status_code == 401
    refused(stranger.post(f"/v1/batches/{batch}/cancel"), 403, "out_of_scope", article="第四十四条")
    refused(bureau.caller("auditor", COUNTY).post(f"/v1/batches/{batch}/cancel"), 403, "role_not_allowed")
    refused(
        caller.post("/v1/batches", json=asked([STUDENT], school=OTHER_SCHOOL)),
        403,
        "out_of_scope",
        article="第四十四条",
    )


def test_a_restricted_batch_is_seen_by_few(bureau):
    """Of the registrars of a school only the one who asked for sanctions sees the batch (arts. 41 and 44)."""
    caller = bureau.caller()
    batch = made(caller.post("/v1/batches", json={"form": "sanction_record", "students": [STUDENT]}))
    assert caller.get(f"/v1/batches/{batch}").status_code == 200
    token = make_token(bureau.office.archive, secrets.token_bytes, "registrar", SCHOOL)
    other = {"Authorization": f"Bearer {token}"}
    refused(caller.get(f"/v1/batches/{batch}", headers=other), 403, "restricted", article="第四十四条")
    assert caller.get("/v1/batches", headers=other).json() == {"batches": []}
    assert bureau.caller("county", COUNTY).get(f"/v1/batches/{batch}").status_code == 200


def test_papers_of_a_school_itself(bureau):
    """Rows without a student name the school; such papers have no official number."""
    body = {
        "form": "class_roster",
        "rows": [{"school": SCHOOL, "class_no": "6"}, {"class_no": "2"}],
        "data": {"school_year": "2026—2027", "grade": "J3", "class_teacher_name": "贺文婷"},
    }
    caller = bureau.caller()
    batch = made(caller.post("/v1/batches", json=body))
    with working(bureau.office):
        told = ended(caller, batch)
    assert (told["done"], told["errors"]) == (2, [])
    assert Counter(row.number for row in rows(bureau.office, batch)) == {None: 2}
    bureau.assert_sound()


def test_figures_tell_of_batches(bureau):
    """/metrics counts batches by state; no personal data can enter."""
    caller = bureau.caller()
    made(caller.post("/v1/batches", json=asked([STUDENT])))
    text = caller.get("/metrics").text
    assert 'yinzheng_batches{state="checking"} 1' in text
    assert 'yinzheng_stamp_proofs{result="differs"} 0' in text
    assert STUDENT not in text


@pytest.mark.parametrize(
    ("member", "item", "fault"),
    [("rows", {}, "too_long"), ("students", STUDENT, "too_long"), ("rows", 0, "too_long")],
)
def test_a_list_that_is_too_long(bureau, member, item, fault):
    """It is counted before anybody looks at what is in it."""
    body = {"form": FORM, "data": DIPLOMA, member: [item] * (MAX_ROWS + 1)}
    told = refused(bureau.caller().post("/v1/batches", json=body), 422, "invalid_request")
    assert objections(told) == {(member, fault, None)}


def test_a_list_of_nothing_but_faults(bureau):
    """The first faults are told by row."""
    body = {"form": FORM, "rows": [0] * 6000}
    told = refused(bureau.caller().post("/v1/batches", json=body), 422, "invalid_request")
    assert [item["field"] for item in told["errors"]] == [f"rows.{place}" for place in range(200)]
