"""Register: organizations, students, number blocks, tokens."""

import os

import pytest

from service import register
from service.errors import Problem
from tests.conftest import (
    CITY,
    COUNTY,
    OTHER_COUNTY,
    OTHER_SCHOOL,
    RECORDS,
    SCHOOL,
    STUDENT,
    UNITS,
    as_role,
    diploma_block,
)


def refusal(call, *arguments):
    with pytest.raises(Problem) as caught:
        call(*arguments)
    return caught.value


def test_a_token_stands_for_somebody(office):
    """A token given out identifies its holder; any other text is nobody."""
    token = register.make_token(office.archive, os.urandom, "registrar", SCHOOL)
    who = register.identify(office, token)
    assert (who.role, who.org) == ("registrar", SCHOOL)
    assert register.identify(office, token + "x") is None
    assert register.identify(office, None) is None
    assert (
        refusal(register.make_token, office.archive, os.urandom, "registrar", "12").code == "bad_organization"
    )


def test_the_city_registers_all_below(office, city):
    """City, counties, schools; writing again brings up to date."""
    written = [register.put_organization(office, city, code, body) for code, body in UNITS.items()]
    assert all(item.created for item in written)
    again = register.put_organization(office, city, SCHOOL, {**UNITS[SCHOOL], "head_name": "新校长"})
    assert (again.created, again.body["head_name"]) == (False, "新校长")
    assert len(register.organizations(office, city)["organizations"]) == len(UNITS)


def test_a_county_registers_its_schools(town, county):
    """A county writes schools below it, not itself, not another county's, and takes none over."""
    new = {"kind": "school", "name": "黎城县第四中学校", "parent": COUNTY}
    assert register.put_organization(town, county, "3114000999", new).created
    assert refusal(register.put_organization, town, county, COUNTY, UNITS[COUNTY]).code == "out_of_scope"
    taken = {**UNITS[OTHER_SCHOOL], "parent": COUNTY}
    assert refusal(register.put_organization, town, county, OTHER_SCHOOL, taken).code == "out_of_scope"
    given = {**UNITS[SCHOOL], "parent": OTHER_COUNTY}
    assert refusal(register.put_organization, town, county, SCHOOL, given).code == "out_of_scope"


@pytest.mark.parametrize(
    ("code", "body", "field"),
    [
        ("31140", {"kind": "school", "name": "x", "parent": COUNTY}, "code"),
        ("3114000999", {"kind": "school", "name": "", "parent": COUNTY}, "name"),
        ("3114000999", {"kind": "school", "name": "x", "parent": SCHOOL}, "parent"),
        ("3114000999", {"kind": "bureau", "name": "x", "parent": COUNTY}, "kind"),
        ("140499", {"kind": "county", "name": "x", "parent": COUNTY}, "parent"),
    ],
)
def test_faults_of_an_organization(town, city, code, body, field):
    """Code, kind, name and parent are looked at."""
    problem = refusal(register.put_organization, town, city, code, body)
    assert [item.field for item in problem.errors] == [field]


def test_a_student_is_registered(town, registrar):
    """The registrar writes the school's own; the record is told to those in scope, and the look is noted."""
    body = register.student(town, registrar, STUDENT)
    assert (body["name"], body["grade"], body["school"]) == ("文勇俊", "J3", SCHOOL)
    with town.archive.read() as reading:
        assert [row.what for row in reading.accesses(STUDENT)] == ["student record"]
    stranger = as_role("registrar", OTHER_SCHOOL)
    assert refusal(register.student, town, stranger, STUDENT).code == "out_of_scope"
    assert refusal(register.put_student, town, stranger, STUDENT, {"name": "x"}).code == "out_of_scope"


def test_faults_of_a_student_are_told_at_once(town, registrar):
    """Arts. 11 and 14: school, name and record are looked at together; nothing is written."""
    whole = {**RECORDS[STUDENT], "sex": "2", "name": "", "school": "3114999999", "class_no": 6}
    problem = refusal(register.put_student, town, registrar, STUDENT, whole)
    assert {(item.field, item.code) for item in problem.errors} == {
        ("class_no", "not_text"),
        ("name", "missing_field"),
        ("sex", "sex_differs"),
        ("school", "unknown_organization"),
    }
    assert register.student(town, registrar, STUDENT)["name"] == "文勇俊"


def test_blocks_do_not_overlap(town, county):
    """Art. 34: one number, one paper; a county hands blocks to its schools only."""
    assert refusal(register.add_block, town, county, diploma_block(400, 500)).code == "block_overlaps"
    assert register.add_block(town, county, diploma_block(401, 500))["last"] == 500
    foreign = diploma_block(1, 9, org=OTHER_SCHOOL, pattern="9{:04d}")
    assert refusal(register.add_block, town, county, foreign).code == "out_of_scope"
    assert (
        refusal(register.add_block, town, as_role("head", SCHOOL), diploma_block()).code == "role_not_allowed"
    )
    listed = register.blocks(town, county, "diploma_junior", None)["number_blocks"]
    assert [(block["first"], block["last"]) for block in listed] == [(1, 400), (401, 500)]
    assert register.blocks(town, as_role("registrar", OTHER_SCHOOL))["number_blocks"] == []


def test_faults_of_a_block(town, city):
    """Form, year, pattern and range are looked at together."""
    wrong = {"form": "transfer_application", "year": 26, "org": CITY, "pattern": "x", "first": "1", "last": 2}
    problem = refusal(register.add_block, town, city, wrong)
    assert [item.code for item in problem.errors] == [
        "form_without_number",
        "not_a_number",
        "bad_year",
        "bad_pattern",
        "bad_range",
    ]
