"""A school that ends (art. 8): nothing before its files are handed over, nothing issued after, and somebody holds them."""

import sqlite3

import pytest

from service import archives, register, retrieve
from service.errors import Problem
from storage.archive import DATABASE, Archive
from storage.check import check
from storage.errors import Frozen
from storage.tables import closures
from tests.bureau import bureau_of, refused
from tests.conftest import (
    BEARER,
    CITY,
    COUNTY,
    DIPLOMA,
    MOVER,
    OTHER_COUNTY,
    OTHER_SCHOOL,
    RECORD_CERTIFICATE,
    SCHOOL,
    SENIOR_SCHOOL,
    STUDENT,
    UNITS,
    as_role,
    issue_diploma,
)
from tests.paper import level
from tests.test_receive import brought, only, paper_of
from tests.test_school_papers import CLASS, ask

LIST = {"cause": "2", "to_unit": UNITS[OTHER_SCHOOL]["name"], "kept": "电子备份一份，纸质复印件一份"}
WHO = {"from": "栗红", "to": "贺文婷"}
SEALS = {"from": UNITS[SCHOOL]["name"], "to": UNITS[OTHER_SCHOOL]["name"]}
NUMBER = "140426202620120001"
ENDING = {"merged_into": OTHER_SCHOOL, "on": "2026-11-16", "document": "长教基〔2026〕31号"}


def ending(**changes):
    return archives.Ending(**{**ENDING, **changes})


def refusal(call, *arguments, **named):
    with pytest.raises(Problem) as caught:
        call(*arguments, **named)
    return caught.value


def accepted(office, serial):
    """A paper that came back complete, without the picture of it."""
    with office.archive.begin() as transaction:
        transaction.set_status(serial, "effective")


def handed_over(office, who, **data):
    """An accepted list of every file of the school."""
    serial = ask(office, who, "archive_transfer_list", data={**LIST, **data}, school=SCHOOL)["serial"]
    accepted(office, serial)
    return serial


def test_the_list_names_every_file(town, registrar):
    """A08-1: compiled from the records: the school's own file and each student's, by volume, with one check value."""
    issue_diploma(town, registrar)
    archives.closing_state(town, registrar, SCHOOL)
    serial = ask(town, registrar, "archive_transfer_list", data=LIST)["serial"]
    with town.archive.read() as reading:
        facts = reading.document(serial).facts
    numbers = {
        facts.get(f"rows.{row}.student_no", ""): facts[f"rows.{row}.archive_no"] for row in range(1, 5)
    }
    assert set(numbers) == {"", BEARER, STUDENT, MOVER}
    assert numbers[""] == f"XJ-{SCHOOL}"
    assert numbers[STUDENT] == f"XJ-{SCHOOL}-2026-Y-11-0001"
    assert facts["totals.1.volumes"] == "4"


def test_a_school_ends_when_its_files_are_handed_over(town, registrar, county):
    """A08-1: refused while a file is on no accepted list; told which; then the stamped list itself opens the way."""
    issue_diploma(town, registrar)
    problem = refusal(archives.close_school, town, county, SCHOOL, ending())
    assert (problem.code, problem.status, problem.article) == ("archives_not_handed_over", 409, "第八条")
    assert problem.extra["lacking"] == {"students": 3, "own_file": True}
    assert STUDENT not in problem.detail
    serial = ask(town, registrar, "archive_transfer_list", data=LIST)["serial"]
    assert refusal(archives.close_school, town, county, SCHOOL, ending()).code == problem.code
    scan = paper_of(town, serial).complete(SEALS, WHO).scan(level("A", 11))
    assert only(brought(town, registrar, scan))["verdict"] == "genuine"
    state = archives.closing_state(town, county, SCHOOL)
    assert state["lacking"] == {"students": [], "own_file": False}
    told = archives.close_school(town, county, SCHOOL, ending())
    assert (told["kind"], told["holder"]["code"], told["lists"]) == ("merged", OTHER_SCHOOL, [serial])
    assert refusal(archives.close_school, town, county, SCHOOL, ending()).code == "already_closed"
    assert archives.closing_state(town, county, SCHOOL)["closure"] == told
    assert [fault.code for fault in check(town.archive) if not fault.harmless] == []


def test_a_list_counts_for_its_cause_and_its_receiver(town, registrar, county):
    """A list to another school, for another reason, or one that is still out hands nothing over."""
    issue_diploma(town, registrar)
    handed_over(town, registrar, to_unit=UNITS[SENIOR_SCHOOL]["name"])
    assert refusal(archives.close_school, town, county, SCHOOL, ending()).code == "archives_not_handed_over"
    handed_over(town, county, cause="3", rows=[{"archive_no": "x", "title": "x", "medium": "纸质"}])
    assert refusal(archives.close_school, town, county, SCHOOL, ending()).code == "archives_not_handed_over"
    rows = [{"档号": "1", "题名": "学校学籍档案", "载体（电子/纸质）": "电子"}]
    rows += [{"学籍号": no, "档号": "1", "题名": "x", "载体（电子/纸质）": "电子"} for no in (STUDENT, MOVER)]
    handed_over(town, registrar, rows=rows)
    problem = refusal(archives.close_school, town, county, SCHOOL, ending())
    assert problem.extra["lacking"] == {"students": 1, "own_file": False}
    last = [{"学籍号": BEARER, "档号": "1", "题名": "x", "载体（电子/纸质）": "电子"}]
    handed_over(town, registrar, rows=last)
    assert archives.close_school(town, county, SCHOOL, ending())["holder"]["code"] == OTHER_SCHOOL


@pytest.fixture
def merged(town, registrar, county):
    """The school, merged into another county's."""
    issue_diploma(town, registrar)
    archives.closing_state(town, registrar, SCHOOL)
    handed_over(town, registrar)
    archives.close_school(town, county, SCHOOL, ending())
    return town


def test_custody_passes(merged, registrar):
    """A08-2: the holder and those above it read the files, the sender keeps its copies to read, others see nothing."""
    heir = as_role("registrar", OTHER_SCHOOL)
    for who in (heir, as_role("county", OTHER_COUNTY), as_role("county", COUNTY), registrar):
        for owner in (SCHOOL, STUDENT):
            index = archives.index(merged, who, owner)
            (step,) = index["held_by"]
            assert (step["code"], step["since"], step["kind"]) == (OTHER_SCHOOL, "2026-11-16", "merged")
    assert (
        retrieve.archive(merged, heir, STUDENT)["held_by"] == archives.index(merged, heir, STUDENT)["held_by"]
    )
    entry = retrieve.archive(merged, heir, STUDENT)["entries"][0]["id"]
    assert retrieve.entry(merged, heir, STUDENT, entry).data.startswith(b"%PDF-")
    assert len(retrieve.documents(merged, heir, school=SCHOOL)["documents"]) == 2
    stranger = as_role("registrar", SENIOR_SCHOOL)
    assert refusal(archives.index, merged, stranger, STUDENT).code == "approval_needed"
    lacking = archives.index(merged, heir, SCHOOL, 2027)["classes"]
    assert all(one["missing"] == [] for one in lacking)


def test_the_holder_keeps_the_files(merged, registrar):
    """The heir's registrar notes where the paper lies and files more; the school that is gone does neither."""
    heir = as_role("registrar", OTHER_SCHOOL)
    entry = retrieve.archive(merged, heir, STUDENT)["entries"][0]["id"]
    kept = archives.put_location(merged, heir, STUDENT, entry, archives.Place(cabinet="乙1"))
    assert (kept.body["location"]["org"], kept.created) == (OTHER_SCHOOL, True)
    problem = refusal(archives.put_location, merged, registrar, STUDENT, entry, archives.Place(box="1"))
    assert (problem.code, problem.article) == ("school_closed", "第八条")
    assert UNITS[OTHER_SCHOOL]["name"] in problem.detail


def test_a_school_that_is_gone_issues_nothing(merged, registrar, city):
    """Art. 8: of whatever day, no paper and no list; its students get theirs from the heir; nobody enters it any more."""
    for form, student, data in (
        ("diploma_junior", BEARER, DIPLOMA),
        ("class_roster", None, CLASS),
        ("archive_transfer_list", None, LIST),
    ):
        problem = refusal(ask, merged, registrar, form, student, data=data, dated="2026-07-01")
        assert (problem.code, problem.article) == ("school_merged", "第八条")
        assert OTHER_SCHOOL in problem.detail
    data = {**RECORD_CERTIFICATE, "stage": "J", "paper_no": "1", "head_name": "贺文婷", "original_no": NUMBER}
    heir = as_role("registrar", OTHER_SCHOOL)
    assert ask(merged, heir, "academic_record_certificate", STUDENT, data=data, school=OTHER_SCHOOL)["serial"]
    record = {"name": "文远", "sex": "1", "birth_date": "2011-05-06", "grade": "J3", "school": SCHOOL}
    problem = refusal(register.put_student, merged, city, "G140499201105060031", record)
    assert "school_closed" in {item.code for item in problem.errors}


def test_the_record_cannot_take_it_back(merged, city):
    """The end of a school stands in its record for good, and no record says so by itself."""
    register.put_organization(merged, city, SCHOOL, UNITS[SCHOOL])
    assert register.organization(merged, city, SCHOOL)["merged_into"] == OTHER_SCHOOL
    problem = refusal(
        register.put_organization,
        merged,
        city,
        SENIOR_SCHOOL,
        {**UNITS[SENIOR_SCHOOL], "merged_into": OTHER_SCHOOL, "merged_on": "2026-09-01"},
    )
    assert {item.code for item in problem.errors} == {"closure_needed"}
    with pytest.raises(Frozen), merged.archive.begin() as transaction:
        transaction._do("closure", closures.update().values(document="x"))


def test_files_pass_on_and_on(merged, city):
    """A holder that ends too hands over what it holds: the last one reads all, and issues for the first one's pupils."""
    with merged.archive.read() as reading:
        assert reading.students(OTHER_SCHOOL) == []
    told = archives.close_school(
        merged, city, OTHER_SCHOOL, ending(merged_into=SENIOR_SCHOOL, document="长教基〔2026〕40号")
    )
    assert told["lists"] == []
    last = as_role("registrar", SENIOR_SCHOOL)
    index = archives.index(merged, last, STUDENT)
    assert [step["code"] for step in index["held_by"]] == [OTHER_SCHOOL, SENIOR_SCHOOL]
    data = {**RECORD_CERTIFICATE, "stage": "J", "paper_no": "1", "head_name": "秦志远", "original_no": NUMBER}
    paper = ask(merged, last, "academic_record_certificate", STUDENT, data=data, school=SENIOR_SCHOOL)
    assert paper["school"] == SENIOR_SCHOOL
    problem = refusal(archives.close_school, merged, city, SENIOR_SCHOOL, ending(merged_into=SCHOOL))
    assert "holder_gone" in {item.code for item in problem.errors}
    assert [fault.code for fault in check(merged.archive) if fault.code == "closure_differs"] == []


def test_a_revoked_school_leaves_its_files_to_a_unit(town, registrar, county):
    """Art. 8: 撤销: to the unit its authority names, here the county itself."""
    handed_over(town, registrar, cause="3", to_unit=UNITS[COUNTY]["name"])
    told = archives.close_school(town, county, SCHOOL, ending(merged_into=None, held_by=COUNTY))
    assert (told["kind"], told["holder"]["code"]) == ("revoked", COUNTY)
    assert register.organization(town, county, SCHOOL)["held_by"] == COUNTY
    problem = refusal(ask, town, registrar, "class_roster", data=CLASS)
    assert (problem.code, problem.article) == ("school_revoked", "第八条")


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"merged_into": SCHOOL}, {"merged_into_itself"}),
        ({"merged_into": "3114999999"}, {"heir_unknown"}),
        ({"merged_into": COUNTY}, {"heir_unknown"}),
        ({"held_by": COUNTY}, {"merged_and_revoked"}),
        ({"merged_into": None}, {"merged_and_revoked"}),
        ({"on": "2026-11-17"}, {"bad_date"}),
        ({"on": "去年", "document": " "}, {"bad_date", "closure_without_document"}),
    ],
)
def test_what_an_authority_decides_wrongly(town, county, changes, codes):
    """Each fault by art. 8, all at once."""
    problem = refusal(archives.close_school, town, county, SCHOOL, ending(**changes))
    assert {item.code for item in problem.errors} == codes
    assert {item.article for item in problem.errors} == {8}


def test_over_http(request):
    """The authority alone; what lacks is told to those in scope; a county is no school."""
    with bureau_of(request, reading=False) as bureau:
        path = f"/v1/organizations/{SCHOOL}/closure"
        bureau.issue(STUDENT)
        for role, org, status in (
            ("registrar", SCHOOL, 403),
            ("county", OTHER_COUNTY, 403),
            (None, None, 401),
        ):
            assert bureau.caller(role, org).post(path, json=ENDING).status_code == status
        body = bureau.caller("county", COUNTY).post(path, json=ENDING)
        refused(body, 409, "archives_not_handed_over", article="第八条")
        state = bureau.caller("county", COUNTY).get(path).json()
        assert (state["closure"], sorted(state["lacking"]["students"])) == (
            None,
            sorted([STUDENT, MOVER, BEARER]),
        )
        county = bureau.caller("city", CITY).post(f"/v1/organizations/{COUNTY}/closure", json=ENDING)
        refused(county, 422, "not_a_school", article="第八条")
        handed_over(bureau.office, as_role("registrar", SCHOOL))
        told = bureau.caller("city", CITY).post(path, json={**ENDING, "on": "2026-11-01"})
        assert told.status_code == 201, told.text
        assert bureau.caller("registrar", OTHER_SCHOOL).get(path).json()["closure"] == told.json()
        index = bureau.caller("registrar", OTHER_SCHOOL).get(f"/v1/archives/{SCHOOL}/index").json()
        assert index["held_by"][0]["name"] == UNITS[OTHER_SCHOOL]["name"]


ALTERATIONS = (
    ("closure_differs", f"UPDATE closures SET holder = '{SENIOR_SCHOOL}'"),
    ("closure_differs", "UPDATE closures SET lists = '[\"7K00000000001\"]'"),
    (
        "closure_differs",
        f"INSERT INTO closures SELECT holder, kind, org, closed_on, document, '[]', \"by\", role, by_org, at FROM closures WHERE org = '{SCHOOL}'",
    ),
    ("issued_after_closure", "UPDATE closures SET at = '2026-01-01T00:00:00.000000Z'"),
)


@pytest.mark.parametrize(("code", "statement"), ALTERATIONS)
def test_an_altered_end_is_named(merged, clock, code, statement):
    """Rows changed with the guards taken away: `yinzheng check` names the school or the paper."""
    folder = merged.settings.data
    with sqlite3.connect(folder / DATABASE) as database:
        for name in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name[0]}")
        database.execute(statement)
    database.close()
    opened = Archive.open(folder, clock)
    assert code in {fault.code for fault in check(opened)}
    opened.close()


def test_the_holder_scans_a_paper_of_the_school_that_is_gone(town, registrar, county):
    """What was printed before the merger comes back to the heir."""
    body = issue_diploma(town, registrar).body
    archives.closing_state(town, registrar, SCHOOL)
    handed_over(town, registrar)
    archives.close_school(town, county, SCHOOL, ending())
    seals = {"school": UNITS[SCHOOL]["name"], "validation": UNITS[COUNTY]["name"]}
    scan = paper_of(town, body["serial"]).complete(seals, {"head": "钟涛"}).scan(level("A", 12))
    document = only(brought(town, as_role("registrar", OTHER_SCHOOL), scan))
    assert (document["serial"], document["verdict"]) == (body["serial"], "genuine")
