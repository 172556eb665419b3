"""Issuing over HTTP with the real printer: the answer, its links, and repeated requests."""

import json
import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.register import make_token
from service.web.http import create
from service.web.schemas import DocumentOut
from tests.conftest import DIPLOMA, SCHOOL, STUDENT, TRANSFER
from tests.served import client_of

BODY = {"form": "diploma_junior", "student": STUDENT, "data": DIPLOMA}


@pytest.fixture
def school(town):
    token = make_token(town.archive, secrets.token_bytes, "registrar", SCHOOL)
    with client_of(create(town), headers={"Authorization": f"Bearer {token}"}) as client:
        yield client


def test_a_document_is_issued_once_however_often_it_is_asked_for(school):
    """201 with links that work; the same key gives the same answer, another request with it is a conflict."""
    key = {"Idempotency-Key": "graduation-2026-0001"}
    first = school.post("/v1/documents", json=BODY, headers=key)
    assert first.status_code == 201, first.text
    told = DocumentOut.model_validate(first.json())
    assert first.headers["location"] == told.links.self
    assert "idempotent-replayed" not in first.headers
    assert told.verify_url.startswith("HTTPS://YINZHENG.EXAMPLE/V/")
    again = school.post("/v1/documents", json=BODY, headers=key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    other = school.post(
        "/v1/documents", json={**BODY, "data": {**DIPLOMA, "issued_on": "2026-07-02"}}, headers=key
    )
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    for link, beginning in ((told.links.content, b"%PDF-1."), (told.links.docx, b"PK")):
        assert school.get(link).content.startswith(beginning)
    assert school.get(told.links.layout).json()["form"] == "diploma_junior"
    verdict = school.post("/v1/verifications", json={"qr": told.verify_url}).json()
    assert (verdict["verdict"], verdict["number"]) == ("pending", told.number)


def test_half_a_character_is_refused_by_its_field(school):
    """JSON can write it; with a key it is hashed before any rule looks at it."""
    asked = json.dumps({**BODY, "data": {**DIPLOMA, "study_from": "\ud800"}})
    headers = {"Idempotency-Key": "half", "Content-Type": "application/json"}
    answer = school.post("/v1/documents", content=asked, headers=headers)
    assert answer.status_code == 422, answer.text
    assert "study_from" in {error["field"] for error in answer.json()["errors"]}


def test_a_roster_is_asked_for_with_rows(school):
    """No student; rows by Chinese labels, numbers and booleans as JSON has them; a wrong cell by its name."""
    data = {
        "school_year": "2026-2027",
        "grade": "J3",
        "class_no": 6,
        "class_teacher_name": "栗红",
        "rows": [{"学籍号": STUDENT, "备注": None}],
    }
    answer = school.post("/v1/documents", json={"form": "class_roster", "data": data, "dated": "2026-11-16"})
    assert answer.status_code == 201, answer.text
    told = DocumentOut.model_validate(answer.json())
    assert (answer.json()["student"], told.number, told.pages) == (None, None, 1)
    verdict = school.post("/v1/verifications", json={"qr": told.verify_url}).json()
    assert (verdict["verdict"], verdict["holder_masked"]) == ("pending", None)
    page = school.get(
        told.verify_url.removeprefix("HTTPS://YINZHENG.EXAMPLE"), headers={"Accept": "text/html"}
    )
    assert "在校生分班名册" in page.text
    data["rows"][0]["性别"] = "2"
    refusal = school.post("/v1/documents", json={"form": "class_roster", "data": data}).json()
    assert [(item["field"], item["code"]) for item in refusal["errors"]] == [
        ("rows.1.sex", "contradicts_record")
    ]


def test_a_second_diploma_is_refused_with_its_article(school):
    """Art. 38: 409, in Chinese, with the article."""
    assert school.post("/v1/documents", json=BODY).status_code == 201
    refusal = school.post("/v1/documents", json=BODY)
    assert refusal.status_code == 409
    assert refusal.json()["article"] == "第三十八条"


def test_a_rule_refuses_with_its_article(school):
    """A transfer into another grade: 422 with article 20 and the field."""
    refusal = school.post(
        "/v1/documents",
        json={"form": "transfer_application", "student": STUDENT, "data": {**TRANSFER, "in_grade": "J1"}},
    )
    assert refusal.status_code == 422
    assert "第二十条" in {item["article"] for item in refusal.json()["errors"]}


def test_the_same_key_at_the_same_time_issues_one_document(school):
    """Two requests race: one prints, the other is put off or gets the same answer; one number is taken."""
    key = {"Idempotency-Key": "race"}
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: school.post("/v1/documents", json=BODY, headers=key), range(2)))
    assert sorted(answer.status_code for answer in answers) in ([201, 201], [201, 409])
    late = school.post("/v1/documents", json=BODY, headers=key)
    assert late.status_code == 201
    assert len(school.get("/v1/documents").json()["documents"]) == 1
