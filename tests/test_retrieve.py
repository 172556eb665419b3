"""Retrieve: noted before it is shown, proved without us."""

import base64
import io
import zipfile

import pytest

from service import issue, retrieve
from service.errors import Problem
from service.office.lookups import canonical
from service.signing import PublicKeys, sha256_hex
from storage import log
from storage.errors import StoreAway
from tests.conftest import BEARER, CITY, COUNTY, OTHER_SCHOOL, SCHOOL, STUDENT, as_role, issue_diploma


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
    retrieve.package(town, registrar, STUDENT)
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


def test_a_package_is_a_bag(town, registrar, diploma):
    """The zip holds the files and their checksums."""
    content = retrieve.package(town, registrar, STUDENT)
    names = zipfile.ZipFile(io.BytesIO(content.data)).namelist()
    assert any(name.endswith("manifest-sha256.txt") for name in names)
    assert sum("/data/files/" in name for name in names) == 2


def test_a_document_is_proved_without_us(town, registrar, diploma):
    """Leaf, path, root and signature fit together, with nothing but the published keys."""
    issue_diploma(town, registrar, student=BEARER)
    proof = retrieve.proof(town, diploma["serial"])
    leaf = log.leaf_hash(proof["payload"].encode())
    path = [base64.b64decode(node) for node in proof["path"]]
    root = base64.b64decode(proof["root"])
    assert log.verify_inclusion(leaf, proof["index"], proof["size"], path, root)
    text, _, line = proof["checkpoint"].partition("\n\n")
    origin, size, told_root = text.split("\n")
    assert (size, base64.b64decode(told_root)) == (str(proof["size"]), root)
    _, name, kid, signature = line.split()
    assert name == origin
    keys = PublicKeys.from_json(town.keys.published())
    keys.check_bytes(int(kid), base64.b64decode(signature), f"{text}\n".encode())
    assert STUDENT not in str(proof)
    assert "文勇俊" not in str(proof)


def test_the_status_list_is_signed(town, registrar, diploma):
    """It names revoked serials by digest and is signed whole."""
    issue.revoke(town, as_role("city", CITY), diploma["serial"], "错发")
    body = retrieve.status_list(town)
    signature = base64.b64decode(body.pop("signature"))
    PublicKeys.from_json(town.keys.published()).check_bytes(body["kid"], signature, canonical(body))
    assert body["revoked"] == [sha256_hex(diploma["serial"].encode())]
    assert body["superseded"] == []


def test_an_empty_log_has_a_head(town):
    """Before the first document the checkpoint says size 0."""
    assert retrieve.checkpoint(town).split("\n")[1] == "0"
