"""Evidence slips: printed for a case, scanned in front of its evidence, which then lies in the case's files."""

import io
import sqlite3

import numpy as np
import pypdf
import pytest

from intake import uploads
from service import issue, receive, retrieve, slips, verify
from service.access import Role, Who
from service.errors import Problem
from storage.archive import DATABASE
from storage.check import check
from templates.evidence import BY_CODE, EVIDENCE
from tests.bureau import bureau_of, foreign_page, refused
from tests.conftest import (
    CITY,
    COUNTY,
    MOVER,
    OTHER_SCHOOL,
    SCHOOL,
    STUDENT,
    TRANSFER,
    as_role,
    issue_diploma,
)
from tests.paper import level, rasterised, scan
from tests.test_receive import SEALS, SIGNERS, brought, paper_of

SCALE = 300 / 25.4


def sheets_of(pdf):
    return list(rasterised(pdf))


def scanned(sheets, seed=1, name="B"):
    """One file of these sheets through the office's feeder."""
    return scan(sheets, SCALE, level(name, seed))


def white():
    return np.full_like(foreign_page(), 255)


@pytest.fixture
def transfer(town, registrar):
    """A transfer application just printed, whose evidence is to come."""
    request = issue.IssueRequest("transfer_application", MOVER, TRANSFER)
    return issue.issue(town, registrar, request).body


def test_every_kind_has_a_code_of_its_own(catalogue):
    """It stands in printed codes, so none is ever used twice."""
    assert len(BY_CODE) == len(EVIDENCE) == 32
    assert set(BY_CODE) == set(range(1, 33))
    assert 0 not in {form.code for form in catalogue.forms.values()}


def test_a_slip_for_each_kind_that_must_be_there(town, registrar, transfer):
    """Its words, its case, its code; the paper says what is missing."""
    told = slips.overview(town, registrar, transfer["serial"])
    required = [item["evidence"] for item in told["evidence"] if item["required"]]
    assert told["missing"] == required != []
    content = slips.printed(town, registrar, transfer["serial"])
    pages = pypdf.PdfReader(io.BytesIO(content.data)).pages
    assert len(pages) == len(required)
    for page, name in zip(pages, required, strict=True):
        text = page.extract_text().replace("\n", "")
        assert EVIDENCE[name].label in text
        assert MOVER in text
    with town.archive.read() as reading:
        assert [look.what for look in reading.accesses(MOVER)][-1] == f"evidence slip {transfer['serial']}"


def test_what_is_scanned_behind_a_slip_is_filed_under_it(town, registrar, transfer):
    """A stack: the form, two slips with their evidence and blank backs, a stranger at the front."""
    kinds = ["hukou_copy", "medical_county"]
    first, second = sheets_of(slips.printed(town, registrar, transfer["serial"], kinds).data)
    (paper,) = paper_of(town, transfer["serial"]).sheets
    stack = [
        foreign_page(),
        first,
        white(),
        foreign_page(),
        white(),
        foreign_page(),
        second,
        foreign_page(),
        paper,
    ]
    stack.append(foreign_page())  # behind the form: nobody says what it is
    result = brought(town, registrar, scanned(stack))
    assert [(item["evidence"], item["pages"]) for item in result["evidence"]] == [
        ("hukou_copy", [3, 5]),
        ("medical_county", [7]),
    ]
    assert [item["page"] for item in result["unmatched"] if item["page"] not in {2, 4}] == [0, 9]
    assert [sheet["blank"] for sheet in result["sheets"]] == [number in {2, 4} for number in range(10)]
    assert [item["pages"] for item in result["documents"]] == [[8]]
    hukou = result["evidence"][0]
    filed = retrieve.entry(town, registrar, MOVER, hukou["entry"])
    assert uploads.inspect(filed.data).pages == 2
    read = next(iter(uploads.pages(filed.data, "pdf")))
    assert abs(read.pixels.shape[0] - 297 / 25.4 * 200) < 60
    told = slips.overview(town, registrar, transfer["serial"])
    assert "hukou_copy" not in told["missing"]
    entries = {item["evidence"]: item["entries"] for item in told["evidence"]}
    assert entries["hukou_copy"] == [hukou["entry"]]
    titles = [entry["title"] for entry in retrieve.archive(town, registrar, MOVER)["entries"]]
    assert "居民户口簿复印件（山西省中小学生转学申请表附件）" in titles
    assert [fault.code for fault in check(town.archive) if not fault.harmless] == []


def test_a_slip_holds_until_the_next_page_of_ours(town, registrar, transfer):
    """A diploma between the slip and a page: that page is nobody's evidence."""
    body = issue_diploma(town, registrar).body
    (slip,) = sheets_of(slips.printed(town, registrar, transfer["serial"], ["hukou_copy"]).data)
    (paper,) = paper_of(town, body["serial"]).complete(SEALS, SIGNERS).sheets
    result = brought(town, registrar, scanned([slip, paper, foreign_page()]))
    (told,) = result["evidence"]
    assert (told["pages"], told["entry"]) == ([], None)
    assert [item["page"] for item in result["unmatched"]] == [2]
    assert [item["serial"] for item in result["documents"]] == [body["serial"]]


def test_a_slip_is_no_paper(town, registrar, transfer):
    """To the public its code is signed, and yet no certificate; beside a paper it makes two of them."""
    pdf = slips.printed(town, registrar, transfer["serial"], ["hukou_copy"]).data
    (slip,) = sheets_of(pdf)
    found = verify.by_image(town, scanned([slip], name="A"))
    assert (found.verdict, found.reasons, found.form) == ("unknown", ("cover_sheet",), None)


def test_another_schools_slip_attaches_nothing(town, registrar, transfer):
    """Art. 44: what lies behind it stays with whoever scanned it."""
    stranger = as_role("registrar", OTHER_SCHOOL)
    with pytest.raises(Problem, match="out_of_scope"):
        slips.printed(town, stranger, transfer["serial"])
    (slip,) = sheets_of(slips.printed(town, registrar, transfer["serial"], ["hukou_copy"]).data)
    result = brought(town, stranger, scanned([slip, foreign_page()]))
    assert result["evidence"] == []
    assert [item["reason"] for item in result["unmatched"]] == ["out_of_scope", "no_code"]


def test_restricted_evidence_is_seen_by_few(town, registrar, transfer):
    """A court's papers, and the whole upload they came with, are for the authorities, the head and whoever brought them."""
    (slip,) = sheets_of(slips.printed(town, registrar, transfer["serial"], ["judicial"]).data)
    (paper,) = paper_of(town, transfer["serial"]).sheets
    result = brought(town, registrar, scanned([paper, slip, foreign_page()]))
    (told,) = result["evidence"]
    colleague = Who(Role.REGISTRAR, SCHOOL, "another")
    mine, theirs = (retrieve.archive(town, who, MOVER) for who in (registrar, colleague))
    kinds = [entry["kind"] for entry in theirs["entries"]]
    assert (mine["withheld"], theirs["withheld"]) == (0, 3)
    assert not {"evidence", "reading"} & set(kinds)
    assert "scan" not in kinds
    with pytest.raises(Problem, match="unknown_entry"):
        retrieve.entry(town, colleague, MOVER, told["entry"])
    for look in (receive.result, receive.original):
        with pytest.raises(Problem, match="restricted"):
            look(town, colleague, result["id"])
    assert retrieve.entry(town, as_role("city", CITY), MOVER, told["entry"]).data.startswith(b"%PDF-")
    judicial = next(
        item
        for item in slips.overview(town, colleague, transfer["serial"])["evidence"]
        if item["evidence"] == "judicial"
    )
    assert judicial["entries"] == judicial["readings"] == []


def test_what_is_asked_wrongly(town, registrar, transfer):
    """Unknown kinds, none at all, and a paper that needs none: each says what to do, and names its article."""
    for kinds, code in ((["hukou_copy", "gossip"], "unknown_evidence"), ([], "unknown_evidence")):
        with pytest.raises(Problem, match=code) as caught:
            slips.printed(town, registrar, transfer["serial"], kinds)
        assert caught.value.article == "第七条"
    diploma = issue_diploma(town, registrar).body
    with pytest.raises(Problem, match="no_evidence"):
        slips.printed(town, registrar, diploma["serial"])
    assert slips.printed(town, registrar, diploma["serial"], ["hukou_copy"]).data.startswith(b"%PDF-")
    with pytest.raises(Problem, match="role_not_allowed"):
        slips.printed(town, as_role("auditor", COUNTY), transfer["serial"])


def test_over_http(request):
    """A registrar asks for the slips of a case, feeds one before a paper from elsewhere, and fetches what was filed."""
    with bureau_of(request) as bureau:
        student = bureau.admit("文静", 202, grade="J2")
        serial = bureau.issue(student, "transfer_application", TRANSFER)["serial"]
        path = f"/v1/documents/{serial}"
        caller = bureau.caller()
        whole = caller.post(f"{path}/evidence-slip")
        assert (whole.status_code, whole.headers["content-type"]) == (200, "application/pdf"), whole.text
        missing = caller.get(f"{path}/evidence").json()["missing"]
        assert len(pypdf.PdfReader(io.BytesIO(whole.content)).pages) == len(missing)
        refused(
            caller.post(f"{path}/evidence-slip", json={"evidence": ["gossip"]}),
            422,
            "unknown_evidence",
            article="第七条",
        )
        one = caller.post(f"{path}/evidence-slip", json={"evidence": [missing[0]]})
        (slip,) = sheets_of(one.content)
        (told,) = bureau.brought(scanned([slip, foreign_page()]))["evidence"]
        assert (told["serial"], told["evidence"], told["pages"]) == (serial, missing[0], [1])
        assert caller.get(f"{path}/evidence").json()["missing"] == missing[1:]
        filed = caller.get(f"/v1/archives/{student}/entries/{told['entry']}/content")
        assert filed.headers["content-type"] == "application/pdf"
        assert "文静" not in whole.headers["content-disposition"]
        bureau.assert_sound()


def test_evidence_names_its_kind_in_the_database(town, registrar):
    """The schema holds it: no evidence without a kind."""
    entry = retrieve.archive(town, registrar, STUDENT)
    assert entry["entries"] == []
    issue_diploma(town, registrar)
    database = sqlite3.connect(town.settings.data / DATABASE)
    with database, pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        database.execute(
            'INSERT INTO entries (archive, kind, archive_class, title, sha256, size, media_type, created_at, "by")'
            " VALUES ('x', 'evidence', 'x', 'x', 'x', 1, 'x', 'x', 'x')"
        )
