"""Every official paper through the whole spine: registered, asked for, judged, numbered, printed, kept, verified."""

import json

import pytest

from service import issue, register, verify
from storage.check import check
from templates.catalogue import Catalogue
from tests.conftest import COUNTY, SCHOOL, UNITS
from tests.test_rules_graduation import REACHED

FORMS = Catalogue.load()
DAYS = {"death_cancellation": "2026-11-16", "deferred_entry_application": "2026-08-28"}
"""Cases whose rules look at the day: the other examples are judged on DAY."""
DAY = "2026-06-20"
PUPIL = {"id_type": "1", "grade": "J3"}
"""What an example of a paper need not say of its student, but every record does."""


def admitted(town, city, form, parts):
    """Register the example's school, its students, and the numbers its form needs; gives school and student."""
    school = parts["school"].get("code", SCHOOL)
    if school not in UNITS:
        told = {name: parts["school"][name] for name in ("name", "head_name") if name in parts["school"]}
        register.put_organization(town, city, school, {"kind": "school", "parent": COUNTY, **told})
    person = {name: value for name, value in parts.get("student", {}).items() if name != "photo"}
    student = person.pop("student_no", None) if form.subject in {"student", "person"} else None
    record = {**PUPIL, **(REACHED if form.name == "diploma_senior" else {}), **person, "school": school}
    if student is not None:
        register.put_student(town, city, student, record)
    for row in parts["data"]["rows"] if form.name == "class_roster" else ():
        place = {"grade": parts["data"]["grade"], "class_no": parts["data"]["class_no"], "school": school}
        told = {
            name: value for name, value in row.items() if name not in {"student_no", "student_name", "remark"}
        }
        pupil = {**PUPIL, **told, "name": row["student_name"], **place}
        register.put_student(town, city, row["student_no"], pupil)
    if form.number_field:
        block = {"form": form.name, "year": 2026, "org": school, "pattern": "9{:05d}", "first": 1, "last": 9}
        register.add_block(town, city, block)
    return school, student


def asked(town, city, name):
    """The example of a form as a request: what the records and the office give is left out of it."""
    form = FORMS.get(name)
    parts = json.loads(form.example.read_text("utf-8"))
    school, student = admitted(town, city, form, parts)
    person = parts.get("student", {}) if student is None else {}
    of_student = (field for field in form.fields if field.source == "student")
    told = {field.name: person.get(field.record or field.name) for field in of_student}
    data = {**told, **parts["data"]}
    for field in form.fields:
        if field.source == "office" or field.type == "photo":
            data.pop(field.name, None)
    return issue.IssueRequest(name, student, data, school=school, dated=DAYS.get(name, DAY))


@pytest.mark.parametrize("name", sorted(FORMS.forms))
def test_it_is_issued_and_verified(town, city, name):
    """Every example is accepted and kept, and its code is known; nothing is in force before its marks are there."""
    request = asked(town, city, name)
    body = issue.issue(town, city, request).body
    told = verify.by_code(town, body["verify_url"])
    assert (told.verdict, told.form) == ("pending", FORMS.get(name).title)
    assert [fault.code for fault in check(town.archive) if not fault.harmless] == []
