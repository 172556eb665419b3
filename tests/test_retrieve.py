"""Retrieve: noted before it is shown."""

import pytest

from service import archives, retrieve
from service.errors import Problem
from storage.errors import StoreAway
from tests.conftest import BEARER, COUNTY, OTHER_SCHOOL, SCHOOL, STUDENT, as_role, issue_diploma


def refusal(call, *arguments):
    with pytest.raises(Problem) as caught:
        call(*arguments)
    return caught.value


@pytest.fixture
def diploma(town, registrar):
    return issue_diploma(town, registrar).body


def looks(office, archive):
    with office.archive.read() as reading:
        return [(row.role, row.what.split()[0]) for row in reading.accesses(archive)]


def test_every_look_is_noted(town, registrar, diploma):
    """Art. 44: list, entry, package, PDF and Word each leave a row."""
    serial = diploma["serial"]
    entries = retrieve.archive(town, registrar, STUDENT)["entries"]
    retrieve.entry(town, as_role("auditor", COUNTY), STUDENT, entries[0]["id"])
    archives.package(town, registrar, STUDENT)
    assert retrieve.content(town, registrar, serial).data.startswith(b"%PDF-")
    assert retrieve.docx(town, registrar, serial).data.startswith(b"PK")
    assert retrieve.layout(town, registrar, serial)["form"] == "diploma_junior"
    assert looks(town, STUDENT) == [
        ("registrar", "list"),
        ("auditor", "entry"),
        ("registrar", "package"),
        ("registrar", "pdf"),
        ("registrar", "docx"),
        ("registrar", "layout"),
    ]


def test_without_the_register_nothing_is_shown(town, registrar, diploma, monkeypatch):
    """Art. 44 fails closed: when the row cannot be written no byte leaves."""

    def away(*_arguments, **_named):
        raise StoreAway("SQLITE_READONLY")

    monkeypatch.setattr("storage.entries.WritesEntries.note_access", away)
    with pytest.raises(StoreAway):
        retrieve.content(town, registrar, diploma["serial"])
    with pytest.raises(StoreAway):
        retrieve.archive(town, registrar, STUDENT)


def test_out_of_scope_needs_an_approval(town, diploma):
    """Art. 44: another school sees nothing, and the attempt changes nothing."""
    stranger = as_role("registrar", OTHER_SCHOOL)
    problem = refusal(retrieve.archive, town, stranger, STUDENT)
    assert (problem.code, problem.status, problem.article) == ("approval_needed", 403, "第四十四条")
    assert refusal(retrieve.content, town, stranger, diploma["serial"]).code == "out_of_scope"
    assert refusal(retrieve.document, town, None, diploma["serial"]).status == 401
    assert retrieve.documents(town, stranger)["documents"] == []
    assert looks(town, STUDENT) == []


def test_what_is_not_there(town, registrar, diploma):
    """404 for archives, entries and serials that are not; an entry of another archive is not there either."""
    assert refusal(retrieve.archive, town, registrar, "G140499201104120038").code == "unknown_archive"
    assert refusal(retrieve.document, town, registrar, "0000-0000-00000").code == "unknown_serial"
    mine = retrieve.archive(town, registrar, STUDENT)["entries"][0]["id"]
    assert refusal(retrieve.entry, town, registrar, BEARER, mine).code == "unknown_entry"


def test_the_schools_file_has_the_paper_too(town, registrar, diploma):
    """Arts. 6 and 7: two references, one object."""
    school = retrieve.archive(town, registrar, SCHOOL)
    student = retrieve.archive(town, registrar, STUDENT)
    assert (school["kind"], student["kind"]) == ("school", "student")
    assert {entry["sha256"] for entry in school["entries"]} == {
        entry["sha256"] for entry in student["entries"]
    }
    listed = retrieve.documents(town, registrar, STUDENT, None, None)["documents"]
    assert [document["serial"] for document in listed] == [diploma["serial"]]
