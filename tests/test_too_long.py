"""Very long values are refused by the name of their field before any sum or rule makes a number of them."""

import json
import secrets

import pytest

from service.errors import Problem
from service.issue import IssueRequest, issue
from service.register import make_token
from service.web.http import create
from templates.catalogue import Catalogue
from tests.conftest import SCHOOL, STUDENT
from tests.served import client_of

DIGITS = "9" * 4400
"""More than Python turns into a number."""
MOST = 14
"""Digits of the longest number that a form may ask for: a file's bytes."""


@pytest.fixture
def client(town):
    token = make_token(town.archive, secrets.token_bytes, "registrar", SCHOOL)
    with client_of(create(town), headers={"Authorization": f"Bearer {token}"}) as caller:
        yield caller


@pytest.mark.parametrize(
    ("form", "field", "value"),
    [
        ("enrolment_change_register", "opening", DIGITS),
        ("guest_study_application", "class_size_after", DIGITS),
        ("suspension_application", "total_months", DIGITS),
        ("suspension_application", "hours_missed", f"{DIGITS}/{DIGITS}"),
    ],
)
def test_a_very_long_number_is_refused_by_its_field(client, form, field, value):
    """422 too_long, and nothing else is said of that field."""
    shape = Catalogue.load().get(form)
    data = {**json.loads(shape.example.read_text("utf-8"))["data"], field: value}
    student = STUDENT if shape.subject == "student" else None
    body = {"form": form, "student": student, "school": SCHOOL, "data": data}
    answer = client.post("/v1/documents", json=body)
    assert answer.status_code == 422, answer.text
    assert [item["code"] for item in answer.json()["errors"] if item["field"] == field] == ["too_long"]
    assert DIGITS not in answer.text


def test_every_number_of_a_form_has_a_limit(catalogue):
    """No number of any form or table may be longer than a computer counts with at once."""
    for form in catalogue.forms.values():
        for field in (one for head in form.fields for one in (head, *head.columns)):
            assert field.type not in {"int", "decimal"} or field.max <= MOST, (form.name, field.name)


def test_a_long_name_is_told_once_and_by_its_field(client):
    """A record's value may be a text, a number or an object: the answer does not tell of these kinds."""
    body = {"name": "文" * 5000, "grades": {"语文": "9" * 5000}, "sex": []}
    answer = client.put(f"/v1/students/{STUDENT}", json=body)
    assert answer.status_code == 422, answer.text
    told = {(item["field"], item["code"]) for item in answer.json()["errors"]}
    assert len(told) == len(answer.json()["errors"]) == 3
    assert {("name", "string_too_long"), ("grades.语文", "string_too_long")} < told
    assert "name：太长。" in answer.text


def test_titles_in_a_transfer_list_are_whole(town, registrar):
    """Art. 22: a file's title longer than its column is objected to by its cell, never cut."""
    title = "卷" * 61
    with town.archive.begin() as transaction:
        transaction.add_entry(
            archive=STUDENT,
            kind="document",
            archive_class="学生学籍档案",
            title=title,
            sha256=town.archive.objects.put(b"x"),
            size=1,
            media_type="application/pdf",
            serial=None,
            by="x",
        )
    data = {"cause": "1", "to_unit": "武乡县第二中学校", "kept": "电子备份一份"}
    with pytest.raises(Problem) as caught:
        issue(town, registrar, IssueRequest("archive_transfer_list", STUDENT, data))
    assert ("rows.1.title", "too_long") in {(item.field, item.code) for item in caught.value.errors}
