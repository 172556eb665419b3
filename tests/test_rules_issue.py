"""The rules at the door: what the flow does with exceptions, warnings, editions and overlays (arts. 31, 35, 36, 38, 45, 48, 49)."""

import io
from dataclasses import replace

import pypdf
import pytest

from service import issue, register
from service.errors import Problem
from tests.conftest import (
    BEARER,
    COUNTY,
    DIPLOMA,
    GUARDIAN,
    MOVER,
    OTHER_SCHOOL,
    RECORD_CERTIFICATE,
    SCHOOL,
    SENIOR_SCHOOL,
    STUDENT,
    TRANSFER,
    UNITS,
    pdf_of,
)
from tests.test_receive import brought
from tests.test_rules_graduation import REACHED, STUDIES

SENIOR = "G140499200810101059"
EXCEPTION = issue.Override("黎教〔2026〕12号", "原学历证明水浸毁损，经核实", "A38-3")


def ask(office, who, form, student, data, **changes):
    return issue.issue(office, who, issue.IssueRequest(form, student, data, **changes)).body


def refused(office, who, *request, **changes):
    with pytest.raises(Problem) as caught:
        ask(office, who, *request, **changes)
    return caught.value


def text_of(office, serial):
    """What a paper says, without blanks."""
    pages = pypdf.PdfReader(io.BytesIO(pdf_of(office, serial))).pages
    return "".join("".join(page.extract_text().split()) for page in pages)


def test_a_second_record_certificate_replaces_the_first(town, registrar, county):
    """Art. 38: refused, and by the authority's exception issued; the first is superseded, the exception on the register."""
    wanted = ("academic_record_certificate", STUDENT, {**RECORD_CERTIFICATE, "stage": "J", "paper_no": "1"})
    again = (*wanted[:2], {**wanted[2], "paper_no": "2"})
    first = ask(town, registrar, *wanted)
    problem = refused(town, registrar, *again)
    assert (problem.code, problem.status, problem.article) == ("record_certificate_once", 409, "第三十八条")
    assert refused(town, registrar, *again, override=EXCEPTION).code == "override_not_authority"
    second = ask(town, county, *again, override=EXCEPTION)
    with town.archive.read() as reading:
        before = reading.document(first["serial"])
        noted = reading.overrides()
    assert (before.status, before.superseded_by) == ("superseded", second["serial"])
    assert [(row.serial, row.org, row.rule, row.document) for row in noted] == [
        (second["serial"], COUNTY, "A38-3", EXCEPTION.document)
    ]


def senior(office, city, **record):
    """Register a student of the last senior grade."""
    body = {
        **GUARDIAN,
        "name": "欧阳思远",
        "sex": "1",
        "birth_date": "2008-10-10",
        "id_type": "1",
        "id_number": SENIOR[1:],
        "ethnic": "01",
        "grade": "S3",
        "class_no": "2",
        "school": SENIOR_SCHOOL,
        **record,
    }
    return register.put_student(office, city, SENIOR, body)


def test_a_senior_diploma_needs_its_conditions_and_the_citys_number(town, city, county):
    """Arts. 35 and 36: everything that is open is told at once; the record gives it, maps and numbers as they are."""
    senior(town, city)
    problem = refused(town, city, "diploma_senior", SENIOR, STUDIES)
    assert {item.code for item in problem.errors} == {"credits_short", "exam_not_passed", "condition_open"}
    assert (problem.article, len(problem.errors)) == ("第三十五条", 16)
    reached = {name: value for name, value in REACHED.items() if "." not in name}
    reached |= {"credits_total": 144, "exam_grades": {name[12:]: "C" for name in REACHED if "." in name}}
    told = senior(town, city, **reached).body
    assert (told["credits_total"], told["exam_grades"]["语文"]) == ("144", "C")
    block = {"form": "diploma_senior", "year": 2026, "org": SENIOR_SCHOOL, "first": 1, "last": 9}
    block["pattern"] = "14040020263001{:04d}"
    with pytest.raises(Problem) as caught:
        register.add_block(town, county, block)
    assert (caught.value.code, caught.value.article) == ("number_by_other_authority", "第三十六条")
    register.add_block(town, city, block)
    assert ask(town, city, "diploma_senior", SENIOR, STUDIES)["number"] == "140400202630010001"


def test_a_paper_of_another_day_is_printed_and_judged_by_the_edition_of_that_day(town, registrar):
    """Art. 49: title, attachment and foot note of the example edition stand on the paper."""
    now = ask(town, registrar, "transfer_application", MOVER, TRANSFER)
    then = ask(town, registrar, "transfer_application", MOVER, TRANSFER, dated="2090-02-01")
    ours, other = (text_of(town, body["serial"]) for body in (now, then))
    assert "附件8" in ours
    assert "示例" not in ours
    for words in ("示例附件3", "中小学生转学申请表（示例版）", "转学申请每学期末集中受理"):
        assert words in other


SUSPENSION = {
    "mode": "suspend",
    "reason_code": "3",
    "reason": "因不可抗拒原因申请休学。",
    "suspend_from": "2026-09-01",
    "suspend_to": "2027-08-31",
    "total_months": 12,
    "grade_when_suspended": "初中二年级4班",
}


def test_a_countys_shorter_limit_holds_for_its_schools(town, city, registrar):
    """Art. 48: the overlay of the units above the school is in force, and art. 24 is cited."""
    register.put_organization(town, city, COUNTY, {**UNITS[COUNTY], "limits": {"suspend_months": 6}})
    problem = refused(town, registrar, "suspension_application", MOVER, SUSPENSION)
    assert (problem.code, problem.article) == ("suspension_too_long", "第二十四条")
    assert "6 个月" in problem.detail


def test_what_is_only_told_comes_with_the_paper(town, registrar):
    """Art. 32: late, and still issued; the answer carries the warning."""
    died = {"died_on": "2026-10-01", "proof_no": "居民死亡医学证明 2026-001"}
    body = ask(town, registrar, "death_cancellation", MOVER, died)
    assert [(item["code"], item["article"]) for item in body["warnings"]] == [
        ("death_reported_late", "第三十二条")
    ]
    assert "warnings" not in ask(town, registrar, "diploma_junior", STUDENT, DIPLOMA)


def test_light_sanctions_are_filed_by_the_school_alone(town, registrar):
    """Art. 40: 警告 stays out of the pupil's file, 记过 goes into it; so do its scan and what was read on it."""
    for sanction, kept in (("1", False), ("3", True)):
        values = {"sanction": sanction, "decided_on": "2026-06-01", "facts": "违反校规。"}
        serial = ask(town, registrar, "sanction_record", MOVER, values)["serial"]
        brought(town, registrar, pdf_of(town, serial))
        with town.archive.read() as reading:
            filed = [(entry.kind, entry.archive) for entry in reading.entries_of(serial)]
        assert {kind for kind, _ in filed} == {"document", "layout", "scan", "check", "picture"}
        for kind in ("document", "layout", "scan", "check", "picture"):
            assert ((kind, MOVER) in filed) is kept


def test_other_units_are_looked_up_for_the_rules(town, city, registrar):
    """Arts. 17 and 19: the county of the receiving school and a school named in words are known to the rules."""
    problem = refused(town, registrar, "transfer_application", MOVER, {**TRANSFER, "hukou_new": "140430"})
    assert (problem.code, problem.article) == ("school_elsewhere", "第十七条")
    senior(town, city, grade="S2")
    wanted = {"in_school": UNITS[SENIOR_SCHOOL]["name"], "reason": "自愿学习一技之长。"}
    problem = refused(town, city, "vocational_transfer_application", SENIOR, wanted)
    assert (problem.code, problem.article) == ("not_vocational", "第十九条")


def test_a_merged_school_sends_to_its_heir(town, city, registrar):
    """Art. 8: of a merger that an earlier release recorded: from its day the surviving school gives the papers."""
    with town.archive.begin() as transaction:
        school = transaction.organization(SCHOOL)
        gone = {**school.data, "merged_into": OTHER_SCHOOL, "merged_on": "2026-09-01"}
        transaction.put_organization(replace(school, data=gone))
    wanted = ("academic_record_certificate", STUDENT, {**RECORD_CERTIFICATE, "stage": "J", "paper_no": "1"})
    problem = refused(town, registrar, *wanted)
    assert (problem.code, problem.article) == ("school_merged", "第八条")
    assert OTHER_SCHOOL in problem.detail
    heir = {**wanted[2], "head_name": UNITS[OTHER_SCHOOL]["head_name"]}
    assert ask(town, city, *wanted[:2], heir, school=OTHER_SCHOOL)["school"] == OTHER_SCHOOL
    assert ask(town, registrar, "diploma_junior", BEARER, DIPLOMA)["status"] == "pending"
