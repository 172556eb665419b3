"""The check finds nothing in an honest archive, and names every single thing somebody altered."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from storage.archive import OBJECTS, Archive
from storage.check import HARMLESS, MESSAGES, Fault, check
from storage.patterns import written
from tests.shelf import (
    CHILD,
    COUNTY,
    FORM,
    PATTERN,
    SCHOOL,
    STUDENT,
    Clock,
    Raw,
    block,
    document,
    furnished,
    issue,
    serial,
)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def hands(folder, database):
    """Whoever owns the database."""
    return Raw(folder, database)


@pytest.fixture
def archive(folder, database):
    """Three issued documents, one spoilt blank, one number given back, one paper numbered by the school itself."""
    opened = furnished(folder, Clock(), database)
    block(opened)
    for place in (1, 2, 3):
        issue(opened, place)
    with opened.begin() as transaction:
        transaction.take_number(FORM, [SCHOOL], 2026, "spoilt")
        transaction.void_number("spoilt", "打印时卡纸")
        transaction.take_number(FORM, [SCHOOL], 2026, "failed")
        transaction.give_back("failed")
    made = document(opened, 4, "校证第4号", form="certificate")
    with opened.begin() as transaction:
        transaction.add_document(made)
        transaction.add_leaf("issue", made.serial, b"not json")
        transaction.add_leaf("revoke", made.serial, json.dumps({"reason": "x", "at": "y"}).encode())
        entry = transaction.entries_of(serial(1))[0]
        fields = {name: getattr(entry, name) for name in entry.__slots__ if name not in {"id", "created_at"}}
        transaction.add_entry(**{**fields, "sha256": made.pdf, "serial": made.serial})
        transaction.set_status(made.serial, "revoked", reason="x")
    checked(opened, 3, "genuine")
    with opened.begin() as transaction:
        transaction.set_status(serial(3), "effective")
    checked(opened, 1, "pending")
    yield opened
    opened.close()


def checked(archive, place, verdict, **more):
    """File the outcome of a scan's check, as receiving does."""
    data = json.dumps({"serial": serial(place), "verdict": verdict, **more}).encode()
    sha256 = archive.objects.put(data)
    with archive.begin() as transaction:
        transaction.add_entry(
            archive=STUDENT,
            kind="check",
            archive_class="学生学籍档案",
            title="核对记录",
            sha256=sha256,
            size=len(data),
            media_type="application/json",
            serial=serial(place),
            by="d1",
        )


def object_file(folder, name):
    return folder / OBJECTS / name[:2] / name[2:4] / name


def found(archive):
    return {(fault.code, fault.about) for fault in check(archive)}


def test_an_honest_archive_has_no_fault(archive):
    """Issued, spoilt, given back and self-numbered papers all agree."""
    assert check(archive) == []


def test_a_running_or_killed_issue_is_harmless(archive):
    """A held number and bytes without a row are named, and called harmless."""
    orphan = archive.objects.put(b"printed, then killed")
    with archive.begin() as transaction:
        held = transaction.take_number(FORM, [SCHOOL], 2026, "X")
    faults = check(archive)
    assert {(fault.code, fault.about) for fault in faults} == {
        ("object_orphan", orphan),
        ("number_held", held.number),
    }
    assert all(fault.harmless and fault.message_zh for fault in faults)


ISSUER = """
import sys
from pathlib import Path
from tests.shelf import Clock, issue
from storage.archive import Archive
archive = Archive.open(Path(sys.argv[1]), Clock(), sys.argv[3])
for place in range(int(sys.argv[2]), 10**6):
    print(issue(archive, place).number, flush=True)
"""


def test_a_killed_issuer_loses_nothing_and_leaves_no_gap(archive, folder, database):
    """kill -9 in the middle, twice: what was answered is kept, the next start goes on where it stopped."""
    told = []
    for kill_after in (7, 12):
        command = [sys.executable, "-c", ISSUER, str(folder), str(1000 * kill_after), database]
        issuer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=CHILD)
        told += [issuer.stdout.readline().strip() for _ in range(kill_after)]
        issuer.kill()
        told += issuer.communicate()[0].split()
    later = Clock()
    later.forward(minutes=11)
    reopened = Archive.open(folder, later, database)
    assert {fault.code for fault in check(reopened)} <= {"object_orphan"}
    with reopened.read() as reading:
        kept = {made.number for made in reading.documents(form=FORM)}
        free = [row.number for row in reading.numbers(1) if row.state == "free"]
        left = [*free, written(PATTERN, reading.next_seqs()[1])]
    assert set(told) <= kept
    assert issue(reopened, 99).number == left[0]
    reopened.close()


FIRST, SECOND = serial(1), serial(2)
N1, N2 = "140426202620120001", "140426202620120002"
ALTERED = {
    "a name on a diploma": (
        [f"UPDATE documents SET facts = replace(facts, '文勇俊', '文勇') WHERE serial = '{FIRST}'"],
        {("facts_digest", FIRST)},
    ),
    "a digest": (
        [f"UPDATE documents SET digest = '' WHERE serial = '{FIRST}'"],
        {("facts_digest", FIRST)},
    ),
    "the paper behind a row": (
        [f"UPDATE documents SET pdf = docx WHERE serial = '{FIRST}'"],
        {("leaf_differs", FIRST), ("document_not_filed", FIRST)},
    ),
    "a number on a document": (
        [f"UPDATE documents SET number = '140426202620120300' WHERE serial = '{FIRST}'"],
        {("number_without_document", N1), ("document_without_number", FIRST)},
    ),
    "a document taken out": (
        ["PRAGMA foreign_keys = OFF", f"DELETE FROM documents WHERE serial = '{FIRST}'"],
        {("number_without_document", N1), ("leaf_without_document", "0")},
    ),
    "a number taken out": (
        [f"DELETE FROM numbers WHERE number = '{N2}'"],
        {("number_missing", N2), ("document_without_number", SECOND)},
    ),
    "the last number taken out": (
        ["DELETE FROM numbers WHERE seq = 5"],
        {("number_missing", "140426202620120005")},
    ),
    "a number rewritten": (
        [f"UPDATE numbers SET number = '999' WHERE number = '{N2}'"],
        {("number_text", "999"), ("number_without_document", "999"), ("document_without_number", SECOND)},
    ),
    "a used number freed": (
        [f"UPDATE numbers SET state = 'free', serial = NULL WHERE number = '{N2}'"],
        {("document_without_number", SECOND)},
    ),
    "a pattern": (
        ["UPDATE number_blocks SET pattern = 'none'"],
        {("number_text", f"14042620262012000{seq}") for seq in range(1, 6)},
    ),
    "a leaf taken out": (
        [f"DELETE FROM leaves WHERE serial = '{SECOND}'"],
        {
            ("leaf_missing", "1"),
            ("leaf_missing", "2"),
            ("leaf_missing", "3"),
            ("document_without_leaf", SECOND),
        },
    ),
    "a leaf's hash": (['UPDATE leaves SET hash = zeroblob(32) WHERE "index" = 1'], {("leaf_hash", "1")}),
    "a leaf's payload": (
        [f"UPDATE leaves SET payload = CAST('{{\"serial\":\"x\"}}' AS BLOB) WHERE serial = '{SECOND}'"],
        {("leaf_hash", "1"), ("leaf_differs", SECOND)},
    ),
    "a status raised": (
        [f"UPDATE documents SET status = 'effective' WHERE serial = '{FIRST}'"],
        {("effective_without_check", FIRST)},
    ),
    "a revocation undone": (
        [f"UPDATE documents SET status = 'pending' WHERE serial = '{serial(4)}'"],
        {("revocation_differs", serial(4))},
    ),
    "a revocation nobody logged": (
        [f"UPDATE documents SET status = 'revoked' WHERE serial = '{SECOND}'"],
        {("revocation_differs", SECOND)},
    ),
    "an entry's size": (["UPDATE entries SET size = 1 WHERE id = 2"], {("entry_size", "2")}),
    "an entry taken out": (["DELETE FROM entries WHERE id = 2"], {("document_not_filed", SECOND)}),
}


@pytest.mark.parametrize("what", ALTERED)
def test_every_altered_row_is_named(archive, hands, what):
    """Whoever alters a row leaves a difference to number, log, file or digest."""
    statements, expected = ALTERED[what]
    hands.tamper(*statements)
    real = {fault for fault in found(archive) if fault[0] not in HARMLESS and fault[0] != "database_damaged"}
    assert real == expected


def test_a_paper_made_effective_by_an_answer_nobody_gave_is_named(archive):
    """A check that stands on persons' answers counts only as long as those are kept."""
    checked(archive, 2, "genuine", reviewed=[{"review": "1", "answer": "match"}])
    with archive.begin() as transaction:
        transaction.set_status(SECOND, "effective")
    assert ("effective_without_check", SECOND) in found(archive)
    checked(archive, 2, "genuine")
    assert ("effective_without_check", SECOND) not in found(archive)


def test_a_dangling_reference_is_named(archive, hands):
    """The engine's own check says which table points nowhere."""
    hands.tamper(*ALTERED["a document taken out"][0])
    assert ("database_damaged", "leaves -> documents") in found(archive)


def test_a_dropped_guard_is_named(archive, hands, database):
    """Dropping a trigger does not go unseen."""
    hands.execute("DROP TRIGGER leaves_frozen" + (" ON leaves" if database else ""))
    assert check(archive) == [Fault("guard_missing", "leaves_frozen")]


SILENCED = {
    "switched off": ("ALTER TABLE leaves DISABLE TRIGGER leaves_frozen", "leaves_frozen"),
    "run for nobody": ("ALTER TABLE leaves ENABLE REPLICA TRIGGER leaves_frozen", "leaves_frozen"),
    "a step allowed": (
        "CREATE OR REPLACE FUNCTION yinzheng_blocks_forward() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "blocks_forward",
    ),
    "a scope taken off": ("ALTER TABLE students DISABLE ROW LEVEL SECURITY", "students_scope"),
    "a scope dropped": ("DROP POLICY scans_scope ON scans", "scans_scope"),
}


@pytest.mark.parametrize("what", SILENCED)
def test_a_silenced_guard_of_a_server_is_named(tmp_path, on_server, what):
    """There a guard can stand and say nothing."""
    archive = furnished(tmp_path / "data", Clock(), on_server)
    statement, name = SILENCED[what]
    Raw(tmp_path / "data", on_server).execute(statement)
    assert check(archive) == [Fault("guard_missing", name)]
    archive.close()


def test_every_altered_object_is_named(archive, folder):
    """Changed, lost and strange files, each by name."""
    with archive.read() as reading:
        first, second, third = (reading.document(serial(place)) for place in (1, 2, 3))
    changed = object_file(folder, first.pdf)
    changed.chmod(0o644)
    changed.write_bytes(b"forged")
    object_file(folder, second.docx).unlink()
    object_file(folder, third.layout).unlink()
    object_file(folder, third.layout).mkdir()
    (folder / OBJECTS / "note.txt").write_text("hello")
    assert found(archive) == {
        ("object_damaged", first.pdf),
        ("object_missing", second.docx),
        ("object_missing", third.layout),
        ("foreign_file", "note.txt"),
    }


def test_a_lost_scan_is_named(archive):
    """What people uploaded is checked like what we printed."""
    with archive.begin() as transaction:
        transaction.add_scan(kind="pdf", original="0" * 64, org=SCHOOL, by="d1")
    assert found(archive) == {("object_missing", "0" * 64)}


def test_a_paper_with_a_number_of_the_countys_block_needs_it(archive):
    """A number of a block above the school, without its line in the ledger, is a difference."""
    block(archive, org=COUNTY, pattern="14042620262099{:04d}")
    made = replace(document(archive, 9, "140426202620990001"), form=FORM)
    with archive.begin() as transaction:
        transaction.add_document(made)
    assert {("document_without_number", made.serial)} <= found(archive)


def test_every_fault_says_what_it_means():
    """Harmless ones are among those explained."""
    assert set(MESSAGES) > HARMLESS
    assert Fault("leaf_hash", "1").message_zh == MESSAGES["leaf_hash"]
