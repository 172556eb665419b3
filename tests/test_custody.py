"""Custody passes (arts. 8, 18, 22): handed over with a list, checked on arrival, answered by a signed receipt; nothing is lost."""

import io
import json
import zipfile
from dataclasses import replace

import bagit
import pytest

from service import archives, custody, issue, register, retrieve
from service.access import Role, Who
from service.errors import Problem
from service.signing import BadNote, KeyRing
from storage.check import HARMLESS, check
from tests.conftest import (
    BEARER,
    CITY,
    COUNTY,
    GUARDIAN,
    MOVER,
    OTHER_COUNTY,
    OTHER_SCHOOL,
    RECORDS,
    SCHOOL,
    SENIOR_SCHOOL,
    STUDENT,
    UNITS,
    as_role,
    issue_diploma,
    settle,
)
from tests.shelf import REFUSED, Raw
from tests.test_file_index import picture

THERE = "XJ.ELSEWHERE.EXAMPLE"
HEAD = Who(Role.HEAD, SCHOOL, "head")


def handover(**changes):
    asked = {
        "owner": STUDENT,
        "receiver": OTHER_SCHOOL,
        "receiver_name": UNITS[OTHER_SCHOOL]["name"],
        "cause": "1",
        "document": "长教基〔2026〕40号",
        "approved_on": "2026-11-10",
    }
    return custody.Handover(**{**asked, **changes})


def refusal(call, *arguments, **named):
    with pytest.raises(Problem) as caught:
        call(*arguments, **named)
    return caught.value


@pytest.fixture
def filed(town, registrar):
    """A student with a paper and something without a form."""
    issue_diploma(town, registrar)
    archives.file_item(town, registrar, STUDENT, picture("award"), archives.NewItem("5", "三好学生"))
    return town


@pytest.fixture
def elsewhere(tmp_path, office_on, city):
    """Another installation, with its own keys, where the student is at the receiving school by now."""
    office = office_on(tmp_path / "elsewhere")
    office = replace(office, settings=replace(office.settings, host=THERE))
    settle(office, city)
    record = {**RECORDS[STUDENT], **GUARDIAN, "id_type": "1", "id_number": STUDENT[1:], "ethnic": "01"}
    register.put_student(office, city, STUDENT, {**record, "school": OTHER_SCHOOL})
    yield office
    office.archive.close()


@pytest.fixture
def acquainted(filed, elsewhere, city):
    """Each authority has told the other's keys, from somewhere else than a package."""
    host = filed.settings.host.lower()
    custody.know(elsewhere, city, host, json.loads(filed.keys.published()), [SCHOOL])
    custody.know(filed, city, THERE.lower(), json.loads(elsewhere.keys.published()), [OTHER_COUNTY])
    return filed, elsewhere


def package_of(office, who, transfer):
    out = io.BytesIO()
    custody.transfer_package(office, who, transfer["id"]).write(out)
    return out


def sound(office):
    return [fault.code for fault in check(office.archive) if fault.code not in HARMLESS] == []


def differences(told, name):
    return [(one["code"], one["about"]) for one in told["checks"][name]["differences"]]


def test_a_list_is_printed_and_a_package_is_kept(filed, registrar, tmp_path):
    """Arts. 18 and 22: the list names every item with its pages and check value; the package is a valid bag with the list in it."""
    told = custody.open_transfer(filed, registrar, handover())
    assert (told["state"], told["due"], told["copy"], told["overdue"]) == ("open", "2026-12-10", False, False)
    assert (told["article"], told["clock_article"]) == ("第二十二条", "第二十二条")
    with filed.archive.read() as reading:
        (serial,) = told["lists"]
        listed = reading.document(serial)
        entries = reading.entries(STUDENT)
        looks = [row.what.split()[0] for row in reading.accesses(STUDENT)]
        pdf = filed.archive.objects.get(listed.pdf)
    facts = listed.facts
    rows = range(1, len(entries) + 1)
    assert [facts[f"rows.{row}.digest"] for row in rows] == [entry.sha256 for entry in entries]
    assert [facts.get(f"rows.{row}.pages", "") for row in rows] == ["1", "", ""]
    assert (facts["totals.1.items"], facts["totals.1.pages"]) == ("3", "1")
    assert told["counts"] == {
        "files": 1,
        "entries": 3,
        "documents": 1,
        "pages": 1,
        "bytes": sum(entry.size for entry in entries),
    }
    assert looks[0] == "transfer"
    out = package_of(filed, registrar, told)
    assert len(out.getvalue()) == told["package"]["size"]
    zipfile.ZipFile(out).extractall(tmp_path)
    bag = bagit.Bag(str(tmp_path / "yinzheng-archive"))
    assert bag.validate()
    assert (tmp_path / "yinzheng-archive" / "data" / "transfer" / "list-1.pdf").read_bytes() == pdf
    assert 'href="transfer/list-1.pdf"' in (tmp_path / "yinzheng-archive" / "data" / "index.html").read_text()
    assert sound(filed)


def test_what_is_refused(filed, registrar):
    """A cause that is none of such a file, the sender itself, a name that is another's, no paper, a day to come."""
    wrong = handover(cause="2", receiver=SCHOOL, receiver_name="某校", document=" ", approved_on="2026-12-01")
    found = refusal(custody.open_transfer, filed, registrar, wrong)
    assert {one.code for one in found.errors} == {
        "wrong_cause",
        "handed_to_itself",
        "receiver_differs",
        "bad_text",
        "bad_date",
    }
    stranger = as_role("registrar", SENIOR_SCHOOL)
    assert refusal(custody.open_transfer, filed, stranger, handover()).code == "out_of_scope"
    told = custody.open_transfer(filed, registrar, handover())
    assert refusal(custody.open_transfer, filed, registrar, handover()).code == "transfer_open"
    assert refusal(custody.transfer, filed, stranger, told["id"]).code == "unknown_transfer"
    assert refusal(custody.receive_here, filed, registrar, told["id"]).code == "out_of_scope"


def test_within_one_installation(filed, registrar):
    """The receiver takes over what is there already: four checks, a receipt the sender has at once, nothing filed twice."""
    told = custody.open_transfer(filed, registrar, handover())
    receiver = as_role("registrar", OTHER_SCHOOL)
    with filed.archive.read() as reading:
        before = reading.entries(STUDENT)
    came = custody.receive_here(filed, receiver, told["id"])
    assert (came["state"], came["filed"]) == ("filed", 0)
    assert all(one["passed"] for one in came["checks"].values())
    after = custody.transfer(filed, registrar, told["id"])
    assert (after["state"], after["copy"]) == ("received", True)
    assert after["steps"][0]["receipt"] == came["receipt"]
    with filed.archive.read() as reading:
        assert reading.entries(STUDENT) == before
    (mark,) = retrieve.archive(filed, registrar, STUDENT)["handed_over"]
    assert (mark["code"], mark["copy_since"][:10]) == (OTHER_SCHOOL, "2026-11-16")
    assert len(package_of(filed, registrar, told).getvalue()) == told["package"]["size"]
    assert sound(filed)


def test_between_two_installations(acquainted, registrar, clock):
    """Package out by file, receipt back by file; the entries lie in the receiver's file with where they come from."""
    here, there = acquainted
    told = custody.open_transfer(here, registrar, handover())
    out = package_of(here, registrar, told)
    receiver = as_role("registrar", OTHER_SCHOOL)
    came = custody.take(there, receiver, OTHER_SCHOOL, out)
    assert came["state"] == "filed", came["checks"]
    assert came["filed"] == told["counts"]["entries"] == 3
    entries = retrieve.archive(there, receiver, STUDENT)["entries"]
    theirs = retrieve.archive(here, registrar, STUDENT)["entries"]
    assert [one["sha256"] for one in entries] == [one["sha256"] for one in theirs]
    assert [one["came_from"]["entry"] for one in entries] == [one["id"] for one in theirs]
    assert entries[0]["came_from"]["serial"] == theirs[0]["serial"]
    assert entries[0]["came_from"]["archive_no"].startswith(f"XJ-{SCHOOL}-2026-Y-11")
    data = retrieve.entry(there, receiver, STUDENT, entries[0]["id"]).data
    assert data == retrieve.entry(here, registrar, STUDENT, theirs[0]["id"]).data
    items = [item for one in archives.index(there, receiver, STUDENT)["classes"] for item in one["items"]]
    assert {item["title"] for item in items} == {"初中毕业证书", "三好学生"}
    after = custody.bring_receipt(here, registrar, told["id"], came["receipt"])
    assert (after["state"], after["copy"]) == ("received", True)
    assert custody.bring_receipt(here, registrar, told["id"], came["receipt"])["steps"] == after["steps"]
    assert sound(here)
    assert sound(there)
    clock.advance(hours=1)
    twice = custody.take(there, receiver, OTHER_SCHOOL, out)
    assert (twice["state"], twice["filed"]) == ("filed", 0)
    assert len(retrieve.archive(there, receiver, STUDENT)["entries"]) == 3
    problem = refusal(custody.bring_receipt, here, registrar, told["id"], twice["receipt"])
    assert (problem.code, problem.status) == ("transfer_ended", 409)


def test_a_receipt_is_proved_offline(acquainted, registrar):
    """The sender needs the receiver's key file and nothing else; a changed receipt, or one of another package, is none."""
    here, there = acquainted
    told = custody.open_transfer(here, registrar, handover())
    came = custody.take(
        there, as_role("registrar", OTHER_SCHOOL), OTHER_SCHOOL, package_of(here, registrar, told)
    )
    said = custody.read_receipt(there.keys.public.open_note(came["receipt"]))
    assert (said.transfer, said.package, said.verdict) == (told["id"], told["package"]["sha256"], "received")
    assert said.receiver == f"{OTHER_SCHOOL} {UNITS[OTHER_SCHOOL]['name']}"
    assert said.signed_by == THERE.lower()
    with pytest.raises(BadNote):
        there.keys.public.open_note(came["receipt"].replace("filed 3", "filed 4"))
    for text, reason in (
        (came["receipt"].replace("verdict received", "verdict refused"), "bad_signature"),
        ("no receipt", "bad_note"),
        (here.keys.note(f"{here.settings.host.lower()}/receipt", "x\n", None), "bad_note"),
    ):
        problem = refusal(custody.bring_receipt, here, registrar, told["id"], text)
        assert (problem.code, problem.extra["reason"]) == ("bad_receipt", reason)
    custody.bring_receipt(here, registrar, told["id"], came["receipt"])
    second = custody.open_transfer(here, registrar, handover())
    problem = refusal(custody.bring_receipt, here, registrar, second["id"], came["receipt"])
    assert problem.extra["reason"] == "other_transfer"


def test_what_does_not_pass_is_kept_for_a_person(filed, elsewhere, registrar, city):
    """An unknown key, then a student who is not there: held and listed; after either is registered it is checked again."""
    told = custody.open_transfer(
        filed, registrar, handover(receiver=SENIOR_SCHOOL, receiver_name="黎城县第一中学校")
    )
    receiver = as_role("registrar", SENIOR_SCHOOL)
    came = custody.take(elsewhere, receiver, SENIOR_SCHOOL, package_of(filed, registrar, told))
    assert (came["state"], came["filed"]) == ("held", 0)
    assert differences(came, "authenticity") == [("unknown_key", "signature.txt")]
    assert differences(came, "completeness") == differences(came, "usability") == []
    assert "verdict refused" in came["receipt"]
    custody.know(elsewhere, city, filed.settings.host, json.loads(filed.keys.published()), [SCHOOL])
    second = custody.again(elsewhere, receiver, came["id"])
    assert (second["state"], second["receipt"]) == ("held", None)
    assert [one["code"] for one in second["checks"]["registered"]["differences"]] == [
        "student_not_registered"
    ]
    record = {**RECORDS[STUDENT], **GUARDIAN, "id_type": "1", "id_number": STUDENT[1:], "ethnic": "01"}
    register.put_student(elsewhere, city, STUDENT, {**record, "school": SENIOR_SCHOOL})
    assert custody.again(elsewhere, receiver, came["id"])["state"] == "filed"
    listed = custody.arrivals(elsewhere, as_role("county", COUNTY))["arrivals"]
    assert [one["state"] for one in listed] == ["filed", "held", "held"]
    assert custody.arrivals(elsewhere, as_role("registrar", SCHOOL))["arrivals"] == []


def test_a_refusal_comes_back_too(acquainted, registrar):
    """Somebody else's package: the receiver's refusal names the check, and the sender may hand over anew."""
    here, there = acquainted
    told = custody.open_transfer(here, registrar, handover())
    out = package_of(here, registrar, told)
    came = custody.take(there, as_role("registrar", SCHOOL), SCHOOL, out)
    assert differences(came, "authenticity") == [("not_for_us", "data/package.json")]
    problem = refusal(custody.bring_receipt, here, registrar, told["id"], came["receipt"])
    assert problem.extra["reason"] == "other_transfer"
    stranger = replace(there, settings=replace(there.settings, host="NOBODY.EXAMPLE"))
    came = custody.take(stranger, as_role("registrar", OTHER_SCHOOL), OTHER_SCHOOL, out)
    problem = refusal(custody.bring_receipt, here, registrar, told["id"], came["receipt"])
    assert problem.extra["reason"] == "unknown_key"


def test_the_month_runs_for_both_and_those_above(filed, registrar, clock, county):
    """A22-2: what is not received in a month is overdue for sender, receiver and whoever is above either; then no more."""
    told = custody.open_transfer(filed, registrar, handover(approved_on="2026-10-31"))
    assert told["due"] == "2026-11-30"
    everybody = [
        registrar,
        as_role("registrar", OTHER_SCHOOL),
        county,
        as_role("county", OTHER_COUNTY),
        as_role("city", CITY),
    ]
    assert [custody.transfers(filed, who, overdue=True)["transfers"] for who in everybody] == [[]] * 5
    clock.advance(days=14)
    assert custody.transfers(filed, registrar, overdue=True)["transfers"] == []
    clock.advance(days=1)
    for who in everybody:
        (late,) = custody.transfers(filed, who, overdue=True)["transfers"]
        assert (late["id"], late["clock_article"]) == (told["id"], "第二十二条")
    assert custody.transfers(filed, as_role("registrar", SENIOR_SCHOOL))["transfers"] == []
    custody.receive_here(filed, as_role("registrar", OTHER_SCHOOL), told["id"])
    assert custody.transfers(filed, county, overdue=True)["transfers"] == []
    assert len(custody.transfers(filed, county)["transfers"]) == 1


def test_what_few_may_see_goes_along_and_stays_so(acquainted, registrar):
    """Arts. 41 and 44: a report of absence is in the package, which a registrar cannot fetch, and is hidden from the new one."""
    here, there = acquainted
    absent = {"ground": "1", "left_on": "2026-11-10", "keep_roll": "1"}
    issue.issue(here, HEAD, issue.IssueRequest("absence_report", STUDENT, absent))
    told = custody.open_transfer(here, registrar, handover())
    assert told["package"]["restricted"]
    problem = refusal(custody.transfer_package, here, registrar, told["id"])
    assert (problem.code, problem.article) == ("restricted", "第四十四条")
    came = custody.take(there, as_role("head", OTHER_SCHOOL), OTHER_SCHOOL, package_of(here, HEAD, told))
    assert came["state"] == "filed", came["checks"]
    new = as_role("registrar", OTHER_SCHOOL)
    seen = retrieve.archive(there, new, STUDENT)
    whole = retrieve.archive(there, as_role("head", OTHER_SCHOOL), STUDENT)
    assert (seen["withheld"], whole["withheld"]) == (2, 0)
    assert len(whole["entries"]) == len(seen["entries"]) + 2
    titles = json.dumps(archives.index(there, new, STUDENT), ensure_ascii=False)
    assert here.catalogue.get("absence_report").title not in titles


def test_a_school_is_merged(filed, registrar, county):
    """Art. 8: its own file and its students' in one package with one list; the heir takes it over, then it may close."""
    issue_diploma(filed, registrar, BEARER)
    asked = handover(owner=SCHOOL, cause="2", document="长教基〔2026〕31号")
    told = custody.open_transfer(filed, registrar, asked)
    assert (told["kind"], told["counts"]["files"], told["article"]) == ("school", 3, "第八条")
    came = custody.receive_here(filed, as_role("registrar", OTHER_SCHOOL), told["id"])
    assert came["state"] == "filed", came["checks"]
    with filed.archive.begin() as transaction:
        for serial in told["lists"]:
            transaction.set_status(serial, "effective")
    ending = archives.Ending(on="2026-11-16", document="长教基〔2026〕31号", merged_into=OTHER_SCHOOL)
    closed = archives.close_school(filed, county, SCHOOL, ending)
    assert closed["lists"] == told["lists"]
    heir = as_role("registrar", OTHER_SCHOOL)
    assert retrieve.archive(filed, heir, MOVER)["held_by"][0]["code"] == OTHER_SCHOOL


def test_a_key_that_is_told_anew(filed, elsewhere, city, tmp_path):
    """The newest keys of a name count, and nothing of what was told before is lost; ours cannot be told by anybody."""
    other = KeyRing.open(tmp_path / "other", filed.now)
    for keys in (elsewhere.keys, other):
        custody.know(filed, city, THERE, json.loads(keys.published()), [OTHER_SCHOOL])
    assert len(custody.known(filed, city)["partners"]) == 2
    assert (
        refusal(custody.know, filed, city, filed.settings.host, {}, [OTHER_SCHOOL]).errors[0].code
        == "bad_partner"
    )
    assert refusal(custody.know, filed, city, THERE, {"x": 1}, [OTHER_SCHOOL]).code == "bad_key_file"
    assert (
        refusal(custody.know, filed, as_role("registrar", SCHOOL), THERE, {}, [OTHER_SCHOOL]).code
        == "role_not_allowed"
    )


def test_what_was_handed_over_stays_so(filed, registrar):
    """Nobody changes or removes a row of these tables, not even who owns the database."""
    told = custody.open_transfer(filed, registrar, handover())
    custody.receive_here(filed, as_role("registrar", OTHER_SCHOOL), told["id"])
    database = Raw(filed.settings.data, filed.settings.database)
    for table in ("transfers", "transfer_steps", "arrivals", "package_pieces"):
        with pytest.raises(REFUSED, match=f"{table}_no_delete"):
            database.execute(f"DELETE FROM {table}")
        column = "receipt" if table == "transfer_steps" else "size"
        with pytest.raises(REFUSED, match=f"{table}_frozen"):
            database.execute(f"UPDATE {table} SET {column} = {column}")
