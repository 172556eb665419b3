"""Bad requests over HTTP: each is refused by name, with its article, and neither a number nor a row is lost."""

from datetime import date

import pytest

from service.demo.people import id_number
from tests.bureau import PROBLEM, bureau_of, objections, refused
from tests.conftest import (
    CITY,
    COUNTY,
    DIPLOMA,
    MOVER,
    OTHER_SCHOOL,
    RECORD_CERTIFICATE,
    SCHOOL,
    STUDENT,
    TRANSFER,
    diploma_block,
)

PERSON = {
    "name": "文勇俊",
    "sex": "1",
    "birth_date": "2011-04-12",
    "id_type": "1",
    "id_number": "140499201104120011",
    "ethnic": "01",
    "school": SCHOOL,
    "grade": "J3",
    "class_no": "6",
}
LOST = {key: value for key, value in RECORD_CERTIFICATE.items() if key != "original_no"}


@pytest.fixture(scope="module")
def bureau(request):
    with bureau_of(request, reading=False) as bureau:
        yield bureau


@pytest.fixture
def untouched(bureau):
    """The archive is sound afterwards, and there is neither a number more nor a document more."""
    before = bureau.used(), bureau.caller("city", CITY).get("/v1/documents").json()
    yield
    bureau.assert_sound()
    assert (bureau.used(), bureau.caller("city", CITY).get("/v1/documents").json()) == before


def test_an_unknown_form(bureau, untouched):
    """404, and the way to the list of forms."""
    refused(bureau.ask(STUDENT, form="diploma_senior_2"), 404, "unknown_form", "请从表样目录中选择")


def test_an_unknown_student(bureau, untouched):
    """404 that does not repeat the number asked for."""
    body = refused(bureau.ask("G140499201104120038"), 404, "unknown_student", "学籍号")
    assert "140499" not in body["detail"]


def test_unknown_fields_are_named(bureau, untouched):
    """A field the form does not have, one the record does not have, and one the request does not have."""
    body = refused(
        bureau.ask(STUDENT, data={**DIPLOMA, "hobby": "羽毛球"}), 422, "unknown_field", "hobby", "删去"
    )
    assert objections(body) == {("hobby", "unknown_field", None)}
    answer = bureau.caller().put(f"/v1/students/{STUDENT}", json={**PERSON, "nickname": "小文"})
    body = refused(answer, 422, "unknown_field", "nickname", "附件6")
    assert objections(body) == {("nickname", "unknown_field", None)}
    request = {"form": "diploma_junior", "student": STUDENT, "data": DIPLOMA, "urgent": True}
    body = refused(bureau.caller().post("/v1/documents", json=request), 422, "invalid_request")
    assert objections(body) == {("urgent", "extra_forbidden", None)}


def test_missing_fields_are_named_all_at_once(bureau, untouched):
    """Each with its Chinese label, so that the clerk need not ask twice."""
    body = refused(bureau.ask(STUDENT, data={"issued_on": "2026-07-01"}), 422, "refused", "study_from")
    assert objections(body) == {(name, "missing_field", None) for name in ("study_from", "study_to")}
    answer = bureau.caller().post("/v1/documents", json={"form": "diploma_junior"})
    body = refused(answer, 422, "missing_field", "学籍号")
    assert objections(body) == {("student", "missing_field", None)}


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        ({"sex": "2"}, "sex_differs", "第17位"),
        ({"birth_date": "2011-04-13"}, "birth_date_differs", "第7至14位"),
        ({"id_number": id_number(date(2011, 4, 12), 3)}, "student_no_differs", "学籍号"),
    ],
)
def test_a_record_that_contradicts_its_number(bureau, untouched, change, code, says):
    """Art. 14: no record on false data; the record on file stays as it was."""
    before = bureau.caller().get(f"/v1/students/{STUDENT}").json()
    answer = bureau.caller().put(f"/v1/students/{STUDENT}", json={**PERSON, **change})
    refused(answer, 422, code, says, "核对", article="第十四条")
    assert bureau.caller().get(f"/v1/students/{STUDENT}").json() == before


def test_a_wrong_check_character(bureau, untouched):
    """Art. 14: in the id number; art. 11: in the 学籍号; neither makes a record."""
    wrong = "140499201104120012"
    answer = bureau.caller().put(f"/v1/students/{STUDENT}", json={**PERSON, "id_number": wrong})
    body = refused(answer, 422, "refused", "校验码不符", article="第十四条")
    assert ("id_number", "bad_id_number", "第十四条") in objections(body)
    answer = bureau.caller().put(f"/v1/students/G{wrong}", json={**PERSON, "id_number": wrong})
    body = refused(answer, 422, "refused", "学籍号", article="第十一条")
    assert ("student_no", "bad_student_no", "第十一条") in objections(body)
    refused(bureau.caller().get(f"/v1/students/G{wrong}"), 404, "unknown_student")


def test_text_that_cannot_be_printed(bureau, untouched):
    """Invisible, turning and private-use characters are refused; what they were is not printed anywhere."""
    for name in ("文\u202e勇", "文\u200b勇", "文\ue000", "文\n勇", "文\x00"):
        answer = bureau.caller().put(f"/v1/students/{STUDENT}", json={**PERSON, "name": name})
        refused(answer, 422, "bad_text", "不可打印", article="第十四条")
    answer = bureau.ask(MOVER, "transfer_application", {**TRANSFER, "reason": "迁居\u202e市"})
    refused(answer, 422, "bad_text", "reason")


def test_a_second_diploma(bureau):
    """Art. 38: 409 with the way out; its number goes to the next student."""
    first = bureau.issue(STUDENT)
    body = refused(bureau.ask(STUDENT), 409, "diploma_already_issued", "学历证明", article="第三十八条")
    assert objections(body) == {(None, "diploma_already_issued", "第三十八条")}
    second = bureau.issue(bureau.admit("申海燕", 2))
    assert int(second["number"]) == int(first["number"]) + 1
    bureau.assert_sound()


def test_a_second_record_certificate(bureau):
    """Art. 38: once for each student and stage, also from a block: no number is spent on the refusal."""
    block = {
        "form": "academic_record_certificate",
        "year": 2026,
        "org": COUNTY,
        "pattern": "2026{:04d}",
        "first": 1,
        "last": 9,
    }
    answer = bureau.caller("county", COUNTY).post("/v1/number-blocks", json=block)
    assert answer.status_code == 201, answer.text
    student, other = bureau.admit("段玉兰", 4), bureau.admit("秦小满", 6)
    lost = {**LOST, "original_no": "140426202620120087"}
    first = bureau.issue(student, "academic_record_certificate", lost)
    answer = bureau.ask(student, "academic_record_certificate", lost)
    refused(answer, 409, "record_certificate_once", "主管教育行政部门", article="第三十八条")
    second = bureau.issue(other, "academic_record_certificate", lost)
    assert [first["number"][-4:], second["number"][-4:]] == ["0001", "0002"]
    bureau.assert_sound()


def test_an_exhausted_number_block(bureau):
    """Art. 34: 409 that says whom to ask; a new block goes on."""
    ours = "黎城县第五中学校", "3114000555"
    school = {"kind": "school", "name": ours[0], "parent": COUNTY, "stages": ["J"], "head_name": "郭岚"}
    assert bureau.caller("city", CITY).put(f"/v1/organizations/{ours[1]}", json=school).status_code == 201
    county = bureau.caller("county", COUNTY)
    clerk = bureau.caller("registrar", ours[1])
    block = diploma_block(1, 1, org=ours[1], pattern="14042620262055{:04d}")
    assert county.post("/v1/number-blocks", json=block).status_code == 201
    students = [bureau.admit(name, order, ours[1]) for name, order in (("郭一", 8), ("郭二", 10))]
    bureau.issue(students[0], caller=clerk)
    answer = bureau.ask(students[1], caller=clerk)
    refused(answer, 409, "number_block_exhausted", "申请新号段", article="第三十四条")
    bureau.assert_sound()
    body = refused(county.post("/v1/number-blocks", json=block), 409, "block_overlaps", article="第三十四条")
    assert "一号只能用一次" in body["detail"]
    assert county.post("/v1/number-blocks", json={**block, "first": 2, "last": 2}).status_code == 201
    assert bureau.issue(students[1], caller=clerk)["number"] == "140426202620550002"


def test_one_key_for_two_requests(bureau):
    """The same request again: the same answer and number. Another one: 409, and nothing is printed."""
    student, other = bureau.admit("武卫国", 1), bureau.admit("武爱民", 3)
    first = bureau.ask(student, key="2026-毕业-1".encode().hex())
    again = bureau.ask(student, key="2026-毕业-1".encode().hex())
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    answer = bureau.ask(other, key="2026-毕业-1".encode().hex())
    refused(answer, 409, "idempotency_key_reused", "换")
    assert int(bureau.issue(other)["number"]) == int(first.json()["number"]) + 1
    bureau.assert_sound()


def test_a_refused_request_does_not_burn_its_key(bureau):
    """The corrected request may use the key again, since nothing was done under it."""
    student = bureau.admit("冯春", 12)
    refused(bureau.ask(student, data={"issued_on": "2026-07-01"}, key="corrected"), 422, "refused")
    assert bureau.ask(student, key="corrected").status_code == 201


def test_another_schools_token(bureau, untouched):
    """Art. 44: 403 with the reason on every door, and the refused look shows nothing."""
    stranger = bureau.caller("registrar", OTHER_SCHOOL)
    document = bureau.caller().get("/v1/documents").json()["documents"][0]
    refused(bureau.ask(STUDENT, caller=stranger), 403, "out_of_scope", "书面批准", article="第四十四条")
    for path in (
        *document["links"].values(),
        f"/v1/students/{STUDENT}",
        f"/v1/organizations/{SCHOOL}",
    ):
        answer = stranger.get(path)
        body = refused(answer, 403, "out_of_scope", article="第四十四条")
        assert "文勇俊" not in answer.text
        assert "insufficient_scope" in answer.headers["www-authenticate"]
        assert body["title"] == "不在管辖范围"
    for owner in (STUDENT, SCHOOL):
        answer = stranger.get(f"/v1/archives/{owner}")
        refused(answer, 403, "approval_needed", "先申请批准", article="第四十四条")
    put = stranger.put(f"/v1/students/{STUDENT}", json={**PERSON, "school": OTHER_SCHOOL})
    refused(put, 403, "out_of_scope", article="第四十四条")
    auditor = bureau.caller("auditor", CITY)
    refused(bureau.ask(STUDENT, caller=auditor), 403, "role_not_allowed", "审计员不能出具文书")
    refused(bureau.upload(b"%PDF-", caller=auditor), 403, "role_not_allowed", "审计员不能上传扫描件")
    revoke = stranger.post(f"{document['links']['self']}/revoke", json={"reason": "不想要了"})
    refused(revoke, 403, "out_of_scope", article="第四十四条")
    assert stranger.get("/v1/documents").json() == {"documents": []}


def test_no_token(bureau, untouched):
    """401 with the scheme, on every call that is not public; an invented token is no better than none."""
    nobody = bureau.caller(None)
    paths = bureau.caller(None).get("/openapi.json").json()["paths"]
    guarded = [
        (method, path)
        for path, calls in paths.items()
        for method, call in calls.items()
        if call.get("security")
    ]
    assert len(guarded) > 15
    for method, path in guarded:
        for headers in ({}, {"Authorization": "Bearer yz_nobody"}, {"Authorization": "Basic eHg6eHg="}):
            answer = nobody.request(method, path, headers=headers, json={})
            assert (answer.status_code, answer.headers["content-type"]) == (401, PROBLEM), (method, path)
            assert answer.json()["code"] == "no_token"
            assert answer.headers["www-authenticate"].startswith("Bearer")
