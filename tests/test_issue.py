"""Issue: request, rules, number, print, keep, all or nothing; and revoke."""

import threading
from dataclasses import replace

import pytest

from service import issue, publish, register
from service.errors import Problem
from service.office.lookups import facts_digest
from service.signing.published import read_list
from storage.check import check
from templates.errors import ConverterFailed, UnknownForm
from tests.conftest import (
    BEARER,
    DIPLOMA,
    MOVER,
    OTHER_SCHOOL,
    RECORD_CERTIFICATE,
    SCHOOL,
    STUDENT,
    TRANSFER,
    as_role,
    diploma_block,
    issue_diploma,
    layout_of,
    pdf_of,
)


def refusal(call, *arguments, **named):
    with pytest.raises(Problem) as caught:
        call(*arguments, **named)
    return caught.value


def faults(office):
    return [fault.code for fault in check(office.archive) if not fault.harmless]


def numbers(office):
    with office.archive.read() as reading:
        return [
            (row.number[-4:], row.state) for block in reading.blocks() for row in reading.numbers(block.id)
        ]


def test_a_diploma_is_issued_whole(town, registrar):
    """Row, number, log leaf, entries and bytes are there together, and prove each other."""
    issued = issue_diploma(town, registrar)
    body = issued.body
    assert (issued.status, body["number"], body["status"], body["pages"]) == (
        201,
        "140426202620120001",
        "pending",
        1,
    )
    assert body["verify_url"].startswith("HTTPS://YINZHENG.EXAMPLE/V/")
    with town.archive.read() as reading:
        document = reading.document(body["serial"])
        entries = reading.entries(STUDENT), reading.entries(SCHOOL)
    assert document.facts["birth_date"] == "二〇一一年四月十二日"
    assert document.digest == facts_digest(document.facts).hex()
    assert town.keys.public.check(body["verify_url"]).digest.hex() == document.digest[:24]
    assert [[entry.kind for entry in archive] for archive in entries] == [["document", "layout"]] * 2
    assert pdf_of(town, body["serial"]).startswith(b"%PDF-")
    printed = {value["name"] for value in layout_of(town, body["serial"])["pages"][0]["values"]}
    assert {"student_name", "certificate_no", "school_name"} <= printed
    assert faults(town) == []


def test_the_same_key_gives_the_same_answer(town, registrar):
    """Idempotency-Key: same body, same document; other body, 409; another office's key is its own."""
    first = issue_diploma(town, registrar, key="k1")
    again = issue_diploma(town, registrar, key="k1")
    assert (again.replay, again.body) == (True, first.body)
    problem = refusal(issue_diploma, town, registrar, student=BEARER, key="k1")
    assert (problem.code, problem.status) == ("idempotency_key_reused", 409)
    other = issue_diploma(town, as_role("head", SCHOOL), student=BEARER, key="k1")
    assert other.body["number"] == "140426202620120002"


def test_a_failed_print_gives_the_number_back(town, registrar, slow_printer, monkeypatch):
    """When LibreOffice fails nothing is left: the number is free again, the key may be tried again."""
    town = replace(town, printer=slow_printer)

    def fail(_docx):
        raise ConverterFailed("test")

    with monkeypatch.context() as patch:
        patch.setattr(town.printer._converter, "submit", fail)
        with pytest.raises(ConverterFailed):
            issue_diploma(town, registrar, key="k1")
    assert numbers(town) == [("0001", "free")]
    assert issue_diploma(town, registrar, key="k1").body["number"] == "140426202620120001"
    assert numbers(town) == [("0001", "used")]
    assert faults(town) == []


def test_a_lost_diploma_is_not_reprinted(town, registrar, county):
    """Art. 38: a second one is refused with the way out; a blank spoilt before 验印 may be replaced."""
    first = issue_diploma(town, registrar)
    problem = refusal(issue_diploma, town, registrar)
    assert (problem.code, problem.status, problem.article) == ("diploma_already_issued", 409, "第三十八条")
    issue.revoke(town, county, first.body["serial"], "打印时卡纸，纸张作废")
    assert issue_diploma(town, registrar).body["number"] == "140426202620120002"


def test_two_at_once_make_one_diploma(town, registrar):
    """Two clerks press the button together: one document, and no number is lost."""
    outcomes = []

    def press():
        try:
            outcomes.append(issue_diploma(town, registrar).body["number"])
        except Problem as problem:
            outcomes.append(problem.code)

    clerks = [threading.Thread(target=press) for _ in range(2)]
    for clerk in clerks:
        clerk.start()
    for clerk in clerks:
        clerk.join()
    made = [outcome for outcome in outcomes if outcome.startswith("1404")]
    assert len(made) == 1
    assert "diploma_already_issued" in outcomes
    assert faults(town) == []
    assert sum(state == "used" for _, state in numbers(town)) == 1


def test_every_objection_at_once(town, registrar):
    """Unknown, missing, contradicting and illegal fields are all named, each with what to do."""
    data = {
        "study_from": "2023-9",
        "issued_on": "2026-07-01",
        "sex": "2",
        "colour": "red",
        "certificate_no": "7",
    }
    request = issue.IssueRequest("diploma_junior", STUDENT, data)
    problem = refusal(issue.issue, town, registrar, request)
    assert problem.status == 422
    assert [(item.field, item.code) for item in problem.errors] == [
        ("colour", "unknown_field"),
        ("sex", "contradicts_record"),
        ("study_to", "missing_field"),
        ("study_from", "bad_month"),
    ]
    assert numbers(town) == []


def test_numbers_run_out(town, registrar, city):
    """Art. 34: an exhausted block refuses; no block at all refuses too; a block above is used next."""
    problem = refusal(issue_diploma, town, registrar, issued_on="2027-07-01")
    assert (problem.code, problem.status, problem.article) == ("number_block_exhausted", 409, "第三十四条")
    above = diploma_block(org="140426", year=2027, pattern="140426202720{:06d}")
    register.add_block(town, city, above)
    assert issue_diploma(town, registrar, issued_on="2027-07-01").body["number"] == "140426202720000001"


def test_without_a_block_no_diploma(office, city, registrar):
    """Art. 34: the number is the authority's, so without a block there is none."""
    from tests.conftest import RECORDS, UNITS

    for code, body in UNITS.items():
        register.put_organization(office, city, code, body)
    whole = {**RECORDS[STUDENT], "id_number": STUDENT[1:], "id_type": "1", "school": SCHOOL}
    register.put_student(office, city, STUDENT, whole)
    problem = refusal(issue_diploma, office, registrar)
    assert (problem.code, problem.article) == ("no_number_block", "第三十四条")
    typed = refusal(issue_diploma, office, registrar, certificate_no="140426202620120001")
    assert (typed.code, typed.article) == ("number_from_block", "第三十四条")


def test_the_record_certificate_knows_the_lost_diploma(town, registrar):
    """Art. 38: the number of our own archived diploma is taken, a 字号 is given by hand without a block, once."""
    diploma = issue_diploma(town, registrar)
    data = {name: value for name, value in RECORD_CERTIFICATE.items() if name != "original_no"}
    request = issue.IssueRequest("academic_record_certificate", STUDENT, {**data, "paper_no": "000123"})
    body = issue.issue(town, registrar, request).body
    with town.archive.read() as reading:
        document = reading.document(body["serial"])
    assert document.data["original_no"] == diploma.body["number"]
    assert (document.number, document.stage) == ("000123", "J")
    problem = refusal(issue.issue, town, registrar, request)
    assert (problem.code, problem.status, problem.article) == ("record_certificate_once", 409, "第三十八条")
    other = issue.IssueRequest(
        "academic_record_certificate", BEARER, {**RECORD_CERTIFICATE, "paper_no": "000123"}
    )
    assert refusal(issue.issue, town, registrar, other).code == "number_taken"
    assert faults(town) == []


def test_a_block_gives_the_paper_number(town, registrar, city):
    """With a block the 字号 comes out of it; another one is refused, and no number is lost."""
    block = diploma_block(form="academic_record_certificate", pattern="晋初毕证字第{:06d}号", last=60)
    register.add_block(town, city, block)
    asked = {**RECORD_CERTIFICATE, "paper_no": "晋初毕证字第000007号"}
    request = issue.IssueRequest("academic_record_certificate", BEARER, asked)
    assert refusal(issue.issue, town, registrar, request).code == "number_from_block"
    plain = issue.IssueRequest("academic_record_certificate", BEARER, RECORD_CERTIFICATE)
    assert issue.issue(town, registrar, plain).body["number"] == "晋初毕证字第000001号"


def test_a_transfer_form_has_no_number(town, registrar):
    """The form is printed with what the record has; a changed grade is refused by art. 20."""
    issued = issue.issue(town, registrar, issue.IssueRequest("transfer_application", MOVER, TRANSFER))
    assert issued.body["number"] is None
    changed = issue.IssueRequest("transfer_application", MOVER, {**TRANSFER, "in_grade": "J1"})
    problem = refusal(issue.issue, town, registrar, changed)
    assert (problem.code, problem.article) == ("grade_changed", "第二十条")


def test_who_may_issue(town, registrar):
    """Its own school, county and city; nobody else, and an auditor never."""
    assert refusal(issue_diploma, town, None).status == 401
    assert refusal(issue_diploma, town, as_role("registrar", OTHER_SCHOOL)).code == "out_of_scope"
    assert refusal(issue_diploma, town, as_role("auditor", SCHOOL)).code == "role_not_allowed"
    assert refusal(issue_diploma, town, registrar, student="G140499201104120038").code == "unknown_student"
    with pytest.raises(UnknownForm):
        issue.issue(town, registrar, issue.IssueRequest("no_such_form", STUDENT, DIPLOMA))


def test_revoking(town, registrar, county):
    """Whoever issued or stands above, with a reason, once; the log gets a leaf; the status list shows it."""
    serial = issue_diploma(town, registrar).body["serial"]
    assert refusal(issue.revoke, town, as_role("registrar", OTHER_SCHOOL), serial, "x").code == "out_of_scope"
    assert refusal(issue.revoke, town, county, serial, "  ").status == 422
    assert refusal(issue.revoke, town, county, "ABCD", "x").code == "bad_serial"
    with town.archive.begin() as transaction:
        transaction.set_status(serial, "effective")
    assert refusal(issue.revoke, town, registrar, serial, "发错了").code == "role_not_allowed"
    body = issue.revoke(town, county, serial.lower().replace("-", ""), "发错了人")
    assert (body["status"], body["reason"]) == ("revoked", "发错了人")
    assert refusal(issue.revoke, town, county, serial, "再来").code == "already_revoked"
    assert serial in read_list(town.keys.public, publish.status_list(town)).sets["revoked"]
    with town.archive.read() as reading:
        kinds = [leaf.kind for leaf in reading.leaves()]
    told = [kind for kind in kinds if kind not in {"entry", "row"}]
    assert told == ["issue", "effective", "revoke"]
    assert kinds.count("entry") >= 2
    assert faults(town) == []
